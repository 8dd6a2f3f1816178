/* each.h - a test of the contract of engine.h, run for every engine and suite
 */
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "oracle.h"

static const char *const engine_names[] = {"openssl", "libsrtp2"};

enum { SSRC = 0x5501a0b2, PAYLOAD = 40 };

/* Of the turn that is running. */
static const struct rtp_engine *eng;
static enum suite suite;
static struct oracle orc;
static struct rtp_context *rx, *tx;
static uint8_t key_salt[RTP_KEY_SALT_MAX];

/* What `wire` or `wire_rtcp` made last, and from what. */
static uint8_t plain[WIRE_MAX], sealed[WIRE_MAX];
static size_t plain_len, sealed_len;

#define ok(condition)                                                          \
	cr_assert((condition), "%s, %s: %s", eng->name, suite_name(suite),     \
		  #condition)

static inline void fresh_contexts(void)
{
	eng->close(rx);
	eng->close(tx);
	rx = tx = NULL;
	ok(eng->open(&rx, RTP_RECEIVE, suite, key_salt) == 0);
	ok(eng->open(&tx, RTP_SEND, suite, key_salt) == 0);
}

static inline void each(void (*body)(void))
{
	for (size_t i = 0; i < sizeof(engine_names) / sizeof(*engine_names);
	     i++) {
		eng = rtp_engine_find(engine_names[i]);
		cr_assert_not_null(eng, "%s", engine_names[i]);
		for (unsigned s = 0; s < SUITE_COUNT; s++) {
			suite = (enum suite)s;
			make_key(key_salt, (uint8_t)(s + 1));
			orc = oracle_of(suite, key_salt);
			fresh_contexts();
			body();
			eng->close(rx);
			eng->close(tx);
			rx = tx = NULL;
		}
	}
}

#define FOR_EACH(suite_of_tests, name)                                         \
	static void name(void);                                                \
	Test(suite_of_tests, name)                                             \
	{                                                                      \
		each(name);                                                    \
	}                                                                      \
	static void name(void)

typedef enum rtp_result (*step_h)(struct rtp_context *ctx, const uint8_t *in,
				  uint8_t *out, size_t *len, size_t cap);

/* One packet through, in blocks of just its size and room, so that a byte too
 * far is seen. DONE must give the wanted. */
static inline enum rtp_result through(step_h step, struct rtp_context *ctx,
				      const uint8_t *in, size_t in_len,
				      const uint8_t *want, size_t want_len)
{
	uint8_t *copy = malloc(in_len ? in_len : 1);
	uint8_t *out = malloc(want_len ? want_len : 1);
	enum rtp_result result;
	size_t len = in_len;

	cr_assert(copy && out);
	memcpy(copy, in, in_len);
	result = step(ctx, copy, out, &len, want_len);
	ok(!memcmp(copy, in, in_len));
	if (result == RTP_DONE) {
		ok(len == want_len);
		ok(!memcmp(out, want, want_len));
	} else {
		ok(len == in_len);
	}
	free(copy);
	free(out);
	return result;
}

static inline void wire(uint32_t ssrc, uint32_t roc, uint16_t seq)
{
	plain_len = make_rtp(plain, ssrc, seq, PAYLOAD);
	sealed_len = oracle_rtp(&orc, plain, plain_len, 12, roc, sealed);
}

static inline void wire_rtcp(uint32_t ssrc, uint32_t index, size_t more)
{
	plain_len = make_rtcp(plain, ssrc, more);
	sealed_len = oracle_rtcp(&orc, plain, plain_len, index, true, sealed);
}

/* What was made last, received. */
static inline enum rtp_result hear(void)
{
	return through(eng->unprotect, rx, sealed, sealed_len, plain,
		       plain_len);
}

static inline enum rtp_result hear_rtcp(void)
{
	return through(eng->unprotect_rtcp, rx, sealed, sealed_len, plain,
		       plain_len);
}

/* What was made last, sent: DONE must give the oracle's bytes. */
static inline enum rtp_result say(void)
{
	return through(eng->protect, tx, plain, plain_len, sealed, sealed_len);
}

static inline enum rtp_result say_rtcp(void)
{
	return through(eng->protect_rtcp, tx, plain, plain_len, sealed,
		       sealed_len);
}

static inline enum rtp_result hear_at(uint32_t ssrc, uint32_t roc, uint16_t seq)
{
	wire(ssrc, roc, seq);
	return hear();
}

static inline enum rtp_result say_at(uint32_t ssrc, uint32_t roc, uint16_t seq)
{
	wire(ssrc, roc, seq);
	return say();
}

static inline bool roc_is(const struct rtp_context *ctx, uint32_t ssrc,
			  uint32_t want)
{
	uint32_t roc;

	return eng->roc(ctx, ssrc, &roc) && roc == want;
}
