/* test_media.c - proves that the relay has its ports and addresses for itself,
 * that each side is told one that it can send to, and what a phone is spared */
#include "fixture.h"

#define AT 5 /* the line of the media group */
#define MEDIA(keys) LISTEN UPSTREAM "media = { " keys "\n};\n"

static void expect(const struct addr *addr, const char *want)
{
	char text[ADDR_TEXT_MAX];

	addr_print(text, addr);
	cr_assert_str_eq(text, want);
}

/* The listener and the PBX by other addresses than usual. */
static void sides(char text[static 2048], const char *phones,
		  const char *upstream, const char *media)
{
	snprintf(text, 2048,
		 "listen = { phones = { %s certificate = \"/a.pem\"; key = "
		 "\"/a.key\"; }; };\nupstream = { %s };\nmedia = {\n%s\n};",
		 phones, upstream, media);
}

static struct config *good_sides(const char *phones, const char *upstream,
				 const char *media)
{
	char text[2048];

	sides(text, phones, upstream, media);
	return good(text);
}

#define FIXED "address = \"10.10.0.2:5061\"; "
#define PBX "uri = \"sip:10.10.0.5\"; local = \"10.10.0.2\"; "
#define PBX_HERE "uri = \"sip:127.0.0.1:5070\"; local = \"127.0.0.1\"; "
#define PBX_IP6 "uri = \"sip:[2001:db8::5]\"; local = \"[2001:db8::2]\"; "

Test(media, the_defaults_need_no_word)
{
	struct config *cfg = good(LISTEN UPSTREAM);
	const struct config_relay *relay = &cfg->relay;
	const struct media_settings *set = &cfg->media;

	cr_assert_str_eq(relay->engine, "openssl");
	cr_assert_eq(relay->threads, 1);
	cr_assert_eq(relay->ports, CONFIG_MEDIA_STRIDE);
	expect(&relay->phones, "0.0.0.0:16000");
	cr_assert_eq(relay->phones_seen.version, 0);
	cr_assert_eq(relay->emergency_first, 16900);
	cr_assert_eq(relay->emergency_last, 16939);
	expect(&relay->upstream, "10.10.0.2");
	expect(&set->upstream_seen, "10.10.0.2");
	expect(&set->upstream_bound, "10.10.0.2");
	cr_assert_eq(set->upstream_first, 20000);
	cr_assert_eq(set->upstream_last, 29999);
	cr_assert_not(set->upstream_single);
	cr_assert_not(set->upstream_strict);
	cr_assert_not(set->upstream_srtp);
	cr_assert_eq(set->timeout_s, 60);
	cr_assert_null(find(true, "media"));
	config_free(cfg);
}

Test(media, every_written_value_is_taken)
{
	struct config *cfg = good(MEDIA(
		"suites = [ \"AES_CM_128_HMAC_SHA1_80\" ]; threads = 16; "
		"engine = \"libsrtp2\"; timeout_s = 0;\n"
		"phones = { address = \"10.10.0.3\"; port = 40000; advertise = "
		"\"203.0.113.3\"; emergency_ports = \"1024-1063\"; };\n"
		"upstream = { address = \"0.0.0.0\"; advertise = "
		"\"10.10.0.4\"; mode = \"range\"; ports = \"2000-2001\"; };\n"
		"quirks = ( { agent = \"Acme\"; without = [ "
		"\"AEAD_AES_256_GCM\", \"AEAD_AES_128_GCM\" ]; } );"));
	const struct config_relay *relay = &cfg->relay;
	const struct media_settings *set = &cfg->media;

	cr_assert_eq(cfg->sdp.suite_count, 1);
	cr_assert_str_eq(relay->engine, "libsrtp2");
	cr_assert_eq(relay->threads, 16);
	cr_assert_eq(relay->ports, 16 * CONFIG_MEDIA_STRIDE);
	expect(&relay->phones, "10.10.0.3:40000");
	expect(&relay->phones_seen, "203.0.113.3");
	cr_assert_eq(relay->emergency_first, 1024);
	cr_assert_eq(relay->emergency_last, 1063);
	expect(&relay->upstream, "0.0.0.0");
	expect(&set->upstream_bound, "0.0.0.0");
	expect(&set->upstream_seen, "10.10.0.4");
	cr_assert_eq(set->upstream_first, 2000);
	cr_assert_eq(set->upstream_last, 2001);
	cr_assert_eq(set->timeout_s, 0);
	cr_assert_eq(set->quirk_count, 1);
	cr_assert_str_eq(set->quirks[0].agent, "Acme");
	cr_assert_eq(set->quirks[0].without,
		     1u << SUITE_AEAD_AES_256_GCM |
			     1u << SUITE_AEAD_AES_128_GCM);
	config_free(cfg);
}

