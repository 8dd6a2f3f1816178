/* scene.h - one call's media between two ends, with a relay that remembers */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/media/media.h"

/* Keys of the right length for each kind of suite, of no use to anybody. */
#define KEY_128 "JAg/0iuQL4kR6BgY+MmdXV2YMZV1BNkOlF3i6OeB"
#define KEY_128_B "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define KEY_256                                                                \
	"r5Ss08+SwZAjfLEfXRCM8lkwJjk4s3ChtXafoPFIP5WpDZ3y8TDWD88EvZPmlQ=="
#define KEY_GCM_256                                                            \
	"zHX2NthQmQlaowAWWmcDb5tUDWuPC+IRJBecPdn3OBfObhGNJkqtbLbdIQ8="

#define CRYPTO(tag, suite, key) "a=crypto:" #tag " " suite " inline:" key "\r\n"
#define CM_128 "AES_CM_128_HMAC_SHA1_80"
#define CM_256 "AES_256_CM_HMAC_SHA1_80"
#define GCM_256 "AEAD_AES_256_GCM"
#define CRYPTO_128(tag) CRYPTO(tag, CM_128, KEY_128)

/* Ends 0 and 1 of most scenes: what each of them writes. */
#define HEAD(who, ip)                                                          \
	"v=0\r\no=" who " 11 22 IN IP4 " ip "\r\ns=" who                       \
	" calls\r\nc=IN IP4 " ip "\r\nt=0 0\r\n"
#define PHONE_IP "198.51.100.7"
#define PBX_IP "192.0.2.50"
#define PHONE_HEAD HEAD("alice", PHONE_IP)
#define PBX_HEAD HEAD("asterisk", PBX_IP)
#define SAVP(port) "m=audio " #port " RTP/SAVP 0 8\r\n"
#define AVP(port) "m=audio " #port " RTP/AVP 0 8\r\n"
#define VIDEO_SAVP(port) "m=video " #port " RTP/SAVP 99\r\n"
#define VIDEO_AVP(port) "m=video " #port " RTP/AVP 99\r\n"

#define PHONE_SDP PHONE_HEAD SAVP(30000) CRYPTO_128(1)
#define PBX_SDP PBX_HEAD AVP(14000)

enum { OUTS = 48, BODY_MAX = 16384, SESSIONS = 96 };

/* What came out of one offer or answer. */
struct out {
	struct verdict verdict;
	uint32_t handle;
	char text[BODY_MAX + 1];
	size_t len;
	struct sdp sdp; /* of text */
};

struct session {
	uint64_t number;
	unsigned line;
	bool clear[2];
	struct media_place place[2];
	bool open;
	unsigned plans;
	struct rtp_plan plan; /* the last one */
};

static struct {
	struct media *media;
	struct media_settings set;
	struct sdp_settings sdp;
	struct media_io io;
	struct media_context ctx;
	struct session session[SESSIONS];
	unsigned count; /* sessions, ever */
	unsigned opens_left;
	int open_err; /* of the one after */
	uint64_t drawn;
	size_t body_cap; /* 0: enough */
	struct out out[OUTS];
	unsigned outs;
} sc;

static inline struct addr addr_of(const char *text)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_str(text)), 0, "%s", text);
	return addr;
}

/* ---- the relay */

static inline struct session *session_of(uint64_t number)
{
	for (unsigned i = 0; i < sc.count; i++)
		if (sc.session[i].number == number)
			return &sc.session[i];
	cr_assert_fail("no session has that number");
	return NULL;
}

static inline struct media_place place_at(struct addr ip, unsigned port)
{
	struct media_place place = {.rtp = ip, .rtcp = ip};

	place.rtp.port = (uint16_t)port;
	place.rtcp.port = (uint16_t)(port + 1);
	return place;
}

/* Phones: 5004 and two more a line; in clear 40000 and up. PBX: 20000 up. */
static inline int io_open(void *arg, const struct media_want *want,
			  struct media_place place[2])
{
	struct session *s = &sc.session[sc.count];

