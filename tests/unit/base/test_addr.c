/* test_addr.c - an address has one form, whatever way it came in */
#include <criterion/criterion.h>
#include <errno.h>

#include "rempart/base/addr.h"

static struct addr parsed(const char *str)
{
	struct addr addr = {0};

	cr_assert_eq(addr_parse(&addr, span_str(str)), 0, "%s", str);
	return addr;
}

static void reads_and_prints(const char *from, const char *with_port,
			     const char *without)
{
	const struct addr addr = parsed(from);
	char buf[ADDR_TEXT_MAX];

	cr_assert_eq(addr_print(buf, &addr), strlen(with_port));
	cr_assert_str_eq(buf, with_port);
	cr_assert_eq(addr_print_ip(buf, &addr), strlen(without));
	cr_assert_str_eq(buf, without);
}

Test(addr, reads_and_prints_every_form)
{
	reads_and_prints("192.0.2.1", "192.0.2.1", "192.0.2.1");
	reads_and_prints("192.0.2.1:5060", "192.0.2.1:5060", "192.0.2.1");
	reads_and_prints("192.0.2.1:0", "192.0.2.1", "192.0.2.1");
	reads_and_prints("2001:db8::1", "2001:db8::1", "2001:db8::1");
	reads_and_prints("[2001:DB8:0::1]:5061", "[2001:db8::1]:5061",
			 "2001:db8::1");
	reads_and_prints("[::1]", "::1", "::1");
	reads_and_prints("::", "::", "::");
	reads_and_prints("[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
			 "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
			 "1111:2222:3333:4444:5555:6666:7777:8888");
}

Test(addr, a_mapped_address_becomes_ipv4)
{
	const struct addr plain = parsed("192.0.2.1:5060");
	const struct addr mapped = parsed("[::ffff:192.0.2.1]:5060");

	cr_assert_eq(mapped.version, 4);
	cr_assert(addr_eq(&plain, &mapped));
}

Test(addr, refuses_everything_else_and_leaves_out_alone)
{
	static const char *const bad[] = {
		"",
		":",
		":5060",
		"localhost",
		"192.0.2",
		"192.0.2.256",
		"192.0.2.1:",
		"192.0.2.1:65536",
		"192.0.2.1:-1",
		"192.0.2.1:x",
		" 192.0.2.1",
		"192.0.2.1 ",
		"192.0.2.01",
		"192.0.2.1:005060",
		"[192.0.2.1]:5060",
		"[::1",
		"[::1]5060",
		"[::1]:",
		"[]",
		"[]:5060",
		"::1]:5060",
		"fe80::1%lo",
		"[fe80::1%lo]:1",
		":::",
		"1:2:3:4:5:6:7",
		"[[::1]]",
		"0x7f.0.0.1",
		"127.1",
		"192.0.2.1:5060:1",
		"[::1]]:5060",
	};
	struct addr out = {.version = 9};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(addr_parse(&out, span_str(bad[i])), EINVAL, "%s",
			     bad[i]);
	cr_assert_eq(addr_parse(&out, span_of("192.0.2.1\0x", 11)), EINVAL);
	cr_assert_eq(addr_parse(&out, (struct span){0}), EINVAL);
	cr_assert_eq(out.version, 9);
}

Test(addr, reads_no_byte_past_the_span)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_of("192.0.2.123", 9)), 0);
	cr_assert_eq(addr.ip[3], 1);
}

Test(addr, the_port_counts_only_where_asked)
{
	const struct addr a = parsed("192.0.2.1:1");
	const struct addr b = parsed("192.0.2.1:2");
	const struct addr c = parsed("192.0.2.2:1");

	cr_assert(addr_ip_eq(&a, &b));
	cr_assert_not(addr_eq(&a, &b));
	cr_assert_not(addr_ip_eq(&a, &c));
}

Test(addr, versions_never_compare_equal)
{
	const struct addr a = parsed("0.0.0.0");
	const struct addr b = parsed("::");
	const struct addr none = {0};

	cr_assert_not(addr_ip_eq(&a, &b));
	cr_assert_not(addr_ip_eq(&a, &none));
	cr_assert(addr_ip_eq(&none, &none));
}

Test(addr, knows_loopback_and_wildcard)
{
	static const struct {
		const char *str;
		bool loopback, any;
	} rows[] = {
		{"127.0.0.1", true, false},  {"127.255.0.9", true, false},
		{"128.0.0.1", false, false}, {"::1", true, false},
		{"::2", false, false},	     {"0.0.0.0", false, true},
		{"0.0.0.1", false, false},   {"::", false, true},
		{"[::]:5061", false, true},  {"::ffff:127.0.0.1", true, false},
	};
	const struct addr none = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct addr addr = parsed(rows[i].str);

		cr_assert_eq(addr_is_loopback(&addr), rows[i].loopback, "%s",
			     rows[i].str);
		cr_assert_eq(addr_is_any(&addr), rows[i].any, "%s",
			     rows[i].str);
	}
	cr_assert_not(addr_is_any(&none));
	cr_assert_not(addr_is_loopback(&none));
}

