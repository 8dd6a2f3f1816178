/* dialling.c - limits, emergency calls and dial rules for the message under
 * work */
#include <string.h>

#include "rempart/policy/emergency.h"

#include "state.h"

/* RFC 3326; Q.850 cause 21 is "call rejected". */
#define Q850_LINE "Reason: Q.850;cause=21;text=\"call rejected\"\r\n"

bool dialling_emergency(struct edge *edge)
{
	const struct sip_message *msg = &edge->msg;

	/* The exemption covers this INVITE, never what takes a call over. */
	if (msg->method != SIP_METHOD_INVITE ||
	    sip_message_has(msg, SIP_HEADER_REPLACES) ||
	    sip_message_has(msg, SIP_HEADER_JOIN))
		return false;
	return emergency_is(&msg->ruri, edge->set.numbering) ||
	       emergency_is_urn(msg->ruri_text);
}

struct verdict dialling_pool(struct edge *edge, struct peer from)
{
	struct table_walk walk = {0};
	unsigned device = 0, site = 0;
	struct passage *pas;

	while ((pas = passage_walk(edge->passages, &walk))) {
		const struct call *call = pas->owner;

		site += call->emergency;
		device += call->emergency && call->conns[0] == from.conn;
	}
	if (device >= edge->set.emergency_per_device)
		return verdict_reject(REASON_EMERGENCY_POOL,
				      "of this device: emergency.per_device");
	if (site >= edge->set.emergency_per_site)
		return verdict_reject(REASON_EMERGENCY_POOL,
				      "of the site: emergency.per_site");
	return verdict_pass();
}

struct verdict dialling_message(struct edge *edge, struct peer from)
{
	struct conn *conn = conn_find(edge, from.conn);

	if (from.side != PASSAGE_PHONE || !conn || dialling_emergency(edge))
		return verdict_pass();
	return limits_message(&conn->messages, edge->set.limits,
			      edge->time.now_us);
}

struct verdict dialling_new_work(struct edge *edge)
{
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
		.wall_s = edge->time.wall_us / 1000000,
	};

	dial_decide(&edge->dial, &call);
	edge->dialled = true;
	return edge->dial.verdict;
}

/* A transfer or a forward is no emergency call of its own. */
static struct verdict judge_other(struct edge *edge, const char *user,
				  const struct sip_uri *target)
{
	struct verdict verdict = judge(edge, user, target);

	if (verdict_passes(&verdict) &&
	    edge->dial.number.cls == NUMBER_EMERGENCY)
		return verdict_reject(REASON_DIAL_NO_RULE,
				      "an emergency number is called, never "
				      "transferred or forwarded to");
	return verdict;
}

struct verdict dialling_call(struct edge *edge, const char *user)
{
	struct verdict verdict = judge(edge, user, &edge->msg.ruri);

	if (!verdict_passes(&verdict))
		return verdict;
	return limits_call(edge->limits, edge->set.limits, span_str(user),
			   edge->time.now_us);
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

bool dialling_denies(enum reason reason)
{
	return reason == REASON_DIAL_DENIED || reason == REASON_DIAL_NO_RULE ||
	       reason == REASON_DIAL_FEATURE ||
	       reason == REASON_NUMBER_UNREADABLE;
}

void dialling_put_reason(struct text *out, const struct verdict *why)
{
	if (dialling_denies(why->reason))
		text_puts(out, Q850_LINE);
}

/* What was decided about the number, for the record of this message. */
void dialling_record(const struct edge *edge, struct record *rec)
{
	const struct dial_decision *dial = &edge->dial;

	if (edge->emergency)
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
	if (dial->observed) {
		rec->reason = dial->verdict.reason;
		(void)span_copy(rec->detail, sizeof(rec->detail),
				SPAN("passed by dial_mode = \"observe\": a "
				     "rule denies it"));
	}
}
