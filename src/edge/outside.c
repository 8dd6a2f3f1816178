/* outside.c - requests outside a dialog: who may send them, and where to */
#include <string.h>

#include "rempart/registrar/token.h"

#include "state.h"

enum { URI_MAX = 1024, CONTACT_MAX = 2048 };

static void keepalive(struct edge *edge, struct peer from)
{
	struct record *rec = record_begin(
		edge, RECORD_MESSAGE, RECORD_VERDICT_ALLOW, REASON_KEEPALIVE);

	record_peer(edge, rec, from);
	record_message(rec, &edge->msg);
	rec->code = 200;
	rec->took_us = record_took_us(edge);
	record_write(edge, rec);
	reply_now(edge, from, 200, "OK",
		  "Accept: application/sdp\r\nSupported: path, "
		  "outbound\r\n" ALLOW_LINE);
}

/* RFC 3323 4.1: the anonymous forms that a user agent may write itself. */
static bool is_anonymous(struct edge *edge, const struct sip_uri *uri)
{
	bool nobody = span_ieq(uri->user, SPAN("anonymous"));

	if (span_ieq(uri->host, SPAN("anonymous.invalid")))
		return nobody || !uri->user.len;
	return nobody && proxy_is_domain(edge->set.proxy, uri->host);
}

/* From is a user registered on this connection, with a domain of ours.
 * Returns the binding that the request counts for, or NULL. */
static struct binding *sender_binding(struct edge *edge, struct peer from)
{
	const struct sip_uri *uri = &edge->msg.from.uri;
	uint64_t now_us = edge->time.now_us;
	char user[EDGE_USER_MAX];

	/* An emergency call counts for the flow, whatever it calls itself. */
	if (edge->emergency || is_anonymous(edge, uri))
		return binding_of_conn(edge->bindings, from.conn, now_us);
	if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS)
		return NULL;
	if (!proxy_is_domain(edge->set.proxy, uri->host) &&
	    !own_uri(edge, uri, from) && !upstream_uri(edge, uri))
		return NULL;
	if (sip_user_decode(user, sizeof(user), uri->user))
		return NULL;
	return binding_of_user_conn(edge->bindings, span_str(user), from.conn,
				    now_us);
}

/* Outside a dialog Route names only us or our PBX. */
static struct verdict check_routes(struct edge *edge, struct peer from)
{
	struct sip_values walk = {0};
	struct sip_address route;
	struct token token;
	struct span value;

	while (sip_values_next(&edge->msg, SIP_HEADER_ROUTE, &walk, &value)) {
		if (sip_address_parse(&route, value))
			return verdict_reject(REASON_HEADER_SYNTAX, "Route");
		if (from.side == PASSAGE_PHONE &&
		    token_read(&token, route.uri.user))
			return verdict_reject(REASON_FORGED_TOKEN, NULL);
		if (!own_uri(edge, &route.uri, from) &&
		    !upstream_uri(edge, &route.uri) &&
		    !proxy_is_domain(edge->set.proxy, route.uri.host))
			return verdict_reject(REASON_FOREIGN_ROUTE, NULL);
	}
	return verdict_pass();
}

static struct verdict check_target(struct edge *edge, struct peer from)
{
	const struct sip_uri *uri = &edge->msg.ruri;
	struct token token;

	if (token_read(&token, uri->user))
		return verdict_reject(REASON_FORGED_TOKEN, NULL);
	if (edge->emergency || uri->scheme == SIP_SCHEME_TEL)
		return verdict_pass();
	if (uri->scheme == SIP_SCHEME_SERVICE)
		return verdict_reject(REASON_SCHEME, NULL);
	if (!proxy_is_domain(edge->set.proxy, uri->host) &&
	    !own_uri(edge, uri, from) && !upstream_uri(edge, uri))
		return verdict_reject(REASON_FOREIGN_TARGET, NULL);
	if (uri->scheme == SIP_SCHEME_SIPS && edge->set.proxy->has_upstream &&
	    !edge->set.proxy->sips_inside_secure)
		return verdict_reject(
			REASON_SIPS,
			"the phone calls sips: addresses; set its URI scheme "
			"to sip (transport stays TLS)");
	return verdict_pass();
}

