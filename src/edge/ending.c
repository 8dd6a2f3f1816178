/* ending.c - what ends before its time: CANCEL, timer C, lost connections, and
 * answers that nobody wants any more */
#include "state.h"

enum { ROUTE_MAX = 4096 };

/* CANCEL has the branch, Request-URI, To, From, Call-ID, CSeq number and
 * Route of what it cancels (RFC 3261 9.1). */
static void write_cancel(struct edge *edge, struct text *out)
{
	const struct sip_message *req = &edge->scratch_msg;

	text_puts(out, "CANCEL ");
	text_put(out, req->ruri_text);
	text_puts(out, " SIP/2.0\r\nVia: ");
	text_put(out, req->via.text);
	for (size_t i = 0; i < req->line_count; i++) {
		enum sip_header id = req->lines[i].id;

		if (id != SIP_HEADER_FROM && id != SIP_HEADER_TO &&
		    id != SIP_HEADER_CALL_ID && id != SIP_HEADER_ROUTE)
			continue;
		text_puts(out, "\r\n");
		text_puts(out, sip_header_name(id));
		text_puts(out, ": ");
		text_put(out, req->lines[i].value);
	}
	text_puts(out, "\r\nCSeq: ");
	text_u64(out, req->cseq);
	text_puts(out, " CANCEL\r\nMax-Forwards: 70\r\n"
		       "Content-Length: 0\r\n\r\n");
}

static void send_cancel(struct edge *edge, struct exchange *x)
{
	char buf[SIP_HEAD_MAX];
	struct text txt = text_init(buf, sizeof(buf));
	struct exchange *own;

	x->cancel_sent = true;
	/* RFC 3261 9.1: without a final answer in 64*T1 the call is over. */
	x->ring_until_us = edge->time.now_us + TXN_64T1_US;
	if (!exchange_reread(edge, x))
		return;
	write_cancel(edge, &txt);
	own = txt.full ? NULL : exchange_new_own(edge, SIP_METHOD_CANCEL);
	if (!own)
		return;
	own->number = x->number;
	own->random = x->random;
	own->target = x->target;
	if (exchange_send(edge, own, text_span(&txt)))
		exchange_free(edge, own);
	exchange_rearm(edge, x);
}

void exchange_cancel(struct edge *edge, struct exchange *x)
{
	x->cancel_wanted = true;
	if (!x->cancel_sent && !x->client_done && txn_may_cancel(&x->client))
		send_cancel(edge, x);
}

/*
 * Timer C (RFC 3261 16.8): nobody answered, the target gets a CANCEL and has
 * 32 s for its final answer. The second time there is none to wait for.
 */
void exchange_ring_out(struct edge *edge, struct exchange *x)
{
	x->ring_until_us = 0;
	x->rang_out |= !x->cancel_wanted;
	if (!x->cancel_sent && txn_may_cancel(&x->client)) {
		send_cancel(edge, x);
		return;
	}
	x->client_done = true;
	on_no_answer(edge, x, REASON_RING_TIMEOUT);
}

/* A caller that vanished cannot be told of an answer. */
static void lost_origin(struct edge *edge, struct exchange *x)
{
	if (x->method == SIP_METHOD_INVITE && !x->in_dialog && !x->final_sent)
		exchange_cancel(edge, x);
}

static void lost_target(struct edge *edge, struct exchange *x)
{
	bool pending = x->client.state == TXN_CALLING ||
		       x->client.state == TXN_TRYING ||
		       x->client.state == TXN_PROCEEDING;

	if (x->client_done)
		return;
	x->ring_until_us = 0;
	if (pending) {
		x->client_done = true;
		on_no_answer(edge, x, REASON_NO_FLOW);
	} else {
		exchange_client_ended(edge, x);
	}
}

void exchange_lost_conn(struct edge *edge, struct conn *conn)
{
	while (conn->exchanges) {
		struct exchange_link *link = conn->exchanges;
		struct exchange *x = link->exchange;
		bool target = link == &x->to_conn;

		exchange_unlink(link);
		if (target)
			lost_target(edge, x);
		else
			lost_origin(edge, x);
		exchange_rearm(edge, x);
	}
}

