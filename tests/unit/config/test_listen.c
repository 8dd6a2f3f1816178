/* test_listen.c - proves that phones are told a name that they can reach, over
 * TLS with a whole pair of files */
#include "fixture.h"

#define PAIR "certificate = \"/a.pem\"; key = \"/a.key\"; "

static struct config *listen_with(const char *keys)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 UPSTREAM "listen = { phones = { " PAIR "%s }; };\n", keys);
	return good(text);
}

Test(listen, an_address_may_leave_its_port_out)
{
	struct config *cfg = listen_with("address = \"10.0.0.1\";");

	cr_assert_eq(cfg->listen.version, 4);
	cr_assert_eq(cfg->listen.port, 5061);
	config_free(cfg);

	cfg = listen_with("address = \"[2001:db8::1]\";");
	cr_assert_eq(cfg->listen.version, 6);
	cr_assert_eq(cfg->listen.port, 5061);
	config_free(cfg);

	cfg = listen_with("address = \"[::]:5071\";");
	cr_assert(addr_is_any(&cfg->listen));
	cr_assert_eq(cfg->listen.port, 5071);
	config_free(cfg);
}

Test(listen, an_address_is_numeric_and_whole)
{
	bad_listen(PAIR "address = \"edge.example\";", "is not an address");
	bad_listen(PAIR "address = \"10.0.0.1:70000\";", "is not an address");
	bad_listen(PAIR "address = \"10.0.0.1:\";", "is not an address");
	bad_listen(PAIR "address = \"10.0.0.1:5061x\";", "is not an address");
	bad_listen(PAIR "address = \"[10.0.0.1]:5061\";", "is not an address");
}

Test(listen, only_a_test_on_loopback_may_let_the_kernel_choose_the_port)
{
	bad_listen(PAIR "address = \"0.0.0.0:0\";", "port 0");

	struct config *cfg = listen_with("address = \"127.0.0.1:0\";");

	cr_assert_eq(cfg->listen.port, 0);
	config_free(cfg);
}

Test(listen, advertise_defaults_to_a_concrete_address_only)
{
	struct config *cfg = listen_with("");

	cr_assert_str_eq(cfg->proxy.advertise.host, "");
	cr_assert_eq(cfg->proxy.advertise.port, 0);
	config_free(cfg);

	cfg = listen_with("address = \"10.0.0.1\";");
	cr_assert_str_eq(cfg->proxy.advertise.host, "10.0.0.1");
	cr_assert_eq(cfg->proxy.advertise.port, 0);
	config_free(cfg);
}

Test(listen, advertise_carries_the_port_that_is_not_the_schemes)
{
	struct config *cfg = listen_with("address = \"0.0.0.0:5071\"; "
					 "advertise = \"edge.example\";");

	cr_assert_eq(cfg->proxy.advertise.port, 5071);
	config_free(cfg);

	cfg = listen_with("address = \"0.0.0.0:5071\"; "
			  "advertise = \"edge.example:5061\";");
	cr_assert_eq(cfg->proxy.advertise.port, 5061, "a mapped port");
	config_free(cfg);

	cfg = listen_with("advertise = \"[2001:db8::1]:5071\";");
	cr_assert_str_eq(cfg->proxy.advertise.host, "2001:db8::1");
	cr_assert_eq(cfg->proxy.advertise.port, 5071);
	config_free(cfg);

	cfg = listen_with("advertise = \"2001:db8::1\";");
	cr_assert_str_eq(cfg->proxy.advertise.host, "2001:db8::1");
	cr_assert_eq(cfg->proxy.advertise.port, 0);
	config_free(cfg);
}

Test(listen, advertise_is_a_host_with_or_without_port)
{
	bad_listen(PAIR "advertise = \"sip:edge\";", "neither a host");
	bad_listen(PAIR "advertise = \"edge:0\";", "neither a host");
	bad_listen(PAIR "advertise = \"edge:\";", "neither a host");
	bad_listen(PAIR "advertise = \"edge example\";", "neither a host");
	bad_listen(PAIR "advertise = \"10.0.0.1.\";", "neither a host");
}

