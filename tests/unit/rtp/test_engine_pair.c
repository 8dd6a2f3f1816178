/* test_engine_pair.c - the two engines are one to their peers: the same bytes,
 * the same verdicts, in all suites, for packets of every shape and order */
#include "pair.h"

enum { PACKETS = 3000, LATE_MAX = 8, HEADER_WORDS_MAX = 20 };

static void put_u32(uint8_t *dst, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		dst[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void fill(struct pair *pair, uint8_t *dst, size_t len)
{
	for (size_t i = 0; i < len; i++)
		dst[i] = (uint8_t)draw(pair);
}

/* Sizes around the ciphers' blocks more often than others. */
static size_t any_payload(struct pair *pair)
{
	static const uint16_t edges[] = {0,  1,	 15,  16,  17,	 31,
					 32, 33, 160, 172, 1399, 1400};

	if (one_in(pair, 2))
		return edges[draw(pair) % (sizeof(edges) / sizeof(edges[0]))];
	return draw(pair) % 1401;
}

static struct datagram any_rtp(struct pair *pair, uint32_t ssrc, uint16_t seq)
{
	const size_t csrcs = one_in(pair, 3) ? draw(pair) % 16 : 0;
	const bool extended = one_in(pair, 3);
	const size_t words = draw(pair) % HEADER_WORDS_MAX;
	struct datagram d;

	d.len = 12 + 4 * csrcs + (extended ? 4 + 4 * words : 0);
	fill(pair, d.p, d.len);
	d.p[0] = (uint8_t)(0x80 | (extended ? 0x10 : 0) | csrcs |
			   (one_in(pair, 8) ? 0x20 : 0));
	d.p[2] = (uint8_t)(seq >> 8);
	d.p[3] = (uint8_t)seq;
	put_u32(d.p + 8, ssrc);
	if (extended) {
		d.p[12 + 4 * csrcs + 2] = 0;
		d.p[12 + 4 * csrcs + 3] = (uint8_t)words;
	}
	const size_t payload = any_payload(pair);
	fill(pair, d.p + d.len, payload);
	d.len += payload;
	return d;
}

static struct datagram any_rtcp(struct pair *pair, uint32_t ssrc)
{
	struct datagram d = {.len = 8 + any_payload(pair)};

	fill(pair, d.p, d.len);
	d.p[0] = 0x80 | (d.p[0] & 0x3f);
	put_u32(d.p + 4, ssrc);
	return d;
}

/* A sender's walk: on by one, mostly; steps back, repeats, gaps. Wild: up to
 * those that RFC 3711 3.3.1 can just follow, and any. */
static uint16_t next_sequence(struct pair *pair, bool wild, uint16_t seq)
{
	switch (draw(pair) % (wild ? 40 : 120)) {
	case 0:
		return (uint16_t)(seq - draw(pair) % 140);
	case 1:
		return (uint16_t)(seq + draw(pair) % 3000);
	case 2:
		return (uint16_t)(seq + wild * (20000 + draw(pair) % 12767));
	case 3:
		return wild ? (uint16_t)draw(pair) : seq;
	default:
		return (uint16_t)(seq + 1);
	}
}

/* One sealed packet arrives: perhaps changed first (then for nothing), perhaps
 * twice. */
static unsigned deliver(struct pair *pair, bool rtcp,
			const struct datagram *sealed)
{
	struct datagram plain, bad = *sealed;
	enum rtp_result first;

	if (one_in(pair, 3)) {
		bad.p[draw(pair) % bad.len] ^= (uint8_t)(1 << draw(pair) % 8);
		cr_assert_neq(both(pair, false, rtcp, &bad, &plain), RTP_DONE);
	}
	if (one_in(pair, 5)) {
		bad = *sealed;
		bad.len = draw(pair) % bad.len;
		cr_assert_neq(both(pair, false, rtcp, &bad, &plain), RTP_DONE);
	}
	first = both(pair, false, rtcp, sealed, &plain);
	if (one_in(pair, 4))
		cr_assert_neq(both(pair, false, rtcp, sealed, &plain),
			      RTP_DONE);
	return first == RTP_DONE;
}

/* Packets on their way: some are late, some never come. */
struct road {
	struct datagram packets[LATE_MAX];
	unsigned arrived;
};

static void travel(struct pair *pair, bool rtcp, struct road *road,
		   const struct datagram *sealed)
{
	struct datagram *place = &road->packets[draw(pair) % LATE_MAX];

	if (place->len && !one_in(pair, 20))
		road->arrived += deliver(pair, rtcp, place);
	*place = *sealed;
	if (one_in(pair, 2)) {
		road->arrived += deliver(pair, rtcp, place);
		place->len = 0;
	}
}

/* The first packets arrive in order, as they must near a wrap; and all of a
 * wild walk, since what is sent has an order that a receiver can follow. */
static void run_rtp(enum suite suite, uint16_t first, uint32_t roc, bool wild)
{
	struct pair pair = open_pair(suite, suite + 1);
	struct road *road = calloc(1, sizeof(*road));
	const uint32_t ssrc = draw(&pair);
	unsigned sent = 0;
	uint16_t seq = first;

	for (unsigned i = 0; roc && i < ENGINES; i++) {
		cr_assert_eq(pair.engine[i]->begin(pair.tx[i], ssrc, roc), 0);
		cr_assert_eq(pair.engine[i]->begin(pair.rx[i], ssrc, roc), 0);
	}
	for (unsigned i = 0; i < PACKETS; i++) {
		const struct datagram plain = any_rtp(&pair, ssrc, seq);
		struct datagram sealed;

		if (both(&pair, true, false, &plain, &sealed) == RTP_DONE) {
			if (wild || i < 100)
				road->arrived += deliver(&pair, false, &sealed);
			else
				travel(&pair, false, road, &sealed);
			sent++;
		}
		assert_same_roc(&pair, ssrc);
		seq = next_sequence(&pair, wild, seq);
	}
	cr_assert_gt(sent, PACKETS / 2);
	cr_assert_geq(road->arrived, wild ? sent : sent / 2, "%u of %u",
		      road->arrived, sent);
	free(road);
	close_pair(&pair);
}

Test(rtp_engine_pair, same_rtp_from_the_first_packet_on)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++)
		run_rtp((enum suite)i, 0, 0, false);
}

