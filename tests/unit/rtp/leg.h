/* leg.h - one sender and what stands on the wire behind it: a receiver of the
 * other engine that loses nothing and forgets no key, and sees every stretch of
 * key stream that was used */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/sender.h"

enum {
	ROOM = RTP_PACKET_MAX + RTP_OVERHEAD_MAX + 4,
	PAYLOAD_BYTES = 24,
	RTP_BYTES = RTP_HEADER_BYTES + PAYLOAD_BYTES,
	RTCP_BYTES = 8 + PAYLOAD_BYTES,
	LISTENERS_MAX = 300,
	STREAM_SLOTS = 1 << 18,
};

struct heard {
	uint32_t ssrc;
	uint64_t highest; /* index */
};

/* Holds a key for good. */
struct listener {
	struct rtp_key key;
	struct rtp_context *rx;
	struct heard heard[RTP_SSRC_MAX];
	size_t heard_count;
};

struct leg {
	const struct rtp_engine *engine, *other;
	struct rtp_sender *sender;
	bool secure;
	struct listener *now;
	struct listener listeners[LISTENERS_MAX];
	size_t listeners_count;
	uint64_t *streams; /* the first 8 bytes of each packet's key stream */
	size_t streams_count;
};

/* What left last. */
struct wire {
	enum rtp_result res;
	size_t len;
	uint32_t ssrc;
	uint8_t p[ROOM];
};

static const char *const engine_names[] = {"openssl", "libsrtp2"};

static inline struct leg *open_leg(unsigned engine)
{
	const uint8_t seed[HASH_KEY_BYTES] = {1, 2, 3};
	struct leg *leg = calloc(1, sizeof(*leg));

	cr_assert_not_null(leg);
	leg->engine = rtp_engine_find(engine_names[engine]);
	leg->other = rtp_engine_find(engine_names[!engine]);
	leg->streams = calloc(STREAM_SLOTS, sizeof(*leg->streams));
	cr_assert(leg->engine && leg->other && leg->streams);
	cr_assert_eq(rtp_sender_open(&leg->sender, leg->engine, seed), 0);
	return leg;
}

static inline void close_leg(struct leg *leg)
{
	rtp_sender_close(leg->sender);
	for (size_t i = 0; i < leg->listeners_count; i++)
		leg->other->close(leg->listeners[i].rx);
	free(leg->streams);
	free(leg);
}

static inline struct rtp_key make_key(enum suite suite, unsigned number)
{
	struct rtp_key key = {.suite = suite};

	for (unsigned i = 0; i < sizeof(key.key_salt); i++)
		key.key_salt[i] = (uint8_t)(number * 31 + i * 7);
	key.key_salt[0] = (uint8_t)number;
	key.key_salt[1] = (uint8_t)(number >> 8);
	return key;
}

static inline bool is_same_key(const struct rtp_key *a, const struct rtp_key *b)
{
	return a->suite == b->suite &&
	       !memcmp(a->key_salt, b->key_salt, sizeof(a->key_salt)) &&
	       a->mki_len == b->mki_len && !memcmp(a->mki, b->mki, a->mki_len);
}

static inline struct listener *listen_to(struct leg *leg,
					 const struct rtp_key *key)
{
	struct listener *l = leg->listeners;

	while (l < leg->listeners + leg->listeners_count &&
	       !is_same_key(&l->key, key))
		l++;
	if (l == leg->listeners + leg->listeners_count) {
		cr_assert_lt(leg->listeners_count, LISTENERS_MAX);
		leg->listeners_count++;
		l->key = *key;
		cr_assert_eq(leg->other->open(&l->rx, RTP_RECEIVE, key->suite,
					      key->key_salt),
			     0);
	}
	return l;
}

/* NULL: clear. */
static inline void set_key(struct leg *leg, const struct rtp_key *key)
{
	cr_assert_eq(rtp_sender_key(leg->sender, key), 0);
	leg->secure = key;
	leg->now = key ? listen_to(leg, key) : NULL;
}

