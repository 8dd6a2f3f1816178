/* test_wheel.c - timers fire once, never early, at most one tick late */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "rempart/base/wheel.h"

static const uint64_t TICK = WHEEL_TICK_US;
static const uint64_t HOUR_US = 3600ull * 1000000;
static const uint64_t START_US = 123456789;

/* Each test runs in a process of its own. */
static struct wheel wheel;

struct model {
	struct wheel_timer timer;
	uint64_t due_us;
	bool running;
};

/* xorshift64 */
static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Short and long alike: first how many bits, then which. */
static uint64_t draw_bits(uint64_t *seed, unsigned bits_max)
{
	const unsigned bits = (unsigned)(draw(seed) % (bits_max + 1));

	return draw(seed) & ((1ull << bits) - 1);
}

static uint64_t tick_up(uint64_t us)
{
	return (us + TICK - 1) / TICK;
}

static uint64_t earliest(const struct model *models, unsigned count)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < count; i++) {
		if (models[i].running && models[i].due_us < best)
			best = models[i].due_us;
	}
	return best;
}

Test(wheel, an_empty_wheel_has_nothing_to_do)
{
	wheel_init(&wheel, START_US);
	cr_assert_eq(wheel_next_us(&wheel), UINT64_MAX);
	cr_assert_null(wheel_pop(&wheel, START_US + HOUR_US));
	cr_assert_eq(wheel_next_us(&wheel), UINT64_MAX);
}

Test(wheel, a_timer_fires_once_and_not_early)
{
	struct wheel_timer timer = {.kind = 7};
	const uint64_t due = START_US + 500000;

	wheel_init(&wheel, START_US);
	wheel_start(&wheel, &timer, due);
	cr_assert(wheel_running(&timer));
	cr_assert_null(wheel_pop(&wheel, due - 1));
	cr_assert_eq(wheel_pop(&wheel, due + TICK), &timer);
	cr_assert_eq(timer.kind, 7);
	cr_assert_not(wheel_running(&timer));
	cr_assert_null(wheel_pop(&wheel, due + HOUR_US));
}

Test(wheel, the_past_is_due_at_once)
{
	struct wheel_timer timer = {0};

	wheel_init(&wheel, START_US);
	wheel_start(&wheel, &timer, 0);
	cr_assert_leq(wheel_next_us(&wheel), START_US);
	cr_assert_eq(wheel_pop(&wheel, START_US), &timer);
}

Test(wheel, a_stopped_timer_never_fires)
{
	struct wheel_timer a = {0};
	struct wheel_timer b = {0};

	wheel_init(&wheel, START_US);
	wheel_start(&wheel, &a, START_US + TICK);
	wheel_start(&wheel, &b, START_US + TICK);
	wheel_stop(&wheel, &a);
	wheel_stop(&wheel, &a);
	cr_assert_eq(wheel_pop(&wheel, START_US + HOUR_US), &b);
	cr_assert_null(wheel_pop(&wheel, START_US + HOUR_US));
}

Test(wheel, a_timer_that_expired_can_be_stopped_before_it_is_taken)
{
	struct wheel_timer a = {0};
	struct wheel_timer b = {0};
	struct wheel_timer *first;

	wheel_init(&wheel, START_US);
	wheel_start(&wheel, &a, START_US + TICK);
	wheel_start(&wheel, &b, START_US + TICK);
	first = wheel_pop(&wheel, START_US + HOUR_US);
	cr_assert(first == &a || first == &b);
	wheel_stop(&wheel, first == &a ? &b : &a);
	cr_assert_null(wheel_pop(&wheel, START_US + HOUR_US));
}

Test(wheel, a_restart_replaces_the_first_time)
{
	struct wheel_timer timer = {0};

	wheel_init(&wheel, START_US);
	wheel_start(&wheel, &timer, START_US + TICK);
	wheel_start(&wheel, &timer, START_US + HOUR_US);
	cr_assert_eq(wheel.count, 1);
	cr_assert_null(wheel_pop(&wheel, START_US + HOUR_US - 1));
	cr_assert_eq(wheel_pop(&wheel, START_US + HOUR_US + TICK), &timer);
}

Test(wheel, a_clock_that_goes_back_changes_nothing)
{
	struct wheel_timer timer = {0};

	wheel_init(&wheel, START_US);
	cr_assert_null(wheel_pop(&wheel, START_US + HOUR_US));
	wheel_start(&wheel, &timer, START_US + HOUR_US + 10 * TICK);
	cr_assert_null(wheel_pop(&wheel, START_US));
	cr_assert_eq(wheel_pop(&wheel, START_US + HOUR_US + 11 * TICK), &timer);
}

/*
 * The bound is on the calls, not on the clock: one for each ring that the
 * timer comes down, however far away it is.
 */
