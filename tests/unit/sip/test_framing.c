/* test_framing.c - a stream is cut into messages at the right bytes, or
 * refused; how it is divided into reads makes no difference */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "rempart/sip/framing.h"

#define HEAD(lines) "OPTIONS sip:a@b SIP/2.0\r\n" lines "\r\n"

static struct framer_result next(const char *p, size_t len)
{
	struct framer framer = {0};
	char *exact = malloc(len ? len : 1);

	cr_assert_not_null(exact);
	memcpy(exact, p, len);
	struct framer_result res = framer_next(&framer, span_of(exact, len));
	free(exact);
	return res;
}

#define NEXT(literal) next((literal), sizeof(literal) - 1)
#define DATAGRAM(literal) framer_datagram(SPAN(literal))

#define expect_bad(res, id)                                                    \
	do {                                                                   \
		struct framer_result bad_ = (res);                             \
		cr_expect_eq(bad_.status, FRAMER_BAD);                         \
		cr_expect_eq(bad_.verdict.reason, REASON_##id, "%s",           \
			     reason_name(bad_.verdict.reason));                \
	} while (0)

#define expect_message(res, head, body)                                        \
	do {                                                                   \
		struct framer_result msg_ = (res);                             \
		cr_expect_eq(msg_.status, FRAMER_MESSAGE, "%s",                \
			     reason_name(msg_.verdict.reason));                \
		cr_expect_eq(msg_.head_len, (size_t)(head));                   \
		cr_expect_eq(msg_.body_len, (size_t)(body));                   \
	} while (0)

Test(framing, head_and_body_are_cut_at_content_length)
{
	const char one[] = HEAD("Content-Length: 3\r\n") "abcOPTIONS";
	struct framer_result res = NEXT(one);

	expect_message(res, sizeof(one) - 1 - 10, 3);
	cr_expect_eq(res.consume, sizeof(one) - 1 - 7);
}

Test(framing, two_messages_in_one_read_come_one_after_the_other)
{
	const char two[] = HEAD("l: 2\r\n") "xy" HEAD("l: 0\r\n");
	struct framer framer = {0};
	struct span left = SPAN(two);
	struct framer_result res = framer_next(&framer, left);

	expect_message(res, sizeof(HEAD("l: 2\r\n")) - 1, 2);
	left = span_skip(left, res.consume);
	cr_expect_eq(framer.scanned, 0);
	cr_expect_eq(framer.head_len, 0);
	expect_message(framer_next(&framer, left), left.len, 0);
}

Test(framing, an_incomplete_message_waits_for_each_of_its_bytes)
{
	const char all[] = HEAD("X: y\r\nContent-Length: 4\r\n") "abcd";
	struct framer framer = {0};
	size_t len = sizeof(all) - 1;

	for (size_t n = 0; n < len; n++) {
		cr_expect_eq(framer_next(&framer, span_of(all, n)).status,
			     FRAMER_MORE);
		cr_expect_eq(next(all, n).status, FRAMER_MORE);
	}
	expect_message(framer_next(&framer, span_of(all, len)), len - 4, 4);
}

Test(framing, no_byte_of_the_head_is_looked_at_twice)
{
	char text[] = "OPTIONS sip:a@b SIP/2.0\r\nX: yyyyyyyyyy";
	struct framer framer = {0};

	for (size_t n = 1; n < sizeof(text); n++) {
		cr_expect_eq(framer_next(&framer, span_of(text, n)).status,
			     FRAMER_MORE);
		/* NUL would be refused; the first byte has a check of its
		 * own, and an LF looks back at its CR. */
		if (n > 1 && text[n - 1] != '\r')
			text[n - 1] = '\0';
	}
}

Test(framing, a_head_without_end_stays_in_sight_of_its_last_byte)
{
	const char text[] = "OPTIONS sip:a SIP/2.0\r\nX: y\r\n";
	struct framer framer = {0};

	for (size_t n = 1; n < sizeof(text); n++) {
		cr_expect_eq(framer_next(&framer, span_of(text, n)).status,
			     FRAMER_MORE);
		cr_expect(framer.scanned == n ||
			  (text[n - 1] == '\r' && framer.scanned == n - 1));
	}
}

