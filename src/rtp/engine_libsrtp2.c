/*
 * engine_libsrtp2.c - the SRTP engine on libsrtp2, the reference library
 *
 * libsrtp2 2.5 to 2.7 does less than engine.h promises, and what is missing is
 * done here: it counts past index 2^48, looks at the replay window before the
 * tag, has no limit on streams, sets a ROC only on a stream that exists, takes
 * GCM's SRTCP without E bit, and a refusal of its own may leave a stream
 * behind. So each index is judged here first, and again by libsrtp2.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "engines.h"
#include "transform.h"
#include "window.h"

enum {
	IN_MAX = RTP_PACKET_MAX + RTP_OVERHEAD_MAX,
	RTCP_HEADER_BYTES = 8,
	RTCP_INDEX_BYTES = 4,
	E_BIT = 0x80, /* of the first byte of the SRTCP index */
	INDEX_MASK = 0x7fffffff,
};

struct stream {
	uint32_t ssrc;
	uint32_t first_roc; /* until the RTP window has something */
	bool made;	    /* libsrtp2 has it */
	bool seen;
	struct rtp_window rtp, rtcp; /* rtcp: RECEIVE */
};

struct rtp_context {
	enum rtp_way way;
	srtp_t srtp;
	/* RECEIVE: the same keys, no streams. What `srtp` may not learn is
	 * proven here. */
	srtp_t probe;
	size_t overhead[2]; /* of RTP, of RTCP */
	bool gcm;
	size_t count;
	struct stream streams[RTP_SSRC_MAX];
};

static size_t find_stream(const struct rtp_context *ctx, uint32_t ssrc)
{
	size_t i = 0;

	while (i < ctx->count && ctx->streams[i].ssrc != ssrc)
		i++;
	return i;
}

/* State of a stream that is not there yet is all zero. */
static struct stream peek_stream(const struct rtp_context *ctx, size_t at)
{
	return at < ctx->count ? ctx->streams[at] : (struct stream){0};
}

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

/* After a packet that was DONE. */
static struct stream *heard(struct rtp_context *ctx, size_t at, uint32_t ssrc)
{
	struct stream *stream = take_stream(ctx, at, ssrc);

	stream->seen = true;
	stream->made = true;
	return stream;
}

static void unmake_stream(srtp_t srtp, uint32_t ssrc)
{
	/* In network order, unlike the calls for the ROC. no_ctx: none. */
	(void)srtp_remove_stream(srtp, htonl(ssrc));
}

/*
 * Has libsrtp2 make a stream that begins with a counter above 0. Only protect
 * makes one unproven, both ways: a first packet of index 0, which goes nowhere.
 * With the counter set, that index is long past. `made`: it has it already.
 */
static bool make_stream(srtp_t srtp, uint32_t ssrc, uint32_t roc, bool made)
{
	union {
		uint32_t align;
		uint8_t bytes[RTP_HEADER_BYTES + SRTP_MAX_TRAILER_LEN];
	} first = {.bytes = {2 << 6}};
	int len = RTP_HEADER_BYTES;

	rtp_header_set_ssrc(first.bytes, ssrc);
	if ((made || !srtp_protect(srtp, first.bytes, &len)) &&
	    !srtp_set_stream_roc(srtp, ssrc, roc))
		return true;
	unmake_stream(srtp, ssrc);
	return false;
}

