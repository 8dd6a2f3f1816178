/* register.c - REGISTER to the PBX: Contact becomes TOKEN@edge, and back */
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { URI_MAX = 1024, CONTACT_MAX = 2048, RESERVE_EXPIRES_S = 3600 };

void registration_free(struct registration *reg)
{
	if (!reg)
		return;
	free(reg->text);
	free(reg);
}

uint32_t register_expires(const struct sip_message *msg,
			  const struct sip_address *contact)
{
	struct span value;
	uint64_t expires_s;

	if (contact && sip_param(contact->params, SPAN("expires"), &value) &&
	    !span_u64(value, UINT32_MAX, &expires_s))
		return (uint32_t)expires_s;
	value = sip_message_value(msg, SIP_HEADER_EXPIRES);
	if (!span_u64(value, UINT32_MAX, &expires_s))
		return (uint32_t)expires_s;
	return RESERVE_EXPIRES_S;
}

/* Copies what outlives the message, and lets the request point into it. */
static struct registration *registration_new(struct edge *edge,
					     struct peer from,
					     const struct sip_address *contact)
{
	struct registration *reg = calloc(1, sizeof(*reg));
	const struct conn *conn = conn_find(edge, from.conn);
	struct sip_address kept;

	if (!reg || !conn)
		return reg;
	reg->expires_s = register_expires(&edge->msg, contact);
	reg->req.conn = from.conn;
	reg->req.source = conn->peer;
	reg->req.credentials =
		sip_message_has(&edge->msg, SIP_HEADER_AUTHORIZATION) ||
		sip_message_has(&edge->msg, SIP_HEADER_PROXY_AUTHORIZATION);
	if (sip_user_decode(reg->user, sizeof(reg->user),
			    edge->msg.to.uri.user))
		return reg;
	reg->req.user = span_str(reg->user);
	if (!contact)
		return reg;
	struct span value = sip_message_value(&edge->msg, SIP_HEADER_CONTACT);
	reg->text = malloc(value.len + 1);
	if (!reg->text)
		return reg;
	memcpy(reg->text, value.p, value.len);
	if (sip_address_parse(&kept, span_of(reg->text, value.len)))
		return reg;
	reg->req.contact = kept.uri;
	reg->req.contact_params = kept.params;
	(void)sip_param(kept.params, SPAN("+sip.instance"), &reg->req.instance);
	(void)sip_param(kept.params, SPAN("reg-id"), &reg->req.reg_id);
	return reg;
}

/* The Contact of the REGISTER: '*', none, or one URI of the phone's own. */
struct verdict register_read(struct edge *edge, struct peer from,
			     struct registration **out)
{
	const struct sip_message *msg = &edge->msg;
	struct sip_values walk = {0};
	struct sip_address contact;
	struct span value = {0}, more;
	bool any = sip_values_next(msg, SIP_HEADER_CONTACT, &walk, &value);
	bool wildcard = any && span_eq(value, SPAN("*"));

	if (any && sip_values_next(msg, SIP_HEADER_CONTACT, &walk, &more))
		return verdict_reject(REASON_REGISTER_CONTACT,
				      "one Contact a REGISTER");
	if (any && !wildcard && sip_address_parse(&contact, value))
		return verdict_reject(REASON_REGISTER_CONTACT, NULL);
	*out = registration_new(edge, from, any && !wildcard ? &contact : NULL);
	if (!*out || (any && !wildcard && !(*out)->req.contact.host.len))
		return verdict_reject(REASON_REGISTER_CONTACT, NULL);
	(*out)->wildcard = wildcard;
	/* RFC 3261 10.2.2: '*' stands with Expires: 0 alone. */
	if (wildcard && (*out)->expires_s)
		return verdict_reject(REASON_REGISTER_CONTACT,
				      "* without Expires: 0");
	if (!(*out)->req.user.len)
		return verdict_reject(REASON_BAD_URI, "To names no user");
	return verdict_pass();
}

struct verdict register_reserve(struct edge *edge, struct registration *reg)
{
	struct binding *bnd;

	if (!reg->req.contact.host.len)
		return verdict_pass();
	struct verdict verdict = binding_reserve(edge->bindings, &reg->req,
						 edge->time.now_us, &bnd);
	if (verdict_passes(&verdict))
		reg->token = bnd->token;
	return verdict;
}

struct binding *register_binding(struct edge *edge,
				 const struct registration *reg)
{
	return reg->token.text[0] ? binding_find(edge->bindings, &reg->token)
				  : NULL;
}

