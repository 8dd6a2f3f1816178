/* message.h - short SIP messages for the tests of this folder */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "rempart/sip/message.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_LEAK_CHECK
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_LEAK_CHECK
#endif

/* Criterion's children end without the check that ASan makes at exit, so a
 * test asks for it. Built without ASan it has nothing to ask. */
#ifdef WITH_LEAK_CHECK
#include <sanitizer/lsan_interface.h>

static inline void assert_no_leak(void)
{
	cr_assert_eq(__lsan_do_recoverable_leak_check(), 0);
}
#else
static inline void assert_no_leak(void)
{
}
#endif

enum { PACKET_BYTES = 4096 };

struct packet {
	char head[PACKET_BYTES];
	struct sip_message msg;
};

/* What is left out gets a value that fits an ordinary call. */
struct spec {
	const char *method; /* of a response: in its CSeq */
	unsigned code;	    /* 0: a request */
	const char *ruri;
	const char *call_id;
	const char *from_tag;
	const char *to_tag; /* NULL: none */
	unsigned cseq;
	const char *lines; /* more header lines, each with CRLF */
};

static inline const char *or_else(const char *given, const char *usual)
{
	return given ? given : usual;
}

static inline int packet_start(char *dst, size_t cap, const struct spec *spec)
{
	if (spec->code)
		return snprintf(dst, cap, "SIP/2.0 %u Phrase\r\n", spec->code);
	return snprintf(dst, cap, "%s %s SIP/2.0\r\n",
			or_else(spec->method, "INVITE"),
			or_else(spec->ruri, "sip:bob@pbx.test"));
}

static inline const struct sip_message *packet_make(struct packet *pkt,
						    struct spec spec)
{
	int at = packet_start(pkt->head, sizeof(pkt->head), &spec);
	int len = at + snprintf(pkt->head + at, sizeof(pkt->head) - (size_t)at,
				"Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKx\r\n"
				"From: <sip:alice@pbx.test>;tag=%s\r\n"
				"To: <sip:bob@pbx.test>%s%s\r\n"
				"Call-ID: %s\r\n"
				"CSeq: %u %s\r\n"
				"%s"
				"Content-Length: 0\r\n\r\n",
				or_else(spec.from_tag, "alice"),
				spec.to_tag ? ";tag=" : "",
				or_else(spec.to_tag, ""),
				or_else(spec.call_id, "call-1"),
				spec.cseq ? spec.cseq : 1,
				or_else(spec.method, "INVITE"),
				or_else(spec.lines, ""));
	cr_assert_lt(len, PACKET_BYTES);

	struct verdict verdict =
		sip_message_parse(&pkt->msg, pkt->head, (size_t)len, 0);
	cr_assert(verdict_passes(&verdict), "%s", verdict.detail);
	return &pkt->msg;
}
