/* test_settings.c - a host is ours only if it is one of the domains, whole */
#include <criterion/criterion.h>
#include <string.h>

#include "rempart/proxy/settings.h"

static const struct proxy_settings *three_domains(void)
{
	static struct proxy_settings settings;

	settings.domain_count = 3;
	strcpy(settings.domains[0], "sip.example.com");
	strcpy(settings.domains[1], "192.0.2.1");
	strcpy(settings.domains[2], "2001:db8::1");
	strcpy(settings.domains[3], "not-counted.test");
	return &settings;
}

Test(settings, knows_a_domain_without_case)
{
	const struct proxy_settings *settings = three_domains();

	cr_expect(proxy_is_domain(settings, SPAN("sip.example.com")));
	cr_expect(proxy_is_domain(settings, SPAN("SIP.Example.COM")));
	cr_expect(proxy_is_domain(settings, SPAN("192.0.2.1")));
}

Test(settings, brackets_of_an_ipv6_address_do_not_count)
{
	const struct proxy_settings *settings = three_domains();

	cr_expect(proxy_is_domain(settings, SPAN("2001:db8::1")));
	cr_expect(proxy_is_domain(settings, SPAN("[2001:DB8::1]")));
	cr_expect_not(proxy_is_domain(settings, SPAN("[2001:db8::1")));
}

Test(settings, refuses_everything_else)
{
	const struct proxy_settings *settings = three_domains();

	cr_expect_not(proxy_is_domain(settings, SPAN("")));
	cr_expect_not(proxy_is_domain(settings, SPAN("[]")));
	cr_expect_not(proxy_is_domain(settings, SPAN("example.com")));
	cr_expect_not(proxy_is_domain(settings, SPAN("sip.example.com.evil")));
	cr_expect_not(proxy_is_domain(settings, SPAN("xsip.example.com")));
	cr_expect_not(proxy_is_domain(settings, SPAN("not-counted.test")));
}

static struct addr parsed(const char *text)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_str(text)), 0);
	return addr;
}

static const char *seen_from(const struct proxy_settings *settings,
			     const char *peer)
{
	const struct addr addr = parsed(peer);

	return proxy_advertised(settings, &addr)->host;
}

Test(settings, a_phone_sees_the_name_of_its_side_of_the_nat)
{
	const struct proxy_settings settings = {
		.advertise = {.host = "edge.example.com"},
		.advertise_inside = {.host = "10.10.0.2"},
		.inside_from = {.net = {parsed("10.10.0.0"), parsed("fc00::")},
				.bits = {16, 7},
				.count = 2},
	};
	const struct proxy_name *unknown = proxy_advertised(&settings, NULL);

	cr_expect_str_eq(seen_from(&settings, "10.10.7.1:4000"), "10.10.0.2");
	cr_expect_str_eq(seen_from(&settings, "fd00::7"), "10.10.0.2");
	cr_expect_str_eq(seen_from(&settings, "10.11.0.1"), "edge.example.com");
	cr_expect_str_eq(seen_from(&settings, "2001:db8::7"),
			 "edge.example.com");
	cr_expect_str_eq(unknown->host, "edge.example.com");
}

Test(settings, with_one_name_every_phone_sees_it)
{
	const struct proxy_settings settings = {
		.advertise = {.host = "edge.example.com"},
		.inside_from = {.net = {parsed("10.0.0.0")},
				.bits = {8},
				.count = 1},
	};

	cr_expect_str_eq(seen_from(&settings, "10.10.7.1"), "edge.example.com");
}
