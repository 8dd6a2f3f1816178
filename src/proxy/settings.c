/* settings.c - which names we serve, and which one a phone sees */
#include <assert.h>

#include "rempart/proxy/settings.h"

static struct span without_brackets(struct span host)
{
	if (host.len >= 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		return span_of(host.p + 1, host.len - 2);
	return host;
}

bool proxy_is_domain(const struct proxy_settings *settings, struct span host)
{
	assert(settings->domain_count <= PROXY_DOMAINS_MAX);

	host = without_brackets(host);
	if (!host.len)
		return false;
	for (unsigned i = 0; i < settings->domain_count; i++) {
		struct span domain = span_str(settings->domains[i]);

		if (span_ieq(without_brackets(domain), host))
			return true;
	}
	return false;
}

const struct proxy_name *proxy_advertised(const struct proxy_settings *settings,
					  const struct addr *peer)
{
	if (settings->advertise_inside.host[0] && peer &&
	    addr_in_nets(peer, &settings->inside_from))
		return &settings->advertise_inside;
	return &settings->advertise;
}
