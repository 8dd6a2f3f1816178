/* media.c - sockets for the edge's media sessions, and what the relay tells */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core_int.h"

/* The configuration counts the ports that the relay takes. */
_Static_assert((int)CONFIG_MEDIA_STRIDE == (int)RELAY_STRIDE, "ports");
_Static_assert((int)CONFIG_MEDIA_THREADS_MAX == (int)RELAY_THREADS_MAX,
	       "threads");

/* ---- what the edge asks for */

static bool is_upstream(const struct media_party *party)
{
	return party->kind == MEDIA_UPSTREAM;
}

/* How the end sees us. */
static struct addr seen_by(const struct core *core,
			   const struct media_party *party)
{
	const struct config *cfg = core->set.cfg;
	const struct config_relay *relay = &cfg->relay;

	if (is_upstream(party))
		return cfg->media.upstream_seen;
	if (relay->phones_inside.version &&
	    addr_in_nets(&party->tls, &relay->inside_from))
		return relay->phones_inside;
	return relay->phones_seen.version ? relay->phones_seen : party->local;
}

static bool fits(const struct addr *bound, const struct addr *seen)
{
	/* :: takes both. */
	return bound->version == seen->version ||
	       (bound->version == 6 && addr_is_any(bound));
}

/* The pool that a leg takes its pair from; NULL: it is on a shared port. */
static struct relay_ports *pool_of(struct core *core,
				   const struct media_want *want, unsigned end)
{
	if (is_upstream(want->party[end]))
		return core->upstream_ports;
	return want->clear[end] ? core->emergency_ports : NULL;
}

static int place_leg(struct core *core, const struct media_want *want,
		     unsigned end, struct relay_open *open,
		     struct media_place *place)
{
	const struct config_relay *relay = &core->set.cfg->relay;
	bool upstream = is_upstream(want->party[end]);
	struct relay_ports *pool = pool_of(core, want, end);
	uint16_t port;
	int err;

	open->upstream[end] = upstream;
	place->rtp = seen_by(core, want->party[end]);
	if (!fits(upstream ? &relay->upstream : &relay->phones, &place->rtp))
		return EAFNOSUPPORT;
	if (pool) {
		err = relay_ports_take(pool, &open->pair[end]);
		if (err)
			return err;
		port = open->pair[end].port;
	} else {
		port = upstream ? relay_upstream_port(core->relay,
						      want->session, want->line)
				: relay_phones_port(core->relay, want->session,
						    want->line);
	}
	place->rtp.port = port;
	place->rtcp = place->rtp;
	place->rtcp.port = (uint16_t)(port + 1);
	return 0;
}

static void give_back(struct core *core, uint16_t port)
{
	const struct config_relay *relay = &core->set.cfg->relay;
	bool emergency =
		port >= relay->emergency_first && port <= relay->emergency_last;

	if (port)
		relay_ports_give_back(emergency ? core->emergency_ports
						: core->upstream_ports,
				      port);
}

static void close_pair(struct core *core, struct relay_pair *pair)
{
	if (pair->rtp < 0)
		return;
	close(pair->rtp);
	close(pair->rtcp);
	give_back(core, pair->port);
}

static int io_media_open(void *arg, const struct media_want *want,
			 struct media_place place[2])
{
	struct core *core = arg;
	struct relay_open open = {
		.id = want->session,
		.line = want->line,
		.pair = {{-1, -1, 0}, {-1, -1, 0}},
	};
	int err = 0;

	for (unsigned end = 0; end < 2 && !err; end++)
		if (want->party[end]->kind != MEDIA_ECHO)
			err = place_leg(core, want, end, &open, &place[end]);
	if (!err)
		err = relay_session_open(core->relay, &open);
	for (unsigned end = 0; end < 2 && err; end++)
		close_pair(core, &open.pair[end]);
	return err;
}

static bool io_media_seen(void *arg, const struct media_party *party,
			  struct addr *ip)
{
	const struct core *core = arg;

	*ip = seen_by(core, party);
	return fits(&core->set.cfg->relay.phones, ip);
}

static void io_media_plan(void *arg, uint64_t session,
			  const struct rtp_plan *plan)
{
	struct core *core = arg;

	/* No memory: the old plan stays, and silence ends the call. */
	(void)!relay_session_plan(core->relay, session, plan);
}

