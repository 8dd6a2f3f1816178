/* edge.c - opens and closes the edge, keeps its time, runs what is due */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { SWEEP_US = 60 * 1000000, LOG_FULL_US = 100000 };

uint64_t edge_number(struct edge *edge)
{
	return edge->next_number++;
}

uint64_t edge_random(struct edge *edge)
{
	uint64_t value;

	edge->io.random(edge->io.arg, &value, sizeof(value));
	return value;
}

int blob_set(struct blob *blob, struct span s)
{
	char *p = malloc(s.len ? s.len : 1);

	if (!p)
		return ENOMEM;
	if (s.len)
		memcpy(p, s.p, s.len);
	free(blob->p);
	blob->p = p;
	blob->len = s.len;
	return 0;
}

void blob_free(struct blob *blob)
{
	free(blob->p);
	*blob = (struct blob){0};
}

static int open_tables(struct edge *edge)
{
	int err = table_init(&edge->by_key, EDGE_EXCHANGES_MAX);

	if (err)
		return err;
	err = table_init(&edge->by_number, EDGE_EXCHANGES_MAX);
	if (err)
		return err;
	err = passages_open(&edge->passages, EDGE_PASSAGES_MAX);
	if (err)
		return err;
	err = bindings_open(&edge->bindings, EDGE_BINDINGS_MAX,
			    edge->keys.token, edge->hash_key);
	if (err)
		return err;
	err = limits_open(&edge->limits, edge->hash_key);
	if (err)
		return err;
	return repeats_open(&edge->repeats, edge->hash_key);
}

int edge_open(struct edge **out, const struct edge_io *io,
	      const struct edge_settings *settings,
	      const struct edge_keys *keys, struct edge_time time)
{
	struct edge *edge = calloc(1, sizeof(*edge));

	if (!edge)
		return ENOMEM;
	edge->io = *io;
	edge->set = *settings;
	edge->keys = *keys;
	edge->time = time;
	io->random(io->arg, edge->hash_key, sizeof(edge->hash_key));
	io->random(io->arg, edge->check_key, sizeof(edge->check_key));
	/*
	 * Passages are numbered from the microsecond of the start: unique
	 * over restarts, for fewer than one a microsecond are made.
	 */
	edge->next_number = time.wall_us;
	edge->started_s = time.wall_us / 1000000;
	wheel_init(&edge->wheel, time.now_us);

	int err = open_tables(edge);
	if (err) {
		edge_close(edge);
		return err;
	}
	edge->sweep.kind = TIMER_SWEEP;
	wheel_start(&edge->wheel, &edge->sweep, time.now_us + SWEEP_US);
	*out = edge;
	return 0;
}

void edge_close(struct edge *edge)
{
	struct table_walk walk = {0};
	struct passage *pas;

	if (!edge)
		return;
	exchanges_close(edge);
	if (edge->passages) {
		while ((pas = passage_walk(edge->passages, &walk)))
			call_free_owner(pas->owner);
		passages_close(edge->passages);
	}
	for (size_t i = 0; i < edge->conn_slots; i++) {
		if (!edge->conns[i])
			continue;
		free(edge->conns[i]->partial);
		free(edge->conns[i]);
	}
	free(edge->conns);
	if (edge->repeats) {
		record_flush(edge, true);
		repeats_close(edge->repeats);
	}
	bindings_close(edge->bindings);
	limits_close(edge->limits);
	table_close(&edge->by_key);
	table_close(&edge->by_number);
	explicit_bzero(&edge->keys, sizeof(edge->keys));
	free(edge);
}

static void run_timer(struct edge *edge, struct wheel_timer *timer)
{
	switch ((enum timer_kind)timer->kind) {
	case TIMER_CONN:
		conn_timer(edge, container_of(timer, struct conn, timer));
		break;
	case TIMER_EXCHANGE:
		exchange_timer(edge,
			       container_of(timer, struct exchange, timer));
		break;
	case TIMER_SWEEP:
		call_sweep(edge);
		wheel_start(&edge->wheel, &edge->sweep,
			    edge->time.now_us + SWEEP_US);
		break;
	}
}

void edge_tick(struct edge *edge, struct edge_time time)
{
	struct wheel_timer *timer;

	edge->time = time;
	edge->arrived_us = time.now_us;
	while ((timer = wheel_pop(&edge->wheel, time.now_us)))
		run_timer(edge, timer);
	record_flush(edge, false);
}

uint64_t edge_next_us(const struct edge *edge)
{
	uint64_t wheel_us = wheel_next_us(&edge->wheel);
	uint64_t repeat_us = repeats_next_us(edge->repeats);

	/* While the log is full nothing can be written: ask now and then. */
	if (repeat_us <= edge->time.now_us &&
	    !edge->io.record_reserve(edge->io.arg))
		repeat_us = edge->time.now_us + LOG_FULL_US;
	return wheel_us < repeat_us ? wheel_us : repeat_us;
}

void edge_reload(struct edge *edge, const struct edge_settings *settings)
{
	edge->set = *settings;
}

void edge_admin(struct edge *edge, enum reason reason, const char *detail)
{
	/* What was held back belongs before the last record. */
	if (reason == REASON_STOPPED)
		record_flush(edge, true);

	struct record *rec = record_begin(
		edge,
		reason == REASON_STARTED || reason == REASON_STOPPED
			? RECORD_ADMIN
			: RECORD_RELOAD,
		reason == REASON_RELOAD_REFUSED ? RECORD_VERDICT_DENY
						: RECORD_VERDICT_ALLOW,
		reason);

	if (detail)
		(void)span_copy(rec->detail, sizeof(rec->detail),
				span_str(detail));
	record_write(edge, rec);
}

struct edge_counts edge_counts(const struct edge *edge)
{
	return (struct edge_counts){
		.connections = edge->conn_count,
		.exchanges = edge->exchange_count,
		.passages = passages_count(edge->passages),
		.bindings = bindings_count(edge->bindings),
		.records_waiting = edge->records_waiting,
	};
}
