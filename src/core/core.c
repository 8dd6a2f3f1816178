/* core.c - the core's thread: events in, edge, records and bytes out */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core_int.h"
#include "loop.h"

enum {
	ORDERS = 16,
	OTHER_FDS = 256, /* log, rings, listeners, OpenSSL's own */
	NS_PER_US = 1000,
	STOP_TURNS = 20, /* a second in all */
	STOP_TURN_MS = 50,
	US_PER_S = 1000000,
};

static uint64_t clock_us(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * US_PER_S +
	       (uint64_t)ts.tv_nsec / NS_PER_US;
}

struct edge_time core_now(void)
{
	return (struct edge_time){clock_us(CLOCK_MONOTONIC),
				  clock_us(CLOCK_REALTIME)};
}

/* ---- what the edge asks for */

static void io_send_conn(void *arg, uint64_t conn, const char *p, size_t len)
{
	links_send(arg, conn, p, len);
}

static void io_close_conn(void *arg, uint64_t conn)
{
	links_end(arg, conn);
}

static int io_send_upstream(void *arg, const char *p, size_t len)
{
	return upstream_send(arg, p, len);
}

static struct record *io_record_reserve(void *arg)
{
	struct core *core = arg;

	return scribe_reserve(core->set.scribe);
}

static void io_record_commit(void *arg)
{
	struct core *core = arg;

	scribe_commit(core->set.scribe);
}

static uint64_t io_record_number(void *arg)
{
	struct core *core = arg;

	return scribe_next_seq(core->set.scribe);
}

static uint64_t io_clock_us(void *arg)
{
	(void)arg;
	return clock_us(CLOCK_MONOTONIC);
}

static void io_random(void *arg, void *p, size_t len)
{
	(void)arg;
	/* Up to 256 bytes getrandom() gives all or, at boot, waits. */
	while (getrandom(p, len, 0) != (ssize_t)len)
		;
}

/* ---- the turn */

void core_turn(struct core *core)
{
	edge_tick(core->edge, core_now());
}

