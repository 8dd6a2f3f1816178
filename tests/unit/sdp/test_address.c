/* test_address.c - where a line's media goes, and what is no address for it */
#include <errno.h>

#include "body.h"

TestSuite(address, .fini = drop_all);

#define BARE "v=0\r\no=- 1 1 IN IP4 192.0.2.99\r\ns=-\r\n"

static struct addr rtp, rtcp;

static int address_of(const char *text, unsigned line)
{
	rtp = (struct addr){.version = 9, .port = 9};
	rtcp = rtp;
	return sdp_media_address(body(text), line, &rtp, &rtcp);
}

static void assert_addr(const struct addr *addr, const char *text)
{
	char printed[ADDR_TEXT_MAX];

	addr_print(printed, addr);
	cr_expect_str_eq(printed, text);
}

Test(address, a_line_has_its_own_address_or_the_sessions)
{
	const char *text = BARE "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
				"m=audio 20000 RTP/AVP 0\r\n"
				"m=audio 20002 RTP/AVP 0\r\n"
				"c=IN IP6 2001:db8::2\r\n";

	cr_assert_eq(address_of(text, 0), 0);
	assert_addr(&rtp, "192.0.2.1:20000");
	assert_addr(&rtcp, "192.0.2.1:20001");
	cr_assert_eq(address_of(text, 1), 0);
	assert_addr(&rtp, "[2001:db8::2]:20002");
	assert_addr(&rtcp, "[2001:db8::2]:20003");
}

Test(address, rtcp_goes_where_the_attribute_says)
{
	cr_assert_eq(address_of(HEAD SAVP "a=rtcp:7000\r\n", 0), 0);
	assert_addr(&rtp, "198.51.100.7:20000");
	assert_addr(&rtcp, "198.51.100.7:7000");
	cr_assert_eq(
		address_of(HEAD SAVP "a=rtcp:7000 IN IP4 192.0.2.3\r\n", 0), 0);
	assert_addr(&rtp, "198.51.100.7:20000");
	assert_addr(&rtcp, "192.0.2.3:7000");
	cr_assert_eq(
		address_of(HEAD SAVP "a=rtcp:7000 IN IP6 2001:db8::3\r\n", 0),
		0);
	assert_addr(&rtcp, "[2001:db8::3]:7000");
}

Test(address, with_mux_rtcp_goes_where_rtp_goes)
{
	cr_assert_eq(address_of(HEAD SAVP "a=rtcp-mux\r\n", 0), 0);
	assert_addr(&rtcp, "198.51.100.7:20000");
	/* as browsers write it */
	cr_assert_eq(address_of(HEAD SAVP "a=rtcp-mux\r\n"
					  "a=rtcp:9 IN IP4 0.0.0.0\r\n",
				0),
		     0);
	assert_addr(&rtcp, "198.51.100.7:20000");
	cr_assert_eq(address_of(HEAD "m=audio 65535 RTP/AVP 0\r\n"
				     "a=rtcp-mux\r\n",
				0),
		     0);
	assert_addr(&rtcp, "198.51.100.7:65535");
}

Test(address, hold_by_address_stays_as_it_is)
{
	cr_assert_eq(address_of(HEAD SAVP "c=IN IP4 0.0.0.0\r\n", 0), 0);
	cr_assert(addr_is_any(&rtp) && rtp.version == 4);
	cr_assert_eq(rtp.port, 20000);
	cr_assert_eq(address_of(HEAD SAVP "c=IN IP6 ::\r\n", 0), 0);
	cr_assert(addr_is_any(&rtp) && rtp.version == 6);
}

Test(address, a_host_name_is_not_looked_up)
{
	static const char *const names[] = {
		"host.example",	     "host.example.", "h",  "1-2.a9",
		"ip4.192.0.2.1.nip", "a_b.example",   "1.a"};
	char text[400];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (unsigned k = 0; k < 2; k++) {
			snprintf(text, sizeof(text),
				 HEAD SAVP "c=IN IP%s %s\r\n", k ? "6" : "4",
				 names[i]);
			cr_expect_eq(address_of(text, 0), EADDRNOTAVAIL, "%s",
				     text);
			cr_expect_eq(rtp.version, 0);
			cr_expect_eq(rtp.port, 20000);
			cr_expect_eq(rtcp.version, 0);
			cr_expect_eq(rtcp.port, 20001);
		}
	}
	cr_assert_eq(address_of(HEAD SAVP "c=IN IP4 host.example\r\n"
					  "a=rtcp:5 IN IP4 192.0.2.1\r\n",
				0),
		     EADDRNOTAVAIL);
	cr_assert_eq(rtp.version, 0);
	assert_addr(&rtcp, "192.0.2.1:5");
	cr_assert_eq(
		address_of(HEAD SAVP "a=rtcp:5 IN IP4 host.example\r\n", 0),
		EADDRNOTAVAIL);
	assert_addr(&rtp, "198.51.100.7:20000");
	cr_assert_eq(rtcp.version, 0);
	cr_assert_eq(rtcp.port, 5);
}

static void assert_none(const char *text)
{
	cr_expect_eq(address_of(text, 0), EINVAL, "%s", text);
	cr_expect_eq(rtp.version, 9, "%s", text);
	cr_expect_eq(rtcp.version, 9, "%s", text);
}

Test(address, what_is_no_address_gives_none)
{
	static const char *const bad[] = {
		/* multicast syntax: a TTL, a count (RFC 8866 5.7) */
		"IP4 233.252.0.1/127",
		"IP4 233.252.0.1/127/3",
		"IP4 192.0.2.1/24",
		"IP6 ff00::db8:0:101/3",
		"IP4 host.example/127",
		/* one IP version under the name of the other */
		"IP4 2001:db8::1",
		"IP6 192.0.2.1",
		"IP4 ::ffff:192.0.2.1",
		/* a port or brackets have no place there */
		"IP4 192.0.2.1:5060",
		"IP6 192.0.2.1:5060",
		"IP6 [2001:db8::1]",
		"IP6 [2001:db8::1]:5060",
		"IP4 [192.0.2.1]",
		/* numbers that are none, and bytes that no name has */
		"IP4 256.0.2.1",
		"IP4 192.0.2",
		"IP4 192.0.2.1.",
		"IP4 1",
		"IP4 ...",
		"IP4 -",
		"IP4 a.1",
		"IP6 2001:db8:::1",
		"IP6 fe80::1%eth0",
		"IP6 :",
		"IP4 a\xc3\xa9.example",
		"IP4 *",
	};
	char text[400];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), HEAD SAVP "c=IN %s\r\n", bad[i]);
		assert_none(text);
		snprintf(text, sizeof(text), HEAD SAVP "a=rtcp:5 IN %s\r\n",
			 bad[i]);
		assert_none(text);
	}
}

Test(address, a_mapped_address_becomes_ipv4)
{
	cr_assert_eq(address_of(HEAD SAVP "c=IN IP6 ::ffff:192.0.2.1\r\n", 0),
		     0);
	assert_addr(&rtp, "192.0.2.1:20000");
}

Test(address, no_port_no_address)
{
	assert_none(HEAD "m=audio 0 RTP/AVP 0\r\n");
	/* there is no next port */
	assert_none(HEAD "m=audio 65535 RTP/AVP 0\r\n");
	cr_assert_eq(
		address_of(HEAD "m=audio 65535 RTP/AVP 0\r\na=rtcp:5\r\n", 0),
		0);
	assert_addr(&rtcp, "198.51.100.7:5");
}
