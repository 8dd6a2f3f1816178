/* test_config.c - proves that a file is read whole and completed, or refused
 * whole with faults that name file, line and remedy */
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

Test(config, a_short_file_is_completed_with_the_safe_defaults)
{
	struct config *cfg = good(LISTEN UPSTREAM);

	cr_assert_str_eq(cfg->file, "/etc/r.conf");
	cr_assert_not(cfg->demo);
	cr_assert(addr_is_any(&cfg->listen));
	cr_assert_eq(cfg->listen.port, 5061);
	cr_assert_eq(cfg->connections_max, 5000);
	cr_assert_eq(cfg->connections_per_source, 1000);
	cr_assert_str_eq(cfg->log_directory, "/var/log/rempart");
	cr_assert_eq(cfg->log_max_mib, 1024);
	cr_assert_str_eq(cfg->state_directory, "/var/lib/rempart");
	cr_assert_neq(cfg->node[0], '\0');
	cr_assert_eq(cfg->sdp.suite_count, 4);
	cr_assert_eq(cfg->sdp.suites[0], SUITE_AEAD_AES_256_GCM);
	cr_assert_eq(cfg->sdp.suites[1], SUITE_AES_256_CM_HMAC_SHA1_80);
	cr_assert_eq(cfg->sdp.suites[2], SUITE_AEAD_AES_128_GCM);
	cr_assert_eq(cfg->sdp.suites[3], SUITE_AES_CM_128_HMAC_SHA1_80);
	cr_assert_eq(cfg->registrar.user_count, 0);
	config_free(cfg);
}

Test(config, every_written_value_is_taken)
{
	struct config *cfg = good(
		"node = \"edge-paris\"; domains = [ \"a.example\" ];\n"
		"limits = { connections = 50000; connections_per_source = 7; "
		"};\n"
		"log = { directory = \"logs\"; max_mib = 2; };\n"
		"state = { directory = \"/srv/state\"; };\n"
		"media = { suites = [ \"AES_CM_128_HMAC_SHA1_80\" ]; "
		"};\n" LISTEN UPSTREAM);

	cr_assert_str_eq(cfg->node, "edge-paris");
	cr_assert_eq(cfg->connections_max, 50000);
	cr_assert_eq(cfg->connections_per_source, 7);
	cr_assert_str_eq(cfg->log_directory, "/etc/logs");
	cr_assert_eq(cfg->log_max_mib, 2);
	cr_assert_str_eq(cfg->state_directory, "/srv/state");
	cr_assert_eq(cfg->sdp.suite_count, 1);
	cr_assert_eq(cfg->sdp.suites[0], SUITE_AES_CM_128_HMAC_SHA1_80);
	cr_assert_eq(cfg->proxy.domain_count, 1);
	cr_assert_str_eq(cfg->proxy.domains[0], "a.example");
	config_free(cfg);
}

Test(config, the_hash_is_the_start_of_sha256_of_the_text)
{
	/* printf '%s' TEXT | sha256sum */
	struct config *cfg = NULL;

	cr_assert_eq(parse(&cfg, "", "demo", true), 0);
	cr_assert_str_eq(cfg->hash, "e3b0c44298fc1c14");
	config_free(cfg);
}

Test(config, domains_default_to_every_name_that_phones_may_use)
{
	struct config *cfg = good(
		LISTEN "upstream = { uri = \"sip:10.10.0.5\"; srtp = \"off\";"
		       "local = \"10.10.0.2\"; domain = \"pbx.example\"; };");

	cr_assert_eq(cfg->proxy.domain_count, 3);
	cr_assert_str_eq(cfg->proxy.domains[0], "pbx.example");
	cr_assert_str_eq(cfg->proxy.domains[1], "10.10.0.5");
	cr_assert_str_eq(cfg->proxy.domains[2], "edge.example.fr");
	config_free(cfg);

	/* Without a domain of its own the PBX's address counts once. */
	cfg = good(LISTEN UPSTREAM);
	cr_assert_eq(cfg->proxy.domain_count, 2);
	config_free(cfg);
}