Test(rtp_engine_pair, same_rtp_over_the_first_wrap)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++)
		run_rtp((enum suite)i, 65500, 0, false);
}

Test(rtp_engine_pair, same_rtp_from_a_counter_of_their_own)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++)
		run_rtp((enum suite)i, 65500, 0x7fffffff, false);
}

Test(rtp_engine_pair, same_rtp_over_gaps_of_any_size)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		run_rtp((enum suite)i, 40000, 0, true);
		run_rtp((enum suite)i, 65500, 5, true);
	}
}

Test(rtp_engine_pair, same_rtcp)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		struct pair pair = open_pair((enum suite)i, i + 100);
		struct road *road = calloc(1, sizeof(*road));

		for (unsigned k = 0; k < PACKETS; k++) {
			const struct datagram plain =
				any_rtcp(&pair, 1 + draw(&pair) % 3);
			struct datagram sealed;

			cr_assert_eq(both(&pair, true, true, &plain, &sealed),
				     RTP_DONE);
			travel(&pair, true, road, &sealed);
		}
		cr_assert_gt(road->arrived, PACKETS / 2);
		free(road);
		close_pair(&pair);
	}
}

/* The last index of all, and nothing after it. */
Test(rtp_engine_pair, same_end_of_a_key)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		struct pair pair = open_pair((enum suite)i, i + 200);
		enum rtp_result res = RTP_DONE;
		unsigned done = 0;

		for (unsigned k = 0; k < ENGINES; k++) {
			cr_assert_eq(pair.engine[k]->begin(pair.tx[k], 9,
							   UINT32_MAX),
				     0);
			cr_assert_eq(pair.engine[k]->begin(pair.rx[k], 9,
							   UINT32_MAX),
				     0);
		}
		for (uint16_t seq = 65530; seq != 10; seq++) {
			struct datagram plain = any_rtp(&pair, 9, seq);
			struct datagram sealed, back;

			res = both(&pair, true, false, &plain, &sealed);
			if (res != RTP_DONE)
				continue;
			done++;
			cr_assert_eq(both(&pair, false, false, &sealed, &back),
				     RTP_DONE);
			cr_assert_eq(back.len, plain.len);
			cr_assert_arr_eq(back.p, plain.p, plain.len);
		}
		cr_assert_eq(done, 6);
		cr_assert_eq(res, RTP_EXHAUSTED);
		close_pair(&pair);
	}
}