Test(media, a_value_keeps_within_its_choices_and_bounds)
{
	bad(MEDIA("\nengine = \"srtp3\";"), AT + 1, "one of: openssl|libsrtp2");
	bad(MEDIA("\nthreads = 0;"), AT + 1, "1 to 16");
	bad(MEDIA("\nthreads = 17;"), AT + 1, "1 to 16");
	bad(MEDIA("\ntimeout_s = 3601;"), AT + 1, "0 to 3600");
	bad(MEDIA("\ntimeout_s = \"1m\";"), AT + 1, "not a whole number");
	bad(MEDIA("upstream = {\nmode = \"both\"; };"), AT + 1,
	    "one of: range|single");
	bad(MEDIA("phones = {\nport = 1022; };"), AT + 1, "1024 to 65520");
	bad(MEDIA("phones = {\nadress = \"10.0.0.1\"; };"), AT + 1,
	    "Did you mean media.phones.address?");
}

Test(media, rtp_has_even_ports)
{
	bad(MEDIA("phones = {\nport = 16001; };"), AT + 1, "Write 16002");
	bad(MEDIA("phones = {\nemergency_ports = \"16901-16950\"; };"), AT + 1,
	    "Write 16902");
	bad(MEDIA("upstream = {\nports = \"20001-20100\"; };"), AT + 1,
	    "Write 20002");
	bad(MEDIA("upstream = { mode = \"single\";\nports = \"15991\"; };"),
	    AT + 1, "Write 15992");
	cr_assert_eq(problems.faults, 1, "no overlap is guessed from a fault");
}

static void bad_range(const char *range)
{
	char text[512];

	snprintf(text, sizeof(text),
		 LISTEN UPSTREAM "media = { phones = {\nemergency_ports = "
				 "\"%s\"; }; };",
		 range);
	bad(text, AT + 1, "is no range of ports");
	snprintf(text, sizeof(text),
		 LISTEN UPSTREAM "media = { upstream = {\nports = \"%s\"; }; "
				 "};",
		 range);
	bad(text, AT + 1, "as \"20000-29999\"");
}

