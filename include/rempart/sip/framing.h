/* framing.h - cuts SIP messages out of a stream (RFC 3261 18.3, RFC 5626 3.5.1)
 */
#pragma once

#include <stddef.h>

#include "rempart/base/span.h"
#include "rempart/base/verdict.h"

enum {
	SIP_HEAD_MAX = 16384, /* start line and headers with the empty line */
	SIP_BODY_MAX = 16384, /* an SDP of ten media lines is under 8 KiB */
};

enum framer_status {
	FRAMER_MORE,	/* keep the bytes, read more */
	FRAMER_PING,	/* CRLF CRLF: answer CRLF */
	FRAMER_SKIP,	/* a lone CRLF before a message: consume it */
	FRAMER_MESSAGE, /* head and body are complete */
	FRAMER_BAD,	/* verdict says why; nothing after it can be trusted */
};

struct framer_result {
	enum framer_status status;
	size_t consume;		/* bytes to take off the stream, for PING, SKIP,
				 * MESSAGE */
	size_t head_len;	/* MESSAGE: with the empty line */
	size_t body_len;	/* MESSAGE: exactly Content-Length */
	struct verdict verdict; /* BAD */
};

/* What was already looked at, so that a sender of single bytes costs linear
 * time. {0} at the start of each message. */
struct framer {
	size_t scanned;
	size_t head_len; /* 0 until the head is complete */
	size_t body_len;
};

/*
 * Looks at the bytes received so far of one stream. Line ends are CRLF: a
 * bare CR or LF and a NUL in the head are FORBIDDEN_BYTES. Content-Length
 * (or "l") must stand exactly once, digits only, <= SIP_BODY_MAX: else
 * CONTENT_LENGTH or BODY_TOO_LARGE. A head above SIP_HEAD_MAX without an end
 * is HEAD_TOO_LARGE. A first byte that cannot start a message is START_LINE.
 * After PING, SKIP and MESSAGE the framer is {0} again.
 */
struct framer_result framer_next(struct framer *framer, struct span bytes);

/*
 * One datagram holds one message (RFC 3261 18.3): without Content-Length the
 * body is the rest; with it, extra bytes are ignored and a shorter body is
 * CONTENT_LENGTH. Keep-alives give PING. Never MORE.
 */
struct framer_result framer_datagram(struct span bytes);
