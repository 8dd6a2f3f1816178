/* test_rtcp.c - of a compound RTCP packet only what is known passes, every
 * SSRC mapped, and no length in it is believed */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/rtcp.h"

/* The SSRCs: 1 and 2 send and leave as a1, a2; 5 and 6 are reported and leave
 * as b5, b6. */
static bool sender(void *arg, uint32_t ssrc, uint32_t *out)
{
	++*(unsigned *)arg;
	*out = 0xa0 + ssrc;
	return ssrc == 1 || ssrc == 2;
}

static bool reported(void *arg, uint32_t ssrc, uint32_t *out)
{
	++*(unsigned *)arg;
	*out = 0xb0 + ssrc;
	return ssrc == 5 || ssrc == 6;
}

static bool same(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	*out = ssrc;
	return true;
}

static bool none(void *arg, uint32_t ssrc, uint32_t *out)
{
	(void)arg;
	(void)ssrc;
	(void)out;
	return false;
}

static unsigned asked;

static const struct rtcp_rules mapped = {sender, reported, &asked};
static const struct rtcp_rules all = {same, same, NULL};
static const uint8_t nothing[1];

#define BYTES(...)                                                             \
	(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

#define W(a) 0, 0, 0, (a) /* a word */
#define BLOCK(ssrc)                                                            \
	W(ssrc), 0x10, 0, 0, 3, 0, 1, 0x12, 0x34, W(17), 0x83, 0xc1, 0x20,     \
		0x40, 0, 1, 0, 0
#define SENT                                                                   \
	0xd3, 0xc1, 0x20, 0x40, 0x80, 0, 0, 0, 0, 0, 0x1f, 0x40, 0, 0, 0, 50,  \
		0, 0, 0x1f, 0x40
#define CNAME 1, 5, 'a', '@', 'b', '.', 'c'

/* In and out have memory of exactly their size. */
static size_t run(const struct rtcp_rules *rules, uint8_t **out, size_t cap,
		  const uint8_t *in, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);
	size_t got;

	*out = malloc(cap ? cap : 1);
	cr_assert(bytes && *out);
	memcpy(bytes, in, len);
	got = rtcp_filter(*out, cap, bytes, len, rules);
	cr_assert_leq(got, cap);
	free(bytes);
	return got;
}

static void gives(const struct rtcp_rules *rules, const uint8_t *in, size_t len,
		  const uint8_t *expect, size_t expect_len)
{
	uint8_t *out;
	size_t got = run(rules, &out, len, in, len);

	cr_assert_eq(got, expect_len, "%zu, not %zu", got, expect_len);
	cr_assert_arr_eq(out, expect, expect_len);
	free(out);
}

/* Whatever the maps know. */
static void drops(const uint8_t *in, size_t len)
{
	uint8_t *out;

	asked = 0;
	cr_assert_eq(run(&mapped, &out, len, in, len), 0);
	cr_assert_eq(asked, 0);
	free(out);
	cr_assert_eq(run(&all, &out, len, in, len), 0);
	free(out);
}

static void keeps(const uint8_t *in, size_t len)
{
	gives(&all, in, len, in, len);
}

Test(rtcp, sender_report_passes_with_its_ssrcs_mapped)
{
	gives(&mapped, BYTES(0x81, 200, 0, 12, W(1), SENT, BLOCK(5)),
	      BYTES(0x81, 200, 0, 12, W(0xa1), SENT, BLOCK(0xb5)));
	gives(&mapped, BYTES(0x80, 200, 0, 6, W(2), SENT),
	      BYTES(0x80, 200, 0, 6, W(0xa2), SENT));
}

Test(rtcp, receiver_report_passes_with_its_ssrcs_mapped)
{
	gives(&mapped, BYTES(0x82, 201, 0, 13, W(1), BLOCK(5), BLOCK(6)),
	      BYTES(0x82, 201, 0, 13, W(0xa1), BLOCK(0xb5), BLOCK(0xb6)));
}

