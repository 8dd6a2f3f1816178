/* window.c - index estimate and replay window of one stream */
#include "window.h"

#include <assert.h>

static_assert(RTP_WINDOW == 128, "the shift below is for two words");

enum { WORD_BITS = 64, SEQUENCE_HALF = 1 << 15 };

bool rtp_window_empty(const struct rtp_window *win)
{
	/* The highest index itself is always marked. */
	return !(win->bits[0] & 1);
}

bool rtp_window_index(const struct rtp_window *win, uint32_t first_roc,
		      uint16_t sequence, uint64_t *index)
{
	const uint16_t last = (uint16_t)win->highest;
	uint32_t roc = (uint32_t)(win->highest >> 16);

	if (rtp_window_empty(win)) {
		roc = first_roc;
	} else if (last < SEQUENCE_HALF) {
		if (sequence - last > SEQUENCE_HALF && roc > 0)
			roc--;
	} else if (last - SEQUENCE_HALF > sequence) {
		if (roc == UINT32_MAX)
			return false;
		roc++;
	}
	*index = (uint64_t)roc << 16 | sequence;
	return true;
}

bool rtp_window_next(const struct rtp_window *win, uint64_t last,
		     uint64_t *index)
{
	if (win->highest >= last)
		return false;
	*index = win->highest + 1;
	return true;
}

bool rtp_window_unused(const struct rtp_window *win, uint64_t index)
{
	uint64_t behind;

	if (rtp_window_empty(win) || index > win->highest)
		return true;
	behind = win->highest - index;
	if (behind >= RTP_WINDOW)
		return false;
	return !(win->bits[behind / WORD_BITS] >> (behind % WORD_BITS) & 1);
}

static void advance(struct rtp_window *win, uint64_t by)
{
	if (by >= RTP_WINDOW) {
		win->bits[0] = win->bits[1] = 0;
	} else if (by >= WORD_BITS) {
		win->bits[1] = win->bits[0] << (by - WORD_BITS);
		win->bits[0] = 0;
	} else if (by > 0) {
		win->bits[1] =
			win->bits[1] << by | win->bits[0] >> (WORD_BITS - by);
		win->bits[0] <<= by;
	}
}

void rtp_window_commit(struct rtp_window *win, uint64_t index)
{
	uint64_t behind = 0;

	assert(rtp_window_unused(win, index));
	if (rtp_window_empty(win)) {
		win->highest = index;
	} else if (index > win->highest) {
		advance(win, index - win->highest);
		win->highest = index;
	} else {
		behind = win->highest - index;
	}
	win->bits[behind / WORD_BITS] |= UINT64_C(1) << (behind % WORD_BITS);
}
