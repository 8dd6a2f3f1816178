/* engine_openssl.c - the SRTP transform (RFC 3711, 6188, 7714) on OpenSSL's
 * EVP: prove, then learn */
#include "engines.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "transform.h"
#include "window.h"

enum {
	RTCP_CLEAR_BYTES = 8, /* RFC 3711 3.4: header and first SSRC */
};

static const uint32_t E_BIT = UINT32_C(1) << 31;
static const uint32_t RTCP_INDEX_MAX = (UINT32_C(1) << 31) - 1;

struct stream {
	uint32_t ssrc;
	uint32_t first_roc; /* until the RTP window has something */
	struct rtp_window rtp;
	struct rtp_window rtcp;
};

struct rtp_context {
	enum rtp_way way;
	struct rtp_transform rtp, rtcp;
	size_t count;
	struct stream streams[RTP_SSRC_MAX];
};

/* Its place, or the next free one: RTP_SSRC_MAX when there is none. */
static size_t find_stream(const struct rtp_context *ctx, uint32_t ssrc)
{
	size_t i = 0;

	while (i < ctx->count && ctx->streams[i].ssrc != ssrc)
		i++;
	return i;
}

/* The stream at `at`, which find_stream gave; begun if there is none yet. */
static struct stream *take_stream(struct rtp_context *ctx, size_t at,
				  uint32_t ssrc)
{
	assert(at < RTP_SSRC_MAX);
	if (at == ctx->count) {
		ctx->streams[at] = (struct stream){.ssrc = ssrc};
		ctx->count++;
	}
	return &ctx->streams[at];
}

/* State of a stream that is not there yet is all zero. */
static struct stream peek_stream(const struct rtp_context *ctx, size_t at)
{
	return at < ctx->count ? ctx->streams[at] : (struct stream){0};
}

static enum rtp_result openssl_protect(struct rtp_context *ctx,
				       const uint8_t *in, uint8_t *out,
				       size_t *len, size_t cap)
{
	const struct rtp_transform *tf = &ctx->rtp;
	struct rtp_work work = {.in = in, .out = out};
	struct rtp_header head;
	struct stream state;
	size_t at;

	assert(ctx->way == RTP_SEND);
	if (*len > RTP_PACKET_MAX || !rtp_header_read(&head, in, *len, false))
		return RTP_MALFORMED;
	if (cap < *len + rtp_transform_overhead(tf))
		return RTP_NO_ROOM;
	at = find_stream(ctx, head.ssrc);
	if (at == RTP_SSRC_MAX)
		return RTP_NO_ROOM;
	state = peek_stream(ctx, at);
	if (!rtp_window_index(&state.rtp, state.first_roc, head.sequence,
			      &work.index))
		return RTP_EXHAUSTED;
	if (!rtp_window_unused(&state.rtp, work.index))
		return RTP_REPLAYED;
	work.clear = head.header_len;
	work.body = *len - head.header_len;
	work.ssrc = head.ssrc;
	bytes_write32(work.word, (uint32_t)(work.index >> 16));
	if (!rtp_transform_seal(tf, &work))
		return RTP_NO_ROOM; /* libcrypto had no memory */
	rtp_window_commit(&take_stream(ctx, at, head.ssrc)->rtp, work.index);
	*len += rtp_transform_overhead(tf);
	return RTP_DONE;
}