/* A 2xx that cannot reach its caller, for we gave another final answer or
 * the connection is gone: nobody else will end that call. */
static bool is_unwanted(struct edge *edge, const struct exchange *x,
			const struct call *call)
{
	if (x->method != SIP_METHOD_INVITE || edge->msg.code < 200)
		return false;
	if (call->recorded && !x->in_dialog)
		return true;
	if (x->final_sent && x->server.state != TXN_ACCEPTED)
		return true;
	return x->origin.side == PASSAGE_PHONE &&
	       !conn_find(edge, x->origin.conn);
}

static void hang_up(struct edge *edge, struct exchange *x, struct passage *pas,
		    struct dialog *dlg)
{
	struct call *call = pas->owner;

	if (!x->final_sent)
		exchange_answer(edge, x, 487, NULL);
	if (edge->msg.code >= 300 || !dlg) {
		response_finish(edge, x, pas, dlg);
		return;
	}
	if (x->hung_up++ >= PASSAGE_DIALOGS_MAX)
		return;
	call_send(edge, pas, dlg, !x->from_end, SIP_METHOD_ACK);
	call_send(edge, pas, dlg, !x->from_end, SIP_METHOD_BYE);
	if (x->in_dialog)
		call_send(edge, pas, dlg, x->from_end, SIP_METHOD_BYE);
	else
		call->pending = false;
	call_dialog_gone(edge, pas, dlg, REASON_CALL_CANCELLED);
}

/* A fork answers after the call is over and forgotten. */
static void end_stray(struct edge *edge, struct exchange *x)
{
	char buf[ROUTE_MAX];
	struct text route = text_init(buf, sizeof(buf));

	/* Not more often than forks can be: each is a request of ours. */
	if (edge->msg.code < 200 || edge->msg.code >= 300 ||
	    x->hung_up++ >= PASSAGE_DIALOGS_MAX ||
	    (x->target.side == PASSAGE_UPSTREAM &&
	     !response_route(edge, x->passage, &route)))
		return;
	call_end_stray(edge, x->target, text_span(&route), SIP_METHOD_ACK);
	call_end_stray(edge, x->target, text_span(&route), SIP_METHOD_BYE);
}

static bool is_answer(struct edge *edge, const struct exchange *x)
{
	return x->method == SIP_METHOD_INVITE && edge->msg.code >= 200 &&
	       edge->msg.code < 300;
}

/* The call ended while this was under way: what comes is not judged any more,
 * so neither its SDP nor its Contact passes. */
static void after_call(struct edge *edge, struct exchange *x)
{
	const struct outgoing how = {.new_body = true, .no_contact = true};

	if (x->method != SIP_METHOD_INVITE) {
		response_back(edge, x, &how);
		return;
	}
	if (!x->final_sent && edge->msg.code >= 200)
		exchange_answer(edge, x, 481, NULL);
	if (is_answer(edge, x))
		end_stray(edge, x);
}

/* An answer without a dialog, for want of a To-tag or of memory: nobody could
 * end that call. What else the passage holds goes on. */
static void no_dialog(struct edge *edge, struct exchange *x,
		      struct passage *pas)
{
	const struct call *call = pas->owner;

	end_stray(edge, x);
	if (!call->pending)
		return;
	exchange_answer(edge, x, 500, NULL);
	call_end(edge, pas, REASON_DIALOGS_FULL, 500);
}

/* The dialog of its request, or all of the call. */
static bool is_over(const struct exchange *x, const struct passage *pas,
		    const struct dialog *dlg)
{
	return x->passage && (!pas || (x->in_dialog && !dlg));
}

bool ending_takes(struct edge *edge, struct exchange *x, struct passage *pas,
		  struct dialog *dlg)
{
	if (is_over(x, pas, dlg))
		after_call(edge, x);
	else if (pas && !dlg && !x->in_dialog && is_answer(edge, x))
		no_dialog(edge, x, pas);
	else if (pas && is_unwanted(edge, x, pas->owner))
		hang_up(edge, x, pas, dlg);
	else
		return false;
	return true;
}
