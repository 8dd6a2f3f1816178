/* test_session.c - what a session passes on, what it refuses, what it tells of
 * itself */
#include "party.h"

#include <stdlib.h>

/* ---- one packet */

Test(session, srtp_of_the_phone_leaves_clear_and_what_comes_back_as_srtp)
{
	struct call call;

	call_open(&call);
	for (unsigned i = 0; i < 100; i++) {
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
		carries(&call, 1, (uint16_t)(1000 + i));
		cr_assert_eq(call.out.len, PLAIN_BYTES);
		is_at(&call.out.to, PBX);
		cr_assert_not(call.out.rtcp_port);
		cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
		cr_assert_eq(call.out.len, PLAIN_BYTES + 10);
		carries(&call, 0, (uint16_t)(1000 + i));
		is_at(&call.out.to, PHONE);
	}
	call_close(&call);
}

Test(session, srtp_on_both_sides_has_two_keys)
{
	struct call call;

	call_draw(&call, true, true);
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_neq(memcmp(call.out.p + 12, call.party[0].wire + 12, 160), 0);
	carries(&call, 1, 1000);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	carries(&call, 0, 1000);
	/* Nobody is heard by the other's key. */
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	memcpy(call.party[1].wire, call.party[0].wire, call.party[0].wire_len);
	cr_assert_eq(call_wire(&call, 1, PBX, false), RTP_FORGED);
	call_close(&call);
}

static enum rtp_result raw(struct call *call, unsigned leg, bool rtcp_port,
			   const uint8_t *p, size_t len)
{
	memcpy(call->party[leg].wire, p, len);
	call->party[leg].wire_len = len;
	return call_wire(call, leg, leg ? PBX : PHONE, rtcp_port);
}

Test(session, neither_stun_nor_dtls_nor_noise_is_rtp)
{
	static const uint8_t stun[20] = {0, 1};
	static const uint8_t dtls[60] = {22, 254, 253};
	static const uint8_t noise[60] = {255};
	static const uint8_t stub[11] = {128};
	struct call call;

	call_open(&call);
	for (unsigned leg = 0; leg < 2; leg++) {
		for (unsigned rtcp = 0; rtcp < 2; rtcp++) {
			cr_assert_eq(raw(&call, leg, rtcp, stun, 20),
				     RTP_MALFORMED);
			cr_assert_eq(raw(&call, leg, rtcp, dtls, 60),
				     RTP_MALFORMED);
			cr_assert_eq(raw(&call, leg, rtcp, noise, 60),
				     RTP_MALFORMED);
			cr_assert_eq(raw(&call, leg, rtcp, stub, 11),
				     RTP_MALFORMED);
			cr_assert_eq(raw(&call, leg, rtcp, stub, 0),
				     RTP_MALFORMED);
		}
	}
	call_close(&call);
}

Test(session, longer_than_a_frame_is_dropped)
{
	uint8_t wire[RTP_PACKET_MAX + 1] = {2 << 6};
	struct rtp_arrival in = {
		.p = wire,
		.from = at(PBX),
		.leg = 1,
		.now_us = START_US,
	};
	struct call call;

	call_open(&call);
	in.len = RTP_PACKET_MAX;
	cr_assert_eq(call_packet(&call, &in), RTP_DONE);
	cr_assert_eq(call.out.len, RTP_PACKET_MAX + 10);
	put16(wire + 2, 1);
	in.len++;
	cr_assert_eq(call_packet(&call, &in), RTP_MALFORMED);
	call_close(&call);
}

Test(session, rtcp_on_the_rtp_port_needs_mux_and_rtp_never_comes_on_the_other)
{
	struct call call;

	call_open(&call);
	cr_assert_eq(call_report(&call, 0, PHONE, false, 0), RTP_MALFORMED);
	cr_assert_eq(call_report(&call, 1, PBX, false, 0), RTP_MALFORMED);
	party_speaks(&call.party[0]);
	cr_assert_eq(call_wire(&call, 0, PHONE_RTCP, true), RTP_MALFORMED);
	party_speaks(&call.party[1]);
	cr_assert_eq(call_wire(&call, 1, PBX_RTCP, true), RTP_MALFORMED);

	call.plan.leg[0].mux = call.plan.leg[1].mux = true;
	call_plan(&call);
	cr_assert_eq(call_report(&call, 0, PHONE, false, 0), RTP_DONE);
	cr_assert_gt(call.out.len, 0);
	cr_assert_not(call.out.rtcp_port);
	cr_assert_eq(call_report(&call, 1, PBX, false, 0), RTP_DONE);
	cr_assert_gt(call.out.len, 0);
	party_speaks(&call.party[0]);
	cr_assert_eq(call_wire(&call, 0, PHONE_RTCP, true), RTP_MALFORMED);
	call_close(&call);
}