static enum rtp_result openssl_protect_rtcp(struct rtp_context *ctx,
					    const uint8_t *in, uint8_t *out,
					    size_t *len, size_t cap)
{
	const struct rtp_transform *tf = &ctx->rtcp;
	struct rtp_work work = {
		.in = in, .out = out, .clear = RTCP_CLEAR_BYTES};
	struct stream state;
	size_t at;

	assert(ctx->way == RTP_SEND);
	if (*len < RTCP_CLEAR_BYTES || *len > RTP_PACKET_MAX || in[0] >> 6 != 2)
		return RTP_MALFORMED;
	if (cap < *len + rtp_transform_overhead(tf))
		return RTP_NO_ROOM;
	work.ssrc = rtcp_first_ssrc(in);
	at = find_stream(ctx, work.ssrc);
	if (at == RTP_SSRC_MAX)
		return RTP_NO_ROOM;
	state = peek_stream(ctx, at);
	if (!rtp_window_next(&state.rtcp, RTCP_INDEX_MAX, &work.index))
		return RTP_EXHAUSTED;
	work.body = *len - RTCP_CLEAR_BYTES;
	bytes_write32(work.word, E_BIT | (uint32_t)work.index);
	if (!rtp_transform_seal(tf, &work))
		return RTP_NO_ROOM;
	rtp_window_commit(&take_stream(ctx, at, work.ssrc)->rtcp, work.index);
	*len += rtp_transform_overhead(tf);
	return RTP_DONE;
}

/*
 * The tag is looked at before the replay window, so that REPLAYED is said of
 * nothing but our own sender's packets: two phones may have chosen the same
 * SSRC, and what another key made is FORGED here, whatever its index.
 */
static enum rtp_result openssl_unprotect(struct rtp_context *ctx,
					 const uint8_t *in, uint8_t *out,
					 size_t *len, size_t cap)
{
	const struct rtp_transform *tf = &ctx->rtp;
	struct rtp_work work = {.in = in, .out = out};
	struct rtp_header head;
	struct stream state;
	size_t plain, at;

	assert(ctx->way == RTP_RECEIVE);
	if (*len < rtp_transform_overhead(tf) ||
	    *len > RTP_PACKET_MAX + RTP_OVERHEAD_MAX)
		return RTP_MALFORMED;
	plain = *len - rtp_transform_overhead(tf);
	if (!rtp_header_read(&head, in, plain, false))
		return RTP_MALFORMED;
	if (cap < plain)
		return RTP_NO_ROOM;
	at = find_stream(ctx, head.ssrc);
	state = peek_stream(ctx, at);
	if (!rtp_window_index(&state.rtp, state.first_roc, head.sequence,
			      &work.index))
		return RTP_EXHAUSTED;
	work.clear = head.header_len;
	work.body = plain - head.header_len;
	work.ssrc = head.ssrc;
	bytes_write32(work.word, (uint32_t)(work.index >> 16));
	if (!rtp_transform_unseal(tf, &work))
		return RTP_FORGED;
	if (!rtp_window_unused(&state.rtp, work.index))
		return RTP_REPLAYED;
	if (at == RTP_SSRC_MAX)
		return RTP_NO_ROOM;
	rtp_window_commit(&take_stream(ctx, at, head.ssrc)->rtp, work.index);
	*len = plain;
	return RTP_DONE;
}

static enum rtp_result openssl_unprotect_rtcp(struct rtp_context *ctx,
					      const uint8_t *in, uint8_t *out,
					      size_t *len, size_t cap)
{
	const struct rtp_transform *tf = &ctx->rtcp;
	struct rtp_work work = {
		.in = in, .out = out, .clear = RTCP_CLEAR_BYTES};
	struct stream state;
	size_t plain, at;
	uint32_t word;

	assert(ctx->way == RTP_RECEIVE);
	if (*len < RTCP_CLEAR_BYTES + rtp_transform_overhead(tf) ||
	    *len > RTP_PACKET_MAX + RTP_OVERHEAD_MAX || in[0] >> 6 != 2)
		return RTP_MALFORMED;
	plain = *len - rtp_transform_overhead(tf);
	if (cap < plain)
		return RTP_NO_ROOM;
	work.ssrc = rtcp_first_ssrc(in);
	work.body = plain - RTCP_CLEAR_BYTES;
	memcpy(work.word, in + rtp_transform_word_at(tf, &work),
	       RTP_WORD_BYTES);
	word = bytes_read32(work.word);
	/* Every suite of ours encrypts: without the E bit it is not what was
	 * agreed, and GCM would read it otherwise (RFC 7714 9.3). */
	if (!(word & E_BIT))
		return RTP_FORGED;
	work.index = word & RTCP_INDEX_MAX;
	if (!rtp_transform_unseal(tf, &work))
		return RTP_FORGED;
	at = find_stream(ctx, work.ssrc);
	state = peek_stream(ctx, at);
	if (!rtp_window_unused(&state.rtcp, work.index))
		return RTP_REPLAYED;
	if (at == RTP_SSRC_MAX)
		return RTP_NO_ROOM;
	rtp_window_commit(&take_stream(ctx, at, work.ssrc)->rtcp, work.index);
	*len = plain;
	return RTP_DONE;
}