/* Parameters that spoke of the hop that ends here are not handed on. */
static void put_uri_params(struct text *out, struct span params)
{
	struct span rest = params;

	while (rest.len) {
		struct span param = span_skip(rest, 1);
		size_t end = span_find(param, ';');
		struct span name;

		rest = span_skip(param, end);
		param = span_of(param.p, end);
		name = span_of(param.p, span_find(param, '='));
		if (span_ieq(name, SPAN("transport")) ||
		    span_ieq(name, SPAN("maddr")) ||
		    span_ieq(name, SPAN("lr")) || span_ieq(name, SPAN("ob")))
			continue;
		text_putc(out, ';');
		text_put(out, param);
	}
}

/* The Request-URI as the PBX expects it: its domain for ours. */
static struct span upstream_ruri(struct edge *edge, char buf[static URI_MAX])
{
	const struct sip_uri *uri = &edge->msg.ruri;
	struct text txt = text_init(buf, URI_MAX);

	if (uri->scheme == SIP_SCHEME_TEL || uri->scheme == SIP_SCHEME_SERVICE)
		return uri->text;
	text_puts(&txt, "sip:");
	if (uri->user.len) {
		text_put(&txt, uri->user);
		text_putc(&txt, '@');
	}
	put_host(&txt, span_str(edge->set.proxy->upstream_domain));
	put_uri_params(&txt, uri->params);
	return txt.full ? (struct span){0} : text_span(&txt);
}

static void record_allowed(struct edge *edge, struct exchange *x)
{
	const struct proxy_settings *set = edge->set.proxy;
	struct record *rec = record_begin(edge, record_kind_of(&edge->msg),
					  RECORD_VERDICT_ALLOW, REASON_OK);
	const struct passage *pas = passage_find(edge->passages, x->passage);

	record_peer(edge, rec, x->origin);
	record_message(rec, &edge->msg);
	record_facts(rec, x->facts);
	if (x->method == SIP_METHOD_INVITE && pas)
		call_media_record(pas, rec);
	if (x->method == SIP_METHOD_INVITE && set->has_upstream)
		(void)span_copy(rec->rule, sizeof(rec->rule),
				span_str(set->where_srtp));
	if (edge->emergency) {
		rec->reason = REASON_EMERGENCY;
		(void)span_copy(rec->rule, sizeof(rec->rule),
				span_str(edge->set.numbering->where));
	}
	dialling_record(edge, rec);
	rec->took_us = record_took_us(edge);
	record_write(edge, rec);
}

static bool makes_dialog(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_SUBSCRIBE ||
	       method == SIP_METHOD_REFER;
}

/* What must hold before any state is kept for it. */
static struct verdict prepare(struct edge *edge, const struct outgoing *how)
{
	if (!how->ruri.len)
		return verdict_reject(REASON_BAD_URI, NULL);
	if (edge->msg.method == SIP_METHOD_UPDATE ||
	    edge->msg.method == SIP_METHOD_PRACK)
		return verdict_reject(REASON_DIALOG_UNKNOWN, NULL);
	/* A method that we do not know may mean an offer to the PBX. */
	if (edge->msg.method == SIP_METHOD_OTHER && media_hidden(&edge->msg))
		return verdict_reject(REASON_BODY_TYPE, NULL);
	/* A call without its record must not happen, but an emergency. */
	if (edge->msg.method == SIP_METHOD_INVITE && !edge->emergency &&
	    !edge->io.record_reserve(edge->io.arg))
		return verdict_reject(REASON_LOG_FULL, NULL);
	return verdict_pass();
}

static struct passage *begin(struct edge *edge, struct exchange *x,
			     const struct binding *bnd[static 2])
{
	struct passage *pas =
		call_begin(edge, x,
			   x->method == SIP_METHOD_INVITE ? PASSAGE_INVITE
							  : PASSAGE_SUBSCRIBE);

	if (!pas)
		return NULL;
	const struct peer peers[2] = {x->origin, x->target};
	for (unsigned end = 0; end < 2; end++) {
		pas->end[end].side = peers[end].side;
		pas->end[end].conn = peers[end].conn;
		if (bnd[end])
			memcpy(pas->end[end].name, bnd[end]->token.text,
			       sizeof(pas->end[end].name));
	}
	x->passage = pas->number;
	return pas;
}