Test(framing, keep_alives_are_told_from_line_breaks_before_a_message)
{
	struct framer_result ping = NEXT("\r\n\r\n");
	struct framer_result skip = NEXT("\r\nOPTIONS");

	cr_expect_eq(ping.status, FRAMER_PING);
	cr_expect_eq(ping.consume, 4);
	cr_expect_eq(skip.status, FRAMER_SKIP);
	cr_expect_eq(skip.consume, 2);
	cr_expect_eq(NEXT("\r").status, FRAMER_MORE);
	cr_expect_eq(NEXT("\r\n").status, FRAMER_MORE);
	cr_expect_eq(NEXT("\r\n\r").status, FRAMER_MORE);
	cr_expect_eq(NEXT("").status, FRAMER_MORE);
	expect_bad(NEXT("\rO"), FORBIDDEN_BYTES);
	expect_bad(NEXT("\r\n\rO"), FORBIDDEN_BYTES);
}

Test(framing, keep_alives_before_the_start_line_do_not_hide_it)
{
	struct span left = SPAN("\r\n\r\n\r\n" HEAD("l: 0\r\n"));
	struct framer framer = {0};
	struct framer_result res = framer_next(&framer, left);

	cr_expect_eq(res.status, FRAMER_PING);
	left = span_skip(left, res.consume);
	res = framer_next(&framer, left);
	cr_expect_eq(res.status, FRAMER_SKIP);
	left = span_skip(left, res.consume);
	expect_message(framer_next(&framer, left), left.len, 0);
}

Test(framing, content_length_is_one_number_that_stands_once)
{
	expect_bad(NEXT(HEAD("X: y\r\n")), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("l: 1\r\nContent-Length: 1\r\n") "a"),
		   CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 0\r\nContent-Length: 9\r\n")),
		   CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 12abc\r\n")), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: -1\r\n")), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: +1\r\n")), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 0x10\r\n")), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length:\r\n")), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 1 1\r\n") "a"), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 1\r\n 1\r\n") "a"),
		   CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 1, 1\r\n") "a"), CONTENT_LENGTH);
	expect_bad(NEXT(HEAD("Content-Length: 4294967300\r\n") "abcd"),
		   BODY_TOO_LARGE);
	expect_bad(NEXT(HEAD("Content-Length: 18446744073709551620\r\n")),
		   BODY_TOO_LARGE);
}

Test(framing, content_length_may_be_written_in_every_legal_way)
{
	expect_message(NEXT(HEAD("cOnTeNt-LENGTH : 2\r\n") "ab"),
		       sizeof(HEAD("cOnTeNt-LENGTH : 2\r\n")) - 1, 2);
	expect_message(NEXT(HEAD("L:0002\r\n") "ab"),
		       sizeof(HEAD("L:0002\r\n")) - 1, 2);
	expect_message(NEXT(HEAD("l:\r\n\t2\r\n") "ab"),
		       sizeof(HEAD("l:\r\n\t2\r\n")) - 1, 2);
}

Test(framing, a_name_that_hashes_like_content_length_is_not_it)
{
	const char head[] = HEAD("P-Q127: 999\r\nl: 1\r\n");

	expect_bad(NEXT(HEAD("P-Q127: 0\r\n")), CONTENT_LENGTH);
	expect_message(NEXT(HEAD("P-Q127: 999\r\nl: 1\r\n") "a"),
		       sizeof(head) - 1, 1);
}

Test(framing, a_continued_line_does_not_hold_content_length)
{
	const char head[] = HEAD("X: y\r\n l: 5\r\nl: 1\r\n");

	expect_message(NEXT(HEAD("X: y\r\n l: 5\r\nl: 1\r\n") "a"),
		       sizeof(head) - 1, 1);
	expect_bad(NEXT(HEAD(" l: 0\r\n")), CONTENT_LENGTH);
}

Test(framing, bare_line_ends_and_nul_are_refused_in_the_head_only)
{
	expect_bad(NEXT("OPTIONS a\nX: y\r\n"), FORBIDDEN_BYTES);
	expect_bad(NEXT("OPTIONS a\rX: y\r\n"), FORBIDDEN_BYTES);
	expect_bad(NEXT("OPTIONS a\r\r\n"), FORBIDDEN_BYTES);
	expect_bad(NEXT("OPTIONS a\r\n\nX"), FORBIDDEN_BYTES);
	expect_bad(NEXT("OPTIONS a\0b\r\n"), FORBIDDEN_BYTES);
	expect_bad(NEXT(HEAD("Call-ID: a\rX-Evil: b\r\n")), FORBIDDEN_BYTES);
	expect_message(NEXT(HEAD("l: 4\r\n") "\0\r\n\n"),
		       sizeof(HEAD("l: 4\r\n")) - 1, 4);
}