Test(listen, loopback_is_advertised_only_where_it_is_listened_on)
{
	bad_listen(PAIR "advertise = \"127.0.0.1\";", "the phone itself");
	bad_listen(PAIR "advertise = \"LOCALHOST\";", "the phone itself");
	bad_listen(PAIR "advertise = \"::1\";", "the phone itself");
	bad_listen(PAIR "advertise = \"0.0.0.0\";", "no address that a phone");
	bad_listen(PAIR "address = \"127.0.0.1\"; advertise = \"0.0.0.0\";",
		   "no address that a phone");

	struct config *cfg = listen_with("address = \"127.0.0.1:5061\"; "
					 "advertise = \"localhost\";");

	cr_assert_str_eq(cfg->proxy.advertise.host, "localhost");
	config_free(cfg);
}

Test(listen, certificates_come_in_pairs_and_the_first_is_the_default)
{
	struct config *cfg = listen_with(
		"certificates = ( { certificate = \"b.pem\"; key = \"b.key\"; "
		"} );");

	cr_assert_eq(cfg->certificate_count, 2);
	cr_assert_str_eq(cfg->certificates[0].certificate, "/a.pem");
	cr_assert_str_eq(cfg->certificates[0].key, "/a.key");
	cr_assert_str_eq(cfg->certificates[1].certificate, "/etc/b.pem");
	cr_assert_str_eq(cfg->certificates[1].key, "/etc/b.key");
	config_free(cfg);
}

Test(listen, half_a_pair_or_none_is_refused)
{
	bad_listen("certificate = \"a\";", "the key is missing");
	bad_listen("key = \"a\";", "the certificate is missing");
	bad_listen("", "certificate is missing");
	bad_listen(PAIR "certificates = ( { certificate = \"b\"; } );",
		   "the key is missing");
	bad_listen(PAIR "certificates = ( \"b.pem\" );", "is not a group");
}

Test(listen, a_certificate_too_many_is_refused)
{
	char keys[900] = PAIR "certificates = ( ";

	for (int i = 0; i < CONFIG_CERTIFICATES_MAX; i++)
		strcat(keys, i ? ", { certificate = \"b\"; key = \"c\"; }"
			       : "{ certificate = \"b\"; key = \"c\"; }");
	strcat(keys, " );");
	bad_listen(keys, "more than 16");
}

Test(listen, a_path_that_would_be_cut_is_refused)
{
	char keys[900];

	snprintf(keys, sizeof(keys), "key = \"a\"; certificate = \"%0*d\";",
		 CONFIG_PATH_MAX - 1, 0);
	bad_listen(keys, "too long");
}

/* With keys of listen.legacy in place of the usual. */
static void bad_legacy(const char *keys, const char *what)
{
	char text[3000];

	snprintf(text, sizeof(text),
		 UPSTREAM "listen = { phones = { " PAIR "};\n"
			  "legacy = { %s }; };\n",
		 keys);
	bad(text, 4, what);
}

#define PLACE "address = \"0.0.0.0:5071\"; "
#define VERSION "tls_min = \"1.2\"; "

Test(listen, a_legacy_listener_has_its_place_its_subnets_and_a_warning)
{
	struct config *cfg = good(
		UPSTREAM "listen = { phones = { " PAIR "};\n"
			 "legacy = { " PLACE VERSION "only = [ "
			 "\"10.20.40.0/24\", \"10.20.41.7/32\", "
			 "\"2001:db8:40::/64\", \"10.0.0.0/7\" ]; }; };\n");

	cr_assert(cfg->has_legacy);
	cr_assert_eq(cfg->legacy.port, 5071);
	cr_assert(addr_is_any(&cfg->legacy));
	cr_assert_eq(cfg->legacy_only.count, 4);
	cr_assert_eq(cfg->legacy_only.bits[0], 24);
	cr_assert_eq(cfg->legacy_only.bits[1], 32);
	cr_assert_eq(cfg->legacy_only.bits[2], 64);
	cr_assert_eq(cfg->legacy_only.bits[3], 7);
	cr_assert_eq(cfg->legacy_only.net[0].ip[1], 20);
	cr_assert_eq(cfg->legacy_only.net[2].version, 6);
	cr_assert_not_null(find(true, "4 subnets in with TLS 1.2"));
	cr_assert_eq(find(true, "listen.legacy")->line, 4);
	config_free(cfg);
}

