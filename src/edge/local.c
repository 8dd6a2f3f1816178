/* local.c - the edge itself as the other end: REGISTER to its own registrar,
 * and the echo number */
#include <string.h>

#include "state.h"

/*
 * RFC 8760 asks a client to pass over algorithms that it does not know, but
 * libre before 3.0 gives up at the first. Those of its phones that say who
 * they are get MD5 alone at once; any other that asks again on the same
 * connection without credentials gets it the second time. Nothing is given
 * away: MD5 would have been taken from them anyway.
 */
static bool gives_up_at_sha256(const struct conn *conn,
			       const struct sip_message *msg)
{
	static const char *const agents[] = {"baresip v0.", "baresip v1.",
					     "baresip v2."};
	struct span agent = sip_message_value(msg, SIP_HEADER_USER_AGENT);

	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
		if (span_istarts(agent, span_str(agents[i])))
			return true;
	return conn->challenged &&
	       !sip_message_has(msg, SIP_HEADER_AUTHORIZATION);
}

static void challenge(struct edge *edge, struct peer from,
		      const struct verdict *why)
{
	struct conn *conn = conn_find(edge, from.conn);
	char nonce_buf[DIGEST_NONCE_TEXT], buf[1024];
	struct text nonce = text_init(nonce_buf, sizeof(nonce_buf));
	struct text lines = text_init(buf, sizeof(buf) - 1);
	struct span binding = {(const char *)&conn->id, sizeof(conn->id)};

	digest_nonce(&nonce, edge->nonce_key, binding, edge->time.now_us);
	const struct digest_offer offer = {
		.realm = span_str(edge->set.registrar->realm),
		.nonce = text_span(&nonce),
		.stale = registrar_stale(why),
		.md5_only = gives_up_at_sha256(conn, &edge->msg),
	};
	digest_challenge(&lines, SPAN("WWW-Authenticate"), &offer);
	conn->challenged = true;
	buf[lines.len] = '\0';
	record_refusal(edge, from, why);
	reply_now(edge, from, 401, phrase_of(401), buf);
}

/* RFC 3261 10.3: too short an interval is refused with ours. */
static struct verdict check_expires(uint32_t expires_s)
{
	if (expires_s && expires_s < REGISTRAR_EXPIRES_MIN_S) {
		struct verdict brief = verdict_reject(
			REASON_REGISTER_CONTACT, "Expires is under 60 seconds");
		brief.sip_code = 423;
		return brief;
	}
	return verdict_pass();
}

static void put_contacts(struct edge *edge, struct text *out, struct span user)
{
	struct binding *list[BINDING_SLOTS_MAX];
	uint64_t now_us = edge->time.now_us;
	size_t n = bindings_of_user(edge->bindings, user, now_us, list,
				    BINDING_SLOTS_MAX);

	for (size_t i = 0; i < n; i++) {
		text_puts(out, "Contact: <");
		text_puts(out, list[i]->contact_uri);
		text_puts(out, ">;expires=");
		text_u64(out, (list[i]->expires_us - now_us) / US_PER_S);
		text_puts(out, "\r\n");
	}
}

static void accepted(struct edge *edge, struct peer from,
		     const struct registration *reg, uint32_t expires_s)
{
	char buf[SIP_HEAD_MAX];
	struct text lines = text_init(buf, sizeof(buf) - 1);
	struct binding *bnd = register_binding(edge, reg);
	struct record *rec;

	if (reg->wildcard)
		bindings_remove_user(edge->bindings, reg->req.user);
	else if (bnd) /* reserved in this very turn: it cannot be refused */
		(void)binding_commit(edge->bindings, bnd, &reg->req, expires_s,
				     edge->time.now_us);
	put_contacts(edge, &lines, reg->req.user);
	buf[lines.len] = '\0';
	rec = record_begin(edge, RECORD_REGISTER, RECORD_VERDICT_ALLOW,
			   REASON_OK);
	(void)span_copy(rec->user, sizeof(rec->user), reg->req.user);
	record_peer(edge, rec, from);
	record_message(rec, &edge->msg);
	rec->code = 200;
	rec->took_us = record_took_us(edge);
	record_write(edge, rec);
	reply_now(edge, from, 200, "OK", lines.full ? NULL : buf);
}

static struct verdict authenticate(struct edge *edge, struct peer from,
				   struct span user)
{
	struct conn *conn = conn_find(edge, from.conn);
	struct registrar_proof proof = {
		.nonce_key = edge->nonce_key,
		.binding = {(const char *)&conn->id, sizeof(conn->id)},
		.now_us = edge->time.now_us,
		.use = &conn->nonce_use,
	};

	return registrar_authenticate(edge->set.registrar, &edge->msg,
				      SIP_HEADER_AUTHORIZATION, user, &proof);
}

