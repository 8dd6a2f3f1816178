/* test_advertise.c - proves that an edge has one name for all phones or one for
 * each side of a NAT, whole, and that it is said who is inside */
#include "fixture.h"

#define PAIR "certificate = \"/a.pem\"; key = \"/a.key\"; "
#define OUTSIDE "outside = \"edge.example.fr\"; "
#define INSIDE "inside = \"10.10.0.2\"; "

/* The keys of the group stand on line 3. */
static void group_text(char text[static 4096], const char *phones,
		       const char *keys)
{
	snprintf(text, 4096,
		 "registrar = { users = ( " USER(
			 "1001") " ); };\n"
				 "listen = { phones = { " PAIR
				 "%s advertise = {\n%s\n}; }; "
				 "};\n",
		 phones, keys);
}

static struct config *good_group(const char *phones, const char *keys)
{
	char text[4096];

	group_text(text, phones, keys);
	return good(text);
}

static void bad_group(const char *keys, unsigned line, const char *what)
{
	char text[4096];

	group_text(text, "", keys);
	bad(text, line, what);
}

static bool is_inside(const struct config *cfg, const char *ip)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_str(ip)), 0);
	return proxy_advertised(&cfg->proxy, &addr) ==
	       &cfg->proxy.advertise_inside;
}

Test(advertise, a_group_has_a_name_for_each_side_and_both_are_domains)
{
	struct config *cfg = good_group("", OUTSIDE INSIDE);

	cr_assert_str_eq(cfg->proxy.advertise.host, "edge.example.fr");
	cr_assert_str_eq(cfg->proxy.advertise_inside.host, "10.10.0.2");
	cr_assert_eq(cfg->proxy.advertise.port, 0);
	cr_assert_eq(cfg->proxy.advertise_inside.port, 0);
	cr_assert(cfg->proxy.advertise_named, "a certificate must name it");
	cr_assert(proxy_is_domain(&cfg->proxy, SPAN("edge.example.fr")));
	cr_assert(proxy_is_domain(&cfg->proxy, SPAN("10.10.0.2")));
	config_free(cfg);
}

Test(advertise, who_is_inside_by_default_cannot_be_out_in_the_internet)
{
	static const char *const inside[] = {
		"10.0.0.0",	"10.255.255.255",  "172.16.0.0",
		"172.31.255.1", "192.168.0.1",	   "192.168.255.255",
		"100.64.0.0",	"100.127.255.255", "169.254.3.4",
		"127.0.0.1",	"127.3.2.1",	   "fc00::1",
		"fdff:ffff::1", "fe80::1",	   "febf::1",
		"::1",
	};
	static const char *const outside[] = {
		"9.255.255.255", "11.0.0.0",	"172.15.255.255", "172.32.0.0",
		"192.167.1.1",	 "192.169.0.0", "100.63.255.255", "100.128.0.0",
		"169.253.0.1",	 "169.255.0.0", "126.0.0.1",	  "128.0.0.1",
		"203.0.113.7",	 "fbff::1",	"fe00::1",	  "fec0::1",
		"::2",		 "::",		"2001:db8::1",
	};
	struct config *cfg = good_group("", OUTSIDE INSIDE);

	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
		cr_expect(is_inside(cfg, inside[i]), "%s", inside[i]);
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		cr_expect_not(is_inside(cfg, outside[i]), "%s", outside[i]);
	config_free(cfg);
}

Test(advertise, who_is_inside_can_be_named_and_is_nobody_else_then)
{
	struct config *cfg =
		good_group("", OUTSIDE INSIDE "inside_from = [ "
					      "\"10.10.0.0/16\", "
					      "\"2001:db8:40::/64\" ];");

	cr_expect(is_inside(cfg, "10.10.7.7"));
	cr_expect(is_inside(cfg, "2001:db8:40::7"));
	cr_expect_not(is_inside(cfg, "10.11.0.1"));
	cr_expect_not(is_inside(cfg, "192.168.1.1"));
	cr_expect_not(is_inside(cfg, "127.0.0.1"));
	config_free(cfg);
}

Test(advertise, one_text_is_for_all_phones)
{
	struct config *cfg =
		good(LISTEN "registrar = { users = ( " USER("1001") " ); };");

	cr_assert_str_eq(cfg->proxy.advertise.host, "edge.example.fr");
	cr_assert_str_eq(cfg->proxy.advertise_inside.host, "");
	cr_expect_not(is_inside(cfg, "10.0.0.1"));
	cr_assert_eq(cfg->proxy.domain_count, 1);
	config_free(cfg);
}

