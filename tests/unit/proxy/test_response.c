/* test_response.c - the best of several final answers is the one of RFC
 * 3261 16.7 */
#include <criterion/criterion.h>

#include "rempart/proxy/response.h"

Test(response, none_yet_gives_n)
{
	const uint16_t codes[] = {0, 0, 0};

	cr_assert_eq(response_best(codes, 3), 3);
	cr_assert_eq(response_best(codes, 0), 0);
}

Test(response, a_branch_without_an_answer_is_passed_over)
{
	const uint16_t codes[] = {0, 486, 0};

	cr_assert_eq(response_best(codes, 3), 1);
}

Test(response, a_6xx_beats_all)
{
	const uint16_t codes[] = {302, 401, 603, 500, 600};

	cr_assert_eq(response_best(codes, 5), 2);
}

Test(response, the_lowest_class_wins)
{
	const uint16_t codes[] = {500, 404, 302};

	cr_assert_eq(response_best(codes, 3), 2);
	cr_assert_eq(response_best(codes, 2), 1);
}

Test(response, codes_that_tell_how_to_try_again_win_in_4xx)
{
	static const uint16_t repair[] = {401, 407, 415, 420, 484};

	for (size_t i = 0; i < 5; i++) {
		const uint16_t codes[] = {400, 404, repair[i], 486};

		cr_expect_eq(response_best(codes, 4), 2, "%u", repair[i]);
	}
}

Test(response, a_3xx_still_beats_a_challenge)
{
	const uint16_t codes[] = {401, 300};

	cr_assert_eq(response_best(codes, 2), 1);
}

Test(response, a_503_loses_to_anything)
{
	const uint16_t codes[] = {503, 500};
	const uint16_t lower[] = {503, 599};
	const uint16_t alone[] = {0, 503};

	cr_assert_eq(response_best(codes, 2), 1);
	cr_assert_eq(response_best(lower, 2), 1);
	cr_assert_eq(response_best(alone, 2), 1);
}

Test(response, the_first_of_equals_wins)
{
	const uint16_t codes[] = {0, 486, 480, 404};

	cr_assert_eq(response_best(codes, 4), 1);
}

Test(response, a_503_leaves_as_500)
{
	cr_assert_eq(response_forward_code(503), 500);
	for (unsigned code = 100; code < 700; code++)
		if (code != 503)
			cr_assert_eq(response_forward_code((uint16_t)code),
				     code);
}
