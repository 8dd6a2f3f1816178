/* test_window.c - the index of a packet is the one its sender used, and none
 * is taken twice, at every edge of the arithmetic */
#include <criterion/criterion.h>

#include "../../../src/rtp/window.h"

static const uint64_t LAST_INDEX = (UINT64_C(1) << 48) - 1;

static struct rtp_window at(uint64_t index)
{
	struct rtp_window win = {0};

	rtp_window_commit(&win, index);
	return win;
}

static uint64_t estimate(uint64_t highest, uint16_t sequence)
{
	struct rtp_window win = at(highest);
	uint64_t index = 0;

	cr_assert(rtp_window_index(&win, 0, sequence, &index));
	return index;
}

Test(rtp_window, begins_with_the_counter_it_is_told)
{
	struct rtp_window win = {0};
	uint64_t index;

	cr_assert(rtp_window_index(&win, 7, 65535, &index));
	cr_assert_eq(index, 0x7ffff);
	rtp_window_commit(&win, index);
	cr_assert(rtp_window_index(&win, 99, 0, &index));
	cr_assert_eq(index, 0x80000);
}

/* RFC 3711 3.3.1: the nearest counter, at both halves of the sequence. */
Test(rtp_window, takes_the_nearest_counter)
{
	cr_assert_eq(estimate(0x50000, 0x8000), 0x58000);
	cr_assert_eq(estimate(0x50000, 0x8001), 0x48001);
	cr_assert_eq(estimate(0x57fff, 0xffff), 0x5ffff);
	cr_assert_eq(estimate(0x57ffe, 0xffff), 0x4ffff);
	cr_assert_eq(estimate(0x58000, 0x0000), 0x50000);
	cr_assert_eq(estimate(0x58001, 0x0000), 0x60000);
	cr_assert_eq(estimate(0x5ffff, 0x7ffe), 0x67ffe);
	cr_assert_eq(estimate(0x5ffff, 0x7fff), 0x57fff);
}

Test(rtp_window, has_no_counter_before_0)
{
	cr_assert_eq(estimate(5, 65534), 65534);
	cr_assert_eq(estimate(0x10005, 65534), 65534);
}

Test(rtp_window, ends_with_the_48th_bit)
{
	struct rtp_window win = at(LAST_INDEX - 1);
	uint64_t index = 1;

	cr_assert(rtp_window_index(&win, 0, 65535, &index));
	cr_assert_eq(index, LAST_INDEX);
	rtp_window_commit(&win, index);
	index = 1;
	cr_assert_not(rtp_window_index(&win, 0, 0, &index));
	cr_assert_eq(index, 1);
	cr_assert(rtp_window_index(&win, 0, 65535 - 100, &index));
	cr_assert_eq(index, LAST_INDEX - 100);
}

Test(rtp_window, covers_128_indices_and_no_more)
{
	const struct rtp_window win = at(1000);

	cr_assert_not(rtp_window_unused(&win, 1000));
	cr_assert(rtp_window_unused(&win, 999));
	cr_assert(rtp_window_unused(&win, 1000 - 127));
	cr_assert_not(rtp_window_unused(&win, 1000 - 128));
	cr_assert_not(rtp_window_unused(&win, 0));
	cr_assert(rtp_window_unused(&win, 1001));
}

Test(rtp_window, index_0_can_be_used_once)
{
	struct rtp_window win = {0};

	cr_assert(rtp_window_empty(&win));
	cr_assert(rtp_window_unused(&win, 0));
	rtp_window_commit(&win, 0);
	cr_assert_not(rtp_window_empty(&win));
	cr_assert_not(rtp_window_unused(&win, 0));
}

Test(rtp_window, counts_from_1_to_the_last)
{
	const uint64_t last = (UINT64_C(1) << 31) - 1;
	struct rtp_window win = {0};
	uint64_t index = 0;

	cr_assert(rtp_window_next(&win, last, &index));
	cr_assert_eq(index, 1);
	win = at(last - 1);
	cr_assert(rtp_window_next(&win, last, &index));
	cr_assert_eq(index, last);
	win = at(last);
	cr_assert_not(rtp_window_next(&win, last, &index));
}

/* Against a plain list of what was used; steps of every size, those around the
 * words of the window more often. */
Test(rtp_window, agrees_with_a_list_of_all_that_was)
{
	enum { INDICES = 1 << 20, STEPS = 100000, EDGES = 8 };
	static const uint64_t edges[EDGES] = {1, 63, 64, 65, 127, 128, 129, 2};
	static bool used[INDICES];
	struct rtp_window win = {0};
	uint64_t highest = 0, index;
	uint32_t random = 1;
	unsigned taken = 0;
	bool fresh;

	for (unsigned i = 0; i < STEPS; i++) {
		random = random * 1664525 + 1013904223;
		index = (random >> 16) % 140;
		index = highest > index ? highest - index : 0;
		if (random >> 30 == 0)
			index = highest + edges[(random >> 8) % EDGES];
		fresh = !taken || index > highest ||
			(highest - index < RTP_WINDOW && !used[index]);
		cr_assert_eq(rtp_window_unused(&win, index), fresh);
		if (!fresh)
			continue;
		rtp_window_commit(&win, index);
		cr_assert_not(rtp_window_unused(&win, index));
		used[index] = true;
		highest = index > highest ? index : highest;
		taken++;
		if (highest + 200 >= INDICES)
			break;
	}
	cr_assert_gt(taken, 10000);
}