static void give_up(struct edge *edge, struct exchange *x,
		    const struct verdict *why)
{
	struct passage *pas = passage_find(edge->passages, x->passage);

	struct verdict said = *why;

	said.record = record_refusal(edge, x->origin, why);
	if (pas) {
		call_forget(edge, pas);
		x->passage = 0;
	}
	exchange_answer(edge, x, said.sip_code, &said);
}

/* Its passage, and the media of an INVITE. */
static struct verdict open_passage(struct edge *edge, struct exchange *x,
				   struct outgoing *how,
				   const struct binding *bnd[static 2])
{
	struct passage *pas = begin(edge, x, bnd);
	struct call_sdp sdp = {.from = 0};

	if (!pas)
		return verdict_reject(REASON_DIALOGS_FULL, NULL);
	how->record_route = pas;
	if (x->method != SIP_METHOD_INVITE)
		return verdict_pass();
	switch (call_offer(edge, pas, &sdp)) {
	case MEDIA_REFUSED:
		return sdp.why;
	case MEDIA_WRITTEN:
		x->had_offer = how->new_body = true;
		x->offer = sdp.offer;
		how->body = sdp.body;
		break;
	case MEDIA_ABSENT:
		break;
	}
	return verdict_pass();
}

/* bnd: the bindings of its two ends, NULL where there is none. */
static void go(struct edge *edge, struct peer from, struct outgoing *how,
	       const struct binding *bnd[static 2])
{
	struct verdict verdict = prepare(edge, how);
	char contact[CONTACT_MAX];
	struct exchange *x = NULL;

	if (verdict_passes(&verdict)) {
		x = exchange_new_server(edge, from);
		if (!x || !(x->facts = facts_new(edge, from)))
			verdict =
				verdict_reject(REASON_TRANSACTIONS_FULL, NULL);
	}
	if (!verdict_passes(&verdict)) {
		if (x)
			exchange_free(edge, x);
		refuse(edge, from, &verdict);
		return;
	}
	x->target = how->to;
	x->emergency = edge->emergency;
	if (makes_dialog(x->method)) {
		verdict = open_passage(edge, x, how, bnd);
		if (!verdict_passes(&verdict)) {
			give_up(edge, x, &verdict);
			return;
		}
	}
	/* Not registered, it is nobody's name that the PBX could call back. */
	how->contacts =
		forward_contact(edge, contact, sizeof(contact), how->to,
				bnd[0] ? bnd[0]->token.text
				: from.side == PASSAGE_PHONE ? "emergency"
							     : "");
	if (x->method == SIP_METHOD_INVITE)
		exchange_answer(edge, x, 100, NULL);
	verdict = forward_request(edge, x, how);
	if (verdict_passes(&verdict))
		record_allowed(edge, x);
	else
		give_up(edge, x, &verdict);
}

/* Our own registrar: another user's newest device. */
static void go_local(struct edge *edge, struct peer from, struct outgoing *how,
		     const struct binding *sender)
{
	const struct binding *bnd[2] = {sender, NULL};
	struct binding *found = NULL;
	struct verdict verdict;
	char user[EDGE_USER_MAX];

	if (sip_user_decode(user, sizeof(user), edge->msg.ruri.user) ||
	    !registrar_user_find(edge->set.registrar, span_str(user))) {
		verdict = verdict_reject(REASON_NOT_FOUND, NULL);
		refuse(edge, from, &verdict);
		return;
	}
	if (!bindings_of_user(edge->bindings, span_str(user), edge->time.now_us,
			      &found, 1) ||
	    !found->conn) {
		verdict = verdict_reject(REASON_NO_FLOW, NULL);
		refuse(edge, from, &verdict);
		return;
	}
	bnd[1] = found;
	how->to = (struct peer){PASSAGE_PHONE, found->conn};
	how->ruri = span_str(found->contact_uri);
	go(edge, from, how, bnd);
}

