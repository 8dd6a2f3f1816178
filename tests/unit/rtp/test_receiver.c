/* test_receiver.c - after every change of key or address the sender is heard,
 * whichever ROC it goes on with, and nobody else ever is */
#include "hearing.h"

Test(receiver, hears_nobody_before_it_has_a_key)
{
	const uint8_t packet[64] = {0x80, 8};
	uint8_t out[64];
	enum suite got = SUITE_COUNT;
	size_t len = sizeof(packet);

	base = rtp_engine_find("openssl");
	cr_assert_eq(rtp_receiver_open(&recv_, base), 0);
	cr_assert_eq(rtp_receiver_take(recv_, false, packet, out, &len),
		     RTP_FORGED);
	cr_assert_eq(rtp_receiver_take(recv_, true, packet, out, &len),
		     RTP_FORGED);
	cr_assert_not(rtp_receiver_suite(recv_, &got));
	cr_assert_not(rtp_receiver_knows(recv_, 0));
	cr_assert_eq(got, SUITE_COUNT);
	rtp_receiver_close(recv_);
	rtp_receiver_close(NULL);
}

FOR_EACH(receiver, refuses_a_key_that_is_none)
{
	struct party bad = b;

	bad.key.suite = SUITE_COUNT;
	ok(key(&bad, false) == EINVAL);
	bad = b;
	bad.key.mki_len = 5;
	ok(key(&bad, false) == EINVAL);
	ok(rtp(&a, 0, 1) == RTP_DONE);
	ok(rtp(&b, 0, 2) == RTP_FORGED);
}

FOR_EACH(receiver, says_what_it_knows)
{
	const struct party gcm = {.key.suite =
					  suite == SUITE_AEAD_AES_128_GCM
						  ? SUITE_AEAD_AES_256_GCM
						  : SUITE_AEAD_AES_128_GCM};
	enum suite got;

	ok(rtp_receiver_suite(recv_, &got) && got == suite);
	ok(!rtp_receiver_knows(recv_, SSRC));
	ok(send_rtp(&a, SSRC, 0, 1, true) == RTP_FORGED);
	ok(!rtp_receiver_knows(recv_, SSRC));
	ok(rtp(&a, 0, 1) == RTP_DONE);
	ok(rtp_receiver_knows(recv_, SSRC));
	ok(!rtp_receiver_knows(recv_, OTHER_SSRC));
	ok(key(&gcm, true) == 0);
	ok(rtp_receiver_suite(recv_, &got) && got == gcm.key.suite);
	/* The old one has. */
	ok(rtp_receiver_knows(recv_, SSRC));
}

FOR_EACH(receiver, takes_nothing_too_short_or_too_long)
{
	static const uint8_t zeros[2 * WIRE_MAX];

	for (size_t len = 1; len < 12; len++)
		ok(take(false, zeros, len, NULL, 0) == RTP_MALFORMED);
	for (size_t len = 1; len < 8; len++)
		ok(take(true, zeros, len, NULL, 0) == RTP_MALFORMED);
	ok(take(false, zeros, WIRE_MAX + 1, NULL, 0) == RTP_MALFORMED);
	ok(take(true, zeros, WIRE_MAX + 1, NULL, 0) == RTP_MALFORMED);
}

/* ---- the same key, not moved */

FOR_EACH(receiver, keeps_roc_and_window_with_the_same_key)
{
	talk_across_wrap();
	ok(key(&a, false) == 0);
	ok(contexts == 1);
	ok(rtp(&a, 1, 3) == RTP_REPLAYED);
	ok(rtp(&a, 0, 4) == RTP_FORGED);
	ok(rtp(&a, 1, 4) == RTP_DONE);
}

/* ---- the same key, moved */

