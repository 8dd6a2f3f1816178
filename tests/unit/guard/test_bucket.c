/* test_bucket.c - a bucket gives what its rule says, whatever the clock does */
#include <criterion/criterion.h>
#include <errno.h>

#include "rempart/guard/bucket.h"

static const uint64_t S = 1000000; /* us */
static const uint64_t START_US = 90 * 1000000ull;

static struct bucket_rule ruled(uint32_t count, uint32_t per_s, uint32_t burst)
{
	struct bucket_rule rule = {0};

	cr_assert_eq(bucket_rule_init(&rule, count, per_s, burst), 0);
	return rule;
}

/* How many it gives at one instant. */
static unsigned drain(struct bucket *bkt, const struct bucket_rule *rule,
		      uint64_t now_us)
{
	unsigned taken = 0;

	while (taken < 1000000 && bucket_take(bkt, rule, now_us))
		taken++;
	return taken;
}

Test(bucket, a_rule_is_a_time_for_one_and_a_time_for_all)
{
	const struct bucket_rule rule = ruled(20, 60, 5);

	cr_assert_eq(rule.token_us, 3 * S);
	cr_assert_eq(rule.depth_us, 15 * S);
}

Test(bucket, a_rule_has_bounds_and_is_left_alone_beyond_them)
{
	static const struct {
		uint32_t count, per_s, burst;
		int err;
	} rows[] = {
		{0, 1, 1, EINVAL},
		{1, 0, 1, EINVAL},
		{1, 1, 0, EINVAL},
		{1, 1, 1, 0},
		{1, BUCKET_PER_S_MAX, BUCKET_BURST_MAX, 0},
		{1, BUCKET_PER_S_MAX + 1, 1, EINVAL},
		{1, 1, BUCKET_BURST_MAX + 1, EINVAL},
		{1000000, 1, 1, 0},
		{1000001, 1, 1, EINVAL},
		{UINT32_MAX, BUCKET_PER_S_MAX, 1, EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bucket_rule rule = {7, 7};

		cr_assert_eq(bucket_rule_init(&rule, rows[i].count,
					      rows[i].per_s, rows[i].burst),
			     rows[i].err, "row %zu", i);
		cr_assert_eq(rule.token_us == 7, rows[i].err != 0, "row %zu",
			     i);
	}
}

Test(bucket, a_new_one_is_full_and_gives_its_burst_and_no_more)
{
	const struct bucket_rule rule = ruled(50, 1, 200);
	struct bucket bkt = {0};

	cr_assert_eq(bucket_wait_us(&bkt, &rule, START_US), 0);
	cr_assert_eq(drain(&bkt, &rule, START_US), 200);
	cr_assert_eq(bucket_wait_us(&bkt, &rule, START_US), 20000);
	/* at the beginning of time too */
	bkt = (struct bucket){0};
	cr_assert_eq(drain(&bkt, &rule, 0), 200);
}

Test(bucket, a_token_comes_when_it_was_said_and_not_1_us_before)
{
	const struct bucket_rule rule = ruled(20, 60, 3);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &rule, START_US), 3);
	cr_assert_not(bucket_take(&bkt, &rule, START_US + 3 * S - 1));
	cr_assert_eq(bucket_wait_us(&bkt, &rule, START_US + 3 * S - 1), 1);
	cr_assert(bucket_take(&bkt, &rule, START_US + 3 * S));
	cr_assert_not(bucket_take(&bkt, &rule, START_US + 3 * S));
}

Test(bucket, a_refusal_costs_nothing)
{
	const struct bucket_rule rule = ruled(1, 1, 2);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &rule, START_US), 2);
	for (uint64_t i = 0; i < 1000; i++)
		cr_assert_not(bucket_take(&bkt, &rule, START_US + i));
	cr_assert(bucket_take(&bkt, &rule, START_US + S));
}