static enum rtp_result libsrtp2_protect(struct rtp_context *ctx,
					const uint8_t *in, uint8_t *out,
					size_t *len, size_t cap)
{
	struct rtp_header head;
	struct stream state;
	uint64_t index;
	int work = (int)*len;
	size_t at;

	assert(ctx->way == RTP_SEND);
	if (*len > RTP_PACKET_MAX || !rtp_header_read(&head, in, *len, false))
		return RTP_MALFORMED;
	if (cap < *len + ctx->overhead[0])
		return RTP_NO_ROOM;
	at = find_stream(ctx, head.ssrc);
	if (at == RTP_SSRC_MAX)
		return RTP_NO_ROOM;
	state = peek_stream(ctx, at);
	if (!rtp_window_index(&state.rtp, state.first_roc, head.sequence,
			      &index))
		return RTP_EXHAUSTED;
	if (!rtp_window_unused(&state.rtp, index))
		return RTP_REPLAYED;
	memcpy(out, in, *len);
	if (srtp_protect(ctx->srtp, out, &work)) {
		/* Out of memory, and perhaps half done. A known stream keeps
		 * the index as used: an unsent packet is no harm. */
		if (state.made)
			rtp_window_commit(&ctx->streams[at].rtp, index);
		else
			unmake_stream(ctx->srtp, head.ssrc);
		return RTP_NO_ROOM;
	}
	rtp_window_commit(&heard(ctx, at, head.ssrc)->rtp, index);
	*len = (size_t)work;
	return RTP_DONE;
}

static enum rtp_result libsrtp2_protect_rtcp(struct rtp_context *ctx,
					     const uint8_t *in, uint8_t *out,
					     size_t *len, size_t cap)
{
	int work = (int)*len;
	srtp_err_status_t status;
	uint32_t ssrc;
	size_t at;

	assert(ctx->way == RTP_SEND);
	if (*len < RTCP_HEADER_BYTES || *len > RTP_PACKET_MAX ||
	    in[0] >> 6 != 2)
		return RTP_MALFORMED;
	if (cap < *len + ctx->overhead[1])
		return RTP_NO_ROOM;
	ssrc = rtcp_first_ssrc(in);
	at = find_stream(ctx, ssrc);
	if (at == RTP_SSRC_MAX)
		return RTP_NO_ROOM;
	memcpy(out, in, *len);
	status = srtp_protect_rtcp(ctx->srtp, out, &work);
	if (status) {
		if (!peek_stream(ctx, at).made)
			unmake_stream(ctx->srtp, ssrc);
		return status == srtp_err_status_key_expired ? RTP_EXHAUSTED
							     : RTP_NO_ROOM;
	}
	heard(ctx, at, ssrc);
	*len = (size_t)work;
	return RTP_DONE;
}

/* Whether a key of ours made this packet, with that ROC (RTCP: 0). */
static bool proven(struct rtp_context *ctx, const uint8_t *in, size_t len,
		   bool rtcp, uint32_t roc)
{
	const uint32_t ssrc = rtcp_first_ssrc(rtcp ? in : in + 4);
	uint8_t spare[IN_MAX];
	int work = (int)len;
	bool good;

	if (roc && !make_stream(ctx->probe, ssrc, roc, false))
		return false;
	memcpy(spare, in, len);
	good = rtcp ? !srtp_unprotect_rtcp(ctx->probe, spare, &work)
		    : !srtp_unprotect(ctx->probe, spare, &work);
	unmake_stream(ctx->probe, ssrc);
	return good;
}

/* libsrtp2 decrypts where the packet stands, tag and all. */
static enum rtp_result open_packet(struct rtp_context *ctx, const uint8_t *in,
				   uint8_t *out, size_t *len, bool rtcp)
{
	uint8_t spare[IN_MAX];
	int work = (int)*len;
	srtp_err_status_t status;

	memcpy(spare, in, *len);
	status = rtcp ? srtp_unprotect_rtcp(ctx->srtp, spare, &work)
		      : srtp_unprotect(ctx->srtp, spare, &work);
	switch (status) {
	case srtp_err_status_ok:
		*len = (size_t)work;
		memcpy(out, spare, *len);
		return RTP_DONE;
	case srtp_err_status_alloc_fail:
	case srtp_err_status_init_fail:
		return RTP_NO_ROOM;
	default:
		return RTP_FORGED;
	}
}

