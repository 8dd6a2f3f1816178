/* addr.c - transport addresses: text, comparison, prefixes, sockaddr */
#include "rempart/base/addr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>

#include "rempart/base/text.h"

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};

static size_t ip_bytes(const struct addr *addr)
{
	return addr->version == 4 ? 4 : addr->version == 6 ? 16 : 0;
}

static struct addr from_ip4(const void *ip)
{
	struct addr addr = {.version = 4};

	memcpy(addr.ip, ip, 4);
	return addr;
}

/* A dual-stack socket names IPv4 peers this way; one peer has one name. */
static struct addr from_ip6(const uint8_t ip[static 16])
{
	struct addr addr = {.version = 6};

	if (!memcmp(ip, v4_mapped, sizeof(v4_mapped)))
		return from_ip4(ip + sizeof(v4_mapped));
	memcpy(addr.ip, ip, sizeof(addr.ip));
	return addr;
}

static int parse_ip(struct addr *out, struct span s)
{
	char str[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	/* inet_pton() would stop at a NUL and take what stands before it. */
	if (!s.len || span_find(s, '\0') != s.len ||
	    !span_copy(str, sizeof(str), s))
		return EINVAL;
	if (inet_pton(AF_INET, str, ip) == 1)
		*out = from_ip4(ip);
	else if (inet_pton(AF_INET6, str, ip) == 1)
		*out = from_ip6(ip);
	else
		return EINVAL;
	return 0;
}

/* Nothing, or ":5060". */
static int parse_port(uint16_t *out, struct span s)
{
	uint64_t port = 0;

	if (s.len) {
		/* five digits: 00005060 is no way to write a port */
		if (s.p[0] != ':' || s.len > 6 ||
		    span_u64(span_skip(s, 1), UINT16_MAX, &port))
			return EINVAL;
	}
	*out = (uint16_t)port;
	return 0;
}

int addr_parse(struct addr *out, struct span s)
{
	const size_t colon = span_find(s, ':');
	const bool bracket = s.len && s.p[0] == '[';
	struct span ip = s;
	struct span rest = {0};
	struct addr addr;
	int err;

	if (bracket) {
		const size_t end = span_find(s, ']');

		if (end == s.len)
			return EINVAL;
		ip = span_of(s.p + 1, end - 1);
		rest = span_skip(s, end + 1);
		if (span_find(ip, ':') == ip.len)
			return EINVAL;
	} else if (span_find(span_skip(s, colon + 1), ':') ==
		   span_skip(s, colon + 1).len) {
		/* at most one colon: it separates the port */
		ip = span_of(s.p, colon);
		rest = span_skip(s, colon);
	}
	err = parse_ip(&addr, ip);
	if (err)
		return err;
	err = parse_port(&addr.port, rest);
	if (err)
		return err;
	*out = addr;
	return 0;
}

static void put_ip(struct text *txt, const struct addr *addr)
{
	char str[INET6_ADDRSTRLEN];

	if (!ip_bytes(addr))
		return;
	if (inet_ntop(addr->version == 4 ? AF_INET : AF_INET6, addr->ip, str,
		      sizeof(str)))
		text_puts(txt, str);
}

static size_t finish(struct text *txt)
{
	const size_t len = txt->len;

	text_putc(txt, '\0');
	assert(!txt->full);
	return len;
}

size_t addr_print(char dst[static ADDR_TEXT_MAX], const struct addr *addr)
{
	struct text txt = text_init(dst, ADDR_TEXT_MAX);
	const bool bracket = addr->version == 6 && addr->port;

	if (bracket)
		text_putc(&txt, '[');
	put_ip(&txt, addr);
	if (bracket)
		text_putc(&txt, ']');
	if (ip_bytes(addr) && addr->port) {
		text_putc(&txt, ':');
		text_u64(&txt, addr->port);
	}
	return finish(&txt);
}

size_t addr_print_ip(char dst[static ADDR_TEXT_MAX], const struct addr *addr)
{
	struct text txt = text_init(dst, ADDR_TEXT_MAX);

	put_ip(&txt, addr);
	return finish(&txt);
}

bool addr_ip_eq(const struct addr *a, const struct addr *b)
{
	return a->version == b->version && !memcmp(a->ip, b->ip, ip_bytes(a));
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return addr_ip_eq(a, b) && a->port == b->port;
}

bool addr_is_loopback(const struct addr *addr)
{
	if (addr->version == 4)
		return addr->ip[0] == 127;
	return addr->version == 6 && !memcmp(addr->ip, &in6addr_loopback, 16);
}

bool addr_is_any(const struct addr *addr)
{
	static const uint8_t zero[16];

	return addr->version && !memcmp(addr->ip, zero, ip_bytes(addr));
}

struct addr addr_prefix(const struct addr *addr, unsigned bits4, unsigned bits6)
{
	const unsigned bits = addr->version == 4 ? bits4 : bits6;
	struct addr prefix = {.version = addr->version};

	assert(bits4 <= 32 && bits6 <= 128);
	for (unsigned i = 0; i < ip_bytes(addr) && 8 * i < bits; i++) {
		const unsigned left = bits - 8 * i;
		const unsigned mask = left < 8 ? 0xff00u >> left : 0xff;

		prefix.ip[i] = addr->ip[i] & (uint8_t)mask;
	}
	return prefix;
}

bool addr_in_nets(const struct addr *addr, const struct addr_nets *nets)
{
	assert(nets->count <= ADDR_NETS_MAX);
	for (unsigned i = 0; i < nets->count; i++) {
		const bool v4 = nets->net[i].version == 4;
		const unsigned bits = nets->bits[i];
		const struct addr prefix =
			addr_prefix(addr, v4 ? bits : 0, v4 ? 0 : bits);

		if (addr_ip_eq(&prefix, &nets->net[i]))
			return true;
	}
	return false;
}

struct addr addr_from_sockaddr(const struct sockaddr_storage *ss)
{
	struct addr addr = {0};

	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *sin = (const void *)ss;

		addr = from_ip4(&sin->sin_addr);
		addr.port = ntohs(sin->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *sin6 = (const void *)ss;

		addr = from_ip6(sin6->sin6_addr.s6_addr);
		addr.port = ntohs(sin6->sin6_port);
	}
	return addr;
}

socklen_t addr_to_sockaddr(struct sockaddr_storage *ss, const struct addr *addr)
{
	memset(ss, 0, sizeof(*ss));
	if (addr->version == 4) {
		struct sockaddr_in *sin = (void *)ss;

		sin->sin_family = AF_INET;
		sin->sin_port = htons(addr->port);
		memcpy(&sin->sin_addr, addr->ip, 4);
		return sizeof(*sin);
	}
	if (addr->version == 6) {
		struct sockaddr_in6 *sin6 = (void *)ss;

		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(addr->port);
		memcpy(&sin6->sin6_addr, addr->ip, 16);
		return sizeof(*sin6);
	}
	return 0;
}
