/* judge.c - SRTP or nothing: which media lines are accepted, and why not */
#include "judge.h"

#include <assert.h>

static const struct sdp_crypto *first_usable(const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->crypto_count; i++) {
		if (media->crypto[i].skip == SDP_USABLE)
			return &media->crypto[i];
	}
	return NULL;
}

static bool was_offered(const struct sdp_offered *offered, unsigned index,
			const struct sdp_crypto *line)
{
	if (index >= offered->media_count)
		return false;
	for (unsigned i = 0; i < offered->media[index].count; i++) {
		if (offered->media[index].line[i].tag == line->tag &&
		    offered->media[index].line[i].suite == line->suite)
			return true;
	}
	return false;
}

/* The answerer takes one offered line, and says which (RFC 4568 5.1.2). */
static bool answers(const struct sdp_media *media, unsigned index,
		    const struct sdp_offered *offered)
{
	const struct sdp_crypto *line = first_usable(media);

	if (!line || media->crypto_count != 1)
		return false;
	return !offered || was_offered(offered, index, line);
}

static enum sdp_finding find_insecure(const struct sdp *sdp,
				      const struct sdp_media *media)
{
	if (media->has_fingerprint || sdp->has_fingerprint)
		return SDP_FOUND_DTLS;
	return media->crypto_count ? SDP_FOUND_OPPORTUNISTIC : SDP_FOUND_PLAIN;
}

static enum sdp_finding find_secure(const struct sdp *sdp,
				    const struct sdp_media *media)
{
	if (first_usable(media))
		return SDP_FOUND_GOOD;
	if (media->has_fingerprint || sdp->has_fingerprint)
		return SDP_FOUND_DTLS;
	return SDP_FOUND_UNUSABLE;
}

static enum sdp_finding find_out(const struct sdp *sdp,
				 const struct sdp_media *media)
{
	if (!media->port)
		return SDP_FOUND_CLOSED;
	switch (media->profile) {
	case SDP_RTP_AVP:
	case SDP_RTP_AVPF:
		return find_insecure(sdp, media);
	case SDP_RTP_SAVP:
	case SDP_RTP_SAVPF:
		return find_secure(sdp, media);
	case SDP_DTLS:
		return SDP_FOUND_DTLS;
	case SDP_OTHER:
		break;
	}
	return SDP_FOUND_OTHER;
}

static enum reason reason_of(enum sdp_finding best, enum sdp_role role)
{
	if (role == SDP_ANSWER)
		return REASON_ANSWER_PLAIN;
	if (best == SDP_FOUND_UNUSABLE)
		return REASON_SRTP_UNUSABLE;
	return best == SDP_FOUND_DTLS ? REASON_DTLS_SRTP : REASON_PLAIN_RTP;
}

struct verdict sdp_judge(struct sdp *sdp, enum sdp_role role,
			 const struct sdp_offered *offered,
			 const struct sdp_settings *settings)
{
	enum sdp_finding found[SDP_MEDIA_MAX] = {SDP_FOUND_CLOSED};
	enum sdp_finding best = SDP_FOUND_CLOSED;
	char detail[VERDICT_DETAIL_MAX];

	assert(sdp->media_count <= SDP_MEDIA_MAX);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		struct sdp_media *media = &sdp->media[i];

		found[i] = find_out(sdp, media);
		if (found[i] == SDP_FOUND_GOOD && role == SDP_ANSWER &&
		    !answers(media, i, offered))
			found[i] = SDP_FOUND_UNUSABLE;
		/* Port 0 too: an a=bundle-only line has it and carries media
		 * (RFC 8843 6). */
		media->refused = found[i] != SDP_FOUND_GOOD;
		if (found[i] > best)
			best = found[i];
	}
	if (best == SDP_FOUND_GOOD || best == SDP_FOUND_CLOSED)
		return verdict_pass();
	sdp_explain(detail, sdp, found, best, settings);
	return verdict_reject(reason_of(best, role), detail);
}

/* In clear: a line is taken by its profile alone. */
static enum sdp_finding find_clear(const struct sdp_media *media)
{
	if (!media->port)
		return SDP_FOUND_CLOSED;
	switch (media->profile) {
	case SDP_RTP_AVP:
	case SDP_RTP_AVPF:
		return SDP_FOUND_GOOD;
	case SDP_RTP_SAVP:
	case SDP_RTP_SAVPF:
		return SDP_FOUND_UNUSABLE;
	case SDP_DTLS:
		return SDP_FOUND_DTLS;
	case SDP_OTHER:
		break;
	}
	return SDP_FOUND_OTHER;
}

struct verdict sdp_judge_clear(struct sdp *sdp, enum sdp_role role)
{
	enum sdp_finding best = SDP_FOUND_CLOSED;
	const struct sdp_media *shown = NULL;
	char detail[VERDICT_DETAIL_MAX];

	assert(sdp->media_count <= SDP_MEDIA_MAX);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		struct sdp_media *media = &sdp->media[i];
		const enum sdp_finding found = find_clear(media);

		media->refused = found != SDP_FOUND_GOOD;
		if (found > best) {
			best = found;
			shown = media;
		}
	}
	if (best == SDP_FOUND_GOOD || best == SDP_FOUND_CLOSED)
		return verdict_pass();
	sdp_explain_clear(detail, shown, best, role);
	return verdict_reject(REASON_UPSTREAM_MEDIA, detail);
}
