/* engines.h - the SRTP engines behind rempart/rtp/engine.h */
#pragma once

#include "rempart/base/check.h"
#include "rempart/rtp/engine.h"

/*
 * What engine.h leaves open, the same in all:
 * - MALFORMED: rtp_header_read with plain false says no; RTCP of less than 8
 *   bytes or not of version 2; shorter than header and overhead; input longer
 *   than RTP_PACKET_MAX, or RTP_PACKET_MAX + RTP_OVERHEAD_MAX where it is
 *   protected.
 * - cap is for the output, to the byte.
 * - The tag first: REPLAYED and NO_ROOM (SSRCs) are said of authentic packets
 *   only. Another key's packet is FORGED, whatever its SSRC and index.
 * - SRTCP whose E bit is clear is FORGED: no suite of ours allows it.
 * - An SSRC is seen with its first RTP or RTCP packet that was DONE; until then
 *   begin may be called for it again.
 * - Failure of the library itself, which takes memory: NO_ROOM.
 */
extern const struct rtp_engine rtp_engine_libsrtp2;
extern const struct rtp_engine rtp_engine_openssl;

/* Set the engine up for the process; may be called again, does nothing then.
 * 0 or an errno. */
MUST_CHECK
int rtp_engine_libsrtp2_start(void);
MUST_CHECK
int rtp_engine_openssl_start(void);
