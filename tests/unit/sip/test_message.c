/* test_message.c - a message is split into the fields it has, by whole names
 * and once only; what is missing, doubled or malformed is refused */
#include "sample.h"

#include "rempart/base/text.h"

TestSuite(message, .fini = sample_drop);

Test(message, the_fields_of_a_request_are_decoded)
{
	expect_reason(
		PARSE("INVITE sip:bob@example.com;x=y SIP/2.0\r\n" VIA FROM TO
			      CALL CSEQ(
				      "INVITE") "Max-Forwards: 12\r\n\r\nv=0"),
		OK);
	cr_expect(seen.is_request);
	cr_expect_eq(seen.method, SIP_METHOD_INVITE);
	expect_span(seen.method_name, "INVITE");
	expect_span(seen.ruri_text, "sip:bob@example.com;x=y");
	expect_span(seen.ruri.user, "bob");
	expect_span(seen.via.host, "192.0.2.7");
	expect_span(seen.via.branch, "z9hG4bK776a");
	expect_span(seen.from.uri.user, "alice");
	expect_span(seen.from_tag, "1928");
	expect_span(seen.to.uri.user, "bob");
	cr_expect_eq(seen.to_tag.len, 0);
	expect_span(seen.call_id, "a84b4c76e66710@192.0.2.7");
	cr_expect_eq(seen.cseq, 7);
	cr_expect_eq(seen.max_forwards, 12);
	cr_expect_eq(seen.code, 0);
	cr_expect_eq(seen.line_count, 6);
	expect_span(seen.body, "v=0");
}

Test(message, the_fields_of_a_response_are_decoded)
{
	expect_reason(PARSE("SIP/2.0 180 Ringing now\r\n" VIA FROM
			    "To: <sip:b@h>;tag=x\r\n" CALL CSEQ("INVITE") END),
		      OK);
	cr_expect_not(seen.is_request);
	cr_expect_eq(seen.code, 180);
	expect_span(seen.phrase, "Ringing now");
	expect_span(seen.to_tag, "x");
	cr_expect_eq(seen.method, SIP_METHOD_INVITE);
	cr_expect_eq(seen.max_forwards, 70);
	cr_expect_not(sip_message_answerable(&seen));
}

Test(message, compact_names_stand_for_the_full_ones)
{
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\nv:SIP/2.0/UDP h\r\n"
			    "f:<sip:a@h>;tag=1\r\nt: sip:b@h\r\ni:c\r\n"
			    "CSEQ : 1 INVITE\r\nm: <sip:a@h>\r\nl : 0\r\n\r\n"),
		      OK);
	expect_span(seen.call_id, "c");
	expect_span(sip_message_value(&seen, SIP_HEADER_CONTACT), "<sip:a@h>");
	expect_span(sip_message_value(&seen, SIP_HEADER_CONTENT_LENGTH), "0");
}

Test(message, each_name_in_the_table_is_found_whole_only)
{
	for (unsigned id = 1; id < SIP_HEADER_COUNT; id++) {
		struct span name =
			span_str(sip_header_name((enum sip_header)id));

		cr_expect_eq(sip_header_find(name), id);
		/* "T" is To indeed */
		cr_expect(id == SIP_HEADER_TO ||
			  sip_header_find(span_of(name.p, name.len - 1)) != id);
	}
	cr_expect_eq(sip_header_find(SPAN("X-rOuTe")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("rEcOrD-rOuTe")),
		     SIP_HEADER_RECORD_ROUTE);
	cr_expect_eq(sip_header_find(SPAN("V")), SIP_HEADER_VIA);
	cr_expect_eq(sip_header_find(SPAN("z")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("\0")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("From\0")), SIP_HEADER_OTHER);
}

