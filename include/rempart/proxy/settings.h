/* settings.h - what the administrator says about names and the upstream */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/span.h"

enum { PROXY_DOMAINS_MAX = 32, PROXY_HOST_MAX = 256 };

struct proxy_name {
	char host[PROXY_HOST_MAX]; /* IPv6 without brackets */
	uint16_t port;		   /* 0: the scheme's default */
};

struct proxy_settings {
	/* Names that phones use for us and the PBX (domains and defaults). */
	char domains[PROXY_DOMAINS_MAX][PROXY_HOST_MAX];
	unsigned domain_count;
	struct proxy_name advertise; /* as phones see us; host "" when unset:
				      * the connection's local address */
	bool advertise_named;	     /* by the administrator, not derived */
	/* Behind a NAT: as phones of these subnets see us, the others go by
	 * `advertise`; host "": all do. */
	struct proxy_name advertise_inside;
	struct addr_nets inside_from;
	bool has_upstream;
	struct addr upstream;	   /* where requests go, UDP */
	struct addr upstream_bind; /* upstream.local: bound and advertised */
	char upstream_domain[PROXY_HOST_MAX];
	bool sips_inside_secure;
	/* names of settings that stand in records as the rule: "file:line" */
	char where_upstream[128];
	char where_srtp[128];
};

/* True when host (without case, brackets aside) is one of the domains. */
bool proxy_is_domain(const struct proxy_settings *settings, struct span host);

/* The name that a phone at this address must see; NULL: an address that is not
 * known, which is outside. Never NULL. */
const struct proxy_name *proxy_advertised(const struct proxy_settings *settings,
					  const struct addr *peer);
