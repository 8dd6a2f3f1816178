/*
 * headers.c - the allow-list of headers
 *
 * A phone's header passes only if its row says so: a name that is new in
 * SIP_HEADER_TABLE, and every name that is not in it, stays out.
 */
#include <assert.h>
#include <stdint.h>

#include "rempart/proxy/headers.h"

enum { IN_REQUEST = 1, IN_RESPONSE = 2, IN_BOTH = IN_REQUEST | IN_RESPONSE };

/*
 * Not here: what makes the far phone fetch a URL (Alert-Info, Call-Info,
 * Error-Info), what asserts an identity or a history (P-*, Remote-Party-ID,
 * Identity, Diversion, History-Info: RFC 3325 5), what speaks to proxies or
 * registrars about routing (Proxy-Require, Path, Service-Route, Flow-Timer),
 * and what the edge writes itself.
 */
static const uint8_t from_phone[SIP_HEADER_COUNT] = {
	[SIP_HEADER_FROM] = IN_BOTH,
	[SIP_HEADER_TO] = IN_BOTH,
	[SIP_HEADER_CALL_ID] = IN_BOTH,
	[SIP_HEADER_CSEQ] = IN_BOTH,
	[SIP_HEADER_CONTENT_ENCODING] = IN_BOTH,
	[SIP_HEADER_CONTENT_DISPOSITION] = IN_BOTH,
	[SIP_HEADER_CONTENT_LANGUAGE] = IN_BOTH,
	[SIP_HEADER_MIME_VERSION] = IN_BOTH,
	[SIP_HEADER_ACCEPT] = IN_BOTH,
	[SIP_HEADER_ACCEPT_ENCODING] = IN_BOTH,
	[SIP_HEADER_ACCEPT_LANGUAGE] = IN_BOTH,
	[SIP_HEADER_ACCEPT_CONTACT] = IN_BOTH,
	[SIP_HEADER_REJECT_CONTACT] = IN_BOTH,
	[SIP_HEADER_REQUEST_DISPOSITION] = IN_BOTH,
	[SIP_HEADER_ALLOW] = IN_BOTH,
	[SIP_HEADER_ALLOW_EVENTS] = IN_BOTH,
	[SIP_HEADER_AUTHORIZATION] = IN_BOTH,
	[SIP_HEADER_PROXY_AUTHORIZATION] = IN_BOTH,
	[SIP_HEADER_WWW_AUTHENTICATE] = IN_RESPONSE,
	[SIP_HEADER_PROXY_AUTHENTICATE] = IN_RESPONSE,
	[SIP_HEADER_AUTHENTICATION_INFO] = IN_BOTH,
	[SIP_HEADER_DATE] = IN_BOTH,
	[SIP_HEADER_EVENT] = IN_BOTH,
	[SIP_HEADER_EXPIRES] = IN_BOTH,
	/* The place of an emergency call (RFC 6442). */
	[SIP_HEADER_GEOLOCATION] = IN_BOTH,
	[SIP_HEADER_INFO_PACKAGE] = IN_BOTH,
	[SIP_HEADER_IN_REPLY_TO] = IN_BOTH,
	[SIP_HEADER_JOIN] = IN_BOTH,
	[SIP_HEADER_MIN_EXPIRES] = IN_BOTH,
	[SIP_HEADER_MIN_SE] = IN_BOTH,
	[SIP_HEADER_ORGANIZATION] = IN_BOTH,
	[SIP_HEADER_PRIORITY] = IN_BOTH,
	[SIP_HEADER_PRIVACY] = IN_BOTH,
	[SIP_HEADER_RACK] = IN_BOTH,
	[SIP_HEADER_REASON] = IN_BOTH,
	[SIP_HEADER_RECV_INFO] = IN_BOTH,
	[SIP_HEADER_REFER_SUB] = IN_BOTH,
	[SIP_HEADER_REFER_TO] = IN_BOTH,
	[SIP_HEADER_REFERRED_BY] = IN_BOTH,
	[SIP_HEADER_REPLACES] = IN_BOTH,
	[SIP_HEADER_REPLY_TO] = IN_BOTH,
	[SIP_HEADER_REQUIRE] = IN_BOTH,
	[SIP_HEADER_RETRY_AFTER] = IN_BOTH,
	[SIP_HEADER_RSEQ] = IN_BOTH,
	[SIP_HEADER_SERVER] = IN_BOTH,
	[SIP_HEADER_SESSION_EXPIRES] = IN_BOTH,
	[SIP_HEADER_SIP_ETAG] = IN_BOTH,
	[SIP_HEADER_SIP_IF_MATCH] = IN_BOTH,
	[SIP_HEADER_SUBJECT] = IN_BOTH,
	[SIP_HEADER_SUBSCRIPTION_STATE] = IN_BOTH,
	[SIP_HEADER_SUPPORTED] = IN_BOTH,
	[SIP_HEADER_TARGET_DIALOG] = IN_BOTH,
	[SIP_HEADER_TIMESTAMP] = IN_BOTH,
	[SIP_HEADER_UNSUPPORTED] = IN_BOTH,
	[SIP_HEADER_USER_AGENT] = IN_BOTH,
	[SIP_HEADER_WARNING] = IN_BOTH,
};

static bool written_by_edge(enum sip_header id)
{
	switch (id) {
	case SIP_HEADER_VIA:
	case SIP_HEADER_ROUTE:
	case SIP_HEADER_RECORD_ROUTE:
	case SIP_HEADER_MAX_FORWARDS:
	case SIP_HEADER_CONTACT:
	case SIP_HEADER_CONTENT_LENGTH:
	case SIP_HEADER_CONTENT_TYPE:
		return true;
	default:
		return false;
	}
}

bool headers_pass_from_phone(enum sip_header id, bool request)
{
	assert(id < SIP_HEADER_COUNT);

	return from_phone[id] & (request ? IN_REQUEST : IN_RESPONSE);
}

bool headers_pass_from_upstream(enum sip_header id, bool request)
{
	assert(id < SIP_HEADER_COUNT);
	(void)request; /* the same for both today */

	return !written_by_edge(id);
}
