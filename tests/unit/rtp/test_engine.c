/* test_engine.c - every engine keeps the contract of engine.h: nothing is
 * learnt from a packet that is not proven, and no index is used twice */
#include "each.h"

Test(engine, is_found_by_its_name_only)
{
	cr_assert_null(rtp_engine_find("nss"));
	cr_assert_null(rtp_engine_find(""));
	for (size_t i = 0; i < sizeof(engine_names) / sizeof(*engine_names);
	     i++) {
		eng = rtp_engine_find(engine_names[i]);
		cr_assert_not_null(eng);
		cr_assert_str_eq(eng->name, engine_names[i]);
		cr_assert_eq(rtp_engine_find(engine_names[i]), eng);
		eng->close(NULL);
	}
}

FOR_EACH(engine, opens_no_unknown_suite_or_way)
{
	struct rtp_context *none = NULL;

	ok(eng->open(&none, RTP_SEND, SUITE_COUNT, key_salt) == EINVAL);
	ok(eng->open(&none, (enum rtp_way)9, suite, key_salt) == EINVAL);
	ok(none == NULL);
}

/* ---- index, rollover counter and window */

FOR_EACH(engine, counts_the_wrap_from_65530_to_5)
{
	for (uint32_t i = 65530; i < 65536 + 6; i++) {
		ok(say_at(SSRC, i >> 16, (uint16_t)i) == RTP_DONE);
		ok(hear() == RTP_DONE);
	}
	ok(roc_is(tx, SSRC, 1) && roc_is(rx, SSRC, 1));
	/* Late, from before the wrap. */
	ok(say_at(SSRC, 0, 65500) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(roc_is(tx, SSRC, 1) && roc_is(rx, SSRC, 1));
	ok(say_at(SSRC, 1, 6) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

FOR_EACH(engine, counts_wrap_after_wrap)
{
	for (uint32_t i = 0; i < 5 * 65536; i += 30000) {
		ok(say_at(SSRC, i >> 16, (uint16_t)i) == RTP_DONE);
		ok(hear() == RTP_DONE);
		ok(roc_is(tx, SSRC, i >> 16) && roc_is(rx, SSRC, i >> 16));
	}
}

FOR_EACH(engine, has_no_counter_below_0)
{
	ok(say_at(SSRC, 0, 5) == RTP_DONE);
	ok(hear() == RTP_DONE);
	/* By RFC 3711 A it would be one of counter -1. */
	ok(say_at(SSRC, 0, 65000) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(roc_is(tx, SSRC, 0) && roc_is(rx, SSRC, 0));
}

FOR_EACH(engine, takes_no_index_twice_and_none_older_than_the_window)
{
	ok(say_at(SSRC, 0, 1000) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(say() == RTP_REPLAYED);
	ok(hear() == RTP_REPLAYED);
	ok(say_at(SSRC, 0, 1000 - RTP_WINDOW) == RTP_REPLAYED);
	ok(hear() == RTP_REPLAYED);
	ok(say_at(SSRC, 0, 1000 - RTP_WINDOW + 1) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(say() == RTP_REPLAYED);
	ok(hear() == RTP_REPLAYED);
	/* What moved on is forgotten, not free. */
	ok(say_at(SSRC, 0, 1000 + RTP_WINDOW) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(say_at(SSRC, 0, 1000) == RTP_REPLAYED);
	ok(hear() == RTP_REPLAYED);
	ok(say_at(SSRC, 0, 1001) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

FOR_EACH(engine, remembers_every_index_of_the_window)
{
	for (unsigned i = 0; i < 3 * RTP_WINDOW; i++) {
		ok(say_at(SSRC, 0, (uint16_t)(500 + i)) == RTP_DONE);
		ok(hear() == RTP_DONE);
		for (unsigned back = 0; back < RTP_WINDOW && back <= i;
		     back += 9) {
			wire(SSRC, 0, (uint16_t)(500 + i - back));
			ok(say() == RTP_REPLAYED);
			ok(hear() == RTP_REPLAYED);
		}
	}
}

FOR_EACH(engine, never_wraps_at_the_last_index)
{
	const uint32_t last = UINT32_MAX;

	ok(eng->begin(tx, SSRC, last) == 0 && eng->begin(rx, SSRC, last) == 0);
	for (uint32_t seq = 65530; seq < 65536; seq++) {
		if (seq == 65533)
			continue;
		ok(say_at(SSRC, last, (uint16_t)seq) == RTP_DONE);
		ok(hear() == RTP_DONE);
	}
	/* 2^48 would be counter 0 again, and its key stream. */
	ok(say_at(SSRC, 0, 0) == RTP_EXHAUSTED);
	ok(hear() == RTP_EXHAUSTED);
	ok(say_at(SSRC, 0, 32000) == RTP_EXHAUSTED);
	ok(hear() == RTP_EXHAUSTED);
	/* What is unused below is still good, and other streams are. */
	ok(say_at(SSRC, last, 65533) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(roc_is(tx, SSRC, last) && roc_is(rx, SSRC, last));
	ok(say_at(SSRC + 1, 0, 0) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

/* ---- begin, roc */

FOR_EACH(engine, begins_a_stream_where_it_is_told)
{
	uint32_t roc = 77;

	ok(eng->begin(tx, SSRC, 4) == 0 && eng->begin(rx, SSRC, 4) == 0);
	ok(!eng->roc(tx, SSRC, &roc) && !eng->roc(rx, SSRC, &roc));
	ok(!eng->roc(rx, SSRC + 1, &roc) && roc == 77);
	ok(hear_at(SSRC, 0, 9) == RTP_FORGED);
	ok(hear_at(SSRC, 3, 9) == RTP_FORGED);
	ok(say_at(SSRC, 4, 9) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(roc_is(tx, SSRC, 4) && roc_is(rx, SSRC, 4));
	ok(eng->begin(tx, SSRC, 5) == EEXIST);
	ok(eng->begin(rx, SSRC, 5) == EEXIST);
	/* From then on it counts as ever. */
	ok(say_at(SSRC, 3, 65530) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(roc_is(tx, SSRC, 4) && roc_is(rx, SSRC, 4));
	ok(say_at(SSRC, 4, 30000) == RTP_DONE);
	ok(say_at(SSRC, 4, 60000) == RTP_DONE);
	ok(say_at(SSRC, 5, 0) == RTP_DONE);
	/* A stream beside it is not touched. */
	ok(say_at(SSRC + 1, 0, 9) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

FOR_EACH(engine, begins_anew_until_something_was_heard)
{
	static const uint32_t rocs[] = {9, 0, 3, 2, 0};

	for (size_t i = 0; i < sizeof(rocs) / sizeof(rocs[0]); i++) {
		ok(eng->begin(tx, SSRC, rocs[i]) == 0);
		ok(eng->begin(rx, SSRC, rocs[i]) == 0);
	}
	/* Index 0 has not been used up by any of them. */
	ok(say_at(SSRC, 0, 0) == RTP_DONE);
	ok(hear() == RTP_DONE);
	ok(hear() == RTP_REPLAYED);
	ok(eng->begin(tx, SSRC + 1, 6) == 0 &&
	   eng->begin(rx, SSRC + 1, 6) == 0);
	ok(eng->begin(tx, SSRC + 1, 2) == 0 &&
	   eng->begin(rx, SSRC + 1, 2) == 0);
	ok(say_at(SSRC + 1, 2, 0) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

FOR_EACH(engine, carries_rtcp_beside_a_begun_stream)
{
	ok(eng->begin(rx, SSRC, 4) == 0 && eng->begin(tx, SSRC, 4) == 0);
	wire_rtcp(SSRC, 1, 20);
	ok(say_rtcp() == RTP_DONE);
	ok(hear_rtcp() == RTP_DONE);
	ok(roc_is(tx, SSRC, 4) && roc_is(rx, SSRC, 4));
	ok(eng->begin(rx, SSRC, 5) == EEXIST);
	ok(say_at(SSRC, 4, 20) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

/* ---- what is not authentic */

FOR_EACH(engine, refuses_a_flipped_bit_in_every_byte)
{
	for (unsigned bit = 0; bit < 8; bit++) {
		wire(SSRC, 0, (uint16_t)(300 + bit));
		for (size_t at = 0; at < sealed_len; at++) {
			enum rtp_result result;

			sealed[at] ^= (uint8_t)(1 << bit);
			result = hear();
			sealed[at] ^= (uint8_t)(1 << bit);
			/* The first byte says how long the header is. */
			ok(result == RTP_FORGED ||
			   (at == 0 && result == RTP_MALFORMED));
		}
		ok(hear() == RTP_DONE);
	}
	ok(roc_is(rx, SSRC, 0));
}

FOR_EACH(engine, refuses_a_flipped_bit_in_every_byte_of_rtcp)
{
	for (unsigned bit = 0; bit < 8; bit++) {
		wire_rtcp(SSRC, bit + 1, 20);
		for (size_t at = 0; at < sealed_len; at++) {
			enum rtp_result result;

			sealed[at] ^= (uint8_t)(1 << bit);
			result = hear_rtcp();
			sealed[at] ^= (uint8_t)(1 << bit);
			ok(result == RTP_FORGED ||
			   (at == 0 && result == RTP_MALFORMED));
		}
		ok(hear_rtcp() == RTP_DONE);
	}
}

FOR_EACH(engine, refuses_every_truncated_packet)
{
	size_t whole;

	wire(SSRC, 0, 300);
	plain[0] = 0x93; /* three CSRCs and an extension of two words */
	put(plain + 24, 0xbede0002, 4);
	whole = sealed_len = oracle_rtp(&orc, plain, plain_len, 36, 0, sealed);
	for (sealed_len = 0; sealed_len < whole; sealed_len++) {
		const enum rtp_result result = hear();

		ok(result == (sealed_len < 36 + oracle_overhead(suite, false)
				      ? RTP_MALFORMED
				      : RTP_FORGED));
	}
	ok(hear() == RTP_DONE);
	wire_rtcp(SSRC, 1, 20);
	whole = sealed_len;
	for (sealed_len = 0; sealed_len < whole; sealed_len++) {
		const enum rtp_result result = hear_rtcp();

		ok(result == (sealed_len < 8 + oracle_overhead(suite, true)
				      ? RTP_MALFORMED
				      : RTP_FORGED));
	}
	ok(hear_rtcp() == RTP_DONE);
}

FOR_EACH(engine, sends_nothing_malformed)
{
	uint8_t out[WIRE_MAX];
	size_t len;

	wire(SSRC, 0, 300);
	for (len = 0; len < 12; len++)
		ok(eng->protect(tx, plain, out, &len, sizeof(out)) ==
		   RTP_MALFORMED);
	plain[0] = 0x8f; /* more CSRCs than it has room for */
	len = 20;
	ok(eng->protect(tx, plain, out, &len, sizeof(out)) == RTP_MALFORMED);
	plain[0] = 0x40;
	len = plain_len;
	ok(eng->protect(tx, plain, out, &len, sizeof(out)) == RTP_MALFORMED);
	for (len = 0; len < 8; len++)
		ok(eng->protect_rtcp(tx, plain, out, &len, sizeof(out)) ==
		   RTP_MALFORMED);
	len = plain_len;
	ok(eng->protect_rtcp(tx, plain, out, &len, sizeof(out)) ==
	   RTP_MALFORMED);
	ok(!eng->roc(tx, SSRC, &(uint32_t){0}));
	ok(say_at(SSRC, 0, 300) == RTP_DONE);
}

FOR_EACH(engine, says_replayed_of_authentic_packets_only)
{
	uint8_t other[RTP_KEY_SALT_MAX];
	const struct oracle ours = orc;

	ok(hear_at(SSRC, 0, 40000) == RTP_DONE);
	make_key(other, 200);
	orc = oracle_of(suite, other);
	ok(hear_at(SSRC, 0, 40000) == RTP_FORGED);
	ok(hear_at(SSRC, 0, 39990) == RTP_FORGED);
	ok(hear_at(SSRC, 0, 30000) == RTP_FORGED);
	wire_rtcp(SSRC, 1, 20);
	ok(hear_rtcp() == RTP_FORGED);
	orc = ours;
	wire_rtcp(SSRC, 1, 20);
	ok(hear_rtcp() == RTP_DONE);
	orc = oracle_of(suite, other);
	wire_rtcp(SSRC, 1, 20);
	ok(hear_rtcp() == RTP_FORGED);
	orc = ours;
	ok(hear_rtcp() == RTP_FORGED);
	wire_rtcp(SSRC, 1, 20);
	ok(hear_rtcp() == RTP_REPLAYED);
	/* The same with a counter above 0. */
	ok(hear_at(SSRC, 1, 10) == RTP_DONE);
	ok(hear_at(SSRC, 1, 10) == RTP_REPLAYED);
	ok(hear_at(SSRC, 0, 40000) == RTP_REPLAYED);
	sealed[20] ^= 1;
	ok(hear() == RTP_FORGED);
	ok(hear_at(SSRC, 1, 11) == RTP_DONE);
}

FOR_EACH(engine, takes_rtp_for_rtcp_in_no_way)
{
	wire(SSRC, 0, 300);
	ok(hear_rtcp() == RTP_FORGED);
	wire_rtcp(SSRC, 1, 60);
	plain_len = sealed_len; /* room */
	ok(hear() == RTP_FORGED);
	ok(!eng->roc(rx, SSRC, &(uint32_t){0}));
}

/* ---- the two attacks on a receiver that learns before it has proof */

FOR_EACH(engine, is_not_moved_on_by_a_forged_sequence)
{
	ok(hear_at(SSRC, 0, 40000) == RTP_DONE);
	wire(SSRC, 1, 40000 - 32768 - 1);
	sealed[sealed_len - 1] ^= 1;
	ok(hear() == RTP_FORGED);
	wire(SSRC, 0, 40000 - 32768);
	sealed[sealed_len - 1] ^= 1;
	ok(hear() == RTP_FORGED);
	ok(roc_is(rx, SSRC, 0));
	for (uint16_t i = 1; i <= 500; i++)
		ok(hear_at(SSRC, 0, (uint16_t)(40000 + i)) == RTP_DONE);
}

FOR_EACH(engine, gives_no_place_to_forged_ssrcs)
{
	for (uint32_t i = 0; i < 100; i++) {
		wire(0x1000 + i, 0, 300);
		sealed[sealed_len - 1] ^= 1;
		ok(hear() == RTP_FORGED);
		wire_rtcp(0x2000 + i, 1, 20);
		sealed[12] ^= 1;
		ok(hear_rtcp() == RTP_FORGED);
	}
	for (uint32_t i = 0; i < RTP_SSRC_MAX; i++)
		ok(hear_at(SSRC + i, 0, 300) == RTP_DONE);
}

/* ---- limits */

FOR_EACH(engine, has_room_for_so_many_ssrcs_and_no_more)
{
	for (uint32_t i = 0; i < RTP_SSRC_MAX; i++) {
		if (i % 2) {
			wire_rtcp(SSRC + i, 1, 20);
			ok(say_rtcp() == RTP_DONE && hear_rtcp() == RTP_DONE);
		} else {
			ok(say_at(SSRC + i, 0, 300) == RTP_DONE);
			ok(hear() == RTP_DONE);
		}
	}
	ok(say_at(7, 0, 300) == RTP_NO_ROOM);
	ok(hear() == RTP_NO_ROOM);
	wire_rtcp(7, 1, 20);
	ok(say_rtcp() == RTP_NO_ROOM);
	ok(hear_rtcp() == RTP_NO_ROOM);
	sealed[12] ^= 1;
	ok(hear_rtcp() == RTP_FORGED);
	wire(7, 0, 300);
	sealed[20] ^= 1;
	ok(hear() == RTP_FORGED);
	ok(eng->begin(rx, 7, 1) == ENOSPC && eng->begin(tx, 7, 1) == ENOSPC);
	ok(!eng->roc(rx, 7, &(uint32_t){0}));
	for (uint32_t i = 0; i < RTP_SSRC_MAX; i++) {
		ok(say_at(SSRC + i, 0, 301) == RTP_DONE);
		ok(hear() == RTP_DONE);
	}
}

FOR_EACH(engine, changes_nothing_where_the_room_is_too_small)
{
	uint8_t out[WIRE_MAX];
	size_t len;

	wire(SSRC, 0, 300);
	len = plain_len;
	ok(eng->protect(tx, plain, out, &len, sealed_len - 1) == RTP_NO_ROOM);
	ok(len == plain_len && say() == RTP_DONE);
	len = sealed_len;
	ok(eng->unprotect(rx, sealed, out, &len, plain_len - 1) == RTP_NO_ROOM);
	ok(len == sealed_len && hear() == RTP_DONE);
	wire_rtcp(SSRC, 1, 20);
	len = plain_len;
	ok(eng->protect_rtcp(tx, plain, out, &len, sealed_len - 1) ==
	   RTP_NO_ROOM);
	ok(len == plain_len && say_rtcp() == RTP_DONE);
	len = sealed_len;
	ok(eng->unprotect_rtcp(rx, sealed, out, &len, plain_len - 1) ==
	   RTP_NO_ROOM);
	ok(len == sealed_len && hear_rtcp() == RTP_DONE);
}

FOR_EACH(engine, takes_the_longest_packet_and_none_longer)
{
	static uint8_t out[WIRE_MAX + 8], longer[WIRE_MAX + 8];
	size_t len;

	plain_len = make_rtp(plain, SSRC, 9, RTP_PACKET_MAX - 12);
	sealed_len = oracle_rtp(&orc, plain, plain_len, 12, 0, sealed);
	ok(say() == RTP_DONE && hear() == RTP_DONE);
	memcpy(longer, plain, plain_len);
	longer[3]++;
	len = RTP_PACKET_MAX + 1;
	ok(eng->protect(tx, longer, out, &len, sizeof(out)) == RTP_MALFORMED);
	len = RTP_PACKET_MAX + 1;
	ok(eng->protect_rtcp(tx, longer, out, &len, sizeof(out)) ==
	   RTP_MALFORMED);
	len = RTP_PACKET_MAX + RTP_OVERHEAD_MAX + 1;
	ok(eng->unprotect(rx, longer, out, &len, sizeof(out)) == RTP_MALFORMED);
	len = RTP_PACKET_MAX + RTP_OVERHEAD_MAX + 1;
	ok(eng->unprotect_rtcp(rx, longer, out, &len, sizeof(out)) ==
	   RTP_MALFORMED);
}

/* ---- SRTCP */

FOR_EACH(engine, counts_rtcp_up_from_1_for_each_ssrc)
{
	for (uint32_t i = 3; i < 400; i++) {
		wire_rtcp(SSRC + i % 3, i / 3, 20);
		ok(say_rtcp() == RTP_DONE);
		ok(hear_rtcp() == RTP_DONE);
		ok(hear_rtcp() == RTP_REPLAYED);
	}
	/* RTP has indices of its own. */
	ok(say_at(SSRC, 0, 1) == RTP_DONE);
	ok(hear() == RTP_DONE);
}

FOR_EACH(engine, takes_rtcp_late_within_the_window)
{
	const uint32_t last = 0x7fffffff;

	wire_rtcp(SSRC, 500, 20);
	ok(hear_rtcp() == RTP_DONE);
	wire_rtcp(SSRC, 500 - RTP_WINDOW, 20);
	ok(hear_rtcp() == RTP_REPLAYED);
	wire_rtcp(SSRC, 500 - RTP_WINDOW + 1, 20);
	ok(hear_rtcp() == RTP_DONE);
	ok(hear_rtcp() == RTP_REPLAYED);
	wire_rtcp(SSRC, last, 20);
	ok(hear_rtcp() == RTP_DONE);
	wire_rtcp(SSRC, last - 1, 20);
	ok(hear_rtcp() == RTP_DONE);
	wire_rtcp(SSRC, 1, 20);
	ok(hear_rtcp() == RTP_REPLAYED);
}

FOR_EACH(engine, refuses_rtcp_in_clear)
{
	plain_len = make_rtcp(plain, SSRC, 20);
	sealed_len = oracle_rtcp(&orc, plain, plain_len, 1, false, sealed);
	/* Well authenticated, but nobody agreed to UNENCRYPTED_SRTCP. */
	ok(hear_rtcp() == RTP_FORGED);
	wire_rtcp(SSRC, 1, 20);
	ok(hear_rtcp() == RTP_DONE);
}