Test(rtcp, blocks_of_unknown_ssrcs_are_left_out)
{
	gives(&mapped,
	      BYTES(0x83, 201, 0, 19, W(1), BLOCK(7), BLOCK(6), BLOCK(1)),
	      BYTES(0x81, 201, 0, 7, W(0xa1), BLOCK(0xb6)));
	gives(&mapped, BYTES(0x81, 200, 0, 12, W(1), SENT, BLOCK(7)),
	      BYTES(0x80, 200, 0, 6, W(0xa1), SENT));
	/* An empty report is one (RFC 3550 6.4.2). */
	gives(&mapped, BYTES(0x81, 201, 0, 7, W(1), BLOCK(7)),
	      BYTES(0x80, 201, 0, 1, W(0xa1)));
}

Test(rtcp, report_of_an_unknown_sender_is_left_out)
{
	gives(&mapped, BYTES(0x80, 200, 0, 6, W(5), SENT), nothing, 0);
	gives(&mapped, BYTES(0x80, 201, 0, 1, W(5), 0x80, 201, 0, 1, W(2)),
	      BYTES(0x80, 201, 0, 1, W(0xa2)));
}

Test(rtcp, profile_extensions_are_cut)
{
	gives(&mapped, BYTES(0x81, 201, 0, 9, W(1), BLOCK(5), W(77), W(78)),
	      BYTES(0x81, 201, 0, 7, W(0xa1), BLOCK(0xb5)));
	gives(&mapped, BYTES(0x80, 200, 0, 7, W(1), SENT, W(77)),
	      BYTES(0x80, 200, 0, 6, W(0xa1), SENT));
}

Test(rtcp, compound_keeps_its_order)
{
	gives(&mapped,
	      BYTES(0x80, 201, 0, 1, W(1), 0x81, 202, 0, 4, W(1), CNAME, 0, 0,
		    0, 0, 0, 0x81, 203, 0, 1, W(1)),
	      BYTES(0x80, 201, 0, 1, W(0xa1), 0x81, 202, 0, 3, W(0xa1), CNAME,
		    0, 0x81, 203, 0, 1, W(0xa1)));
}

Test(rtcp, sdes_chunks_are_mapped_or_left_out)
{
	gives(&mapped,
	      BYTES(0x83, 202, 0, 8, W(1), CNAME, 0, W(7), CNAME, 0, W(2), 2, 0,
		    0, 0),
	      BYTES(0x82, 202, 0, 5, W(0xa1), CNAME, 0, W(0xa2), 2, 0, 0, 0));
	gives(&mapped, BYTES(0x81, 202, 0, 3, W(7), CNAME, 0), nothing, 0);
}

Test(rtcp, sdes_of_each_length_ends_in_one_to_four_zeros)
{
	keeps(BYTES(0x81, 202, 0, 2, W(1), 0, 0, 0, 0));
	keeps(BYTES(0x81, 202, 0, 2, W(1), 1, 0, 0, 0));
	keeps(BYTES(0x81, 202, 0, 2, W(1), 1, 1, 'a', 0));
	keeps(BYTES(0x81, 202, 0, 3, W(1), 1, 2, 'a', 'b', 0, 0, 0, 0));
	keeps(BYTES(0x81, 202, 0, 3, W(1), 1, 3, 'a', 'b', 'c', 0, 0, 0));
	/* A zero inside a text ends nothing. */
	keeps(BYTES(0x81, 202, 0, 2, W(1), 1, 1, 0, 0));
	keeps(BYTES(0x81, 202, 0, 3, W(1), 1, 2, 0, 0, 2, 1, 0, 0));
}

Test(rtcp, what_follows_the_end_of_a_chunk_is_not_passed_on)
{
	gives(&all, BYTES(0x81, 202, 0, 2, W(1), 1, 0, 0, 'x'),
	      BYTES(0x81, 202, 0, 2, W(1), 1, 0, 0, 0));
	gives(&all, BYTES(0x81, 202, 0, 3, W(1), 1, 0, 0, 0, 1, 2, 3, 4),
	      BYTES(0x81, 202, 0, 2, W(1), 1, 0, 0, 0));
}

