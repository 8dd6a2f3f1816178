/* reason.h - every reason that a decision can have, in one table */
#pragma once

#include <stdint.h>

/*
 * X(identifier, name, sip_code, text). The name is what stands in records,
 * metrics and the manual: an interface for customers, never renamed. The
 * code is what a refused peer gets (0: no SIP answer). The text is for people.
 */
#define REASON_TABLE(X)                                                        \
	/* allowed, informational */                                           \
	X(OK, "ok", 0, "allowed")                                              \
	X(CALL_ENDED, "call-ended", 0, "the call ended normally")              \
	X(CALL_CANCELLED, "call-cancelled", 0, "the caller gave up")           \
	X(CALL_FAILED, "call-failed", 0, "the far side refused the call")      \
	X(ENDED_BY_ADMIN, "ended-by-admin", 480,                               \
	  "the administrator ended the call")                                  \
	X(ENDED_BY_STOP, "ended-by-stop", 503, "the edge stops")               \
	X(KEEPALIVE, "keepalive", 0, "OPTIONS answered by the edge")           \
	X(STARTED, "started", 0, "the edge started")                           \
	X(STOPPED, "stopped", 0, "the edge stopped")                           \
	X(TRIAL, "trial", 0,                                                   \
	  "dial_mode = observe: denials are recorded, not applied")            \
	X(RELOADED, "reloaded", 0, "a new configuration is in force")          \
	X(RELOAD_REFUSED, "reload-refused", 0,                                 \
	  "the new configuration is refused, the old one stays")               \
	X(SUPPRESSED, "suppressed", 0, "repeated denials, counted")            \
	/* connection */                                                       \
	X(TLS_VERSION, "tls-version", 0,                                       \
	  "the phone offered no TLS version that is allowed")                  \
	X(TLS_CLEAR_TEXT, "clear-text", 0, "clear text on the TLS port")       \
	X(TLS_NO_SHARED, "tls-no-shared-algorithm", 0,                         \
	  "no cipher suite, group or signature in common")                     \
	X(TLS_ALERT, "tls-alert", 0, "the phone ended the handshake")          \
	X(TLS_FAILED, "tls-failed", 0, "the TLS handshake failed")             \
	X(TLS_TIMEOUT, "tls-timeout", 0, "no handshake within its time")       \
	X(TLS_CLOSED, "tls-closed", 0, "closed before the handshake ended")    \
	X(CONNECTIONS_SOURCE, "too-many-connections-source", 0,                \
	  "too many connections from this prefix")                             \
	X(CONNECTIONS_ALL, "too-many-connections", 0,                          \
	  "too many connections in all")                                       \
	X(LEGACY_SOURCE, "legacy-source", 0,                                   \
	  "this address may not use the legacy listener")                      \
	X(NO_REQUEST, "no-request", 0, "no valid request in time")             \
	X(IDLE, "idle", 0, "neither registered nor in a call, and idle")       \
	X(SEND_QUEUE, "send-queue-full", 0, "the phone does not read")         \
	/* framing and parsing */                                              \
	X(START_LINE, "malformed-start-line", 400, "Malformed start line")     \
	X(VERSION, "version-not-supported", 505, "Version Not Supported")      \
	X(HEADER_SYNTAX, "malformed-header", 400, "Malformed header")          \
	X(HEADER_MISSING, "missing-header", 400, "Missing header")             \
	X(HEADER_REPEATED, "repeated-header", 400, "Header given twice")       \
	X(FORBIDDEN_BYTES, "forbidden-bytes", 400,                             \
	  "NUL, bare CR or bare LF in the head")                               \
	X(CONTENT_LENGTH, "bad-content-length", 400, "Bad Content-Length")     \
	X(HEAD_TOO_LARGE, "head-too-large", 513, "Message Too Large")          \
	X(BODY_TOO_LARGE, "body-too-large", 413, "Request Entity Too Large")   \
	X(TOO_MANY_HEADERS, "too-many-headers", 400, "Too many headers")       \
	X(HEAD_INCOMPLETE, "head-incomplete", 0, "no complete head in time")   \
	X(BAD_URI, "malformed-uri", 400, "Malformed URI")                      \
	X(CSEQ, "bad-cseq", 400, "CSeq does not fit the request")              \
	X(SCHEME, "uri-scheme", 416, "Unsupported URI Scheme")                 \
	X(MAX_FORWARDS, "max-forwards", 483, "Too Many Hops")                  \
	X(LOOP, "loop", 482, "Loop Detected")                                  \
	X(PROXY_REQUIRE, "proxy-require", 420, "Bad Extension")                \
	X(STRAY_RESPONSE, "stray-response", 0,                                 \
	  "a response to nothing that was asked")                              \
	X(STRAY_ACK, "stray-ack", 0, "an ACK without its transaction")         \
	X(NOT_UPSTREAM, "not-upstream", 0,                                     \
	  "a datagram that is not from the configured upstream")               \
	/* routing and identity */                                             \
	X(REGISTER_FIRST, "register-first", 403, "Register first")             \
	X(FROM_USER, "from-not-registered", 403,                               \
	  "From is not the registered user")                                   \
	X(FOREIGN_ROUTE, "foreign-route", 403,                                 \
	  "Route names neither the edge nor its PBX")                          \
	X(FOREIGN_TARGET, "foreign-target", 403,                               \
	  "Request-URI names neither the edge nor its PBX")                    \
	X(FORGED_TOKEN, "forged-token", 403,                                   \
	  "a phone may not name a binding of ours")                            \
	X(DIALOG_UNKNOWN, "unknown-dialog", 481, "Dialog Does Not Exist")      \
	X(DIALOG_PROOF, "dialog-proof", 403,                                   \
	  "the Route carries no valid proof of this dialog")                   \
	X(DIALOG_END, "dialog-not-this-connection", 403,                       \
	  "the dialog belongs to another connection")                          \
	X(DIALOG_ROUTE, "dialog-route", 403,                                   \
	  "Route is not the route set of the dialog")                          \
	X(DIALOG_TARGET, "dialog-target", 403,                                 \
	  "Request-URI is not the remote target of the dialog")                \
	X(DIALOG_CSEQ, "dialog-cseq", 500, "CSeq goes back")                   \
	X(TRANSACTION_UNKNOWN, "unknown-transaction", 481,                     \
	  "Transaction Does Not Exist")                                        \
	X(SIPS, "sips-not-allowed", 480,                                       \
	  "sips: needs TLS on every hop and the PBX is reached without it")    \
	X(NO_FLOW, "no-connection", 480, "the phone is not connected")         \
	X(NOT_FOUND, "unknown-user", 404, "No such user here")                 \
	X(REGISTER_CONTACT, "bad-contact", 400, "Contact cannot be used")      \
	X(BINDINGS_FULL, "bindings-full", 503, "No room for one more device")  \
	X(CREDENTIALS, "bad-credentials", 401, "Wrong user name or password")  \
	X(REGISTRAR_REFUSED, "registrar-refused", 403,                         \
	  "the PBX refused the registration")                                  \
	X(CHALLENGED, "challenged", 401, "Credentials asked for")              \
	X(METHOD, "method-not-served", 405, "Method Not Allowed")              \
	/* media */                                                            \
	X(SDP_SYNTAX, "malformed-sdp", 400, "SDP cannot be read")              \
	X(BODY_TYPE, "body-type", 415,                                         \
	  "only a plain application/sdp body may carry an offer")              \
	X(PLAIN_RTP, "plain-rtp", 488, "Plain RTP: switch on SRTP")            \
	X(SRTP_UNUSABLE, "srtp-unusable", 488, "No usable a=crypto line")      \
	X(DTLS_SRTP, "dtls-srtp", 488,                                         \
	  "DTLS-SRTP is not served: switch on SDES")                           \
	X(ANSWER_PLAIN, "answer-without-srtp", 488,                            \
	  "the answer carries no acceptable SRTP")                             \
	X(UPSTREAM_MEDIA, "upstream-media", 488,                               \
	  "the PBX's media is not what upstream.srtp says")                    \
	X(MEDIA_NONE, "no-media", 488, "the offer has no media line")          \
	X(MEDIA_ADDRESS, "media-address", 488,                                 \
	  "the SDP names an address that media cannot be sent to")             \
	X(MEDIA_DIRECT, "direct-media-single-port", 488,                       \
	  "direct media needs media.upstream.ports")                           \
	X(MEDIA_PORTS, "media-ports-exhausted", 503, "no media port is free")  \
	X(MEDIA_NOT_AUTHENTIC, "media-not-authentic", 0,                       \
	  "packets come, but the agreed key authenticates none")               \
	X(MEDIA_OTHER_SOURCE, "media-other-address", 0,                        \
	  "packets come only from an address that was not signalled")          \
	X(MEDIA_EXHAUSTED, "media-key-exhausted", 0,                           \
	  "the key's lifetime or streams are used up")                         \
	X(MEDIA_TIMEOUT, "media-timeout", 480, "no media from either side")    \
	/* dialling */                                                         \
	X(NUMBER_UNREADABLE, "number-unreadable", 403,                         \
	  "the number cannot be understood")                                   \
	X(DIAL_DENIED, "dial-denied", 403, "a dial rule denies this number")   \
	X(DIAL_NO_RULE, "dial-no-rule", 403,                                   \
	  "no dial rule allows this number")                                   \
	X(DIAL_FEATURE, "feature-not-listed", 403,                             \
	  "this feature code is not in numbering.features")                    \
	X(EMERGENCY, "emergency", 0, "an emergency call, never refused")       \
	X(EMERGENCY_POOL, "emergency-pool-full", 480,                          \
	  "too many emergency calls at once")                                  \
	/* limits */                                                           \
	X(LIMIT_MESSAGES, "limit-messages", 503,                               \
	  "too many messages on this connection")                              \
	X(LIMIT_REGISTER, "limit-register", 503, "too many registrations")     \
	X(LIMIT_CALLS, "limit-calls", 480, "too many new calls of this user")  \
	X(LIMIT_NEW_WORK, "limit-new-work", 503, "too much new work in all")   \
	/* upstream, capacity */                                               \
	X(UPSTREAM_TIMEOUT, "upstream-timeout", 408, "No answer from the PBX") \
	X(PHONE_TIMEOUT, "phone-timeout", 408, "No answer from the phone")     \
	X(UPSTREAM_SEND, "upstream-unreachable", 503,                          \
	  "the PBX cannot be reached")                                         \
	X(RING_TIMEOUT, "timer-c", 408, "Nobody answered in time")             \
	X(LOG_FULL, "log-queue-full", 503,                                     \
	  "the decision log does not keep up")                                 \
	X(TRANSACTIONS_FULL, "transactions-full", 503, "Too many requests")    \
	X(DIALOGS_FULL, "dialogs-full", 503, "Too many calls")                 \
	X(MESSAGE_TOO_LARGE, "forward-too-large", 513, "Message Too Large")    \
	X(INTERNAL, "internal", 500, "Server Internal Error")

enum reason {
#define X(id, name, code, text) REASON_##id,
	REASON_TABLE(X)
#undef X
		REASON_COUNT
};

/* The table's columns; reason < REASON_COUNT. Static strings. */
const char *reason_name(enum reason reason);
const char *reason_text(enum reason reason);
uint16_t reason_code(enum reason reason);
