/* test_mki.c - a receiver takes packets with its key's MKI only, and no more of
 * them than the key is good for */
#include "hearing.h"

static void set_mki(struct party *p, uint8_t len, uint32_t value)
{
	p->key.mki_len = len;
	put(p->key.mki, value, len);
}

FOR_EACH(mki, of_1_and_4_bytes_is_taken_off_and_no_other_is)
{
	static const uint8_t lengths[] = {1, 2, 4};

	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct party with = make_party((uint8_t)(10 + i));
		struct party other;

		set_mki(&with, lengths[i], 0x01020304);
		ok(key(&with, false) == 0);
		other = with;
		set_mki(&other, lengths[i], 0x01020305);
		ok(rtp(&other, 0, 1) == RTP_FORGED);
		ok(rtcp(&other, 1) == RTP_FORGED);
		other.key.mki_len = 0;
		ok(rtp(&other, 0, 1) == RTP_FORGED);
		ok(rtcp(&other, 1) == RTP_FORGED);
		set_mki(&other, (uint8_t)(5 - lengths[i]), 0x01020304);
		ok(rtp(&other, 0, 1) == RTP_FORGED);
		ok(rtcp(&other, 1) == RTP_FORGED);
		for (uint16_t seq = 1; seq < 4; seq++) {
			ok(rtp(&with, 0, seq) == RTP_DONE);
			ok(rtp(&with, 0, seq) == RTP_REPLAYED);
			ok(rtcp(&with, seq) == RTP_DONE);
			ok(rtcp(&with, seq) == RTP_REPLAYED);
		}
	}
}

FOR_EACH(mki, is_wanted_of_its_own_key_only)
{
	set_mki(&b, 4, 7);
	ok(rtp(&a, 0, 1) == RTP_DONE);
	ok(key(&b, false) == 0);
	ok(rtp(&a, 0, 2) == RTP_DONE);
	ok(rtp(&b, 0, 3) == RTP_DONE);
	set_mki(&c, 1, 9);
	ok(key(&c, false) == 0);
	ok(rtp(&b, 0, 4) == RTP_DONE);
	ok(rtp(&c, 0, 5) == RTP_DONE);
}

FOR_EACH(mki, in_every_truncated_packet_is_refused)
{
	uint8_t plain[WIRE_MAX], wire[WIRE_MAX];
	size_t len, wire_len;

	set_mki(&b, 4, 0x01020304);
	ok(key(&b, false) == 0);
	for (int is_rtcp = 0; is_rtcp < 2; is_rtcp++) {
		len = is_rtcp ? make_rtcp(plain, SSRC, 8)
			      : make_rtp(plain, SSRC, 1, 8);
		wire_len = is_rtcp ? oracle_rtcp(&b.oracle, plain, len, 1, true,
						 wire)
				   : oracle_rtp(&b.oracle, plain, len, 12, 0,
						wire);
		wire_len = add_mki(&b, is_rtcp, wire, wire_len);
		for (size_t cut = 1; cut < wire_len; cut++) {
			enum rtp_result result =
				take(is_rtcp, wire, cut, plain, len);

			ok(result == RTP_FORGED || result == RTP_MALFORMED);
		}
		ok(take(is_rtcp, wire, wire_len, plain, len) == RTP_DONE);
	}
}

FOR_EACH(mki, may_stand_in_the_longest_packet)
{
	uint8_t plain[WIRE_MAX], wire[WIRE_MAX];
	const size_t len = make_rtp(plain, SSRC, 1, RTP_PACKET_MAX - 12);
	size_t wire_len;

	set_mki(&b, 4, 0x01020304);
	ok(key(&b, false) == 0);
	wire_len = oracle_rtp(&b.oracle, plain, len, 12, 0, wire);
	wire_len = add_mki(&b, false, wire, wire_len);
	ok(take(false, wire, wire_len, plain, len) == RTP_DONE);
}

