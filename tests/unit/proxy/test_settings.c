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