Test(bucket, what_is_not_spent_is_saved_up_to_the_burst)
{
	const struct bucket_rule rule = ruled(1, 1, 5);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &rule, START_US), 5);
	cr_assert_eq(drain(&bkt, &rule, START_US + 2 * S), 2);
	cr_assert_eq(drain(&bkt, &rule, START_US + 100 * S), 5);
}

/* Half a token is not lost when one is asked for in between. */
Test(bucket, an_hour_of_flood_gives_the_burst_and_the_rate_without_drift)
{
	const struct bucket_rule rule = ruled(7, 10, 20);
	struct bucket bkt = {0};
	uint64_t taken = 0;

	for (uint64_t ms = 0; ms < 3600 * 1000; ms += 3)
		taken += bucket_take(&bkt, &rule, START_US + ms * 1000);
	/* one in 1.428571 s: the 2520th is due at 3599.99892 s, and the last
	 * question came at 3599.997 s */
	cr_assert_eq(taken, 20 + 2519);
}

Test(bucket, a_shallower_rule_restarts_a_deep_debt_from_empty)
{
	const struct bucket_rule before = ruled(1, 60, 100);
	const struct bucket_rule after = ruled(1, 1, 3);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &before, START_US), 100);
	cr_assert_eq(bucket_wait_us(&bkt, &after, START_US), S);
	cr_assert_not(bucket_take(&bkt, &after, START_US));
	cr_assert_eq(drain(&bkt, &after, START_US + S), 1);
	cr_assert_eq(drain(&bkt, &after, START_US + 100 * S), 3);
}

Test(bucket, a_deeper_rule_gives_the_rest_at_once)
{
	const struct bucket_rule before = ruled(1, 1, 3);
	const struct bucket_rule after = ruled(1, 1, 10);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &before, START_US), 3);
	cr_assert_eq(drain(&bkt, &after, START_US), 7);
}

Test(bucket, a_clock_that_goes_back_bans_no_one)
{
	const struct bucket_rule rule = ruled(1, 1, 5);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &rule, START_US), 5);
	/* a day of debt at first sight; it is empty, and earns again */
	cr_assert_eq(bucket_wait_us(&bkt, &rule, 7), S);
	cr_assert_not(bucket_take(&bkt, &rule, 7));
	cr_assert(bucket_take(&bkt, &rule, 7 + S));
	cr_assert_eq(drain(&bkt, &rule, 7 + 20 * S), 5);
}

Test(bucket, to_settle_is_to_restart_and_nothing_else)
{
	const struct bucket_rule rule = ruled(1, 1, 5);
	struct bucket deep = {START_US + 100 * S};
	struct bucket fair = {START_US + 4 * S};

	bucket_settle(&deep, &rule, START_US);
	bucket_settle(&fair, &rule, START_US);
	cr_assert_eq(deep.full_at_us, START_US + 5 * S);
	cr_assert_eq(fair.full_at_us, START_US + 4 * S);
}

Test(bucket, no_limit_never_refuses_and_keeps_no_debt)
{
	const struct bucket_rule none = {0};
	const struct bucket_rule rule = ruled(1, 1, 5);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &none, START_US), 1000000);
	cr_assert_eq(bucket_wait_us(&bkt, &none, START_US), 0);
	cr_assert_eq(drain(&bkt, &rule, START_US), 5);
}

Test(bucket, a_token_that_is_given_back_is_there_again_and_no_more)
{
	const struct bucket_rule rule = ruled(20, 60, 5);
	struct bucket bkt = {0};

	cr_assert_eq(drain(&bkt, &rule, START_US), 5);
	bucket_return(&bkt, &rule, START_US);
	cr_assert_eq(drain(&bkt, &rule, START_US), 1);
	for (int i = 0; i < 9; i++)
		bucket_return(&bkt, &rule, START_US);
	cr_assert_eq(drain(&bkt, &rule, START_US), 5, "never above its depth");
}