static void set_timer(struct core *core)
{
	uint64_t due_us = edge_next_us(core->edge);
	uint64_t now_us = clock_us(CLOCK_MONOTONIC);
	struct itimerspec spec = {0};

	if (core->drain && due_us > now_us + US_PER_S)
		due_us = now_us + US_PER_S;
	if (core->again || due_us <= now_us)
		due_us = now_us + 1;
	/* Armed for earlier: that wake-up will arm it again, which is cheaper
	 * than a system call at each message. */
	if (core->timer_due_us > now_us && core->timer_due_us <= due_us)
		return;
	core->timer_due_us = due_us;
	if (due_us != UINT64_MAX) {
		spec.it_value.tv_sec = (time_t)(due_us / US_PER_S);
		spec.it_value.tv_nsec = (long)(due_us % US_PER_S) * NS_PER_US;
	}
	(void)timerfd_settime(core->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void core_turn_end(struct core *core)
{
	links_flush(core);
	set_timer(core);
}

static void on_timer(bool readable, bool writable, void *arg)
{
	struct core *core = arg;
	uint64_t times;

	(void)readable;
	(void)writable;
	(void)!read(core->timer_fd, &times, sizeof(times));
	core->timer_due_us = 0;
	core_turn(core);
	links_drained(core, clock_us(CLOCK_MONOTONIC));
	links_read_again(core);
	core_turn_end(core);
}

static void on_upstream(bool readable, bool writable, void *arg)
{
	struct core *core = arg;

	(void)readable;
	(void)writable;
	core_turn(core);
	upstream_readable(core);
	core_turn_end(core);
}

static void on_relay(bool readable, bool writable, void *arg)
{
	struct core *core = arg;

	(void)readable;
	(void)writable;
	core_turn(core);
	media_readable(core);
	core_turn_end(core);
}

static void take_events(struct core *core, struct door *door)
{
	struct ring *events = door_events(door);
	const struct door_event *event;

	ring_awake(events);
	core_turn(core);
	do {
		while ((event = ring_peek(events))) {
			if (event->kind == DOOR_OPENED)
				links_take(core, door, event);
			else
				edge_conn_refused(core->edge, &event->peer,
						  event->reason, event->detail);
			ring_release(events);
		}
	} while (!ring_sleep(events));
	links_read_again(core);
	core_turn_end(core);
}

static void on_door(bool readable, bool writable, void *arg)
{
	struct core *core = arg;

	(void)readable;
	(void)writable;
	take_events(core, core->set.door);
}

static void on_legacy(bool readable, bool writable, void *arg)
{
	struct core *core = arg;

	(void)readable;
	(void)writable;
	take_events(core, core->set.legacy);
}

/* ---- orders of the control thread */

static struct edge_settings edge_settings_of(const struct config *cfg)
{
	struct edge_settings set = {
		.proxy = &cfg->proxy,
		.registrar = &cfg->registrar,
		.sdp = &cfg->sdp,
		.numbering = &cfg->numbering,
		.dial = &cfg->dial,
		.limits = &cfg->limits,
		.media = &cfg->media,
		.echo = cfg->echo,
		.emergency_per_device = cfg->emergency_per_device,
		.emergency_per_site = cfg->emergency_per_site,
		.emergency_net = cfg->emergency_from.net,
		.emergency_bits = cfg->emergency_from.bits,
		.emergency_net_count = cfg->emergency_from.count,
	};

	memcpy(set.config_hash, cfg->hash, sizeof(set.config_hash));
	return set;
}

/* Another upstream.local: the new socket first, then the old one goes. */
static int move_upstream(struct core *core, const struct config *cfg,
			 char why[static 256])
{
	const struct proxy_settings *old = &core->set.cfg->proxy;
	int fd = -1;

	if (cfg->proxy.has_upstream == old->has_upstream &&
	    (!old->has_upstream ||
	     addr_eq(&cfg->proxy.upstream_bind, &old->upstream_bind)))
		return 0;
	if (cfg->proxy.has_upstream) {
		int err = upstream_open(&fd, &cfg->proxy.upstream_bind, why);
		if (!err)
			err = loop_watch(fd, false, on_upstream, core);
		if (err)
			return err;
	}
	if (core->upstream_fd >= 0) {
		loop_unwatch(core->upstream_fd);
		close(core->upstream_fd);
	}
	core->upstream_fd = fd;
	return 0;
}

static void reload(struct core *core, const struct config *cfg)
{
	struct core_answer *answer = ring_reserve(core->answers);
	struct edge_settings set = edge_settings_of(cfg);

	if (!answer)
		return; /* cannot be: control waits for each answer */
	answer->why[0] = '\0';
	answer->err = media_may_reload(core->set.cfg, cfg, answer->why);
	if (!answer->err)
		answer->err = move_upstream(core, cfg, answer->why);
	if (!answer->err) {
		core->set.cfg = cfg;
		edge_reload(core->edge, &set);
	}
	edge_admin(core->edge,
		   answer->err ? REASON_RELOAD_REFUSED : REASON_RELOADED,
		   answer->err ? answer->why : cfg->file);
	ring_commit(core->answers);
}

static void on_order(bool readable, bool writable, void *arg)
{
	struct core *core = arg;
	const struct core_message *order;

	(void)readable;
	(void)writable;
	ring_awake(core->orders);
	core_turn(core);
	do {
		while ((order = ring_peek(core->orders))) {
			if (order->kind == CORE_RELOAD)
				reload(core, order->cfg);
			else if (order->kind == CORE_RELOAD_REFUSED)
				edge_admin(core->edge, REASON_RELOAD_REFUSED,
					   order->detail);
			else if (order->kind == CORE_ASK)
				ask_answer(core, order->detail);
			else
				core->stopping = true;
			ring_release(core->orders);
		}
	} while (!ring_sleep(core->orders));
	core_turn_end(core);
	if (core->stopping)
		loop_cancel();
}

/* ---- the thread */

static int watch_all(struct core *core)
{
	struct ring *events = door_events(core->set.door);
	int err = loop_watch(core->timer_fd, false, on_timer, core);

	if (!err)
		err = loop_watch(ring_fd(core->orders), false, on_order, core);
	if (!err)
		err = loop_watch(ring_fd(events), false, on_door, core);
	if (!err && core->set.legacy)
		err = loop_watch(ring_fd(door_events(core->set.legacy)), false,
				 on_legacy, core);
	if (!err && core->upstream_fd >= 0)
		err = loop_watch(core->upstream_fd, false, on_upstream, core);
	if (!err)
		err = loop_watch(relay_fd(core->relay), false, on_relay, core);
	return err;
}

static void unwatch_all(struct core *core)
{
	loop_unwatch(core->timer_fd);
	loop_unwatch(ring_fd(core->orders));
	loop_unwatch(ring_fd(door_events(core->set.door)));
	if (core->set.legacy)
		loop_unwatch(ring_fd(door_events(core->set.legacy)));
	loop_unwatch(core->upstream_fd);
	loop_unwatch(relay_fd(core->relay));
}

/* Media goes with us: nobody is left in a call that is none any more, and its
 * record says what was heard, if the relay tells in time. */
static void end_calls(struct core *core)
{
	struct pollfd wait = {relay_fd(core->relay), POLLIN, 0};

	core_turn(core);
	edge_stop(core->edge);
	links_flush(core);
	for (unsigned i = 0; i < STOP_TURNS; i++) {
		if (!relay_counts(core->relay).sessions)
			break;
		(void)poll(&wait, 1, STOP_TURN_MS);
		media_readable(core);
	}
}

static void *run(void *arg)
{
	struct core *core = arg;
	int err = loop_open((int)core->slot_count + OTHER_FDS);

	if (!err)
		err = watch_all(core);
	if (err) {
		fprintf(stderr, "rempart: event loop: %s\n", strerror(err));
		abort();
	}
	core_turn(core);
	edge_admin(core->edge, REASON_STARTED, core->set.cfg->file);
	/* What came before anybody slept on the rings. */
	on_door(true, false, core);
	if (core->set.legacy)
		on_legacy(true, false, core);
	on_order(true, false, core);
	(void)loop_run();
	end_calls(core);
	links_close(core);
	unwatch_all(core);
	edge_admin(core->edge, REASON_STOPPED, NULL);
	edge_close(core->edge);
	core->edge = NULL;
	loop_close();
	return NULL;
}

static int prepare(struct core *core, char why[static 256])
{
	const struct config *cfg = core->set.cfg;
	struct edge_io io = {
		.send_conn = io_send_conn,
		.close_conn = io_close_conn,
		.send_upstream = io_send_upstream,
		.record_reserve = io_record_reserve,
		.record_commit = io_record_commit,
		.record_number = io_record_number,
		.clock_us = io_clock_us,
		.random = io_random,
		.seen = ask_seen,
		.arg = core,
	};
	struct edge_settings set = edge_settings_of(cfg);
	int err = links_open(core, EDGE_CONNECTIONS_MAX);

	media_bind(&io);
	if (!err)
		err = ring_open(&core->orders, ORDERS,
				sizeof(struct core_message));
	if (!err)
		err = ring_open(&core->answers, ORDERS,
				sizeof(struct core_answer));
	if (!err)
		err = edge_open(&core->edge, &io, &set, &core->set.keys,
				core_now());
	if (err) {
		snprintf(why, 256, "core: %s", strerror(err));
		return err;
	}
	core->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (core->timer_fd < 0) {
		snprintf(why, 256, "timerfd: %s", strerror(errno));
		return errno;
	}
	if (cfg->proxy.has_upstream)
		err = upstream_open(&core->upstream_fd,
				    &cfg->proxy.upstream_bind, why);
	return err ? err : media_start(core, why);
}

static void release(struct core *core)
{
	trace_stop(&core->trace);
	edge_close(core->edge);
	if (core->links)
		links_close(core);
	media_stop(core);
	ring_close(core->orders);
	ring_close(core->answers);
	if (core->timer_fd >= 0)
		close(core->timer_fd);
	if (core->upstream_fd >= 0)
		close(core->upstream_fd);
	explicit_bzero(&core->set.keys, sizeof(core->set.keys));
	free(core);
}

int core_start(struct core **out, const struct core_settings *settings,
	       char why[static 256])
{
	struct core *core = calloc(1, sizeof(*core));

	if (!core)
		return ENOMEM;
	core->set = *settings;
	core->timer_fd = core->upstream_fd = -1;

	int err = prepare(core, why);
	if (!err) {
		err = pthread_create(&core->thread, NULL, run, core);
		if (err)
			snprintf(why, 256, "core: %s", strerror(err));
	}
	if (err) {
		release(core);
		return err;
	}
	*out = core;
	return 0;
}

void core_stop(struct core *core)
{
	while (!order_put(core, CORE_STOP, NULL, ""))
		(void)poll(NULL, 0, 1);
	(void)pthread_join(core->thread, NULL);
	release(core);
}
