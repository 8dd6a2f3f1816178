/* test_text.c - text never leaves its buffer, and what it writes reads back */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "rempart/base/text.h"

static bool holds(const struct text *txt, const char *str)
{
	return !txt->full && span_eq(text_span(txt), span_str(str));
}

static bool json_is(struct span from, const char *want)
{
	char buf[128];
	struct text txt = text_init(buf, sizeof(buf));

	text_json(&txt, from);
	return holds(&txt, want);
}

Test(text, a_write_that_does_not_fit_stops_everything)
{
	char buf[8] = "........";
	struct text txt = text_init(buf, 5);

	text_puts(&txt, "abc");
	text_puts(&txt, "def");
	cr_assert(txt.full);
	text_putc(&txt, 'g');
	text_u64(&txt, 1);
	text_hex(&txt, "h", 1);
	text_base64url(&txt, "i", 1);
	text_json(&txt, SPAN("j"));
	cr_assert(txt.full);
	cr_assert(span_eq(text_span(&txt), SPAN("abc")));
	cr_assert_eq(memcmp(buf, "abc.....", 8), 0);
}

Test(text, a_buffer_can_be_filled_to_its_last_byte)
{
	char buf[4];
	struct text txt = text_init(buf, sizeof(buf));

	text_puts(&txt, "abc");
	text_putc(&txt, 'd');
	text_puts(&txt, "");
	text_put(&txt, (struct span){0});
	cr_assert(holds(&txt, "abcd"));
	text_putc(&txt, 'e');
	cr_assert(txt.full);
}

Test(text, a_buffer_of_nothing_is_full_at_the_first_byte)
{
	struct text txt = text_init(NULL, 0);

	text_puts(&txt, "");
	cr_assert_not(txt.full);
	text_putc(&txt, 'x');
	cr_assert(txt.full);
}

Test(text, writes_every_number)
{
	char buf[64];
	struct text txt = text_init(buf, sizeof(buf));

	text_u64(&txt, 0);
	text_putc(&txt, ' ');
	text_u64(&txt, 1234567890);
	text_putc(&txt, ' ');
	text_u64(&txt, UINT64_MAX);
	cr_assert(holds(&txt, "0 1234567890 18446744073709551615"));
}

Test(text, hexadecimal_is_lower_case_and_whole)
{
	char buf[8];
	struct text txt = text_init(buf, sizeof(buf));

	text_hex(&txt, "\x00\x9f\xff", 3);
	text_hex(&txt, "", 0);
	cr_assert(holds(&txt, "009fff"));
	text_hex(&txt, "\x01\x02", 2);
	cr_assert(txt.full);
	cr_assert_eq(txt.len, 6);
}

Test(text, json_escapes_what_would_break_a_line)
{
	cr_assert(json_is(SPAN(""), "\"\""));
	cr_assert(json_is(SPAN("a\"b\\c"), "\"a\\\"b\\\\c\""));
	cr_assert(json_is(SPAN("\r\n\x1f"), "\"\\u000d\\u000a\\u001f\""));
	cr_assert(json_is(span_of("\0", 1), "\"\\u0000\""));
}

Test(text, json_keeps_utf8_and_escapes_what_is_none)
{
	static const char *const good[] = {
		"é",
		"€",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
	};
	char want[16];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(want, sizeof(want), "\"%s\"", good[i]);
		cr_assert(json_is(span_str(good[i]), want), "%zu", i);
	}
	cr_assert(json_is(SPAN("\x80"), "\"\\u0080\""));
	cr_assert(json_is(SPAN("\xff"), "\"\\u00ff\""));
	cr_assert(json_is(SPAN("\xc3"), "\"\\u00c3\""), "cut");
	cr_assert(json_is(SPAN("\xc3z"), "\"\\u00c3z\""));
	cr_assert(json_is(SPAN("\xc0\x80"), "\"\\u00c0\\u0080\""), "overlong");
	cr_assert(json_is(SPAN("\xe0\x9f\xbf"), "\"\\u00e0\\u009f\\u00bf\""));
	cr_assert(json_is(SPAN("\xed\xa0\x80"), "\"\\u00ed\\u00a0\\u0080\""),
		  "surrogate");
	cr_assert(json_is(SPAN("\xf0\x8f\xbf\xbf"),
			  "\"\\u00f0\\u008f\\u00bf\\u00bf\""));
	cr_assert(json_is(SPAN("\xf4\x90\x80\x80"),
			  "\"\\u00f4\\u0090\\u0080\\u0080\""));
	cr_assert(json_is(SPAN("\xf5\x80\x80\x80"),
			  "\"\\u00f5\\u0080\\u0080\\u0080\""));
	cr_assert(json_is(span_of("€", 2), "\"\\u00e2\\u0082\""));
}

Test(text, base64url_writes_the_vectors_of_rfc_4648)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"f", "Zg"},
		{"fo", "Zm8"},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg"},
		{"fooba", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xff\xfe", "-__-"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		char buf[16];
		struct text txt = text_init(buf, sizeof(buf));
		const struct span plain = span_str(pairs[i][0]);

		text_base64url(&txt, plain.p, plain.len);
		cr_assert(holds(&txt, pairs[i][1]), "%s", pairs[i][1]);
	}
}

Test(text, base64url_reads_back_every_length)
{
	uint8_t from[64];
	uint8_t back[64];
	char buf[128];

	for (size_t len = 0; len <= sizeof(from); len++) {
		struct text txt = text_init(buf, sizeof(buf));
		size_t got = 0;

		for (size_t i = 0; i < len; i++)
			from[i] = (uint8_t)(i * 151 + len * 7);
		text_base64url(&txt, from, len);
		cr_assert_eq(
			text_base64url_decode(back, len, &got, text_span(&txt)),
			0);
		cr_assert_eq(got, len);
		cr_assert_eq(memcmp(back, from, len), 0);
	}
}

Test(text, base64url_refuses_all_but_one_spelling)
{
	static const char *const bad[] = {
		"Z",   "Zm9vZ", "Zg==", "Zm+v",	 "Zm/v",
		"Z g", "Zh",	"Zm9",	"Zm9vYh"};
	uint8_t back[16];
	size_t len = 99;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(text_base64url_decode(back, sizeof(back), &len,
						   span_str(bad[i])),
			     EINVAL, "%s", bad[i]);
	cr_assert_eq(text_base64url_decode(back, 2, &len, SPAN("Zm9v")),
		     ENOSPC);
	cr_assert_eq(len, 99);
}
