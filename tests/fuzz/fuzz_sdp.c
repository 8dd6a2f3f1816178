/* links: sdp */
/* fuzz_sdp.c - no body breaks the reader, and none gets out without SRTP */
#include <stdlib.h>
#include <string.h>

#include "rempart/sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sdp_settings settings = {
	.suites = {SUITE_AEAD_AES_256_GCM, SUITE_AES_256_CM_HMAC_SHA1_80,
		   SUITE_AEAD_AES_128_GCM, SUITE_AES_CM_128_HMAC_SHA1_80},
	.suite_count = 4,
};

static void require(bool held)
{
	if (!held)
		abort();
}

/* LF becomes CRLF, and an empty name a dash. */
static struct text written(const struct sdp *sdp, size_t size)
{
	const size_t cap = 2 * size + 64;
	struct text out = text_init(malloc(cap), cap);

	sdp_write(&out, sdp);
	require(!out.full);
	return out;
}

/* The detail stands in a Warning header, between quotes. */
static void is_quotable(const struct verdict *v)
{
	for (const char *p = v->detail; *p; p++)
		require(*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\');
}

static void no_key_is_told(const struct sdp *sdp, const struct verdict *v)
{
	is_quotable(v);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		for (unsigned k = 0; k < media->crypto_count; k++) {
			struct span key = media->crypto[k].key_salt;

			require(key.len < 37 ||
				!memmem(v->detail, strlen(v->detail), key.p,
					key.len));
		}
	}
}

static void only_srtp_is_open(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		if (!media->port)
			continue;
		require(media->profile == SDP_RTP_SAVP ||
			media->profile == SDP_RTP_SAVPF);
		require(media->crypto_count > 0);
		for (unsigned k = 0; k < media->crypto_count; k++)
			require(media->crypto[k].skip == SDP_USABLE);
	}
}

/* Written, read and written again: the same bytes. */
static void is_fixpoint(const struct sdp *sdp, size_t size, bool passed)
{
	struct sdp *again = malloc(sizeof(*again));
	struct text once = written(sdp, size);
	struct verdict v = sdp_parse(again, text_span(&once), &settings);

	require(verdict_passes(&v));
	struct text twice = written(again, once.len);

	require(span_eq(text_span(&once), text_span(&twice)));
	if (passed) {
		only_srtp_is_open(again);
		v = sdp_judge(again, SDP_OFFER, NULL, &settings);
		require(verdict_passes(&v));
	}
	free(once.p);
	free(twice.p);
	free(again);
}

static void judge(struct sdp *sdp, size_t size)
{
	struct sdp_offered offered;
	struct verdict v;

	is_fixpoint(sdp, size, false);
	v = sdp_judge(sdp, SDP_OFFER, NULL, &settings);
	no_key_is_told(sdp, &v);
	if (verdict_passes(&v))
		is_fixpoint(sdp, size, true);
	sdp_remember(&offered, sdp);
	v = sdp_judge(sdp, SDP_ANSWER, &offered, &settings);
	no_key_is_told(sdp, &v);
	if (verdict_passes(&v))
		is_fixpoint(sdp, size, true);
	v = sdp_judge(sdp, SDP_ANSWER, NULL, &settings);
	no_key_is_told(sdp, &v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdp *sdp = malloc(sizeof(*sdp));
	struct verdict v =
		sdp_parse(sdp, span_of((const char *)data, size), &settings);

	if (verdict_passes(&v))
		judge(sdp, size);
	else
		require(v.reason == REASON_SDP_SYNTAX && v.detail[0]);
	free(sdp);
	return 0;
}