static void put_contact(struct edge *edge, struct text *out,
			const struct registration *reg)
{
	struct own_name name;

	if (!reg->token.text[0])
		return;
	own_name(edge, &name, (struct peer){PASSAGE_UPSTREAM, 0});
	text_puts(out, "Contact: <sip:");
	text_puts(out, reg->token.text);
	text_putc(out, '@');
	text_puts(out, name.text);
	text_putc(out, '>');
	text_put(out, reg->req.contact_params);
	text_puts(out, "\r\n");
}

static struct verdict check_register(struct edge *edge, struct peer from)
{
	const struct proxy_settings *set = edge->set.proxy;
	const struct sip_message *msg = &edge->msg;

	if (!proxy_is_domain(set, msg->ruri.host) &&
	    !own_uri(edge, &msg->ruri, from) && !upstream_uri(edge, &msg->ruri))
		return verdict_reject(REASON_FOREIGN_TARGET, NULL);
	if (!proxy_is_domain(set, msg->to.uri.host) &&
	    !own_uri(edge, &msg->to.uri, from) &&
	    !upstream_uri(edge, &msg->to.uri))
		return verdict_reject(REASON_FOREIGN_TARGET,
				      "To is of another domain");
	if (msg->ruri.scheme == SIP_SCHEME_SIPS && !set->sips_inside_secure)
		return verdict_reject(
			REASON_SIPS,
			"the phone registers a sips: address; set its URI "
			"scheme to sip (transport stays TLS)");
	return verdict_pass();
}

static struct verdict forward_register(struct edge *edge, struct peer from,
				       struct registration *reg)
{
	char ruri_buf[URI_MAX], contact_buf[CONTACT_MAX];
	struct text ruri = text_init(ruri_buf, sizeof(ruri_buf));
	struct text contact = text_init(contact_buf, sizeof(contact_buf));
	/* A REGISTER has no body that a registrar needs. */
	struct outgoing how = {.to = {PASSAGE_UPSTREAM, 0}, .new_body = true};
	struct exchange *x = exchange_new_server(edge, from);

	if (!x || !(x->facts = facts_new(edge, from))) {
		struct binding *bnd = register_binding(edge, reg);

		if (bnd)
			binding_release(bnd, from.conn);
		if (x)
			exchange_free(edge, x);
		registration_free(reg);
		return verdict_reject(REASON_TRANSACTIONS_FULL, NULL);
	}
	x->registration = reg;
	memcpy(x->facts->user, reg->user, sizeof(x->facts->user));
	text_puts(&ruri, "sip:");
	put_host(&ruri, span_str(edge->set.proxy->upstream_domain));
	how.ruri = text_span(&ruri);
	put_contact(edge, &contact, reg);
	how.contacts = text_span(&contact);
	struct verdict verdict = forward_request(edge, x, &how);
	if (ruri.full || contact.full)
		verdict = verdict_reject(REASON_REGISTER_CONTACT, NULL);
	if (!verdict_passes(&verdict)) {
		register_failed(edge, x, verdict.reason);
		exchange_answer(edge, x, verdict.sip_code, &verdict);
	}
	return verdict_pass();
}

void on_register(struct edge *edge, struct peer from)
{
	struct registration *reg = NULL;
	struct verdict verdict = check_register(edge, from);

	if (verdict_passes(&verdict))
		verdict = register_read(edge, from, &reg);
	if (verdict_passes(&verdict))
		verdict = register_reserve(edge, reg);
	if (!verdict_passes(&verdict)) {
		registration_free(reg);
		refuse(edge, from, &verdict);
		return;
	}
	verdict = forward_register(edge, from, reg);
	if (!verdict_passes(&verdict))
		refuse(edge, from, &verdict);
}

/* Every Contact of the PBX's answer that is a binding of ours becomes the
 * phone's own again; others are not this phone's business. */
static void put_back_contacts(struct edge *edge, struct text *out)
{
	struct sip_values walk = {0};
	struct sip_address contact;
	struct span value, expires;
	struct token token;

	while (sip_values_next(&edge->msg, SIP_HEADER_CONTACT, &walk, &value)) {
		if (sip_address_parse(&contact, value) ||
		    !token_read(&token, contact.uri.user))
			continue;
		const struct binding *bnd =
			binding_find(edge->bindings, &token);
		if (!bnd || !bnd->contact_uri[0])
			continue;
		text_puts(out, "Contact: <");
		text_puts(out, bnd->contact_uri);
		text_putc(out, '>');
		text_put(out, contact.params);
		if (!sip_param(contact.params, SPAN("expires"), &expires) &&
		    sip_message_has(&edge->msg, SIP_HEADER_EXPIRES)) {
			text_puts(out, ";expires=");
			text_put(out, sip_message_value(&edge->msg,
							SIP_HEADER_EXPIRES));
		}
		text_puts(out, "\r\n");
	}
}

