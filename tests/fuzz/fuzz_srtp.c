/* links: rtp */
/*
 * fuzz_srtp.c - whatever is sent and whatever arrives, changed, cut, again or
 * made up: both SRTP engines say the same, write the same bytes, and take
 * nothing that was changed
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/engine.h"

enum { ENGINES = 2, STEP_BYTES = 8, KEPT = 8, STEPS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct datagram {
	size_t len;
	uint8_t *p; /* of just len bytes, so that a byte too far is seen */
};

struct bench {
	const struct rtp_engine *engine[ENGINES];
	struct rtp_context *tx[ENGINES], *rx[ENGINES];
	struct datagram kept[KEPT]; /* sealed, to be sent again */
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct datagram make(size_t len)
{
	struct datagram d = {.len = len, .p = malloc(len ? len : 1)};

	require(d.p);
	memset(d.p, 0, len);
	return d;
}

static struct datagram copy_of(const uint8_t *p, size_t len)
{
	struct datagram d = make(len);

	if (len)
		memcpy(d.p, p, len);
	return d;
}

static void open_bench(struct bench *b, enum suite suite)
{
	static const char *const names[ENGINES] = {"openssl", "libsrtp2"};
	static const uint8_t key_salt[RTP_KEY_SALT_MAX] = {1, 2, 3, 4};

	for (unsigned i = 0; i < ENGINES; i++) {
		const struct rtp_engine *engine = rtp_engine_find(names[i]);

		require(engine);
		b->engine[i] = engine;
		require(!engine->open(&b->tx[i], RTP_SEND, suite, key_salt));
		require(!engine->open(&b->rx[i], RTP_RECEIVE, suite, key_salt));
	}
}

static void close_bench(struct bench *b)
{
	for (unsigned i = 0; i < ENGINES; i++) {
		b->engine[i]->close(b->tx[i]);
		b->engine[i]->close(b->rx[i]);
	}
	for (unsigned i = 0; i < KEPT; i++)
		free(b->kept[i].p);
}

/* One engine; `out` is the caller's to free. */
static enum rtp_result step(const struct bench *b, unsigned i, bool sends,
			    bool rtcp, const struct datagram *in,
			    struct datagram *out)
{
	const struct rtp_engine *engine = b->engine[i];
	const size_t cap = in->len + (sends ? RTP_OVERHEAD_MAX : 0);

	*out = make(cap);
	out->len = in->len;
	if (sends)
		return (rtcp ? engine->protect_rtcp : engine->protect)(
			b->tx[i], in->p, out->p, &out->len, cap);
	return (rtcp ? engine->unprotect_rtcp : engine->unprotect)(
		b->rx[i], in->p, out->p, &out->len, cap);
}

/* Both; what they agree on. `out` is the caller's to free. */
static enum rtp_result both(const struct bench *b, bool sends, bool rtcp,
			    const struct datagram *in, struct datagram *out)
{
	struct datagram other;
	enum rtp_result one = step(b, 0, sends, rtcp, in, out);
	enum rtp_result two = step(b, 1, sends, rtcp, in, &other);

	require(one == two);
	require(out->len == other.len);
	require(one == RTP_DONE || out->len == in->len);
	require(one != RTP_DONE || !memcmp(out->p, other.p, out->len));
	free(other.p);
	return one;
}

static enum rtp_result arrive(const struct bench *b, bool rtcp,
			      const struct datagram *in)
{
	struct datagram out;
	enum rtp_result res = both(b, false, rtcp, in, &out);

	free(out.p);
	return res;
}

/* Kind and SSRC by bits 0-2, sequence number 1-2, length 3, first byte 4. */
static struct datagram plain(const uint8_t s[static STEP_BYTES], bool rtcp)
{
	struct datagram d = make((rtcp ? 8 : 12) + (size_t)s[3]);

	for (size_t i = 0; i < d.len; i++)
		d.p[i] = (uint8_t)(i * s[1] + s[2]);
	d.p[0] = 0x80 | (s[4] & 0x3f);
	if (!rtcp) {
		d.p[2] = s[1];
		d.p[3] = s[2];
	}
	memset(d.p + (rtcp ? 4 : 8), s[0] >> 1 & 3, 4);
	return d;
}

/* What happens to a sealed packet by bits 3-4: nothing, a byte is changed, it
 * is cut, it is another that was sealed before. Place 5-6, value 7. */
static void meet(const struct bench *b, const uint8_t s[static STEP_BYTES],
		 bool rtcp, const struct datagram *sealed)
{
	const size_t place = (size_t)(s[5] << 8 | s[6]);
	const struct datagram *again = &b->kept[s[7] % KEPT];
	struct datagram d = copy_of(sealed->p, sealed->len);

	switch (s[0] >> 3 & 3) {
	case 0:
		(void)arrive(b, rtcp, &d);
		break;
	case 1:
		d.p[place % d.len] ^= s[7];
		require(arrive(b, rtcp, &d) != RTP_DONE || !s[7]);
		break;
	case 2:
		d.len = place % d.len;
		free(d.p);
		d = copy_of(sealed->p, d.len);
		require(arrive(b, rtcp, &d) != RTP_DONE);
		break;
	default:
		if (again->p)
			(void)arrive(b, rtcp, again);
		break;
	}
	free(d.p);
}

static void run_step(struct bench *b, const uint8_t s[static STEP_BYTES])
{
	const bool rtcp = s[0] & 1;
	struct datagram in = plain(s, rtcp), sealed;
	struct datagram *place = &b->kept[s[2] % KEPT];
	enum rtp_result res = both(b, true, rtcp, &in, &sealed);

	free(in.p);
	if (res != RTP_DONE) {
		free(sealed.p);
		return;
	}
	meet(b, s, rtcp, &sealed);
	free(place->p);
	*place = sealed;
}

/* The first byte: suite, and whether the rest is steps or one datagram. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench b = {0};
	struct datagram raw;

	if (!size || size > RTP_PACKET_MAX + 2 * RTP_OVERHEAD_MAX)
		return 0;
	open_bench(&b, (enum suite)(data[0] % SUITE_COUNT));
	raw = copy_of(data + 1, size - 1);
	if (data[0] & 0x80) {
		require(arrive(&b, false, &raw) != RTP_DONE);
		require(arrive(&b, true, &raw) != RTP_DONE);
	} else {
		for (size_t i = 0;
		     i < STEPS_MAX && (i + 1) * STEP_BYTES <= raw.len; i++)
			run_step(&b, raw.p + i * STEP_BYTES);
	}
	free(raw.p);
	close_bench(&b);
	return 0;
}
