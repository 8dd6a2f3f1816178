/* exchange.c - the requests under way: their two transactions and timers */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/hash.h"

#include "state.h"

enum { KEY_TEXT_MAX = 1024 };

/*
 * RFC 3261 17.2.3: branch, sent-by and method name a server transaction;
 * Call-ID and CSeq are in the key for senders of the old branch form, and the
 * sender, so that nobody reaches a transaction of somebody else.
 */
static size_t key_text(char buf[static KEY_TEXT_MAX], struct peer from,
		       const struct sip_message *msg, enum sip_method method)
{
	struct text txt = text_init(buf, KEY_TEXT_MAX);
	const struct span parts[] = {msg->via.branch, msg->via.host,
				     msg->call_id, msg->from_tag};

	text_u64(&txt, (uint64_t)from.side);
	text_putc(&txt, ' ');
	text_u64(&txt, from.conn);
	text_putc(&txt, ' ');
	text_u64(&txt, msg->via.port);
	text_putc(&txt, ' ');
	text_u64(&txt, msg->cseq);
	text_putc(&txt, ' ');
	text_u64(&txt, method);
	if (method == SIP_METHOD_OTHER) {
		text_putc(&txt, ' ');
		text_put(&txt, span_of(msg->method_name.p,
				       msg->method_name.len < 32
					       ? msg->method_name.len
					       : 32));
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct span part = parts[i];

		text_putc(&txt, '\n');
		text_put(&txt,
			 span_of(part.p, part.len < 200 ? part.len : 200));
	}
	return txt.len;
}

struct exchange *exchange_find_key(struct edge *edge, struct peer from,
				   const struct sip_message *msg,
				   enum sip_method method)
{
	char buf[KEY_TEXT_MAX];
	size_t len = key_text(buf, from, msg, method);
	uint64_t hash = hash_bytes(edge->hash_key, buf, len);
	uint64_t check = hash_bytes(edge->check_key, buf, len);
	struct table_node *node = table_first(&edge->by_key, hash);

	for (; node; node = table_next(node)) {
		struct exchange *x =
			container_of(node, struct exchange, by_key);
		if (x->key_check == check)
			return x;
	}
	return NULL;
}

struct exchange *exchange_find_number(struct edge *edge, uint64_t number,
				      uint64_t random, bool cancel)
{
	struct table_node *node = table_first(&edge->by_number, number);

	for (; node; node = table_next(node)) {
		struct exchange *x =
			container_of(node, struct exchange, by_number);
		if (x->number == number && x->random == random &&
		    (x->method == SIP_METHOD_CANCEL) == cancel)
			return x;
	}
	return NULL;
}

static struct conn *conn_of(struct edge *edge, struct peer peer)
{
	return peer.side == PASSAGE_PHONE ? conn_find(edge, peer.conn) : NULL;
}

static void link_conn(struct exchange_link *link, struct exchange *x,
		      struct conn *conn)
{
	if (!conn)
		return;
	link->exchange = x;
	link->conn = conn;
	link->next = conn->exchanges;
	link->link = &conn->exchanges;
	if (link->next)
		link->next->link = &link->next;
	conn->exchanges = link;
	conn->exchange_count++;
}

void exchange_unlink(struct exchange_link *link)
{
	if (!link->link)
		return;
	*link->link = link->next;
	if (link->next)
		link->next->link = link->link;
	link->conn->exchange_count--;
	*link = (struct exchange_link){0};
}

/* What our own answers to this request need, To last. */
static int take_lines(struct edge *edge, struct exchange *x)
{
	const struct sip_message *msg = &edge->msg;
	struct text txt = text_init(edge->out, sizeof(edge->out));

	put_via_received(edge, &txt, x->origin, msg);
	x->via_len = txt.len;
	x->id_check = reply_check(edge);
	text_puts(&txt, "From: ");
	text_put(&txt, sip_message_value(msg, SIP_HEADER_FROM));
	text_puts(&txt, "\r\nCall-ID: ");
	text_put(&txt, msg->call_id);
	text_puts(&txt, "\r\nCSeq: ");
	text_put(&txt, sip_message_value(msg, SIP_HEADER_CSEQ));
	text_puts(&txt, "\r\nTo: ");
	text_put(&txt, sip_message_value(msg, SIP_HEADER_TO));
	x->lines_tagged = msg->to_tag.len > 0;
	return txt.full ? EMSGSIZE : blob_set(&x->lines, text_span(&txt));
}

struct exchange *exchange_new_server(struct edge *edge, struct peer from)
{
	const struct sip_message *msg = &edge->msg;
	const struct conn *conn =
		from.side == PASSAGE_PHONE ? conn_find(edge, from.conn) : NULL;
	struct exchange *x;
	char buf[KEY_TEXT_MAX];

