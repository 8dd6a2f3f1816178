/* test_sanity.c - a request that a proxy must not forward (RFC 3261 16.3) is
 * refused with the right code, and one that it may is not */
#include <stdio.h>

#include "sample.h"

TestSuite(sanity, .fini = sample_drop);

Test(sanity, a_plain_request_and_its_answer_pass)
{
	expect_reason(JUDGE(INVITE("")), OK);
	expect_reason(JUDGE(REQUEST("ACK", "")), OK);
	expect_reason(
		JUDGE("SIP/2.0 200 OK\r\n" VIA FROM TO CALL CSEQ("INVITE") END),
		OK);
}

Test(sanity, the_last_hop_is_refused_for_every_method)
{
	expect_reason(JUDGE(INVITE("Max-Forwards: 0\r\n")), MAX_FORWARDS);
	cr_expect_eq(seen_verdict.sip_code, 483);
	expect_reason(JUDGE(REQUEST("OPTIONS", "Max-Forwards: 0\r\n")),
		      MAX_FORWARDS);
	expect_reason(JUDGE("REGISTER sip:h SIP/2.0\r\n" VIA FROM TO CALL CSEQ(
			      "REGISTER") "Max-Forwards: 0\r\n" END),
		      MAX_FORWARDS);
	expect_reason(JUDGE(INVITE("Max-Forwards: 1\r\n")), OK);
}

Test(sanity, a_method_that_a_pbx_may_take_for_a_known_one_is_refused)
{
	static const char *const near[] = {"invite",   "Invite", "INV", "I",
					   "register", "update", "BY"};

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		char text[512];
		int len = snprintf(text, sizeof(text),
				   "%s sip:b@h SIP/2.0\r\n" VIA FROM TO CALL
				   "CSeq: 1 %s\r\n" END,
				   near[i], near[i]);

		expect_reason(judge(text, (size_t)len), METHOD);
		cr_expect_eq(seen_verdict.sip_code, 405);
	}
	expect_reason(JUDGE(REQUEST("FOO", "")), OK);
	expect_reason(JUDGE(REQUEST("INVITEX", "")), OK);
}

Test(sanity, a_request_has_no_more_hops_than_max_forwards_lets_it)
{
	char text[8192];
	size_t len = 0;

	for (unsigned hops = SIP_VIAS_MAX; hops <= SIP_VIAS_MAX + 1; hops++) {
		len = (size_t)snprintf(text, sizeof(text),
				       "OPTIONS sip:b@h SIP/2.0\r\n" VIA);
		for (unsigned i = 1; i < hops; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"v: SIP/2.0/UDP h%u\r\n", i);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
					FROM TO CALL CSEQ("OPTIONS") END);
		if (hops <= SIP_VIAS_MAX)
			expect_reason(judge(text, len), OK);
		else
			expect_reason(judge(text, len), TOO_MANY_HEADERS);
	}
}

Test(sanity, extensions_asked_of_the_proxy_are_named_in_the_refusal)
{
	expect_reason(JUDGE(INVITE("Proxy-Require: foo , bar\r\n"
				   "Proxy-Require: baz\r\n")),
		      PROXY_REQUIRE);
	cr_expect_eq(seen_verdict.sip_code, 420);
	cr_expect_str_eq(seen_verdict.detail, "foo, bar, baz");
	expect_reason(JUDGE(INVITE("Proxy-Require: a\"b\r\n")), HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Proxy-Require:\r\n")), OK);
	expect_reason(JUDGE(INVITE("Proxy-Require:\r\nProxy-Require: x\r\n")),
		      PROXY_REQUIRE);
	expect_reason(JUDGE(REQUEST("ACK", "Proxy-Require: foo\r\n")), OK);
	expect_reason(JUDGE(REQUEST("CANCEL", "Proxy-Require: foo\r\n")), OK);
	expect_reason(JUDGE(REQUEST("CANCEL", "Require: foo\r\n")), OK);
	expect_reason(JUDGE(INVITE("Require: foo\r\n")), OK);
}

Test(sanity, extensions_that_do_not_fit_are_left_out_whole)
{
#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	expect_reason(JUDGE(INVITE("Proxy-Require: " LONG "1, " LONG "2, " LONG
				   "3\r\n")),
		      PROXY_REQUIRE);
	cr_expect_str_eq(seen_verdict.detail, LONG "1, " LONG "2");
	expect_reason(JUDGE(INVITE("Proxy-Require: " LONG LONG LONG "\r\n")),
		      PROXY_REQUIRE);
	cr_expect_str_eq(seen_verdict.detail, "");
}

Test(sanity, a_cseq_above_2_31_is_refused)
{
	expect_reason(JUDGE("BYE sip:b@h SIP/2.0\r\n" VIA FROM TO CALL
			    "CSeq: 2147483647 BYE\r\n" END),
		      OK);
	expect_reason(JUDGE("BYE sip:b@h SIP/2.0\r\n" VIA FROM TO CALL
			    "CSeq: 2147483648 BYE\r\n" END),
		      CSEQ);
	expect_reason(JUDGE("SIP/2.0 200 OK\r\n" VIA FROM TO CALL
			    "CSeq: 2147483648 BYE\r\n" END),
		      CSEQ);
}

