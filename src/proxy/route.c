/* route.c - is this Route the route set that the dialog has? */
#include "rempart/sip/uri.h"
#include "route.h"

/*
 * Not RFC 3261 19.1.4: a user agent copies the URIs of its route set as they
 * are, and what differs in a parameter could lead elsewhere.
 */
static bool uri_same(const struct sip_uri *a, const struct sip_uri *b)
{
	if (!a->host.len || !b->host.len)
		return span_eq(a->text, b->text);

	size_t a_start = (size_t)(a->host.p - a->text.p);
	size_t b_start = (size_t)(b->host.p - b->text.p);
	struct span a_rest = span_skip(a->text, a_start + a->host.len);
	struct span b_rest = span_skip(b->text, b_start + b->host.len);

	return span_eq(span_of(a->text.p, a_start),
		       span_of(b->text.p, b_start)) &&
	       span_ieq(a->host, b->host) && span_eq(a_rest, b_rest);
}

static bool value_same(struct span a, struct span b)
{
	struct sip_address a_addr, b_addr;

	if (sip_address_parse(&a_addr, a) || sip_address_parse(&b_addr, b))
		return false;
	return uri_same(&a_addr.uri, &b_addr.uri);
}

bool route_same(struct span a, struct span b)
{
	struct span a_value, b_value;

	a = span_trim(a);
	b = span_trim(b);
	/* The usual case: it comes back as it was given. */
	if (span_eq(a, b))
		return true;

	for (;;) {
		bool a_more = sip_value_next(&a, &a_value);
		bool b_more = sip_value_next(&b, &b_value);

		if (a_more != b_more)
			return false;
		if (!a_more)
			return true;
		if (!value_same(a_value, b_value))
			return false;
	}
}