Test(framing, a_cr_at_the_end_of_a_read_is_judged_with_the_next_byte)
{
	struct framer framer = {0};

	cr_expect_eq(framer_next(&framer, SPAN("OPTIONS a\r")).status,
		     FRAMER_MORE);
	expect_bad(framer_next(&framer, SPAN("OPTIONS a\rX")), FORBIDDEN_BYTES);
}

Test(framing, bytes_that_cannot_start_a_message_are_refused_at_once)
{
	expect_bad(NEXT("\x16\x03\x01\x02"), START_LINE);
	expect_bad(NEXT(" OPTIONS"), START_LINE);
	expect_bad(NEXT("\nOPTIONS"), START_LINE);
	expect_bad(NEXT("\0"), START_LINE);
	expect_bad(NEXT("<"), START_LINE);
}

static struct framer_result padded_head(size_t head_len)
{
	static const char start[] = "OPTIONS sip:a@b SIP/2.0\r\nl: 0\r\nX: ";
	char *head = malloc(head_len);

	cr_assert_not_null(head);
	memset(head, 'a', head_len);
	memcpy(head, start, sizeof(start) - 1);
	memcpy(head + head_len - 4, "\r\n\r\n", 4);
	struct framer_result res = next(head, head_len);
	free(head);
	return res;
}

Test(framing, a_head_may_have_its_ceiling_and_not_a_byte_more)
{
	expect_message(padded_head(SIP_HEAD_MAX), SIP_HEAD_MAX, 0);
	expect_bad(padded_head(SIP_HEAD_MAX + 1), HEAD_TOO_LARGE);
}

Test(framing, a_body_may_have_its_ceiling_and_not_a_byte_more)
{
	cr_assert_eq((int)SIP_BODY_MAX, 16384);
	cr_expect_eq(NEXT(HEAD("l: 16384\r\n")).status, FRAMER_MORE);
	expect_bad(NEXT(HEAD("l: 16385\r\n")), BODY_TOO_LARGE);
}

Test(framing, a_datagram_without_content_length_is_body_to_its_end)
{
	struct framer_result res = DATAGRAM(HEAD("X: y\r\n") "abc");

	expect_message(res, sizeof(HEAD("X: y\r\n")) - 1, 3);
	cr_expect_eq(res.consume, sizeof(HEAD("X: y\r\n") "abc") - 1);
}

Test(framing, a_datagram_with_more_than_content_length_is_cut)
{
	struct framer_result res = DATAGRAM(HEAD("l: 1\r\n") "abc");

	expect_message(res, sizeof(HEAD("l: 1\r\n")) - 1, 1);
	cr_expect_eq(res.consume, sizeof(HEAD("l: 1\r\n") "abc") - 1);
}

Test(framing, a_datagram_is_never_asked_for_more)
{
	expect_bad(DATAGRAM(HEAD("l: 4\r\n") "abc"), CONTENT_LENGTH);
	expect_bad(DATAGRAM("OPTIONS sip:a@b SIP/2.0\r\nX: y\r\n"),
		   HEAD_INCOMPLETE);
	expect_bad(DATAGRAM("O"), HEAD_INCOMPLETE);
	expect_bad(DATAGRAM(HEAD("l: 1\r\nl: 1\r\n") "a"), CONTENT_LENGTH);
	expect_bad(DATAGRAM("\x80\x00"), START_LINE);
	cr_expect_eq(DATAGRAM("\r\n\r\n").status, FRAMER_PING);
	cr_expect_eq(DATAGRAM("\r\n").status, FRAMER_PING);
	cr_expect_eq(DATAGRAM("").status, FRAMER_SKIP);
	cr_expect_eq(DATAGRAM("\r\n" HEAD("l: 0\r\n")).status, FRAMER_SKIP);
	cr_expect_eq(DATAGRAM("\r\n" HEAD("l: 0\r\n")).consume, 2);
}