static enum rtp_result libsrtp2_unprotect(struct rtp_context *ctx,
					  const uint8_t *in, uint8_t *out,
					  size_t *len, size_t cap)
{
	struct rtp_header head;
	enum rtp_result result;
	struct stream state;
	uint64_t index;
	size_t at;

	assert(ctx->way == RTP_RECEIVE);
	if (*len < ctx->overhead[0] || *len > IN_MAX ||
	    !rtp_header_read(&head, in, *len - ctx->overhead[0], false))
		return RTP_MALFORMED;
	if (cap < *len - ctx->overhead[0])
		return RTP_NO_ROOM;
	at = find_stream(ctx, head.ssrc);
	state = peek_stream(ctx, at);
	if (!rtp_window_index(&state.rtp, state.first_roc, head.sequence,
			      &index))
		return RTP_EXHAUSTED;
	if (at == RTP_SSRC_MAX || !rtp_window_unused(&state.rtp, index)) {
		if (!proven(ctx, in, *len, false, (uint32_t)(index >> 16)))
			return RTP_FORGED;
		return at == RTP_SSRC_MAX ? RTP_NO_ROOM : RTP_REPLAYED;
	}
	result = open_packet(ctx, in, out, len, false);
	if (result == RTP_DONE)
		rtp_window_commit(&heard(ctx, at, head.ssrc)->rtp, index);
	return result;
}

static enum rtp_result libsrtp2_unprotect_rtcp(struct rtp_context *ctx,
					       const uint8_t *in, uint8_t *out,
					       size_t *len, size_t cap)
{
	enum rtp_result result;
	struct stream state;
	const uint8_t *word; /* E bit and index */
	uint32_t index, ssrc;
	size_t at;

	assert(ctx->way == RTP_RECEIVE);
	if (*len < RTCP_HEADER_BYTES + ctx->overhead[1] || *len > IN_MAX ||
	    in[0] >> 6 != 2)
		return RTP_MALFORMED;
	if (cap < *len - ctx->overhead[1])
		return RTP_NO_ROOM;
	/* GCM's tag belongs to the ciphertext (RFC 7714 9.2), the HMAC
	 * follows (RFC 3711 3.4). */
	word = in + *len - (ctx->gcm ? RTCP_INDEX_BYTES : ctx->overhead[1]);
	if (!(word[0] & E_BIT))
		return RTP_FORGED;
	index = bytes_read32(word) & INDEX_MASK;
	ssrc = rtcp_first_ssrc(in);
	at = find_stream(ctx, ssrc);
	state = peek_stream(ctx, at);
	if (at == RTP_SSRC_MAX || !rtp_window_unused(&state.rtcp, index)) {
		if (!proven(ctx, in, *len, true, 0))
			return RTP_FORGED;
		return at == RTP_SSRC_MAX ? RTP_NO_ROOM : RTP_REPLAYED;
	}
	result = open_packet(ctx, in, out, len, true);
	if (result == RTP_DONE)
		rtp_window_commit(&heard(ctx, at, ssrc)->rtcp, index);
	return result;
}

static int libsrtp2_begin(struct rtp_context *ctx, uint32_t ssrc, uint32_t roc)
{
	const size_t at = find_stream(ctx, ssrc);
	const struct stream state = peek_stream(ctx, at);
	struct stream *stream;

	if (at == RTP_SSRC_MAX)
		return ENOSPC;
	if (state.seen)
		return EEXIST;
	/* A stream of libsrtp2's own making begins at 0, with no index used. */
	if (!roc && state.made)
		unmake_stream(ctx->srtp, ssrc);
	if (roc && !make_stream(ctx->srtp, ssrc, roc, state.made))
		return ENOSPC;
	stream = take_stream(ctx, at, ssrc);
	stream->first_roc = roc;
	stream->made = roc > 0;
	return 0;
}

static bool libsrtp2_roc(const struct rtp_context *ctx, uint32_t ssrc,
			 uint32_t *out)
{
	const struct stream state = peek_stream(ctx, find_stream(ctx, ssrc));

	if (!state.seen)
		return false;
	*out = rtp_window_empty(&state.rtp)
		       ? state.first_roc
		       : (uint32_t)(state.rtp.highest >> 16);
	return true;
}

