/* conns.c - connections from phones: bytes become messages, idle ones end, and
 * each message takes its way */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/sip/sanity.h"

#include "state.h"

enum {
	PARTIAL_MAX = SIP_HEAD_MAX + SIP_BODY_MAX,
	SLOTS_STEP = 256,
};

static uint32_t slot_of(uint64_t id)
{
	return (uint32_t)id;
}

struct conn *conn_find(struct edge *edge, uint64_t id)
{
	uint32_t slot = slot_of(id);

	if (!id || slot >= edge->conn_slots || !edge->conns[slot])
		return NULL;
	return edge->conns[slot]->id == id ? edge->conns[slot] : NULL;
}

static int grow(struct edge *edge, uint32_t slot)
{
	if (slot < edge->conn_slots)
		return 0;
	if (slot >= EDGE_CONNECTIONS_MAX)
		return ENOSPC;

	size_t slots = slot + SLOTS_STEP;
	struct conn **conns = realloc(edge->conns, slots * sizeof(*conns));
	if (!conns)
		return ENOMEM;
	memset(conns + edge->conn_slots, 0,
	       (slots - edge->conn_slots) * sizeof(*conns));
	edge->conns = conns;
	edge->conn_slots = slots;
	return 0;
}

int edge_conn_opened(struct edge *edge, const struct edge_conn *info)
{
	uint32_t slot = slot_of(info->conn);
	int err = grow(edge, slot);

	if (err)
		return err;
	assert(info->conn && !edge->conns[slot]);

	struct conn *conn = calloc(1, sizeof(*conn));
	if (!conn)
		return ENOMEM;
	conn->id = info->conn;
	conn->peer = info->peer;
	conn->local = info->local;
	conn->legacy = info->legacy;
	(void)span_copy(conn->tls, sizeof(conn->tls), span_str(info->tls));
	conn->last_us = edge->time.now_us;
	conn->timer.kind = TIMER_CONN;
	edge->conns[slot] = conn;
	edge->conn_count++;
	wheel_start(&edge->wheel, &conn->timer,
		    edge->time.now_us +
			    (uint64_t)EDGE_FIRST_REQUEST_S * US_PER_S);
	return 0;
}

void conn_end(struct edge *edge, struct conn *conn, enum reason why)
{
	if (conn->closing)
		return;
	conn->closing = true;
	conn->closing_why = why;
	edge->io.close_conn(edge->io.arg, conn->id);
}

void edge_conn_closed(struct edge *edge, uint64_t id, enum reason reason)
{
	struct conn *conn = conn_find(edge, id);

	if (!conn)
		return;
	if (conn->closing)
		reason = conn->closing_why;
	if (reason != REASON_OK) {
		struct record *rec = record_begin(edge, RECORD_CONNECTION,
						  RECORD_VERDICT_DROP, reason);
		record_peer(edge, rec, (struct peer){PASSAGE_PHONE, id});
		record_write(edge, rec);
	}
	bindings_conn_closed(edge->bindings, id);
	wheel_stop(&edge->wheel, &conn->timer);
	edge->conns[slot_of(id)] = NULL;
	edge->conn_count--;
	exchange_lost_conn(edge, conn);
	free(conn->partial);
	free(conn);
}

void edge_conn_refused(struct edge *edge, const struct addr *peer,
		       enum reason reason, const char *detail)
{
	struct record *rec = record_begin(edge, RECORD_CONNECTION,
					  RECORD_VERDICT_DENY, reason);

	rec->source = *peer;
	(void)span_copy(rec->detail, sizeof(rec->detail), span_str(detail));
	record_write(edge, rec);
}

/* A connection with a live dialog is never closed as idle. */
static bool in_live_dialog(struct edge *edge, const struct conn *conn)
{
	struct table_walk walk = {0};
	struct passage *pas;

	if (!conn->passages)
		return false;
	while ((pas = passage_walk(edge->passages, &walk))) {
		for (unsigned end = 0; end < 2; end++)
			if (passage_peer(edge, pas, end).conn == conn->id)
				return true;
	}
	return false;
}

void conn_timer(struct edge *edge, struct conn *conn)
{
	uint64_t now_us = edge->time.now_us;
	uint64_t limit_s = conn->spoke ? EDGE_IDLE_S : EDGE_FIRST_REQUEST_S;
	uint64_t due_us = conn->last_us + limit_s * US_PER_S;

	if (conn->closing)
		return;
	if (!conn->spoke && due_us <= now_us) {
		conn_end(edge, conn,
			 conn->partial_len ? REASON_HEAD_INCOMPLETE
					   : REASON_NO_REQUEST);
		return;
	}
	if (binding_of_conn(edge->bindings, conn->id, now_us) ||
	    (due_us <= now_us && in_live_dialog(edge, conn)))
		due_us = now_us + (uint64_t)EDGE_IDLE_S * US_PER_S;
	if (due_us <= now_us) {
		conn_end(edge, conn, REASON_IDLE);
		return;
	}
	wheel_start(&edge->wheel, &conn->timer, due_us);
}

