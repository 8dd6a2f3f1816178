/* sdp.h - SDP as fields: read, judged for SRTP, written anew (RFC 8866, 4568)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/suite.h"
#include "rempart/base/text.h"
#include "rempart/base/verdict.h"

enum {
	SDP_MEDIA_MAX = 8,   /* audio, video, fax, text and their spares */
	SDP_CRYPTO_MAX = 16, /* a=crypto lines a media line; phones offer 2-8 */
	SDP_ATTRIBUTE_MAX = 256, /* a= lines in all */
	SDP_KEY_SALT_MAX = 46,	 /* bytes: the longest suite's */
	SDP_MKI_MAX = 4,
	/* A key that may protect fewer packets (2^20: 5 hours of audio) would
	 * end a call that goes on: its line is skipped. */
	SDP_LIFETIME_POWER_MIN = 20,
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
	SDP_SKIP_SUITE,	    /* unknown, or not in media.suites */
	SDP_SKIP_KEY,	    /* not base64, or not the suite's length */
	SDP_SKIP_MKI,	    /* longer than SDP_MKI_MAX, or several keys */
	SDP_SKIP_LIFETIME,  /* below 2^20, above 2^48 or not a number */
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
	uint8_t mki[SDP_MKI_MAX];
	uint8_t mki_len;   /* 0: none */
	uint64_t lifetime; /* packets; 0: none was given */
};

/* The bytes of a usable line's key and salt. 0 or EINVAL. */
MUST_CHECK
int sdp_crypto_key(const struct sdp_crypto *line,
		   uint8_t out[static SDP_KEY_SALT_MAX]);

enum sdp_direction {
	SDP_SENDRECV,
	SDP_SENDONLY,
	SDP_RECVONLY,
	SDP_INACTIVE,
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
	enum sdp_direction direction; /* its own, or the session's */
	bool rtcp_mux;
	uint16_t rtcp_port;	     /* a=rtcp (RFC 3605), or 0 */
	struct span rtcp_connection; /* its address as a c= value, or empty */
	uint32_t clock_hz; /* of the first format: its rtpmap, else 8000 */
	/* set by sdp_judge, sdp_judge_clear */
	bool refused; /* shown with port 0 */
};

/* Spans point into the text given to sdp_parse. About 20 KiB: keep one. */
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

/*
 * The same for a side that speaks RTP in clear: RTP/AVP(F) lines with a port
 * are acceptable (also with a=crypto: RFC 8643 opportunistic offers are taken
 * as what they are, clear), all others get `refused`. None acceptable though
 * one had a port: REJECT UPSTREAM_MEDIA; detail says what the other side sent
 * (RTP/SAVP, UDP/TLS/RTP/SAVPF, udptl) and which setting speaks of it
 * (upstream.srtp).
 */
struct verdict sdp_judge_clear(struct sdp *sdp, enum sdp_role role);

/*
 * Where the media of an open line is to be sent: its c= or the session's and
 * its port; RTCP with rtcp_mux to the same, else by a=rtcp, else to the next
 * port. Addresses alone: a host name in c= (a=rtcp) gives EADDRNOTAVAIL and
 * *rtp (*rtcp) with version 0 and the port. 0.0.0.0 and :: stay as they are.
 * EINVAL: no address, no port, none for RTCP, or a TTL or count that makes it
 * multicast syntax ("/"); nothing is written then.
 */
MUST_CHECK
int sdp_media_address(const struct sdp *sdp, unsigned line, struct addr *rtp,
		      struct addr *rtcp);

/* One of our a=crypto lines. Secret. */
struct sdp_shown_crypto {
	uint32_t tag;
	enum suite suite;
	struct span name; /* empty: the suite's own; the alias it was offered
			   * under otherwise */
	uint8_t key_salt[SDP_KEY_SALT_MAX];
};

/* How we show one media line to the other side. */
struct sdp_shown_line {
	bool open; /* false: port 0 */
	struct addr rtp, rtcp;
	bool rtcp_mux;
	bool secure; /* RTP/SAVP(F) with crypto, else RTP/AVP(F) */
	unsigned crypto_count;
	struct sdp_shown_crypto crypto[SUITE_COUNT];
};

struct sdp_shown {
	uint64_t id, version; /* of o= (RFC 8866 5.2); the user is "-" */
	struct addr origin;   /* address of o=, and of c= where no line is open
			       */
	unsigned line_count;  /* as many as the body has */
	struct sdp_shown_line line[SDP_MEDIA_MAX];
};

/*
 * Writes the body anew for the other side: origin, connection, ports, profile
 * (F stays F), crypto, rtcp and rtcp-mux are those of `shown`; s=- ; timing,
 * bandwidth and the formats as they came; attributes by an allow-list of
 * names: rtpmap, fmtp, ptime, maxptime, sendrecv, sendonly, recvonly, inactive,
 * rtcp-fb, label, lang, framerate, imageattr, content, silenceSupp. What names
 * an address, a port, a key, an SSRC, a bundle or a header extension of the
 * other side is not on it. a=rtcp is written where rtcp is not the next port.
 * A refused or closed line keeps its place, type and formats, with port 0.
 * CRLF line ends. out->full when it did not fit.
 */
void sdp_show(struct text *out, const struct sdp *sdp,
	      const struct sdp_shown *shown);
