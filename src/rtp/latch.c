/*
 * latch.c - where a leg is sent to, and who is heard on a clear one
 *
 * Signalled addresses are claims. What is sent to a phone goes where one of its
 * authentic packets came from; before that only to the host that it is
 * connected from, so that nobody can aim the relay at a third one (RFC 7362 4).
 */
#include "latch.h"

#include <assert.h>

enum {
	PORT_MIN = 1024,     /* below are services of the system */
	IP4_MULTICAST = 224, /* first octet; above it reserved and broadcast */
	IP6_MULTICAST = 0xff,
};

/* May a packet of ours go there at all? */
static bool is_sendable(const struct addr *addr)
{
	if (addr->port < PORT_MIN || addr_is_any(addr))
		return false;
	if (addr->version == 4)
		return addr->ip[0] && addr->ip[0] < IP4_MULTICAST;
	return addr->version == 6 && addr->ip[0] != IP6_MULTICAST;
}

static bool takes(const struct addr *signalled)
{
	return signalled->version && !addr_is_any(signalled);
}

/* A hold by 0.0.0.0 is no move, nor is the return from it. */
static bool leaves_home(struct addr *home, const struct addr *signalled)
{
	const bool left = home->version && !addr_eq(home, signalled);

	if (!takes(signalled))
		return false;
	*home = *signalled;
	return left;
}

static void forget(struct latch *latch)
{
	latch->at[0] = (struct addr){0};
	latch->at[1] = (struct addr){0};
	latch->stale = false;
}

void latch_plan(struct latch *latch, const struct rtp_leg_plan *was,
		const struct rtp_leg_plan *now, bool another)
{
	bool moved;

	if (another || !now->used || !was->used || now->secure != was->secure)
		*latch = (struct latch){0};
	moved = leaves_home(&latch->home[0], &now->rtp);
	if (!now->mux && leaves_home(&latch->home[1], &now->rtcp))
		moved = true;
	if (was->used && !addr_ip_eq(&was->tls, &now->tls))
		moved = true;
	if (!moved && !(now->secure && now->moved))
		return;
	/* What a phone signals may be private: its old address was proven. */
	if (now->secure && now->tls.version)
		latch->stale = true;
	else
		forget(latch);
}

bool latch_hears(const struct latch *latch, const struct rtp_leg_plan *plan,
		 const struct addr *from, bool rtcp_port)
{
	const struct addr *at = &latch->at[rtcp_port];
	const struct addr *signalled = rtcp_port ? &plan->rtcp : &plan->rtp;

	assert(!plan->secure);
	if (plan->first_fixes_port) {
		if (!plan->tls.version || !addr_ip_eq(from, &plan->tls))
			return false;
		return at->version ? addr_eq(from, at) : is_sendable(from);
	}
	if (!takes(signalled) || !addr_ip_eq(from, signalled))
		return false;
	return !plan->port_strict || from->port == signalled->port;
}

void latch_commit(struct latch *latch, const struct addr *from, bool rtcp_port)
{
	if (latch->stale)
		forget(latch);
	if (is_sendable(from))
		latch->at[rtcp_port] = *from;
}

bool latch_target(const struct latch *latch, const struct rtp_leg_plan *plan,
		  bool rtcp, struct addr *out)
{
	const bool apart = rtcp && !plan->mux;
	const struct addr *signalled = apart ? &plan->rtcp : &plan->rtp;
	const struct addr *to = &latch->at[apart];

	if (!plan->used || !takes(signalled))
		return false;
	if (!to->version) {
		if (plan->tls.version && !addr_ip_eq(signalled, &plan->tls))
			return false;
		to = signalled;
	}
	if (!is_sendable(to))
		return false;
	*out = *to;
	return true;
}
