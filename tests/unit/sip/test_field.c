/* test_field.c - addresses, Via values, parameters and lists are read the
 * way RFC 3261 25.1 writes them, with quotes, escapes and spaces */
#include <errno.h>

#include "sample.h"

static struct sip_address addr;
static struct sip_hop hop;

static int parse_addr(const char *text)
{
	return sip_address_parse(&addr, span_str(text));
}

static int parse_hop(const char *text)
{
	return sip_hop_parse(&hop, span_str(text));
}

Test(address, display_uri_and_parameters_are_found)
{
	cr_assert_eq(parse_addr(" \"A. \\\"B\\\" <x>\" <sip:a@h;lr>; tag = 1 "),
		     0);
	expect_span(addr.display, "\"A. \\\"B\\\" <x>\"");
	expect_span(addr.uri.text, "sip:a@h;lr");
	expect_span(addr.uri.params, ";lr");
	expect_span(addr.params, "; tag = 1");
}

Test(address, a_display_name_of_several_words_stays_whole)
{
	cr_assert_eq(parse_addr("Alice von Kempten <sip:a@h>"), 0);
	expect_span(addr.display, "Alice von Kempten");
	cr_assert_eq(parse_addr("caller<sip:a@h>"), 0);
	expect_span(addr.display, "caller");
	cr_assert_eq(parse_addr("\"x\"<sip:a@h>"), 0);
	expect_span(addr.display, "\"x\"");
	cr_assert_eq(parse_addr("Ren\xc3\xa9 <sip:a@h>"), 0);
	cr_assert_eq(parse_addr("<sip:a@h>"), 0);
	cr_expect_eq(addr.display.len, 0);
}

Test(address, without_brackets_parameters_are_the_headers)
{
	cr_assert_eq(parse_addr("sip:a@h;tag=9;lr"), 0);
	expect_span(addr.uri.text, "sip:a@h");
	expect_span(addr.params, ";tag=9;lr");
	cr_assert_eq(parse_addr("sip:a@h ; tag=9"), 0);
	expect_span(addr.uri.text, "sip:a@h");
	cr_expect_eq(parse_addr("sip:a@h?Route=x"), EINVAL);
	cr_expect_eq(parse_addr("sip:a,b@h"), EINVAL);
}

Test(address, a_bracket_inside_of_a_parameter_starts_no_uri)
{
	cr_expect_eq(parse_addr("sip:a@h;x=<sip:evil@h>"), EINVAL);
	cr_assert_eq(parse_addr("sip:a@h;x=\"<sip:evil@h>\""), 0);
	expect_span(addr.uri.user, "a");
	cr_assert_eq(parse_addr("\"<sip:evil@h>\" <sip:a@h>"), 0);
	expect_span(addr.uri.user, "a");
}

Test(address, what_is_no_address_is_refused)
{
	cr_expect_eq(parse_addr(""), EINVAL);
	cr_expect_eq(parse_addr("*"), EINVAL);
	cr_expect_eq(parse_addr("\"Mr. X <sip:a@h>"), EINVAL);
	cr_expect_eq(parse_addr("\"X\" sip:a@h"), EINVAL);
	cr_expect_eq(parse_addr("Bell, Alexander <sip:a@h>"), EINVAL);
	cr_expect_eq(parse_addr("\"W\" < a.b@h >"), EINVAL);
	cr_expect_eq(parse_addr("< sip:a@h>"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>x"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>;"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>;;;;"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>;tag="), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>;tag=a b"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>, <sip:b@h>"), EINVAL);
	cr_expect_eq(parse_addr("\"a\rb\" <sip:a@h>"), EINVAL);
	cr_expect_eq(parse_addr("a\nb <sip:a@h>"), EINVAL);
	cr_expect_eq(sip_address_parse(&addr, SPAN("\"a\\\0\" <sip:a@h>")),
		     EINVAL);
}

