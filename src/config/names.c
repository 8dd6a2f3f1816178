/* names.c - hosts, addresses and ports as an administrator writes them */
#include <ctype.h>
#include <errno.h>

#include "names.h"

enum { LABEL_MAX = 63 }; /* RFC 1035 2.3.4 */

static bool is_label(struct span s)
{
	if (!s.len || s.len > LABEL_MAX)
		return false;
	if (s.p[0] == '-' || s.p[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	}
	return true;
}

static bool all_digits(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.p[i]))
			return false;
	}
	return true;
}

/* RFC 1123 2.1: the last label is not a number, or 10.0.0.256 were a name. */
static bool is_dns_name(struct span s)
{
	if (s.len >= PROXY_HOST_MAX)
		return false;
	for (;;) {
		size_t dot = span_find(s, '.');
		struct span label = span_of(s.p, dot);

		if (!is_label(label))
			return false;
		if (dot == s.len)
			return !all_digits(label);
		s = span_skip(s, dot + 1);
	}
}

static bool in_brackets(struct span s)
{
	return s.len > 2 && s.p[0] == '[' && s.p[s.len - 1] == ']';
}

/* "[...", or a colon that follows a dot: 192.0.2.1:0, not ::ffff:192.0.2.1. */
static bool has_port(struct span s)
{
	size_t dot = span_find(s, '.');
	size_t colon = span_find(s, ':');

	return (s.len && s.p[0] == '[') || (colon < s.len && dot < colon);
}

/* Without port. A bare v4-mapped address becomes version 4. */
static int parse_ip(struct addr *out, struct span s)
{
	struct addr ip;

	if (in_brackets(s)) {
		s = span_of(s.p + 1, s.len - 2);
		if (span_find(s, ':') == s.len)
			return EINVAL; /* [192.0.2.1] */
	} else if (has_port(s)) {
		return EINVAL;
	}
	if (addr_parse(&ip, s) || ip.port)
		return EINVAL;
	*out = ip;
	return 0;
}

int names_host(char dst[static PROXY_HOST_MAX], struct span s)
{
	struct addr ip;

	if (!parse_ip(&ip, s)) {
		char text[ADDR_TEXT_MAX];

		span_copy(dst, PROXY_HOST_MAX,
			  span_of(text, addr_print_ip(text, &ip)));
		return 0;
	}
	if (!is_dns_name(s))
		return EINVAL;
	span_copy(dst, PROXY_HOST_MAX, s);
	return 0;
}

/* Length of the host part: up to the last colon that starts a port. */
static size_t host_len(struct span s)
{
	size_t colon = span_find(s, ':');

	if (s.len && s.p[0] == '[') {
		size_t end = span_find(s, ']');

		return end < s.len ? end + 1 : s.len;
	}
	if (colon < s.len &&
	    span_find(span_skip(s, colon + 1), ':') < s.len - colon - 1)
		return s.len; /* a bare IPv6 address */
	return colon;
}

/* ":port", or nothing: then *port stays. */
static int parse_port(uint16_t *port, struct span s)
{
	uint64_t value;

	if (!s.len)
		return 0;
	if (s.p[0] != ':' || s.len > sizeof(":65535") - 1 ||
	    span_u64(span_skip(s, 1), UINT16_MAX, &value))
		return EINVAL;
	*port = (uint16_t)value;
	return 0;
}

int names_host_port(struct proxy_name *out, struct span s)
{
	struct proxy_name name = {.port = 0};
	size_t len = host_len(s);
	struct span port = span_skip(s, len);

	if (names_host(name.host, span_of(s.p, len)))
		return EINVAL;
	if (parse_port(&name.port, port) || (port.len && !name.port))
		return EINVAL;
	*out = name;
	return 0;
}

int names_address(struct addr *out, struct span s, uint16_t port)
{
	struct addr addr;
	size_t len = host_len(s);

	if (parse_ip(&addr, span_of(s.p, len)) ||
	    parse_port(&port, span_skip(s, len)))
		return EINVAL;
	addr.port = port;
	*out = addr;
	return 0;
}

bool names_is_loopback(const char *host)
{
	struct addr ip;

	if (span_ieq(span_str(host), SPAN("localhost")))
		return true;
	return !addr_parse(&ip, span_str(host)) && addr_is_loopback(&ip);
}

bool names_is_any(const char *host)
{
	struct addr ip;

	return !addr_parse(&ip, span_str(host)) && addr_is_any(&ip);
}
