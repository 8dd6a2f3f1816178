/* test_upstream.c - proves that the PBX is named by address, that it is told
 * an address it can answer to, and that what is weaker is asked for and said */
#include "fixture.h"

#define URI "uri = \"sip:10.10.0.5\"; "
#define LOCAL "local = \"10.10.0.2\"; "
#define SRTP "srtp = \"off\"; "

static struct config *upstream_with(const char *keys)
{
	char text[1024];

	snprintf(text, sizeof(text), LISTEN "upstream = { " SRTP "%s };\n",
		 keys);
	return good(text);
}

static void expect_addr(const struct addr *addr, const char *want)
{
	char text[ADDR_TEXT_MAX];

	addr_print(text, addr);
	cr_assert_str_eq(text, want);
}

Test(upstream, is_completed_with_the_schemes_port_and_its_own_host)
{
	struct config *cfg = upstream_with(URI LOCAL);

	cr_assert(cfg->proxy.has_upstream);
	expect_addr(&cfg->proxy.upstream, "10.10.0.5:5060");
	expect_addr(&cfg->proxy.upstream_bind, "10.10.0.2:5060");
	cr_assert_str_eq(cfg->proxy.upstream_domain, "10.10.0.5");
	cr_assert_not(cfg->proxy.sips_inside_secure);
	config_free(cfg);
}

Test(upstream, takes_ports_transport_domain_and_ipv6)
{
	struct config *cfg = upstream_with(
		"kind = \"pbx\"; registration = \"contact\"; "
		"uri = \"SIP:[2001:db8::5]:5080;transport=UDP\"; "
		"local = \"[2001:db8::2]:5090\"; domain = \"pbx.example\";");

	expect_addr(&cfg->proxy.upstream, "[2001:db8::5]:5080");
	expect_addr(&cfg->proxy.upstream_bind, "[2001:db8::2]:5090");
	cr_assert_str_eq(cfg->proxy.upstream_domain, "pbx.example");
	config_free(cfg);
}

Test(upstream, a_uri_that_names_no_address_is_refused_with_the_remedy)
{
	bad_upstream(SRTP LOCAL "uri = \"sip:pbx.example\";",
		     "Names are not looked up");
	bad_upstream(SRTP LOCAL "uri = \"sip:10.0.0.5:0\";",
		     "cannot be sent to");
	bad_upstream(SRTP LOCAL "uri = \"sip:0.0.0.0\";", "cannot be sent to");
	bad_upstream(SRTP LOCAL "uri = \"sip:\";", "does not name an address");
	bad_upstream(SRTP LOCAL "uri = \"sips:10.0.0.5\";", "TLS to the PBX");
	bad_upstream(SRTP LOCAL "uri = \"10.0.0.5\";", "not a SIP URI");
	bad_upstream(SRTP LOCAL "uri = \"sip:1001@10.0.0.5\";", "has a user");
	bad_upstream(SRTP LOCAL "uri = \"sip:10.0.0.5?a=b\";", "has a user");
	bad_upstream(SRTP LOCAL "uri = \"sip:10.0.0.5;transport=tcp\";",
		     "parameter");
	bad_upstream(SRTP LOCAL "uri = \"sip:10.0.0.5;\";", "parameter");
	bad_upstream(SRTP LOCAL "uri = \"sip:10.0.0.5;transport=udp;lr\";",
		     "parameter");
	bad_upstream(SRTP LOCAL "uri = \"sip:2001:db8::5\";", "brackets");
	bad_upstream(SRTP LOCAL, "upstream.uri is missing");
}

Test(upstream, local_is_an_address_that_the_pbx_can_answer_to)
{
	bad_upstream(SRTP URI, "upstream.local is missing");
	bad_upstream(SRTP URI "local = \"edge\";", "is not an address");
	bad_upstream(SRTP URI "local = \"10.10.0.2:0\";", "port 0");
	bad_upstream(SRTP URI "local = \"0.0.0.0\";", "can answer to");
	bad_upstream(SRTP URI "local = \"127.0.0.1\";", "the PBX itself");
	bad_upstream(SRTP URI "local = \"2001:db8::1\";", "IP versions");
	bad_upstream(SRTP URI "local = \"10.10.0.5\";", "own address");
}

Test(upstream, loopback_serves_a_pbx_on_this_machine_only)
{
	struct config *cfg = upstream_with("uri = \"sip:127.0.0.1:5070\"; "
					   "local = \"127.0.0.1:5060\";");

	expect_addr(&cfg->proxy.upstream_bind, "127.0.0.1:5060");
	config_free(cfg);
	bad_upstream(SRTP "uri = \"sip:127.0.0.1\"; local = \"127.0.0.1\";",
		     "own address");
	bad_upstream(SRTP "uri = \"sip:127.0.0.1:5070\"; local = \"0.0.0.0\";",
		     "can answer to");
}

