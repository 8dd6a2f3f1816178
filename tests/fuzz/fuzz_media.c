/* links: media */
/* fuzz_media.c - two bodies as offer and answer, in calls of every kind: what
 * comes out can be read, holds no key that came in, sends nowhere that is
 * nobody's, and no session or plan is left over */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/media/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 65536, SESSIONS = 64 };

static const struct sdp_settings sdp_settings = {
	.suites = {SUITE_AEAD_AES_256_GCM, SUITE_AES_256_CM_HMAC_SHA1_80,
		   SUITE_AES_CM_128_HMAC_SHA1_80},
	.suite_count = 3,
};

/* The first byte of an input. */
enum kind {
	KIND_IN = 1,	   /* the PBX calls */
	KIND_SRTP = 2,	   /* upstream.srtp */
	KIND_CLEAR = 4,	   /* an emergency call */
	KIND_ECHO = 8,	   /* to the edge itself */
	KIND_SINGLE = 16,  /* one port for the PBX's side */
	KIND_ANSWERED = 32 /* before the answer comes */
};

struct call {
	struct media *media;
	struct media_settings set;
	struct media_io io;
	struct media_context ctx;
	uint64_t open[SESSIONS];
	unsigned count;
	uint64_t drawn;
};

static void require(bool held)
{
	if (!held)
		abort();
}

static struct addr ip4(uint8_t last, uint16_t port)
{
	return (struct addr){
		.ip = {192, 0, 2, last}, .version = 4, .port = port};
}

/* ---- a relay */

static bool io_seen(void *arg, const struct media_party *party, struct addr *ip)
{
	(void)arg;
	(void)party;
	(void)ip;
	return false; /* nobody moves */
}

static int io_open(void *arg, const struct media_want *want,
		   struct media_place place[2])
{
	struct call *call = arg;

	if (call->count == SESSIONS)
		return ENOSPC;
	call->open[call->count++] = want->session;
	for (unsigned end = 0; end < 2; end++) {
		require(!want->clear[end] ||
			want->party[end]->kind == MEDIA_PHONE);
		place[end].rtp = ip4((uint8_t)(1 + end),
				     (uint16_t)(20000 + 2 * call->count));
		place[end].rtcp = place[end].rtp;
		place[end].rtcp.port++;
	}
	return 0;
}

static unsigned *slot_of(struct call *call, uint64_t session)
{
	static unsigned at;

	for (at = 0; at < call->count; at++)
		if (call->open[at] == session)
			return &at;
	abort();
}

static void may_be_sent_to(const struct addr *addr)
{
	if (!addr->version || addr_is_any(addr))
		return;
	require(addr->port >= 1024 && addr->version == 4);
	require(addr->ip[0] && addr->ip[0] < 224 && addr->ip[0] != 127);
}

static void io_plan(void *arg, uint64_t session, const struct rtp_plan *plan)
{
	struct call *call = arg;

	(void)slot_of(call, session);
	for (unsigned end = 0; end < 2; end++) {
		const struct rtp_leg_plan *leg = &plan->leg[end];

		if (!leg->used)
			continue;
		may_be_sent_to(&leg->rtp);
		may_be_sent_to(&leg->rtcp);
		require(!leg->secure ||
			(leg->rx.suite == leg->tx.suite &&
			 memcmp(leg->rx.key_salt, leg->tx.key_salt,
				RTP_KEY_SALT_MAX) != 0));
		require(!(leg->secure && leg->first_fixes_port));
	}
}

static void io_close(void *arg, uint64_t session)
{
	struct call *call = arg;

	*(call->open + *slot_of(call, session)) = call->open[call->count - 1];
	call->count--;
}

static uint64_t io_number(void *arg)
{
	return ++((struct call *)arg)->drawn;
}

/* SplitMix64: no two inputs come to the same key. */
static void io_random(void *arg, void *p, size_t len)
{
	struct call *call = arg;
	uint8_t *byte = p;

	for (size_t i = 0; i < len; i++) {
		uint64_t x = ++call->drawn * 0x9e3779b97f4a7c15;

		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
		x = (x ^ x >> 27) * 0x94d049bb133111eb;
		byte[i] = (uint8_t)(x ^ x >> 31);
	}
}

static struct call call_of(unsigned kind)
{
	return (struct call){
		.set = {.upstream_srtp = kind & KIND_SRTP,
			.upstream_single = kind & KIND_SINGLE,
			.upstream_seen = ip4(2, 0),
			.upstream_bound = ip4(9, 0),
			.upstream_first = 20000,
			.upstream_last = 20999,
			.timeout_s = 300},
		.io = {io_open, io_seen, io_plan, io_close, io_number,
		       io_random, NULL},
	};
}

