/* window.h - which indices of one stream have been: RFC 3711 3.3.1, 3.3.2 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/rtp/engine.h"

/* All zero: nothing has been yet. */
struct rtp_window {
	uint64_t highest;		/* index, once something has been */
	uint64_t bits[RTP_WINDOW / 64]; /* bit n: highest - n has been */
};

bool rtp_window_empty(const struct rtp_window *win);

/*
 * The index that a sequence number most likely has: roc * 2^16 + seq, where an
 * empty window has the counter `first_roc` (RFC 3711 3.3.1 and appendix A).
 * Before counter 0 there is nothing, so there it is not taken one back. False:
 * the index would be 2^48 or more.
 */
bool rtp_window_index(const struct rtp_window *win, uint32_t first_roc,
		      uint16_t sequence, uint64_t *index);

/* The index after the highest, for a sender that counts by itself (from 1 up).
 * False: it would be above `last`. */
bool rtp_window_next(const struct rtp_window *win, uint64_t last,
		     uint64_t *index);

/* False: it was used, or is older than RTP_WINDOW. */
bool rtp_window_unused(const struct rtp_window *win, uint64_t index);

/* Takes an index that rtp_window_unused has passed. */
void rtp_window_commit(struct rtp_window *win, uint64_t index);