Test(addr, a_prefix_clears_the_rest_and_the_port)
{
	static const struct {
		const char *from;
		unsigned bits4, bits6;
		const char *want;
	} rows[] = {
		{"203.0.113.255:9", 32, 64, "203.0.113.255"},
		{"203.0.113.255:9", 24, 64, "203.0.113.0"},
		{"203.0.113.255", 25, 0, "203.0.113.128"},
		{"203.0.113.255", 31, 0, "203.0.113.254"},
		{"203.0.113.255", 0, 64, "0.0.0.0"},
		{"[2001:db8:1:2:3:4:5:6]:9", 32, 64, "2001:db8:1:2::"},
		{"2001:db8:1:ff:3:4:5:6", 32, 56, "2001:db8:1::"},
		{"2001:db8:1:2:3:4:5:7", 0, 127, "2001:db8:1:2:3:4:5:6"},
		{"2001:db8:1:2:3:4:5:7", 0, 128, "2001:db8:1:2:3:4:5:7"},
		{"ffff::", 0, 1, "8000::"},
		{"ffff::", 0, 0, "::"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct addr from = parsed(rows[i].from);
		const struct addr want = parsed(rows[i].want);
		const struct addr got =
			addr_prefix(&from, rows[i].bits4, rows[i].bits6);

		cr_assert(addr_eq(&got, &want), "row %zu", i);
		/* used whole as a key: unused bytes too must be equal */
		cr_assert_eq(memcmp(got.ip, want.ip, sizeof(got.ip)), 0);
	}
}

Test(addr, lies_in_a_net_of_its_own_version_up_to_both_ends)
{
	const struct addr_nets nets = {
		.net = {parsed("172.16.0.0"), parsed("192.0.2.7"),
			parsed("2001:db8::"), parsed("10.0.0.0")},
		.bits = {12, 32, 33},
		.count = 3, /* the last does not count */
	};
	static const struct {
		const char *addr;
		bool in;
	} rows[] = {
		{"172.16.0.0", true},	     {"172.31.255.255:5061", true},
		{"172.15.255.255", false},   {"172.32.0.0", false},
		{"192.0.2.7:9", true},	     {"192.0.2.6", false},
		{"10.0.0.1", false},	     {"2001:db8:7fff:ffff::1", true},
		{"2001:db8:8000::", false},  {"ac10::", false},
		{"::ffff:172.16.0.1", true}, {"::", false},
	};
	const struct addr none = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct addr addr = parsed(rows[i].addr);

		cr_expect_eq(addr_in_nets(&addr, &nets), rows[i].in, "%s",
			     rows[i].addr);
	}
	cr_expect_not(addr_in_nets(&none, &nets));
	cr_expect_not(addr_in_nets(&none, &(struct addr_nets){0}));
}

Test(addr, survives_the_way_through_a_sockaddr)
{
	static const char *const strs[] = {"192.0.2.1:5060",
					   "[2001:db8::1]:5061", "0.0.0.0"};

	for (size_t i = 0; i < sizeof(strs) / sizeof(*strs); i++) {
		const struct addr addr = parsed(strs[i]);
		struct sockaddr_storage ss;
		const socklen_t len = addr_to_sockaddr(&ss, &addr);
		const struct addr back = addr_from_sockaddr(&ss);

		cr_assert_eq(len, addr.version == 4
					  ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6));
		cr_assert(addr_eq(&addr, &back), "%s", strs[i]);
	}
}

Test(addr, a_dual_stack_peer_is_the_ipv4_peer)
{
	struct sockaddr_storage ss = {0};
	struct sockaddr_in6 *sin6 = (void *)&ss;
	const struct addr want = parsed("192.0.2.1:5060");
	struct addr got;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(5060);
	memcpy(&sin6->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01",
	       16);
	got = addr_from_sockaddr(&ss);
	cr_assert(addr_eq(&got, &want));
}

Test(addr, an_unset_address_is_empty_everywhere)
{
	const struct addr none = {.port = 5060};
	struct sockaddr_storage ss = {.ss_family = AF_UNIX};
	char buf[ADDR_TEXT_MAX];

	cr_assert_eq(addr_from_sockaddr(&ss).version, 0);
	cr_assert_eq(addr_to_sockaddr(&ss, &none), 0);
	cr_assert_eq(addr_print(buf, &none), 0);
	cr_assert_str_eq(buf, "");
	cr_assert_eq(addr_prefix(&none, 32, 64).version, 0);
}
