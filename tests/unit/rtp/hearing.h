/* hearing.h - one receiver and parties that send to it by the oracle */
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "oracle.h"
#include "rempart/rtp/receiver.h"

enum { SSRC = 0x1234, OTHER_SSRC = 0x9876, PAYLOAD = 33 };

/* A sender's key, and what it makes of it. */
struct party {
	struct rtp_key key;
	struct oracle oracle;
};

/* ---- an engine whose contexts are counted and may fail to open */

static const struct rtp_engine *base;
static struct rtp_engine counted;
static unsigned contexts, opens_left;

static inline int counted_open(struct rtp_context **out, enum rtp_way way,
			       enum suite suite, const uint8_t *key_salt)
{
	int err = opens_left ? base->open(out, way, suite, key_salt) : ENOMEM;

	if (!err) {
		contexts++;
		opens_left--;
	}
	return err;
}

static inline void counted_close(struct rtp_context *ctx)
{
	contexts -= ctx != NULL;
	base->close(ctx);
}

/* Of the turn that is running. */
static struct rtp_receiver *recv_;
static struct party a, b, c;
static enum suite suite;

#define ok(condition)                                                          \
	cr_assert((condition), "%s, %s: %s", base->name, suite_name(suite),    \
		  #condition)

static inline struct party make_party(uint8_t salt)
{
	struct party p = {.key = {.suite = suite}};

	make_key(p.key.key_salt, salt);
	p.oracle = oracle_of(suite, p.key.key_salt);
	return p;
}

/* For every engine and suite: a receiver that has the key of `a`. */
static inline void each(void (*body)(void))
{
	static const char *const names[] = {"openssl", "libsrtp2"};

	for (unsigned i = 0; i < 2 * SUITE_COUNT; i++) {
		base = rtp_engine_find(names[i % 2]);
		cr_assert_not_null(base);
		counted = *base;
		counted.open = counted_open;
		counted.close = counted_close;
		opens_left = 1000;
		contexts = 0;
		suite = (enum suite)(i / 2);
		a = make_party(1);
		b = make_party(2);
		c = make_party(3);
		ok(rtp_receiver_open(&recv_, &counted) == 0);
		ok(rtp_receiver_key(recv_, &a.key, false) == 0);
		body();
		ok(contexts <= 3);
		rtp_receiver_close(recv_);
		ok(contexts == 0);
	}
}

#define FOR_EACH(suite_of_tests, name)                                         \
	static void name(void);                                                \
	Test(suite_of_tests, name)                                             \
	{                                                                      \
		each(name);                                                    \
	}                                                                      \
	static void name(void)

/* The MKI where the suite has it; returns the new length. */
static inline size_t add_mki(const struct party *p, bool rtcp, uint8_t *wire,
			     size_t len)
{
	const size_t behind =
		oracle_gcm(p->key.suite) ? 0 : oracle_tag(p->key.suite, rtcp);
	const size_t at = len - behind;

	memmove(wire + at + p->key.mki_len, wire + at, behind);
	memcpy(wire + at, p->key.mki, p->key.mki_len);
	return len + p->key.mki_len;
}

static inline enum rtp_result take(bool rtcp, const uint8_t *wire, size_t len,
				   const uint8_t *plain, size_t plain_len)
{
	uint8_t *in = malloc(len), *out = malloc(len);
	enum rtp_result result;
	size_t got = len;

	cr_assert(in && out);
	memcpy(in, wire, len);
	result = rtp_receiver_take(recv_, rtcp, in, out, &got);
	ok(got == (result == RTP_DONE ? plain_len : len));
	ok(result != RTP_DONE || !memcmp(out, plain, plain_len));
	ok(contexts <= 3);
	free(in);
	free(out);
	return result;
}

/* flip: a bit of the payload is. */
static inline enum rtp_result send_rtp(const struct party *p, uint32_t ssrc,
				       uint32_t roc, uint16_t seq, bool flip)
{
	uint8_t plain[WIRE_MAX], wire[WIRE_MAX];
	const size_t len = make_rtp(plain, ssrc, seq, PAYLOAD);
	size_t wire_len = oracle_rtp(&p->oracle, plain, len, 12, roc, wire);

	wire[20] ^= flip;
	wire_len = add_mki(p, false, wire, wire_len);
	return take(false, wire, wire_len, plain, len);
}

static inline enum rtp_result rtp(const struct party *p, uint32_t roc,
				  uint16_t seq)
{
	return send_rtp(p, SSRC, roc, seq, false);
}

static inline enum rtp_result rtcp(const struct party *p, uint32_t index)
{
	uint8_t plain[WIRE_MAX], wire[WIRE_MAX];
	const size_t len = make_rtcp(plain, SSRC, 24);
	size_t wire_len =
		oracle_rtcp(&p->oracle, plain, len, index, true, wire);

	wire_len = add_mki(p, true, wire, wire_len);
	return take(true, wire, wire_len, plain, len);
}

static inline int key(const struct party *p, bool moved)
{
	return rtp_receiver_key(recv_, &p->key, moved);
}

/* `a` has talked across a wrap: its ROC is 1, its last sequence 3. */
static inline void talk_across_wrap(void)
{
	for (uint32_t i = 65530; i < 65536 + 4; i++)
		ok(rtp(&a, i >> 16, (uint16_t)i) == RTP_DONE);
}
