/* message.h - one SIP message as fields */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/verdict.h"
#include "rempart/sip/uri.h"

enum { SIP_HEADERS_MAX = 128 };

/* clang-format off */
#define SIP_METHOD_TABLE(X)                                                    \
	X(INVITE)                                                              \
	X(ACK) X(BYE) X(CANCEL) X(REGISTER) X(OPTIONS) X(PRACK) X(UPDATE)      \
		X(INFO) X(SUBSCRIBE) X(NOTIFY) X(REFER) X(MESSAGE) X(PUBLISH)
/* clang-format on */

enum sip_method {
	SIP_METHOD_OTHER, /* a token that we do not know: method_name */
#define X(id) SIP_METHOD_##id,
	SIP_METHOD_TABLE(X)
#undef X
		SIP_METHOD_COUNT,
};

/* X(identifier, name as we write it, compact form or 0, single) - single:
 * may stand once only (RFC 3261 7.3.1, 20). */
#define SIP_HEADER_TABLE(X)                                                    \
	X(VIA, "Via", 'v', 0)                                                  \
	X(FROM, "From", 'f', 1)                                                \
	X(TO, "To", 't', 1)                                                    \
	X(CALL_ID, "Call-ID", 'i', 1)                                          \
	X(CSEQ, "CSeq", 0, 1)                                                  \
	X(MAX_FORWARDS, "Max-Forwards", 0, 1)                                  \
	X(CONTACT, "Contact", 'm', 0)                                          \
	X(ROUTE, "Route", 0, 0)                                                \
	X(RECORD_ROUTE, "Record-Route", 0, 0)                                  \
	X(CONTENT_LENGTH, "Content-Length", 'l', 1)                            \
	X(CONTENT_TYPE, "Content-Type", 'c', 1)                                \
	X(CONTENT_ENCODING, "Content-Encoding", 'e', 0)                        \
	X(CONTENT_DISPOSITION, "Content-Disposition", 0, 1)                    \
	X(CONTENT_LANGUAGE, "Content-Language", 0, 0)                          \
	X(MIME_VERSION, "MIME-Version", 0, 1)                                  \
	X(ACCEPT, "Accept", 0, 0)                                              \
	X(ACCEPT_ENCODING, "Accept-Encoding", 0, 0)                            \
	X(ACCEPT_LANGUAGE, "Accept-Language", 0, 0)                            \
	X(ACCEPT_CONTACT, "Accept-Contact", 'a', 0)                            \
	X(REJECT_CONTACT, "Reject-Contact", 'j', 0)                            \
	X(REQUEST_DISPOSITION, "Request-Disposition", 'd', 0)                  \
	X(ALERT_INFO, "Alert-Info", 0, 0)                                      \
	X(ALLOW, "Allow", 0, 0)                                                \
	X(ALLOW_EVENTS, "Allow-Events", 'u', 0)                                \
	X(AUTHORIZATION, "Authorization", 0, 0)                                \
	X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0, 0)                    \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 0, 0)                          \
	X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0, 0)                      \
	X(AUTHENTICATION_INFO, "Authentication-Info", 0, 0)                    \
	X(CALL_INFO, "Call-Info", 0, 0)                                        \
	X(DATE, "Date", 0, 1)                                                  \
	X(DIVERSION, "Diversion", 0, 0)                                        \
	X(ERROR_INFO, "Error-Info", 0, 0)                                      \
	X(EVENT, "Event", 'o', 1)                                              \
	X(EXPIRES, "Expires", 0, 1)                                            \
	X(FLOW_TIMER, "Flow-Timer", 0, 1)                                      \
	X(GEOLOCATION, "Geolocation", 0, 0)                                    \
	X(HISTORY_INFO, "History-Info", 0, 0)                                  \
	X(IDENTITY, "Identity", 'y', 0)                                        \
	X(INFO_PACKAGE, "Info-Package", 0, 1)                                  \
	X(IN_REPLY_TO, "In-Reply-To", 0, 0)                                    \
	X(JOIN, "Join", 0, 1)                                                  \
	X(MIN_EXPIRES, "Min-Expires", 0, 1)                                    \
	X(MIN_SE, "Min-SE", 0, 1)                                              \
	X(ORGANIZATION, "Organization", 0, 1)                                  \
	X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0, 0)                    \
	X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 0, 0)                  \
	X(PATH, "Path", 0, 0)                                                  \
	X(PRIORITY, "Priority", 0, 1)                                          \
	X(PRIVACY, "Privacy", 0, 0)                                            \
	X(PROXY_REQUIRE, "Proxy-Require", 0, 0)                                \
	X(RACK, "RAck", 0, 1)                                                  \
	X(REASON, "Reason", 0, 0)                                              \
	X(RECV_INFO, "Recv-Info", 0, 0)                                        \
	X(REFER_SUB, "Refer-Sub", 0, 1)                                        \
	X(REFER_TO, "Refer-To", 'r', 1)                                        \
	X(REFERRED_BY, "Referred-By", 'b', 1)                                  \
	X(REMOTE_PARTY_ID, "Remote-Party-ID", 0, 0)                            \
	X(REPLACES, "Replaces", 0, 1)                                          \
	X(REPLY_TO, "Reply-To", 0, 1)                                          \
	X(REQUIRE, "Require", 0, 0)                                            \
	X(RETRY_AFTER, "Retry-After", 0, 1)                                    \
	X(RSEQ, "RSeq", 0, 1)                                                  \
	X(SERVER, "Server", 0, 1)                                              \
	X(SERVICE_ROUTE, "Service-Route", 0, 0)                                \
	X(SESSION_EXPIRES, "Session-Expires", 'x', 1)                          \
	X(SIP_ETAG, "SIP-ETag", 0, 1)                                          \
	X(SIP_IF_MATCH, "SIP-If-Match", 0, 1)                                  \
	X(SUBJECT, "Subject", 's', 1)                                          \
	X(SUBSCRIPTION_STATE, "Subscription-State", 0, 1)                      \
	X(SUPPORTED, "Supported", 'k', 0)                                      \
	X(TARGET_DIALOG, "Target-Dialog", 0, 1)                                \
	X(TIMESTAMP, "Timestamp", 0, 1)                                        \
	X(UNSUPPORTED, "Unsupported", 0, 0)                                    \
	X(USER_AGENT, "User-Agent", 0, 1)                                      \
	X(WARNING, "Warning", 0, 0)

