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
