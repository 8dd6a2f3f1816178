/* test_ipv6.c - the IPv6 messages of RFC 5118: addresses are taken with their
 * brackets off, and ambiguous or broken ones are refused */
#include "sample.h"

TestSuite(ipv6, .fini = sample_drop);

#define V6(uri, via, contact)                                                  \
	"REGISTER " uri " SIP/2.0\r\nVia: SIP/2.0/UDP " via                    \
	"\r\n" FROM TO CALL CSEQ("REGISTER") "Contact: " contact "\r\n" END
#define HOP "[2001:db8::9:1];branch=z9hG4bKas3-111"
#define BINDING "\"Caller\" <sip:caller@[2001:db8::1]>"

Test(ipv6, section_4_1_a_valid_reference)
{
	expect_reason(JUDGE(V6("sip:[2001:db8::10]", HOP, BINDING)), OK);
	expect_span(seen.ruri.host, "2001:db8::10");
	expect_span(seen.via.host, "2001:db8::9:1");
	cr_expect_eq(seen.via.port, 0);
}

Test(ipv6, section_4_2_a_reference_without_brackets)
{
	expect_reason(JUDGE(V6("sip:2001:db8::10", HOP, BINDING)), BAD_URI);
	expect_reason(JUDGE(V6("sip:h", "2001:db8::9:1;branch=x", BINDING)),
		      HEADER_SYNTAX);
	expect_reason(JUDGE(V6("sip:h", HOP, "<sip:c@2001:db8::1>")),
		      HEADER_SYNTAX);
}

Test(ipv6, section_4_3_what_stands_in_the_brackets_is_no_port)
{
	expect_reason(JUDGE(V6("sip:[2001:db8::10:5070]", HOP, BINDING)), OK);
	expect_span(seen.ruri.host, "2001:db8::10:5070");
	cr_expect_eq(seen.ruri.port, 0);
}

Test(ipv6, section_4_4_a_port_behind_the_brackets)
{
	expect_reason(JUDGE(V6("sip:[2001:db8::10]:5070", HOP, BINDING)), OK);
	expect_span(seen.ruri.host, "2001:db8::10");
	cr_expect_eq(seen.ruri.port, 5070);
}

Test(ipv6, section_4_5_received_with_and_without_brackets)
{
	struct span received;

	expect_reason(JUDGE(V6("sip:h",
			       "[2001:db8::9:1];received=[2001:db8::9:255]"
			       ";branch=z9hG4bKas3-111",
			       BINDING)),
		      OK);
	cr_assert(sip_param(seen.via.params, SPAN("received"), &received));
	expect_span(received, "[2001:db8::9:255]");
	expect_span(seen.via.branch, "z9hG4bKas3-111");
	expect_reason(JUDGE(V6("sip:h",
			       "[2001:db8::9:1];received=2001:db8::9:255"
			       ";branch=z9hG4bKas3-111",
			       BINDING)),
		      OK);
	cr_assert(sip_param(seen.via.params, SPAN("received"), &received));
	expect_span(received, "2001:db8::9:255");
}

Test(ipv6, section_4_6_several_addresses_in_one_field)
{
	struct sip_values walk = {0};
	struct span value;
	struct sip_hop hop;

	expect_reason(JUDGE(V6("sip:h",
			       "[2001:db8::9:1]:6050;branch=z9hG4bKa, "
			       "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb",
			       BINDING)),
		      OK);
	cr_expect_eq(seen.via.port, 6050);
	cr_assert(sip_values_next(&seen, SIP_HEADER_VIA, &walk, &value));
	cr_assert(sip_values_next(&seen, SIP_HEADER_VIA, &walk, &value));
	cr_assert_eq(sip_hop_parse(&hop, value), 0);
	expect_span(hop.host, "192.0.2.1");
}

Test(ipv6, section_4_9_addresses_mapped_from_ipv4)
{
	expect_reason(JUDGE(V6("sip:h",
			       "[::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19",
			       "\"T\" <sip:ted@[::ffff:192.0.2.2]>")),
		      OK);
	expect_span(seen.via.host, "::ffff:192.0.2.10");
	cr_expect_eq(seen.via.port, 19823);
}

Test(ipv6, section_4_10_three_colons_are_no_address)
{
	expect_reason(JUDGE(V6("sip:[2001:db8:::192.0.2.1]", HOP, BINDING)),
		      BAD_URI);
	expect_reason(
		JUDGE(V6("sip:h", "[2001:db8:::192.0.2.1];branch=x", BINDING)),
		HEADER_SYNTAX);
}
