/* test_torture_valid.c - the valid torture messages of RFC 4475, section
 * 3.1.1, pass, with the fields that are in them */
#include "sample.h"

#include "rempart/base/text.h"

TestSuite(torture_valid, .fini = sample_drop);

Test(torture_valid, wsinv_a_short_tortuous_invite)
{
	expect_reason(
		JUDGE("INVITE sip:vivekg@chair-dnrc.example.com;unknownparam "
		      "SIP/2.0\r\n"
		      "TO :\r\n sip:vivekg@chair-dnrc.example.com ;   "
		      "tag    = 1918181833n\r\n"
		      "from   : \"J Rosenberg \\\\\\\"\"       "
		      "<sip:jdrosen@example.com>\r\n  ;\r\n"
		      "  tag = 98asjd8\r\n"
		      "MaX-fOrWaRdS: 0068\r\n"
		      "Call-ID: wsinv.ndaksdj@192.0.2.1\r\n"
		      "Content-Length   : 3\r\n"
		      "cseq: 0009\r\n  INVITE\r\n"
		      "Via  : SIP  /   2.0\r\n /UDP\r\n"
		      "    192.0.2.2;branch=390skdjuw\r\n"
		      "s :\r\n"
		      "NewFangledHeader:   newfangled value\r\n"
		      " continued newfangled value\r\n"
		      "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
		      "Content-Type: application/sdp\r\n"
		      "Route:\r\n <sip:services.example.com;lr;"
		      "unknownwith=value;unknown-no-value>\r\n"
		      "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
		      "  branch  =   z9hG4bK9ikj8  ,\r\n"
		      " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n"
		      " z9hG4bK30239\r\n"
		      "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ;"
		      " newparam =\r\n      newvalue ;\r\n"
		      "  secondparam ; q = 0.33\r\n\r\nv=0"),
		OK);
	expect_span(seen.to_tag, "1918181833n");
	expect_span(seen.from_tag, "98asjd8");
	expect_span(seen.from.display, "\"J Rosenberg \\\\\\\"\"");
	cr_expect_eq(seen.max_forwards, 68);
	cr_expect_eq(seen.cseq, 9);
	expect_span(seen.via.host, "192.0.2.2");
	expect_span(seen.via.branch, "390skdjuw");
}