Test(wheel, waiting_costs_one_call_a_ring)
{
	for (unsigned bits = 0; bits < 32; bits++) {
		const uint64_t due = START_US + (TICK << bits) + TICK / 2;
		struct wheel_timer timer = {0};
		unsigned calls = 0;
		uint64_t now = START_US;

		wheel_init(&wheel, START_US);
		wheel_start(&wheel, &timer, due);
		while (wheel_running(&timer)) {
			now = wheel_next_us(&wheel);
			(void)wheel_pop(&wheel, now);
			calls++;
		}
		cr_assert_leq(calls, WHEEL_RINGS, "2^%u ticks", bits);
		cr_assert(now >= due && now - due < TICK);
	}
}

/* A wheel that walked tick by tick would not come back from here. */
Test(wheel, an_idle_gap_of_centuries_is_one_jump)
{
	const uint64_t far = 500ull * 365 * 24 * HOUR_US;
	struct wheel_timer timer = {0};

	wheel_init(&wheel, START_US);
	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t now = START_US + far + i * HOUR_US;

		wheel_start(&wheel, &timer, now + far);
		cr_assert_null(wheel_pop(&wheel, now));
	}
	cr_assert_eq(wheel_pop(&wheel, UINT64_MAX), &timer);
}

Test(wheel, a_delay_beyond_all_rings_holds)
{
	const uint64_t far = (TICK << 32) * 3 + 12345;
	struct wheel_timer timer = {0};
	uint64_t now = START_US;

	wheel_init(&wheel, START_US);
	wheel_start(&wheel, &timer, START_US + far);
	while (wheel_running(&timer)) {
		now = wheel_next_us(&wheel);
		(void)wheel_pop(&wheel, now);
	}
	cr_assert(now >= START_US + far && now - START_US - far < TICK);
}

/* Takes all that is due; none early, none left, in order of their ticks. */
static void take_due(struct model *models, unsigned count, uint64_t now)
{
	struct wheel_timer *timer;
	uint64_t last_tick = 0;

	while ((timer = wheel_pop(&wheel, now))) {
		struct model *model = &models[timer->kind];

		cr_assert_eq(&model->timer, timer);
		cr_assert(model->running);
		cr_assert_leq(model->due_us, now, "early");
		cr_assert_leq(last_tick, tick_up(model->due_us), "order");
		last_tick = tick_up(model->due_us);
		model->running = false;
	}
	for (unsigned i = 0; i < count; i++)
		cr_assert(!models[i].running ||
				  tick_up(models[i].due_us) > now / TICK,
			  "late");
}

static void agrees_with_a_list(uint64_t seed, unsigned bits_max)
{
	enum { MODELS = 60, STEPS = 4000 };
	static struct model models[MODELS];
	uint64_t now = draw(&seed) % (1ull << 50);

	memset(models, 0, sizeof(models));
	wheel_init(&wheel, now);
	for (unsigned step = 0; step < STEPS; step++) {
		struct model *model = &models[draw(&seed) % MODELS];
		const uint64_t what = draw(&seed) % 8;

		if (what < 4) {
			model->due_us = now + draw_bits(&seed, bits_max);
			model->running = true;
			model->timer.kind = (uint32_t)(model - models);
			wheel_start(&wheel, &model->timer, model->due_us);
		} else if (what < 5) {
			wheel_stop(&wheel, &model->timer);
			model->running = false;
		} else {
			const uint64_t due = earliest(models, MODELS);

			now += draw_bits(&seed, bits_max - 3);
			/* often to the very edge of the next one */
			if (what == 5 && due != UINT64_MAX && due > now)
				now = due - draw(&seed) % 2;
			take_due(models, MODELS, now);
		}
		const uint64_t due = earliest(models, MODELS);

		cr_assert(due == UINT64_MAX
				  ? wheel_next_us(&wheel) == UINT64_MAX
				  : wheel_next_us(&wheel) <=
					    tick_up(due) * TICK,
			  "would sleep too long");
	}
}

Test(wheel, agrees_with_a_list_over_random_work)
{
	/* 2^46 us are more than 2^32 ticks */
	for (uint64_t seed = 1; seed <= 40; seed++)
		agrees_with_a_list(seed * 0x9e3779b97f4a7c15, 46);
	for (uint64_t seed = 1; seed <= 20; seed++)
		agrees_with_a_list(seed * 0x9e3779b97f4a7c15, 25);
}

Test(wheel, whoever_sleeps_until_next_is_at_most_one_tick_late)
{
	enum { MODELS = 200 };
	static struct model models[MODELS];
	uint64_t seed = 99;
	uint64_t now = START_US;

	wheel_init(&wheel, now);
	for (unsigned i = 0; i < MODELS; i++) {
		models[i].due_us = now + draw_bits(&seed, 45);
		models[i].running = true;
		models[i].timer.kind = i;
		wheel_start(&wheel, &models[i].timer, models[i].due_us);
	}
	while (wheel.count) {
		struct wheel_timer *timer;

		if (wheel_next_us(&wheel) > now)
			now = wheel_next_us(&wheel);
		while ((timer = wheel_pop(&wheel, now))) {
			const uint64_t due = models[timer->kind].due_us;

			cr_assert(now >= due && now - due <= TICK);
		}
	}
}
