/* test_torture.c - the torture messages of RFC 4475, sections 3.1.2 to 3.4,
 * are refused with the code that the RFC names, or left to others to judge */
#include "sample.h"

TestSuite(torture, .fini = sample_drop);

/* ---- invalid, 3.1.2 */

Test(torture, badinv01_extraneous_separators)
{
	expect_reason(JUDGE("INVITE sip:user@example.com SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" FROM TO CALL
				    CSEQ("INVITE") CONTACT END),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(REQUEST("INVITE", "Contact: \"Joe\" "
					      "<sip:joe@example.org>;;;;\r\n")),
		      HEADER_SYNTAX);
	cr_expect_eq(seen_verdict.sip_code, 400);
}

Test(torture, clerr_ncl_and_mcl01_lengths_that_are_none)
{
#define SIZED(lines)                                                           \
	"INVITE sip:user@example.com SIP/2.0\r\n" VIA FROM TO CALL CSEQ(       \
		"INVITE") CONTACT lines "\r\nv=0"
	expect_reason(JUDGE(SIZED("Content-Length: 9999\r\n")), CONTENT_LENGTH);
	expect_reason(JUDGE(SIZED("Content-Length: -999\r\n")), CONTENT_LENGTH);
	expect_reason(JUDGE(SIZED("Content-Length: 3\r\n"
				  "Content-Length: 5\r\n")),
		      CONTENT_LENGTH);
}

Test(torture, scalar02_and_scalarlg_numbers_that_do_not_fit)
{
	expect_reason(
		JUDGE("REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO CALL
		      "CSeq: 36893488147419103232 "
		      "REGISTER\r\n" END),
		CSEQ);
	expect_reason(JUDGE(INVITE("Max-Forwards: 300\r\n")), HEADER_SYNTAX);
	expect_reason(
		JUDGE("SIP/2.0 503 Service Unavailable\r\n" VIA FROM TO CALL
		      "CSeq: 9292394834772304023312 "
		      "OPTIONS\r\nRetry-After: "
		      "949302838503028349304023988\r\n" END),
		CSEQ);
}

Test(torture, quotbal_a_display_name_without_its_second_quote)
{
	expect_reason(
		JUDGE("INVITE sip:user@example.com SIP/2.0\r\n" VIA FROM
		      "To: \"Mr. J. User <sip:j.user@example.com>\r\n" CALL
			      CSEQ("INVITE") CONTACT END),
		HEADER_SYNTAX);
}

Test(torture, ltgtruri_lwsruri_lwsstart_and_trws_start_lines)
{
#define REST "\r\n" VIA FROM TO CALL CSEQ("INVITE") CONTACT END
	expect_reason(JUDGE("INVITE <sip:user@example.com> SIP/2.0" REST),
		      BAD_URI);
	expect_reason(JUDGE("INVITE sip:user@example.com; lr SIP/2.0" REST),
		      BAD_URI);
	expect_reason(JUDGE("INVITE  sip:user@example.com  SIP/2.0" REST),
		      BAD_URI);
	expect_reason(JUDGE("INVITE sip:user@example.com SIP/2.0  " REST),
		      START_LINE);
	cr_expect(sip_message_answerable(&seen));
	cr_expect_eq(seen_verdict.sip_code, 400);
}

Test(torture, escruri_headers_in_the_request_uri)
{
	expect_reason(JUDGE("INVITE sip:user@example.com?Route=%3Csip:"
			    "example.com%3E SIP/2.0" REST),
		      BAD_URI);
}

Test(torture, baddate_a_date_in_another_zone_is_not_ours_to_judge)
{
	expect_reason(JUDGE(INVITE("Date: Fri, 01 Jan 2010 16:00:00 EST\r\n")),
		      OK);
}

Test(torture, regbadct_a_contact_with_a_header_and_no_brackets)
{
	expect_reason(
		JUDGE("REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO CALL
			      CSEQ("REGISTER") "Contact: "
					       "sip:user@example.com?Route=%"
					       "3Csip:sip."
					       "example.com%3E\r\n" END),
		HEADER_SYNTAX);
}

Test(torture, badaspec_spaces_inside_of_brackets)
{
	expect_reason(
		JUDGE("OPTIONS sip:user@example.org SIP/2.0\r\n" VIA FROM
		      "To: \"Watson, Thomas\" < t.watson@example.org >\r\n" CALL
			      CSEQ("OPTIONS") END),
		HEADER_SYNTAX);
}

Test(torture, baddn_a_comma_in_a_display_name_without_quotes)
{
	expect_reason(JUDGE("OPTIONS sip:t.watson@example.org SIP/2.0\r\n" VIA
			    "From: Bell, Alexander <sip:a.g.bell@example.com>"
			    ";tag=43\r\n" TO CALL CSEQ("OPTIONS") END),
		      HEADER_SYNTAX);
}

Test(torture, badvers_an_unknown_version)
{
	expect_reason(
		JUDGE("OPTIONS sip:t.watson@example.org SIP/7.0\r\n"
		      "Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKk\r\n" FROM
			      TO CALL CSEQ("OPTIONS") END),
		VERSION);
	cr_expect_eq(seen_verdict.sip_code, 505);
}

