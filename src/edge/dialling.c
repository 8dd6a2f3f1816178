/* dialling.c - limits, emergency calls and dial rules for the message under
 * work */
#include <string.h>

#include "rempart/policy/emergency.h"

#include "state.h"

/* RFC 3326; Q.850 cause 21 is "call rejected". */
enum { EMERGENCY_PACE = 20 }; /* attempts a minute of one connection */

#define Q850_LINE "Reason: Q.850;cause=21;text=\"call rejected\"\r\n"

/* A registered phone, or one of the subnets that may do without. */
static bool may_call_emergencies(struct edge *edge, struct peer from)
{
	const struct edge_settings *set = &edge->set;
	const struct conn *conn = conn_find(edge, from.conn);

	if (binding_of_conn(edge->bindings, from.conn, edge->time.now_us))
		return true;
	for (unsigned i = 0; conn && i < set->emergency_net_count; i++) {
		unsigned bits = set->emergency_bits[i];
		bool ipv4 = set->emergency_net[i].version == 4;
		struct addr net = addr_prefix(&conn->peer, ipv4 ? bits : 32,
					      ipv4 ? 128 : bits);

		if (addr_ip_eq(&net, &set->emergency_net[i]))
			return true;
	}
	return false;
}

bool dialling_emergency(struct edge *edge, struct peer from)
{
	const struct sip_message *msg = &edge->msg;

	/* The exemption covers this INVITE, never what takes a call over. */
	if (msg->method != SIP_METHOD_INVITE || msg->to_tag.len ||
	    from.side != PASSAGE_PHONE ||
	    sip_message_has(msg, SIP_HEADER_REPLACES) ||
	    sip_message_has(msg, SIP_HEADER_JOIN))
		return false;
	return (emergency_is(&msg->ruri, edge->set.numbering) ||
		emergency_is_urn(msg->ruri_text)) &&
	       may_call_emergencies(edge, from);
}

/* A device is its binding, on whatever connection; an unregistered one is its
 * address, and has one call. */
static bool same_device(const struct edge *edge, const struct passage *pas,
			const struct conn *conn)
{
	const struct call *call = pas->owner;

	if (edge->sender)
		return !strcmp(pas->end[0].name, edge->sender->token.text);
	return !pas->end[0].name[0] && addr_ip_eq(&call->source, &conn->peer);
}

struct verdict dialling_pool(struct edge *edge, struct peer from)
{
	struct conn *conn = conn_find(edge, from.conn);
	struct bucket_rule pace;
	struct table_walk walk = {0};
	unsigned device = 0, site = 0;
	struct passage *pas;

	/* Calls that the PBX refuses live for no time: they have a pace. */
	if (!conn ||
	    bucket_rule_init(&pace, EMERGENCY_PACE, 60, EMERGENCY_PACE) ||
	    !bucket_take(&conn->emergencies, &pace, edge->time.now_us))
		return verdict_reject(REASON_EMERGENCY_POOL,
				      "over 20 attempts a minute");
	while ((pas = passage_walk(edge->passages, &walk))) {
		const struct call *call = pas->owner;

		site += call->emergency;
		device += call->emergency && same_device(edge, pas, conn);
	}
	if (device >= (edge->sender ? edge->set.emergency_per_device : 1))
		return verdict_reject(REASON_EMERGENCY_POOL,
				      "of this device: emergency.per_device");
	if (site >= edge->set.emergency_per_site)
		return verdict_reject(REASON_EMERGENCY_POOL,
				      "of the site: emergency.per_site");
	return verdict_pass();
}

/* What belongs to a dialog has a bucket of its own: a flood of new work on
 * one connection does not keep its calls from ending. */
struct verdict dialling_message(struct edge *edge, struct peer from)
{
	const struct sip_message *msg = &edge->msg;
	struct conn *conn = conn_find(edge, from.conn);
	bool inside = msg->to_tag.len || msg->method == SIP_METHOD_ACK ||
		      msg->method == SIP_METHOD_CANCEL;

	if (from.side != PASSAGE_PHONE || !conn || edge->emergency)
		return verdict_pass();
	struct verdict verdict = limits_message(
		inside ? &conn->dialog_messages : &conn->messages,
		edge->set.limits, edge->time.now_us);
	/* A 503 would send the phone to another server (RFC 3261 21.5.4). */
	if (verdict.sip_code && msg->method == SIP_METHOD_INVITE)
		verdict.sip_code = 480;
	return verdict;
}

/* Phones' alone; what is refused as unregistered uses up nothing. */
struct verdict dialling_new_work(struct edge *edge, struct peer from)
{
	if (from.side != PASSAGE_PHONE ||
	    (edge->msg.method != SIP_METHOD_REGISTER &&
	     !binding_of_conn(edge->bindings, from.conn, edge->time.now_us)))
		return verdict_pass();
	return limits_new_work(edge->limits, edge->set.limits,
			       edge->msg.method == SIP_METHOD_INVITE,
			       edge->time.now_us);
}

struct verdict dialling_register(struct edge *edge, struct peer from)
{
	const struct conn *conn = conn_find(edge, from.conn);
	char user[EDGE_USER_MAX];

	if (!conn || sip_user_decode(user, sizeof(user), edge->msg.to.uri.user))
		return verdict_reject(REASON_BAD_URI, "To names no user");
	return limits_register(edge->limits, edge->set.limits, span_str(user),
			       &conn->peer, edge->time.now_us);
}

