/* field.c - the header values that carry a URI or a host: name-addr, Via,
 * lists and parameters (RFC 3261 20, 25.1) */
#include "rempart/sip/uri.h"

#include <errno.h>

#include "grammar.h"

/*
 * libre's sip_addr_decode and sip_via_decode are not used: the first drops
 * all but the last word of a display name and finds its '<' inside of a
 * parameter; the second keeps no transport name, knows none with a hyphen or
 * a digit, cuts "host : port" and sees ";branch=" inside of quotes.
 */

struct cursor {
	struct span rest;
};

static void skip_space(struct cursor *cur)
{
	while (cur->rest.len && sip_is_space(cur->rest.p[0]))
		cur->rest = span_skip(cur->rest, 1);
}

static struct span take(struct cursor *cur, size_t n)
{
	struct span s = span_of(cur->rest.p, n);

	cur->rest = span_skip(cur->rest, n);
	return s;
}

static bool take_byte(struct cursor *cur, char c)
{
	skip_space(cur);
	if (!cur->rest.len || cur->rest.p[0] != c)
		return false;
	take(cur, 1);
	return true;
}

static struct span take_token(struct cursor *cur)
{
	size_t n = 0;

	skip_space(cur);
	while (n < cur->rest.len && sip_is_token_byte(cur->rest.p[n]))
		n++;
	return take(cur, n);
}

/* *( token LWS ) in front of '<'; phones send UTF-8 there unquoted too.
 * False when no '<' follows: an addr-spec. */
static bool bare_display(struct span *display, struct span value)
{
	size_t n = 0;

	while (n < value.len &&
	       (sip_is_token_byte(value.p[n]) || sip_is_space(value.p[n]) ||
		(uint8_t)value.p[n] >= 0x80))
		n++;
	if (n == value.len || value.p[n] != '<')
		return false;
	*display = span_of(value.p, n);
	return true;
}

/* Between the brackets no space may stand (RFC 3261 25.1, LAQUOT takes the
 * spaces outside of them). */
static int bracketed_uri(struct sip_uri *uri, struct span *params,
			 struct span s)
{
	size_t end = span_find(s, '>');

	if (end == s.len)
		return EINVAL;
	*params = span_skip(s, end + 1);
	return sip_uri_parse(uri, span_of(s.p + 1, end - 1));
}

/*
 * Without brackets a ';' starts the header's parameters, and a URI with a
 * comma, question mark or semicolon of its own may not stand there
 * (RFC 3261 20).
 */
static int bare_uri(struct sip_uri *uri, struct span *params, struct span s)
{
	size_t n = 0;
	int err;

	while (n < s.len && s.p[n] != ';' && !sip_is_space(s.p[n])) {
		if (s.p[n] == '?' || s.p[n] == ',')
			return EINVAL;
		n++;
	}
	err = sip_uri_parse(uri, span_of(s.p, n));
	*params = span_skip(s, n);
	return err;
}

int sip_address_parse(struct sip_address *out, struct span value)
{
	struct sip_address addr = {0};
	struct span rest, tag;
	size_t quoted;
	int err;

	value = span_trim(value);
	if (value.len > SIP_VALUE_MAX)
		return EMSGSIZE;
	quoted = sip_quoted_len(value);
	if (quoted) {
		addr.display = span_of(value.p, quoted);
		rest = span_trim(span_skip(value, quoted));
		if (!rest.len || rest.p[0] != '<')
			return EINVAL;
		err = bracketed_uri(&addr.uri, &addr.params, rest);
	} else if (bare_display(&addr.display, value)) {
		rest = span_skip(value, addr.display.len);
		err = bracketed_uri(&addr.uri, &addr.params, rest);
	} else {
		err = bare_uri(&addr.uri, &addr.params, value);
	}
	if (err)
		return err;
	addr.display = span_trim(addr.display);
	addr.params = span_trim(addr.params);
	/* A tag given twice would be one to us and another to the PBX. */
	if (sip_params_check(addr.params, SPAN("tag"), &tag))
		return EINVAL;
	*out = addr;
	return 0;
}

/* sent-by ends where the parameters start; a colon and a port may stand
 * behind spaces. */
static struct span take_sent_by(struct cursor *cur)
{
	skip_space(cur);
	return span_trim(take(cur, span_find(cur->rest, ';')));
}

int sip_hop_parse(struct sip_hop *out, struct span value)
{
	struct cursor cur = {span_trim(value)};
	struct sip_hop hop = {.text = cur.rest};

	if (hop.text.len > SIP_VALUE_MAX)
		return EMSGSIZE;
	if (!span_ieq(take_token(&cur), SPAN("SIP")) || !take_byte(&cur, '/') ||
	    !span_eq(take_token(&cur), SPAN("2.0")) || !take_byte(&cur, '/'))
		return EINVAL;
	hop.transport = take_token(&cur);
	if (!hop.transport.len || !cur.rest.len || !sip_is_space(cur.rest.p[0]))
		return EINVAL;
	if (sip_hostport_parse(&hop.host, &hop.port, take_sent_by(&cur)))
		return EINVAL;
	hop.params = cur.rest;
	if (sip_params_check(hop.params, SPAN("branch"), &hop.branch))
		return EINVAL;
	*out = hop;
	return 0;
}

bool sip_param(struct span params, struct span name, struct span *value)
{
	struct span n, v;

	while (!sip_param_next(&params, &n, &v)) {
		if (!span_ieq(n, name))
			continue;
		if (value)
			*value = v;
		return true;
	}
	return false;
}

/* Offset of the first comma outside of quotes and brackets. */
static size_t find_comma(struct span s)
{
	bool quoted = false;
	bool bracket = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"' && !bracket)
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '<')
			bracket = true;
		else if (c == '>')
			bracket = false;
		else if (c == ',' && !bracket)
			return i;
	}
	return s.len;
}

bool sip_value_next(struct span *rest, struct span *value)
{
	struct span s = span_trim(*rest);
	size_t comma;

	if (!s.len) {
		*rest = (struct span){0};
		return false;
	}
	comma = find_comma(s);
	*value = span_trim(span_of(s.p, comma));
	/* "a," holds an empty value at its end, which is the caller's to
	 * refuse: the comma stays, and is the next value. */
	if (value->len && comma + 1 == s.len)
		*rest = span_skip(s, comma);
	else
		*rest = span_skip(s, comma + 1);
	return true;
}