Test(sanity, a_request_uri_with_headers_is_refused)
{
	expect_reason(JUDGE("BYE sip:b@h?Route=%3Csip:x%3E SIP/2.0\r\n" VIA FROM
				    TO CALL CSEQ("BYE") END),
		      BAD_URI);
}

#define REGISTER(uri, to, more)                                                \
	"REGISTER " uri " SIP/2.0\r\n" VIA FROM "To: " to                      \
	"\r\n" CALL CSEQ("REGISTER") more END

Test(sanity, a_register_names_a_domain_and_opens_no_dialog)
{
	expect_reason(JUDGE(REGISTER("sip:h", "<sip:a@h>", CONTACT)), OK);
	expect_reason(JUDGE(REGISTER("sip:h", "<sip:a@h>", "")), OK);
	expect_reason(JUDGE(REGISTER("sip:a@h", "<sip:a@h>", CONTACT)),
		      BAD_URI);
	expect_reason(JUDGE(REGISTER("sip:h", "<sip:a@h>;tag=1", CONTACT)),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(REGISTER("sip:h", "isbn:2983792873", CONTACT)),
		      BAD_URI);
}

Test(sanity, a_register_may_name_no_several_or_all_contacts)
{
	expect_reason(JUDGE(REGISTER("sip:h", "sip:a@h", "Contact: *\r\n")),
		      OK);
	expect_reason(JUDGE(REGISTER("sip:h", "sip:a@h",
				     "m: <sip:a@h>, <sip:b@h>\r\n")),
		      OK);
	expect_reason(
		JUDGE(REGISTER("sip:h", "sip:a@h", "Contact: *\r\n" CONTACT)),
		HEADER_SYNTAX);
	expect_reason(JUDGE(REGISTER("sip:h", "sip:a@h",
				     "Contact: <name:John_Smith>\r\n")),
		      BAD_URI);
}

Test(sanity, what_opens_a_dialog_has_exactly_one_contact)
{
	expect_reason(JUDGE(REQUEST("INVITE", "")), HEADER_MISSING);
	expect_reason(JUDGE(REQUEST("SUBSCRIBE", "")), HEADER_MISSING);
	expect_reason(JUDGE(REQUEST("REFER", "")), HEADER_MISSING);
	expect_reason(JUDGE(REQUEST("INVITE", CONTACT CONTACT)),
		      HEADER_REPEATED);
	expect_reason(JUDGE(REQUEST("INVITE", "m: <sip:a@h>,<sip:b@h>\r\n")),
		      HEADER_REPEATED);
	expect_reason(JUDGE(REQUEST("INVITE", "Contact: *\r\n")),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(REQUEST("INVITE", "Contact: <tel:+331>\r\n")),
		      BAD_URI);
	expect_reason(JUDGE(REQUEST("MESSAGE", "")), OK);
	expect_reason(JUDGE("INVITE sip:b@h SIP/2.0\r\n" VIA FROM
			    "To: <sip:b@h>;tag=1\r\n" CALL CSEQ("INVITE") END),
		      OK);
}

Test(sanity, contacts_and_routes_that_cannot_be_read_are_refused)
{
	expect_reason(JUDGE(REQUEST("BYE", "Contact: <sip:a@h\r\n")),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Route: <sip:h;lr>, sip\r\n")),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Route: <sip:h;lr>,\r\n")), HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Route: <sip:h;lr>,,<sip:i;lr>\r\n")),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Route: sip:h;lr\r\n")), HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Route: <tel:+331>\r\n")), HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Record-Route: <sip:h\r\n")), HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Route: <sip:h;lr>, <sips:i;lr>;x=y\r\n"
				   "Record-Route: <sip:h;lr>\r\n")),
		      OK);
}

Test(sanity, every_via_is_read_not_only_the_first)
{
	expect_reason(JUDGE(INVITE("Via: SIP/3.0/UDP h;branch=x\r\n")),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("Via: SIP/2.0/UDP h,\r\n")), HEADER_SYNTAX);
	expect_reason(JUDGE("SIP/2.0 200 OK\r\n" VIA
			    "Via: junk\r\n" FROM TO CALL CSEQ("INVITE") END),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(INVITE("v: SIP/2.0/UDP h;branch=x\r\n")), OK);
}

Test(sanity, a_branch_that_is_only_the_cookie_is_refused)
{
	expect_reason(JUDGE("BYE sip:b@h SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP h;branch=Z9HG4BK\r\n" FROM TO CALL
				    CSEQ("BYE") END),
		      HEADER_SYNTAX);
}

Test(sanity, a_request_is_no_response)
{
	struct verdict verdict;

	expect_reason(JUDGE(INVITE("")), OK);
	verdict = sip_sanity_response(&seen);
	expect_reason(verdict.reason, START_LINE);
}
