/* test_quality.c - losses, jitter and MOS of a stream are what RFC 3550 and
 * the E-model make of its packets, however numbers wrap and repeat */
#include <criterion/criterion.h>

#include "rempart/rtp/quality.h"

enum { HZ = 8000, STEP = 160, STEP_US = 20000 };

/* A stream of 20 ms packets whose clocks begin somewhere. */
struct stream {
	struct rtp_quality quality;
	uint32_t ssrc, timestamp0;
	uint16_t sequence0;
	uint64_t start_us;
};

/* Packet n of it, late by late_us. */
static void hear(struct stream *s, unsigned n, uint64_t late_us)
{
	const struct rtp_header head = {
		.ssrc = s->ssrc,
		.timestamp = s->timestamp0 + n * STEP,
		.sequence = (uint16_t)(s->sequence0 + n),
		.header_len = 12,
	};

	rtp_quality_packet(&s->quality, &head,
			   s->start_us + (uint64_t)n * STEP_US + late_us, HZ);
}

static void hear_run(struct stream *s, unsigned from, unsigned to)
{
	for (unsigned n = from; n < to; n++)
		hear(s, n, 0);
}

static struct rtp_figures figures(const struct stream *s)
{
	return rtp_quality_figures(&s->quality);
}

static void counts(const struct stream *s, uint64_t packets, uint64_t lost)
{
	const struct rtp_figures f = figures(s);

	cr_assert_eq(f.packets, packets, "%lu", f.packets);
	cr_assert_eq(f.lost, lost, "%lu", f.lost);
}

Test(quality, nothing_came_nothing_is_known)
{
	const struct rtp_quality quality = {0};
	const struct rtp_figures f = rtp_quality_figures(&quality);

	cr_assert_eq(f.packets, 0);
	cr_assert_eq(f.lost, 0);
	cr_assert_eq(f.jitter_us, 0);
	cr_assert_eq(f.mos_x100, 0);
}

Test(quality, steady_stream_has_no_loss_no_jitter)
{
	struct stream s = {.ssrc = 1, .sequence0 = 100, .start_us = 7};

	hear_run(&s, 0, 500);
	counts(&s, 500, 0);
	cr_assert_eq(figures(&s).jitter_us, 0);
	/* R = 93.2 - 0.024 * 60 = 91.76 */
	cr_assert_eq(figures(&s).mos_x100, 438);
	cr_assert_eq(s.quality.last_us, 7 + 499 * STEP_US);
}

Test(quality, gap_is_lost)
{
	struct stream s = {.ssrc = 1};

	hear_run(&s, 0, 10);
	hear_run(&s, 13, 20);
	counts(&s, 17, 3);
}

Test(quality, numbers_and_times_wrap)
{
	struct stream s = {.ssrc = 1,
			   .sequence0 = 65530,
			   .timestamp0 = UINT32_MAX - 300,
			   .start_us = 536870912000 - 40000};

	/* 2^32 / 8000 s: the arrival wraps too. */
	hear_run(&s, 0, 5);
	hear_run(&s, 7, 70000);
	counts(&s, 69998, 2);
	cr_assert_eq(figures(&s).jitter_us, 0);
}

Test(quality, repeats_hide_no_loss)
{
	struct stream s = {.ssrc = 1};

	hear_run(&s, 0, 10);
	hear(&s, 9, 0);
	hear(&s, 9, 0);
	hear(&s, 3, 0);
	hear_run(&s, 12, 20);
	hear(&s, 3, 0);
	hear(&s, 19, 0);
	counts(&s, 23, 2);
}

Test(quality, late_packet_is_not_lost)
{
	struct stream s = {.ssrc = 1, .sequence0 = 65533};

	hear_run(&s, 0, 5);
	hear_run(&s, 6, 10);
	counts(&s, 9, 1);
	hear(&s, 5, 90000);
	counts(&s, 10, 0);
	hear(&s, 5, 90000);
	counts(&s, 11, 0);
}

Test(quality, later_than_can_be_told_from_a_repeat_is_lost)
{
	struct stream s = {.ssrc = 1};

	hear_run(&s, 0, 10);
	hear_run(&s, 12, 75);
	hear(&s, 11, 0); /* 63 behind: counts */
	counts(&s, 74, 1);
	hear(&s, 10, 0); /* 64 behind */
	counts(&s, 75, 1);
}

