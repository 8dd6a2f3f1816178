/* party.h - two ends of a call, as their devices would send and read, around
 * one session */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/engine.h"
#include "rempart/rtp/packet.h"
#include "rempart/rtp/session.h"

enum {
	START_US = 5000000,
	SECOND_US = 1000000,
	TICK_US = 20000, /* between two packets of a voice */
	PAYLOAD_BYTES = 160,
	PLAIN_BYTES = RTP_HEADER_BYTES + PAYLOAD_BYTES,
	WIRE_MAX = RTP_PACKET_MAX + RTP_OVERHEAD_MAX,
};

/* ---- the engine: the reference library's, counted and made to fail */

struct watched {
	const struct rtp_engine *base;
	unsigned tries;	     /* packets that a key was tried on */
	unsigned opens_left; /* that succeed */
};

static struct watched watched;

static int watched_open(struct rtp_context **out, enum rtp_way way,
			enum suite suite, const uint8_t *key_salt)
{
	if (!watched.opens_left)
		return ENOMEM;
	watched.opens_left--;
	return watched.base->open(out, way, suite, key_salt);
}

static enum rtp_result watched_unprotect(struct rtp_context *ctx,
					 const uint8_t *in, uint8_t *out,
					 size_t *len, size_t cap)
{
	watched.tries++;
	return watched.base->unprotect(ctx, in, out, len, cap);
}

static inline const struct rtp_engine *engine(void)
{
	static struct rtp_engine ours;

	if (!watched.base) {
		watched.base = rtp_engine_find("libsrtp2");
		cr_assert_not_null(watched.base);
		watched.opens_left = ~0u;
	}
	ours = *watched.base;
	ours.open = watched_open;
	ours.unprotect = watched_unprotect;
	return &ours;
}

/* ---- addresses and keys */

static inline struct addr at(const char *text)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_of(text, strlen(text))), 0, "%s",
		     text);
	return addr;
}

static inline void is_at(const struct addr *addr, const char *text)
{
	char got[ADDR_TEXT_MAX];

	addr_print(got, addr);
	cr_assert_str_eq(got, text);
}

static inline struct rtp_key key_of(unsigned number)
{
	struct rtp_key key = {.suite = SUITE_AES_CM_128_HMAC_SHA1_80};

	for (unsigned i = 0; i < sizeof(key.key_salt); i++)
		key.key_salt[i] =
			(uint8_t)(number >> (i % 4 * 8)) ^ (uint8_t)(i * 37);
	return key;
}

/* ---- packets */

static inline void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, (uint16_t)(value >> 16));
	put16(p + 2, (uint16_t)value);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* PCMU; the payload says which packet it is. PLAIN_BYTES. */
static inline void plain_rtp(uint8_t *p, uint32_t ssrc, uint16_t sequence)
{
	memset(p, 0, RTP_HEADER_BYTES);
	p[0] = 2 << 6;
	put16(p + 2, sequence);
	put32(p + 4, sequence * 160u);
	put32(p + 8, ssrc);
	memset(p + RTP_HEADER_BYTES, (uint8_t)(sequence * 7), PAYLOAD_BYTES);
}

/* SR with one report block; returns its length, 52. */
static inline size_t plain_sr(uint8_t *p, uint32_t ssrc, uint32_t reported)
{
	memset(p, 0, 52);
	p[0] = 2 << 6 | 1;
	p[1] = 200;
	put16(p + 2, 52 / 4 - 1);
	put32(p + 4, ssrc);
	put32(p + 28, reported);
	return 52;
}

/* ---- a device */

/* One end: it writes with `key`, and reads with `ours` what we sent. */
struct party {
	bool secure;
	struct rtp_key key, ours;
	struct rtp_context *writes, *reads;
	uint32_t ssrc;
	uint16_t sequence;
	uint8_t wire[WIRE_MAX]; /* the last packet that it sent */
	size_t wire_len;
};

static inline void party_keys(struct party *party)
{
	cr_assert_eq(watched.base->open(&party->writes, RTP_SEND,
					party->key.suite, party->key.key_salt),
		     0);
	cr_assert_eq(watched.base->open(&party->reads, RTP_RECEIVE,
					party->ours.suite,
					party->ours.key_salt),
		     0);
}