static struct config *srtp_with(const char *keys)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 LISTEN "upstream = { " URI LOCAL "\n%s };\n", keys);
	return good(text);
}

Test(upstream, speaks_rtp_unless_srtp_is_required)
{
	struct config *cfg = srtp_with("");

	cr_assert_not(cfg->media.upstream_srtp);
	cr_assert_str_eq(cfg->proxy.where_srtp, "upstream.srtp (default)");
	cr_assert_null(find(true, "keys_in_clear"));
	config_free(cfg);
	cfg = srtp_with("srtp = \"off\"; keys_in_clear = false;");
	cr_assert_not(cfg->media.upstream_srtp);
	cr_assert_null(find(true, "keys_in_clear"));
	config_free(cfg);
	bad_upstream(URI LOCAL "srtp = \"pass\";",
		     "is \"pass\", which is not served. Write one of: "
		     "off|required");
}

Test(upstream, keys_cross_a_link_in_clear_only_by_a_loosening_that_is_said)
{
	struct config *cfg;

	bad_upstream(URI LOCAL "srtp = \"required\";",
		     "Write keys_in_clear = true if that link is trusted");
	bad_upstream(URI LOCAL "srtp = \"required\"; keys_in_clear = false;",
		     "sends SRTP keys over UDP in clear");
	bad_upstream(URI LOCAL "srtp = \"required\"; keys_in_clear = \"yes\";",
		     "upstream.keys_in_clear is not a flag. Write true or "
		     "false without quotes");

	cfg = srtp_with("srtp = \"required\"; keys_in_clear = true;");
	cr_assert(cfg->media.upstream_srtp);
	cr_assert_eq(find(true, "upstream.keys_in_clear = true: SRTP keys "
				"cross the link")
			     ->line,
		     4);
	config_free(cfg);

	/* Nothing is loosened, but somebody thinks so. */
	cfg = srtp_with("keys_in_clear = true;");
	cr_assert_not(cfg->media.upstream_srtp);
	cr_assert_not_null(find(true, "for srtp = \"required\" alone"));
	config_free(cfg);
}

Test(upstream, sips_without_tls_is_a_loosening_that_is_said)
{
	struct config *cfg = upstream_with(URI LOCAL "sips = \"refuse\";");

	cr_assert_not(cfg->proxy.sips_inside_secure);
	cr_assert_null(find(true, "inside-is-secure"));
	config_free(cfg);

	cfg = upstream_with(URI LOCAL "sips = \"inside-is-secure\";");
	cr_assert(cfg->proxy.sips_inside_secure);
	cr_assert_not_null(find(true, "inside-is-secure"));
	config_free(cfg);
	bad_upstream(SRTP URI LOCAL "sips = \"refuse|inside-is-secure\";",
		     "one of: refuse|inside-is-secure");
}

Test(upstream, what_is_not_served_yet_is_refused)
{
	bad_upstream(SRTP URI LOCAL "kind = \"trunk\";", "one of: pbx");
	bad_upstream(SRTP URI LOCAL "registration = \"path\";",
		     "one of: contact");
	bad_upstream(SRTP URI LOCAL "domain = \"sip:pbx\";", "is not a host");
}

Test(upstream, records_name_the_setting_with_its_line)
{
	struct config *cfg = good(LISTEN UPSTREAM);

	cr_assert_str_eq(cfg->proxy.where_upstream,
			 "upstream.uri /etc/r.conf:3");
	cr_assert_str_eq(cfg->proxy.where_srtp, "upstream.srtp /etc/r.conf:4");
	config_free(cfg);
}

Test(upstream, a_long_file_name_leaves_the_line_in_the_record)
{
	struct config *cfg = NULL;
	char name[200];

	snprintf(name, sizeof(name), "/%0100d/edge.conf", 0);
	cr_assert_eq(parse(&cfg, LISTEN UPSTREAM, name, false), 0);
	cr_assert_str_eq(cfg->proxy.where_upstream, "upstream.uri edge.conf:3");
	config_free(cfg);
}

Test(upstream, a_strict_port_has_to_be_asked_for)
{
	struct config *cfg = good(LISTEN UPSTREAM
				  "media = { upstream = { strict_port = true; "
				  "}; };");

	cr_assert(cfg->media.upstream_strict);
	config_free(cfg);
}
