/* test_sender_rules.c - which packets leave, under which SSRC and in what form:
 * each rule of sender.h by itself */
#include <errno.h>

#include "leg.h"

enum { A = 0xa0a0a0a0, B = 0xb0b0b0b0 };

static struct leg *leg;

static void open_secure(void)
{
	const struct rtp_key key = make_key(SUITE_AES_CM_128_HMAC_SHA1_80, 1);

	leg = open_leg(0);
	set_key(leg, &key);
}

static void close_it(void)
{
	close_leg(leg);
}

TestSuite(rtp_sender_rules, .init = open_secure, .fini = close_it);

static enum rtp_result result(uint32_t ssrc, uint16_t seq)
{
	return send_rtp(leg, ssrc, seq).res;
}

static void new_key(unsigned number)
{
	const struct rtp_key key =
		make_key(SUITE_AES_CM_128_HMAC_SHA1_80, number);

	set_key(leg, &key);
}

Test(rtp_sender_rules, an_ssrc_stays_as_it_is_the_first_time)
{
	cr_assert_eq(sent_as(leg, A, 100), A);
	cr_assert_eq(sent_as(leg, B, 7), B);
	cr_assert_eq(sent_as(leg, A, 101), A);
}

Test(rtp_sender_rules, a_repeat_is_dropped_and_a_late_one_leaves_once)
{
	sent_as(leg, A, 100);
	sent_as(leg, A, 102);
	cr_assert_eq(result(A, 102), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 101), A);
	cr_assert_eq(result(A, 101), RTP_REPLAYED);
	cr_assert_eq(result(A, 100), RTP_REPLAYED);
}

Test(rtp_sender_rules, the_window_ends_at_128)
{
	sent_as(leg, A, 1000);
	cr_assert_eq(sent_as(leg, A, 1000 - 127), A);
	cr_assert_eq(result(A, 1000 - 128), RTP_REPLAYED);
	cr_assert_eq(result(A, 1000 - 127), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 1001), A);
	/* None of them was a jump: a second in sequence is none either. */
	cr_assert_eq(result(A, 1001 - 126), RTP_DONE);
}

Test(rtp_sender_rules, a_jump_gets_a_fresh_ssrc_with_its_second_packet)
{
	uint32_t fresh, source;

	sent_as(leg, A, 1000);
	cr_assert_eq(result(A, 1000 + 3001), RTP_REPLAYED);
	fresh = sent_as(leg, A, 1000 + 3002);
	cr_assert_neq(fresh, A);
	cr_assert_eq(sent_as(leg, A, 1000 + 3003), fresh);
	cr_assert_not(rtp_sender_unmap(leg->sender, A, &source));
	cr_assert(rtp_sender_unmap(leg->sender, fresh, &source));
	cr_assert_eq(source, A);
}

Test(rtp_sender_rules, a_gap_of_3000_is_no_jump)
{
	sent_as(leg, A, 1000);
	cr_assert_eq(sent_as(leg, A, 4000), A);
}

Test(rtp_sender_rules, a_restart_gets_a_fresh_ssrc)
{
	sent_as(leg, A, 1000);
	cr_assert_eq(result(A, 1000 - 130), RTP_REPLAYED);
	cr_assert_neq(sent_as(leg, A, 1000 - 129), A);
}

Test(rtp_sender_rules, one_stray_packet_changes_nothing)
{
	sent_as(leg, A, 1000);
	cr_assert_eq(result(A, 30000), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 1001), A);
	cr_assert_eq(result(A, 30005), RTP_REPLAYED);
	cr_assert_eq(result(A, 30005), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 1002), A);
}

/* Else a receiver that takes it for one of counter -1 would not follow. */
Test(rtp_sender_rules, nothing_leaves_from_before_the_first_counter)
{
	sent_as(leg, A, 2);
	cr_assert_eq(result(A, 65534), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 1), A);
	cr_assert_eq(result(A, 65535), RTP_REPLAYED);
}

Test(rtp_sender_rules, what_came_late_leaves_over_a_wrap)
{
	sent_as(leg, A, 65534);
	sent_as(leg, A, 1);
	cr_assert_eq(sent_as(leg, A, 65535), A);
	cr_assert_eq(sent_as(leg, A, 0), A);
	cr_assert_eq(result(A, 65535), RTP_REPLAYED);
}