static void libsrtp2_close(struct rtp_context *ctx)
{
	if (!ctx)
		return;
	/* Wipes the session keys. */
	if (ctx->srtp)
		srtp_dealloc(ctx->srtp);
	if (ctx->probe)
		srtp_dealloc(ctx->probe);
	free(ctx);
}

/* SRTCP has 80 bits of tag in all of them: RFC 4568 6.2.2, RFC 6188 4.2. */
static void set_suite(srtp_policy_t *policy, enum suite suite)
{
	switch (suite) {
	case SUITE_AEAD_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
		break;
	case SUITE_AES_256_CM_HMAC_SHA1_80:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
		break;
	case SUITE_AEAD_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
		break;
	case SUITE_AES_CM_128_HMAC_SHA1_80:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
		break;
	case SUITE_AES_256_CM_HMAC_SHA1_32:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
		break;
	case SUITE_AES_CM_128_HMAC_SHA1_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
		break;
	case SUITE_COUNT:
		break;
	}
}

/* One session, whose streams are all made from one template. */
static int open_session(srtp_t *out, enum rtp_way way, enum suite suite,
			const uint8_t *key_salt)
{
	uint8_t key[RTP_KEY_SALT_MAX]; /* libsrtp2 wants it writable */
	srtp_policy_t policy = {
		.ssrc.type =
			way == RTP_SEND ? ssrc_any_outbound : ssrc_any_inbound,
		.key = key,
		.window_size = RTP_WINDOW,
	};
	srtp_err_status_t status;

	memcpy(key, key_salt, suite_key_bytes(suite) + suite_salt_bytes(suite));
	set_suite(&policy, suite);
	status = srtp_create(out, &policy);
	OPENSSL_cleanse(key, sizeof(key));
	if (!status)
		return 0;
	*out = NULL;
	return ENOMEM;
}

static int libsrtp2_open(struct rtp_context **out, enum rtp_way way,
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
	ctx->gcm = rtp_suite_is_gcm(suite);
	for (unsigned rtcp = 0; rtcp < 2; rtcp++)
		ctx->overhead[rtcp] =
			(ctx->gcm ? RTP_GCM_TAG_BYTES
				  : rtp_suite_hmac_bytes(suite, rtcp)) +
			(rtcp ? RTCP_INDEX_BYTES : 0);
	err = open_session(&ctx->srtp, way, suite, key_salt);
	if (!err && way == RTP_RECEIVE)
		err = open_session(&ctx->probe, way, suite, key_salt);
	if (err) {
		libsrtp2_close(ctx);
		return err;
	}
	*out = ctx;
	return 0;
}

int rtp_engine_libsrtp2_start(void)
{
	static const uint8_t key_salt[RTP_KEY_SALT_MAX];
	/*
	 * Never closed: on Debian the cryptography is NSS, which unloads with
	 * the last session, and the next would load it from disk again, where a
	 * sandbox lets nobody. NULL: not started (srtp_init again would test
	 * itself again).
	 */
	static srtp_t keeper;

	if (keeper)
		return 0;
	if (srtp_init())
		return ENOTSUP;
	/* It would print, and see collisions in what make_stream does. */
	if (srtp_install_event_handler(NULL))
		return ENOTSUP;
	return open_session(&keeper, RTP_SEND, SUITE_AEAD_AES_128_GCM,
			    key_salt);
}

const struct rtp_engine rtp_engine_libsrtp2 = {
	.name = "libsrtp2",
	.open = libsrtp2_open,
	.close = libsrtp2_close,
	.protect = libsrtp2_protect,
	.protect_rtcp = libsrtp2_protect_rtcp,
	.unprotect = libsrtp2_unprotect,
	.unprotect_rtcp = libsrtp2_unprotect_rtcp,
	.begin = libsrtp2_begin,
	.roc = libsrtp2_roc,
};