Test(address, a_tag_stands_once)
{
	cr_expect_eq(parse_addr("<sip:a@h>;tag=1;tag=2"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>;tag=1;TAG=1"), EINVAL);
	cr_expect_eq(parse_addr("<sip:a@h>;tag=1;tagx=1;x=\";tag=2\""), 0);
}

Test(address, a_value_above_the_ceiling_is_refused_by_its_size)
{
	static char text[SIP_VALUE_MAX + 1];

	memset(text, 'a', sizeof(text));
	cr_expect_eq(sip_address_parse(&addr, span_of(text, sizeof(text))),
		     EMSGSIZE);
	cr_expect_eq(sip_hop_parse(&hop, span_of(text, sizeof(text))),
		     EMSGSIZE);
}

Test(hop, transport_host_port_and_branch_are_found)
{
	cr_assert_eq(
		parse_hop("SIP/2.0/TLS 192.0.2.1:5061;rport;branch=z9hG4bKa"),
		0);
	expect_span(hop.transport, "TLS");
	expect_span(hop.host, "192.0.2.1");
	cr_expect_eq(hop.port, 5061);
	expect_span(hop.branch, "z9hG4bKa");
	expect_span(hop.params, ";rport;branch=z9hG4bKa");
}

Test(hop, spaces_may_stand_about_each_part)
{
	cr_assert_eq(parse_hop("sip  /   2.0  / UDP    first.example.com : 4000"
			       " ; branch  =   z9hG4bKb ; ttl = 16"),
		     0);
	expect_span(hop.host, "first.example.com");
	cr_expect_eq(hop.port, 4000);
	expect_span(hop.branch, "z9hG4bKb");
}

Test(hop, any_name_and_any_transport_may_stand_there)
{
	cr_assert_eq(parse_hop("SIP/2.0/TLS-SCTP df7jal23ls0d.invalid"), 0);
	expect_span(hop.transport, "TLS-SCTP");
	expect_span(hop.host, "df7jal23ls0d.invalid");
	cr_expect_eq(hop.branch.len, 0);
	cr_expect_eq(parse_hop("SIP/2.0/X2 edge_1;branch=x"), 0);
}

Test(hop, ipv6_stands_in_brackets)
{
	cr_assert_eq(parse_hop("SIP/2.0/UDP [2001:db8::9:1]:5070"
			       ";received=2001:db8::9:255;branch=z9hG4bKc"),
		     0);
	expect_span(hop.host, "2001:db8::9:1");
	cr_expect_eq(hop.port, 5070);
	expect_span(hop.branch, "z9hG4bKc");
	cr_expect_eq(parse_hop("SIP/2.0/UDP [::1];received=[::2]"), 0);
	cr_expect_eq(parse_hop("SIP/2.0/UDP [::ffff:192.0.2.1]:5070"), 0);
	cr_expect_eq(parse_hop("SIP/2.0/UDP 2001:db8::1"), EINVAL);
}

Test(hop, what_is_no_via_is_refused)
{
	cr_expect_eq(parse_hop(""), EINVAL);
	cr_expect_eq(parse_hop("SIP/3.0/UDP h"), EINVAL);
	cr_expect_eq(parse_hop("HTTP/2.0/UDP h"), EINVAL);
	cr_expect_eq(parse_hop("x SIP/2.0/UDP h"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP "), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/ h"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP,h"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP h:0"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP h:65536"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP h x;branch=a"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP 192.0.2.15;;,;,,"), EINVAL);
	cr_expect_eq(parse_hop("SIP/2.0/UDP h;branch=a;branch=b"), EINVAL);
}

Test(hop, a_branch_inside_of_quotes_is_none)
{
	cr_assert_eq(parse_hop("SIP/2.0/UDP h;x=\";branch=a\";branch=b"), 0);
	expect_span(hop.branch, "b");
}

Test(param, names_are_compared_whole_and_without_case)
{
	struct span params = SPAN(";lr;Tagx=1 ; TAG = \"a;b\";x=\"\\\";z=1\"");
	struct span value;

	cr_assert(sip_param(params, SPAN("tag"), &value));
	expect_span(value, "\"a;b\"");
	cr_assert(sip_param(params, SPAN("lr"), &value));
	cr_expect_eq(value.len, 0);
	cr_expect(sip_param(params, SPAN("LR"), NULL));
	cr_expect_not(sip_param(params, SPAN("z"), NULL));
	cr_expect_not(sip_param(params, SPAN("ta"), NULL));
	cr_expect_not(sip_param((struct span){0}, SPAN("x"), NULL));
}

static unsigned split(struct span rest, struct span values[static 8])
{
	unsigned n = 0;

	while (n < 8 && sip_value_next(&rest, &values[n]))
		n++;
	return n;
}

Test(list, a_comma_in_brackets_or_quotes_divides_nothing)
{
	struct span v[8];

	cr_assert_eq(split(SPAN("<sip:a,b@h> , \"x,\\\",y\" <sip:c@h>;q=1"), v),
		     2);
	expect_span(v[0], "<sip:a,b@h>");
	expect_span(v[1], "\"x,\\\",y\" <sip:c@h>;q=1");
}

Test(list, empty_values_are_shown_and_an_empty_header_has_none)
{
	struct span v[8];

	cr_expect_eq(split(SPAN(""), v), 0);
	cr_expect_eq(split(SPAN("  "), v), 0);
	cr_expect_eq(split(SPAN("a,,b"), v), 3);
	cr_expect_eq(v[1].len, 0);
	cr_expect_eq(split(SPAN("a,"), v), 2);
	cr_expect_eq(v[1].len, 0);
	cr_expect_eq(split(SPAN(",a"), v), 2);
	cr_expect_eq(v[0].len, 0);
	cr_expect_eq(split(SPAN(","), v), 1);
	cr_expect_eq(split(SPAN("a"), v), 1);
}

Test(list, a_quote_that_does_not_end_leaves_one_value)
{
	struct span v[8];

	cr_expect_eq(split(SPAN("\"a, b, c\\"), v), 1);
	cr_expect_eq(split(SPAN("<a, b, c"), v), 1);
}