Test(quality, late_packets_of_the_beginning_belong_to_it)
{
	struct stream s = {.ssrc = 1, .sequence0 = 65535};

	hear_run(&s, 3, 6);
	counts(&s, 3, 0);
	hear(&s, 0, 0);
	counts(&s, 4, 2);
	hear(&s, 1, 0);
	hear(&s, 2, 0);
	counts(&s, 6, 0);
}

Test(quality, jump_to_the_last_allowed_number_is_loss)
{
	struct stream s = {.ssrc = 1};

	hear(&s, 0, 0);
	hear(&s, 3000, 0);
	counts(&s, 2, 2999);
}

Test(quality, further_jump_is_another_beginning)
{
	struct stream s = {.ssrc = 1, .sequence0 = 5000};

	hear_run(&s, 0, 10);
	hear_run(&s, 11, 20);
	counts(&s, 19, 1);
	hear_run(&s, 19 + 3001, 3040);
	counts(&s, 39, 1);
	/* Back by more than 100. */
	s.sequence0 = 5000 - 101;
	hear_run(&s, 3039, 3049);
	hear_run(&s, 3053, 3055);
	counts(&s, 51, 5);
}

Test(quality, late_by_100_is_no_beginning)
{
	struct stream s = {.ssrc = 1};

	hear(&s, 0, 0);
	hear_run(&s, 1, 101);
	hear(&s, 0, 0);
	hear_run(&s, 101, 110);
	counts(&s, 111, 0);
}

Test(quality, each_ssrc_has_its_own_numbers)
{
	struct stream s = {.ssrc = 1};

	hear_run(&s, 0, 10);
	hear_run(&s, 11, 20);
	s.ssrc = 2;
	s.sequence0 = 40000;
	s.timestamp0 = 0x80000000;
	hear_run(&s, 20, 30);
	hear_run(&s, 34, 40);
	counts(&s, 35, 5);
	cr_assert_eq(figures(&s).jitter_us, 0);
	/* Back, as after a hold. */
	s.ssrc = 1;
	hear_run(&s, 40, 50);
	counts(&s, 45, 5);
}

Test(quality, ssrc_0_is_one_like_others)
{
	struct stream s = {.ssrc = 0, .sequence0 = 7};

	hear_run(&s, 0, 10);
	counts(&s, 10, 0);
}

/* RFC 3550 A.8 by hand: D = 80 units (10 ms) each time: the scaled sum is 80,
 * then 155 (80 + 80 - 88 / 16), then 225, then 291. */
Test(quality, jitter_grows_as_rfc_3550_says)
{
	static const uint32_t expect_x16[] = {0, 80, 155, 225, 291};
	struct stream s = {.ssrc = 1, .timestamp0 = 12345};

	for (unsigned n = 0; n < 5; n++) {
		hear(&s, n, n % 2 ? 10000 : 0);
		cr_assert_eq(s.quality.jitter_x16, expect_x16[n], "%u %u", n,
			     s.quality.jitter_x16);
	}
	/* 291 / 16 units of 125 us */
	cr_assert_eq(figures(&s).jitter_us, 2273);
}

Test(quality, jitter_comes_to_the_mean_difference_and_goes_again)
{
	struct stream s = {.ssrc = 1};

	for (unsigned n = 0; n < 500; n++)
		hear(&s, n, n % 2 ? 10000 : 0);
	cr_assert_geq(figures(&s).jitter_us, 9900);
	cr_assert_leq(figures(&s).jitter_us, 10100);
	hear_run(&s, 500, 1000);
	cr_assert_leq(figures(&s).jitter_us, 100);
}

Test(quality, constant_delay_is_no_jitter)
{
	struct stream s = {.ssrc = 1};

	for (unsigned n = 0; n < 100; n++)
		hear(&s, n, 300000);
	cr_assert_eq(figures(&s).jitter_us, 0);
}

Test(quality, packets_of_one_event_are_no_jitter)
{
	struct stream s = {.ssrc = 1};
	struct rtp_header head = {.ssrc = 1, .timestamp = 10 * STEP};

	hear_run(&s, 0, 10);
	for (unsigned n = 10; n < 30; n++) {
		head.sequence = (uint16_t)n;
		rtp_quality_packet(&s.quality, &head, n * STEP_US, HZ);
	}
	hear_run(&s, 30, 40);
	counts(&s, 40, 0);
	cr_assert_eq(figures(&s).jitter_us, 0);
}