/* Each has the 12-bit hash by which libre takes it for the other. */
Test(message, names_that_hash_alike_are_not_taken_for_each_other)
{
	cr_expect_eq(sip_header_find(SPAN("P-Q134")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("P-Q571")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("P-Q127")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("P-Q13666")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("P-Q3328")), SIP_HEADER_OTHER);
	cr_expect_eq(sip_header_find(SPAN("P-Q178")), SIP_HEADER_OTHER);
	expect_reason(
		PARSE("INVITE sip:bob@example.com SIP/2.0\r\n" VIA FROM TO CALL
			      CSEQ("INVITE") "P-Q134: "
					     "<sip:forged@evil>;tag=evil\r\n"
					     "P-Q571: forged\r\nP-Q127: 999\r\n"
					     "P-Q13666: 99 BYE\r\n"
					     "P-Q3328: "
					     "<sip:forged@evil>;tag=evil\r\n"
					     "P-Q178: 0\r\nMax-Forwards: "
					     "9\r\n" END),
		OK);
	expect_span(seen.from.uri.user, "alice");
	expect_span(seen.from_tag, "1928");
	expect_span(seen.call_id, "a84b4c76e66710@192.0.2.7");
	expect_span(sip_message_value(&seen, SIP_HEADER_CONTENT_LENGTH), "0");
	cr_expect_eq(seen.cseq, 7);
	cr_expect_eq(seen.to_tag.len, 0);
	cr_expect_eq(seen.max_forwards, 9);
}

Test(message, a_name_that_hashes_alike_does_not_stand_in_for_a_missing_one)
{
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA
			    "P-Q134: <sip:a@h>;tag=1\r\n" TO CALL CSEQ("INVITE")
				    END),
		      HEADER_MISSING);
}

Test(message, each_needed_header_is_missed)
{
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" FROM TO CALL CSEQ(
			      "INVITE") END),
		      HEADER_MISSING);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA TO CALL CSEQ(
			      "INVITE") END),
		      HEADER_MISSING);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA FROM CALL CSEQ(
			      "INVITE") END),
		      HEADER_MISSING);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA FROM TO CSEQ(
			      "INVITE") END),
		      HEADER_MISSING);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA FROM TO CALL END),
		      HEADER_MISSING);
	cr_expect_not(sip_message_answerable(&seen));
	expect_reason(PARSE("SIP/2.0 200 OK\r\n" VIA FROM TO CALL END),
		      HEADER_MISSING);
	expect_reason(PARSE("X: y\r\n\r\n"), START_LINE);
}

Test(message, a_from_without_a_tag_is_refused)
{
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA
			    "From: <sip:a@h>\r\n" TO CALL CSEQ("INVITE") END),
		      HEADER_MISSING);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA
			    "From: <sip:a@h>;tag\r\n" TO CALL CSEQ("INVITE")
				    END),
		      HEADER_MISSING);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA
			    "From: <sip:a@h;tag=1>\r\n" TO CALL CSEQ("INVITE")
				    END),
		      HEADER_MISSING);
}

Test(message, a_tag_is_a_token)
{
	expect_reason(PARSE("BYE sip:b@h SIP/2.0\r\n" VIA
			    "From: <sip:a@h>;tag=\"1\"\r\n" TO CALL CSEQ("BYE")
				    END),
		      HEADER_SYNTAX);
	expect_reason(PARSE("BYE sip:b@h SIP/2.0\r\n" VIA FROM
			    "To: <sip:b@h>;tag\r\n" CALL CSEQ("BYE") END),
		      HEADER_SYNTAX);
	expect_reason(PARSE("BYE sip:b@h SIP/2.0\r\n" VIA FROM
			    "To: <sip:b@h>;tag=\"1\"\r\n" CALL CSEQ("BYE") END),
		      HEADER_SYNTAX);
}

Test(message, single_headers_stand_once_also_by_their_short_names)
{
	expect_reason(PARSE(INVITE("From: <sip:evil@h>;tag=2\r\n")),
		      HEADER_REPEATED);
	expect_reason(PARSE(INVITE("f: <sip:evil@h>;tag=2\r\n")),
		      HEADER_REPEATED);
	expect_reason(PARSE(INVITE("To: <sip:b@h>\r\n")), HEADER_REPEATED);
	expect_reason(PARSE(INVITE("i: x\r\n")), HEADER_REPEATED);
	expect_reason(PARSE(INVITE("CSeq: 7 INVITE\r\n")), HEADER_REPEATED);
	expect_reason(PARSE(INVITE("Max-Forwards: 1\r\nmax-forwards: 1\r\n")),
		      HEADER_REPEATED);
	expect_reason(PARSE(INVITE("l: 0\r\n")), HEADER_REPEATED);
	expect_reason(PARSE(INVITE("c: a/b\r\nContent-Type: a/b\r\n")),
		      HEADER_REPEATED);
	expect_reason(PARSE(INVITE("Supported: a\r\nk: b\r\n" VIA)), OK);
}