void on_local_register(struct edge *edge, struct peer from)
{
	struct registration *reg = NULL;
	struct verdict verdict = register_read(edge, from, &reg);
	uint32_t expires_s = 0;

	if (verdict_passes(&verdict)) {
		verdict = authenticate(edge, from, reg->req.user);
		if (verdict.action == ACTION_CHALLENGE) {
			challenge(edge, from, &verdict);
			registration_free(reg);
			return;
		}
	}
	if (verdict_passes(&verdict) && reg->req.contact.host.len) {
		expires_s = reg->expires_s;
		if (expires_s > REGISTRAR_EXPIRES_MAX_S)
			expires_s = REGISTRAR_EXPIRES_MAX_S;
		verdict = check_expires(expires_s);
	}
	if (verdict_passes(&verdict))
		verdict = register_reserve(edge, reg);
	if (verdict_passes(&verdict))
		accepted(edge, from, reg, expires_s);
	else
		refuse(edge, from, &verdict);
	registration_free(reg);
}

/*
 * ---- The echo number: the edge answers and plays back what it hears, so that
 * a phone's TLS, SRTP and NAT can be tried with nothing else there.
 */

#define ECHO_ALLOW_LINE                                                        \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n"

static void put_contact(struct edge *edge, struct text *out, struct peer to)
{
	struct own_name name;

	own_name(edge, &name, to);
	text_puts(out, "Contact: <sip:echo@");
	text_puts(out, name.text);
	text_puts(out, ";transport=tls>\r\n");
}

/*
 * The 200 of ours. The Record-Route is our proof, as in any dialog: what comes
 * inside it is told from a stranger's by that.
 */
static void write_ok(struct edge *edge, const struct exchange *x,
		     const struct passage *pas, struct span body,
		     struct text *out)
{
	const struct peer facing[2] = {x->origin, x->origin};

	text_puts(out, "SIP/2.0 200 OK\r\n");
	text_put(out, blob_span(&x->lines));
	if (!x->lines_tagged) {
		text_puts(out, ";tag=rp");
		text_u64(out, pas->number);
	}
	text_puts(out, "\r\n");
	if (!x->in_dialog)
		forward_put_record_routes(edge, out, pas, facing);
	put_contact(edge, out, x->origin);
	text_puts(out, ECHO_ALLOW_LINE);
	if (body.len)
		text_puts(out, "Content-Type: application/sdp\r\n");
	text_puts(out, "Content-Length: ");
	text_u64(out, body.len);
	text_puts(out, "\r\n\r\n");
	text_put(out, body);
}

/* Our own answer, read as the other end's would be. */
static struct dialog *open_dialog(struct edge *edge, struct passage *pas,
				  const struct text *answer)
{
	struct framer_result cut = framer_datagram(text_span(answer));
	struct sip_message *msg = &edge->scratch_msg;
	struct dialog *dlg = NULL;
	struct blob copy = {0};

	if (cut.status != FRAMER_MESSAGE || blob_set(&copy, text_span(answer)))
		return NULL;

	struct verdict verdict =
		sip_message_parse(msg, copy.p, cut.head_len, cut.body_len);

	if (verdict_passes(&verdict) &&
	    dialog_from_response(pas, msg, (struct span){0}, &dlg))
		dlg = NULL;
	blob_free(&copy);
	return dlg;
}

static void record_call(struct edge *edge, const struct exchange *x,
			const struct passage *pas)
{
	struct record *rec = record_begin(edge, RECORD_CALL,
					  RECORD_VERDICT_ALLOW, REASON_OK);

	record_peer(edge, rec, x->origin);
	record_message(rec, &edge->msg);
	record_facts(rec, x->facts);
	call_media_record(pas, rec);
	(void)span_copy(rec->rule, sizeof(rec->rule), SPAN("echo"));
	rec->code = 200;
	rec->took_us = record_took_us(edge);
	record_write(edge, rec);
}

static struct passage *begin(struct edge *edge, struct exchange *x,
			     const struct binding *bnd)
{
	struct passage *pas = call_begin(edge, x, PASSAGE_INVITE);

	if (!pas)
		return NULL;
	pas->end[0].side = PASSAGE_PHONE;
	pas->end[0].conn = x->origin.conn;
	memcpy(pas->end[0].name, bnd->token.text, sizeof(pas->end[0].name));
	pas->end[1].side = PASSAGE_EDGE;
	x->passage = pas->number;
	return pas;
}

static struct verdict no_offer(void)
{
	return verdict_reject(REASON_MEDIA_NONE,
			      "the echo number needs an offer in the INVITE");
}

/* RFC 3261 8.2.2.3: an end has to know what is required of it. No provisional
 * answer is sent and no refresh (RFC 4028) asked for: these two are kept to. */
static struct verdict check_required(struct edge *edge)
{
	struct sip_values walk = {0};
	struct span value;
	char detail[VERDICT_DETAIL_MAX];