	cr_assert_eq(arg, &sc);
	cr_assert_lt(sc.count, SESSIONS);
	if (!sc.opens_left)
		return sc.open_err;
	sc.opens_left--;
	s->number = want->session;
	s->line = want->line;
	s->open = true;
	for (unsigned end = 0; end < 2; end++) {
		const struct media_party *party = want->party[end];

		s->clear[end] = want->clear[end];
		if (party->kind == MEDIA_PHONE && !party->local.version)
			return EAFNOSUPPORT;
		if (party->kind == MEDIA_UPSTREAM)
			place[end] = place_at(sc.set.upstream_seen,
					      20000 + 2 * sc.count);
		else if (party->kind == MEDIA_PHONE)
			place[end] = place_at(party->local,
					      want->clear[end]
						      ? 40000 + 2 * sc.count
						      : 5004 + 2 * want->line);
		s->place[end] = place[end];
	}
	sc.count++;
	return 0;
}

static inline bool io_seen(void *arg, const struct media_party *party,
			   struct addr *ip)
{
	cr_assert_eq(arg, &sc);
	*ip = party->local;
	return party->local.version;
}

/* What the relay would not take: both ways under one key (EINVAL there). */
static inline void io_plan(void *arg, uint64_t number,
			   const struct rtp_plan *plan)
{
	struct session *s = session_of(number);

	cr_assert_eq(arg, &sc);
	cr_assert(s->open, "a plan for a session that is closed");
	for (unsigned end = 0; end < 2; end++) {
		const struct rtp_leg_plan *leg = &plan->leg[end];

		if (!leg->used)
			continue;
		cr_assert(!plan->echo || !end);
		cr_assert_eq(leg->shared && leg->first_fixes_port, false);
		if (!leg->secure)
			continue;
		cr_assert_eq(leg->rx.suite, leg->tx.suite);
		cr_assert(memcmp(leg->rx.key_salt, leg->tx.key_salt,
				 RTP_KEY_SALT_MAX) != 0);
	}
	s->plans++;
	s->plan = *plan;
}

static inline void io_close(void *arg, uint64_t number)
{
	struct session *s = session_of(number);

	cr_assert_eq(arg, &sc);
	cr_assert(s->open, "closed twice");
	s->open = false;
}

static inline uint64_t io_number(void *arg)
{
	cr_assert_eq(arg, &sc);
	return 1000 + sc.drawn++;
}

/* Never the same twice, and never the same bytes in two places. */
static inline void io_random(void *arg, void *p, size_t len)
{
	uint8_t *byte = p;

	cr_assert_eq(arg, &sc);
	for (size_t i = 0; i < len; i++) {
		uint64_t x = ++sc.drawn * UINT64_C(0x9e3779b97f4a7c15);

		x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
		byte[i] = (uint8_t)(x ^ x >> 31);
	}
}

/* ---- the two ends */

static inline struct media_party phone(void)
{
	struct media_party party = {.kind = MEDIA_PHONE};

	party.tls = addr_of(PHONE_IP ":40001");
	party.local = addr_of("203.0.113.1:5061");
	return party;
}

static inline struct media_party pbx(void)
{
	return (struct media_party){.kind = MEDIA_UPSTREAM};
}

static inline void scene_set(void)
{
	memset(&sc, 0, sizeof(sc));
	sc.set.upstream_seen = addr_of("192.0.2.1");
	sc.set.upstream_first = 20000;
	sc.set.upstream_last = 20999;
	sc.set.timeout_s = 300;
	sc.sdp = (struct sdp_settings){
		.suites = {SUITE_AEAD_AES_256_GCM,
			   SUITE_AES_256_CM_HMAC_SHA1_80,
			   SUITE_AEAD_AES_128_GCM,
			   SUITE_AES_CM_128_HMAC_SHA1_80},
		.suite_count = 4,
	};
	sc.opens_left = ~0u;
	sc.open_err = ENOSPC;
	sc.io = (struct media_io){io_open,   io_seen,	io_plan, io_close,
				  io_number, io_random, &sc};
	sc.ctx = (struct media_context){&sc.set, &sc.sdp, &sc.io};
}

static inline void scene_open(struct media_party a, struct media_party b)
{
	const struct media_party party[2] = {a, b};

	cr_assert_eq(media_open(&sc.media, &sc.ctx, party), 0);
}

/* Most scenes: a phone calls the PBX. */
static inline void scene(void)
{
	scene_set();
	scene_open(phone(), pbx());
}

/* The other way round. */
static inline void scene_in(void)
{
	scene_set();
	scene_open(pbx(), phone());
}

static inline unsigned open_sessions(void)
{
	unsigned open = 0;

	for (unsigned i = 0; i < sc.count; i++)
		open += sc.session[i].open;
	return open;
}

static inline void scene_end(void)
{
	media_close(sc.media, &sc.ctx);
	cr_assert_eq(open_sessions(), 0, "a session is left open");
}