/* Each takes what the other sealed, and gives what was put in. */
Test(rtp_engine_pair, one_opens_what_the_other_sealed)
{
	for (unsigned i = 0; i < 2 * SUITE_COUNT; i++) {
		struct pair pair = open_pair((enum suite)(i / 2), i + 300);
		const unsigned from = i % 2;

		for (uint16_t seq = 65000; seq != 600; seq++) {
			const bool rtcp = seq % 4 == 0;
			struct datagram plain = rtcp ? any_rtcp(&pair, 5)
						     : any_rtp(&pair, 5, seq);
			struct datagram sealed, back;

			cr_assert_eq(
				call(&pair, from, true, rtcp, &plain, &sealed),
				RTP_DONE);
			cr_assert_eq(
				call(&pair, !from, false, rtcp, &sealed, &back),
				RTP_DONE);
			cr_assert_eq(back.len, plain.len);
			cr_assert_arr_eq(back.p, plain.p, plain.len);
		}
		close_pair(&pair);
	}
}

/* RTP and RTCP of more SSRCs than there is room for. */
Test(rtp_engine_pair, same_room_for_ssrcs)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		struct pair pair = open_pair((enum suite)i, i + 400);
		unsigned full = 0;

		for (unsigned k = 0; k < 500; k++) {
			const uint32_t ssrc = draw(&pair) % (RTP_SSRC_MAX + 8);
			const bool rtcp = one_in(&pair, 3);
			const struct datagram plain =
				rtcp ? any_rtcp(&pair, ssrc)
				     : any_rtp(&pair, ssrc, (uint16_t)k);
			struct datagram sealed, back;

			if (both(&pair, true, rtcp, &plain, &sealed) ==
			    RTP_DONE)
				both(&pair, false, rtcp, &sealed, &back);
			else
				full++;
			assert_same_roc(&pair, ssrc);
		}
		cr_assert_gt(full, 10);
		close_pair(&pair);
	}
}

/* Not RTP, not RTCP, and what is cut off anywhere. */
Test(rtp_engine_pair, same_refusal_of_what_is_malformed)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		struct pair pair = open_pair((enum suite)i, i + 500);
		unsigned refused = 0;

		for (unsigned k = 0; k < 4000; k++) {
			const bool rtcp = one_in(&pair, 2);
			struct datagram junk = {.len = draw(&pair) %
						       (k % 2 ? 60 : ROOM)};
			struct datagram out;

			fill(&pair, junk.p, junk.len);
			if (junk.len > 12 && one_in(&pair, 2)) {
				junk.p[0] = 0x90 | (junk.p[0] & 0xf);
				put_u32(junk.p + (rtcp ? 4 : 8), k % 4);
			}
			refused += both(&pair, true, rtcp, &junk, &out) ==
				   RTP_MALFORMED;
			cr_assert_neq(both(&pair, false, rtcp, &junk, &out),
				      RTP_DONE);
		}
		cr_assert_gt(refused, 1000);
		close_pair(&pair);
	}
}
