/* sanity.c - what a proxy must refuse beyond syntax (RFC 3261 16.3) */
#include "rempart/sip/sanity.h"

#include "rempart/base/text.h"

#include "grammar.h"

enum { CSEQ_MAX = 0x7fffffff }; /* RFC 3261 8.1.1.5: less than 2^31 */

static const char cookie[] = "z9hG4bK"; /* RFC 3261 8.1.1.7 */

static struct verdict syntax(enum sip_header id)
{
	return verdict_reject(REASON_HEADER_SYNTAX, sip_header_name(id));
}

/* Headers in a Request-URI (RFC 3261 19.1.1 does not allow them) would be
 * headers of ours to whoever believes them. */
static struct verdict check_target(const struct sip_message *msg)
{
	if (msg->ruri.scheme == SIP_SCHEME_OTHER)
		return verdict_reject(REASON_SCHEME, NULL);
	if (msg->ruri.headers.len)
		return verdict_reject(REASON_BAD_URI,
				      "headers in the Request-URI");
	return verdict_pass();
}

/*
 * 420 with what was asked for, for none is ours. ACK and CANCEL cannot ask
 * (RFC 3261 8.2.2.3).
 */
static struct verdict check_proxy_require(const struct sip_message *msg)
{
	char buf[VERDICT_DETAIL_MAX - 1];
	struct text list = text_init(buf, sizeof(buf));
	char detail[VERDICT_DETAIL_MAX];
	struct sip_values walk = {0};
	struct span value;
	bool asked = false;

	if (msg->method == SIP_METHOD_ACK || msg->method == SIP_METHOD_CANCEL)
		return verdict_pass();
	while (sip_values_next(msg, SIP_HEADER_PROXY_REQUIRE, &walk, &value)) {
		/* It goes back in Unsupported. */
		if (!sip_is_token(value))
			return syntax(SIP_HEADER_PROXY_REQUIRE);
		asked = true;
		/* Whole ones only: half a token is another one. */
		if (list.full || list.len + value.len + 2 > list.cap)
			break;
		if (list.len)
			text_puts(&list, ", ");
		text_put(&list, value);
	}
	if (!asked)
		return verdict_pass();
	(void)span_copy(detail, sizeof(detail), text_span(&list));
	return verdict_reject(REASON_PROXY_REQUIRE, detail);
}

static struct verdict check_vias(const struct sip_message *msg)
{
	struct sip_values walk = {0};
	struct span value;
	struct sip_hop hop;
	unsigned hops = 0;

	while (sip_values_next(msg, SIP_HEADER_VIA, &walk, &value)) {
		if (++hops > SIP_VIAS_MAX)
			return verdict_reject(REASON_TOO_MANY_HEADERS, "Via");
		/* The topmost was read when the message was. */
		if (value.p != msg->via.text.p && sip_hop_parse(&hop, value))
			return syntax(SIP_HEADER_VIA);
	}
	/* The cookie promises an identifier that is unique, and then there is
	 * none: no transaction can be told by it (RFC 4475 3.2.1). */
	if (span_ieq(msg->via.branch, span_str(cookie)))
		return verdict_reject(REASON_HEADER_SYNTAX,
				      "branch without an identifier");
	return verdict_pass();
}

static bool is_sip(const struct sip_uri *uri)
{
	return uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS;
}

/* route-param = name-addr: without its brackets ";lr" would be a parameter
 * of the header, and the next hop a strict router (RFC 3261 20.34). */
static struct verdict check_routes(const struct sip_message *msg,
				   enum sip_header id)
{
	struct sip_values walk = {0};
	struct sip_address addr;
	struct span value;

	while (sip_values_next(msg, id, &walk, &value)) {
		if (sip_address_parse(&addr, value) || !is_sip(&addr.uri) ||
		    addr.uri.text.p == value.p)
			return syntax(id);
	}
	return verdict_pass();
}

/* These need one Contact, where requests of the dialog will go
 * (RFC 3261 8.1.1.8, RFC 6665 4.1.2.1, RFC 3515 2.2). */
