/* packet.h - what a datagram on a media port is, and an RTP header's fields */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* Longest datagram that is relayed: an Ethernet frame and to spare;
	 * longer ones are dropped. */
	RTP_PACKET_MAX = 1600,
	RTP_HEADER_BYTES = 12,
	/* What protection adds at most: GCM tag and SRTCP index. */
	RTP_OVERHEAD_MAX = 20,
};

enum rtp_kind {
	RTP_KIND_RTP,
	RTP_KIND_RTCP,
	RTP_KIND_STUN,
	RTP_KIND_DTLS,
	RTP_KIND_OTHER
};

/* By the first byte (RFC 7983 7) and, for RTP or RTCP on one port, by the
 * second (RFC 5761 4: 192-223 is RTCP). Too short for its kind: OTHER. */
enum rtp_kind rtp_classify(const uint8_t *p, size_t len);

struct rtp_header {
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t payload_type;
	bool marker;
	size_t header_len; /* fixed part, CSRCs and header extension */
};

/* RFC 3550 5.1: version 2, CSRCs and extension inside the packet, padding
 * (when flagged, only where `plain`: it may be encrypted) not longer than the
 * payload. False: malformed, *out untouched. */
bool rtp_header_read(struct rtp_header *out, const uint8_t *p, size_t len,
		     bool plain);
void rtp_header_set_ssrc(uint8_t *p, uint32_t ssrc);

/* SSRC of the first packet of a compound (bytes 4-7); len >= 8. */
uint32_t rtcp_first_ssrc(const uint8_t *p);