Test(rtp_sender_rules, another_source_gets_fresh_ssrcs)
{
	uint32_t fresh, source;

	sent_as(leg, A, 1000);
	rtp_sender_switch(leg->sender);
	cr_assert_not(rtp_sender_unmap(leg->sender, A, &source));
	fresh = sent_as(leg, A, 1000);
	cr_assert_neq(fresh, A);
	cr_assert_eq(sent_as(leg, B, 1000), B);
	rtp_sender_switch(leg->sender);
	/* Neither what it was, nor what it was called. */
	cr_assert_neq(sent_as(leg, A, 5), fresh);
	cr_assert_neq(sent_as(leg, fresh, 1001), fresh);
}

Test(rtp_sender_rules, an_ssrc_of_ours_is_taken_from_no_source)
{
	uint32_t fresh;

	sent_as(leg, A, 1000);
	rtp_sender_switch(leg->sender);
	fresh = sent_as(leg, A, 1000);
	cr_assert_neq(sent_as(leg, fresh, 1000), fresh);
	cr_assert_eq(sent_as(leg, A, 1001), fresh);
}

Test(rtp_sender_rules, a_new_key_keeps_the_ssrc_and_begins_at_counter_0)
{
	sent_as(leg, A, 65535);
	sent_as(leg, A, 0);
	new_key(2);
	cr_assert_eq(sent_as(leg, A, 1), A);
	/* It was sent under the old key; and 65534 has no index here. */
	cr_assert_eq(result(A, 0), RTP_REPLAYED);
	cr_assert_eq(result(A, 65534), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 2), A);
}

Test(rtp_sender_rules, nothing_late_is_the_first_under_a_new_key)
{
	sent_as(leg, A, 65530);
	sent_as(leg, A, 1);
	new_key(2);
	cr_assert_eq(result(A, 65533), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 2), A);
	cr_assert_eq(result(A, 65533), RTP_REPLAYED);
	cr_assert_eq(sent_as(leg, A, 0), A);
	cr_assert_eq(sent_as(leg, A, 3), A);
}

Test(rtp_sender_rules, the_key_in_force_again_changes_nothing)
{
	sent_as(leg, A, 65535);
	sent_as(leg, A, 0);
	new_key(1);
	cr_assert_eq(result(A, 0), RTP_REPLAYED);
	/* The listener's counter is 1 by now, and it hears this. */
	cr_assert_eq(sent_as(leg, A, 1), A);
}

Test(rtp_sender_rules, a_key_that_comes_back_meets_fresh_ssrcs)
{
	uint32_t fresh;

	sent_as(leg, A, 1);
	cr_assert_eq(send_rtcp(leg, B).res, RTP_DONE);
	new_key(2);
	cr_assert_eq(sent_as(leg, A, 2), A);
	new_key(1);
	fresh = sent_as(leg, A, 3);
	cr_assert_neq(fresh, A);
	cr_assert_neq(send_rtcp(leg, B).ssrc, B);
	set_key(leg, NULL);
	cr_assert_eq(sent_as(leg, A, 4), fresh);
	new_key(1);
	cr_assert_neq(sent_as(leg, A, 5), fresh);
}

Test(rtp_sender_rules, a_key_with_another_tag_is_the_same_key)
{
	struct rtp_key key = make_key(SUITE_AES_CM_128_HMAC_SHA1_32, 1);

	sent_as(leg, A, 1);
	set_key(leg, &key);
	cr_assert_neq(sent_as(leg, A, 2), A);
}

Test(rtp_sender_rules, the_room_of_a_key_ends_and_a_new_key_has_its_own)
{
	uint32_t out;

	for (uint32_t i = 1; i <= RTP_SSRC_MAX; i++)
		cr_assert_eq(sent_as(leg, i, 1), i);
	cr_assert_eq(result(A, 1), RTP_NO_ROOM);
	cr_assert_not(rtp_sender_map(leg->sender, A, &out));
	cr_assert_eq(sent_as(leg, 1, 2), 1);
	cr_assert_eq(result(1, 9000), RTP_REPLAYED);
	cr_assert_eq(result(1, 9001), RTP_NO_ROOM);
	new_key(2);
	cr_assert_eq(sent_as(leg, A, 1), A);
	cr_assert_eq(sent_as(leg, 2, 2), 2);
}

Test(rtp_sender_rules, clear_has_no_ceiling_and_forgets_the_oldest)
{
	uint32_t source;

	set_key(leg, NULL);
	for (uint32_t i = 1; i <= 3 * RTP_SSRC_MAX; i++) {
		cr_assert_eq(sent_as(leg, i, 1), i);
		cr_assert_eq(sent_as(leg, 1, (uint16_t)(i + 1)), 1);
	}
	cr_assert(rtp_sender_unmap(leg->sender, 1, &source));
	cr_assert(rtp_sender_unmap(leg->sender, 3 * RTP_SSRC_MAX, &source));
	cr_assert_not(rtp_sender_unmap(leg->sender, 2, &source));
}

