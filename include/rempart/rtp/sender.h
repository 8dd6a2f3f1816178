/* sender.h - what leaves on one leg: no (key, SSRC, index) twice */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/hash.h"
#include "rempart/rtp/engine.h"
#include "rempart/rtp/receiver.h"

struct rtp_sender;

/* seed: unpredictable, for fresh SSRCs. */
MUST_CHECK
int rtp_sender_open(struct rtp_sender **out, const struct rtp_engine *engine,
		    const uint8_t seed[static HASH_KEY_BYTES]);
void rtp_sender_close(struct rtp_sender *sender);

/*
 * key NULL: what leaves is clear. The key in force again: nothing changes. A
 * new key: a new context; SSRCs go on as they are mapped, and begin at ROC 0
 * (RFC 4568 7.1.4). 0 or ENOMEM, EINVAL: nothing has changed.
 */
MUST_CHECK
int rtp_sender_key(struct rtp_sender *sender, const struct rtp_key *key);

/* Another source feeds it from now on (another branch of a fork, another
 * address on the clear side): every SSRC of the old one is done with; an SSRC
 * that comes again is mapped to a fresh one. */
void rtp_sender_switch(struct rtp_sender *sender);

/*
 * One plain RTP packet (whole, readable) for the wire. The outgoing SSRC is
 * the incoming one the first time; where a stream restarts or jumps (RFC 3550
 * A.1: more than 3000 ahead or more than RTP_WINDOW behind, two in sequence:
 * the first of them is dropped), or where that SSRC was used by another source
 * under this key, it is a fresh one, unused under this key. A repeat is
 * dropped (REPLAYED); a late packet leaves when its index is unused. Needs one
 * SSRC of RTP_SSRC_MAX each time: after that NO_ROOM. In clear the same map
 * holds, without the ceiling's refusal: the oldest is forgotten.
 */
enum rtp_result rtp_sender_rtp(struct rtp_sender *sender, const uint8_t *in,
			       uint8_t *out, size_t *len, size_t cap);

/* One compound that rtcp_filter has written, SSRCs already mapped. */
enum rtp_result rtp_sender_rtcp(struct rtp_sender *sender, const uint8_t *in,
				uint8_t *out, size_t *len, size_t cap);

/* For RTCP: the outgoing SSRC of a source's SSRC (one that only ever sent
 * RTCP is mapped to itself, or to a fresh one where that is taken), and back
 * again. False: unknown (or NO_ROOM). */
bool rtp_sender_map(struct rtp_sender *sender, uint32_t source, uint32_t *out);
bool rtp_sender_unmap(const struct rtp_sender *sender, uint32_t outgoing,
		      uint32_t *source);
