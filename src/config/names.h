/* names.h - hosts, addresses and ports as an administrator writes them */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/proxy/settings.h"

/*
 * A DNS name or an address; an IPv6 address may stand in brackets and loses
 * them. Addresses are written in their one canonical form. 0 or EINVAL.
 */
MUST_CHECK
int names_host(char dst[static PROXY_HOST_MAX], struct span s);

/* host, host:port, [v6]:port or a bare v6 address; port 0 when none. */
MUST_CHECK
int names_host_port(struct proxy_name *out, struct span s);

/* ip, ip:port or [v6]:port; *out gets `port` when none is written. */
MUST_CHECK
int names_address(struct addr *out, struct span s, uint16_t port);

/* A loopback address or "localhost". */
bool names_is_loopback(const char *host);
/* The wildcard address. */
bool names_is_any(const char *host);
