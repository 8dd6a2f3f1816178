/*
 * test_limits_flood.c - a flood costs the honest nothing, and nothing grows
 *
 * The property of the tables: a key that stays within its rule is refused
 * only when all eight rows of its set are in debt. With random keys that is a
 * matter of luck, which the first test puts into figures.
 */
#include <criterion/criterion.h>
#include <malloc.h>

#include "limits_help.h"

/* There in a build with a sanitizer, whose malloc is not that of libc. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/*
 * The flood that new_work lets through, 2000 REGISTERs a second, each of
 * another user and source, for a minute; meanwhile a hundred honest users a
 * second register, each for the first time, so that none has a row of its own.
 * A row is in debt for 3 s after one REGISTER: 0.77 rows of a set on average,
 * and all eight with 2e-6 (Poisson). With four ways it would be one in 125.
 */
Test(limits_flood, a_flood_of_users_and_sources_refuses_no_honest_one)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	const size_t before = allocated();
	uint64_t seed = 1;
	unsigned refused = 0;
	unsigned flooded = 0;

	for (uint64_t ms = 0; ms < 60000; ms++) {
		const uint64_t now_us = START_US + ms * 1000;

		for (unsigned n = 0; n < 2; n++)
			flooded += registers(set, &rules, draw(&seed),
					     (uint32_t)draw(&seed), now_us);
		if (!(ms % 10))
			refused += !registers(set, &rules, draw(&seed),
					      (uint32_t)draw(&seed), now_us);
	}
	cr_assert_eq(refused, 0, "%u of 6000", refused);
	cr_assert_geq(flooded, 119990);
	cr_assert_leq(allocated(), before);
	limits_close(set);
}

/*
 * Without new_work in front: a million users at once. What passes is bounded
 * by the tables (a set gives its 8 rows and the burst of its emptiest), the
 * ones in debt are not forgotten, and after 3 s without flood it is over for
 * new keys.
 */
Test(limits_flood, a_million_keys_at_once_are_limited_together)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	const size_t before = allocated();
	const uint64_t sets = LIMITS_USERS / 8;
	uint64_t later_us = START_US + 60 * S;
	uint64_t passed = 0;

	for (unsigned n = 0; n < 1000000; n++)
		passed += calls(set, &rules, n, START_US);
	cr_assert_eq(passed, sets * (7 + 10), "%llu",
		     (unsigned long long)passed);
	cr_assert_leq(allocated(), before);

	passed = 0;
	for (unsigned n = 0; n < 1000; n++)
		passed += calls(set, &rules, 2000000 + n, later_us);
	cr_assert_eq(passed, 1000);
	limits_close(set);
}

Test(limits_flood, a_million_sources_are_limited_together)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	const size_t before = allocated();
	const uint64_t sets = LIMITS_SOURCES / 8;
	uint64_t passed = 0;

	rules.registers_source = ruled("1/1m burst 5");
	for (uint32_t n = 0; n < 1000000; n++)
		passed += registers(set, &rules, n, n, START_US);
	/* the source was asked first, so that users had room */
	cr_assert_eq(passed, sets * (7 + 5), "%llu",
		     (unsigned long long)passed);
	cr_assert_leq(allocated(), before);
	limits_close(set);
}

/* A flood gets no more where someone's debt is deep than elsewhere. */
Test(limits_flood, the_emptiest_row_judges_for_a_full_set)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	const uint64_t sets = LIMITS_USERS / 8;
	uint64_t passed = 0;

	/* not first in its set, whichever that is */
	for (unsigned n = 0; n < 3 * sets; n++)
		passed += calls(set, &rules, 1000 + n, START_US);
	for (unsigned i = 0; i < 10; i++)
		passed += calls(set, &rules, 1, START_US);
	for (unsigned n = 0; n < 1000000; n++)
		passed += calls(set, &rules, 1000000 + n, START_US);
	cr_assert_eq(passed, sets * (7 + 10), "%llu",
		     (unsigned long long)passed);
	limits_close(set);
}

/* Who is in debt cannot hide by letting a flood push its row out. */
Test(limits_flood, a_flood_forgets_no_one_who_is_in_debt)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);

	unsigned passed = 0;

	for (unsigned i = 0; i < 9; i++)
		cr_assert(calls(set, &rules, 1, START_US));
	/* it takes the tenth, and no one else's place or name */
	for (unsigned n = 1000; n < 1000000; n++)
		(void)calls(set, &rules, n, START_US);
	cr_assert_not(calls(set, &rules, 1, START_US + 2 * S - 1));
	/* the rows beside it are full again: it is not like new */
	for (unsigned i = 0; i < 10; i++)
		passed += calls(set, &rules, 1, START_US + 3 * S);
	cr_assert_eq(passed, 1, "%u", passed);
	limits_close(set);
}

Test(limits_flood, a_flood_of_registrations_does_not_reach_the_callers)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);

	for (unsigned n = 0; n < 500000; n++)
		(void)registers(set, &rules, n, n, START_US);
	for (unsigned n = 0; n < 1000; n++)
		cr_assert(calls(set, &rules, n, START_US));
	limits_close(set);
}

/* The key decides which keys meet in a set. */
Test(limits_flood, another_hash_key_places_users_elsewhere)
{
	static const uint8_t other_key[16] = "another key, too";
	struct limits_settings rules;
	struct limits *one = opened(&rules);
	struct limits *two = NULL;
	unsigned same = 0;
	unsigned refused = 0;

	cr_assert_eq(limits_open(&two, other_key), 0);
	rules.calls_user = ruled("1/1m burst 1");
	for (unsigned n = 0; n < 70000; n++) {
		const bool first = calls(one, &rules, n, START_US);
		const bool second = calls(two, &rules, n, START_US);

		refused += !first;
		same += !first && !second;
	}
	cr_assert_gt(refused, 1000);
	cr_assert_lt(same, refused / 2);
	limits_close(one);
	limits_close(two);
}

/* Not the caller's row alone: every row of a set may stand in the way. */
Test(limits_flood, a_reload_or_a_clock_that_goes_back_leaves_no_set_full)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	unsigned refused = 0;

	for (unsigned n = 0; n < 300000; n++)
		(void)calls(set, &rules, n, START_US + 10000 * S);
	for (unsigned n = 0; n < 200000; n++)
		refused += !calls(set, &rules, 1000000 + n, START_US);
	cr_assert_eq(refused, 200000, "every set is empty: %u", refused);
	/* 20 s earn a whole bucket */
	for (unsigned n = 0; n < 10000; n++)
		cr_assert(calls(set, &rules, 2000000 + n, START_US + 20 * S));
	limits_close(set);
}