Test(config, a_domain_is_a_bare_host)
{
	bad("domains = [ \"sip:a.example\" ];" LISTEN UPSTREAM, 1,
	    "is not a host");
	bad("domains = [ \"a.example:5061\" ];" LISTEN UPSTREAM, 1,
	    "is not a host");
	bad("domains = [ \"a..example\" ];" LISTEN UPSTREAM, 1,
	    "is not a host");
	bad("domains = [ \"10.0.0.256\" ];" LISTEN UPSTREAM, 1,
	    "is not a host");
	bad("domains = [ \"10.0.0.2:0\" ];" LISTEN UPSTREAM, 1,
	    "is not a host");
	bad("domains = [ \"-a.example\" ];" LISTEN UPSTREAM, 1,
	    "is not a host");

	struct config *cfg = good("domains = [ \"[2001:DB8::1]\", "
				  "\"2001:db8:0::1\" ];" LISTEN UPSTREAM);

	cr_assert_eq(cfg->proxy.domain_count, 1, "one address, two spellings");
	cr_assert_str_eq(cfg->proxy.domains[0], "2001:db8::1");
	config_free(cfg);
}

Test(config, calls_must_have_somewhere_to_go)
{
	bad(LISTEN, 0, "neither an upstream nor a registrar");
	bad(LISTEN UPSTREAM "registrar = { users = ( " USER("1001") " ); };", 5,
	    "without an upstream only");
	bad(UPSTREAM, 0, "no listen group");
}

Test(config, an_include_is_refused_before_any_file_is_opened)
{
	bad("\n @include \"/etc/passwd\"\n", 2, "@include");
	bad("@include \"/etc/passwd\"\n", 1, "@include");
	bad(LISTEN "\t@INCLUDE\"x\"\n" UPSTREAM, 3, "@include");
	bad("a = 1;\f @include \"/etc/passwd\"\n", 1, "@include");

	/* Inside a line it is text like any other. */
	struct config *cfg = good("node = \"a @include b\";\n" LISTEN UPSTREAM);

	config_free(cfg);
}

Test(config, a_syntax_error_names_its_line)
{
	bad(LISTEN "node = \"a\n", 4, "syntax error");
	bad("node = \"a\";\nnode = \"b\";\n", 2, "Take one of the two out");
}

Test(config, a_demo_may_stand_alone_and_use_loopback)
{
	struct config *cfg = NULL;
	const char *text = "listen = { phones = { advertise = \"localhost\"; "
			   "}; };";

	cr_assert_eq(parse(&cfg, text, "demo", true), 0);
	cr_assert(cfg->demo);
	cr_assert_str_eq(cfg->file, "");
	cr_assert_eq(cfg->certificate_count, 0);
	config_free(cfg);
	cr_assert_eq(parse(&cfg, text, "demo", false), EINVAL);
}

Test(config, suites_are_known_single_and_weak_ones_warned_of)
{
	bad("media = { suites = [ \"AEAD_AES_128_GCM_8\" ]; };" LISTEN UPSTREAM,
	    1, "Did you mean AEAD_AES_128_GCM?");
	bad("media = { suites = [ \"AEAD_AES_128_GCM\", \"AEAD_AES_128_GCM\" ];"
	    " };" LISTEN UPSTREAM,
	    1, "twice");
	bad("media = { suites = [ ]; };" LISTEN UPSTREAM, 1, "is empty");

	struct config *cfg = good("media = { suites = [ \"AES_CM_128_HMAC_SHA1_"
				  "32\" ]; };" LISTEN UPSTREAM);

	cr_assert_not_null(find(true, "32 bits"));
	config_free(cfg);
	config_free(good(LISTEN UPSTREAM));
	cr_assert_null(find(true, "32 bits"));
}

Test(config, one_source_never_has_more_than_all)
{
	struct config *cfg =
		good("limits = { connections = 100; };" LISTEN UPSTREAM);

	cr_assert_eq(cfg->connections_per_source, 100);
	cr_assert_null(find(true, "limits nothing"));
	config_free(cfg);

	cfg = good("limits = { connections = 100; connections_per_source = "
		   "101; };" LISTEN UPSTREAM);
	cr_assert_not_null(find(true, "limits nothing"));
	config_free(cfg);
}

Test(config, faults_beyond_the_list_are_not_lost)
{
	char text[4096];
	size_t len = 0;

	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"qqqqqqqqqq%d = 1;\n", i);
	bad(text, 0, "more faults than are shown");
	cr_assert_eq(problems.count, CONFIG_PROBLEMS_MAX);
	cr_assert_eq(problems.faults, CONFIG_PROBLEMS_MAX);
}