Test(message, a_refused_request_can_be_answered_when_it_names_its_peer)
{
	expect_reason(PARSE("INVITE <sip:b@h> SIP/2.0\r\n" VIA FROM TO CALL
				    CSEQ("INVITE") END),
		      BAD_URI);
	cr_expect(sip_message_answerable(&seen));
	expect_span(seen.via.branch, "z9hG4bK776a");
	expect_span(seen.call_id, "a84b4c76e66710@192.0.2.7");
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\nno header\r\n" VIA FROM
				    TO CALL CSEQ("INVITE") END),
		      HEADER_SYNTAX);
	cr_expect(sip_message_answerable(&seen));
	expect_span(seen.from_tag, "1928");
}

Test(message, the_start_line_has_two_spaces_and_nothing_else)
{
#define REST "\r\n" VIA FROM TO CALL CSEQ("INVITE") END
	expect_reason(PARSE("INVITE  sip:b@h SIP/2.0" REST), BAD_URI);
	expect_reason(PARSE("INVITE sip:b@h  SIP/2.0" REST), BAD_URI);
	expect_reason(PARSE("INVITE sip:b@h; lr SIP/2.0" REST), BAD_URI);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0 " REST), START_LINE);
	expect_reason(PARSE("INVITE sip:b@h" REST), START_LINE);
	expect_reason(PARSE("INVITE" REST), START_LINE);
	expect_reason(PARSE("" REST), START_LINE);
	expect_reason(PARSE(" INVITE sip:b@h SIP/2.0" REST), START_LINE);
	expect_reason(PARSE("IN(VITE sip:b@h SIP/2.0" REST), START_LINE);
	expect_reason(PARSE("INVITE sip:b@h HTTP/1.1" REST), START_LINE);
	expect_reason(PARSE("INVITE sip:b@h SIP/x" REST), START_LINE);
	expect_reason(PARSE("INVITE sip:b@h SIP/7.0" REST), VERSION);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.00" REST), VERSION);
	expect_reason(PARSE("INVITE sip:b@h sip/2.0" REST), OK);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0\r\n Folded: x" REST),
		      HEADER_SYNTAX);
	expect_reason(PARSE("INVITE http:b SIP/2.0" REST), SCHEME);
	expect_reason(PARSE("HTTP/1.1 200 OK" REST), START_LINE);
}

Test(message, a_status_code_has_three_digits_from_100_to_699)
{
	expect_reason(PARSE("SIP/2.0 65736 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0 4294967301 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0 0200 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0 099 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0 700 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0 2x0 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0  200 OK" REST), START_LINE);
	expect_reason(PARSE("SIP/2.0 " REST), START_LINE);
	expect_reason(PARSE("SIP/7.0 200 OK" REST), VERSION);
	expect_reason(PARSE("SIP/2.0 200" REST), OK);
	expect_reason(PARSE("SIP/2.0 699 " REST), OK);
	cr_expect_eq(seen.phrase.len, 0);
}

Test(message, cseq_is_a_number_and_the_method_of_the_request)
{
#define WITH_CSEQ(value)                                                       \
	PARSE("INVITE sip:b@h SIP/2.0\r\n" VIA FROM TO CALL "CSeq: " value     \
	      "\r\n" END)
	expect_reason(WITH_CSEQ("4294967295 INVITE"), OK);
	cr_expect_eq(seen.cseq, 4294967295);
	expect_reason(WITH_CSEQ("0007\tINVITE"), OK);
	expect_reason(WITH_CSEQ("4294967296 INVITE"), CSEQ);
	expect_reason(WITH_CSEQ("36893488147419103232 INVITE"), CSEQ);
	expect_reason(WITH_CSEQ("7 BYE"), CSEQ);
	expect_reason(WITH_CSEQ("7 invite"), CSEQ);
	expect_reason(WITH_CSEQ("7"), CSEQ);
	expect_reason(WITH_CSEQ("INVITE"), CSEQ);
	expect_reason(WITH_CSEQ("x7 INVITE"), CSEQ);
	expect_reason(WITH_CSEQ("-7 INVITE"), CSEQ);
	expect_reason(WITH_CSEQ("7 INVITE x"), CSEQ);
	expect_reason(WITH_CSEQ("7INVITE"), CSEQ);
	expect_reason(WITH_CSEQ(""), CSEQ);
}