Test(quality, another_time_base_is_no_jitter)
{
	struct stream s = {.ssrc = 1};

	hear_run(&s, 0, 10);
	s.timestamp0 = 0x7ffffff0;
	hear_run(&s, 10, 20);
	s.timestamp0 = 0xf0000000;
	hear_run(&s, 20, 30);
	cr_assert_eq(figures(&s).jitter_us, 0);
	/* Half a second is jitter, before or after. */
	s.timestamp0 += HZ / 2;
	hear_run(&s, 30, 31);
	cr_assert_eq(s.quality.jitter_x16, HZ / 2);
	s.timestamp0 -= HZ / 2;
	hear_run(&s, 31, 32);
	cr_assert_eq(s.quality.jitter_x16, HZ - (HZ / 2 + 8) / 16);
}

Test(quality, jitter_keeps_its_time_over_a_change_of_clock)
{
	struct stream s = {.ssrc = 1};
	struct rtp_header head = {.ssrc = 1};
	uint32_t before_us;

	for (unsigned n = 0; n < 100; n++)
		hear(&s, n, n % 2 ? 10000 : 0);
	before_us = figures(&s).jitter_us;
	head.sequence = 100;
	head.timestamp = 100 * 960;
	rtp_quality_packet(&s.quality, &head, 100 * STEP_US, 48000);
	cr_assert_leq(figures(&s).jitter_us - before_us + 1, 2);
	cr_assert_eq(s.quality.clock_hz, 48000);
}

Test(quality, clock_that_is_none_is_8000)
{
	static const uint32_t clocks[] = {0, 10000001, UINT32_MAX};

	for (unsigned i = 0; i < 3; i++) {
		struct rtp_quality q = {0};
		struct rtp_header head = {0};

		for (unsigned n = 0; n < 20; n++) {
			head.sequence = (uint16_t)n;
			head.timestamp = n * 0x10000001u;
			rtp_quality_packet(&q, &head, UINT64_MAX - 9 * n,
					   clocks[i]);
		}
		cr_assert_eq(q.clock_hz, 8000);
		cr_assert_eq(rtp_quality_figures(&q).packets, 20);
	}
}

static uint16_t mos(unsigned of_hundred, uint64_t jitter_us)
{
	struct stream s = {.ssrc = 1};

	for (unsigned n = 0; n < 1001; n++) {
		if (n % 100 >= of_hundred || n == 0)
			hear(&s, n, 0);
	}
	s.quality.jitter_x16 = (uint32_t)(jitter_us * 8 * 16 / 1000);
	return figures(&s).mos_x100;
}

/* By hand: of 1001 expected 10 * k - 1 are lost (the first packet came). */
Test(quality, mos_falls_with_loss_as_the_e_model_says)
{
	cr_expect_eq(mos(0, 0), 438);
	/* 0.899 %: Ie,eff 3.285, R 88.47 */
	cr_expect_eq(mos(1, 0), 430);
	/* 4.895 %: Ie,eff 15.504, R 76.26 */
	cr_expect_eq(mos(5, 0), 387);
	/* 19.88 %: Ie,eff 41.99, R 49.77 */
	cr_expect_eq(mos(20, 0), 256);
}

Test(quality, mos_falls_with_delay_as_the_e_model_says)
{
	/* 60 + 2 * 40 ms: R 89.84 */
	cr_expect_eq(mos(0, 40000), 434);
	/* 60 + 2 * 120 ms: R 93.2 - 7.2 - 13.497 = 72.50 */
	cr_expect_eq(mos(0, 120000), 371);
}

Test(quality, mos_is_never_below_1)
{
	cr_expect_eq(mos(0, 900000), 100);
	/* R 3: the polynomial would give 0.99. */
	cr_expect_eq(mos(0, 379000), 100);
	cr_expect_eq(mos(99, 500000), 100);
}

Test(quality, worst_that_can_come_stays_in_bounds)
{
	struct rtp_quality q = {0};
	uint32_t state = 1;

	for (unsigned n = 0; n < 100000; n++) {
		struct rtp_header head;
		struct rtp_figures f;

		state = state * 1664525 + 1013904223;
		head = (struct rtp_header){
			.ssrc = state >> 30,
			.timestamp = state * 2654435761u,
			.sequence = (uint16_t)(state >> 13),
		};
		rtp_quality_packet(&q, &head, (uint64_t)n * state,
				   state >> (state & 31));
		f = rtp_quality_figures(&q);
		cr_assert_eq(f.packets, n + 1);
		cr_assert_leq(f.lost, (uint64_t)n * 3000);
		cr_assert(f.mos_x100 >= 100 && f.mos_x100 <= 438);
		cr_assert_leq(f.jitter_us, 1000001);
	}
}
