/* test_names.c - a host finds the certificate that names it, and no other */
#include "papers.h"

#include "../../../src/door/names.h"

static struct door_names names_of(const char *san)
{
	EVP_PKEY *key = papers_key(0);
	X509 *cert = papers_certificate(key, "x", 0, 1);
	struct door_names names;

	if (san)
		papers_extend(cert, cert, NID_subject_alt_name, san);
	cr_assert_eq(door_names_read(&names, cert), 0);
	X509_free(cert);
	EVP_PKEY_free(key);
	return names;
}

Test(names, dns_names_match_without_case_and_last_dot)
{
	struct door_names names = names_of("DNS:Edge.Example.org");

	cr_assert(door_names_exact(&names, "edge.example.org"));
	cr_assert(door_names_exact(&names, "EDGE.example.ORG."));
	cr_assert_not(door_names_exact(&names, "dge.example.org"));
	cr_assert_not(door_names_exact(&names, "edge.example.org.evil"));
	cr_assert_not(door_names_exact(&names, ""));
	door_names_free(&names);
}

Test(names, a_wildcard_stands_for_one_label)
{
	struct door_names names = names_of("DNS:*.example.org");

	cr_assert(door_names_wildcard(&names, "a.Example.org"));
	cr_assert_not(door_names_wildcard(&names, "a.b.example.org"));
	cr_assert_not(door_names_wildcard(&names, "example.org"));
	cr_assert_not(door_names_wildcard(&names, ".example.org"));
	cr_assert_not(door_names_exact(&names, "a.example.org"));
	cr_assert_not(door_names_exact(&names, "*.example.org"));
	door_names_free(&names);
}

Test(names, ips_match_however_they_are_written)
{
	struct door_names names = names_of("IP:192.0.2.1,IP:2001:db8::1");

	cr_assert(door_names_exact(&names, "192.0.2.1"));
	cr_assert(door_names_exact(&names, "2001:DB8:0:0::1"));
	cr_assert_not(door_names_exact(&names, "192.0.2.2"));
	door_names_free(&names);
}

Test(names, a_wildcard_never_matches_an_ip)
{
	struct door_names names = names_of("DNS:*.0.2.1");

	cr_assert_not(door_names_wildcard(&names, "192.0.2.1"));
	door_names_free(&names);
}

Test(names, a_certificate_without_names_matches_nothing)
{
	struct door_names names = names_of(NULL);

	cr_assert_eq(names.count, 0);
	cr_assert_not(door_names_exact(&names, "x"));
	cr_assert_not(door_names_wildcard(&names, "x.y"));
	door_names_free(&names);
}

Test(names, a_host_longer_than_dns_allows_is_no_host)
{
	struct door_names names = names_of("DNS:a.example.org");
	char host[600];

	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	cr_assert_not(door_names_exact(&names, host));
	cr_assert_not(door_names_wildcard(&names, host));
	door_names_free(&names);
}
