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

static inline bool sdp_is_number(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!sdp_is_digit(s.p[i]))
			return false;
	}
	return s.len > 0;
}

/*
 * "IN IP4 192.0.2.1", at the end of o=, in c= and in a=rtcp; the address goes
 * to *address, and may be a host name.
 */
static inline bool sdp_connection(struct span s, bool *ip6,
				  struct span *address)
{
	struct span net, type;

	if (!sdp_field(&s, &net) || !sdp_field(&s, &type) ||
	    !sdp_field(&s, address) || s.len)
		return false;
	*ip6 = span_eq(type, SPAN("IP6"));
	return span_eq(net, SPAN("IN")) && (*ip6 || span_eq(type, SPAN("IP4")));
}