static void io_media_close(void *arg, uint64_t session)
{
	struct core *core = arg;

	relay_session_close(core->relay, session);
}

void media_bind(struct edge_io *io)
{
	io->media_open = io_media_open;
	io->media_seen = io_media_seen;
	io->media_plan = io_media_plan;
	io->media_close = io_media_close;
}

/* ---- what the relay tells */

void media_readable(struct core *core)
{
	struct relay_event event;

	while (relay_next(core->relay, &event)) {
		if (event.kind == RELAY_MEDIA) {
			edge_media_event(core->edge, &event.media);
			continue;
		}
		edge_media_closed(core->edge, event.id, event.figures);
		give_back(core, event.port[0]);
		give_back(core, event.port[1]);
	}
}

/* ---- its life */

static int open_pool(struct relay_ports **out, const struct addr *ip,
		     uint16_t first, uint16_t last, char why[static 256])
{
	uint16_t low, high;
	int err = relay_ports_open(out, ip, first, last, why);

	if (err)
		return err;
	if (why[0])
		fprintf(stderr, "rempart: warning: %s\n", why);
	why[0] = '\0';
	if (relay_ports_ephemeral(first, last, &low, &high))
		fprintf(stderr,
			"rempart: warning: media ports %u-%u overlap those "
			"that the kernel gives to anybody, %u-%u. Choose "
			"others, or reserve them: "
			"sysctl net.ipv4.ip_local_reserved_ports=%u-%u\n",
			first, last, low, high, first, last);
	return 0;
}

static void warn_of_buffer(const struct relay *relay)
{
	uint32_t bytes = relay_counts(relay).buffer_bytes;

	if (bytes < RELAY_BUFFER_BYTES)
		fprintf(stderr,
			"rempart: warning: the kernel gives the media port a "
			"receive buffer of %u KiB, not %u: with hundreds of "
			"calls, sysctl net.core.rmem_max=%u\n",
			bytes / 1024, RELAY_BUFFER_BYTES / 1024,
			RELAY_BUFFER_BYTES);
}

int media_start(struct core *core, char why[static 256])
{
	const struct config *cfg = core->set.cfg;
	const struct config_relay *relay = &cfg->relay;
	const struct addr none = {.version = 0};
	const struct relay_settings settings = {
		.engine = relay->engine,
		.threads = relay->threads,
		.phones = relay->phones,
		.upstream = cfg->media.upstream_single ? relay->upstream : none,
	};
	int err = relay_start(&core->relay, &settings, why);

	if (!err)
		warn_of_buffer(core->relay);
	if (!err)
		err = open_pool(&core->emergency_ports, &relay->phones,
				relay->emergency_first, relay->emergency_last,
				why);
	if (!err && cfg->proxy.has_upstream && !cfg->media.upstream_single)
		err = open_pool(&core->upstream_ports, &relay->upstream,
				cfg->media.upstream_first,
				cfg->media.upstream_last, why);
	return err;
}

void media_stop(struct core *core)
{
	if (core->relay)
		relay_stop(core->relay);
	relay_ports_close(core->emergency_ports);
	relay_ports_close(core->upstream_ports);
}

static bool same_sockets(const struct config_relay *a,
			 const struct config_relay *b)
{
	return !strcmp(a->engine, b->engine) && a->threads == b->threads &&
	       addr_eq(&a->phones, &b->phones) &&
	       addr_eq(&a->upstream, &b->upstream) &&
	       a->emergency_first == b->emergency_first &&
	       a->emergency_last == b->emergency_last;
}

int media_may_reload(const struct config *old, const struct config *new_,
		     char why[static 256])
{
	const struct media_settings *a = &old->media, *b = &new_->media;

	if (same_sockets(&old->relay, &new_->relay) &&
	    old->proxy.has_upstream == new_->proxy.has_upstream &&
	    a->upstream_single == b->upstream_single &&
	    a->upstream_first == b->upstream_first &&
	    a->upstream_last == b->upstream_last)
		return 0;
	snprintf(why, 256,
		 "the addresses, ports, threads and engine of media are fixed "
		 "while calls may run. Restart to change them");
	return EINVAL;
}
