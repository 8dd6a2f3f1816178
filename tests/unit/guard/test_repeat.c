/* test_repeat.c - repeated denials become one record, and none is lost */
#include <criterion/criterion.h>
#include <string.h>

#include "rempart/guard/repeat.h"

static const uint64_t START_US = 5000000;
static const uint64_t INTERVAL_US = REPEAT_INTERVAL_S * 1000000ull;
static const uint8_t KEY[16] = "not a secret key";

static struct repeats *opened(void)
{
	struct repeats *set = NULL;

	cr_assert_eq(repeats_open(&set, KEY), 0);
	return set;
}

static struct record denial(uint32_t source)
{
	struct record rec = {
		.kind = RECORD_CALL,
		.verdict = RECORD_VERDICT_DENY,
		.reason = REASON_REGISTER_FIRST,
		.source = {.version = 4},
	};

	rec.source.ip[0] = 10;
	rec.source.ip[1] = (uint8_t)(source >> 16);
	rec.source.ip[2] = (uint8_t)(source >> 8);
	rec.source.ip[3] = (uint8_t)source;
	return rec;
}

static bool writes(struct repeats *set, const struct record *rec, uint64_t now)
{
	return repeats_add(set, rec, now) == REPEAT_WRITE;
}

Test(repeat, the_first_is_written_and_the_rest_is_counted)
{
	struct repeats *set = opened();
	struct record rec = denial(1);
	struct record out;

	cr_assert(writes(set, &rec, START_US));
	cr_assert_eq(repeats_next_us(set), UINT64_MAX, "nothing is held");
	for (int i = 0; i < 41; i++)
		cr_assert_not(writes(set, &rec, START_US + 1));
	strcpy(rec.user, "last");
	cr_assert_not(writes(set, &rec, START_US + 2));

	cr_assert_eq(repeats_next_us(set), START_US + INTERVAL_US);
	cr_assert_not(
		repeats_due(set, START_US + INTERVAL_US - 1, false, &out));
	cr_assert(repeats_due(set, START_US + INTERVAL_US, false, &out));
	cr_assert_eq(out.count, 42);
	cr_assert_eq(out.reason, REASON_REGISTER_FIRST);
	cr_assert_str_eq(out.user, "last");
	cr_assert_not(repeats_due(set, START_US + INTERVAL_US, false, &out));
	cr_assert_eq(repeats_next_us(set), UINT64_MAX);
	repeats_close(set);
}

Test(repeat, a_flood_makes_one_record_an_interval)
{
	struct repeats *set = opened();
	const struct record rec = denial(1);
	struct record out;
	unsigned written = 0;
	uint64_t counted = 0;

	for (uint64_t ms = 0; ms < 100000; ms++) {
		const uint64_t now = START_US + ms * 1000;

		while (repeats_due(set, now, false, &out)) {
			counted += out.count;
			written++;
		}
		if (writes(set, &rec, now)) {
			counted++;
			written++;
		}
	}
	while (repeats_due(set, START_US + 100 * 1000000, true, &out)) {
		counted += out.count;
		written++;
	}
	cr_assert_eq(counted, 100000);
	cr_assert_eq(written, 1 + 9 + 1);
	repeats_close(set);
}

Test(repeat, after_a_quiet_interval_it_is_a_first_one_again)
{
	struct repeats *set = opened();
	const struct record rec = denial(1);
	struct record out;

	cr_assert(writes(set, &rec, START_US));
	cr_assert(writes(set, &rec, START_US + INTERVAL_US));
	cr_assert_not(writes(set, &rec, START_US + 2 * INTERVAL_US - 1));
	cr_assert(repeats_due(set, START_US + 2 * INTERVAL_US, false, &out));
	/* a whole quiet one after the summary */
	cr_assert_not(
		repeats_due(set, START_US + 3 * INTERVAL_US, false, &out));
	cr_assert(writes(set, &rec, START_US + 3 * INTERVAL_US));
	repeats_close(set);
}

Test(repeat, source_kind_and_reason_are_told_apart_and_ports_are_not)
{
	struct repeats *set = opened();
	const struct record first = denial(1);
	struct record other;

	cr_assert(writes(set, &first, START_US));
	other = denial(2);
	cr_assert(writes(set, &other, START_US));
	other = first;
	other.kind = RECORD_MESSAGE;
	cr_assert(writes(set, &other, START_US));
	other = first;
	other.reason = REASON_LOOP;
	cr_assert(writes(set, &other, START_US));
	other = first;
	other.source.version = 6;
	cr_assert(writes(set, &other, START_US));

	other = first;
	other.source.port = 4711;
	other.source.ip[9] = 1; /* no part of an IPv4 address */
	cr_assert_not(writes(set, &other, START_US));
	repeats_close(set);
}