Test(rtcp, bye_names_known_sources_only_and_keeps_its_reason)
{
	gives(&mapped, BYTES(0x83, 203, 0, 3, W(1), W(5), W(2)),
	      BYTES(0x82, 203, 0, 2, W(0xa1), W(0xa2)));
	gives(&mapped,
	      BYTES(0x82, 203, 0, 4, W(7), W(1), 4, 'g', 'o', 'n', 'e', 'x',
		    'y', 'z'),
	      BYTES(0x81, 203, 0, 3, W(0xa1), 4, 'g', 'o', 'n', 'e', 0, 0, 0));
	gives(&mapped, BYTES(0x81, 203, 0, 1, W(5)), nothing, 0);
	gives(&mapped, BYTES(0x80, 203, 0, 1, 3, 'b', 'y', 'e'), nothing, 0);
}

Test(rtcp, feedback_passes_with_both_ssrcs_known)
{
	gives(&mapped,
	      BYTES(0x81, 205, 0, 4, W(1), W(5), 0x12, 0x34, 0x80, 1, 0x12,
		    0x50, 0, 0),
	      BYTES(0x81, 205, 0, 4, W(0xa1), W(0xb5), 0x12, 0x34, 0x80, 1,
		    0x12, 0x50, 0, 0));
	gives(&mapped, BYTES(0x81, 206, 0, 2, W(2), W(6)),
	      BYTES(0x81, 206, 0, 2, W(0xa2), W(0xb6)));
	gives(&mapped, BYTES(0x82, 206, 0, 3, W(1), W(5), W(9)),
	      BYTES(0x82, 206, 0, 3, W(0xa1), W(0xb5), W(9)));
	gives(&mapped, BYTES(0x83, 206, 0, 3, W(1), W(5), W(9)),
	      BYTES(0x83, 206, 0, 3, W(0xa1), W(0xb5), W(9)));
	gives(&mapped, BYTES(0x81, 206, 0, 2, W(5), W(5)), nothing, 0);
	gives(&mapped, BYTES(0x81, 206, 0, 2, W(1), W(1)), nothing, 0);
	gives(&mapped, BYTES(0x81, 205, 0, 3, W(1), W(0), W(9)), nothing, 0);
}

Test(rtcp, picture_loss_carries_nothing_else)
{
	gives(&mapped, BYTES(0x81, 206, 0, 4, W(1), W(5), W(8), W(9)),
	      BYTES(0x81, 206, 0, 2, W(0xa1), W(0xb5)));
}

Test(rtcp, feedback_that_may_name_further_ssrcs_is_dropped)
{
	for (unsigned format = 0; format < 32; format++) {
		const uint8_t generic[] = {
			(uint8_t)(0x80 | format), 205, 0, 3, W(1), W(5), W(6)};
		const uint8_t special[] = {
			(uint8_t)(0x80 | format), 206, 0, 3, W(1), W(5), W(6)};
		uint8_t *out;

		cr_expect_eq(!!run(&all, &out, 16, generic, 16), format == 1);
		free(out);
		cr_expect_eq(!!run(&all, &out, 16, special, 16),
			     format >= 1 && format <= 3);
		free(out);
	}
}

Test(rtcp, other_types_are_dropped_and_the_rest_passes)
{
	for (unsigned type = 0; type < 256; type++) {
		const uint8_t in[] = {0x80, (uint8_t)type, 0, 2, W(1), W(2),
				      0x80, 201,	   0, 1, W(1)};
		const uint8_t *rest = in + 12;

		if (type >= 200 && type <= 203)
			continue;
		if (type == 205 || type == 206)
			continue;
		gives(&all, in, sizeof(in), rest, 8);
	}
	/* APP (RFC 3550 6.7), XR (RFC 3611). */
	gives(&all, BYTES(0x80, 204, 0, 2, W(1), 't', 'e', 's', 't'), nothing,
	      0);
	gives(&all, BYTES(0x80, 207, 0, 1, W(1)), nothing, 0);
}