	if (conn && !conn_may_exchange(edge, conn))
		return NULL;
	x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->method = msg->method;
	x->origin = from;
	x->started_us = edge->time.now_us;
	x->timer.kind = TIMER_EXCHANGE;
	x->client_done = true;
	x->had_credentials =
		sip_message_has(msg, SIP_HEADER_AUTHORIZATION) ||
		sip_message_has(msg, SIP_HEADER_PROXY_AUTHORIZATION);
	size_t len = key_text(buf, from, msg, msg->method);
	x->key_check = hash_bytes(edge->check_key, buf, len);
	if (take_lines(edge, x) ||
	    table_add(&edge->by_key, &x->by_key,
		      hash_bytes(edge->hash_key, buf, len))) {
		blob_free(&x->lines);
		free(x);
		return NULL;
	}
	x->has_server = true;
	link_conn(&x->from_conn, x, conn_of(edge, from));
	edge->exchange_count++;
	txn_init(&x->server,
		 msg->method == SIP_METHOD_INVITE ? TXN_SERVER_INVITE
						  : TXN_SERVER_OTHER,
		 from.side == PASSAGE_PHONE, edge->time.now_us);
	return x;
}

struct exchange *exchange_new_own(struct edge *edge, enum sip_method method)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->method = method;
	x->timer.kind = TIMER_EXCHANGE;
	x->server_done = true;
	x->client_done = true;
	x->started_us = edge->time.now_us;
	edge->exchange_count++;
	return x;
}

void exchange_free(struct edge *edge, struct exchange *x)
{
	wheel_stop(&edge->wheel, &x->timer);
	if (x->has_server)
		table_del(&edge->by_key, &x->by_key);
	if (x->has_client)
		table_del(&edge->by_number, &x->by_number);
	exchange_unlink(&x->from_conn);
	exchange_unlink(&x->to_conn);
	edge->exchange_count--;
	blob_free(&x->lines);
	blob_free(&x->answer);
	blob_free(&x->request);
	blob_free(&x->dialog_tag);
	blob_free(&x->contact);
	if (x->offer)
		call_offer_drop(edge, x->passage, x->offer);
	free(x->facts);
	registration_free(x->registration);
	free(x);
}

void exchanges_close(struct edge *edge)
{
	struct table_walk walk = {0};
	struct table_node *node;

	while ((node = table_walk(&edge->by_key, &walk)))
		exchange_free(edge,
			      container_of(node, struct exchange, by_key));
	walk = (struct table_walk){0};
	while ((node = table_walk(&edge->by_number, &walk)))
		exchange_free(edge,
			      container_of(node, struct exchange, by_number));
}

/* Its client transaction ended and left no final answer: whatever the path,
 * the sender must not wait for ever. */
static bool nobody_answers(const struct exchange *x)
{
	return x->has_client && x->client_done && !x->server_done &&
	       !x->final_sent;
}

/*
 * One timer serves both machines and timer C. An exchange that is over is
 * freed from here, by a timer that is due at once, never under its caller.
 */
void exchange_rearm(struct edge *edge, struct exchange *x)
{
	uint64_t due_us = UINT64_MAX, other_us;

	if (x->client_done && (x->server_done || nobody_answers(x))) {
		wheel_start(&edge->wheel, &x->timer, edge->time.now_us);
		return;
	}
	if (!x->server_done)
		due_us = txn_next_us(&x->server);
	if (!x->client_done) {
		other_us = txn_next_us(&x->client);
		due_us = other_us < due_us ? other_us : due_us;
	}
	if (x->ring_until_us && x->ring_until_us < due_us)
		due_us = x->ring_until_us;
	if (due_us == UINT64_MAX)
		wheel_stop(&edge->wheel, &x->timer);
	else
		wheel_start(&edge->wheel, &x->timer, due_us);
}

int exchange_send(struct edge *edge, struct exchange *x, struct span bytes)
{
	bool invite = x->method == SIP_METHOD_INVITE;
	int err = blob_set(&x->request, bytes);

	if (err)
		return err;
	if (!x->has_client) {
		err = table_add(&edge->by_number, &x->by_number, x->number);
		if (err)
			return err;
		x->has_client = true;
		link_conn(&x->to_conn, x, conn_of(edge, x->target));
	}
	x->client_done = false;
	txn_init(&x->client, invite ? TXN_CLIENT_INVITE : TXN_CLIENT_OTHER,
		 x->target.side == PASSAGE_PHONE, edge->time.now_us);
	err = peer_send(edge, x->target, blob_span(&x->request));
	if (err && !x->client.retransmit_us) {
		x->client_done = true;
		return err;
	}
	/* A datagram that did not leave is sent again by timer A or E. */
	exchange_rearm(edge, x);
	return 0;
}

