/* links: sdp */
/* fuzz_sdp.c - no body breaks the reader, none gets out without SRTP, and what
 * is shown to the other side says the same of the media */
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

enum shown_how { SHOWN_MIXED, SHOWN_SRTP };

/* Each line open, all or every other one secure with every suite, an alias
 * among them. */
static struct sdp_shown fixed(const struct sdp *sdp, enum shown_how how)
{
	const struct addr ours = {.ip = {203, 0, 113, 1}, .version = 4};
	struct sdp_shown shown = {
		.id = 1,
		.version = 2,
		.origin = ours,
		.line_count = sdp->media_count,
	};

	for (unsigned i = 0; i < sdp->media_count; i++) {
		struct sdp_shown_line *line = &shown.line[i];

		line->open = true;
		line->rtp = ours;
		line->rtp.ip[3] = (uint8_t)(1 + i / 2);
		line->rtp.port = (uint16_t)(40000 + 2 * i);
		line->rtcp = line->rtp;
		line->rtcp.port = (uint16_t)(line->rtp.port + 1 + i % 3);
		line->rtcp_mux = i & 4;
		line->secure = how == SHOWN_SRTP || i % 2 == 0;
		line->crypto_count = SUITE_COUNT;
		for (unsigned k = 0; k < SUITE_COUNT; k++) {
			line->crypto[k].tag = k + 1;
			line->crypto[k].suite = (enum suite)k;
			line->crypto[k].key_salt[0] = (uint8_t)i;
		}
		line->crypto[SUITE_AES_256_CM_HMAC_SHA1_80].name =
			SPAN("AES_CM_256_HMAC_SHA1_80");
	}
	return shown;
}

static void is_our_key(const struct sdp_crypto *line, unsigned index)
{
	uint8_t key[SDP_KEY_SALT_MAX];

	if (line->skip == SDP_SKIP_SUITE) /* not in the settings */
		return;
	require(!sdp_crypto_key(line, key));
	require(key[0] == index && !key[1]);
	require(!line->mki_len && !line->lifetime);
}

static void is_same_line(const struct sdp *was, const struct sdp *is,
			 const struct sdp_shown *shown, unsigned index)
{
	const struct sdp_media *a = &was->media[index];
	const struct sdp_media *b = &is->media[index];
	const struct sdp_shown_line *line = &shown->line[index];
	const bool open = !a->refused && a->profile != SDP_DTLS &&
			  a->profile != SDP_OTHER;
	struct addr rtp, rtcp;

	require(span_eq(a->type, b->type));
	require(span_eq(a->formats, b->formats));
	require(b->port == (open ? line->rtp.port : 0));
	require(b->crypto_count ==
		(open && line->secure ? line->crypto_count : 0));
	for (unsigned i = 0; i < b->crypto_count; i++)
		is_our_key(&b->crypto[i], index);
	if (!open)
		return;
	require(a->direction == b->direction);
	require(a->clock_hz == b->clock_hz);
	require(a->bandwidth_count == b->bandwidth_count);
	require(b->rtcp_mux == line->rtcp_mux);
	require(!sdp_media_address(is, index, &rtp, &rtcp));
	require(addr_eq(&rtp, &line->rtp));
	require(addr_eq(&rtcp, line->rtcp_mux ? &line->rtp : &line->rtcp));
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
	}
}

/* Lines end in CRLF, and there is room for the lines that are ours. */
static struct text shown_text(const struct sdp *sdp,
			      const struct sdp_shown *shown, size_t size)
{
	const size_t cap = 2 * size + 1024 * (1 + sdp->media_count);
	struct text out = text_init(malloc(cap), cap);

	sdp_show(&out, sdp, shown);
	require(!out.full);
	return out;
}

/* Shown, read and shown again: the same lines, and the same bytes. */
static void is_read_again(const struct sdp *sdp, struct sdp *again,
			  const struct sdp_shown *shown, struct span once)
{
	struct text twice;

	require(again->media_count == sdp->media_count);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		is_same_line(sdp, again, shown, i);
		again->media[i].refused = sdp->media[i].refused;
	}
	twice = shown_text(again, shown, once.len);
	require(span_eq(once, text_span(&twice)));
	free(twice.p);
}

static void shows(const struct sdp *sdp, size_t size, enum shown_how how)
{
	const struct sdp_shown shown = fixed(sdp, how);
	struct text once = shown_text(sdp, &shown, size);
	struct sdp *again = malloc(sizeof(*again));
	struct verdict v = sdp_parse(again, text_span(&once), &settings);
	const bool was_read = verdict_passes(&v);

	/* two attributes a line are ours and may be above the ceiling */
	if (sdp->attribute_count + 2 * SDP_MEDIA_MAX <= SDP_ATTRIBUTE_MAX)
		require(was_read);
	if (was_read)
		is_read_again(sdp, again, &shown, text_span(&once));
	if (was_read && how == SHOWN_SRTP) {
		only_srtp_is_open(again);
		v = sdp_judge(again, SDP_OFFER, NULL, &settings);
		require(verdict_passes(&v));
	}
	free(again);
	free(once.p);
}

/* Where it may be sent, and the keys: what is usable can be read. */
static void reads(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];
		struct addr rtp = {0};
		struct addr rtcp = {0};
		int err = sdp_media_address(sdp, i, &rtp, &rtcp);

		require(err || (rtp.version && rtcp.version));
		require(err || (rtp.port == media->port && rtcp.port));
		for (unsigned k = 0; k < media->crypto_count; k++) {
			uint8_t key[SDP_KEY_SALT_MAX];

			err = sdp_crypto_key(&media->crypto[k], key);
			require(!err == (media->crypto[k].skip == SDP_USABLE));
		}
	}
}

/* An offer that the body itself may be the answer to. */
static struct sdp_offered offer_of(const struct sdp *sdp)
{
	struct sdp_offered offered = {.media_count = sdp->media_count};

	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		offered.media[i].count = media->crypto_count;
		for (unsigned k = 0; k < media->crypto_count; k++) {
			offered.media[i].line[k].tag = media->crypto[k].tag;
			offered.media[i].line[k].suite = media->crypto[k].suite;
		}
	}
	return offered;
}

static void judge_as(struct sdp *sdp, size_t size, enum sdp_role role,
		     const struct sdp_offered *offered)
{
	struct verdict v = sdp_judge(sdp, role, offered, &settings);

	no_key_is_told(sdp, &v);
	shows(sdp, size, SHOWN_MIXED);
	if (verdict_passes(&v))
		shows(sdp, size, SHOWN_SRTP);
}

static void judge(struct sdp *sdp, size_t size)
{
	const struct sdp_offered offered = offer_of(sdp);
	struct verdict v;

	reads(sdp);
	shows(sdp, size, SHOWN_MIXED);
	v = sdp_judge_clear(sdp, SDP_OFFER);
	no_key_is_told(sdp, &v);
	shows(sdp, size, SHOWN_MIXED);
	judge_as(sdp, size, SDP_OFFER, NULL);
	judge_as(sdp, size, SDP_ANSWER, &offered);
	judge_as(sdp, size, SDP_ANSWER, NULL);
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