Test(torture, mismatch01_and_mismatch02_another_method_in_cseq)
{
	expect_reason(JUDGE("OPTIONS sip:user@example.com SIP/2.0\r\n" VIA FROM
				    TO CALL CSEQ("INVITE") END),
		      CSEQ);
	expect_reason(
		JUDGE("NEWMETHOD sip:user@example.com SIP/2.0\r\n" VIA FROM TO
			      CALL CSEQ("INVITE") END),
		CSEQ);
}

Test(torture, bigcode_a_status_code_that_wraps)
{
	expect_reason(JUDGE("SIP/2.0 4294967301 better not break\r\n" VIA FROM
				    TO CALL CSEQ("INVITE") END),
		      START_LINE);
}

/* ---- transactions, application, backward compatibility, 3.2 to 3.4 */

Test(torture, badbranch_nothing_behind_the_cookie)
{
	expect_reason(
		JUDGE("OPTIONS sip:user@example.com SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\n" FROM TO
			      CALL CSEQ("OPTIONS") END),
		HEADER_SYNTAX);
}

Test(torture, insuf_needed_headers_are_missing)
{
	expect_reason(JUDGE("INVITE sip:user@example.com SIP/2.0\r\n"
			    "CSeq: 193942 INVITE\r\n" VIA CONTACT END),
		      HEADER_MISSING);
	cr_expect_not(sip_message_answerable(&seen));
}

Test(torture, unkscm_and_novelsc_schemes_that_are_not_served)
{
	expect_reason(
		JUDGE("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent "
		      "SIP/2.0\r\n" VIA FROM TO CALL CSEQ("OPTIONS") END),
		SCHEME);
	cr_expect_eq(seen_verdict.sip_code, 416);
	expect_reason(
		JUDGE("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" VIA
			      FROM TO CALL CSEQ("OPTIONS") END),
		SCHEME);
}

Test(torture, unksm2_unknown_schemes_in_header_fields)
{
	expect_reason(
		JUDGE("REGISTER sip:example.com SIP/2.0\r\n" VIA
		      "To: isbn:2983792873\r\n"
		      "From: <http://www.example.com>;tag=3234233\r\n" CALL
			      CSEQ("REGISTER") "Contact: "
					       "<name:John_Smith>\r\n" END),
		BAD_URI);
	cr_expect_eq(seen_verdict.sip_code, 400);
}

Test(torture, bext01_extensions_that_nobody_has)
{
	expect_reason(
		JUDGE(REQUEST("OPTIONS", "Proxy-Require: noProxiesSupportThis, "
					 "norDoAnyProxiesSupportThis\r\n"
					 "Require: nothingSupportsThis\r\n")),
		PROXY_REQUIRE);
	cr_expect_str_eq(seen_verdict.detail,
			 "noProxiesSupportThis, norDoAnyProxiesSupportThis");
}

Test(torture, invut_regaut01_and_sdp01_are_for_others_to_judge)
{
	expect_reason(JUDGE(INVITE("Content-Type: "
				   "application/unknownformat\r\n")),
		      OK);
	expect_reason(JUDGE("REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO
				    CALL CSEQ("REGISTER") CONTACT
			    "Authorization: NoOneKnowsThisScheme opaque-data="
			    "here\r\n" END),
		      OK);
	expect_reason(JUDGE(INVITE("Accept: text/nobodyKnowsThis\r\n")), OK);
}

Test(torture, multi01_several_values_where_one_may_stand)
{
	expect_reason(
		JUDGE("INVITE sip:user@company.com SIP/2.0\r\n" VIA FROM TO CALL
			      CSEQ("INVITE") CONTACT
		      "CSeq: 59 INVITE\r\nFrom: other <sip:o@h>;tag=3\r\n" END),
		HEADER_REPEATED);
	cr_expect(sip_message_answerable(&seen));
}

Test(torture, bcast_a_second_via_is_never_the_one_that_is_ours)
{
	expect_reason(JUDGE("SIP/2.0 200 OK\r\n" VIA
			    "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1s"
			    "\r\n" FROM TO CALL CSEQ("INVITE") END),
		      OK);
	expect_span(seen.via.host, "192.0.2.7");
}

Test(torture, zeromf_an_options_that_may_go_no_further)
{
	expect_reason(JUDGE(REQUEST("OPTIONS", "Max-Forwards: 0\r\n")),
		      MAX_FORWARDS);
}

#define BIND(contact)                                                          \
	"REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO CALL CSEQ(          \
		"REGISTER") "Contact: " contact "\r\n" END

Test(torture, cparam01_cparam02_and_regescrt_contacts)
{
	struct sip_address addr;

	expect_reason(JUDGE(BIND("sip:+19725552222@gw1.example.net;"
				 "unknownparam")),
		      OK);
	cr_assert_eq(
		sip_address_parse(&addr,
				  sip_message_value(&seen, SIP_HEADER_CONTACT)),
		0);
	expect_span(addr.params, ";unknownparam");
	expect_reason(JUDGE(BIND("<sip:+19725552222@gw1.example.net;"
				 "unknownparam>")),
		      OK);
	expect_reason(JUDGE(BIND("<sip:user@example.com?Route=%3Csip:sip."
				 "example.com%3E>")),
		      OK);
}

Test(torture, inv2543_a_peer_without_tags_is_refused)
{
	expect_reason(JUDGE("INVITE sip:UserB@example.com SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP iftgw.example.com\r\n"
			    "From: <sip:+13035551111@ift.client.example.net;"
			    "user=phone>\r\n" TO CALL CSEQ("INVITE")
				    CONTACT END),
		      HEADER_MISSING);
}