FOR_EACH(receiver, hears_a_moved_sender_that_keeps_its_roc)
{
	talk_across_wrap();
	ok(key(&a, true) == 0);
	ok(contexts == 2);
	ok(rtp(&a, 1, 3) == RTP_REPLAYED);
	for (uint16_t i = 4; i < 4 + RTP_WINDOW - 1; i++)
		ok(rtp(&a, 1, i) == RTP_DONE);
	ok(contexts == 2);
	ok(rtp(&a, 1, 4 + RTP_WINDOW) == RTP_DONE);
	ok(contexts == 1);
	/* Settled: what an eavesdropper has kept of ROC 0 is worth nothing. */
	ok(rtp(&a, 0, 500) == RTP_FORGED);
	ok(rtp(&a, 1, 500) == RTP_DONE);
	ok(rtp(&a, 1, 4) == RTP_REPLAYED);
}

FOR_EACH(receiver, hears_a_moved_sender_that_begins_at_0)
{
	talk_across_wrap();
	ok(key(&a, true) == 0);
	/* Those that were under way when it moved. */
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(rtp(&a, 1, 5) == RTP_DONE);
	ok(rtp(&a, 0, 6) == RTP_DONE);
	ok(contexts == 1);
	ok(rtp(&a, 1, 7) == RTP_FORGED);
	ok(rtp(&a, 0, 6) == RTP_REPLAYED);
	for (uint32_t i = 30000; i < 3 * 65536; i += 30000)
		ok(rtp(&a, i >> 16, (uint16_t)i) == RTP_DONE);
}

FOR_EACH(receiver, hears_a_moved_sender_of_roc_0_once_only)
{
	ok(rtp(&a, 0, 100) == RTP_DONE);
	ok(key(&a, true) == 0);
	/* The context that begins at 0 would take it again. */
	ok(rtp(&a, 0, 100) == RTP_REPLAYED);
	ok(rtp(&a, 0, 101) == RTP_DONE);
	ok(send_rtp(&a, OTHER_SSRC, 0, 7, false) == RTP_DONE);
	ok(send_rtp(&a, OTHER_SSRC, 0, 7, false) == RTP_REPLAYED);
}

FOR_EACH(receiver, is_not_settled_by_a_forged_packet)
{
	talk_across_wrap();
	ok(key(&a, true) == 0);
	for (uint16_t i = 0; i < 2 * RTP_WINDOW; i++)
		ok(send_rtp(&a, SSRC, i & 1, 4 + i, true) == RTP_FORGED);
	ok(contexts == 2);
	ok(rtp(&a, 0, 4) == RTP_DONE);
}

FOR_EACH(receiver, stays_unsettled_when_moved_again)
{
	talk_across_wrap();
	ok(key(&a, true) == 0);
	ok(key(&a, false) == 0);
	for (uint16_t i = 4; i < 100; i++)
		ok(rtp(&a, 1, i) == RTP_DONE);
	ok(key(&a, true) == 0);
	ok(contexts == 2);
	for (uint16_t i = 100; i < 200; i++)
		ok(rtp(&a, 1, i) == RTP_DONE);
	ok(contexts == 2);
	ok(rtp(&a, 0, 200) == RTP_DONE);
}

FOR_EACH(receiver, is_not_settled_by_rtcp)
{
	talk_across_wrap();
	ok(rtcp(&a, 5) == RTP_DONE);
	ok(key(&a, true) == 0);
	ok(rtcp(&a, 5) == RTP_REPLAYED);
	ok(rtcp(&a, 6) == RTP_DONE);
	ok(contexts == 2);
	ok(rtp(&a, 0, 4) == RTP_DONE);
	/* The one that stays has been told of it. */
	ok(rtcp(&a, 6) == RTP_REPLAYED);
	ok(rtcp(&a, 7) == RTP_DONE);
	/* And the kept one, if it stays. */
	ok(rtp(&a, 0, 65500) == RTP_DONE);
	ok(rtp(&a, 1, 3) == RTP_DONE);
	ok(key(&a, true) == 0);
	ok(rtcp(&a, 8) == RTP_DONE);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(rtcp(&a, 8) == RTP_REPLAYED);
}