Test(rtcp, reduced_size_may_begin_with_any_type)
{
	keeps(BYTES(0x81, 206, 0, 2, W(1), W(2)));
	keeps(BYTES(0x81, 202, 0, 2, W(1), 1, 0, 0, 0));
}

Test(rtcp, padding_of_the_last_is_taken_off)
{
	gives(&all, BYTES(0xa0, 201, 0, 2, W(1), 9, 9, 9, 4),
	      BYTES(0x80, 201, 0, 1, W(1)));
	gives(&all,
	      BYTES(0x80, 201, 0, 1, W(1), 0xa1, 203, 0, 3, W(1), 0, 0, 0, 0, 0,
		    0, 0, 8),
	      BYTES(0x80, 201, 0, 1, W(1), 0x81, 203, 0, 1, W(1)));
	/* Of one that is dropped, too. */
	gives(&all, BYTES(0x80, 201, 0, 1, W(1), 0xa0, 204, 0, 1, W(4)),
	      BYTES(0x80, 201, 0, 1, W(1)));
}

Test(rtcp, padding_that_does_not_hold_drops_all)
{
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(0)));
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(3)));
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(5)));
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(8))); /* leaves no SSRC */
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(12)));
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(252)));
	drops(BYTES(0xa0, 204, 0, 0));
	drops(BYTES(0xa0, 204, 0, 1, W(8)));
	/* Not on the last alone. */
	drops(BYTES(0xa0, 201, 0, 2, W(1), W(4), 0x80, 201, 0, 1, W(1)));
}

Test(rtcp, counts_are_not_read_beyond_what_padding_leaves)
{
	drops(BYTES(0xa1, 201, 0, 8, W(1), BLOCK(5), W(8)));
	drops(BYTES(0xa2, 203, 0, 2, W(1), W(4)));
	drops(BYTES(0xa1, 206, 0, 2, W(1), W(4)));
	drops(BYTES(0xa1, 202, 0, 2, W(1), 1, 0, 0, 4));
}

Test(rtcp, any_version_but_2_drops_all)
{
	for (unsigned version = 0; version < 4; version++) {
		const uint8_t first[] = {(uint8_t)(version << 6), 201, 0, 1,
					 W(1)};
		const uint8_t second[] = {
			0x80, 201, 0, 1,   W(1), (uint8_t)(version << 6),
			201,  0,   1, W(1)};

		if (version == 2)
			continue;
		drops(first, sizeof(first));
		drops(second, sizeof(second));
	}
}

Test(rtcp, length_past_the_end_drops_all)
{
	drops(BYTES(0x80, 201, 0, 2, W(1)));
	drops(BYTES(0x80, 201, 0xff, 0xff, W(1)));
	drops(BYTES(0x80, 201, 0, 1, W(1), 0x80, 204, 0xff, 0xff, W(1)));
	drops(BYTES(0x80, 201, 0, 1, W(1), 0x80, 204, 0, 1));
	/* What is left over is no packet. */
	drops(BYTES(0x80, 201, 0, 1, W(1), 0x80));
	drops(BYTES(0x80, 201, 0, 1, W(1), 0x80, 204, 0));
	drops(nothing, 0);
}

Test(rtcp, length_0_is_too_short_for_all_that_is_known)
{
	drops(BYTES(0x80, 200, 0, 0));
	drops(BYTES(0x80, 201, 0, 0, W(1)));
	drops(BYTES(0x81, 202, 0, 0));
	drops(BYTES(0x81, 203, 0, 0));
	drops(BYTES(0x81, 205, 0, 0));
	drops(BYTES(0x81, 206, 0, 0));
	/* Nothing is counted: harmless, and useless. */
	gives(&all, BYTES(0x80, 202, 0, 0, 0x80, 203, 0, 0, 0x80, 204, 0, 0),
	      nothing, 0);
}