bool conn_may_exchange(struct edge *edge, const struct conn *conn)
{
	unsigned max =
		binding_of_conn(edge->bindings, conn->id, edge->time.now_us)
			? EDGE_CONN_EXCHANGES_MAX
			: EDGE_STRANGER_EXCHANGES_MAX;

	return conn->exchange_count < max;
}

void conn_spoke(struct edge *edge, uint64_t id)
{
	struct span agent =
		sip_message_value(&edge->msg, SIP_HEADER_USER_AGENT);
	struct conn *conn = conn_find(edge, id);

	if (!conn)
		return;
	if (agent.len)
		(void)span_copy(conn->agent, sizeof(conn->agent), agent);
	conn->spoke = true;
	conn->last_us = edge->time.now_us;
}

/* Is this the ACK to an answer that we gave without keeping state? */
static bool acks_own_answer(struct edge *edge)
{
	char buf[64];
	struct text tag = text_init(buf, sizeof(buf));

	own_tag(edge, &tag, &edge->msg);
	return span_eq(edge->msg.to_tag, text_span(&tag));
}

static void on_ack(struct edge *edge, struct peer from)
{
	struct exchange *x =
		exchange_find_key(edge, from, &edge->msg, SIP_METHOD_INVITE);

	if (x && !x->server_done && x->server.state != TXN_ACCEPTED) {
		exchange_acked(edge, x);
		return;
	}
	if (acks_own_answer(edge))
		return;
	if (edge->msg.to_tag.len) {
		on_dialog_request(edge, from);
		return;
	}
	struct verdict stray = verdict_drop(REASON_STRAY_ACK, NULL);
	record_refusal(edge, from, &stray);
}

/* RFC 3261 9.2, 16.10: answered here, then the branch is cancelled. */
static void on_cancel(struct edge *edge, struct peer from)
{
	struct exchange *x =
		exchange_find_key(edge, from, &edge->msg, SIP_METHOD_INVITE);

	if (!x) {
		struct verdict unknown =
			verdict_reject(REASON_TRANSACTION_UNKNOWN, NULL);
		refuse(edge, from, &unknown);
		return;
	}
	reply_now(edge, from, 200, "OK", NULL);
	if (!x->final_sent)
		exchange_cancel(edge, x);
}

static void take(struct edge *edge, struct peer from)
{
	const struct sip_message *msg = &edge->msg;
	struct exchange *x;

	if (!msg->is_request) {
		struct verdict fit = sip_sanity_response(msg);
		if (verdict_passes(&fit))
			on_response(edge, from);
		else
			record_refusal(edge, from, &fit);
		return;
	}
	struct verdict verdict = sip_sanity_request(msg);
	edge->emergency = dialling_emergency(edge, from);
	/* Whom it would have to please, it never comes to please. */
	if (edge->emergency && verdict.reason == REASON_PROXY_REQUIRE)
		verdict = verdict_pass();
	if (verdict_passes(&verdict))
		verdict = dialling_message(edge, from);
	if (!verdict_passes(&verdict)) {
		refuse(edge, from, &verdict);
		return;
	}
	if (from.side == PASSAGE_PHONE)
		conn_spoke(edge, from.conn);
	if (msg->method == SIP_METHOD_ACK) {
		on_ack(edge, from);
		return;
	}
	x = exchange_find_key(edge, from, msg, msg->method);
	if (x) {
		exchange_retransmitted(edge, x);
		return;
	}
	if (msg->method == SIP_METHOD_CANCEL)
		on_cancel(edge, from);
	else if (msg->to_tag.len)
		on_dialog_request(edge, from);
	else
		on_new_request(edge, from);
}

void on_message(struct edge *edge, struct peer from)
{
	edge->sender = NULL;
	edge->dialled = edge->emergency = false;
	take(edge, from);
	edge->sender = NULL;
	edge->dialled = edge->emergency = false;
}

/* The stream cannot be trusted any more: answer where possible, close. */
static void broken(struct edge *edge, struct conn *conn,
		   const struct verdict *why)
{
	struct peer from = {PASSAGE_PHONE, conn->id};

	if (edge->msg.is_request && sip_message_answerable(&edge->msg))
		refuse(edge, from, why);
	else
		record_refusal(edge, from, why);
	conn_end(edge, conn, REASON_OK);
}

/*
 * A head that framing refused may still say whom to answer: its whole lines
 * are read on their own, apart from `out`, where the answer is written.
 */
