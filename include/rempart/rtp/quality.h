/* quality.h - what the receiver of one RTP stream can tell about it */
#pragma once

#include <stdint.h>

#include "rempart/rtp/packet.h"

/* All zero: nothing has come. */
struct rtp_quality {
	uint32_t ssrc;
	uint32_t base, highest; /* extended sequence numbers of this SSRC */
	uint64_t seen; /* of the 64 up to highest; bit 0 is highest: repeats */
	uint32_t transit, timestamp; /* RFC 3550 A.8, in RTP units; whose */
	uint64_t received;	     /* of this SSRC, without repeats */
	uint64_t packets, expected_before; /* of all SSRCs; of past ones */
	uint64_t received_before;
	uint32_t jitter_x16; /* RFC 3550 A.8, scaled as there */
	uint32_t clock_hz;
	uint64_t last_us;
};

/* An authentic packet. clock_hz of its payload type, 8000 when unknown. */
void rtp_quality_packet(struct rtp_quality *q, const struct rtp_header *head,
			uint64_t now_us, uint32_t clock_hz);

struct rtp_figures {
	uint64_t packets;
	uint64_t lost;	    /* never negative: repeats do not count */
	uint32_t jitter_us; /* interarrival jitter */
	uint16_t mos_x100;  /* 100-500, estimate; 0: nothing came */
};

/*
 * MOS by the E-model (ITU-T G.107) with R = 93.2 - Id - Ie,eff for G.711 with
 * concealment (G.113: Bpl 25.1) at a delay of 60 ms and twice the jitter: an
 * estimate of the network's part, not of codecs or handsets.
 */
struct rtp_figures rtp_quality_figures(const struct rtp_quality *q);
