/* edge.c - opens and closes the edge, keeps its time, runs what is due */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum {
	SWEEP_US = 60 * US_PER_S,
	LOG_FULL_US = 100000,
	DAY_S = 86400,
};

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
	err = limits_open(&edge->limits, edge->hash_key);
	if (err)
		return err;
	return repeats_open(&edge->repeats, edge->hash_key);
}

static int open_keys(struct edge *edge, const struct edge_keys *keys)
{
	int err = mac_open(&edge->proof_key, keys->proof);

	if (err)
		return err;
	err = mac_open(&edge->nonce_key, keys->nonce);
	if (err)
		return err;
	return bindings_open(&edge->bindings, EDGE_BINDINGS_MAX, keys->token,
			     edge->hash_key);
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
	edge->time = time;
	io->random(io->arg, edge->hash_key, sizeof(edge->hash_key));
	io->random(io->arg, edge->check_key, sizeof(edge->check_key));
	/*
	 * Passages are numbered from the microsecond of the start: unique
	 * over restarts, for fewer than one a microsecond are made.
	 */
	edge->next_number = time.wall_us;
	edge->started_s = time.wall_us / US_PER_S;
	wheel_init(&edge->wheel, time.now_us);

	int err = open_tables(edge);
	if (!err)
		err = open_keys(edge, keys);
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
			call_free_owner(edge, pas->owner);
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
		farewells_write(edge, true);
		record_flush(edge, true);
		repeats_close(edge->repeats);
	}
	bindings_close(edge->bindings);
	limits_close(edge->limits);
	table_close(&edge->by_key);
	table_close(&edge->by_number);
	mac_close(edge->nonce_key);
	mac_close(edge->proof_key);
	free(edge);
}

/* While a trial lasts it is said once a day, the first time soon. */
static void remind_of_trial(struct edge *edge)
{
	uint64_t wall_s = edge->time.wall_us / US_PER_S;
	const struct dial_settings *dial = edge->set.dial;

	if (wall_s >= dial->observe_until_s || wall_s < edge->reminder_s)
		return;
	edge->reminder_s = wall_s + DAY_S;

	struct record *rec = record_begin(edge, RECORD_ADMIN,
					  RECORD_VERDICT_ALLOW, REASON_TRIAL);
	struct text txt = text_init(rec->detail, sizeof(rec->detail) - 1);

	(void)span_copy(rec->rule, sizeof(rec->rule),
			span_str(dial->where_observe));
	text_puts(&txt, "denials are recorded, not applied, for ");
	text_u64(&txt, (dial->observe_until_s - wall_s + DAY_S - 1) / DAY_S);
	text_puts(&txt, " days more");
	rec->detail[txt.len] = '\0';
	record_write(edge, rec);
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
		farewells_write(edge, false);
		remind_of_trial(edge);
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
	if (reason == REASON_STOPPED) {
		farewells_write(edge, true);
		record_flush(edge, true);
	}

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

/* ---- for the administrator */

static bool is_live_call(const struct passage *pas)
{
	const struct call *call = pas->owner;

	return pas->kind == PASSAGE_INVITE && !call->recorded;
}

static const struct binding *phone_in_slot(struct edge *edge, size_t slot)
{
	const struct conn *conn = edge->conns[slot];

	return conn ? binding_of_conn(edge->bindings, conn->id,
				      edge->time.now_us)
		    : NULL;
}

struct edge_live edge_live(struct edge *edge)
{
	struct edge_live live = {
		.up_s = edge->time.wall_us / US_PER_S - edge->started_s,
	};
	struct table_walk walk = {0};
	const struct passage *pas;

	for (size_t i = 0; i < edge->conn_slots; i++)
		live.phones += phone_in_slot(edge, i) != NULL;
	while ((pas = passage_walk(edge->passages, &walk)))
		live.calls += is_live_call(pas);
	return live;
}

/* What a phone wrote must not end a cell, nor be obeyed by a terminal. */
static void put_cell(struct text *out, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		text_putc(out, c < ' ' || c == 0x7f ? '?' : *value);
	}
	text_putc(out, '\t');
}

static void put_addr_cell(struct text *out, const struct addr *addr)
{
	char buf[ADDR_TEXT_MAX] = "";

	(void)addr_print(buf, addr);
	put_cell(out, buf);
}

static void put_number_cell(struct text *out, uint64_t value)
{
	text_u64(out, value);
	text_putc(out, '\t');
}

static void put_more(struct text *out, size_t rows)
{
	if (rows <= EDGE_LIST_MAX)
		return;
	text_putc(out, '+');
	text_u64(out, rows - EDGE_LIST_MAX);
	text_putc(out, '\n');
}

