/* test_injection.c - strangers who send into a call reach nobody and harm
 * nothing (RTP bleed, injection); and no packet makes it allocate */
#include "party.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- injection and bleed */

enum { ATTACKS = 4 };

/* What somebody else sends to leg 0 or 1, while `call` goes on. */
static void attack(struct call *call, unsigned kind, const char *from)
{
	struct party *victim = &call->party[kind & 1];
	struct party wrong_key;
	uint8_t genuine[WIRE_MAX];
	const size_t genuine_len = victim->wire_len;
	enum rtp_result result;

	memcpy(genuine, victim->wire, genuine_len);
	switch (kind / 2 % ATTACKS) {
	case 0: /* replayed */
		break;
	case 1: /* forged */
		victim->wire[20] ^= 1;
		break;
	case 2: /* plain, next in its sequence */
		plain_rtp(victim->wire, victim->ssrc, victim->sequence);
		victim->wire_len = PLAIN_BYTES;
		break;
	default: /* another key, same SSRC */
		party_open(&wrong_key, true, 40);
		wrong_key.ssrc = victim->ssrc;
		wrong_key.sequence = victim->sequence;
		party_speaks(&wrong_key);
		memcpy(victim->wire, wrong_key.wire, wrong_key.wire_len);
		victim->wire_len = wrong_key.wire_len;
		party_close(&wrong_key);
		break;
	}
	result = call_wire(call, kind & 1, from, false);
	cr_assert(result == RTP_FORGED || result == RTP_REPLAYED);
	cr_assert_eq(call->out.len, 0);
	memcpy(victim->wire, genuine, genuine_len);
	victim->wire_len = genuine_len;
}

static void speaks_and_is_read(struct call *call, unsigned leg)
{
	const uint16_t sequence = call->party[leg].sequence;
	uint8_t plain[WIRE_MAX];
	uint8_t meant[PLAIN_BYTES];

	cr_assert_eq(call_speak(call, leg, leg ? PBX : PHONE), RTP_DONE);
	is_at(&call->out.to, leg ? PHONE : PBX);
	cr_assert_eq(party_reads(&call->party[!leg], false, &call->out, plain),
		     PLAIN_BYTES);
	plain_rtp(meant, call->party[leg].ssrc, sequence);
	cr_assert_arr_eq(plain, meant, PLAIN_BYTES);
}

static void survives(bool pbx_secure)
{
	struct call call;
	struct rtp_event event;

	call_draw(&call, true, pbx_secure);
	call_plan(&call);
	for (unsigned i = 0; i < 1000; i++) {
		char from[32];

		if (i % 20 == 0) {
			speaks_and_is_read(&call, 0);
			speaks_and_is_read(&call, 1);
		}
		snprintf(from, sizeof(from), "203.0.113.%u:%u", 1 + i % 250,
			 2000 + i);
		attack(&call, i, from);
		call.now_us += 1000;
	}
	speaks_and_is_read(&call, 0);
	speaks_and_is_read(&call, 1);
	for (unsigned leg = 0; leg < 2; leg++) {
		cr_assert_eq(rtp_session_figures(call.session, leg).packets,
			     51);
		cr_assert_eq(rtp_session_figures(call.session, leg).lost, 0);
		cr_assert(call_event(&call, RTP_EVENT_FIRST, leg, &event));
	}
	cr_assert(call_is_quiet(&call));
	call_close(&call);
}

Test(injection, a_thousand_packets_of_strangers_are_no_gap_in_a_call)
{
	survives(false);
}

Test(injection, nor_where_both_sides_have_srtp)
{
	survives(true);
}

/* From the phone's own address, which is easy to spoof: the key decides. */
Test(injection, a_spoofed_source_is_no_key)
{
	struct call call;

	call_open(&call);
	for (unsigned i = 0; i < 1000; i++) {
		if (i % 20 == 0)
			speaks_and_is_read(&call, 0);
		attack(&call, 2 * i, PHONE);
	}
	speaks_and_is_read(&call, 0);
	call_close(&call);
}

/* ---- memory */

static unsigned allocations;

static void on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	allocations++;
}

static void on_free(const volatile void *p)
{
	(void)p;
}

/* There with AddressSanitizer, which the tests are built with. */
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
	void (*)(const volatile void *, size_t),
	void (*)(const volatile void *));

static enum rtp_result in_place(struct call *call, unsigned leg, bool rtcp_port)
{
	struct rtp_arrival in = {
		.p = call->party[leg].wire,
		.len = call->party[leg].wire_len,
		.from = at(leg ? (rtcp_port ? PBX_RTCP : PBX)
			       : (rtcp_port ? PHONE_RTCP : PHONE)),
		.leg = leg,
		.rtcp_port = rtcp_port,
		.now_us = call->now_us,
	};
	const unsigned before = allocations;
	const enum rtp_result result = call_packet(call, &in);

	cr_assert_eq(allocations, before);
	return result;
}

Test(injection, no_packet_allocates)
{
	uint8_t plain[64];
	struct call call;

	if (!__sanitizer_install_malloc_and_free_hooks)
		return;
	/* What NSS does inside the reference library is not ours to say, nor
	 * what OpenSSL does for an HMAC. */
	(void)engine();
	watched.base = rtp_engine_find("openssl");
	cr_assert_not_null(watched.base);
	call_draw(&call, true, false);
	party_close(&call.party[0]);
	call.party[0].key.suite = SUITE_AEAD_AES_128_GCM;
	call.party[0].ours.suite = SUITE_AEAD_AES_128_GCM;
	party_keys(&call.party[0]);
	call.plan.leg[0].rx = call.party[0].key;
	call.plan.leg[0].tx = call.party[0].ours;
	call_plan(&call);
	speaks_and_is_read(&call, 0);
	speaks_and_is_read(&call, 1);
	cr_assert_gt(
		__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free),
		0);
	free(malloc(1));
	cr_assert_gt(allocations, 0, "they are counted");
	for (unsigned i = 0; i < 20; i++) {
		const unsigned leg = i & 1;

		party_speaks(&call.party[leg]);
		cr_assert_eq(in_place(&call, leg, false), RTP_DONE);
		call.party[leg].wire[20] ^= 1;
		(void)in_place(&call, leg, false);
		party_reports(&call.party[leg], plain,
			      plain_sr(plain, call.party[leg].ssrc, 1));
		cr_assert_eq(in_place(&call, leg, true), RTP_DONE);
	}
	call_close(&call);
}