Test(session, a_leg_that_is_not_used_hears_nobody_and_is_sent_nothing)
{
	struct call call;

	call_draw(&call, true, false);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_FORGED, "no plan yet");
	call.plan.leg[1].used = false;
	call_plan(&call);
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_FORGED);
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_eq(call.out.len, 0);
	call_close(&call);
}

Test(session, what_is_authentic_but_no_rtp_inside_goes_no_further)
{
	uint8_t plain[PLAIN_BYTES];
	struct rtp_event event;
	struct party *phone;
	struct call call;

	call_open(&call);
	phone = &call.party[0];
	plain_rtp(plain, phone->ssrc, 1);
	plain[0] |= 0x20;
	plain[PLAIN_BYTES - 1] = 250; /* more padding than payload */
	phone->wire_len = PLAIN_BYTES;
	cr_assert_eq(watched.base->protect(phone->writes, plain, phone->wire,
					   &phone->wire_len, WIRE_MAX),
		     RTP_DONE);
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_DONE);
	cr_assert_eq(call.out.len, 0);
	/* In clear nobody has proven it: it counts for nothing. */
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 0, &event));
	cr_assert_eq(raw(&call, 1, false, plain, PLAIN_BYTES), RTP_MALFORMED);
	cr_assert(call_is_quiet(&call));
	cr_assert_eq(rtp_session_figures(call.session, 1).packets, 0);
	call_close(&call);
}

/* ---- RTCP */

/* What left, as the other end reads it: an SR with a block, or without. */
static void is_sr(struct call *call, unsigned to, uint32_t ssrc,
		  uint32_t reported)
{
	uint8_t plain[WIRE_MAX];
	size_t len = party_reads(&call->party[to], true, &call->out, plain);

	cr_assert_eq(call->out.leg, to);
	cr_assert(call->out.rtcp_port);
	cr_assert_eq(plain[1], 200);
	cr_assert_eq(len, reported ? 52 : 28);
	cr_assert_eq(plain[0] & 31, reported ? 1 : 0);
	cr_assert_eq(get32(plain + 4), ssrc);
	if (reported)
		cr_assert_eq(get32(plain + 28), reported);
}

Test(session, rtcp_speaks_of_the_ssrcs_that_its_reader_knows)
{
	struct call call;
	uint32_t phone, pbx;

	call_open(&call);
	phone = heard_as(&call, 0);
	pbx = heard_as(&call, 1);
	cr_assert_eq(call_report(&call, 0, PHONE_RTCP, true, pbx), RTP_DONE);
	is_sr(&call, 1, phone, call.party[1].ssrc);
	is_at(&call.out.to, PBX_RTCP);
	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, phone), RTP_DONE);
	is_sr(&call, 0, pbx, call.party[0].ssrc);
	is_at(&call.out.to, PHONE_RTCP);
	call_close(&call);
}

Test(session, rtcp_is_mapped_both_ways_where_an_ssrc_had_to_change)
{
	struct call call;
	uint32_t pbx;

	call_open(&call);
	heard_as(&call, 0);
	heard_as(&call, 1);
	/* The same SSRC comes from another source: a fresh one leaves. */
	call.plan.another_source = true;
	call_plan(&call);
	pbx = heard_as(&call, 1);
	cr_assert_neq(pbx, call.party[1].ssrc);

	cr_assert_eq(call_report(&call, 1, PBX_RTCP, true, 0), RTP_DONE);
	is_sr(&call, 0, pbx, 0);
	cr_assert_eq(call_report(&call, 0, PHONE_RTCP, true, pbx), RTP_DONE);
	is_sr(&call, 1, call.party[0].ssrc, call.party[1].ssrc);
	/* A block about what we never sent to the phone is left out. */
	cr_assert_eq(call_report(&call, 0, PHONE_RTCP, true, 0xdead), RTP_DONE);
	is_sr(&call, 1, call.party[0].ssrc, 0);
	call_close(&call);
}