Test(torture_valid, intmeth_a_wide_range_of_valid_characters)
{
#define METHOD "!interesting-Method0123456789_*+`.%indeed'~"
#define INTMETH(nul)                                                           \
	METHOD " sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+"    \
	       "has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com "           \
	       "SIP/2.0\r\n"                                                   \
	       "Via: SIP/2.0/TCP host1.example.com;branch="                    \
	       "z9hG4bK-.!%66*_+`'~\r\n"                                       \
	       "To: \"BEL:\\\x07 " nul "DEL:\\\x7f\" <sip:1_unusual.URI~("     \
	       "to-be!sure)&isn't+it$/crazy?,/;;*@example.com>\r\n"            \
	       "From: token1~` token2'+_ token3*%!.- "                         \
	       "<sip:mundane@example.com>;fromParam''~+*_!.-%="                \
	       "\"\xD1\x80\xD0\xB0\xD0\xB1\xD0\xBE\xD1\x82\""                  \
	       ";tag=_token~1'+`*%!-.\r\n"                                     \
	       "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"     \
	       "CSeq: 139122385 " METHOD "\r\n"                                \
	       "Max-Forwards: 255\r\n"                                         \
	       "extensionHeader-!.%*+_`'~:\xEF\xBB\xBF\xE5\xA4\xA7\r\n" END
	expect_reason(JUDGE(INTMETH("")), OK);
	expect_span(seen.ruri.user,
		    "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
	expect_span(seen.ruri.host, "example.com");
	expect_span(seen.from_tag, "_token~1'+`*%!-.");
	expect_span(seen.from.display, "token1~` token2'+_ token3*%!.-");
	/* With its quoted NUL it is refused: NUL ends a text elsewhere. */
	expect_reason(JUDGE(INTMETH("NUL:\\\0 ")), FORBIDDEN_BYTES);
}

Test(torture_valid, esc01_valid_use_of_escapes)
{
	expect_reason(
		JUDGE("INVITE sip:sips%3Auser%40example.com@example.net "
		      "SIP/2.0\r\nTo: sip:%75se%72@example.com\r\n"
		      "From: <sip:I%20have%20spaces@example.net>;tag=938\r\n"
		      "Max-Forwards: 87\r\ni: esc01.239409asdfakjkn23onasd0\r\n"
		      "CSeq: 234234 INVITE\r\n"
		      "Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdj\r\n"
		      "C: application/sdp\r\nContact:\r\n"
		      "  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue"
		      "%25%34%31>\r\nContent-Length: 0\r\n\r\n"),
		OK);
	expect_span(seen.ruri.user, "sips%3Auser%40example.com");
	expect_span(seen.ruri.host, "example.net");
}

Test(torture_valid, escnull_escaped_nulls_in_uris)
{
	expect_reason(
		JUDGE("REGISTER sip:example.com SIP/2.0\r\n"
		      "To: sip:null-%00-null@example.com\r\n"
		      "From: sip:null-%00-null@example.com;tag=839923423\r\n"
		      "Max-Forwards: 70\r\nCall-ID: "
		      "escnull.39203ndfvkjdasfk\r\n"
		      "CSeq: 14398234 REGISTER\r\n"
		      "Via: SIP/2.0/UDP "
		      "host5.example.com;branch=z9hG4bKkdju\r\n"
		      "Contact: <sip:%00@host5.example.com>\r\n"
		      "Contact: <sip:%00%00@host5.example.com>\r\nL:0\r\n\r\n"),
		OK);
}

Test(torture_valid, esc02_a_percent_that_escapes_nothing)
{
	expect_reason(
		JUDGE("RE%47IST%45R sip:registrar.example.com SIP/2.0\r\n"
		      "To: \"%Z%45\" <sip:resource@example.com>\r\n"
		      "From: \"%Z%45\" <sip:resource@example.com>;tag=f232\r\n"
		      "Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf\r\n"
		      "Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsn"
		      "bnajvb\r\nCSeq: 29344 RE%47IST%45R\r\nMax-Forwards: "
		      "70\r\n"
		      "Contact: <sip:alias1@host1.example.com>\r\n"
		      "C%6Fntact: <sip:alias2@host2.example.com>\r\n"
		      "Contact: <sip:alias3@host3.example.com>\r\nl: "
		      "0\r\n\r\n"),
		OK);
	cr_expect_eq(seen.method, SIP_METHOD_OTHER);
	cr_expect_eq(sip_header_find(SPAN("C%6Fntact")), SIP_HEADER_OTHER);
}

Test(torture_valid, lwsdisp_no_space_between_display_name_and_bracket)
{
	expect_reason(JUDGE("OPTIONS sip:user@example.com SIP/2.0\r\n"
			    "To: sip:user@example.com\r\n"
			    "From: caller<sip:caller@example.com>;tag=323\r\n"
			    "Max-Forwards: 70\r\nCall-ID: lwsdisp.1234abcd\r\n"
			    "CSeq: 60 OPTIONS\r\nVia: SIP/2.0/UDP "
			    "funky.example.com;branch=z9hG4bKkdjuw\r\nl: 0\r\n"
			    "\r\n"),
		      OK);
	expect_span(seen.from.display, "caller");
}

static void put_many(struct text *txt, const char *str, unsigned count)
{
	while (count--)
		text_puts(txt, str);
}

Test(torture_valid, longreq_long_values_in_many_headers)
{
	static char text[16384];
	struct text txt = text_init(text, sizeof(text));

	text_puts(&txt, "INVITE sip:user@example.com SIP/2.0\r\n"
			"To: \"I have a user name of ");
	put_many(&txt, "extreme", 10);
	text_puts(&txt, "\" <sip:user@example.com:6000;unknownparam1=very");
	put_many(&txt, "long", 20);
	text_puts(&txt, "value;");
	put_many(&txt, "long", 25);
	text_puts(&txt, "paramname=shortvalue>\r\nF: sip:");
	put_many(&txt, "amazinglylongcallername", 5);
	text_puts(&txt, "@example.net;tag=");
	put_many(&txt, "12982982982982", 20);
	text_puts(&txt, ";unknownheaderparam");
	put_many(&txt, "long", 20);
	text_puts(&txt, "name=unknowheaderparamvalue\r\nCall-ID: longreq.one");
	put_many(&txt, "really", 20);
	text_puts(&txt, "longcallid\r\nCSeq: 3882340 INVITE\r\n"
			"Max-Forwards: 70\r\nUnknown-");
	put_many(&txt, "Long", 20);
	text_puts(&txt, "-Name: x\r\n");
	put_many(&txt, "Via: SIP/2.0/TCP sip33.example.com\r\n", 34);
	text_puts(&txt, "Contact: <sip:");
	put_many(&txt, "amazinglylongcallername", 5);
	text_puts(&txt, "@host5.example.net>\r\nContent-Length: 0\r\n\r\n");
	cr_assert_not(txt.full);
	expect_reason(judge(text, txt.len), OK);
	cr_expect_eq(seen.from_tag.len, 280);
	cr_expect_eq(seen.line_count, 42);
}

Test(torture_valid, dblreq_what_follows_in_the_datagram_is_not_looked_at)
{
	expect_reason(JUDGE("REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO
				    CALL CSEQ("REGISTER") CONTACT END
			    "INVITE sip:joe@example.com SIP/2.0\r\n"),
		      OK);
	cr_expect_eq(seen.method, SIP_METHOD_REGISTER);
	cr_expect_eq(seen.body.len, 0);
}

Test(torture_valid, semiuri_a_semicolon_in_the_user_part)
{
	expect_reason(JUDGE("OPTIONS sip:user;par=u%40example.net@example.com "
			    "SIP/2.0\r\n" VIA FROM TO CALL CSEQ("OPTIONS") END),
		      OK);
	expect_span(seen.ruri.user, "user;par=u%40example.net");
	cr_expect_eq(seen.ruri.params.len, 0);
}

Test(torture_valid, transports_known_and_unknown)
{
	expect_reason(
		JUDGE("OPTIONS sip:user@example.com SIP/2.0\r\n"
		      "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKa\r\n"
		      "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKb\r\n"
		      "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bKc\r\n"
		      "Via: SIP/2.0/UNKNOWN t4.example.com;branch="
		      "z9hG4bKd\r\nVia: SIP/2.0/TCP t5.example.com;"
		      "branch=z9hG4bKe\r\n" FROM TO CALL CSEQ("OPTIONS") END),
		OK);
}

Test(torture_valid, mpart01_a_binary_body_of_several_parts)
{
	expect_reason(
		JUDGE("MESSAGE sip:kumiko@example.org SIP/2.0\r\n" VIA FROM TO
			      CALL CSEQ("MESSAGE") "MIME-Version: 1.0\r\n"
						   "Content-Type: "
						   "multipart/"
						   "mixed;boundary=7a9cbec0\r\n"
						   "Content-Length: 28\r\n\r\n"
						   "--"
						   "7a9cbec0\r\n\0\x80\xff\n\r"
						   "\r\n--7a9cbec0"),
		OK);
	cr_expect_eq(seen.body.len, 28);
	cr_expect(sip_message_body_is(&seen, SPAN("multipart"), SPAN("mixed")));
}

Test(torture_valid, unreason_and_noreason_phrases)
{
	expect_reason(JUDGE("SIP/2.0 200 = 2**3 * 5**2 \xD0\xBD\xD0\xBE "
			    "\xD1\x81\xD1\x82\r\n" VIA FROM TO CALL CSEQ(
				    "INVITE") CONTACT END),
		      OK);
	expect_reason(
		JUDGE("SIP/2.0 100 \r\n" VIA FROM TO CALL CSEQ("INVITE") END),
		OK);
	cr_expect_eq(seen.code, 100);
	cr_expect_eq(seen.phrase.len, 0);
}