Test(repeat, only_denials_are_held_back_and_keepalives)
{
	static const struct {
		enum record_verdict verdict;
		enum reason reason;
		bool held;
	} rows[] = {
		{RECORD_VERDICT_ALLOW, REASON_OK, false},
		{RECORD_VERDICT_END, REASON_CALL_ENDED, false},
		{RECORD_VERDICT_ALLOW, REASON_KEEPALIVE, true},
		{RECORD_VERDICT_DENY, REASON_LOOP, true},
		{RECORD_VERDICT_DROP, REASON_LOOP, true},
		{RECORD_VERDICT_CHALLENGE, REASON_CHALLENGED, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct repeats *set = opened();
		struct record rec = denial(1);

		rec.verdict = rows[i].verdict;
		rec.reason = rows[i].reason;
		cr_assert(writes(set, &rec, START_US));
		cr_assert_eq(writes(set, &rec, START_US), !rows[i].held,
			     "row %zu", i);
		repeats_close(set);
	}
}

Test(repeat, a_count_that_comes_in_is_kept)
{
	struct repeats *set = opened();
	struct record rec = denial(1);
	struct record out;

	cr_assert(writes(set, &rec, START_US));
	rec.count = 5;
	cr_assert_not(writes(set, &rec, START_US));
	rec.count = 0;
	cr_assert_not(writes(set, &rec, START_US));
	cr_assert(repeats_due(set, START_US, true, &out));
	cr_assert_eq(out.count, 6);
	repeats_close(set);
}

Test(repeat, the_stop_flushes_everything)
{
	struct repeats *set = opened();
	struct record out;
	unsigned flushed = 0;

	for (uint32_t i = 0; i < 100; i++) {
		const struct record rec = denial(i);

		cr_assert(writes(set, &rec, START_US));
		if (i % 2)
			cr_assert_not(writes(set, &rec, START_US));
	}
	while (repeats_due(set, START_US, true, &out)) {
		cr_assert_eq(out.count, 1);
		flushed++;
	}
	cr_assert_eq(flushed, 50);
	cr_assert_eq(repeats_next_us(set), UINT64_MAX);
	/* and everything is a first one again */
	const struct record again = denial(1);

	cr_assert(writes(set, &again, START_US));
	repeats_close(set);
}

Test(repeat, a_full_set_forgets_the_oldest_that_holds_nothing)
{
	struct repeats *set = opened();
	struct record out;

	for (uint32_t i = 0; i < REPEAT_ROWS + 1; i++) {
		const struct record rec = denial(i);

		cr_assert(writes(set, &rec, START_US + i));
	}
	cr_assert_not(
		repeats_due(set, START_US + INTERVAL_US - 1, false, &out));
	const struct record newest = denial(REPEAT_ROWS);
	const struct record second = denial(1);
	const struct record oldest = denial(0);

	cr_assert_not(writes(set, &newest, START_US + 9999));
	cr_assert_not(writes(set, &second, START_US + 9999));
	cr_assert(writes(set, &oldest, START_US + 9999));
	repeats_close(set);
}

Test(repeat, a_full_set_flushes_the_oldest_early)
{
	struct repeats *set = opened();
	struct record out;

	for (uint32_t i = 0; i < REPEAT_ROWS; i++) {
		const struct record rec = denial(i);

		cr_assert(writes(set, &rec, START_US + i));
		cr_assert_not(writes(set, &rec, START_US + i));
	}
	const struct record more = denial(REPEAT_ROWS);
	const struct record oldest = denial(0);

	cr_assert_gt(repeats_next_us(set), START_US + 9999);
	cr_assert(writes(set, &more, START_US + 9999));
	cr_assert_leq(repeats_next_us(set), START_US + 9999);
	cr_assert(repeats_due(set, START_US + 9999, false, &out));
	cr_assert(addr_ip_eq(&out.source, &oldest.source));
	cr_assert_eq(out.count, 1);
	cr_assert_not(repeats_due(set, START_US + 9999, false, &out));
	cr_assert_gt(repeats_next_us(set), START_US + 9999);
	repeats_close(set);
}

/* xorshift64 */
static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* More sources than rows, at any pace of the owner: what is written adds up
 * to what was added, source by source. */
Test(repeat, no_denial_is_lost)
{
	enum { SOURCES = 3000, STEPS = 200000 };
	static int64_t open[SOURCES]; /* added and not yet written */
	struct repeats *set = opened();
	struct record out;
	uint64_t seed = 7;
	uint64_t now = START_US;

	for (unsigned step = 0; step < STEPS; step++) {
		const uint32_t n = (uint32_t)(draw(&seed) % SOURCES);
		/* some sources are much louder than others */
		const uint32_t source = n % (1u << draw(&seed) % 12);
		const struct record rec = denial(source);

		open[source]++;
		open[source] -= writes(set, &rec, now);
		now += draw(&seed) % 2000;
		if (draw(&seed) % 64)
			continue;
		while (repeats_due(set, now, false, &out))
			open[out.source.ip[2] << 8 | out.source.ip[3]] -=
				(int64_t)out.count;
		cr_assert_gt(repeats_next_us(set), now);
	}
	while (repeats_due(set, now, true, &out))
		open[out.source.ip[2] << 8 | out.source.ip[3]] -=
			(int64_t)out.count;
	for (unsigned i = 0; i < SOURCES; i++)
		cr_assert_eq(open[i], 0, "source %u", i);
	repeats_close(set);
}

Test(repeat, closing_nothing_is_allowed)
{
	repeats_close(NULL);
}