Test(rtp_sender_rules, clear_has_the_same_map)
{
	uint32_t fresh, again;

	set_key(leg, NULL);
	cr_assert_eq(sent_as(leg, A, 1000), A);
	cr_assert_eq(result(A, 1000), RTP_REPLAYED);
	cr_assert_eq(result(A, 9000), RTP_REPLAYED);
	fresh = sent_as(leg, A, 9001);
	cr_assert_neq(fresh, A);
	set_key(leg, NULL); /* as it is */
	cr_assert_eq(sent_as(leg, A, 9000), fresh);
	rtp_sender_switch(leg->sender);
	cr_assert_eq(sent_as(leg, B, 1), B);
	again = sent_as(leg, A, 9002);
	cr_assert(again != fresh && again != A);
}

Test(rtp_sender_rules, the_mki_stands_where_each_suite_has_it)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		struct rtp_key key = make_key((enum suite)i, 50 + i);

		memcpy(key.mki, "\x5a\x01\x5a\x02", 4);
		key.mki_len = 4;
		set_key(leg, &key);
		sent_as(leg, A, (uint16_t)(1000 + i));
		cr_assert_eq(send_rtcp(leg, A).res, RTP_DONE);
	}
}

Test(rtp_sender_rules, the_mki_has_its_room)
{
	struct rtp_key key = make_key(SUITE_AES_CM_128_HMAC_SHA1_80, 9);
	uint8_t in[RTP_BYTES], out[ROOM];
	size_t len = RTP_BYTES;

	key.mki_len = 2;
	set_key(leg, &key);
	make_rtp(in, A, 1);
	cr_assert_eq(rtp_sender_rtp(leg->sender, in, out, &len, RTP_BYTES + 11),
		     RTP_NO_ROOM);
	cr_assert_eq(rtp_sender_rtp(leg->sender, in, out, &len, RTP_BYTES + 12),
		     RTP_DONE);
	cr_assert_eq(len, RTP_BYTES + 12);
}

/* Drawn ones look random, and are no exception. */
Test(rtp_sender_rules, a_fresh_ssrc_is_none_that_the_key_has_met)
{
	const uint8_t seed[HASH_KEY_BYTES] = {1, 2, 3}; /* leg.h's */
	const uint64_t first = 1;
	const uint32_t drawn =
		(uint32_t)hash_bytes(seed, &first, sizeof(first));

	cr_assert_eq(sent_as(leg, drawn, 1), drawn);
	cr_assert_eq(sent_as(leg, A, 1), A);
	set_key(leg, NULL);
	for (uint32_t i = 1; i <= RTP_SSRC_MAX; i++)
		sent_as(leg, i, 1);
	new_key(1);
	cr_assert_neq(sent_as(leg, A, 1), drawn);
	cr_assert_neq(sent_as(leg, drawn, 2), drawn);
}

Test(rtp_sender_rules, a_lifetime_ends_for_rtp_and_rtcp_apart)
{
	struct rtp_key key = make_key(SUITE_AEAD_AES_128_GCM, 9);

	key.packets_max = 3;
	set_key(leg, &key);
	for (uint16_t seq = 1; seq <= 3; seq++)
		sent_as(leg, A, seq);
	cr_assert_eq(result(A, 4), RTP_EXHAUSTED);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(send_rtcp(leg, A).res, RTP_DONE);
	cr_assert_eq(send_rtcp(leg, A).res, RTP_EXHAUSTED);
	new_key(1);
	sent_as(leg, A, 4);
	set_key(leg, &key); /* no younger than it was */
	cr_assert_eq(result(A, 5), RTP_EXHAUSTED);
}

Test(rtp_sender_rules, rtcp_maps_what_never_sent_rtp_to_itself)
{
	uint32_t out, source;

	cr_assert(rtp_sender_map(leg->sender, B, &out));
	cr_assert_eq(out, B);
	cr_assert_eq(send_rtcp(leg, B).ssrc, B);
	cr_assert_eq(sent_as(leg, B, 77), B);
	cr_assert(rtp_sender_unmap(leg->sender, B, &source));
	cr_assert_eq(source, B);
}

