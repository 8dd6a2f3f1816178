/* ports.h - pairs of UDP ports from a range, bound: RTP even, RTCP next */
#pragma once

#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"

struct relay_pair {
	int rtp, rtcp; /* -1: none */
	uint16_t port; /* of rtp, even */
};

/* Of one thread. */
struct relay_ports;

/*
 * Pairs from first (made even) to last on that address. Each is bound once
 * and closed again as a test: EADDRINUSE and others come with `why` for people
 * ("192.0.2.2: ports 20000-29999: 12 pairs are in use, the first is 20014").
 * Some in use is a warning, written to why with 0 returned; all in use is an
 * error. why is "" otherwise.
 */
MUST_CHECK
int relay_ports_open(struct relay_ports **out, const struct addr *ip,
		     uint16_t first, uint16_t last, char why[static 256]);
void relay_ports_close(struct relay_ports *ports);

/* Binds a free pair, non-blocking, in turn, so that a port that was given back
 * is the last to be used again: late packets of an old call meet nobody. Both
 * or none: no descriptor is lost when the second one fails. ENOSPC: all are
 * out; EMFILE and others. */
MUST_CHECK
int relay_ports_take(struct relay_ports *ports, struct relay_pair *out);
/* Its descriptors are closed by whoever had them. */
void relay_ports_give_back(struct relay_ports *ports, uint16_t port);

struct relay_ports_counts {
	unsigned pairs, out;
};
struct relay_ports_counts relay_ports_counts(const struct relay_ports *ports);

/* The range in which the kernel picks ports by itself (ip_local_port_range)
 * overlaps first to last: true, with that range. */
bool relay_ports_ephemeral(uint16_t first, uint16_t last, uint16_t *low,
			   uint16_t *high);
