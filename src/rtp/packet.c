/* packet.c - tells apart what comes on a media port, reads RTP headers */
#include "rempart/rtp/packet.h"

#include "bytes.h"

enum {
	STUN_HEADER_BYTES = 20, /* RFC 8489 5 */
	DTLS_RECORD_BYTES = 13, /* RFC 6347 4.1 */
	RTCP_HEADER_BYTES = 8,	/* with the first SSRC */
	EXTENSION_BYTES = 4,	/* RFC 3550 5.3.1 */
};

static enum rtp_kind at_least(size_t len, size_t least, enum rtp_kind kind)
{
	return len >= least ? kind : RTP_KIND_OTHER;
}

enum rtp_kind rtp_classify(const uint8_t *p, size_t len)
{
	if (len < 2)
		return RTP_KIND_OTHER;
	if (p[0] <= 3)
		return at_least(len, STUN_HEADER_BYTES, RTP_KIND_STUN);
	if (p[0] >= 20 && p[0] <= 63)
		return at_least(len, DTLS_RECORD_BYTES, RTP_KIND_DTLS);
	if (p[0] < 128 || p[0] > 191)
		return RTP_KIND_OTHER;
	if (p[1] >= 192 && p[1] <= 223)
		return at_least(len, RTCP_HEADER_BYTES, RTP_KIND_RTCP);
	return at_least(len, RTP_HEADER_BYTES, RTP_KIND_RTP);
}

/* Bytes before the payload; 0: they run past the end. */
static size_t header_bytes(const uint8_t *p, size_t len)
{
	size_t bytes = RTP_HEADER_BYTES + 4 * (size_t)(p[0] & 0x0f);

	if (!(p[0] & 0x10))
		return bytes <= len ? bytes : 0;
	if (bytes + EXTENSION_BYTES > len)
		return 0;
	bytes += EXTENSION_BYTES + 4 * (size_t)bytes_read16(p + bytes + 2);
	return bytes <= len ? bytes : 0;
}

/* RFC 3550 5.1: the last byte counts the padding, itself included. */
static bool padding_fits(const uint8_t *p, size_t len, size_t header_len)
{
	if (!(p[0] & 0x20))
		return true;
	return p[len - 1] != 0 && p[len - 1] <= len - header_len;
}

bool rtp_header_read(struct rtp_header *out, const uint8_t *p, size_t len,
		     bool plain)
{
	size_t header_len;

	if (len < RTP_HEADER_BYTES || p[0] >> 6 != 2)
		return false;
	header_len = header_bytes(p, len);
	if (!header_len)
		return false;
	if (plain && !padding_fits(p, len, header_len))
		return false;
	*out = (struct rtp_header){
		.ssrc = bytes_read32(p + 8),
		.timestamp = bytes_read32(p + 4),
		.sequence = bytes_read16(p + 2),
		.payload_type = p[1] & 0x7f,
		.marker = p[1] >> 7,
		.header_len = header_len,
	};
	return true;
}

void rtp_header_set_ssrc(uint8_t *p, uint32_t ssrc)
{
	bytes_write32(p + 8, ssrc);
}

uint32_t rtcp_first_ssrc(const uint8_t *p)
{
	return bytes_read32(p + 4);
}