Test(advertise, each_name_has_a_port_of_its_own)
{
	struct config *cfg = good_group(
		"address = \"0.0.0.0:5071\"; ",
		"outside = \"edge.example.fr:5061\"; inside = \"10.10.0.2\";");

	cr_assert_eq(cfg->proxy.advertise.port, 5061, "mapped");
	cr_assert_eq(cfg->proxy.advertise_inside.port, 5071, "the listener's");
	config_free(cfg);

	/* One name in both views of DNS, and the router maps the port. */
	cfg = good_group("", "outside = \"edge.example.fr:5071\"; "
			     "inside = \"edge.example.fr\";");
	cr_assert_eq(cfg->proxy.advertise.port, 5071);
	cr_assert_eq(cfg->proxy.advertise_inside.port, 0);
	cr_assert_eq(cfg->proxy.domain_count, 1);
	config_free(cfg);
}

Test(advertise, domains_that_are_given_replace_both)
{
	struct config *cfg = NULL;
	char text[4096];

	group_text(text, "", OUTSIDE INSIDE);
	strcat(text, "domains = [ \"example.fr\" ];\n");
	cfg = good(text);
	cr_assert_eq(cfg->proxy.domain_count, 1);
	config_free(cfg);
}

Test(advertise, a_group_needs_both_names)
{
	bad_group(INSIDE, 2, "listen.phones.advertise.outside is missing");
	bad_group(OUTSIDE, 2, "listen.phones.advertise.inside is missing");
	bad_group("", 2, "Write both outside and inside, or one text");
	bad_group("inside_from = [ \"10.0.0.0/8\" ];", 2, "inside is missing");
	bad_group("outside = 5; " INSIDE, 3,
		  "listen.phones.advertise.outside is not text");
	cr_assert_null(find(false, "is missing"), "it is there");
}

Test(advertise, it_is_one_text_or_one_group)
{
	bad("listen = { phones = { " PAIR "advertise = \"edge.example.fr\";\n"
	    "advertise = { " OUTSIDE INSIDE "}; }; };\n" UPSTREAM,
	    2, "duplicate setting");
	bad_listen(PAIR "advertise = 5;", "neither text nor a group");
	bad_listen(PAIR "advertise = [ \"edge.example.fr\" ];",
		   "Write it in \"quotes\" or as { ... }");
	bad_listen(PAIR "advertise = \"\";", "has 0 bytes");
	bad_group(OUTSIDE INSIDE "insid_from = [ \"10.0.0.0/8\" ];", 3,
		  "Did you mean listen.phones.advertise.inside_from?");
}

Test(advertise, each_name_is_judged_under_its_key)
{
	bad_group(OUTSIDE "\ninside = \"sip:edge\";", 4,
		  "listen.phones.advertise.inside = \"sip:edge\" is neither a "
		  "host");
	bad_group(INSIDE "\noutside = \"edge:0\";", 4,
		  "listen.phones.advertise.outside = \"edge:0\" is neither");
	bad_group(OUTSIDE "\ninside = \"0.0.0.0\";", 4,
		  "inside = \"0.0.0.0\" is no address that a phone");
	bad_group(OUTSIDE "\ninside = \"localhost\";", 4,
		  "inside = \"localhost\" is the phone itself");
}

Test(advertise, the_same_name_twice_is_no_nat)
{
	bad_group(OUTSIDE "\ninside = \"Edge.example.FR\";", 4,
		  "listen.phones.advertise.inside is the same as outside. "
		  "Write listen.phones.advertise = \"Edge.example.FR\"");
	bad_group(OUTSIDE "\ninside = \"edge.example.fr:5061\";", 4,
		  "is the same as outside");
}

Test(advertise, who_is_inside_is_a_list_of_whole_subnets)
{
	static const char from[] = "listen.phones.advertise.inside_from";

	bad_group(OUTSIDE INSIDE "\ninside_from = [ \"10.10.0.2\" ];", 4,
		  "inside_from: \"10.10.0.2\" is not a subnet");
	bad_group(OUTSIDE INSIDE "\ninside_from = [ \"0.0.0.0/0\" ];", 4,
		  "is everybody");
	bad_group(OUTSIDE INSIDE "\ninside_from = [ \"10.10.0.2/8\" ];", 4,
		  "Write 10.0.0.0/8");
	bad_group(OUTSIDE INSIDE "\ninside_from = [ ];", 4, "is empty");
	bad_group(OUTSIDE INSIDE "\ninside_from = \"10.0.0.0/8\";", 4,
		  "is not an array");
	cr_assert_not_null(find(false, from));
}
