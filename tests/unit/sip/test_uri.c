/* test_uri.c - URIs are taken apart as RFC 3261 19.1 says; what is no URI is
 * refused, also where libre's decoder would find one in it */
#include <errno.h>

#include "sample.h"

static struct sip_uri uri;

static int parse_uri(const char *text)
{
	return sip_uri_parse(&uri, span_str(text));
}

Test(uri, all_parts_of_a_full_uri_are_found)
{
	cr_assert_eq(parse_uri("sips:al%20ice:pw@ex.org:5071;a=b;lr?X=y&z=1"),
		     0);
	cr_expect_eq(uri.scheme, SIP_SCHEME_SIPS);
	expect_span(uri.user, "al%20ice");
	expect_span(uri.password, "pw");
	expect_span(uri.host, "ex.org");
	cr_expect_eq(uri.port, 5071);
	expect_span(uri.params, ";a=b;lr");
	expect_span(uri.headers, "?X=y&z=1");
}

Test(uri, headers_may_follow_the_host_and_hold_semicolons)
{
	cr_assert_eq(parse_uri("sip:a@h?X=y;z"), 0);
	expect_span(uri.host, "h");
	expect_span(uri.headers, "?X=y;z");
	cr_expect_eq(uri.params.len, 0);
	cr_assert_eq(parse_uri("sip:h:5070?X=y?z"), 0);
	cr_expect_eq(uri.port, 5070);
	expect_span(uri.headers, "?X=y?z");
}

Test(uri, missing_parts_are_empty)
{
	cr_assert_eq(parse_uri("SIP:example.com"), 0);
	cr_expect_eq(uri.scheme, SIP_SCHEME_SIP);
	cr_expect_eq(uri.user.len + uri.password.len + uri.params.len +
			     uri.headers.len,
		     0);
	cr_expect_eq(uri.port, 0);
	expect_span(uri.host, "example.com");
}

Test(uri, a_user_part_may_hold_what_looks_like_other_parts)
{
	cr_assert_eq(parse_uri("sip:user;par=u%40example.net@example.com"), 0);
	expect_span(uri.user, "user;par=u%40example.net");
	expect_span(uri.host, "example.com");
	cr_expect_eq(uri.params.len, 0);
	cr_assert_eq(parse_uri("sip:a?b/c,d@h;x"), 0);
	expect_span(uri.user, "a?b/c,d");
	expect_span(uri.params, ";x");
	cr_assert_eq(parse_uri("sip:*21#@h"), 0);
	expect_span(uri.user, "*21#");
}

Test(uri, ipv6_hosts_stand_in_brackets)
{
	cr_assert_eq(parse_uri("sip:u@[2001:db8::10]:5070;lr"), 0);
	expect_span(uri.host, "2001:db8::10");
	cr_expect_eq(uri.port, 5070);
	cr_assert_eq(parse_uri("sip:[::ffff:192.0.2.1]"), 0);
	expect_span(uri.host, "::ffff:192.0.2.1");
	cr_expect_eq(parse_uri("sip:2001:db8::10"), EINVAL);
	cr_expect_eq(parse_uri("sip:[2001:db8:::1]"), EINVAL);
	cr_expect_eq(parse_uri("sip:[192.0.2.1]"), EINVAL);
	cr_expect_eq(parse_uri("sip:[192.0.2.1:0]"), EINVAL);
	cr_expect_eq(parse_uri("sip:[::1"), EINVAL);
	cr_expect_eq(parse_uri("sip:[::1]x"), EINVAL);
	cr_expect_eq(parse_uri("sip:[fe80::1%25eth0]"), EINVAL);
}

Test(uri, a_port_is_a_number_from_1_to_65535)
{
	cr_expect_eq(parse_uri("sip:h:65535"), 0);
	cr_expect_eq(parse_uri("sip:h:0"), EINVAL);
	cr_expect_eq(parse_uri("sip:h:65536"), EINVAL);
	cr_expect_eq(parse_uri("sip:h:70596"), EINVAL);
	cr_expect_eq(parse_uri("sip:h:4294972356"), EINVAL);
	cr_expect_eq(parse_uri("sip:h:"), EINVAL);
	cr_expect_eq(parse_uri("sip:h:5060x"), EINVAL);
	cr_expect_eq(parse_uri("sip:h::5060"), EINVAL);
	cr_expect_eq(parse_uri("sip:h:-1"), EINVAL);
}

