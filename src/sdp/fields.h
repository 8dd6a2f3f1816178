/* fields.h - small checks that the readers of SDP lines share */
#pragma once

#include <stdbool.h>

#include "rempart/base/span.h"

/*
 * The text up to the next SP goes to *out, *rest goes on behind that one SP.
 * False: there is none (the rest is empty or begins with SP).
 */
static inline bool sdp_field(struct span *rest, struct span *out)
{
	size_t len = span_find(*rest, ' ');

	if (!len)
		return false;
	*out = span_of(rest->p, len);
	*rest = span_skip(*rest, len + 1);
	return true;
}

static inline bool sdp_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool sdp_is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