Test(rtcp, count_larger_than_the_packet_drops_all)
{
	drops(BYTES(0x81, 200, 0, 6, W(1), SENT));
	drops(BYTES(0x80, 200, 0, 5, W(1), W(2), W(3), W(4), W(5)));
	drops(BYTES(0x9f, 201, 0, 7, W(1), BLOCK(5)));
	drops(BYTES(0x82, 201, 0, 12, W(1), BLOCK(5), W(6), W(7), W(8), W(9),
		    W(1)));
	drops(BYTES(0x9f, 203, 0, 1, W(1)));
	drops(BYTES(0x82, 202, 0, 2, W(1), 1, 0, 0, 0));
	drops(BYTES(0x81, 206, 0, 1, W(1)));
	/* One good packet before does not save it. */
	drops(BYTES(0x80, 201, 0, 1, W(1), 0x9f, 203, 0, 1, W(1)));
}

Test(rtcp, sdes_item_over_the_end_drops_all)
{
	drops(BYTES(0x81, 202, 0, 2, W(1), 1, 255, 'a', 0));
	drops(BYTES(0x81, 202, 0, 2, W(1), 1, 3, 'a', 0));
	/* Nothing ends the items, or a length is missing. */
	drops(BYTES(0x81, 202, 0, 2, W(1), 1, 2, 'a', 'b'));
	drops(BYTES(0x81, 202, 0, 2, W(1), 1, 1, 'a', 1));
	drops(BYTES(0x81, 202, 0, 1, W(1)));
	/* Of the first chunk over the second: that is then missing. */
	drops(BYTES(0x82, 202, 0, 4, W(1), 1, 9, 'a', 0, W(2), 1, 0, 0, 0));
	/* Not even into the next packet. */
	drops(BYTES(0x81, 202, 0, 2, W(1), 1, 3, 'a', 'b', 0x80, 201, 0, 1,
		    W(1)));
}

Test(rtcp, bye_reason_over_the_end_drops_all)
{
	drops(BYTES(0x81, 203, 0, 2, W(1), 4, 'a', 'b', 'c'));
	drops(BYTES(0x81, 203, 0, 2, W(1), 255, 'a', 'b', 'c'));
	keeps(BYTES(0x81, 203, 0, 2, W(1), 3, 'a', 'b', 'c'));
}

Test(rtcp, cut_anywhere_a_single_packet_is_dropped)
{
	const uint8_t in[] = {0x81, 200, 0, 12, W(1), SENT, BLOCK(5)};

	for (size_t len = 0; len < sizeof(in); len++)
		drops(in, len);
	keeps(in, sizeof(in));
}

Test(rtcp, nothing_is_written_beyond_cap)
{
	const uint8_t in[] = {
		0x81, 200,  0,	   12,	 W(1), SENT, BLOCK(5), 0x81, 202,  0,
		3,    W(1), CNAME, 0,	 0x81, 203,  0,	       2,    W(1), 3,
		'b',  'y',  'e',   0x81, 206,  0,    2,	       W(1), W(5)};
	uint8_t *out;

	for (size_t cap = 0; cap < sizeof(in); cap++) {
		cr_expect_eq(run(&all, &out, cap, in, sizeof(in)), 0);
		free(out);
	}
	cr_expect_eq(run(&all, &out, sizeof(in), in, sizeof(in)), sizeof(in));
	free(out);
}

Test(rtcp, maps_that_know_nothing_pass_nothing)
{
	const struct rtcp_rules nobody = {none, none, NULL};

	gives(&nobody,
	      BYTES(0x81, 200, 0, 12, W(1), SENT, BLOCK(5), 0x81, 202, 0, 3,
		    W(1), CNAME, 0, 0x81, 203, 0, 1, W(1), 0x81, 206, 0, 2,
		    W(1), W(5)),
	      nothing, 0);
}