Test(session, forged_rtcp_and_a_forged_bye_go_nowhere)
{
	uint8_t bye[8] = {2 << 6 | 1, 203, 0, 1};
	struct call call;

	call_open(&call);
	heard_as(&call, 0);
	put32(bye + 4, call.party[0].ssrc);
	cr_assert_eq(raw(&call, 0, true, bye, 8), RTP_FORGED);
	party_reports(&call.party[0], bye, 8);
	call.party[0].wire[call.party[0].wire_len - 1] ^= 1;
	cr_assert_eq(call_wire(&call, 0, PHONE_RTCP, true), RTP_FORGED);
	cr_assert_eq(call.out.len, 0);
	call.party[0].wire[call.party[0].wire_len - 1] ^= 1;
	cr_assert_eq(call_wire(&call, 0, PHONE_RTCP, true), RTP_DONE);
	cr_assert_eq(call.out.len, 8);
	cr_assert_eq(call_wire(&call, 0, PHONE_RTCP, true), RTP_REPLAYED);
	call_close(&call);
}

Test(session, rtcp_that_the_filter_takes_is_authentic_only_by_a_key)
{
	uint8_t app[12] = {2 << 6, 204, 0, 2};
	struct call call;
	struct rtp_event event;

	call_open(&call);
	put32(app + 4, call.party[1].ssrc);
	cr_assert_eq(raw(&call, 1, true, app, sizeof(app)), RTP_MALFORMED);
	cr_assert(call_is_quiet(&call), "nobody was heard");
	party_reports(&call.party[0], app, sizeof(app));
	cr_assert_eq(call_wire(&call, 0, PHONE_RTCP, true), RTP_DONE);
	cr_assert_eq(call.out.len, 0);
	cr_assert(call_event(&call, RTP_EVENT_FIRST, 0, &event));
	call_close(&call);
}

Test(session, gives_back_its_owner_and_id)
{
	int owner;
	struct rtp_session_settings settings = {
		.id = 77,
		.engine = engine(),
		.owner = &owner,
	};
	struct rtp_session *session = NULL;

	cr_assert_eq(rtp_session_open(&session, &settings), 0);
	cr_assert_eq(rtp_session_owner(session), &owner);
	cr_assert_eq(rtp_session_id(session), 77);
	rtp_session_close(session);
	rtp_session_close(NULL);
}

/* ---- for the look-up on a shared port */

Test(session, a_leg_waits_from_each_plan_to_the_next_authentic_packet)
{
	struct call call;

	call_draw(&call, true, false);
	cr_assert_not(rtp_session_waits(call.session, 0));
	call_plan(&call);
	cr_assert(rtp_session_waits(call.session, 0));
	cr_assert_not(rtp_session_waits(call.session, 1), "clear");
	party_speaks(&call.party[0]);
	call.party[0].wire[20] ^= 1;
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_FORGED);
	cr_assert(rtp_session_waits(call.session, 0));
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert_not(rtp_session_waits(call.session, 0));
	call_plan(&call);
	cr_assert(rtp_session_waits(call.session, 0));
	cr_assert_eq(call_report(&call, 0, PHONE_RTCP, true, 0), RTP_DONE);
	cr_assert_not(rtp_session_waits(call.session, 0));
	call_close(&call);
}

Test(session, knows_the_ssrcs_that_a_key_has_proven)
{
	struct call call;

	call_open(&call);
	cr_assert_not(rtp_session_knows(call.session, 0, call.party[0].ssrc));
	party_speaks(&call.party[0]);
	call.party[0].wire[20] ^= 1;
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_FORGED);
	cr_assert_not(rtp_session_knows(call.session, 0, call.party[0].ssrc));
	cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
	cr_assert(rtp_session_knows(call.session, 0, call.party[0].ssrc));
	cr_assert_not(rtp_session_knows(call.session, 0, 12));
	cr_assert_eq(call_speak(&call, 1, PBX), RTP_DONE);
	cr_assert_not(rtp_session_knows(call.session, 1, call.party[1].ssrc));
	call_close(&call);
}

Test(session, counts_what_came_on_each_leg)
{
	struct call call;

	call_open(&call);
	for (unsigned i = 0; i < 10; i++) {
		if (i == 5)
			party_speaks(&call.party[0]); /* lost */
		cr_assert_eq(call_speak(&call, 0, PHONE), RTP_DONE);
		call.now_us += TICK_US;
	}
	cr_assert_eq(call_wire(&call, 0, PHONE, false), RTP_REPLAYED);
	cr_assert_eq(call_speak(&call, 0, STRANGER), RTP_DONE);
	cr_assert_eq(call_speak(&call, 1, STRANGER), RTP_FORGED);
	cr_assert_eq(rtp_session_figures(call.session, 0).packets, 11);
	cr_assert_eq(rtp_session_figures(call.session, 0).lost, 1);
	cr_assert_gt(rtp_session_figures(call.session, 0).mos_x100, 100);
	cr_assert_eq(rtp_session_figures(call.session, 1).packets, 0);
	cr_assert_eq(rtp_session_figures(call.session, 1).mos_x100, 0);
	call_close(&call);
}
