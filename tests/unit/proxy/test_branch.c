/* test_branch.c - our branch carries its two numbers, and nothing else is taken
 * for it */
#include <criterion/criterion.h>
#include <string.h>

#include "rempart/proxy/branch.h"

static struct span branch_text(char *buf, size_t cap, uint64_t number,
			       uint64_t random)
{
	struct text out = text_init(buf, cap);

	branch_write(&out, number, random);
	cr_assert_not(out.full);
	return text_span(&out);
}

Test(branch, has_the_cookie_our_mark_and_32_digits)
{
	char buf[64];
	struct span branch =
		branch_text(buf, sizeof(buf), 0x0123456789abcdefu, 1);

	cr_assert(span_eq(branch, SPAN("z9hG4bKrp0123456789abcdef"
				       "0000000000000001")));
}

Test(branch, reads_what_it_wrote)
{
	static const uint64_t values[] = {0, 1, UINT64_MAX, 0x8000000000000000u,
					  0xfedcba98u};
	char buf[64];

	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < 5; j++) {
			uint64_t number = 7, random = 7;
			struct span branch = branch_text(buf, sizeof(buf),
							 values[i], values[j]);

			cr_assert(branch_read(branch, &number, &random));
			cr_assert_eq(number, values[i]);
			cr_assert_eq(random, values[j]);
		}
	}
}

Test(branch, refuses_what_is_not_ours)
{
	static const char *const others[] = {
		"",
		"z9hG4bK",
		"z9hG4bKrp",
		"z9hG4bKrp0123456789abcdef000000000000000",
		"z9hG4bKrp0123456789abcdef00000000000000011",
		"z9hG4bKxx0123456789abcdef0000000000000001",
		"Z9HG4BKrp0123456789abcdef0000000000000001",
		"z9hG4bKrp0123456789ABCDEF0000000000000001",
		"z9hG4bKrp0123456789abcdeg0000000000000001",
		"z9hG4bKrp0123456789abcdef000000000000000/",
		"z9hG4bKrp+123456789abcdef0000000000000001",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint64_t number = 7, random = 7;

		cr_expect_not(
			branch_read(span_str(others[i]), &number, &random),
			"%s", others[i]);
		cr_expect_eq(number, 7);
		cr_expect_eq(random, 7);
	}
}

Test(branch, that_does_not_fit_is_seen)
{
	char buf[40];
	struct text out = text_init(buf, sizeof(buf));

	branch_write(&out, 1, 2);
	cr_assert(out.full);
}