static void broken_head(struct edge *edge, struct conn *conn, struct span bytes,
			const struct verdict *why)
{
	size_t len =
		bytes.len < SIP_HEAD_MAX - 2 ? bytes.len : SIP_HEAD_MAX - 2;
	char *head = edge->body;
	bool empty_line = false;

	for (size_t i = 3; i < len && !empty_line; i++)
		if (!memcmp(bytes.p + i - 3, "\r\n\r\n", 4)) {
			empty_line = true;
			len = i + 1;
		}
	while (len >= 2 && memcmp(bytes.p + len - 2, "\r\n", 2))
		len--;
	edge->msg = (struct sip_message){0};
	if (len > 2) {
		memcpy(head, bytes.p, len);
		memcpy(head + len, "\r\n", 2);
		struct verdict parsed = sip_message_parse(
			&edge->msg, head, empty_line ? len : len + 2, 0);
		/* What is no SIP at all is named so. */
		if (parsed.reason == REASON_START_LINE ||
		    parsed.reason == REASON_VERSION) {
			broken(edge, conn, &parsed);
			return;
		}
	}
	broken(edge, conn, why);
}

static void take_message(struct edge *edge, struct conn *conn, char *p,
			 const struct framer_result *cut)
{
	struct verdict verdict =
		sip_message_parse(&edge->msg, p, cut->head_len, cut->body_len);
	struct peer from = {PASSAGE_PHONE, conn->id};

	if (verdict_passes(&verdict)) {
		peer_seen(edge, from, false,
			  span_of(p, cut->head_len + cut->body_len));
		on_message(edge, from);
	} else if (edge->msg.is_request && sip_message_answerable(&edge->msg))
		/* its end is known: the stream goes on */
		refuse(edge, from, &verdict);
	else
		broken(edge, conn, &verdict);
}

/* Takes whole messages off the front; returns the bytes used. */
static size_t take_all(struct edge *edge, struct conn *conn, char *p,
		       size_t len)
{
	size_t used = 0;
	uint64_t id = conn->id;

	while (used < len && !conn->closing) {
		struct framer_result cut = framer_next(
			&conn->framer, span_of(p + used, len - used));
		switch (cut.status) {
		case FRAMER_MORE:
			return used;
		case FRAMER_BAD:
			broken_head(edge, conn, span_of(p + used, len - used),
				    &cut.verdict);
			return len;
		case FRAMER_PING:
			edge->io.send_conn(edge->io.arg, id, "\r\n", 2);
			break;
		case FRAMER_SKIP:
			break;
		case FRAMER_MESSAGE:
			take_message(edge, conn, p + used, &cut);
			break;
		}
		used += cut.consume;
	}
	return used;
}

static void keep_rest(struct edge *edge, struct conn *conn, const char *p,
		      size_t len)
{
	char *rest = NULL;

	if (len > PARTIAL_MAX || (len && !(rest = malloc(len)))) {
		conn_end(edge, conn, REASON_INTERNAL);
		len = 0;
	}
	if (len)
		memcpy(rest, p, len);
	free(conn->partial);
	conn->partial = rest;
	conn->partial_len = len;
}

void edge_conn_bytes(struct edge *edge, uint64_t id, char *p, size_t len)
{
	struct conn *conn = conn_find(edge, id);
	char *joined;
	size_t used, all;

	if (!conn || conn->closing || !len)
		return;
	edge->arrived_us = edge->time.now_us;
	if (!conn->partial_len) {
		used = take_all(edge, conn, p, len);
		if (used < len && !conn->closing)
			keep_rest(edge, conn, p + used, len - used);
		return;
	}
	all = conn->partial_len + len;
	joined = realloc(conn->partial, all);
	if (!joined) {
		conn_end(edge, conn, REASON_INTERNAL);
		return;
	}
	memcpy(joined + conn->partial_len, p, len);
	conn->partial = joined;
	conn->partial_len = all;
	used = take_all(edge, conn, joined, all);
	if (used)
		keep_rest(edge, conn, joined + used, all - used);
}

void edge_datagram(struct edge *edge, const struct addr *from, char *p,
		   size_t len)
{
	const struct proxy_settings *set = edge->set.proxy;
	struct peer upstream = {PASSAGE_UPSTREAM, 0};

	edge->arrived_us = edge->time.now_us;
	edge->msg = (struct sip_message){0};
	if (!set->has_upstream || !addr_eq(from, &set->upstream)) {
		struct record *rec =
			record_begin(edge, RECORD_MESSAGE, RECORD_VERDICT_DROP,
				     REASON_NOT_UPSTREAM);
		rec->source = *from;
		record_write(edge, rec);
		return;
	}
	struct framer_result cut = framer_datagram(span_of(p, len));
	while (cut.status == FRAMER_SKIP && cut.consume) {
		p += cut.consume;
		len -= cut.consume;
		cut = framer_datagram(span_of(p, len));
	}
	if (cut.status == FRAMER_PING || cut.status == FRAMER_SKIP)
		return;
	struct verdict verdict = cut.verdict;
	if (cut.status == FRAMER_MESSAGE)
		verdict = sip_message_parse(&edge->msg, p, cut.head_len,
					    cut.body_len);
	if (verdict_passes(&verdict)) {
		peer_seen(edge, upstream, false,
			  span_of(p, cut.head_len + cut.body_len));
		on_message(edge, upstream);
	} else if (edge->msg.is_request && sip_message_answerable(&edge->msg))
		refuse(edge, upstream, &verdict);
	else
		record_refusal(edge, upstream, &verdict);
}
