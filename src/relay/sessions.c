/* sessions.c - a thread's sessions: orders carried out, events told */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "inside.h"

static uint64_t hash_id(uint64_t id)
{
	return id * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static struct relay_session *find(const struct relay_thread *thread,
				  uint64_t id)
{
	struct table_node *node = table_first(&thread->sessions, hash_id(id));

	for (; node; node = table_next(node)) {
		struct relay_session *session =
			container_of(node, struct relay_session, node);

		if (session->id == id)
			return session;
	}
	return NULL;
}

/* ---- made by the core */

int relay_session_make(struct relay_session **out,
		       const struct rtp_engine *engine,
		       const struct relay_open *open)
{
	struct relay_session *session = calloc(1, sizeof(*session));
	struct rtp_session_settings settings = {
		.id = open->id,
		.engine = engine,
		.now_us = relay_clock_us(),
		.owner = session,
	};
	int err = 0;

	if (!session)
		return ENOMEM;
	session->id = open->id;
	session->line = open->line;
	for (unsigned i = 0; i < 2; i++) {
		const struct relay_pair *pair = &open->pair[i];

		session->upstream[i] = open->upstream[i];
		session->own[i][0] = relay_socket_of(pair->rtp);
		session->own[i][1] =
			relay_socket_of(pair->rtp < 0 ? -1 : pair->rtcp);
		session->port[i] = pair->rtp < 0 ? 0 : pair->port;
	}
	if (getrandom(settings.seed, sizeof(settings.seed), 0) !=
	    sizeof(settings.seed))
		err = errno;
	if (!err)
		err = rtp_session_open(&session->rtp, &settings);
	explicit_bzero(&settings, sizeof(settings));
	if (err) {
		free(session);
		return err;
	}
	*out = session;
	return 0;
}

void relay_session_unmake(struct relay_session *session)
{
	rtp_session_close(session->rtp);
	free(session);
}

/* ---- what there is to tell */

static void tell(struct relay_thread *thread, const struct relay_event *event,
		 unsigned slot)
{
	struct relay_told *told = ring_reserve(thread->events);

	assert(told);
	*told = (struct relay_told){.event = *event, .slot = slot};
	ring_commit(thread->events);
}

/* Up to `max`; one place is left for the end of a session. What finds no room
 * is asked for again. */
static void tell_media(struct relay_thread *thread,
		       struct relay_session *session, unsigned max)
{
	struct relay_event event = {.kind = RELAY_MEDIA, .id = session->id};

	for (unsigned i = 0; i < max && ring_room(thread->events) > 1; i++) {
		if (!rtp_session_event(session->rtp, thread->now_us,
				       &event.media))
			return;
		tell(thread, &event, RELAY_NO_SLOT);
	}
}

void relay_sessions_tick(struct relay_thread *thread)
{
	unsigned count = (thread->slots_used + RELAY_TICKS_PER_S - 1) /
			 RELAY_TICKS_PER_S;

	while (count--) {
		struct relay_session *session;

		if (thread->cursor >= thread->slots_used)
			thread->cursor = 0;
		session = thread->slots[thread->cursor++];
		if (session)
			tell_media(thread, session, RELAY_LAST_EVENTS_MAX);
	}
}

/* ---- orders */

static void open_session(struct relay_thread *thread,
			 struct relay_session *session)
{
	int err;

	assert(!thread->slots[session->slot] && !find(thread, session->id));
	err = table_add(&thread->sessions, &session->node,
			hash_id(session->id));
	assert(!err); /* the core has counted them */
	(void)err;
	thread->slots[session->slot] = session;
	if (session->slot >= thread->slots_used)
		thread->slots_used = session->slot + 1;
}

static struct rtp_demux *demux_of(const struct relay_thread *thread,
				  const struct relay_session *session,
				  unsigned leg)
{
	return thread->demux[session->upstream[leg]][session->line];
}

static void unindex(struct relay_thread *thread, struct relay_session *session,
		    unsigned leg)
{
	if (!session->indexed[leg])
		return;
	rtp_demux_remove(demux_of(thread, session, leg), session->rtp, leg);
	session->indexed[leg] = false;
}

static int index_leg(struct relay_thread *thread, struct relay_session *session,
		     unsigned leg)
{
	struct rtp_demux *demux = demux_of(thread, session, leg);
	int err;

	if (session->indexed[leg]) {
		rtp_demux_update(demux, session->rtp, leg);
		return 0;
	}
	if (!demux)
		return EINVAL;
	err = rtp_demux_add(demux, session->rtp, leg);
	session->indexed[leg] = !err;
	return err;
}

static int plan_session(struct relay_thread *thread,
			struct relay_session *session,
			const struct rtp_plan *plan)
{
	int err = rtp_session_plan(session->rtp, plan, thread->now_us);

	/* The old plan stays, but what waits for a first packet may not. */
	for (unsigned i = 0; i < 2; i++) {
		const struct rtp_leg_plan *leg =
			&rtp_session_plan_now(session->rtp)->leg[i];
		int failed = 0;

		if (leg->used && leg->shared)
			failed = index_leg(thread, session, i);
		else
			unindex(thread, session, i);
		if (!err)
			err = failed;
	}
	return err;
}

static void close_pairs(struct relay_thread *thread,
			struct relay_session *session)
{
	for (unsigned i = 0; i < 4; i++) {
		struct relay_socket *at = &session->own[i / 2][i % 2];

		/* By name: a descriptor that something else holds too would
		 * go on to wake the thread. */
		if (at->fd >= 0)
			(void)epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, at->fd,
					NULL);
		assert(!at->waiting);
		relay_socket_close(at);
	}
}

static void end_session(struct relay_thread *thread,
			struct relay_session *session)
{
	for (unsigned i = 0; i < 2; i++)
		unindex(thread, session, i);
	table_del(&thread->sessions, &session->node);
	thread->slots[session->slot] = NULL;
	close_pairs(thread, session);
	relay_session_unmake(session);
}

static void close_session(struct relay_thread *thread, uint64_t id)
{
	struct relay_session *session = find(thread, id);
	struct relay_event event = {.kind = RELAY_CLOSED, .id = id};
	unsigned slot = RELAY_NO_SLOT;

	if (session) {
		/* A short call has told nothing yet. */
		tell_media(thread, session, RELAY_LAST_EVENTS_MAX);
		for (unsigned i = 0; i < 2; i++) {
			event.figures[i] = rtp_session_figures(session->rtp, i);
			event.port[i] = session->port[i];
		}
		slot = session->slot;
		end_session(thread, session);
	}
	/* Last: its ports are free now. */
	tell(thread, &event, slot);
}

void relay_order_run(struct relay_thread *thread, struct relay_order *order)
{
	struct relay_session *session;

	switch (order->kind) {
	case ORDER_OPEN:
		open_session(thread, order->session);
		break;
	case ORDER_PLAN:
		session = find(thread, order->id);
		if (session && plan_session(thread, session, order->plan))
			thread->tally.plans_refused++;
		explicit_bzero(order->plan, sizeof(*order->plan));
		free(order->plan);
		break;
	case ORDER_CLOSE:
		close_session(thread, order->id);
		break;
	case ORDER_STOP:
		thread->stop = true;
		break;
	}
}

void relay_sessions_end(struct relay_thread *thread)
{
	for (unsigned i = 0; i < thread->slots_used; i++) {
		if (thread->slots[i])
			end_session(thread, thread->slots[i]);
	}
}