static inline void party_open(struct party *party, bool secure, unsigned number)
{
	*party = (struct party){
		.secure = secure,
		.key = key_of(2 * number),
		.ours = key_of(2 * number + 1),
		.ssrc = 0x10000 + number,
		.sequence = 1000,
	};
	(void)engine();
	if (secure)
		party_keys(party);
}

static inline void party_close(struct party *party)
{
	watched.base->close(party->writes);
	watched.base->close(party->reads);
}

/* Its next packet, in party->wire. */
static inline void party_speaks(struct party *party)
{
	uint8_t plain[PLAIN_BYTES];

	plain_rtp(plain, party->ssrc, party->sequence++);
	party->wire_len = sizeof(plain);
	if (party->secure)
		cr_assert_eq(watched.base->protect(party->writes, plain,
						   party->wire,
						   &party->wire_len, WIRE_MAX),
			     RTP_DONE);
	else
		memcpy(party->wire, plain, sizeof(plain));
}

static inline void party_reports(struct party *party, const uint8_t *plain,
				 size_t len)
{
	party->wire_len = len;
	if (party->secure)
		cr_assert_eq(watched.base->protect_rtcp(
				     party->writes, plain, party->wire,
				     &party->wire_len, WIRE_MAX),
			     RTP_DONE);
	else
		memcpy(party->wire, plain, len);
}

/* What it makes of a packet of ours; its length, 0: it cannot read it. */
static inline size_t party_reads(struct party *party, bool rtcp,
				 const struct rtp_departure *sent,
				 uint8_t plain[static WIRE_MAX])
{
	size_t len = sent->len;
	enum rtp_result result;

	if (!party->secure) {
		memcpy(plain, sent->p, len);
		return len;
	}
	result = rtcp ? watched.base->unprotect_rtcp(party->reads, sent->p,
						     plain, &len, WIRE_MAX)
		      : watched.base->unprotect(party->reads, sent->p, plain,
						&len, WIRE_MAX);
	return result == RTP_DONE ? len : 0;
}

/* ---- a call: leg 0 a phone with SRTP, leg 1 a PBX in clear */

struct call {
	struct rtp_session *session;
	struct rtp_plan plan;
	struct party party[2];
	uint64_t now_us;
	struct rtp_departure out;
	uint8_t buffer[WIRE_MAX];
};

static inline void call_plan(struct call *call)
{
	cr_assert_eq(rtp_session_plan(call->session, &call->plan, call->now_us),
		     0);
}

static inline struct rtp_leg_plan leg_plan(const struct party *party,
					   const char *rtp, const char *rtcp,
					   const char *tls)
{
	struct addr phone = {.version = 0};

	if (tls)
		phone = at(tls);
	return (struct rtp_leg_plan){
		.used = true,
		.secure = party->secure,
		.rtp = at(rtp),
		.rtcp = at(rtcp),
		.tls = phone,
		.rx = party->key,
		.tx = party->ours,
		.clock_hz = 8000,
	};
}

/* Where they signal that they are. */
#define PHONE "192.0.2.10:4000"
#define PHONE_RTCP "192.0.2.10:4001"
#define PHONE_TLS "192.0.2.10:50612"
#define PBX "10.0.0.5:20000"
#define PBX_RTCP "10.0.0.5:20001"
#define STRANGER "203.0.113.66:7000"

static inline struct rtp_session *session_of(uint64_t id)
{
	struct rtp_session_settings settings = {
		.id = id,
		.engine = engine(),
		.seed = {"of leg 0", "of leg 1"},
		.now_us = START_US,
	};
	struct rtp_session *session = NULL;

	cr_assert_eq(rtp_session_open(&session, &settings), 0);
	return session;
}