/* ---- bodies */

/* A copy that ends with its last byte, and is gone once it was read. */
static inline char *copy_of(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	cr_assert_not_null(copy);
	memcpy(copy, text, strlen(text) + 1);
	return copy;
}

static inline struct out *run(const char *text, unsigned from, uint32_t handle,
			      uint64_t branch)
{
	struct out *out = &sc.out[sc.outs++];
	char *copy = copy_of(text);
	struct span span = span_of(copy, strlen(text));
	struct text body =
		text_init(out->text, sc.body_cap ? sc.body_cap : BODY_MAX);
	const struct media_body both = {&out->sdp, &body};

	cr_assert_leq(sc.outs, OUTS);
	out->verdict = sdp_parse(&out->sdp, span, &sc.sdp);
	cr_assert(verdict_passes(&out->verdict), "%s", out->verdict.detail);
	out->handle = handle;
	out->verdict =
		handle ? media_answer(sc.media, &sc.ctx, handle, branch, &both)
		       : media_offer(sc.media, &sc.ctx, from, &both,
				     &out->handle);
	free(copy);
	memset(&out->sdp, 0xff, sizeof(out->sdp));
	out->len = body.len;
	out->text[body.len] = '\0';
	return out;
}

static inline struct out *taken(struct out *out)
{
	struct verdict v;

	cr_assert(verdict_passes(&out->verdict), "%u %s", out->verdict.reason,
		  out->verdict.detail);
	v = sdp_parse(&out->sdp, span_of(out->text, out->len), &sc.sdp);
	cr_assert(verdict_passes(&v), "%s\n%s", v.detail, out->text);
	return out;
}

static inline struct out *offers(unsigned from, const char *text)
{
	return run(text, from, 0, 0);
}

static inline struct out *offer(unsigned from, const char *text)
{
	return taken(offers(from, text));
}

static inline struct out *answers(const struct out *to, uint64_t branch,
				  const char *text)
{
	return run(text, 0, to->handle, branch);
}

static inline struct out *answer(const struct out *to, uint64_t branch,
				 const char *text)
{
	return taken(answers(to, branch, text));
}

static inline void drop(const struct out *offered)
{
	media_offer_drop(sc.media, &sc.ctx, offered->handle);
}

static inline void win(uint64_t branch)
{
	media_select(sc.media, &sc.ctx, branch);
	media_answered(sc.media, &sc.ctx);
}

/* A phone has called the PBX: both are heard. */
static inline struct out *call_up(void)
{
	struct out *invite;

	scene();
	invite = offer(0, PHONE_SDP);
	answer(invite, 7, PBX_SDP);
	win(7);
	return invite;
}

/* ---- what to look at */

static inline bool holds(const struct out *out, const char *part)
{
	return strstr(out->text, part) != NULL;
}

static inline void same_bytes(const struct out *a, const struct out *b)
{
	cr_assert_str_eq(a->text, b->text);
}

static inline void refused_for(const struct out *out, enum reason reason)
{
	cr_assert_eq(out->verdict.action, ACTION_REJECT);
	cr_assert_eq(out->verdict.reason, reason, "%u, %s", out->verdict.reason,
		     out->verdict.detail);
}

/* The session that was opened as number i, from 0. */
static inline const struct session *nth(unsigned i)
{
	cr_assert_lt(i, sc.count);
	return &sc.session[i];
}

static inline const struct rtp_leg_plan *leg_of(unsigned i, unsigned end)
{
	return &nth(i)->plan.leg[end];
}

static inline void at(const struct addr *addr, const char *text)
{
	char shown[ADDR_TEXT_MAX];

	addr_print(shown, addr);
	cr_assert_str_eq(shown, text);
}

/* A written key as bytes. */
static inline const uint8_t *key_in(const struct out *out, unsigned line,
				    unsigned k)
{
	static uint8_t keys[16][SDP_KEY_SALT_MAX];
	static unsigned next;
	uint8_t *key = keys[next++ % 16];

	cr_assert_lt(k, out->sdp.media[line].crypto_count);
	cr_assert_eq(sdp_crypto_key(&out->sdp.media[line].crypto[k], key), 0);
	return key;
}

#define same_key(a, b) cr_assert_arr_eq(a, b, SDP_KEY_SALT_MAX)
#define other_key(a, b) cr_assert_arr_neq(a, b, SDP_KEY_SALT_MAX)
