/* sdp.h - SDP as fields: read, judged for SRTP, written anew (RFC 8866, 4568)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/suite.h"
#include "rempart/base/text.h"
#include "rempart/base/verdict.h"

enum {
	SDP_MEDIA_MAX = 8,   /* audio, video, fax, text and their spares */
	SDP_CRYPTO_MAX = 16, /* a=crypto lines a media line; phones offer 2-8 */
	SDP_ATTRIBUTE_MAX = 256, /* a= lines in all */
};

/* What an administrator may set: which suites, best first. */
struct sdp_settings {
	enum suite suites[SUITE_COUNT];
	unsigned suite_count; /* >= 1 */
};

enum sdp_profile {
	SDP_RTP_AVP,
	SDP_RTP_AVPF,
	SDP_RTP_SAVP,
	SDP_RTP_SAVPF,
	SDP_DTLS,  /* UDP/TLS/RTP/SAVP, SAVPF */
	SDP_OTHER, /* udptl, TCP/..., anything else */
};

/* Why an a=crypto line was skipped. */
enum sdp_skip {
	SDP_USABLE,
	SDP_SKIP_SYNTAX,
	SDP_SKIP_SUITE, /* unknown, or not in media.suites */
	SDP_SKIP_KEY,	/* not base64, or not the suite's length */
	SDP_SKIP_MKI,
	SDP_SKIP_LIFETIME,  /* above 2^48 or not a number */
	SDP_SKIP_PARAMETER, /* an unknown or weakening session parameter */
	SDP_SKIP_REPEATED_TAG,
};

struct sdp_crypto {
	uint32_t tag; /* 1-999999999 */
	enum suite suite;
	enum sdp_skip skip;
	struct span line;     /* the value, key included: never logged */
	struct span name;     /* suite token as written */
	struct span key_salt; /* base64 as written */
};

struct sdp_attribute {
	struct span name;
	struct span value; /* empty for a property attribute */
};

struct sdp_media {
	struct span type; /* "audio" ... */
	uint16_t port;
	uint16_t port_count; /* 1 unless "/n" was given */
	enum sdp_profile profile;
	struct span profile_name;
	struct span formats;	/* the fmt list as written */
	struct span connection; /* c= value of this media, or empty */
	struct span bandwidth[4];
	unsigned bandwidth_count;
	size_t attribute_first, attribute_count;
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
	unsigned crypto_count;
	bool has_fingerprint;
	/* set by sdp_judge */
	bool refused; /* written with port 0 */
};

/* Spans point into the text given to sdp_parse. About 18 KiB: keep one. */
struct sdp {
	struct span origin, session_name, connection, timing;
	struct span bandwidth[4];
	unsigned bandwidth_count;
	size_t session_attribute_count; /* the first ones of attributes[] */
	struct sdp_attribute attributes[SDP_ATTRIBUTE_MAX];
	size_t attribute_count;
	struct sdp_media media[SDP_MEDIA_MAX];
	unsigned media_count;
	bool has_fingerprint; /* at session level */
};

/*
 * Strict RFC 8866: v=0, o=, s=, t= in order, lines end in CRLF or LF (peers
 * do; the last may lack its end, and empty lines may follow it), no NUL, bare
 * CR or other control byte. Unknown line types are ignored and not written.
 * Linear time. a=crypto lines are decoded against the settings. Returns PASS
 * or REJECT SDP_SYNTAX (400) with the line number in detail.
 */
struct verdict sdp_parse(struct sdp *out, struct span text,
			 const struct sdp_settings *settings);

enum sdp_role { SDP_OFFER, SDP_ANSWER };

/* What an offer had, to judge its answer by. */
struct sdp_offered {
	unsigned media_count;
	struct {
		unsigned count;
		struct {
			uint32_t tag;
			enum suite suite;
		} line[SDP_CRYPTO_MAX];
	} media[SDP_MEDIA_MAX];
};

/*
 * SRTP enforced (MED-1). An RTP media line with port != 0 is acceptable with
 * profile RTP/SAVP or RTP/SAVPF and at least one usable crypto line (an
 * answer: exactly one, whose tag and suite stand usable in `offered`, which
 * may be NULL when the offer is not known). At least one acceptable media
 * line: PASS, the others get `refused`. All ports 0 (a body that refuses
 * everything): PASS. Otherwise REJECT with
 *   PLAIN_RTP      RTP/AVP(F), no crypto
 *   DTLS_SRTP      DTLS profile, or a fingerprint without usable SDES
 *   SRTP_UNUSABLE  SAVP without a usable line: detail lists each crypto line
 *                  and why it was skipped, by tag and suite, never the key
 * (an answer: ANSWER_PLAIN with the same detail). Detail says what to
 * switch on at the phone. m= lines other than RTP (udptl, TCP) are refused.
 */
struct verdict sdp_judge(struct sdp *sdp, enum sdp_role role,
			 const struct sdp_offered *offered,
			 const struct sdp_settings *settings);

/* The usable lines of a judged offer. */
void sdp_remember(struct sdp_offered *out, const struct sdp *offer);

/* The suite of the first accepted media line: for the record. False: none. */
bool sdp_chosen_suite(const struct sdp *sdp, enum suite *out);

/*
 * Writes the body anew from its fields: origin, name, connection, timing,
 * bandwidth as they came; attributes by an allow-list (rtpmap, fmtp, ptime,
 * maxptime, sendrecv, sendonly, recvonly, inactive, rtcp, rtcp-mux, rtcp-fb,
 * mid, group, label, lang, framerate, imageattr, content, extmap, ssrc,
 * silenceSupp, direction-free T.38 ones); crypto only the usable lines, in the
 * order they came; a refused m= line keeps its place with port 0 and no
 * attributes. CRLF line ends. out->full when it did not fit.
 */
void sdp_write(struct text *out, const struct sdp *sdp);