static void server_did(struct edge *edge, struct exchange *x, unsigned todo)
{
	if (todo & TXN_DO_SEND && x->answer.len)
		(void)peer_send(edge, x->origin, blob_span(&x->answer));
	if (todo & TXN_DO_FREE)
		x->server_done = true;
	exchange_rearm(edge, x);
}

void exchange_retransmitted(struct edge *edge, struct exchange *x)
{
	server_did(edge, x,
		   txn_step(&x->server, TXN_RECV_REQUEST, edge->time.now_us));
}

void exchange_acked(struct edge *edge, struct exchange *x)
{
	server_did(edge, x,
		   txn_step(&x->server, TXN_RECV_ACK, edge->time.now_us));
}

void exchange_give_up(struct edge *edge, struct exchange *x)
{
	x->final_sent = true;
	x->server_done = true;
	exchange_rearm(edge, x);
}

void exchange_respond(struct edge *edge, struct exchange *x, uint16_t code,
		      struct span bytes)
{
	enum txn_event event = code < 200   ? TXN_SEND_1XX
			       : code < 300 ? TXN_SEND_2XX
					    : TXN_SEND_FINAL;

	if (x->server_done || !x->has_server)
		return;
	/* RFC 6026: after a 2xx only more of them, else nothing after a final
	 */
	if (x->final_sent &&
	    !(x->method == SIP_METHOD_INVITE && event == TXN_SEND_2XX &&
	      x->server.state == TXN_ACCEPTED))
		return;
	if (code >= 200)
		x->final_sent = true;
	if (blob_set(&x->answer, bytes)) {
		exchange_give_up(edge, x);
		return;
	}
	server_did(edge, x, txn_step(&x->server, event, edge->time.now_us));
}

void exchange_answer(struct edge *edge, struct exchange *x, uint16_t code,
		     const struct verdict *why)
{
	struct text txt = text_init(edge->out, sizeof(edge->out));
	uint64_t tag = x->number ? x->number : x->started_us;

	text_puts(&txt, "SIP/2.0 ");
	text_u64(&txt, code);
	text_putc(&txt, ' ');
	text_puts(&txt, phrase_of(code));
	text_puts(&txt, "\r\n");
	text_put(&txt, blob_span(&x->lines));
	if (!x->lines_tagged && code > 100) {
		text_puts(&txt, ";tag=rp");
		tag = hash_bytes(edge->check_key, &tag, sizeof(tag));
		text_hex(&txt, &tag, sizeof(tag));
	}
	text_puts(&txt, "\r\n");
	if (why)
		put_refusal(&txt, why);
	text_puts(&txt, "Content-Length: 0\r\n\r\n");
	if (txt.full)
		exchange_give_up(edge, x);
	else
		exchange_respond(edge, x, code, text_span(&txt));
}

bool exchange_reread(struct edge *edge, struct exchange *x)
{
	struct framer_result cut = framer_datagram(blob_span(&x->request));

	if (cut.status != FRAMER_MESSAGE)
		return false;
	struct verdict verdict = sip_message_parse(
		&edge->scratch_msg, x->request.p, cut.head_len, cut.body_len);
	return verdict_passes(&verdict);
}

void exchange_client_ended(struct edge *edge, struct exchange *x)
{
	struct passage *pas = passage_find(edge->passages, x->passage);

	x->client_done = true;
	if (pas && x->method == SIP_METHOD_INVITE && !x->in_dialog &&
	    x->client.kind == TXN_CLIENT_INVITE && x->final_sent)
		call_settled(edge, pas);
}

static void client_timer(struct edge *edge, struct exchange *x)
{
	unsigned todo = txn_step(&x->client, TXN_TIMER, edge->time.now_us);

	if (todo & TXN_DO_SEND)
		(void)peer_send(edge, x->target, blob_span(&x->request));
	if (todo & TXN_DO_FREE)
		exchange_client_ended(edge, x);
	if (todo & TXN_DO_TIMEOUT)
		on_no_answer(edge, x,
			     x->target.side == PASSAGE_PHONE
				     ? REASON_PHONE_TIMEOUT
				     : REASON_UPSTREAM_TIMEOUT);
}

void exchange_timer(struct edge *edge, struct exchange *x)
{
	uint64_t now_us = edge->time.now_us;

	if (x->server_done && x->client_done) {
		exchange_free(edge, x);
		return;
	}
	if (nobody_answers(x))
		exchange_answer(edge, x,
				x->method == SIP_METHOD_INVITE ? 408 : 500,
				NULL);
	if (!x->server_done && txn_next_us(&x->server) <= now_us)
		server_did(edge, x, txn_step(&x->server, TXN_TIMER, now_us));
	if (!x->client_done && txn_next_us(&x->client) <= now_us)
		client_timer(edge, x);
	if (x->ring_until_us && x->ring_until_us <= now_us)
		exchange_ring_out(edge, x);
	exchange_rearm(edge, x);
}
