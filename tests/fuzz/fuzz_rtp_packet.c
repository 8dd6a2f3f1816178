/* links: rtp */
/* fuzz_rtp_packet.c - whatever a datagram says of itself, its kind and its
 * header stay within it and agree */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fits)
{
	if (!fits)
		abort();
}

static void check_kind(const uint8_t *p, size_t len, enum rtp_kind kind)
{
	switch (kind) {
	case RTP_KIND_RTP:
		require(len >= RTP_HEADER_BYTES && p[0] >> 6 == 2);
		break;
	case RTP_KIND_RTCP:
		require(len >= 8 && p[0] >> 6 == 2 && p[1] >> 5 == 6);
		(void)rtcp_first_ssrc(p);
		break;
	case RTP_KIND_STUN:
		require(len >= 20 && p[0] < 4);
		break;
	case RTP_KIND_DTLS:
		require(len >= 13 && p[0] >= 20 && p[0] < 64);
		break;
	case RTP_KIND_OTHER:
		require(len < 20 || p[0] > 3);
		break;
	}
}

/* The header with another SSRC is the same one but for that. */
static void check_ssrc(const struct rtp_header *head, const uint8_t *p,
		       size_t len, bool plain)
{
	uint8_t *copy = malloc(len);
	struct rtp_header again;

	require(copy != NULL);
	memcpy(copy, p, len);
	rtp_header_set_ssrc(copy, ~head->ssrc);
	require(rtp_header_read(&again, copy, len, plain));
	require(again.ssrc == ~head->ssrc);
	require(again.sequence == head->sequence &&
		again.timestamp == head->timestamp &&
		again.payload_type == head->payload_type &&
		again.marker == head->marker &&
		again.header_len == head->header_len);
	rtp_header_set_ssrc(copy, head->ssrc);
	require(!memcmp(copy, p, len));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const enum rtp_kind kind = rtp_classify(data, size);
	struct rtp_header plain, sealed;
	bool as_plain, as_sealed;

	check_kind(data, size, kind);
	as_plain = rtp_header_read(&plain, data, size, true);
	as_sealed = rtp_header_read(&sealed, data, size, false);
	require(!as_plain || as_sealed);
	if (!as_sealed)
		return 0;
	require(kind == RTP_KIND_RTP || kind == RTP_KIND_RTCP);
	require(sealed.header_len >= RTP_HEADER_BYTES &&
		sealed.header_len % 4 == 0 && sealed.header_len <= size);
	require(sealed.payload_type < 128);
	check_ssrc(&sealed, data, size, false);
	if (!as_plain)
		return 0;
	require(plain.header_len == sealed.header_len &&
		plain.ssrc == sealed.ssrc);
	if (data[0] & 0x20)
		require(plain.header_len + data[size - 1] <= size);
	check_ssrc(&plain, data, size, true);
	return 0;
}