Test(message, max_forwards_is_a_number_up_to_255)
{
	expect_reason(PARSE(INVITE("Max-Forwards: 255\r\n")), OK);
	cr_expect_eq(seen.max_forwards, 255);
	expect_reason(PARSE(INVITE("Max-Forwards: 256\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("Max-Forwards: -1\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("Max-Forwards: 7x\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("Max-Forwards:\r\n")), HEADER_SYNTAX);
}

Test(message, bare_line_ends_and_nul_are_refused)
{
	expect_reason(PARSE(INVITE("A: b\rX-Evil: c\r\n")), FORBIDDEN_BYTES);
	expect_reason(PARSE(INVITE("A: b\nX-Evil: c\r\n")), FORBIDDEN_BYTES);
	expect_reason(PARSE(INVITE("A: b\0c\r\n")), FORBIDDEN_BYTES);
	expect_reason(PARSE(INVITE("A: b\r\r\n")), FORBIDDEN_BYTES);
	expect_reason(PARSE("INVITE sip:b@h\0 SIP/2.0" REST), FORBIDDEN_BYTES);
	expect_reason(PARSE("INVITE sip:b@h SIP/2.0"), FORBIDDEN_BYTES);
	expect_reason(PARSE(""), FORBIDDEN_BYTES);
}

Test(message, folds_become_spaces_and_reach_no_value)
{
	expect_reason(PARSE(INVITE("Subject: a\r\n b\r\n\tX-Evil: c\r\n"
				   "Organization:\r\n  d\r\n \r\n")),
		      OK);
	expect_span(sip_message_value(&seen, SIP_HEADER_SUBJECT),
		    "a   b  \tX-Evil: c");
	expect_span(sip_message_value(&seen, SIP_HEADER_ORGANIZATION), "d");
	for (size_t i = 0; i < seen.line_count; i++) {
		struct span value = seen.lines[i].value;

		cr_expect_eq(span_find(value, '\n'), value.len);
		cr_expect_eq(span_find(value, '\r'), value.len);
	}
}

Test(message, a_line_without_a_name_is_refused)
{
	expect_reason(PARSE(INVITE(": x\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("no colon\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("two words: x\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("Fr\xc3\xb6m: x\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE(INVITE("From\x0b: <sip:x@h>\r\n")), HEADER_SYNTAX);
	expect_reason(PARSE("BYE sip:b@h SIP/2.0\r\nA: b\r\n"), HEADER_SYNTAX);
}

Test(message, a_call_id_is_one_word)
{
#define WITH_CALL(value)                                                       \
	PARSE("BYE sip:b@h SIP/2.0\r\n" VIA FROM TO "Call-ID: " value          \
	      "\r\n" CSEQ("BYE") END)
	expect_reason(WITH_CALL("a(b)<c>@[d]"), OK);
	expect_reason(WITH_CALL("a b"), HEADER_SYNTAX);
	expect_reason(WITH_CALL("a\x01"), HEADER_SYNTAX);
	expect_reason(WITH_CALL(""), HEADER_SYNTAX);
}

static enum reason with_headers(unsigned count)
{
	static char text[16384];
	struct text txt = text_init(text, sizeof(text));

	text_puts(&txt, "BYE sip:b@h SIP/2.0\r\n" VIA FROM TO CALL CSEQ("BYE"));
	for (unsigned i = 5; i < count; i++)
		text_puts(&txt, "A: b\r\n");
	text_puts(&txt, "\r\n");
	cr_assert_not(txt.full);
	return parse(text, txt.len);
}

Test(message, the_number_of_headers_has_a_ceiling)
{
	expect_reason(with_headers(SIP_HEADERS_MAX), OK);
	cr_expect_eq(seen.line_count, SIP_HEADERS_MAX);
	expect_reason(with_headers(SIP_HEADERS_MAX + 1), TOO_MANY_HEADERS);
	cr_expect(sip_message_answerable(&seen));
	expect_reason(with_headers(1000), TOO_MANY_HEADERS);
}

Test(message, values_are_walked_over_all_lines_in_order)
{
	struct sip_values walk = {0};
	struct span value;

	expect_reason(PARSE(INVITE("Route: <sip:a,1@h;lr> , <sip:b@h;lr>\r\n"
				   "Subject: x\r\nRoute: <sip:c@h;lr>\r\n")),
		      OK);
	cr_assert(sip_values_next(&seen, SIP_HEADER_ROUTE, &walk, &value));
	expect_span(value, "<sip:a,1@h;lr>");
	cr_assert(sip_values_next(&seen, SIP_HEADER_ROUTE, &walk, &value));
	expect_span(value, "<sip:b@h;lr>");
	cr_assert(sip_values_next(&seen, SIP_HEADER_ROUTE, &walk, &value));
	expect_span(value, "<sip:c@h;lr>");
	cr_expect_not(sip_values_next(&seen, SIP_HEADER_ROUTE, &walk, &value));
	cr_expect_not(sip_values_next(&seen, SIP_HEADER_ROUTE, &walk, &value));
}

Test(message, a_listed_token_is_found_whole)
{
	expect_reason(PARSE(INVITE("Supported: timer, Path\r\nk: gruu\r\n"
				   "Require:\r\n")),
		      OK);
	cr_expect(sip_message_lists(&seen, SIP_HEADER_SUPPORTED, SPAN("path")));
	cr_expect(sip_message_lists(&seen, SIP_HEADER_SUPPORTED, SPAN("GRUU")));
	cr_expect_not(
		sip_message_lists(&seen, SIP_HEADER_SUPPORTED, SPAN("time")));
	cr_expect_not(
		sip_message_lists(&seen, SIP_HEADER_REQUIRE, SPAN("timer")));
}

static bool is_sdp(const char *value)
{
	static char text[1024];
	struct text txt = text_init(text, sizeof(text));

	text_puts(&txt, "BYE sip:b@h SIP/2.0\r\n" VIA FROM TO CALL CSEQ("BYE"));
	text_puts(&txt, value);
	text_puts(&txt, "\r\n");
	expect_reason(parse(text, txt.len), OK);
	return sip_message_body_is(&seen, SPAN("application"), SPAN("sdp"));
}

Test(message, a_content_type_is_compared_without_case_and_parameters)
{
	cr_expect(is_sdp("Content-Type: application/sdp\r\n"));
	cr_expect(is_sdp("c: APPLICATION / Sdp ; charset=\"a;b\"\r\n"));
	cr_expect_not(is_sdp(""));
	cr_expect_not(is_sdp("c:\r\n"));
	cr_expect_not(is_sdp("c: application/sdpx\r\n"));
	cr_expect_not(is_sdp("c: xapplication/sdp\r\n"));
	cr_expect_not(is_sdp("c: x application/sdp\r\n"));
	cr_expect_not(is_sdp("c: application/sdp x\r\n"));
	cr_expect_not(is_sdp("c: application/sdp, text/plain\r\n"));
	cr_expect_not(is_sdp("c: application/sdp;;\r\n"));
	cr_expect_not(is_sdp("c: application/\r\n"));
	cr_expect_not(is_sdp("c: multipart/mixed\r\n"));
}

Test(message, methods_are_compared_with_case)
{
	cr_expect_eq(sip_method_find(SPAN("PUBLISH")), SIP_METHOD_PUBLISH);
	cr_expect_eq(sip_method_find(SPAN("publish")), SIP_METHOD_OTHER);
	cr_expect_eq(sip_method_find(SPAN("INVITES")), SIP_METHOD_OTHER);
	cr_expect_eq(sip_method_find(SPAN("")), SIP_METHOD_OTHER);
	cr_expect_str_eq(sip_method_text(SIP_METHOD_PRACK), "PRACK");
	expect_reason(PARSE("NEWMETHOD sip:b@h SIP/2.0\r\n" VIA FROM TO CALL
				    CSEQ("NEWMETHOD") END),
		      OK);
	cr_expect_eq(seen.method, SIP_METHOD_OTHER);
	expect_span(seen.method_name, "NEWMETHOD");
}