FOR_EACH(mki, may_be_another_for_the_same_key)
{
	set_mki(&b, 1, 7);
	ok(key(&b, false) == 0);
	ok(rtp(&b, 0, 1) == RTP_DONE);
	set_mki(&b, 4, 8);
	ok(key(&b, false) == 0);
	ok(contexts == 1);
	ok(rtp(&b, 0, 1) == RTP_REPLAYED);
	ok(rtp(&b, 0, 2) == RTP_DONE);
}

/* ---- lifetime */

FOR_EACH(lifetime, ends_after_so_many_packets_of_each_kind)
{
	b.key.packets_max = 3;
	ok(key(&b, false) == 0);
	for (uint16_t i = 1; i <= 3; i++) {
		/* What is refused does not count. */
		ok(send_rtp(&b, SSRC, 0, i, true) == RTP_FORGED);
		ok(i == 1 || rtp(&b, 0, i - 1) == RTP_REPLAYED);
		ok(rtp(&b, 0, i) == RTP_DONE);
	}
	ok(rtp(&b, 0, 4) == RTP_EXHAUSTED);
	for (uint16_t i = 1; i <= 3; i++)
		ok(rtcp(&b, i) == RTP_DONE);
	ok(rtcp(&b, 4) == RTP_EXHAUSTED);
	/* The same key again is as used up as before. */
	ok(key(&b, false) == 0);
	ok(rtp(&b, 0, 4) == RTP_EXHAUSTED);
	ok(key(&b, true) == 0);
	ok(rtp(&b, 0, 4) == RTP_EXHAUSTED);
	ok(key(&c, false) == 0);
	ok(rtp(&b, 0, 4) == RTP_EXHAUSTED);
	ok(rtp(&c, 0, 4) == RTP_DONE);
}

FOR_EACH(lifetime, is_one_over_all_contexts_and_streams_of_a_key)
{
	a.key.packets_max = 24;
	ok(key(&a, false) == 0);
	talk_across_wrap(); /* 10 */
	ok(key(&a, true) == 0);
	ok(rtcp(&a, 1) == RTP_DONE);
	for (uint16_t i = 4; i < 9; i++)
		ok(rtp(&a, 1, i) == RTP_DONE);
	for (uint16_t i = 9; i < 14; i++)
		ok(rtp(&a, 0, i) == RTP_DONE);
	for (uint16_t i = 0; i < 4; i++)
		ok(send_rtp(&a, OTHER_SSRC, 0, i, false) == RTP_DONE);
	ok(send_rtp(&a, OTHER_SSRC, 0, 4, false) == RTP_EXHAUSTED);
	ok(rtp(&a, 0, 14) == RTP_EXHAUSTED);
	for (uint32_t i = 2; i <= 24; i++)
		ok(rtcp(&a, i) == RTP_DONE);
	ok(rtcp(&a, 25) == RTP_EXHAUSTED);
}

FOR_EACH(lifetime, of_the_new_key_does_not_silence_the_old)
{
	b.key.packets_max = 1;
	ok(rtp(&a, 0, 1) == RTP_DONE);
	ok(key(&b, false) == 0);
	ok(rtcp(&b, 1) == RTP_DONE);
	ok(key(&a, false) == 0);
	ok(rtp(&a, 0, 2) == RTP_DONE);
	a.key.packets_max = 3;
	ok(key(&a, false) == 0);
	ok(rtp(&a, 0, 3) == RTP_DONE);
	ok(rtp(&a, 0, 4) == RTP_EXHAUSTED);
	/* The old one's, while it is still heard. */
	ok(key(&c, false) == 0);
	ok(rtcp(&a, 1) == RTP_DONE);
	ok(rtcp(&a, 2) == RTP_DONE);
	ok(rtcp(&a, 3) == RTP_DONE);
	ok(rtcp(&a, 4) == RTP_EXHAUSTED);
	ok(rtp(&a, 0, 4) == RTP_EXHAUSTED);
	ok(rtp(&c, 0, 4) == RTP_DONE);
}