Test(uri, what_libre_would_skip_or_leave_over_is_refused)
{
	cr_expect_eq(parse_uri(" sip:a@h"), EINVAL);
	cr_expect_eq(parse_uri("<sip:a@h>"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@h x"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@h; lr"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@b@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@h;x=b@c"), EINVAL);
	cr_expect_eq(parse_uri("sip:@h"), EINVAL);
	cr_expect_eq(parse_uri("sip::pw@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@;lr"), EINVAL);
	cr_expect_eq(parse_uri("sip:h/path"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@h;;lr"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@h;lr="), EINVAL);
	cr_expect_eq(parse_uri("sip:a@-h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a@h$"), EINVAL);
	cr_expect_eq(parse_uri("sip:"), EINVAL);
	cr_expect_eq(parse_uri("sip"), EINVAL);
	cr_expect_eq(parse_uri(""), EINVAL);
	cr_expect_eq(parse_uri(":h"), EINVAL);
	cr_expect_eq(parse_uri("1sip:h"), EINVAL);
}

Test(uri, control_bytes_and_bad_escapes_are_refused)
{
	cr_expect_eq(sip_uri_parse(&uri, SPAN("sip:a\0b@h")), EINVAL);
	cr_expect_eq(parse_uri("sip:a\r\nb@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a\tb@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a\x7f@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:\xc3\xa9@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a\"b@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a%@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a%4@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:a%4g@h"), EINVAL);
	cr_expect_eq(parse_uri("sip:%00@h"), 0);
}

Test(uri, the_number_of_a_tel_uri_is_its_user)
{
	cr_assert_eq(parse_uri("tel:+33-1.23(45);phone-context=x"), 0);
	cr_expect_eq(uri.scheme, SIP_SCHEME_TEL);
	expect_span(uri.user, "+33-1.23(45)");
	expect_span(uri.params, ";phone-context=x");
	cr_expect_eq(uri.host.len, 0);
	cr_expect_eq(parse_uri("tel:*21#"), 0);
	cr_expect_eq(parse_uri("tel:"), EINVAL);
	cr_expect_eq(parse_uri("tel:+"), EINVAL);
	cr_expect_eq(parse_uri("tel:1+2"), EINVAL);
	cr_expect_eq(parse_uri("tel:alice"), EINVAL);
	cr_expect_eq(parse_uri("tel:12@h"), EINVAL);
	cr_expect_eq(parse_uri("tel:12?x=y"), EINVAL);
}

Test(uri, another_scheme_is_opaque)
{
	cr_assert_eq(parse_uri("soap.beep://192.0.2.103:3002"), 0);
	cr_expect_eq(uri.scheme, SIP_SCHEME_OTHER);
	expect_span(uri.text, "soap.beep://192.0.2.103:3002");
	cr_expect_eq(uri.host.len, 0);
	cr_expect_eq(parse_uri("x y:z"), EINVAL);
}

Test(uri, a_text_above_the_ceiling_reaches_no_decoder)
{
	static char text[SIP_VALUE_MAX + 1] = "sip:";

	memset(text + 4, 'a', sizeof(text) - 4);
	text[30] = '@';
	text[100] = ';';
	cr_expect_eq(sip_uri_parse(&uri, span_of(text, SIP_VALUE_MAX)), 0);
	cr_expect_eq(sip_uri_parse(&uri, span_of(text, sizeof(text))),
		     EMSGSIZE);
}

Test(uri, a_refused_text_leaves_the_result_alone)
{
	cr_assert_eq(parse_uri("sip:alice@h"), 0);
	cr_assert_eq(parse_uri("sip:bob@h:0"), EINVAL);
	expect_span(uri.user, "alice");
}

static bool same(const char *a, const char *b)
{
	struct sip_uri x, y;

	cr_assert_eq(sip_uri_parse(&x, span_str(a)), 0);
	cr_assert_eq(sip_uri_parse(&y, span_str(b)), 0);
	return sip_uri_same_target(&x, &y);
}

Test(uri, targets_compare_by_user_host_and_port)
{
	cr_expect(same("sip:a%6cice@H.org;x=y", "sips:alice@h.ORG;z?q=1"));
	cr_expect_not(same("sip:alice@h", "sip:Alice@h"));
	cr_expect_not(same("sip:alice@h", "sip:alice1@h"));
	cr_expect_not(same("sip:alice@h", "sip:h"));
	cr_expect_not(same("sip:alice@h", "sip:alice@i"));
	cr_expect_not(same("sip:alice@h", "sip:alice@h:5060"));
	cr_expect(same("sip:h:5061", "sip:h:5061"));
}

Test(uri, escapes_of_a_user_are_undone_but_for_nul)
{
	char dst[6];

	cr_assert_eq(sip_user_decode(dst, sizeof(dst), SPAN("a%20%62")), 0);
	cr_expect_str_eq(dst, "a b");
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("%00")), EINVAL);
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("a\0b")), EINVAL);
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("a%2")), EINVAL);
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("a%zz")), EINVAL);
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("12345")), 0);
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("123456")), ENOSPC);
	cr_expect_eq(sip_user_decode(dst, sizeof(dst), SPAN("")), 0);
	cr_expect_str_eq(dst, "");
}