Test(media, a_range_is_two_ports_with_room_for_a_pair)
{
	static const char *const ranges[] = {
		"20000",       "20000-",      "-20000",	       "20000-20000",
		"20002-20000", "20000:20010", "20000 - 20010", "1022-2000",
		"20000-65536", "0-29999",     "a-b",	       "20000-20010-9",
		"-",
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		bad_range(ranges[i]);

	struct config *cfg =
		good(MEDIA("upstream = { ports = \"65534-65535\"; };"));

	cr_assert_eq(cfg->media.upstream_first, 65534);
	cr_assert_eq(cfg->media.upstream_last, 65535);
	config_free(cfg);
}

Test(media, relay_threads_need_room_below_the_last_port)
{
	struct config *cfg = good(MEDIA("phones = { port = 65520; };"));

	cr_assert_eq(cfg->relay.phones.port, 65520);
	config_free(cfg);
	bad(MEDIA("threads = 2; phones = {\nport = 65520; };"), AT + 1,
	    "32 ports, which 2 relay threads need. Write 65504 or less");
	config_free(good(MEDIA("threads = 16; phones = { port = 65280; };")));
	bad(MEDIA("threads = 16; phones = {\nport = 65282; };"), AT + 1,
	    "Write 65280 or less");
	bad(MEDIA("threads = 2; upstream = { mode = \"single\";\nports = "
		  "\"65506\"; };"),
	    AT + 1, "Write 65504 or less");
}

Test(media, single_takes_the_first_port_and_a_stride_a_thread)
{
	struct config *cfg =
		good(MEDIA("threads = 2; upstream = { mode = \"single\"; };"));

	cr_assert(cfg->media.upstream_single);
	cr_assert_eq(cfg->media.upstream_first, 20000);
	cr_assert_eq(cfg->media.upstream_last, 20031);
	expect(&cfg->relay.upstream, "10.10.0.2:20000");
	config_free(cfg);

	cfg = good(MEDIA("upstream = { mode = \"single\"; ports = \"3000\"; "
			 "};"));
	cr_assert_eq(cfg->media.upstream_last, 3015);
	expect(&cfg->relay.upstream, "10.10.0.2:3000");
	expect(&cfg->media.upstream_bound, "10.10.0.2");
	config_free(cfg);
}

Test(media, shared_and_emergency_ports_of_phones_do_not_overlap)
{
	bad(MEDIA("phones = {\nemergency_ports = \"15990-16000\"; };"), AT + 1,
	    "media.phones.emergency_ports (15990 to 16000) overlaps "
	    "media.phones.port (16000 to 16015)");
	bad(MEDIA("phones = {\nemergency_ports = \"16014-16100\"; };"), AT + 1,
	    "overlaps");
	bad(MEDIA("threads = 2; phones = {\nemergency_ports = "
		  "\"16030-16100\"; };"),
	    AT + 1, "(16000 to 16031)");
	config_free(good(
		MEDIA("phones = { emergency_ports = \"15900-15999\"; };")));
	config_free(good(
		MEDIA("phones = { emergency_ports = \"16016-16099\"; };")));
}

Test(media, ports_of_both_sides_overlap_on_one_address_alone)
{
	/* A wildcard is every address. */
	bad(MEDIA("upstream = {\nports = \"16014-16099\"; };"), AT + 1,
	    "media.upstream.ports (16014 to 16099) overlaps "
	    "media.phones.port (16000 to 16015)");
	config_free(good(MEDIA("phones = { address = \"10.10.0.3\"; }; "
			       "upstream = { ports = \"16000-16099\"; };")));
	bad(MEDIA("phones = { address = \"10.10.0.2\"; }; upstream = {\n"
		  "ports = \"16000-16099\"; };"),
	    AT + 1, "overlaps media.phones.port");
	bad(MEDIA("phones = { address = \"10.10.0.3\"; }; upstream = { "
		  "address = \"0.0.0.0\"; advertise = \"10.10.0.2\";\nports = "
		  "\"16000-16099\"; };"),
	    AT + 1, "overlaps media.phones.port");
	bad(MEDIA("upstream = { mode = \"single\";\nports = \"15990\"; };"),
	    AT + 1, "(15990 to 16005)");
	config_free(good(MEDIA(
		"upstream = { mode = \"single\"; ports = \"15984\"; };")));
}

Test(media, emergency_and_upstream_ports_overlap_on_any_address)
{
	bad(MEDIA("phones = { address = \"10.10.0.3\"; emergency_ports = "
		  "\"20100-20139\"; };"),
	    AT,
	    "media.upstream.ports (20000 to 29999) overlaps "
	    "media.phones.emergency_ports (20100 to 20139)");
	bad(MEDIA("phones = { address = \"10.10.0.3\"; }; upstream = { mode = "
		  "\"single\";\nports = \"16938\"; };"),
	    AT + 1, "overlaps media.phones.emergency_ports");
}

Test(media, shared_ports_leave_out_that_of_sip_to_the_pbx)
{
	bad(MEDIA("phones = {\nport = 5050; };"), AT + 1,
	    "overlaps upstream.local (5060 to 5060)");
	bad(MEDIA("upstream = { mode = \"single\";\nports = \"5060\"; };"),
	    AT + 1, "overlaps upstream.local");
	config_free(good(MEDIA("phones = { address = \"10.10.0.3\"; port = "
			       "5050; };")));
	/* One pair of many is passed over. */
	config_free(good(MEDIA("upstream = { ports = \"5000-5999\"; };")));
}

Test(media, without_a_pbx_its_ports_are_nobodys)
{
	struct config *cfg = good(LISTEN "registrar = { users = ( " USER(
		"1001") " ); };\n"
			"media = { phones = { port = 20000; "
			"emergency_ports = \"20100-20139\"; }; };");

	cr_assert_eq(cfg->relay.upstream.version, 0);
	cr_assert_null(find(true, "media"));
	config_free(cfg);
	cfg = good(LISTEN "registrar = { users = ( " USER(
		"1001") " ); };\n"
			"media = {\nupstream = { ports = \"2000-2999\"; }; "
			"};");
	cr_assert_eq(find(true, "media.upstream means nothing")->line, 5);
	config_free(cfg);
}

Test(media, an_address_is_an_ip_without_a_port)
{
	bad(MEDIA("phones = {\naddress = \"edge.example\"; };"), AT + 1,
	    "media.phones.address = \"edge.example\" is not an address");
	bad(MEDIA("phones = {\naddress = \"10.0.0.1:16000\"; };"), AT + 1,
	    "without a port");
	bad(MEDIA("phones = {\nadvertise = \"edge.example.fr\"; };"), AT + 1,
	    "names are not looked up");
	bad(MEDIA("upstream = {\naddress = \"10.0.0\"; };"), AT + 1,
	    "media.upstream.address = \"10.0.0\" is not an address");
	bad(MEDIA("upstream = {\nadvertise = \"\"; };"), AT + 1, "0 bytes");
	bad(MEDIA("upstream = {\nadvertise = \"pbx\"; };"), AT + 1,
	    "media.upstream.advertise = \"pbx\" is not an address");
}

Test(media, phones_are_told_the_one_address_that_is_bound)
{
	struct config *cfg = good_sides(FIXED, PBX, "");

	expect(&cfg->relay.phones, "10.10.0.2:16000");
	expect(&cfg->relay.phones_seen, "10.10.0.2");
	config_free(cfg);
	cfg = good(MEDIA("phones = { address = \"10.10.0.3\"; };"));
	expect(&cfg->relay.phones_seen, "10.10.0.3");
	config_free(cfg);
}

Test(media, nobody_is_told_an_address_that_cannot_be_sent_to)
{
	char text[2048];

	bad(MEDIA("phones = {\nadvertise = \"0.0.0.0\"; };"), AT + 1,
	    "no address that a phone can send to");
	bad(MEDIA("phones = {\nadvertise = \"127.0.0.1\"; };"), AT + 1,
	    "the sender itself when seen from a phone");
	bad(MEDIA("phones = {\naddress = \"127.0.0.1\"; };"), AT + 1,
	    "media.phones.address = \"127.0.0.1\" is the sender");
	bad(MEDIA("phones = {\nadvertise = \"2001:db8::1\"; };"), AT + 1,
	    "different IP versions");
	bad(MEDIA("upstream = {\naddress = \"0.0.0.0\"; };"), AT + 1,
	    "no address that the PBX can send to. Name one in "
	    "media.upstream.advertise");
	bad(MEDIA("upstream = {\nadvertise = \"0.0.0.0\"; };"), AT + 1,
	    "no address that the PBX can send to");
	bad(MEDIA("upstream = {\naddress = \"127.0.0.1\"; };"), AT + 1,
	    "the sender itself when seen from the PBX");
	bad(MEDIA("upstream = {\naddress = \"2001:db8::2\"; };"), AT + 1,
	    "media.upstream and upstream.uri are of different IP versions");
	sides(text, FIXED, PBX_IP6,
	      "upstream = { address = \"::\";\nadvertise = \"10.10.0.2\"; };");
	bad(text, 5, "media.upstream and upstream.uri");
}

Test(media, loopback_serves_who_is_on_this_machine)
{
	struct config *cfg =
		good_sides("address = \"127.0.0.1:5061\";", PBX_HERE, "");

	expect(&cfg->relay.phones_seen, "127.0.0.1");
	expect(&cfg->media.upstream_seen, "127.0.0.1");
	config_free(cfg);
	config_free(good_sides("address = \"127.0.0.1:5061\";", PBX_HERE,
			       "phones = { advertise = \"127.0.0.1\"; }; "
			       "upstream = { address = \"127.0.0.2\"; };"));
}

Test(media, one_wildcard_of_ip6_serves_both_versions)
{
	struct config *cfg =
		good_sides("address = \"[::]:5061\";", PBX_IP6,
			   "phones = { advertise = \"203.0.113.3\"; };");

	expect(&cfg->relay.phones_seen, "203.0.113.3");
	expect(&cfg->media.upstream_seen, "2001:db8::2");
	config_free(cfg);
}

#define TWO_NAMES                                                              \
	"advertise = { outside = \"edge.example.fr\"; inside = "               \
	"\"10.10.0.2\"; };"

Test(media, behind_a_nat_the_address_before_it_is_asked_for)
{
	static const char what[] = "through a NAT";
	static const char named[] =
		"phones = { advertise = \"203.0.113.3\"; };";

	config_free(good_sides(TWO_NAMES, PBX, ""));
	cr_assert_eq(find(true, what)->line, 1);
	config_free(good_sides(TWO_NAMES, PBX, named));
	cr_assert_null(find(true, what));

	/* No socket of ours has the address that phones dial. */
	config_free(good_sides(FIXED "advertise = \"203.0.113.3\";", PBX, ""));
	cr_assert_not_null(find(true, what));
	config_free(
		good_sides(FIXED "advertise = \"203.0.113.3\";", PBX, named));
	cr_assert_null(find(true, what));
	config_free(good_sides(FIXED "advertise = \"10.10.0.2\";", PBX, ""));
	cr_assert_null(find(true, what));
	config_free(good_sides(FIXED "advertise = \"a.example\";", PBX, ""));
	cr_assert_null(find(true, what));
}

Test(media, every_emergency_call_of_the_site_has_a_pair)
{
	static const char what[] = "Widen it to 60 ports";

	config_free(good(LISTEN UPSTREAM "emergency = { per_site = 30; };"));
	cr_assert_not_null(find(true, what));
	config_free(good(LISTEN UPSTREAM
			 "emergency = { per_site = 30; };\n"
			 "media = { phones = {\nemergency_ports = "
			 "\"16900-16958\"; }; };"));
	cr_assert_eq(find(true, what)->line, AT + 2, "29 pairs");
	config_free(good(LISTEN UPSTREAM
			 "emergency = { per_site = 30; };\n"
			 "media = { phones = { emergency_ports = "
			 "\"16900-16959\"; }; };"));
	cr_assert_null(find(true, what));
}

Test(quirks, what_is_known_to_fail_is_left_out_by_default)
{
	struct config *cfg = good(LISTEN UPSTREAM);

	cr_assert_eq(cfg->media.quirk_count, 1);
	cr_assert_str_eq(cfg->media.quirks[0].agent, "Zoiper");
	cr_assert_eq(cfg->media.quirks[0].without,
		     1u << SUITE_AES_256_CM_HMAC_SHA1_80 |
			     1u << SUITE_AES_256_CM_HMAC_SHA1_32);
	config_free(cfg);
	cfg = good(MEDIA("quirks = ( );"));
	cr_assert_eq(cfg->media.quirk_count, 0, "an own list takes its place");
	config_free(cfg);
}

Test(quirks, a_row_names_phones_and_suites)
{
	bad(MEDIA("quirks = (\n{ agent = \"Acme\"; } );"), AT + 1,
	    "Write both");
	bad(MEDIA("quirks = (\n{ without = [ \"AEAD_AES_256_GCM\" ]; } );"),
	    AT + 1, "Write both");
	bad(MEDIA("quirks = (\n\"Acme\" );"), AT + 1, "is not a group");
	bad(MEDIA("quirks = ( { agent = \"Acme\";\nwithout = [ "
		  "\"AEAD_AES_256\" ]; } );"),
	    AT + 1, "Did you mean AEAD_AES_256_GCM?");
	bad(MEDIA("quirks = ( { agent = \"Acme\";\nwithout = [ ]; } );"),
	    AT + 1, "is empty");
	bad(MEDIA("quirks = ( {\nagent = \"\"; without = [ "
		  "\"AEAD_AES_256_GCM\" ]; } );"),
	    AT + 1, "0 bytes");
	bad(MEDIA("quirks = ( {\nagents = \"Acme\"; } );"), AT + 1,
	    "Did you mean media.quirks[].agent?");
}

#define SUITES_OF_ONE "suites = [ \"AES_256_CM_HMAC_SHA1_80\" ]; "

Test(quirks, a_phone_keeps_one_suite_at_least)
{
	bad(MEDIA(SUITES_OF_ONE "\nquirks = ( { agent = \"Acme\"; without = [ "
				"\"AES_CM_256_HMAC_SHA1_80\" ]; } );"),
	    AT + 1, "leaves \"Acme\" none of media.suites");

	/* Nobody wrote that row, and there may be no such phone. */
	config_free(good(MEDIA("\n" SUITES_OF_ONE)));
	cr_assert_eq(find(true, "Zoiper")->line, AT + 1);
	config_free(good(LISTEN UPSTREAM));
	cr_assert_null(find(true, "Zoiper"));
}

Test(quirks, as_many_rows_as_there_is_room_for)
{
	static char text[16384];
	size_t len;

	for (int rows = MEDIA_QUIRKS_MAX; rows <= MEDIA_QUIRKS_MAX + 1;
	     rows++) {
		len = (size_t)snprintf(text, sizeof(text),
				       LISTEN UPSTREAM "media = { quirks = (");
		for (int i = 0; i < rows; i++)
			len += (size_t)snprintf(
				text + len, sizeof(text) - len,
				"%s{ agent = \"%d\"; without = [ "
				"\"AEAD_AES_256_GCM\" ]; }",
				i ? ",\n" : "", i);
		snprintf(text + len, sizeof(text) - len, "); };");
		if (rows > MEDIA_QUIRKS_MAX) {
			bad(text, AT, "65 entries");
			continue;
		}

		struct config *cfg = good(text);

		cr_assert_eq(cfg->media.quirk_count, MEDIA_QUIRKS_MAX);
		config_free(cfg);
	}
}

Test(media, phones_on_both_sides_of_a_nat_get_an_address_each)
{
	struct config *cfg = good(
		LISTEN UPSTREAM
		"media = { phones = { advertise = { outside = \"203.0.113.7\";"
		" inside = \"10.10.0.2\"; inside_from = [ \"10.0.0.0/8\" ];"
		" }; }; };");
	struct addr inside, outside;

	cr_assert_eq(addr_parse(&inside, SPAN("10.10.0.2")), 0);
	cr_assert_eq(addr_parse(&outside, SPAN("203.0.113.7")), 0);
	cr_assert(addr_eq(&cfg->relay.phones_seen, &outside));
	cr_assert(addr_eq(&cfg->relay.phones_inside, &inside));
	cr_assert_eq(cfg->relay.inside_from.count, 1);
	config_free(cfg);
}