/* ---- a new key */

FOR_EACH(receiver, hears_a_new_key_from_0_and_the_old_until_then)
{
	talk_across_wrap();
	ok(key(&b, false) == 0);
	ok(contexts == 3);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(rtp(&a, 1, 4) == RTP_REPLAYED);
	ok(send_rtp(&b, SSRC, 0, 5, true) == RTP_FORGED);
	ok(rtp(&c, 0, 5) == RTP_FORGED);
	ok(rtp(&a, 1, 5) == RTP_DONE);
	ok(rtp(&b, 0, 6) == RTP_DONE);
	ok(contexts == 1);
	ok(rtp(&a, 1, 7) == RTP_FORGED);
	ok(rtp(&b, 1, 7) == RTP_FORGED);
	ok(rtp(&b, 0, 7) == RTP_DONE);
	ok(rtp(&b, 0, 6) == RTP_REPLAYED);
}

FOR_EACH(receiver, hears_a_new_key_with_the_roc_of_the_old)
{
	talk_across_wrap();
	ok(key(&b, true) == 0);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(rtp(&b, 1, 5) == RTP_DONE);
	ok(contexts == 1);
	ok(rtp(&a, 1, 6) == RTP_FORGED);
	ok(rtp(&b, 0, 6) == RTP_FORGED);
	ok(rtp(&b, 1, 5) == RTP_REPLAYED);
	for (uint32_t i = 65536 + 30000; i < 4 * 65536; i += 30000)
		ok(rtp(&b, i >> 16, (uint16_t)i) == RTP_DONE);
	/* An SSRC that the old key never had begins at 0. */
	ok(send_rtp(&b, OTHER_SSRC, 0, 9, false) == RTP_DONE);
}

FOR_EACH(receiver, carries_the_roc_that_the_old_key_has_at_last)
{
	ok(rtp(&a, 0, 65000) == RTP_DONE);
	ok(key(&b, false) == 0);
	for (uint32_t i = 65535; i < 3 * 65536 + 4; i += 20000) {
		ok(rtp(&a, i >> 16, (uint16_t)i) == RTP_DONE);
		ok(send_rtp(&b, SSRC, i >> 16, (uint16_t)i, true) ==
		   RTP_FORGED);
	}
	ok(rtp(&b, 2, 65000) == RTP_DONE);
	ok(contexts == 1);
	ok(rtp(&b, 3, 5) == RTP_DONE);
}

FOR_EACH(receiver, carries_the_roc_over_rtcp_of_the_new_key)
{
	talk_across_wrap();
	ok(rtcp(&a, 30) == RTP_DONE);
	ok(key(&b, false) == 0);
	ok(rtcp(&a, 31) == RTP_DONE);
	ok(rtcp(&b, 1) == RTP_DONE);
	ok(rtcp(&b, 1) == RTP_REPLAYED);
	/* That was the first packet of the new key: the old one is done. */
	ok(rtp(&a, 1, 4) == RTP_FORGED);
	ok(rtcp(&a, 32) == RTP_FORGED);
	ok(rtp(&b, 1, 4) == RTP_DONE);
	ok(contexts == 1);
	ok(rtcp(&b, 1) == RTP_REPLAYED);
	ok(rtcp(&b, 2) == RTP_DONE);
}

FOR_EACH(receiver, begins_at_0_after_rtcp_of_the_new_key)
{
	talk_across_wrap();
	ok(key(&b, false) == 0);
	ok(rtcp(&b, 1) == RTP_DONE);
	ok(rtp(&b, 0, 4) == RTP_DONE);
	ok(contexts == 1);
	ok(rtcp(&b, 1) == RTP_REPLAYED);
}