void edge_list_phones(struct edge *edge, struct text *out)
{
	size_t rows = 0;

	text_puts(out, "user\tsource\texpires_s#\ttls\ttoken\tcontact\t\n");
	for (size_t i = 0; i < edge->conn_slots; i++) {
		const struct binding *bnd = phone_in_slot(edge, i);

		if (!bnd || rows++ >= EDGE_LIST_MAX)
			continue;
		put_cell(out, bnd->user);
		put_addr_cell(out, &edge->conns[i]->peer);
		put_number_cell(out, (bnd->expires_us - edge->time.now_us) /
					     US_PER_S);
		put_cell(out, edge->conns[i]->tls);
		put_cell(out, bnd->token.text);
		put_cell(out, bnd->contact_uri);
		text_putc(out, '\n');
	}
	put_more(out, rows);
}

/* The PBX, a phone's address, or nothing: its connection is gone. */
static void put_end_cell(struct edge *edge, struct text *out,
			 const struct passage *pas, unsigned end)
{
	struct peer peer = passage_peer(edge, pas, end);
	const struct conn *conn = conn_find(edge, peer.conn);

	if (peer.side == PASSAGE_UPSTREAM)
		put_addr_cell(out, &edge->set.proxy->upstream);
	else if (peer.side == PASSAGE_EDGE)
		put_cell(out, "echo");
	else if (conn)
		put_addr_cell(out, &conn->peer);
	else
		put_cell(out, "");
}

void edge_list_calls(struct edge *edge, struct text *out)
{
	struct table_walk walk = {0};
	const struct passage *pas;
	size_t rows = 0;

	text_puts(out, "id#\tuser\tto\tstate\tseconds#\tsrtp\tcaller\t"
		       "called\temergency\tcall_id\t\n");
	while ((pas = passage_walk(edge->passages, &walk))) {
		const struct call *call = pas->owner;
		struct record rec = {0};
		uint64_t since_us = call->answered_us ? call->answered_us
						      : call->started_us;

		if (!is_live_call(pas) || rows++ >= EDGE_LIST_MAX)
			continue;
		put_number_cell(out, pas->number);
		put_cell(out, call->facts.user[0] ? call->facts.user
						  : call->facts.from);
		put_cell(out, call->facts.to);
		put_cell(out, call->answered_us ? "up" : "ringing");
		put_number_cell(out, (edge->time.now_us - since_us) / US_PER_S);
		call_media_record(pas, &rec);
		put_cell(out, rec.srtp_phone);
		put_end_cell(edge, out, pas, 0);
		put_end_cell(edge, out, pas, 1);
		put_cell(out, call->emergency ? "yes" : "no");
		put_cell(out, call->facts.call_id);
		text_putc(out, '\n');
	}
	put_more(out, rows);
}

/* What of the caller's INVITE still waits for an answer: 480, and the called
 * side gets a CANCEL as soon as RFC 3261 9.1 allows. */
static void end_ringing(struct edge *edge, uint64_t number, enum reason reason)
{
	const struct verdict why = verdict_reject(reason, NULL);
	struct table_walk walk = {0};
	struct table_node *node;

	while ((node = table_walk(&edge->by_key, &walk))) {
		struct exchange *x =
			container_of(node, struct exchange, by_key);

		if (x->passage != number || x->in_dialog ||
		    x->method != SIP_METHOD_INVITE)
			continue;
		exchange_answer(edge, x, why.sip_code, &why);
		exchange_cancel(edge, x);
		return;
	}
}

void call_break(struct edge *edge, struct passage *pas, enum reason reason)
{
	struct call *call = pas->owner;
	uint16_t code = 0;

	call->bye_reason = reason;
	if (call->pending) {
		code = reason_code(reason);
		end_ringing(edge, pas->number, reason);
	}
	for (struct dialog *dlg = pas->dialogs; dlg; dlg = dlg->next) {
		if (!dlg->confirmed)
			continue;
		call_send(edge, pas, dlg, 0, SIP_METHOD_BYE);
		call_send(edge, pas, dlg, 1, SIP_METHOD_BYE);
	}
	call_end(edge, pas, reason, code);
}

int edge_end_call(struct edge *edge, uint64_t number)
{
	struct passage *pas = passage_find(edge->passages, number);

	if (!pas || !is_live_call(pas))
		return ENOENT;
	call_break(edge, pas, REASON_ENDED_BY_ADMIN);
	return 0;
}

void edge_stop(struct edge *edge)
{
	struct table_walk walk = {0};
	struct passage *pas;

	while ((pas = passage_walk(edge->passages, &walk)))
		if (is_live_call(pas))
			call_break(edge, pas, REASON_ENDED_BY_STOP);
}

void edge_trace(struct edge *edge, bool on)
{
	edge->tracing = on && edge->io.seen;
}

const char *edge_call_id(struct edge *edge, uint64_t number)
{
	const struct passage *pas = passage_find(edge->passages, number);

	return pas && pas->kind == PASSAGE_INVITE ? pas->call_id : NULL;
}