/* Not planned yet, so that a test may change it. */
static inline void call_draw(struct call *call, bool phone, bool pbx)
{
	*call = (struct call){.now_us = START_US};
	party_open(&call->party[0], phone, 1);
	party_open(&call->party[1], pbx, 2);
	call->session = session_of(7);
	call->plan.leg[0] =
		leg_plan(&call->party[0], PHONE, PHONE_RTCP, PHONE_TLS);
	call->plan.leg[1] = leg_plan(&call->party[1], PBX, PBX_RTCP, NULL);
}

static inline void call_open(struct call *call)
{
	call_draw(call, true, false);
	call_plan(call);
}

static inline void call_close(struct call *call)
{
	rtp_session_close(call->session);
	for (unsigned i = 0; i < 2; i++)
		party_close(&call->party[i]);
}

static inline enum rtp_result call_packet(struct call *call,
					  const struct rtp_arrival *in)
{
	return rtp_session_packet(call->session, in, &call->out, call->buffer);
}

/* What the party sent last, from there. */
static inline enum rtp_result call_wire(struct call *call, unsigned leg,
					const char *from, bool rtcp_port)
{
	/* Exact, so that a read past its end is seen. */
	uint8_t *exact = malloc(call->party[leg].wire_len);
	enum rtp_result result;

	memcpy(exact, call->party[leg].wire, call->party[leg].wire_len);
	result = call_packet(call, &(struct rtp_arrival){
					   .p = exact,
					   .len = call->party[leg].wire_len,
					   .from = at(from),
					   .leg = leg,
					   .rtcp_port = rtcp_port,
					   .now_us = call->now_us,
				   });
	free(exact);
	return result;
}

static inline enum rtp_result call_speak(struct call *call, unsigned leg,
					 const char *from)
{
	party_speaks(&call->party[leg]);
	return call_wire(call, leg, from, false);
}

/* The party's SR about `reported`. */
static inline enum rtp_result call_report(struct call *call, unsigned leg,
					  const char *from, bool rtcp_port,
					  uint32_t reported)
{
	uint8_t plain[64];
	size_t len = plain_sr(plain, call->party[leg].ssrc, reported);

	party_reports(&call->party[leg], plain, len);
	return call_wire(call, leg, from, rtcp_port);
}

/* Where the phone is sent RTP now, learnt by a packet of the PBX; "" nowhere.
 */
static inline const char *call_goes_to(struct call *call, unsigned leg)
{
	static char text[ADDR_TEXT_MAX];

	cr_assert_eq(call_speak(call, !leg, leg ? PHONE : PBX), RTP_DONE);
	text[0] = '\0';
	if (call->out.len)
		addr_print(text, &call->out.to);
	return text;
}

static inline bool call_event(struct call *call, enum rtp_event_kind kind,
			      unsigned leg, struct rtp_event *out)
{
	if (!rtp_session_event(call->session, call->now_us, out))
		return false;
	cr_assert_eq(out->id, rtp_session_id(call->session));
	cr_assert_eq(out->kind, kind, "kind %d", out->kind);
	cr_assert_eq(out->leg, leg);
	return true;
}

static inline bool call_is_quiet(struct call *call)
{
	struct rtp_event event;

	return !rtp_session_event(call->session, call->now_us, &event);
}

/* The packet that left is party `to`'s, with the payload of that sequence. */
static inline void carries(struct call *call, unsigned to, uint16_t sequence)
{
	uint8_t plain[WIRE_MAX];
	uint8_t sent[PLAIN_BYTES];
	size_t len = party_reads(&call->party[to], false, &call->out, plain);

	cr_assert_eq(len, PLAIN_BYTES);
	cr_assert_eq(call->out.leg, to);
	cr_assert_eq(call->out.p, call->buffer);
	plain_rtp(sent, 0, sequence);
	cr_assert_eq(get16(plain + 2), sequence);
	cr_assert_arr_eq(plain + RTP_HEADER_BYTES, sent + RTP_HEADER_BYTES,
			 PAYLOAD_BYTES);
}

/* The SSRC under which party `of` is heard on the other leg. */
static inline uint32_t heard_as(struct call *call, unsigned of)
{
	cr_assert_eq(call_speak(call, of, of ? PBX : PHONE), RTP_DONE);
	cr_assert_gt(call->out.len, 0);
	return get32(call->out.p + 8);
}
