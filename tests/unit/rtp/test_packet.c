/* test_packet.c - what a datagram is told by its first two bytes and its
 * length, and no header is believed beyond the packet's end */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/packet.h"

/* RFC 3550 5.1: V=2, M, PT 8, 4 bytes of payload. */
static const uint8_t plain_packet[] = {
	0x80, 0x88, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04,
	0xde, 0xad, 0xbe, 0xef, 0xd5, 0xd5, 0xd5, 0xd5,
};

/* P, X, two CSRCs, an extension of one word, 8 bytes of payload of which 4 are
 * padding. */
static const uint8_t full_packet[] = {
	0xb2, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x00, 0x00, 0x00, 0x01,
	0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, 0xbe, 0xde, 0x00, 0x01,
	0x10, 0x7f, 0x00, 0x00, 0xd5, 0xd5, 0xd5, 0xd5, 0x00, 0x00, 0x00, 0x04,
};

static const struct rtp_header untouched = {
	.ssrc = 0x5a5a5a5a, .timestamp = 7, .sequence = 9, .header_len = 11};

/* A copy of its own size, so that the sanitizer sees a byte too many. */
static uint8_t *copy(const uint8_t *p, size_t len)
{
	uint8_t *bytes = malloc(len ? len : 1);

	cr_assert(bytes);
	memcpy(bytes, p, len);
	return bytes;
}

static enum rtp_kind kind(unsigned first, unsigned second, size_t len)
{
	const uint8_t p[64] = {(uint8_t)first, (uint8_t)second};
	uint8_t *bytes = copy(p, len);
	enum rtp_kind found = rtp_classify(bytes, len);

	free(bytes);
	return found;
}

static bool reads(struct rtp_header *out, const uint8_t *p, size_t len,
		  bool plain)
{
	uint8_t *bytes = copy(p, len);
	bool read;

	*out = untouched;
	read = rtp_header_read(out, bytes, len, plain);
	free(bytes);
	if (!read)
		cr_assert_not(memcmp(out, &untouched, sizeof(untouched)));
	return read;
}

static void refuses(const uint8_t *p, size_t len)
{
	struct rtp_header head;

	cr_expect_not(reads(&head, p, len, true));
	cr_expect_not(reads(&head, p, len, false));
}

Test(packet, first_byte_tells_the_kind_as_rfc_7983_says)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		enum rtp_kind expect = RTP_KIND_OTHER;

		if (byte <= 3)
			expect = RTP_KIND_STUN;
		else if (byte >= 20 && byte <= 63)
			expect = RTP_KIND_DTLS;
		else if (byte >= 128 && byte <= 191)
			expect = RTP_KIND_RTP;
		cr_expect_eq(kind(byte, 0, 64), expect, "%u", byte);
	}
}

Test(packet, second_byte_tells_rtcp_as_rfc_5761_says)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		enum rtp_kind expect = byte >= 192 && byte <= 223
					       ? RTP_KIND_RTCP
					       : RTP_KIND_RTP;

		cr_expect_eq(kind(0x80, byte, 64), expect, "%u", byte);
		cr_expect_eq(kind(0xbf, byte, 64), expect, "%u", byte);
		cr_expect_eq(kind(0x01, byte, 64), RTP_KIND_STUN, "%u", byte);
		cr_expect_eq(kind(0x16, byte, 64), RTP_KIND_DTLS, "%u", byte);
		cr_expect_eq(kind(0x40, byte, 64), RTP_KIND_OTHER, "%u", byte);
	}
}

static void shortest(uint8_t first, uint8_t second, size_t least,
		     enum rtp_kind expect)
{
	for (size_t len = 0; len < least; len++)
		cr_expect_eq(kind(first, second, len), RTP_KIND_OTHER, "%u %zu",
			     first, len);
	cr_expect_eq(kind(first, second, least), expect, "%u", first);
}

Test(packet, what_is_too_short_for_its_kind_is_none)
{
	shortest(0x80, 0x00, 12, RTP_KIND_RTP);
	shortest(0x81, 0xc8, 8, RTP_KIND_RTCP);
	shortest(0x00, 0x01, 20, RTP_KIND_STUN);
	shortest(0x16, 0xfe, 13, RTP_KIND_DTLS);
}

