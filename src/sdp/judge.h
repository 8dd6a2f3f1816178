/* judge.h - what a media line turned out to be, from worst to best */
#pragma once

#include "rempart/sdp/sdp.h"

/* The best line of a refused body is the one that its reason speaks of. */
enum sdp_finding {
	SDP_FOUND_CLOSED,	 /* port 0 */
	SDP_FOUND_OTHER,	 /* not RTP */
	SDP_FOUND_PLAIN,	 /* RTP/AVP(F) */
	SDP_FOUND_OPPORTUNISTIC, /* the same with a=crypto, RFC 8643 */
	SDP_FOUND_DTLS,
	SDP_FOUND_UNUSABLE, /* RTP/SAVP(F) without a line that can be used */
	SDP_FOUND_GOOD,
};

/*
 * Says in one sentence what is wrong with the media lines of this finding and
 * what to switch on at the phone. Never holds a key. dst ends with NUL.
 */
void sdp_explain(char dst[static VERDICT_DETAIL_MAX], const struct sdp *sdp,
		 const enum sdp_finding found[static SDP_MEDIA_MAX],
		 enum sdp_finding finding, const struct sdp_settings *settings);

/* The same for a side in clear, of its best line. */
void sdp_explain_clear(char dst[static VERDICT_DETAIL_MAX],
		       const struct sdp_media *media, enum sdp_finding finding,
		       enum sdp_role role);