FOR_EACH(receiver, opens_nothing_to_carry_where_nothing_was_heard)
{
	ok(key(&b, false) == 0);
	ok(contexts == 2);
	ok(rtp(&a, 0, 1) == RTP_DONE);
	ok(rtp(&b, 0, 1) == RTP_DONE);
	ok(contexts == 1);
}

FOR_EACH(receiver, hears_the_old_key_where_it_is_too_short_for_the_new)
{
	uint8_t plain[WIRE_MAX], wire[WIRE_MAX];
	const size_t len = make_rtp(plain, SSRC, 1, 1);
	const size_t wire_len = oracle_rtp(&a.oracle, plain, len, 12, 0, wire);

	suite = SUITE_AEAD_AES_256_GCM;
	b = make_party(2);
	ok(key(&b, false) == 0);
	ok(take(false, wire, wire_len, plain, len) == RTP_DONE);
}

FOR_EACH(receiver, forgets_a_key_that_nobody_used)
{
	talk_across_wrap();
	ok(key(&b, false) == 0);
	ok(key(&c, false) == 0);
	ok(contexts == 3);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(rtp(&b, 0, 5) == RTP_FORGED);
	ok(rtp(&b, 1, 5) == RTP_FORGED);
	ok(rtp(&c, 1, 5) == RTP_DONE);
	ok(contexts == 1);
}

FOR_EACH(receiver, leaves_the_key_that_only_rtcp_came_of)
{
	talk_across_wrap();
	ok(key(&b, false) == 0);
	ok(rtcp(&b, 1) == RTP_DONE);
	ok(key(&c, false) == 0);
	ok(contexts <= 3);
	ok(rtp(&a, 1, 4) == RTP_FORGED);
	ok(rtcp(&b, 1) == RTP_REPLAYED);
	ok(rtp(&b, 0, 4) == RTP_DONE);
	ok(rtp(&c, 0, 5) == RTP_DONE);
}

FOR_EACH(receiver, goes_back_to_the_key_before)
{
	talk_across_wrap();
	ok(key(&b, false) == 0);
	ok(key(&a, false) == 0);
	ok(contexts == 1);
	ok(rtp(&a, 1, 3) == RTP_REPLAYED);
	ok(rtp(&b, 0, 4) == RTP_FORGED);
	ok(rtp(&a, 0, 4) == RTP_FORGED);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(key(&b, false) == 0);
	ok(key(&a, true) == 0);
	ok(contexts == 2);
	ok(rtp(&a, 1, 4) == RTP_REPLAYED);
	ok(rtp(&a, 0, 5) == RTP_DONE);
}

FOR_EACH(receiver, leaves_a_key_that_was_not_settled)
{
	talk_across_wrap();
	ok(key(&a, true) == 0);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	ok(key(&b, false) == 0);
	ok(contexts == 3);
	ok(rtp(&a, 1, 5) == RTP_DONE);
	ok(rtp(&a, 0, 6) == RTP_FORGED);
	ok(rtp(&b, 1, 6) == RTP_DONE);
	ok(contexts == 1);
}

FOR_EACH(receiver, keeps_its_key_when_memory_is_short)
{
	talk_across_wrap();
	for (unsigned left = 0; left < 2; left++) {
		opens_left = left;
		ok(key(&b, false) == ENOMEM);
		ok(contexts == 1);
	}
	opens_left = 0;
	ok(key(&a, true) == ENOMEM);
	ok(rtp(&b, 0, 4) == RTP_FORGED);
	ok(rtp(&a, 0, 4) == RTP_FORGED);
	ok(rtp(&a, 1, 4) == RTP_DONE);
	opens_left = 2;
	ok(key(&b, false) == 0);
	ok(key(&a, true) == ENOMEM);
	ok(key(&c, true) == ENOMEM);
	ok(contexts == 3);
	ok(rtp(&a, 1, 5) == RTP_DONE);
	ok(rtp(&b, 1, 6) == RTP_DONE);
}