enum sip_header {
	SIP_HEADER_OTHER,
#define X(id, name, compact, single) SIP_HEADER_##id,
	SIP_HEADER_TABLE(X)
#undef X
		SIP_HEADER_COUNT
};

/* The name as we write it; "" for OTHER. */
const char *sip_header_name(enum sip_header id);
/* By full or compact name, without case, compared whole. */
enum sip_header sip_header_find(struct span name);
enum sip_method sip_method_find(struct span name); /* case-sensitive */
const char *sip_method_text(enum sip_method method);

struct sip_line {
	enum sip_header id;
	struct span name;  /* as received, without spaces around it */
	struct span value; /* trimmed; folds are spaces */
};

/*
 * Spans point into the buffer given to sip_message_parse, which must stay.
 * About 6 KiB: keep one, do not copy it.
 */
struct sip_message {
	bool is_request;
	enum sip_method method; /* of a response: the method in its CSeq */
	struct span method_name;
	struct span ruri_text;
	struct sip_uri ruri;
	uint16_t code;	    /* 100-699; 0 for a request */
	struct span phrase; /* reason phrase */

	struct sip_line lines[SIP_HEADERS_MAX];
	size_t line_count;
	int16_t first[SIP_HEADER_COUNT]; /* index of the first, or -1 */
	struct span body;

	/* decoded once, for everybody */
	struct sip_hop via; /* topmost */
	struct sip_address from;
	struct sip_address to;
	struct span from_tag;
	struct span to_tag; /* empty when none */
	struct span call_id;
	uint32_t cseq;
	uint32_t max_forwards; /* 70 when the header is missing */
};

/*
 * head[0..head_len) is a complete head with its empty line, followed by
 * body_len bytes of body. Folds are replaced in place by spaces; nothing
 * else is changed. Linear time, no allocation.
 *
 * Judges as well: a request must have Via, From with tag (RFC 2543 peers
 * without tag are refused), To, Call-ID, CSeq whose method is the request's,
 * at most one of each single-value header, sip/sips/tel Request-URI, version
 * SIP/2.0; a response the same without the Request-URI. On refusal *msg
 * still holds whatever was understood before the fault, so that an answer
 * can be built when via, from, to, call_id and cseq are there
 * (sip_message_answerable).
 */
struct verdict sip_message_parse(struct sip_message *msg, char *head,
				 size_t head_len, size_t body_len);

/* True when a request has enough for an answer: Via, From, To, Call-ID, CSeq
 * lines stand in it. */
bool sip_message_answerable(const struct sip_message *msg);

/* The first value of a header, or the empty span. */
struct span sip_message_value(const struct sip_message *msg,
			      enum sip_header id);
bool sip_message_has(const struct sip_message *msg, enum sip_header id);

/*
 * Walks all comma-separated values of a header over all its lines in order
 * (Via, Route, Record-Route, Contact, Supported ...). {0} at the start.
 */
struct sip_values {
	size_t line;
	struct span rest;
	bool inside;
};
bool sip_values_next(const struct sip_message *msg, enum sip_header id,
		     struct sip_values *walk, struct span *value);

/* True when a comma list such as Supported, Require or Allow holds the token
 * (without case). */
bool sip_message_lists(const struct sip_message *msg, enum sip_header id,
		       struct span token);

/* True when Content-Type is type/subtype (without case, parameters and
 * spaces aside). False when there is no Content-Type. */
bool sip_message_body_is(const struct sip_message *msg, struct span type,
			 struct span subtype);