static struct verdict judge(struct edge *edge, const char *user,
			    const struct sip_uri *target)
{
	const struct dial_call call = {
		.dial = edge->set.dial,
		.numbering = edge->set.numbering,
		.user = span_str(user),
		.target = target,
		.wall_s = edge->time.wall_us / US_PER_S,
	};

	dial_decide(&edge->dial, &call);
	edge->dialled = true;
	return edge->dial.verdict;
}

/* An attempt is charged before it is judged: who tries number after number is
 * slowed down too. */
static struct verdict charge(struct edge *edge, const char *user)
{
	return limits_call(edge->limits, edge->set.limits, span_str(user),
			   edge->time.now_us);
}

/* What is exempt was told apart before: nothing else is an emergency call. */
static struct verdict judge_other(struct edge *edge, const char *user,
				  const struct sip_uri *target)
{
	struct verdict verdict = charge(edge, user);

	if (verdict_passes(&verdict))
		verdict = judge(edge, user, target);
	if (verdict_passes(&verdict) && edge->dialled &&
	    edge->dial.number.cls == NUMBER_EMERGENCY)
		return verdict_reject(REASON_DIAL_NO_RULE,
				      "an emergency number is called, never "
				      "transferred or forwarded to");
	return verdict;
}

bool dialling_is_echo(const struct edge *edge)
{
	char user[EDGE_USER_MAX];

	return edge->set.echo[0] && edge->msg.method == SIP_METHOD_INVITE &&
	       !sip_user_decode(user, sizeof(user), edge->msg.ruri.user) &&
	       !strcmp(user, edge->set.echo);
}

struct verdict dialling_call(struct edge *edge, const char *user)
{
	/* It leads nowhere: there is nothing to allow. */
	if (dialling_is_echo(edge))
		return charge(edge, user);
	return judge_other(edge, user, &edge->msg.ruri);
}

struct verdict dialling_refer(struct edge *edge, const char *user)
{
	struct sip_address target;
	struct token token;
	struct span value = sip_message_value(&edge->msg, SIP_HEADER_REFER_TO);

	if (sip_address_parse(&target, value))
		return verdict_reject(REASON_HEADER_SYNTAX, "Refer-To");
	/* An attended transfer names the device that it talked with. */
	if (token_read(&token, target.uri.user) &&
	    binding_find(edge->bindings, &token))
		return verdict_pass();
	return judge_other(edge, user, &target.uri);
}

struct verdict dialling_redirect(struct edge *edge, const char *user)
{
	struct sip_values walk = {0};
	struct sip_address target;
	struct span value;

	while (sip_values_next(&edge->msg, SIP_HEADER_CONTACT, &walk, &value)) {
		if (sip_address_parse(&target, value))
			return verdict_reject(REASON_HEADER_SYNTAX, "Contact");
		struct verdict verdict = judge_other(edge, user, &target.uri);
		if (!verdict_passes(&verdict))
			return verdict;
	}
	return verdict_pass();
}

static bool denies(enum reason reason)
{
	return reason == REASON_DIAL_DENIED || reason == REASON_DIAL_NO_RULE ||
	       reason == REASON_DIAL_FEATURE ||
	       reason == REASON_NUMBER_UNREADABLE;
}

void dialling_put_reason(struct text *out, const struct verdict *why)
{
	if (denies(why->reason))
		text_puts(out, Q850_LINE);
}

/* What was decided about the number, for the record of this message. */
void dialling_record(const struct edge *edge, struct record *rec)
{
	const struct dial_decision *dial = &edge->dial;

	/* One that could not be served is told apart as well. */
	bool refused = rec->verdict == RECORD_VERDICT_DENY &&
		       edge->msg.method == SIP_METHOD_INVITE &&
		       emergency_is(&edge->msg.ruri, edge->set.numbering);

	if (edge->emergency || refused)
		(void)span_copy(rec->number_class, sizeof(rec->number_class),
				span_str(number_class_name(NUMBER_EMERGENCY)));
	if (!edge->dialled)
		return;
	(void)span_copy(rec->e164, sizeof(rec->e164),
			span_str(dial->number.e164));
	(void)span_copy(rec->country, sizeof(rec->country),
			span_str(dial->number.country));
	(void)span_copy(rec->number_class, sizeof(rec->number_class),
			span_str(number_class_name(dial->number.cls)));
	(void)span_copy(rec->rule, sizeof(rec->rule), span_str(dial->rule));
	if (dial->observed && rec->verdict == RECORD_VERDICT_ALLOW) {
		rec->reason = dial->verdict.reason;
		(void)span_copy(rec->detail, sizeof(rec->detail),
				SPAN("passed by dial_mode = \"observe\": a "
				     "rule denies it"));
	}
}

/* A transfer or a redirection that the rules let pass: its record. */
void dialling_allowed(struct edge *edge, struct peer from)
{
	struct record *rec = record_begin(edge, record_kind_of(&edge->msg),
					  RECORD_VERDICT_ALLOW, REASON_OK);

	if (!edge->dialled)
		return;
	record_peer(edge, rec, from);
	record_message(rec, &edge->msg);
	(void)span_copy(rec->to, sizeof(rec->to),
			span_str(edge->dial.number.dialled));
	dialling_record(edge, rec);
	rec->took_us = record_took_us(edge);
	record_write(edge, rec);
}
