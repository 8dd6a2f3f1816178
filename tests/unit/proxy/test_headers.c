/* test_headers.c - what passes from a phone is exactly this list, and from the
 * PBX all that the edge does not write */
#include <criterion/criterion.h>
#include <stdbool.h>

#include "rempart/proxy/headers.h"

/* By the name on the wire, so that the list is read as an operator would. */
static const char *const phone_both[] = {
	"From",
	"To",
	"Call-ID",
	"CSeq",
	"Accept",
	"Accept-Encoding",
	"Accept-Language",
	"Accept-Contact",
	"Reject-Contact",
	"Request-Disposition",
	"Allow",
	"Allow-Events",
	"Authorization",
	"Proxy-Authorization",
	"Authentication-Info",
	"Date",
	"Event",
	"Expires",
	"Subject",
	"Supported",
	"Require",
	"Unsupported",
	"RAck",
	"RSeq",
	"Reason",
	"Refer-To",
	"Referred-By",
	"Refer-Sub",
	"Replaces",
	"Join",
	"Target-Dialog",
	"Reply-To",
	"In-Reply-To",
	"Retry-After",
	"Session-Expires",
	"Min-SE",
	"Min-Expires",
	"SIP-ETag",
	"SIP-If-Match",
	"Subscription-State",
	"Timestamp",
	"User-Agent",
	"Server",
	"Warning",
	"Content-Encoding",
	"Content-Disposition",
	"Content-Language",
	"MIME-Version",
	"Info-Package",
	"Recv-Info",
	"Privacy",
	"Priority",
	"Organization",
	"Geolocation",
};

static const char *const phone_response_only[] = {"WWW-Authenticate",
						  "Proxy-Authenticate"};

static const char *const edge_writes[] = {
	"Via",	   "Route",	     "Record-Route", "Max-Forwards",
	"Contact", "Content-Length", "Content-Type",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool stands_in(enum sip_header id, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sip_header_find(span_str(list[i])) == id)
			return true;
	return false;
}

Test(headers, the_lists_hold_known_names)
{
	for (size_t i = 0; i < COUNT(phone_both); i++)
		cr_expect_neq(sip_header_find(span_str(phone_both[i])),
			      SIP_HEADER_OTHER, "%s", phone_both[i]);
}

Test(headers, from_a_phone_exactly_the_list_passes)
{
	for (int id = 0; id < SIP_HEADER_COUNT; id++) {
		enum sip_header header = (enum sip_header)id;
		bool both = header != SIP_HEADER_OTHER &&
			    stands_in(header, phone_both, COUNT(phone_both));
		bool response = both || stands_in(header, phone_response_only,
						  COUNT(phone_response_only));

		cr_expect_eq(headers_pass_from_phone(header, true), both,
			     "request: %s", sip_header_name(header));
		cr_expect_eq(headers_pass_from_phone(header, false), response,
			     "response: %s", sip_header_name(header));
	}
}

Test(headers, a_phone_asserts_nothing)
{
	static const enum sip_header refused[] = {
		SIP_HEADER_P_ASSERTED_IDENTITY,
		SIP_HEADER_P_PREFERRED_IDENTITY,
		SIP_HEADER_REMOTE_PARTY_ID,
		SIP_HEADER_DIVERSION,
		SIP_HEADER_HISTORY_INFO,
		SIP_HEADER_IDENTITY,
		SIP_HEADER_PATH,
		SIP_HEADER_SERVICE_ROUTE,
		SIP_HEADER_ALERT_INFO,
		SIP_HEADER_CALL_INFO,
		SIP_HEADER_ERROR_INFO,
		SIP_HEADER_PROXY_REQUIRE,
		SIP_HEADER_OTHER,
	};

	for (size_t i = 0; i < COUNT(refused); i++) {
		cr_expect_not(headers_pass_from_phone(refused[i], true));
		cr_expect_not(headers_pass_from_phone(refused[i], false));
	}
}

Test(headers, from_the_pbx_all_passes_but_what_the_edge_writes)
{
	for (int id = 0; id < SIP_HEADER_COUNT; id++) {
		enum sip_header header = (enum sip_header)id;
		bool ours = header != SIP_HEADER_OTHER &&
			    stands_in(header, edge_writes, COUNT(edge_writes));

		cr_expect_eq(headers_pass_from_upstream(header, true), !ours);
		cr_expect_eq(headers_pass_from_upstream(header, false), !ours);
	}
}