Test(rtp_sender_rules, rtcp_leaves_under_a_mapped_ssrc_only)
{
	uint8_t in[RTCP_BYTES], out[ROOM];
	size_t len = sizeof(in);

	sent_as(leg, A, 1);
	make_rtcp(in, B);
	cr_assert_eq(rtp_sender_rtcp(leg->sender, in, out, &len, sizeof(out)),
		     RTP_MALFORMED);
	make_rtcp(in, A);
	new_key(2);
	cr_assert_eq(rtp_sender_rtcp(leg->sender, in, out, &len, sizeof(out)),
		     RTP_MALFORMED);
	cr_assert_eq(len, sizeof(in));
	cr_assert_eq(send_rtcp(leg, A).res, RTP_DONE);
}

Test(rtp_sender_rules, what_is_malformed_or_too_long_changes_nothing)
{
	uint8_t in[RTP_BYTES], out[ROOM];
	size_t len = RTP_HEADER_BYTES - 1;

	make_rtp(in, A, 1);
	cr_assert_eq(rtp_sender_rtp(leg->sender, in, out, &len, sizeof(out)),
		     RTP_MALFORMED);
	len = RTP_BYTES;
	cr_assert_eq(rtp_sender_rtp(leg->sender, in, out, &len, RTP_BYTES + 9),
		     RTP_NO_ROOM);
	in[0] |= 0x20; /* 0x55 bytes of padding */
	cr_assert_eq(rtp_sender_rtp(leg->sender, in, out, &len, sizeof(out)),
		     RTP_MALFORMED);
	in[0] = 0x40; /* version 1 */
	cr_assert_eq(rtp_sender_rtp(leg->sender, in, out, &len, sizeof(out)),
		     RTP_MALFORMED);
	len = 7;
	in[0] = 0x80;
	cr_assert_eq(rtp_sender_rtcp(leg->sender, in, out, &len, sizeof(out)),
		     RTP_MALFORMED);
	cr_assert_eq(sent_as(leg, A, 1), A);
}

static bool fails;

static int some_open(struct rtp_context **out, enum rtp_way way,
		     enum suite suite, const uint8_t *key_salt)
{
	if (fails)
		return ENOMEM;
	return rtp_engine_find("openssl")->open(out, way, suite, key_salt);
}

static enum rtp_result some_protect(struct rtp_context *ctx, const uint8_t *in,
				    uint8_t *out, size_t *len, size_t cap)
{
	if (fails)
		return RTP_NO_ROOM;
	return rtp_engine_find("openssl")->protect(ctx, in, out, len, cap);
}

/* The leg's sender anew, on an engine that works unless `fails`. */
static struct rtp_engine frail;

static void open_frail(void)
{
	const uint8_t seed[HASH_KEY_BYTES] = {0};

	open_secure();
	rtp_sender_close(leg->sender);
	frail = *leg->engine;
	frail.open = some_open;
	frail.protect = some_protect;
	cr_assert_eq(rtp_sender_open(&leg->sender, &frail, seed), 0);
	new_key(4);
	sent_as(leg, A, 65535);
	sent_as(leg, A, 0);
}

TestSuite(rtp_sender_frail, .init = open_frail, .fini = close_it);

Test(rtp_sender_frail, a_key_that_cannot_be_taken_leaves_the_old_one)
{
	struct rtp_key bad = make_key(SUITE_COUNT, 3);

	cr_assert_eq(rtp_sender_key(leg->sender, &bad), EINVAL);
	bad = make_key(SUITE_AEAD_AES_128_GCM, 3);
	bad.mki_len = 5;
	cr_assert_eq(rtp_sender_key(leg->sender, &bad), EINVAL);
	bad.mki_len = 0;
	fails = true;
	cr_assert_eq(rtp_sender_key(leg->sender, &bad), ENOMEM);
	fails = false;
	cr_assert_eq(sent_as(leg, A, 1), A);
	set_key(leg, &bad); /* not remembered as one that was used */
	cr_assert_eq(sent_as(leg, A, 2), A);
}

Test(rtp_sender_frail, what_could_not_be_protected_was_not_sent)
{
	fails = true;
	cr_assert_eq(result(A, 1), RTP_NO_ROOM);
	fails = false;
	cr_assert_eq(sent_as(leg, A, 1), A);
	cr_assert_eq(result(A, 1), RTP_REPLAYED);
}

Test(rtp_sender_rules, keys_are_remembered_and_their_number_has_an_end)
{
	struct rtp_key key = make_key(SUITE_AEAD_AES_128_GCM, 1);

	for (unsigned i = 2; i <= 256; i++)
		new_key(i);
	cr_assert_eq(rtp_sender_key(leg->sender, &key), EINVAL);
	sent_as(leg, A, 1);
	new_key(1);
	sent_as(leg, A, 2);
	new_key(256);
	cr_assert_neq(sent_as(leg, A, 3), A);
}
