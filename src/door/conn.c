/* conn.c - a connection between accept and the core: states and queues */
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "inside.h"

static void queue_add(struct door_queue *queue, struct door_conn *conn)
{
	conn->next = NULL;
	conn->prev = queue->last;
	if (queue->last)
		queue->last->next = conn;
	else
		queue->first = conn;
	queue->last = conn;
	queue->count++;
}

static void queue_del(struct door_queue *queue, struct door_conn *conn)
{
	assert(queue->count);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		queue->first = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	else
		queue->last = conn->prev;
	queue->count--;
}

static void source_park(struct door_source *source, struct door_conn *conn)
{
	conn->parked_next = NULL;
	if (source->parked_last)
		source->parked_last->parked_next = conn;
	else
		source->parked_first = conn;
	source->parked_last = conn;
}

/* Turns and deadlines both take the oldest: it is always the first. */
static void source_unpark(struct door_source *source, struct door_conn *conn)
{
	assert(source->parked_first == conn);
	source->parked_first = conn->parked_next;
	if (!source->parked_first)
		source->parked_last = NULL;
	conn->parked_next = NULL;
}

static bool in_handshake(enum door_state state)
{
	return state == DOOR_PENDING || state == DOOR_READY;
}

void door_conn_move(struct door *door, struct door_conn *conn,
		    enum door_state to)
{
	static const unsigned LEGAL[DOOR_STATE_COUNT] = {
		/* To itself: refused before it started. */
		[DOOR_FREE] = 1u << DOOR_PARKED | 1u << DOOR_PENDING |
			      1u << DOOR_FREE,
		[DOOR_PARKED] = 1u << DOOR_PENDING | 1u << DOOR_FREE,
		[DOOR_PENDING] = 1u << DOOR_READY | 1u << DOOR_FREE,
		[DOOR_READY] = 1u << DOOR_FREE,
	};
	struct door_source *source = conn->source;
	const enum door_state from = conn->state;

	assert(LEGAL[from] & 1u << to);
	if (from != DOOR_FREE)
		queue_del(&door->queues[from], conn);
	if (from == DOOR_PARKED)
		source_unpark(source, conn);
	if (to == DOOR_PARKED)
		source_park(source, conn);
	if (in_handshake(from) && !in_handshake(to))
		source->pending--;
	if (!in_handshake(from) && in_handshake(to))
		source->pending++;
	conn->state = to;
	queue_add(&door->queues[to], conn);
}

struct door_conn *door_conn_new(struct door *door)
{
	struct door_queue *pool = &door->queues[DOOR_FREE];
	struct door_conn *conn = pool->last; /* still in the cache */

	if (conn)
		queue_del(pool, conn);
	else if (door->conns_used < DOOR_CONNS_MAX)
		conn = &door->conns[door->conns_used++];
	else
		return NULL;
	*conn = (struct door_conn){.fd = -1};
	return conn;
}

void door_conn_end(struct door *door, struct door_conn *conn, bool handed)
{
	struct door_source *source = conn->source;

	if (!handed) {
		SSL_free(conn->ssl);
		(void)close(conn->fd); /* leaves the epoll set, too */
	}
	door_tls_unref(conn->tls);
	conn->ssl = NULL;
	conn->tls = NULL;
	conn->fd = -1;
	door_conn_move(door, conn, DOOR_FREE);
	conn->source = NULL;
	if (!handed)
		door_caps_del(&door->caps, source);
}

void door_conn_refuse(struct door *door, struct door_conn *conn,
		      enum reason reason, const char *detail)
{
	door_report_refused(door, &conn->peer, &conn->local, reason, detail);
	door_conn_end(door, conn, false);
}
