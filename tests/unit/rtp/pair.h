/* pair.h - both engines in lock-step: whatever one says or writes, so does the
 * other */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/engine.h"

enum {
	ENGINES = 2,
	ROOM = RTP_PACKET_MAX + RTP_OVERHEAD_MAX,
};

struct pair {
	const struct rtp_engine *engine[ENGINES];
	struct rtp_context *tx[ENGINES], *rx[ENGINES];
	enum suite suite;
	uint32_t random;
};

/* One datagram, plain or sealed. */
struct datagram {
	size_t len;
	uint8_t p[ROOM];
};

static inline uint32_t draw(struct pair *pair)
{
	pair->random = pair->random * 1664525 + 1013904223;
	return pair->random >> 8;
}

static inline bool one_in(struct pair *pair, uint32_t n)
{
	return draw(pair) % n == 0;
}

static inline struct pair open_pair(enum suite suite, uint32_t seed)
{
	struct pair pair = {
		.engine = {rtp_engine_find("openssl"),
			   rtp_engine_find("libsrtp2")},
		.suite = suite,
		.random = seed,
	};
	uint8_t key[RTP_KEY_SALT_MAX];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)draw(&pair);
	for (unsigned i = 0; i < ENGINES; i++) {
		const struct rtp_engine *eng = pair.engine[i];

		cr_assert_not_null(eng);
		cr_assert_eq(eng->open(&pair.tx[i], RTP_SEND, suite, key), 0);
		cr_assert_eq(eng->open(&pair.rx[i], RTP_RECEIVE, suite, key),
			     0);
	}
	return pair;
}

static inline void close_pair(struct pair *pair)
{
	for (unsigned i = 0; i < ENGINES; i++) {
		pair->engine[i]->close(pair->tx[i]);
		pair->engine[i]->close(pair->rx[i]);
	}
}

static inline enum rtp_result call(const struct pair *pair, unsigned i,
				   bool sends, bool rtcp,
				   const struct datagram *in,
				   struct datagram *out)
{
	const struct rtp_engine *eng = pair->engine[i];

	out->len = in->len;
	if (sends)
		return (rtcp ? eng->protect_rtcp : eng->protect)(
			pair->tx[i], in->p, out->p, &out->len, sizeof(out->p));
	return (rtcp ? eng->unprotect_rtcp : eng->unprotect)(
		pair->rx[i], in->p, out->p, &out->len, sizeof(out->p));
}

/* Through both; what they agreed on. */
static inline enum rtp_result both(const struct pair *pair, bool sends,
				   bool rtcp, const struct datagram *in,
				   struct datagram *out)
{
	struct datagram other;
	enum rtp_result want = call(pair, 0, sends, rtcp, in, out);
	enum rtp_result got = call(pair, 1, sends, rtcp, in, &other);

	cr_assert_eq(want, got, "%s, %s%s: %d and %d", suite_name(pair->suite),
		     sends ? "protect" : "unprotect", rtcp ? "_rtcp" : "", want,
		     got);
	cr_assert_eq(out->len, other.len);
	if (want == RTP_DONE)
		cr_assert_arr_eq(out->p, other.p, out->len);
	return want;
}

static inline void assert_same_roc(const struct pair *pair, uint32_t ssrc)
{
	uint32_t roc[ENGINES] = {0};
	bool knows[ENGINES];

	for (unsigned way = 0; way < 2; way++) {
		for (unsigned i = 0; i < ENGINES; i++)
			knows[i] = pair->engine[i]->roc(
				way ? pair->tx[i] : pair->rx[i], ssrc, &roc[i]);
		cr_assert_eq(knows[0], knows[1]);
		cr_assert_eq(roc[0], roc[1]);
	}
}