/* Emergency calls have a pool, all else has limits and dial rules. */
static struct verdict check_dialling(struct edge *edge, struct peer from,
				     const struct binding *bnd)
{
	if (edge->emergency)
		return dialling_pool(edge, from);
	if (edge->msg.method == SIP_METHOD_INVITE)
		return dialling_call(edge, bnd->user);
	if (edge->msg.method == SIP_METHOD_REFER)
		return dialling_refer(edge, bnd->user);
	return verdict_pass();
}

static void from_phone(struct edge *edge, struct peer from)
{
	const struct binding *bnd[2] = {NULL, NULL};
	struct outgoing how = {.to = {PASSAGE_UPSTREAM, 0}};
	struct verdict verdict;
	char uri[URI_MAX];

	if (!edge->emergency &&
	    !binding_of_conn(edge->bindings, from.conn, edge->time.now_us)) {
		if (edge->msg.method == SIP_METHOD_OPTIONS) {
			keepalive(edge, from);
			return;
		}
		verdict = verdict_reject(REASON_REGISTER_FIRST, NULL);
		refuse(edge, from, &verdict);
		return;
	}
	bnd[0] = edge->sender = sender_binding(edge, from);
	verdict = edge->emergency ? verdict_pass() /* they are not used */
		  : bnd[0]	  ? check_routes(edge, from)
				  : verdict_reject(REASON_FROM_USER, NULL);
	if (verdict_passes(&verdict))
		verdict = check_target(edge, from);
	if (verdict_passes(&verdict))
		verdict = check_dialling(edge, from, bnd[0]);
	if (!verdict_passes(&verdict)) {
		refuse(edge, from, &verdict);
		return;
	}
	if (edge->msg.method == SIP_METHOD_OPTIONS &&
	    !edge->msg.ruri.user.len) {
		keepalive(edge, from);
		return;
	}
	if (!edge->emergency && dialling_is_echo(edge)) {
		echo_call(edge, from, bnd[0]);
		return;
	}
	if (!edge->set.proxy->has_upstream) {
		go_local(edge, from, &how, bnd[0]);
		return;
	}
	how.ruri = upstream_ruri(edge, uri);
	go(edge, from, &how, bnd);
}

static void from_upstream(struct edge *edge, struct peer from)
{
	const struct binding *bnd[2] = {NULL, NULL};
	struct outgoing how = {0};
	struct verdict verdict = check_routes(edge, from);
	struct binding *found;
	struct token token;

	if (verdict_passes(&verdict) &&
	    !token_read(&token, edge->msg.ruri.user)) {
		if (edge->msg.method == SIP_METHOD_OPTIONS) {
			keepalive(edge, from);
			return;
		}
		verdict = verdict_reject(REASON_NOT_FOUND,
					 "the PBX names no device that "
					 "registered through the edge");
	}
	if (!verdict_passes(&verdict)) {
		refuse(edge, from, &verdict);
		return;
	}
	found = binding_find(edge->bindings, &token);
	if (!found || !found->conn || !binding_live(found, edge->time.now_us)) {
		verdict = verdict_reject(REASON_NO_FLOW, NULL);
		refuse(edge, from, &verdict);
		return;
	}
	bnd[1] = found;
	how.to = (struct peer){PASSAGE_PHONE, found->conn};
	how.ruri = span_str(found->contact_uri);
	go(edge, from, &how, bnd);
}

/* What passes before limits on new work: emergencies alone. */
static struct verdict check_limits(struct edge *edge, struct peer from)
{
	struct verdict verdict = verdict_pass();

	if (edge->emergency)
		return verdict;
	verdict = dialling_new_work(edge, from);
	if (verdict_passes(&verdict) && from.side == PASSAGE_PHONE &&
	    edge->msg.method == SIP_METHOD_REGISTER)
		verdict = dialling_register(edge, from);
	return verdict;
}

void on_new_request(struct edge *edge, struct peer from)
{
	struct verdict verdict = check_limits(edge, from);

	if (!verdict_passes(&verdict))
		refuse(edge, from, &verdict);
	else if (from.side == PASSAGE_UPSTREAM)
		from_upstream(edge, from);
	else if (edge->msg.method != SIP_METHOD_REGISTER)
		from_phone(edge, from);
	else if (edge->set.proxy->has_upstream)
		on_register(edge, from);
	else
		on_local_register(edge, from);
}