static void begin(struct call *call, unsigned kind)
{
	struct media_party party[2] = {
		{.kind = MEDIA_PHONE,
		 .tls = ip4(77, 40001),
		 .local = ip4(1, 5061),
		 .may_be_clear = kind & KIND_CLEAR},
		{.kind = kind & KIND_ECHO ? MEDIA_ECHO : MEDIA_UPSTREAM},
	};

	if (kind & KIND_IN && !(kind & KIND_ECHO)) {
		const struct media_party first = party[0];

		party[0] = party[1];
		party[1] = first;
	}
	call->io.arg = call;
	call->ctx =
		(struct media_context){&call->set, &sdp_settings, &call->io};
	if (media_open(&call->media, &call->ctx, party))
		abort();
}

/* ---- the bodies */

static bool has_key(const struct sdp *sdp, struct span key)
{
	for (unsigned i = 0; i < sdp->media_count; i++)
		for (unsigned k = 0; k < sdp->media[i].crypto_count; k++)
			if (span_eq(sdp->media[i].crypto[k].key_salt, key))
				return true;
	return false;
}

/* What is shown to one end can be read by it, and has none of the keys of the
 * body that it came of. */
static void is_sound(struct span out, struct span in)
{
	static struct sdp was, is;
	struct verdict v = sdp_parse(&was, in, &sdp_settings);

	require(verdict_passes(&v));
	v = sdp_parse(&is, out, &sdp_settings);
	/* What we add may be above the ceiling of attributes. */
	if (was.attribute_count + SDP_MEDIA_MAX * 5 <= SDP_ATTRIBUTE_MAX)
		require(verdict_passes(&v));
	if (!verdict_passes(&v))
		return;
	require(is.media_count == was.media_count);
	for (unsigned i = 0; i < was.media_count; i++)
		for (unsigned k = 0; k < was.media[i].crypto_count; k++)
			require(!was.media[i].crypto[k].key_salt.len ||
				!has_key(&is, was.media[i].crypto[k].key_salt));
}

static bool work(struct call *call, struct span in, unsigned from,
		 uint32_t *offer)
{
	static char out[2][BODY_MAX];
	static struct sdp sdp;
	struct text body[2] = {text_init(out[0], BODY_MAX),
			       text_init(out[1], BODY_MAX)};
	struct verdict v = {0};
	const uint32_t answered = *offer;

	for (unsigned i = 0; i < 2; i++) {
		v = sdp_parse(&sdp, in, &sdp_settings);
		if (!verdict_passes(&v))
			return false;
		const struct media_body both = {&sdp, &body[i]};

		v = answered ? media_answer(call->media, &call->ctx, answered,
					    7 + from, &both)
			     : media_offer(call->media, &call->ctx, from, &both,
					   offer);
		if (!verdict_passes(&v))
			break;
	}
	if (!verdict_passes(&v))
		return false;
	/* The same once more: the same bytes. */
	require(span_eq(text_span(&body[0]), text_span(&body[1])));
	is_sound(text_span(&body[0]), in);
	return true;
}

/* Other keys for each input: none of them can be in it. */
static uint64_t seed_of(struct span in)
{
	uint64_t seed = 0xcbf29ce484222325;

	for (size_t i = 0; i < in.len; i++)
		seed = (seed ^ (uint8_t)in.p[i]) * 0x100000001b3;
	return seed;
}

static void run(unsigned kind, struct span first, struct span second)
{
	struct call call = call_of(kind);
	uint32_t offer = 0, again = 0;
	enum suite suite;

	call.drawn = seed_of(first) ^ seed_of(second);
	begin(&call, kind);
	if (work(&call, first, 0, &offer) && kind & KIND_ANSWERED)
		media_answered(call.media, &call.ctx);
	if (offer)
		(void)work(&call, second, 1, &offer);
	media_select(call.media, &call.ctx, 8);
	media_answered(call.media, &call.ctx);
	/* A re-INVITE of either end. */
	if (!(kind & KIND_ECHO) && work(&call, second, 1, &again) && again)
		(void)work(&call, first, 0, &again);
	media_offer_drop(call.media, &call.ctx, offer);
	again = 0;
	(void)work(&call, second, 0, &again);
	media_offer_drop(call.media, &call.ctx, again);
	for (unsigned end = 0; end < 2; end++)
		(void)media_protection(call.media, end, &suite);
	for (unsigned i = 0; i < call.count; i++)
		require(media_has(call.media, call.open[i]));
	media_close(call.media, &call.ctx);
	require(!call.count);
}

/* A byte for the kind of call, the offer, a NUL, the answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of((const char *)data, size);
	size_t len;

	if (!size || size > BODY_MAX / 4)
		return 0;
	rest = span_skip(rest, 1);
	len = span_find(rest, '\0');
	run(data[0], span_of(rest.p, len), span_skip(rest, len + 1));
	return 0;
}