Test(packet, fields_are_read)
{
	struct rtp_header head;

	cr_assert(reads(&head, plain_packet, sizeof(plain_packet), true));
	cr_expect_eq(head.ssrc, 0xdeadbeef);
	cr_expect_eq(head.timestamp, 0x01020304);
	cr_expect_eq(head.sequence, 0x1234);
	cr_expect_eq(head.payload_type, 8);
	cr_expect(head.marker);
	cr_expect_eq(head.header_len, 12);

	cr_assert(reads(&head, full_packet, sizeof(full_packet), true));
	cr_expect_eq(head.ssrc, 1);
	cr_expect_eq(head.timestamp, 0xfffffffe);
	cr_expect_eq(head.sequence, 0xffff);
	cr_expect_eq(head.payload_type, 0);
	cr_expect_not(head.marker);
	cr_expect_eq(head.header_len, 28);
}

Test(packet, header_may_be_all_there_is)
{
	struct rtp_header head;

	cr_assert(reads(&head, plain_packet, 12, true));
	cr_expect_eq(head.header_len, 12);
}

Test(packet, only_version_2_is_rtp)
{
	for (unsigned version = 0; version < 4; version++) {
		uint8_t p[sizeof(plain_packet)];
		struct rtp_header head;

		memcpy(p, plain_packet, sizeof(p));
		p[0] = (uint8_t)(version << 6);
		cr_expect_eq(reads(&head, p, sizeof(p), true), version == 2);
		cr_expect_eq(reads(&head, p, sizeof(p), false), version == 2);
	}
}

Test(packet, cut_within_its_header_it_is_refused)
{
	for (size_t len = 0; len < 28; len++)
		refuses(full_packet, len);
	for (size_t len = 0; len < 12; len++)
		refuses(plain_packet, len);
}

Test(packet, csrcs_stay_inside)
{
	uint8_t p[72] = {0x8f};
	struct rtp_header head;

	refuses(p, 20);
	refuses(p, 71);
	cr_assert(reads(&head, p, 72, true));
	cr_expect_eq(head.header_len, 72);
}

Test(packet, extension_stays_inside)
{
	uint8_t p[24] = {0x90};
	struct rtp_header head;

	p[14] = 0xff;
	p[15] = 0xff; /* 65535 words */
	refuses(p, sizeof(p));
	p[14] = 0;
	p[15] = 3;
	refuses(p, sizeof(p));
	p[15] = 2;
	refuses(p, 23);
	cr_assert(reads(&head, p, 24, true));
	cr_expect_eq(head.header_len, 24);
	p[15] = 0;
	cr_assert(reads(&head, p, 16, true));
	cr_expect_eq(head.header_len, 16);
	refuses(p, 15);
}

Test(packet, extension_that_csrcs_push_out_is_refused)
{
	uint8_t p[76] = {0x9f};

	refuses(p, 72);
	refuses(p, 75);
	p[75] = 1;
	refuses(p, 76);
}

static bool padded(uint8_t padding, size_t len, bool plain)
{
	uint8_t p[16] = {0xa0};
	struct rtp_header head;

	p[len - 1] = padding;
	return reads(&head, p, len, plain);
}

Test(packet, padding_is_no_longer_than_the_payload)
{
	cr_expect_not(padded(0, 16, true));
	cr_expect(padded(1, 16, true));
	cr_expect(padded(4, 16, true));
	cr_expect_not(padded(5, 16, true));
	cr_expect_not(padded(16, 16, true));
	cr_expect_not(padded(255, 16, true));
	cr_expect(padded(1, 13, true));
	cr_expect_not(padded(2, 13, true));
	/* No payload: the last byte is the SSRC's. */
	cr_expect_not(padded(0, 12, true));
	cr_expect_not(padded(1, 12, true));
}

Test(packet, encrypted_padding_is_not_judged)
{
	cr_expect(padded(0, 16, false));
	cr_expect(padded(255, 16, false));
	cr_expect(padded(1, 12, false));
}

Test(packet, new_ssrc_changes_nothing_else)
{
	uint8_t expect[sizeof(plain_packet)], p[sizeof(plain_packet)];
	struct rtp_header head;

	memcpy(p, plain_packet, sizeof(p));
	memcpy(expect, plain_packet, sizeof(p));
	memcpy(expect + 8, (const uint8_t[]){0x01, 0x80, 0xff, 0x7f}, 4);
	rtp_header_set_ssrc(p, 0x0180ff7f);
	cr_expect_arr_eq(p, expect, sizeof(p));
	cr_assert(rtp_header_read(&head, p, sizeof(p), true));
	cr_expect_eq(head.ssrc, 0x0180ff7f);
}

Test(packet, first_ssrc_of_a_compound_is_at_byte_4)
{
	const uint8_t report[] = {0x80, 0xc9, 0x00, 0x01,
				  0xfe, 0x02, 0x83, 0x04};

	cr_expect_eq(rtcp_first_ssrc(report), 0xfe028304);
}
