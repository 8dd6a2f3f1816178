/* addr.h - a transport address: IP version, IP, port */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/check.h"

struct addr {
	uint8_t ip[16];	 /* network order; IPv4 in the first four */
	uint16_t port;	 /* host order, 0 when none */
	uint8_t version; /* 4, 6, or 0 when unset */
};

enum {
	ADDR_TEXT_MAX = 56, /* "[" INET6_ADDRSTRLEN "]:65535" and NUL */
};

/*
 * "192.0.2.1", "192.0.2.1:5060", "2001:db8::1", "[2001:db8::1]:5060".
 * No names, no scope. Returns 0 or EINVAL; *out only on success. A
 * v4-mapped IPv6 address becomes IPv4.
 */
MUST_CHECK
int addr_parse(struct addr *out, struct span s);

/* Writes "ip:port" (or "ip" when port is 0) with NUL; returns its length. */
size_t addr_print(char dst[static ADDR_TEXT_MAX], const struct addr *addr);
/* Without the port, IPv6 without brackets. */
size_t addr_print_ip(char dst[static ADDR_TEXT_MAX], const struct addr *addr);

bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_ip_eq(const struct addr *a, const struct addr *b);

/* Loopback, or the wildcard (0.0.0.0, ::). */
bool addr_is_loopback(const struct addr *addr);
bool addr_is_any(const struct addr *addr);

/* The address with all but its first bits cleared, port 0: the key of a
 * per-prefix table. bits4 <= 32, bits6 <= 128. */
struct addr addr_prefix(const struct addr *addr, unsigned bits4,
			unsigned bits6);

enum { ADDR_NETS_MAX = 64 }; /* of one setting: the sites of a company */

struct addr_nets {
	struct addr net[ADDR_NETS_MAX]; /* host bits clear */
	uint8_t bits[ADDR_NETS_MAX];	/* 1 to 32, or 128 */
	unsigned count;
};

/* Whether the address, of whatever port, lies in one of them. */
bool addr_in_nets(const struct addr *addr, const struct addr_nets *nets);

struct addr addr_from_sockaddr(const struct sockaddr_storage *ss);
/* Returns the length for bind(), sendto(). */
socklen_t addr_to_sockaddr(struct sockaddr_storage *ss,
			   const struct addr *addr);