static bool opens_dialog(const struct sip_message *msg)
{
	return !msg->to_tag.len && (msg->method == SIP_METHOD_INVITE ||
				    msg->method == SIP_METHOD_SUBSCRIBE ||
				    msg->method == SIP_METHOD_REFER);
}

static struct verdict check_contacts(const struct sip_message *msg)
{
	bool registers = msg->method == SIP_METHOD_REGISTER;
	struct sip_values walk = {0};
	struct sip_address addr;
	struct span value;
	unsigned count = 0;
	bool star = false;

	while (sip_values_next(msg, SIP_HEADER_CONTACT, &walk, &value)) {
		count++;
		if (registers && span_eq(value, SPAN("*")))
			star = true;
		else if (sip_address_parse(&addr, value))
			return syntax(SIP_HEADER_CONTACT);
		else if (!is_sip(&addr.uri) && (registers || opens_dialog(msg)))
			return verdict_reject(REASON_BAD_URI, "Contact");
	}
	if (star && count > 1)
		return syntax(SIP_HEADER_CONTACT);
	if (opens_dialog(msg) && count == 0)
		return verdict_reject(REASON_HEADER_MISSING, "Contact");
	if (opens_dialog(msg) && count > 1)
		return verdict_reject(REASON_HEADER_REPEATED, "Contact");
	return verdict_pass();
}

/* RFC 3261 10.2: no user in the Request-URI, To names the address of record,
 * and the request is outside of dialogs. */
static struct verdict check_register(const struct sip_message *msg)
{
	if (msg->method != SIP_METHOD_REGISTER)
		return verdict_pass();
	if (msg->ruri.user.len)
		return verdict_reject(REASON_BAD_URI,
				      "REGISTER with a user in its "
				      "Request-URI");
	if (msg->to_tag.len)
		return verdict_reject(REASON_HEADER_SYNTAX,
				      "REGISTER with a tag in To");
	if (msg->to.uri.scheme == SIP_SCHEME_OTHER ||
	    msg->from.uri.scheme == SIP_SCHEME_OTHER)
		return verdict_reject(REASON_BAD_URI, "To or From");
	return verdict_pass();
}

static struct verdict check_numbers(const struct sip_message *msg)
{
	if (msg->cseq > CSEQ_MAX)
		return verdict_reject(REASON_CSEQ, "CSeq above 2^31 - 1");
	if (!msg->max_forwards)
		return verdict_reject(REASON_MAX_FORWARDS, NULL);
	return verdict_pass();
}

static struct verdict check_route(const struct sip_message *msg)
{
	return check_routes(msg, SIP_HEADER_ROUTE);
}

static struct verdict check_record_route(const struct sip_message *msg)
{
	return check_routes(msg, SIP_HEADER_RECORD_ROUTE);
}

/*
 * "invite", or "INV", is another method for us and for the RFC, but INVITE
 * for PBXs that compare without case or by prefix: what the edge takes for
 * harmless would be a call there.
 */
static struct verdict check_method(const struct sip_message *msg)
{
	if (msg->method != SIP_METHOD_OTHER)
		return verdict_pass();
	for (unsigned m = 1; m < SIP_METHOD_COUNT; m++) {
		struct span known =
			span_str(sip_method_text((enum sip_method)m));

		if (span_istarts(known, msg->method_name))
			return verdict_reject(REASON_METHOD,
					      "nearly a method that is known");
	}
	return verdict_pass();
}

struct verdict sip_sanity_request(const struct sip_message *msg)
{
	/* In the order of RFC 3261 16.3. */
	static struct verdict (*const checks[])(const struct sip_message *) = {
		check_method,	check_vias,	check_target,
		check_numbers,	check_route,	check_record_route,
		check_contacts, check_register, check_proxy_require,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct verdict verdict = checks[i](msg);

		if (!verdict_passes(&verdict))
			return verdict;
	}
	return verdict_pass();
}

struct verdict sip_sanity_response(const struct sip_message *msg)
{
	if (msg->is_request || msg->code < 100 || msg->code > 699)
		return verdict_reject(REASON_START_LINE, "status code");
	if (msg->cseq > CSEQ_MAX)
		return verdict_reject(REASON_CSEQ, "CSeq above 2^31 - 1");
	return check_vias(msg);
}
