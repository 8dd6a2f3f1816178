/* sample.h - takes a message the way that the core does, for the tests */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>

#include "rempart/sip/framing.h"
#include "rempart/sip/message.h"
#include "rempart/sip/sanity.h"

/* What the last judge() read, and the buffer that it points into: of the
 * exact size, so that the sanitizer sees a byte read too far. */
static struct sip_message seen;
static char *seen_buf;
static struct verdict seen_verdict;

static inline void sample_drop(void)
{
	free(seen_buf);
	seen_buf = NULL;
}

static inline char *sample_copy(const char *text, size_t len)
{
	sample_drop();
	seen_buf = malloc(len ? len : 1);
	cr_assert_not_null(seen_buf);
	memcpy(seen_buf, text, len);
	return seen_buf;
}

/* Parses only: the head is all up to the empty line. */
static inline enum reason parse(const char *text, size_t len)
{
	char *buf = sample_copy(text, len);
	const char *end = memmem(buf, len, "\r\n\r\n", 4);
	size_t head_len = end ? (size_t)(end - buf) + 4 : len;

	seen_verdict = sip_message_parse(&seen, buf, head_len, len - head_len);
	return seen_verdict.reason;
}

/* Framing as one datagram, parsing, sanity: the first refusal. */
static inline enum reason judge(const char *text, size_t len)
{
	char *buf = sample_copy(text, len);
	struct framer_result res = framer_datagram(span_of(buf, len));

	seen_verdict = res.verdict;
	if (res.status == FRAMER_BAD)
		return seen_verdict.reason;
	cr_assert_eq(res.status, FRAMER_MESSAGE);
	seen_verdict =
		sip_message_parse(&seen, buf, res.head_len, res.body_len);
	if (verdict_passes(&seen_verdict))
		seen_verdict = seen.is_request ? sip_sanity_request(&seen)
					       : sip_sanity_response(&seen);
	return seen_verdict.reason;
}

#define PARSE(literal) parse((literal), sizeof(literal) - 1)
#define JUDGE(literal) judge((literal), sizeof(literal) - 1)

/* The lines that every message has. */
#define VIA "Via: SIP/2.0/TLS 192.0.2.7:5061;branch=z9hG4bK776a\r\n"
#define FROM "From: \"Alice\" <sip:alice@example.com>;tag=1928\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define CALL "Call-ID: a84b4c76e66710@192.0.2.7\r\n"
#define CSEQ(method) "CSeq: 7 " method "\r\n"
#define CONTACT "Contact: <sip:alice@192.0.2.7:5061;transport=tls>\r\n"
#define END "Content-Length: 0\r\n\r\n"
#define REQUEST(method, more)                                                  \
	method " sip:bob@example.com SIP/2.0\r\n" VIA FROM TO CALL CSEQ(       \
		method)                                                        \
	more END
#define INVITE(more) REQUEST("INVITE", CONTACT more)

#define expect_span(actual, literal)                                           \
	do {                                                                   \
		struct span expect_span_ = (actual);                           \
		cr_expect(span_eq(expect_span_, span_str(literal)),            \
			  "%s is \"%.*s\"", #actual, (int)expect_span_.len,    \
			  expect_span_.len ? expect_span_.p : "");             \
	} while (0)

#define expect_reason(actual, id)                                              \
	do {                                                                   \
		enum reason expect_reason_ = (actual);                         \
		cr_expect_eq(expect_reason_, REASON_##id, "%s, not %s",        \
			     reason_name(expect_reason_),                      \
			     reason_name(REASON_##id));                        \
	} while (0)
