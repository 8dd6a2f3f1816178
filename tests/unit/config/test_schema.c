/* test_schema.c - proves that the table of keys decides what may be written,
 * and that a slip is answered with the key that was meant */
#include "fixture.h"

Test(schema, an_unknown_key_is_a_fault_with_the_key_that_was_meant)
{
	bad("nodes = \"a\";\n" LISTEN UPSTREAM, 1, "Did you mean node?");
	bad("limits = { conections = 5; };" LISTEN UPSTREAM, 1,
	    "Did you mean limits.connections?");
	bad_upstream("urii = \"x\";", "Did you mean upstream.uri?");
	bad_listen("adress = \"0.0.0.0\";",
		   "Did you mean listen.phones.address?");
	bad(LISTEN "registrar = { users = ( { nam = \"a\"; } ); };", 3,
	    "Did you mean registrar.users[].name?");
}

Test(schema, a_key_in_the_wrong_group_is_shown_its_place)
{
	bad("realm = \"a\";\n" LISTEN UPSTREAM, 1,
	    "Did you mean registrar.realm?");
}

Test(schema, a_key_like_none_gets_no_hint)
{
	bad("schedules = { country = \"FR\"; };" LISTEN UPSTREAM, 1,
	    "schedules is not a key. Take it out");
	cr_assert_null(find(false, "country"), "inside is not looked at");
}

Test(schema, a_very_long_key_is_refused_like_any_other)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%0300d = 1;\n" LISTEN UPSTREAM, "a", 0);
	bad(text, 1, "is not a key");
}

Test(schema, a_value_has_the_type_of_its_key)
{
	bad("node = 5;" LISTEN UPSTREAM, 1, "node is not text");
	bad("domains = \"a\";" LISTEN UPSTREAM, 1, "domains is not an array");
	bad("domains = [ 1 ];" LISTEN UPSTREAM, 1, "something else than text");
	bad("limits = 5;" LISTEN UPSTREAM, 1, "limits is not a group");
	bad("limits = { connections = \"5\"; };" LISTEN UPSTREAM, 1,
	    "not a whole number");
	bad("limits = { connections = 5.0; };" LISTEN UPSTREAM, 1,
	    "not a whole number");
	bad("log = { max_mib = true; };" LISTEN UPSTREAM, 1,
	    "not a whole number");
	bad(LISTEN "registrar = { users = { }; };", 3, "is not a list");
	bad("listen = \"0.0.0.0:5061\";" UPSTREAM, 1, "listen is not a group");
}

Test(schema, a_number_keeps_within_its_bounds)
{
	bad("limits = { connections = 0; };" LISTEN UPSTREAM, 1, "1 to 50000");
	bad("limits = { connections = 50001; };" LISTEN UPSTREAM, 1,
	    "1 to 50000");
	bad("limits = { connections_per_source = -1; };" LISTEN UPSTREAM, 1,
	    "1 to 50000");
	bad("limits = { connections = 4294967297L; };" LISTEN UPSTREAM, 1,
	    "1 to 50000");
	bad("log = { max_mib = 1; };" LISTEN UPSTREAM, 1, "2 to 1048576");

	struct config *cfg =
		good("limits = { connections = 50000L; };" LISTEN UPSTREAM);

	cr_assert_eq(cfg->connections_max, 50000);
	config_free(cfg);
}

Test(schema, a_text_keeps_within_its_bounds)
{
	char text[256];

	bad("node = \"\";" LISTEN UPSTREAM, 1, "has 0 bytes");
	snprintf(text, sizeof(text), "node = \"%064d\";" LISTEN UPSTREAM, 0);
	bad(text, 1, "has 64 bytes");
	bad("node = \"a\\nb\";" LISTEN UPSTREAM, 1, "control character");
}

Test(schema, an_array_keeps_within_its_bounds)
{
	char text[1024] = "domains = [ \"a\"";

	for (int i = 0; i < PROXY_DOMAINS_MAX; i++)
		strcat(text, ", \"a\"");
	strcat(text, " ];" LISTEN UPSTREAM);
	bad(text, 1, "has 33 entries");
}

Test(schema, prints_one_row_a_key_with_type_range_default_and_help)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	config_print_schema(out);
	fclose(out);
	cr_assert_not_null(strstr(text, "limits.connections\tinteger\t1..50000"
					"\t5000\t"));
	cr_assert_not_null(strstr(text, "upstream.srtp\tstring\toff|required"
					"\toff\t"));
	cr_assert_not_null(strstr(text, "upstream.keys_in_clear\tboolean\t"
					"true|false\tfalse\t"));
	cr_assert_not_null(strstr(text, "\nregistrar.users[].ha1_md5\tstring\t"
					"32 bytes\t"));
	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		unsigned tabs = 0;

		for (char *p = line; *p != '\n'; p++)
			tabs += *p == '\t';
		cr_assert_eq(tabs, 4);
		cr_assert_null(strstr(line, "(null)"));
	}
	free(text);
}

Test(schema, problems_print_as_file_line_kind_text)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	bad("nodes = \"a\";\n" LISTEN UPSTREAM "limits = { connections = 1; "
	    "connections_per_source = 2; };",
	    1, "node");
	config_print_problems(out, &problems);
	fclose(out);
	cr_assert_not_null(strstr(text, "/etc/r.conf:1: error: nodes is not a "
					"key. Did you mean node?\n"));
	cr_assert_not_null(strstr(text, "/etc/r.conf:6: warning: limits."));
	free(text);
}