static bool seen(const struct stream *stream)
{
	return !rtp_window_empty(&stream->rtp) ||
	       !rtp_window_empty(&stream->rtcp);
}

static int openssl_begin(struct rtp_context *ctx, uint32_t ssrc, uint32_t roc)
{
	const size_t at = find_stream(ctx, ssrc);
	const struct stream state = peek_stream(ctx, at);

	if (seen(&state))
		return EEXIST;
	if (at == RTP_SSRC_MAX)
		return ENOSPC;
	take_stream(ctx, at, ssrc)->first_roc = roc;
	return 0;
}

static bool openssl_roc(const struct rtp_context *ctx, uint32_t ssrc,
			uint32_t *out)
{
	const struct stream state = peek_stream(ctx, find_stream(ctx, ssrc));

	if (!seen(&state))
		return false;
	*out = rtp_window_empty(&state.rtp)
		       ? state.first_roc
		       : (uint32_t)(state.rtp.highest >> 16);
	return true;
}

static int open_one(struct rtp_transform *tf, const struct rtp_context *ctx,
		    enum suite suite, const uint8_t *key_salt)
{
	const bool rtcp = tf == &ctx->rtcp;
	struct rtp_session_keys keys;
	int err;

	err = rtp_session_keys_derive(&keys, suite, rtcp, key_salt);
	if (err)
		return err;
	err = rtp_transform_open(tf, suite, rtcp, ctx->way == RTP_SEND, &keys);
	OPENSSL_cleanse(&keys, sizeof(keys));
	return err;
}

static void openssl_close(struct rtp_context *ctx)
{
	if (!ctx)
		return;
	rtp_transform_close(&ctx->rtp);
	rtp_transform_close(&ctx->rtcp);
	free(ctx);
}

static int openssl_open(struct rtp_context **out, enum rtp_way way,
			enum suite suite, const uint8_t *key_salt)
{
	struct rtp_context *ctx;
	int err;

	if ((unsigned)suite >= SUITE_COUNT ||
	    (way != RTP_RECEIVE && way != RTP_SEND))
		return EINVAL;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return ENOMEM;
	ctx->way = way;
	err = open_one(&ctx->rtp, ctx, suite, key_salt);
	if (!err)
		err = open_one(&ctx->rtcp, ctx, suite, key_salt);
	if (err) {
		openssl_close(ctx);
		return err;
	}
	*out = ctx;
	return 0;
}

/* Nothing is kept: OpenSSL keeps what it has fetched. A provider that lacks a
 * cipher (FIPS, a cut-down build) is found here, not in a call. */
int rtp_engine_openssl_start(void)
{
	static const uint8_t key_salt[RTP_KEY_SALT_MAX];

	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		struct rtp_context *ctx;
		int err = openssl_open(&ctx, RTP_SEND, (enum suite)i, key_salt);

		if (err)
			return err == ENOMEM ? ENOTSUP : err;
		openssl_close(ctx);
	}
	return 0;
}

const struct rtp_engine rtp_engine_openssl = {
	.name = "openssl",
	.open = openssl_open,
	.close = openssl_close,
	.protect = openssl_protect,
	.protect_rtcp = openssl_protect_rtcp,
	.unprotect = openssl_unprotect,
	.unprotect_rtcp = openssl_unprotect_rtcp,
	.begin = openssl_begin,
	.roc = openssl_roc,
};