Test(config, old_problems_are_forgotten)
{
	bad("x", 1, "syntax error");
	config_free(good(LISTEN UPSTREAM));
	cr_assert_eq(problems.faults, 0);
}

/* A name and a directory that are gone when the test ends. */
struct place {
	char directory[64];
	char file[96];
};

static struct place place_with(const char *bytes, size_t len)
{
	struct place place = {.directory = "/tmp/test_config.XXXXXX"};

	cr_assert_not_null(mkdtemp(place.directory));
	snprintf(place.file, sizeof(place.file), "%s/a.conf", place.directory);

	FILE *out = fopen(place.file, "w");

	cr_assert_not_null(out);
	cr_assert_eq(fwrite(bytes, 1, len, out), len);
	fclose(out);
	chmod(place.file, 0640);
	return place;
}

static void place_remove(const struct place *place)
{
	unlink(place->file);
	rmdir(place->directory);
}

static void refuse_file(const char *bytes, size_t len, const char *what)
{
	struct place place = place_with(bytes, len);
	struct config *cfg = NULL;

	cr_assert_eq(config_load(&cfg, place.file, &problems), EINVAL);
	cr_assert_not_null(find(false, what), "no fault says: %s", what);
	cr_assert_str_eq(problems.list[0].file, place.file);
	place_remove(&place);
}

Test(load, relative_paths_stand_beside_the_file)
{
	struct place place =
		place_with(LISTEN UPSTREAM, strlen(LISTEN UPSTREAM));
	struct config *cfg = NULL;
	char want[128];

	cr_assert_eq(config_load(&cfg, place.file, &problems), 0);
	snprintf(want, sizeof(want), "%s/edge.key", place.directory);
	cr_assert_str_eq(cfg->certificates[0].key, want);
	config_free(cfg);
	place_remove(&place);
}

Test(load, a_path_without_directory_gives_absolute_paths_too)
{
	struct place place =
		place_with(LISTEN UPSTREAM, strlen(LISTEN UPSTREAM));
	struct config *cfg = NULL;

	cr_assert_eq(chdir(place.directory), 0);
	cr_assert_eq(config_load(&cfg, "a.conf", &problems), 0);
	cr_assert_eq(cfg->certificates[0].certificate[0], '/');
	config_free(cfg);
	cr_assert_eq(chdir("/"), 0);
	place_remove(&place);
}

Test(load, what_is_no_text_of_ours_is_refused)
{
	static char large[(1 << 20) + 1];

	memset(large, ' ', sizeof(large));
	refuse_file(large, sizeof(large), "larger than 1 MiB");
	refuse_file("a\0b", 3, "NUL byte");

	struct config *cfg = NULL;

	cr_assert_eq(config_load(&cfg, "/nowhere/a.conf", &problems), EINVAL);
	cr_assert_not_null(find(false, "cannot be opened"));
	cr_assert_eq(config_load(&cfg, "/tmp", &problems), EINVAL);
	cr_assert_not_null(find(false, "cannot be read"));
}

Test(load, a_file_of_one_mebibyte_is_read)
{
	static char full[1 << 20];
	const char *text = LISTEN UPSTREAM;
	struct config *cfg = NULL;

	memset(full, ' ', sizeof(full));
	memcpy(full, text, strlen(text));

	struct place place = place_with(full, sizeof(full));

	cr_assert_eq(config_load(&cfg, place.file, &problems), 0);
	config_free(cfg);
	place_remove(&place);
}

Test(load, secrets_that_everybody_can_read_are_warned_of)
{
	const char *text =
		LISTEN "registrar = { users = ( " USER("1001") " ); };";
	struct place place = place_with(text, strlen(text));
	struct config *cfg = NULL;

	cr_assert_eq(config_load(&cfg, place.file, &problems), 0);
	cr_assert_null(find(true, "open to everybody"));
	config_free(cfg);
	chmod(place.file, 0644);
	cr_assert_eq(config_load(&cfg, place.file, &problems), 0);
	cr_assert_not_null(find(true, "open to everybody"));
	config_free(cfg);
	place_remove(&place);
}
