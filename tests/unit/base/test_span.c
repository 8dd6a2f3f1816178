/* test_span.c - spans compare, cut and read exactly, the empty one included */
#include <criterion/criterion.h>
#include <errno.h>

#include "rempart/base/span.h"

static const struct span empty;

static bool is(struct span s, const char *str)
{
	return span_eq(s, span_str(str));
}

Test(span, equal_means_every_byte_and_the_length)
{
	cr_assert(span_eq(SPAN("Via"), SPAN("Via")));
	cr_assert_not(span_eq(SPAN("Via"), SPAN("via")));
	cr_assert_not(span_eq(SPAN("Via"), SPAN("Vi")));
	cr_assert_not(span_eq(SPAN("Vi"), SPAN("Via")));
	cr_assert(span_eq(span_of("a\0b", 3), span_of("a\0b", 3)));
	cr_assert_not(span_eq(span_of("a\0b", 3), span_of("a\0c", 3)));
}

Test(span, folding_is_for_ascii_letters_only)
{
	cr_assert(span_ieq(SPAN("cONTACT"), SPAN("Contact")));
	cr_assert_not(span_ieq(SPAN("Contact"), SPAN("Contacts")));
	/* '@' and '`', '[' and '{' differ by the same bit as letters do */
	cr_assert_not(span_ieq(SPAN("@["), SPAN("`{")));
	cr_assert_not(span_ieq(SPAN("\xc9"), SPAN("\xe9")));
}

Test(span, a_prefix_is_not_longer_than_the_span)
{
	cr_assert(span_starts(SPAN("sip:a"), SPAN("sip:")));
	cr_assert_not(span_starts(SPAN("SIP:a"), SPAN("sip:")));
	cr_assert(span_istarts(SPAN("SIP:a"), SPAN("sip:")));
	cr_assert_not(span_istarts(SPAN("SI"), SPAN("sip:")));
	cr_assert_not(span_starts(SPAN("si"), SPAN("sip:")));
	cr_assert(span_starts(SPAN("x"), empty));
}

Test(span, the_empty_span_is_safe_everywhere)
{
	char buf[4] = "xyz";
	uint64_t out = 7;

	cr_assert(span_eq(empty, empty));
	cr_assert(span_ieq(empty, SPAN("")));
	cr_assert(span_starts(empty, empty));
	cr_assert(span_istarts(empty, empty));
	cr_assert_eq(span_trim(empty).len, 0);
	cr_assert_eq(span_find(empty, 'x'), 0);
	cr_assert_eq(span_skip(empty, 3).len, 0);
	cr_assert_eq(span_str(NULL).len, 0);
	cr_assert_eq(span_u64(empty, 9, &out), EINVAL);
	cr_assert_eq(out, 7);
	cr_assert(span_copy(buf, sizeof(buf), empty));
	cr_assert_str_eq(buf, "");
}

Test(span, trim_takes_blanks_of_both_ends_only)
{
	cr_assert(is(span_trim(SPAN(" \t\r\na b\r\n\t ")), "a b"));
	cr_assert(is(span_trim(SPAN("a")), "a"));
	cr_assert_eq(span_trim(SPAN(" \r\n\t ")).len, 0);
	cr_assert(is(span_trim(SPAN("\va\f")), "\va\f"));
}

Test(span, find_gives_the_first_or_the_length)
{
	cr_assert_eq(span_find(SPAN("a:b:c"), ':'), 1);
	cr_assert_eq(span_find(SPAN("abc"), ':'), 3);
	cr_assert_eq(span_find(span_of("ab:", 2), ':'), 2);
}

Test(span, skip_stops_at_the_end)
{
	cr_assert(is(span_skip(SPAN("abc"), 1), "bc"));
	cr_assert(is(span_skip(SPAN("abc"), 0), "abc"));
	cr_assert_eq(span_skip(SPAN("abc"), 3).len, 0);
	cr_assert_eq(span_skip(SPAN("abc"), SIZE_MAX).len, 0);
}

Test(span, a_number_is_digits_and_nothing_else)
{
	static const char *const bad[] = {"",	"+1",  "-1", " 1", "1 ",
					  "1a", "0x1", "1.", "٣"};
	uint64_t out = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(span_u64(span_str(bad[i]), UINT64_MAX, &out),
			     EINVAL, "%s", bad[i]);
	cr_assert_eq(span_u64(span_of("1\0", 2), 99, &out), EINVAL);
	cr_assert_eq(out, 7, "only written on success");
	cr_assert_eq(span_u64(SPAN("007"), 7, &out), 0);
	cr_assert_eq(out, 7);
	cr_assert_eq(span_u64(span_of("123", 2), 99, &out), 0);
	cr_assert_eq(out, 12);
}

Test(span, a_number_never_wraps)
{
	uint64_t out = 7;

	cr_assert_eq(span_u64(SPAN("18446744073709551615"), UINT64_MAX, &out),
		     0);
	cr_assert_eq(out, UINT64_MAX);
	out = 7;
	cr_assert_eq(span_u64(SPAN("18446744073709551616"), UINT64_MAX, &out),
		     ERANGE);
	cr_assert_eq(span_u64(SPAN("99999999999999999999"), UINT64_MAX, &out),
		     ERANGE);
	cr_assert_eq(span_u64(SPAN("000000000000000000001"), UINT64_MAX, &out),
		     ERANGE, "21 digits");
	cr_assert_eq(span_u64(SPAN("65536"), 65535, &out), ERANGE);
	cr_assert_eq(out, 7);
	cr_assert_eq(span_u64(SPAN("65535"), 65535, &out), 0);
}

Test(span, copy_cuts_and_says_so)
{
	char buf[4] = "???";

	cr_assert(span_copy(buf, sizeof(buf), SPAN("abc")));
	cr_assert_str_eq(buf, "abc");
	cr_assert_not(span_copy(buf, sizeof(buf), SPAN("defg")));
	cr_assert_str_eq(buf, "def");
	cr_assert_not(span_copy(buf, 1, SPAN("x")));
	cr_assert_str_eq(buf, "");
}
