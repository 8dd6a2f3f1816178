/* test_registrar.c - proves that a user of our own has one name and a usable
 * HA1, and that no message holds an HA1 */
#include "fixture.h"

static void bad_users(const char *rows, const char *what)
{
	char text[1024];

	snprintf(text, sizeof(text), LISTEN "registrar = { users = ( %s ); };",
		 rows);
	bad(text, 3, what);
}

Test(registrar, users_are_taken_in_order_with_lower_case_ha1s)
{
	struct config *cfg =
		good(LISTEN "registrar = { realm = \"office\"; users = ( " USER(
			"1002") ", " USER("1001") " ); };");

	cr_assert_str_eq(cfg->registrar.realm, "office");
	cr_assert_eq(cfg->registrar.user_count, 2);
	cr_assert_str_eq(cfg->registrar.users[0].name, "1002");
	cr_assert_str_eq(cfg->registrar.users[1].name, "1001");
	cr_assert_str_eq(cfg->registrar.users[0].ha1[DIGEST_SHA256],
			 "00112233445566778899aabbccddeeff"
			 "00112233445566778899aabbccddeeff");
	cr_assert_str_eq(cfg->registrar.users[0].ha1[DIGEST_MD5],
			 "0123456789abcdef0123456789abcdef");
	cr_assert_not(cfg->proxy.has_upstream);
	cr_assert_str_eq(cfg->proxy.domains[0], "edge.example.fr");
	config_free(cfg);
}

Test(registrar, one_ha1_is_enough_and_the_realm_has_a_default)
{
	struct config *cfg =
		good(LISTEN "registrar = { users = ( { name = \"a\"; ha1_md5 = "
			    "\"" HA1_MD5 "\"; } ); };");

	cr_assert_str_eq(cfg->registrar.realm, CONFIG_REALM_DEFAULT);
	cr_assert_str_eq(cfg->registrar.users[0].ha1[DIGEST_SHA256], "");
	config_free(cfg);
}

Test(registrar, a_user_that_could_not_log_in_is_refused)
{
	bad_users("{ name = \"1001\"; }", "has no HA1");
	bad_users("{ ha1_md5 = \"" HA1_MD5 "\"; }", "has no name");
	bad_users(USER("1001") ", " USER("1002") ", " USER("1001"),
		  "\"1001\" stands twice");
	bad_users(USER("a b"), "has a character");
	bad_users(USER("a@b"), "has a character");
	bad_users(USER("a%20"), "has a character");
	bad_users("", "is empty");
	bad(LISTEN "registrar = { };", 3, "registrar.users is missing");
}

Test(registrar, a_wrong_ha1_is_refused_and_not_shown)
{
	bad_users("{ name = \"1\"; ha1_md5 = \"0123456789abcdef\"; }",
		  "has 16 bytes");
	cr_assert_null(find(false, "0123456789abcdef"));
	bad_users("{ name = \"1\"; ha1_md5 = "
		  "\"0123456789abcdef0123456789abcdeg\"; }",
		  "no hexadecimal digit");
	cr_assert_null(find(false, "0123456789abcdef"));
}

Test(registrar, a_realm_stands_in_quotes_without_escapes)
{
	bad(LISTEN
	    "registrar = { realm = \"a\\\"b\"; users = ( " USER("1") " );"
								     " };",
	    3, "registrar.realm");
	cr_assert(config_is_realm("my office"));
	cr_assert_not(config_is_realm(""));
	cr_assert_not(config_is_realm("a\\b"));
	cr_assert_not(config_is_realm("caf\xc3\xa9"));
}

Test(registrar, a_user_name_fits_its_field)
{
	char name[65];

	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	cr_assert_not(config_is_user_name(name));
	name[63] = '\0';
	cr_assert(config_is_user_name(name));
	cr_assert_not(config_is_user_name(""));
}

Test(registrar, a_problem_cannot_command_the_terminal)
{
	bad_users(USER("\\x1b[2J"), "holds a control character");
	for (unsigned i = 0; i < problems.count; i++)
		cr_assert_null(strchr(problems.list[i].text, 0x1b));
}