/* How long the registrar holds our TOKEN: its own word, in the answer. */
static uint32_t granted_s(struct edge *edge, const struct registration *reg)
{
	struct sip_values walk = {0};
	struct sip_address contact;
	struct token token;
	struct span value;

	while (sip_values_next(&edge->msg, SIP_HEADER_CONTACT, &walk, &value)) {
		if (!sip_address_parse(&contact, value) &&
		    token_read(&token, contact.uri.user) &&
		    token_eq(&token, &reg->token))
			return register_expires(&edge->msg, &contact);
	}
	/* Not in the list: removed, or a registrar that lists nothing. */
	return sip_message_has(&edge->msg, SIP_HEADER_CONTACT) ? 0
							       : reg->expires_s;
}

/* A challenge to credentials that were given, and not for their age alone,
 * is a failure; the first challenge is not. */
static bool is_failure(struct edge *edge, const struct exchange *x)
{
	enum sip_header id = edge->msg.code == 401
				     ? SIP_HEADER_WWW_AUTHENTICATE
				     : SIP_HEADER_PROXY_AUTHENTICATE;
	struct sip_values walk = {0};
	struct span value;

	if (!x->had_credentials)
		return false;
	while (sip_values_next(&edge->msg, id, &walk, &value)) {
		size_t at = span_find(value, '=');

		if (at >= 5 &&
		    span_ieq(span_of(value.p + at - 5, 5), SPAN("stale")) &&
		    span_istarts(span_skip(value, at + 1), SPAN("true")))
			return false;
	}
	return true;
}

static void record_register(struct edge *edge, struct exchange *x)
{
	enum record_verdict verdict = RECORD_VERDICT_DENY;
	enum reason reason = REASON_REGISTRAR_REFUSED;
	uint16_t code = edge->msg.code;

	if (code < 300) {
		verdict = RECORD_VERDICT_ALLOW;
		reason = REASON_OK;
	} else if (code == 401 || code == 407) {
		bool failed = is_failure(edge, x);

		verdict =
			failed ? RECORD_VERDICT_DENY : RECORD_VERDICT_CHALLENGE;
		reason = failed ? REASON_CREDENTIALS : REASON_CHALLENGED;
	}
	struct record *rec =
		record_begin(edge, RECORD_REGISTER, verdict, reason);
	record_peer(edge, rec, x->origin);
	record_facts(rec, x->facts);
	(void)span_copy(rec->method, sizeof(rec->method), SPAN("REGISTER"));
	rec->code = code;
	(void)span_copy(rec->rule, sizeof(rec->rule),
			span_str(edge->set.proxy->where_upstream));
	record_write(edge, rec);
}

/* False: its slot was given to another device meanwhile, and the phone was
 * told to try again. */
static bool commit(struct edge *edge, struct exchange *x, struct binding *bnd)
{
	const struct registration *reg = x->registration;
	struct verdict full = verdict_reject(REASON_BINDINGS_FULL, NULL);

	if (!reg->token.text[0] || !conn_find(edge, x->origin.conn))
		return true;
	if (bnd && binding_commit(edge->bindings, bnd, &reg->req,
				  granted_s(edge, reg), edge->time.now_us))
		return true;
	record_refusal(edge, x->origin, &full);
	exchange_answer(edge, x, full.sip_code, &full);
	return false;
}

void register_answered(struct edge *edge, struct exchange *x)
{
	struct registration *reg = x->registration;
	struct binding *bnd = register_binding(edge, reg);
	char buf[SIP_HEAD_MAX];
	struct text contacts = text_init(buf, sizeof(buf));
	struct outgoing how = {.no_contact = true};
	uint16_t code = edge->msg.code;

	if (code < 300) {
		if (reg->wildcard)
			bindings_remove_user(edge->bindings, reg->req.user);
		else if (!commit(edge, x, bnd))
			return;
		put_back_contacts(edge, &contacts);
	} else if (bnd) {
		binding_release(bnd, x->origin.conn);
	}
	record_register(edge, x);
	if (!contacts.full)
		how.contacts = text_span(&contacts);
	response_back(edge, x, &how);
}

void register_failed(struct edge *edge, struct exchange *x, enum reason reason)
{
	struct record *rec = record_begin(edge, RECORD_REGISTER,
					  RECORD_VERDICT_DENY, reason);

	struct binding *bnd = register_binding(edge, x->registration);

	if (bnd)
		binding_release(bnd, x->origin.conn);
	record_peer(edge, rec, x->origin);
	record_facts(rec, x->facts);
	record_write(edge, rec);
}