Test(listen, without_a_legacy_group_there_is_none_and_no_warning)
{
	struct config *cfg = listen_with("");

	cr_assert(!cfg->has_legacy);
	cr_assert_null(find(true, "legacy"));
	config_free(cfg);
}

Test(listen, a_legacy_listener_names_all_of_its_keys)
{
	static const char only[] = "only = [ \"10.0.0.0/8\" ]; ";
	char keys[200];

	bad_legacy(PLACE VERSION, "listen.legacy.only is missing");
	snprintf(keys, sizeof(keys), PLACE "%s", only);
	bad_legacy(keys, "listen.legacy.tls_min is missing");
	snprintf(keys, sizeof(keys), VERSION "%s", only);
	bad_legacy(keys, "listen.legacy.address is missing");
	snprintf(keys, sizeof(keys), PLACE "tls_min = \"1.1\"; %s", only);
	bad_legacy(keys, "Write one of: 1.2");
	bad_legacy(PLACE VERSION "only = [ ];", "is empty");
}

Test(listen, a_legacy_listener_is_for_named_subnets_never_for_everybody)
{
	static const char *const nets[] = {"10.0.0.0",
					   "10.0.0.0/",
					   "10.0.0.0/33",
					   "10.0.0.0/024x",
					   "10.0.0.0/-1",
					   "2001:db8::/129",
					   "::ffff:10.0.0.0/120",
					   "10.0.0.0:5071/8",
					   "office/24",
					   "/8"};
	char keys[200];

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		snprintf(keys, sizeof(keys), PLACE VERSION "only = [ \"%s\" ];",
			 nets[i]);
		bad_legacy(keys, "is not a subnet");
	}
	bad_legacy(PLACE VERSION "only = [ \"0.0.0.0/0\" ];", "is everybody");
	bad_legacy(PLACE VERSION "only = [ \"::/0\" ];", "is everybody");
	bad_legacy(PLACE VERSION "only = [ \"10.20.40.7/24\" ];",
		   "Write 10.20.40.0/24");
	bad_legacy(PLACE VERSION "only = [ \"2001:db8::7/64\" ];",
		   "Write 2001:db8::/64");
}

Test(listen, at_most_64_subnets_are_named)
{
	char keys[2800] = PLACE VERSION "only = [ \"10.0.0.0/24\"";

	for (int i = 1; i < ADDR_NETS_MAX; i++)
		strcat(keys, ", \"10.0.0.0/24\"");
	strcat(keys, ", \"10.0.0.0/24\" ];");
	bad_legacy(keys, "has 65 entries");
}

Test(listen, the_legacy_place_is_whole_and_not_that_of_the_phones)
{
	static const char rest[] = VERSION "only = [ \"10.0.0.0/8\" ];";
	static const struct {
		const char *address, *what;
	} cases[] = {
		{"0.0.0.0:5061", "is where listen.phones listens"},
		{"10.0.0.1:5061", "is where listen.phones listens"},
		{"10.0.0.1", "with its port"},
		{"10.0.0.1:0", "with its port"},
		{"edge.example:5071", "with its port"},
	};
	char keys[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(keys, sizeof(keys), "address = \"%s\"; %s",
			 cases[i].address, rest);
		bad_legacy(keys, cases[i].what);
	}
	/* Another version of IP is another socket. */
	config_free(good(UPSTREAM "listen = { phones = { " PAIR "}; legacy = { "
				  "address = \"[::]:5061\"; " VERSION
				  "only = [ \"2001:db8::/32\" ]; }; };\n"));
}

Test(listen, who_may_call_emergencies_unregistered_is_named)
{
	struct config *cfg =
		good(LISTEN UPSTREAM
		     "emergency = { from = [ \"10.20.0.0/16\" ]; };");

	cr_assert_eq(cfg->emergency_from.count, 1);
	cr_assert_eq(cfg->emergency_from.bits[0], 16);
	cr_assert_not_null(find(true, "without a registration"));
	config_free(cfg);
	bad(LISTEN UPSTREAM "emergency = { from = [ \"0.0.0.0/0\" ]; };", 5,
	    "is everybody");
}