	while (sip_values_next(&edge->msg, SIP_HEADER_REQUIRE, &walk, &value)) {
		if (span_ieq(value, SPAN("100rel")) ||
		    span_ieq(value, SPAN("timer")))
			continue;
		/* It goes back in Unsupported. */
		if (value.len >= sizeof(detail))
			return verdict_reject(REASON_HEADER_SYNTAX, "Require");
		(void)span_copy(detail, sizeof(detail), value);
		return verdict_reject(REASON_PROXY_REQUIRE, detail);
	}
	return verdict_pass();
}

/* The answer to the offer under work; the caller ends what is refused. */
static struct verdict answer(struct edge *edge, struct exchange *x,
			     struct passage *pas, struct text *out)
{
	struct verdict required = check_required(edge);
	struct call_sdp sdp = {.from = 0};
	enum media_result result;

	if (!verdict_passes(&required))
		return required;
	result = call_offer(edge, pas, &sdp);
	if (result == MEDIA_REFUSED)
		return sdp.why;
	if (result == MEDIA_ABSENT && x->method == SIP_METHOD_INVITE)
		return no_offer();
	write_ok(edge, x, pas, sdp.body, out);
	return out->full ? verdict_reject(REASON_MESSAGE_TOO_LARGE, NULL)
			 : verdict_pass();
}

static void refuse_call(struct edge *edge, struct exchange *x,
			struct passage *pas, struct verdict *why)
{
	why->record = record_refusal(edge, x->origin, why);
	if (pas)
		call_forget(edge, pas);
	x->passage = 0;
	exchange_answer(edge, x, why->sip_code, why);
}

void echo_call(struct edge *edge, struct peer from, const struct binding *bnd)
{
	struct text out = text_init(edge->out, sizeof(edge->out));
	struct exchange *x = NULL;
	struct passage *pas = NULL;
	struct verdict verdict = verdict_reject(REASON_TRANSACTIONS_FULL, NULL);
	struct dialog *dlg;

	if (!edge->io.record_reserve(edge->io.arg))
		verdict = verdict_reject(REASON_LOG_FULL, NULL);
	else
		x = exchange_new_server(edge, from);
	if (!x || !(x->facts = facts_new(edge, from))) {
		if (x)
			exchange_free(edge, x);
		refuse(edge, from, &verdict);
		return;
	}
	pas = begin(edge, x, bnd);
	verdict = pas ? answer(edge, x, pas, &out)
		      : verdict_reject(REASON_DIALOGS_FULL, NULL);
	dlg = verdict_passes(&verdict) ? open_dialog(edge, pas, &out) : NULL;
	if (verdict_passes(&verdict) && !dlg)
		verdict = verdict_reject(REASON_DIALOGS_FULL, NULL);
	if (!verdict_passes(&verdict)) {
		refuse_call(edge, x, pas, &verdict);
		return;
	}
	call_answered(edge, pas);
	call_media_answered(edge, pas, NULL);
	record_call(edge, x, pas);
	exchange_respond(edge, x, 200, text_span(&out));
}

/* A new offer, or a session refresh (RFC 4028). */
static void renew(struct edge *edge, struct exchange *x, struct passage *pas)
{
	struct text out = text_init(edge->out, sizeof(edge->out));
	struct verdict verdict = answer(edge, x, pas, &out);

	if (verdict_passes(&verdict)) {
		exchange_respond(edge, x, 200, text_span(&out));
		return;
	}
	verdict.record = record_refusal(edge, x->origin, &verdict);
	exchange_answer(edge, x, verdict.sip_code, &verdict);
}

void echo_request(struct edge *edge, struct peer from, struct passage *pas,
		  struct dialog *dlg)
{
	struct verdict verdict;
	struct exchange *x;

	if (edge->msg.method == SIP_METHOD_ACK)
		return;
	x = exchange_new_server(edge, from);
	if (!x) {
		verdict = verdict_reject(REASON_TRANSACTIONS_FULL, NULL);
		refuse(edge, from, &verdict);
		if (edge->msg.method == SIP_METHOD_BYE)
			call_dialog_gone(edge, pas, dlg, REASON_CALL_ENDED);
		return;
	}
	x->in_dialog = true;
	dialog_commit(dlg, 0, &edge->msg);
	switch (edge->msg.method) {
	case SIP_METHOD_INVITE:
	case SIP_METHOD_UPDATE:
		x->passage = pas->number;
		renew(edge, x, pas);
		break;
	case SIP_METHOD_BYE:
		exchange_answer(edge, x, 200, NULL);
		call_dialog_gone(edge, pas, dlg, REASON_CALL_ENDED);
		break;
	case SIP_METHOD_INFO:
	case SIP_METHOD_OPTIONS:
		exchange_answer(edge, x, 200, NULL);
		break;
	default:
		verdict = verdict_reject(REASON_METHOD, NULL);
		verdict.record = record_refusal(edge, from, &verdict);
		exchange_answer(edge, x, verdict.sip_code, &verdict);
	}
}
