/* test_pattern.c - a pattern matches what it describes in full and nothing
 * else; one that cannot be used is refused in words */
#include <criterion/criterion.h>

#include "rempart/policy/number.h"

#include "../../../src/policy/pattern.h"

static bool matches(const char *pattern, const char *dialled)
{
	return pattern_match(pattern, span_str(dialled), NULL);
}

static void expect_behind(const char *pattern, const char *dialled,
			  const char *behind)
{
	struct span number = SPAN("untouched");

	cr_expect(pattern_match(pattern, span_str(dialled), &number),
		  "%s does not match %s", pattern, dialled);
	cr_expect(span_eq(number, span_str(behind)), "%.*s is not %s",
		  (int)number.len, number.p, behind);
}

Test(pattern, matches_in_full)
{
	cr_expect(matches("6xx", "612"));
	cr_expect_not(matches("6xx", "61"));
	cr_expect_not(matches("6xx", "6123"));
	cr_expect_not(matches("6xx", "512"));
	cr_expect_not(matches("6xx", "61a"));
	cr_expect_not(matches("6xx", "61*"));
	cr_expect_not(matches("6xx", ""));
	cr_expect(matches("*97", "*97"));
	cr_expect_not(matches("*97", "97"));
	cr_expect_not(matches("*97", "*97#"));
	cr_expect(matches("#31#", "#31#"));
}

Test(pattern, a_set_holds_its_digits_and_ranges)
{
	for (char c = '0'; c <= '9'; c++) {
		char one[] = {'*', '*', c, '0', '0', '0', '\0'};
		char two[] = {c, '\0'};

		cr_expect_eq(matches("**[1-4]xxx", one), c >= '1' && c <= '4');
		cr_expect_eq(matches("[135]", two),
			     c == '1' || c == '3' || c == '5');
		cr_expect_eq(matches("[1-358-9]", two),
			     (c >= '1' && c <= '3') || c == '5' || c >= '8');
	}
	cr_expect_not(matches("[1-4]", "-"));
	cr_expect_not(matches("[1-4]", "]"));
}

Test(pattern, n_is_a_number_to_the_end_or_to_what_stands_behind_it)
{
	expect_behind("*72N", "*720123456789", "0123456789");
	expect_behind("*72N", "*72+33123456789", "+33123456789");
	expect_behind("*21*N#", "*21*1002#", "1002");
	expect_behind("*21*N*11#", "*21*1002*11#", "1002");
	expect_behind("*97", "*97", "");
	cr_expect_not(matches("*72N", "*72"));
	cr_expect_not(matches("*72N", "*72+"));
	cr_expect_not(matches("*72N", "*72*97"));
	cr_expect_not(matches("*72N", "*720123#"));
	cr_expect_not(matches("*72N", "*7201+23"));
	cr_expect_not(matches("*21*N#", "*21*1002"));
	cr_expect_not(matches("*21*N#", "*21*#"));
	cr_expect_not(matches("*21*N#", "*21*1002#3"));
}

Test(pattern, what_the_check_accepts_can_match)
{
	char why[120];

	cr_expect(number_pattern_check("6xx", false, why), "%s", why);
	cr_expect(number_pattern_check("**[1-4]xxx", true, why), "%s", why);
	cr_expect(number_pattern_check("*21*N#", true, why), "%s", why);
	cr_expect(number_pattern_check("*72N", true, why), "%s", why);
	cr_expect(number_pattern_check("[0-9][135]", false, why), "%s", why);
	cr_expect_str_empty(why);
}

static void expect_refused(const char *pattern, bool feature, const char *word)
{
	char why[120] = "";

	cr_expect_not(number_pattern_check(pattern, feature, why), "%s",
		      pattern);
	cr_expect_not_null(strstr(why, word), "%s: %s", pattern, why);
}

Test(pattern, what_cannot_be_used_is_refused_in_words)
{
	expect_refused("", false, "empty");
	expect_refused("01234567890123456789012345678901", false, "31");
	expect_refused("6XX", false, "a pattern holds");
	expect_refused("+33x", false, "a pattern holds");
	expect_refused("6 xx", false, "a pattern holds");
	expect_refused("_6xx", false, "a pattern holds");
	expect_refused("6.", false, "a pattern holds");
	expect_refused("[", false, "[ ]");
	expect_refused("[]", false, "[ ]");
	expect_refused("[1", false, "[ ]");
	expect_refused("[1-", false, "[ ]");
	expect_refused("[1-]", false, "[ ]");
	expect_refused("[4-1]", false, "[ ]");
	expect_refused("[x]", false, "[ ]");
	expect_refused("[[1]]", false, "[ ]");
	expect_refused("1]", false, "a pattern holds");
	expect_refused("*72N", false, "features alone");
	expect_refused("N", true, "a code before it");
	expect_refused("*NN", true, "once");
	expect_refused("*N#N", true, "once");
	expect_refused("*N5", true, "behind N");
	expect_refused("*Nx", true, "behind N");
}

Test(pattern, one_that_the_check_refuses_matches_nothing)
{
	const char *bad[] = {"",    "[",    "[1", "[]",	 "[4-1]",
			     "[1-", "[a]x", "NN", "*NN", "+"};
	const char *texts[] = {"1", "12", "*12", "+", "[", "4"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
			cr_expect_not(matches(bad[i], texts[j]), "%s %s",
				      bad[i], texts[j]);
	}
}