static inline void put_u32(uint8_t *dst, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		dst[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline uint32_t get_u32(const uint8_t *src)
{
	return (uint32_t)src[0] << 24 | (uint32_t)src[1] << 16 |
	       (uint32_t)src[2] << 8 | src[3];
}

static inline void make_rtp(uint8_t p[static RTP_BYTES], uint32_t ssrc,
			    uint16_t seq)
{
	memset(p, 0x55, RTP_BYTES);
	p[0] = 0x80;
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	put_u32(p + 8, ssrc);
}

static inline void make_rtcp(uint8_t p[static RTCP_BYTES], uint32_t ssrc)
{
	memset(p, 0x33, RTCP_BYTES);
	p[0] = 0x80;
	p[1] = 201;
	put_u32(p + 4, ssrc);
}

static inline bool is_gcm(enum suite suite)
{
	return suite == SUITE_AEAD_AES_128_GCM ||
	       suite == SUITE_AEAD_AES_256_GCM;
}

static inline size_t hmac_bytes(enum suite suite, bool rtcp)
{
	if (is_gcm(suite))
		return 0;
	return !rtcp && (suite == SUITE_AES_256_CM_HMAC_SHA1_32 ||
			 suite == SUITE_AES_CM_128_HMAC_SHA1_32)
		       ? 4
		       : 10;
}

/* RFC 3711 3.1, RFC 7714 8.2. */
static inline size_t take_mki_off(const struct rtp_key *key, bool rtcp,
				  uint8_t *p, size_t len)
{
	const size_t tail = hmac_bytes(key->suite, rtcp);
	uint8_t *at = p + len - tail - key->mki_len;

	cr_assert_arr_eq(at, key->mki, key->mki_len);
	memmove(at, at + key->mki_len, tail);
	return len - key->mki_len;
}

/* No stretch of key stream is used twice, by whatever key, SSRC and index. */
static inline void assert_stream_is_new(struct leg *leg, const uint8_t *plain,
					const uint8_t *sealed)
{
	uint64_t a, b, stream;
	size_t slot;

	memcpy(&a, plain, 8);
	memcpy(&b, sealed, 8);
	stream = a ^ b;
	cr_assert(stream);
	slot = stream % STREAM_SLOTS;
	while (leg->streams[slot] && leg->streams[slot] != stream)
		slot = (slot + 1) % STREAM_SLOTS;
	cr_assert_neq(leg->streams[slot], stream, "key stream used twice");
	leg->streams[slot] = stream;
	cr_assert_lt(++leg->streams_count, STREAM_SLOTS / 2);
}

/* The index that the nearest counter gives is none before 0, and is that of the
 * engine: a receiver that counts strictly (RFC 3711 appendix A) follows. */
static inline void count_strictly(const struct leg *leg, const uint8_t *p)
{
	struct listener *l = leg->now;
	const uint32_t ssrc = get_u32(p + 8);
	const uint16_t seq = (uint16_t)(p[2] << 8 | p[3]);
	struct heard *h = l->heard;
	uint32_t roc;
	int16_t step;

	while (h < l->heard + l->heard_count && h->ssrc != ssrc)
		h++;
	cr_assert_lt(h - l->heard, RTP_SSRC_MAX);
	if (h == l->heard + l->heard_count) {
		l->heard_count++;
		*h = (struct heard){.ssrc = ssrc, .highest = seq};
	}
	step = (int16_t)(seq - (uint16_t)h->highest);
	cr_assert(step >= 0 || (uint64_t)-step <= h->highest,
		  "%u is of counter -1", seq);
	if (step > 0)
		h->highest += (uint64_t)step;
	cr_assert(leg->other->roc(l->rx, ssrc, &roc));
	cr_assert_eq(roc, h->highest >> 16);
}

/* What leaves is what was put in, but for the SSRC, and is heard by a receiver
 * that has counted all along: its index is new, and the one that it takes it
 * for. */
static inline void hear(struct leg *leg, bool rtcp, const uint8_t *in,
			const struct wire *wire)
{
	const size_t at = rtcp ? 4 : 8, clear = at + 4;
	const size_t bytes = clear + PAYLOAD_BYTES;
	uint8_t sealed[ROOM], plain[ROOM];
	enum rtp_result res;
	size_t len;

	memcpy(sealed, wire->p, wire->len);
	if (leg->secure) {
		const struct rtp_key *key = &leg->now->key;

		len = take_mki_off(key, rtcp, sealed, wire->len);
		assert_stream_is_new(leg, in + clear, sealed + clear);
		res = (rtcp ? leg->other->unprotect_rtcp
			    : leg->other->unprotect)(leg->now->rx, sealed,
						     plain, &len, ROOM);
		cr_assert_eq(res, RTP_DONE, "%s: heard as %d",
			     leg->engine->name, res);
		if (!rtcp)
			count_strictly(leg, plain);
	} else {
		len = wire->len;
		memcpy(plain, sealed, len);
	}
	cr_assert_eq(len, bytes);
	cr_assert_arr_eq(plain, in, at);
	cr_assert_arr_eq(plain + clear, in + clear, PAYLOAD_BYTES);
}

static inline struct wire send_rtp(struct leg *leg, uint32_t ssrc, uint16_t seq)
{
	struct wire wire = {.len = RTP_BYTES};
	uint8_t in[RTP_BYTES];

	make_rtp(in, ssrc, seq);
	wire.res = rtp_sender_rtp(leg->sender, in, wire.p, &wire.len, ROOM);
	if (wire.res == RTP_DONE) {
		hear(leg, false, in, &wire);
		wire.ssrc = get_u32(wire.p + 8);
	} else {
		cr_assert_eq(wire.len, (size_t)RTP_BYTES);
	}
	return wire;
}

/* Of a source's SSRC, mapped as the filter does it. */
static inline struct wire send_rtcp(struct leg *leg, uint32_t ssrc)
{
	struct wire wire = {.res = RTP_NO_ROOM, .len = RTCP_BYTES};
	uint8_t in[RTCP_BYTES];
	uint32_t outgoing;

	if (!rtp_sender_map(leg->sender, ssrc, &outgoing))
		return wire;
	make_rtcp(in, outgoing);
	wire.res = rtp_sender_rtcp(leg->sender, in, wire.p, &wire.len, ROOM);
	if (wire.res == RTP_DONE) {
		hear(leg, true, in, &wire);
		wire.ssrc = get_u32(wire.p + 4);
		cr_assert_eq(wire.ssrc, outgoing);
	}
	return wire;
}

/* The outgoing SSRC, or 0 and a failed test when it does not leave. */
static inline uint32_t sent_as(struct leg *leg, uint32_t ssrc, uint16_t seq)
{
	const struct wire wire = send_rtp(leg, ssrc, seq);

	cr_assert_eq(wire.res, RTP_DONE, "%u: %d", seq, wire.res);
	return wire.ssrc;
}
