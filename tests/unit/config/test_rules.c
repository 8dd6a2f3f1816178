/* test_rules.c - proves that a mistake in groups and dial is named with its
 * line, and that a trial has an end */
#include "fixture.h"

#define PLAN                                                                   \
	LISTEN UPSTREAM "numbering = { country = \"FR\"; "                     \
			"internal = [ \"[1-4]xxx\" ]; };\n"
#define AT 6 /* the line of what follows PLAN */
#define DAY UINT64_C(86400)

static void bad_dial(const char *keys, unsigned line, const char *what)
{
	char text[8192];

	snprintf(text, sizeof(text), PLAN "%s", keys);
	bad(text, line, what);
}

static struct config *good_dial(const char *keys)
{
	char text[8192];

	snprintf(text, sizeof(text), PLAN "%s", keys);
	return good(text);
}

static void warns(const char *keys, unsigned line, const char *what)
{
	config_free(good_dial(keys));

	const struct config_problem *one = find(true, what);

	cr_assert_not_null(one, "no warning says: %s", what);
	cr_assert_eq(one->line, line, "%s: line %u", what, one->line);
}

static void silent(const char *keys)
{
	config_free(good_dial(keys));
	cr_assert_null(find(true, "never match"), "%s", keys);
}

Test(rules, without_groups_and_dial_the_built_in_list_is_in_force)
{
	struct config *cfg = good_dial("");

	cr_assert_eq(cfg->dial.fallback_list, -1);
	cr_assert_eq(cfg->dial.list_count, 0);
	cr_assert_eq(cfg->dial.group_count, 0);
	cr_assert_eq(cfg->dial.observe_until_s, 0);
	config_free(cfg);
}

Test(rules, a_rule_holds_exactly_one_of_allow_deny_and_use)
{
	bad_dial("dial = { a = (\n{ note = \"x\"; } ); };", AT + 1,
		 "has none of allow");
	bad_dial("dial = { a = ( { allow = [ \"any\" ];\ndeny = [ \"any\" ]; } "
		 "); };",
		 AT, "more than one of allow");
	bad_dial("dial = { a = ( { allows = [ \"any\" ]; } ); };", AT,
		 "Did you mean dial.NAME[].allow?");
	bad_dial("dial = { a = ( 5 ); };", AT, "entry 1 is not a group");
	bad_dial("dial = { a = [ \"any\" ]; };", AT, "is not a list");
	bad_dial("dial = { a = (); };", AT, "is empty");
	bad_dial("dial = { a = ( { allow = []; } ); };", AT, "is empty");
	bad_dial("dial = { a = ( { allow = \"any\"; } ); };", AT,
		 "is not an array");
	bad_dial("dial = 5;", AT, "is not a group");
	bad_dial("groups = { a = 5; };", AT, "is not a group");
}

Test(rules, an_entry_that_is_nothing_known_is_refused)
{
	static const struct {
		const char *entry, *what;
	} rows[] = {
		{"premum", "is no class, country"},
		{"high-risk", "is no class, country"},
		{"", "is no class, country"},
		{"UK", "Did you mean GB?"},
		{"be", "Did you mean BE?"},
		{"EL", "Did you mean GR?"},
		{"QQ", "is no class, country"},
		{"AQ", "is no class, country"},
		{"zone:US", "The only one is zone:EU"},
		{"+", "is not a number"},
		{"+0123", "is not a number"},
		{"+33x", "is not a number"},
		{"+1234567890123456", "is not a number"},
		{"=33123", "is not a number"},
		{"==+33123", "is not a number"},
		{"emergency", "pass before any rule"},
		{"*72N", "is no class, country"},
		{"11111111112222222222333333333344", "is no class, country"},
	};
	char keys[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(keys, sizeof(keys),
			 "dial = { a = ( { allow = [ \"any\",\n\"%s\" ]; } ); "
			 "};",
			 rows[i].entry);
		bad_dial(keys, AT + 1, rows[i].what);
	}
}

Test(rules, a_list_that_is_named_exists)
{
	bad_dial("dial = { a = (\n{ use = \"b\"; } ); };", AT + 1,
		 "there is no list \"b\"");
	bad_dial("groups = { g = { users = [ \"1\" ]; dial = \"b\"; }; };", AT,
		 "there is no list \"b\"");
	bad_dial("dial_default = \"b\";", AT, "there is no list \"b\"");
	bad_dial("groups = { g = { users = [ \"1\" ]; }; };", AT,
		 "has no list");
	bad_dial("dial = { b = ( { allow = [ \"any\" ]; } ); };\n"
		 "groups = { g = { dial = \"b\"; }; };",
		 AT + 1, "has no users");
}

Test(rules, lists_in_a_circle_are_refused)
{
	bad_dial("dial = { a = (\n{ use = \"a\"; } ); };", AT + 1,
		 "\"a\" is used in a circle");
	bad_dial("dial = { a = ( { use = \"b\"; } );\n"
		 "b = ( { use = \"c\"; } );\n"
		 "c = ( { allow = [ \"any\" ]; },\n { use = \"a\"; } ); };",
		 AT + 3, "\"a\" is used in a circle");
}

static void chain(char *dst, size_t cap, unsigned lists)
{
	size_t len = (size_t)snprintf(dst, cap, "dial = {\n");

	for (unsigned i = 1; i < lists; i++)
		len += (size_t)snprintf(dst + len, cap - len,
					"l%u = ( { use = \"l%u\"; } );\n", i,
					i + 1);
	snprintf(dst + len, cap - len,
		 "l%u = ( { allow = [ \"any\" ]; } ); };\n", lists);
}

Test(rules, lists_use_one_another_eight_deep_at_most)
{
	char keys[2048];

	chain(keys, sizeof(keys), DIAL_DEPTH_MAX);
	config_free(good_dial(keys));
	chain(keys, sizeof(keys), DIAL_DEPTH_MAX + 1);
	bad_dial(keys, AT + 1, "more than 8 deep");
}

#define LIST(rules) "dial = { a = ( " rules " ); };"
#define ALLOW(what) "{ allow = [ " what " ]; }"
#define DENY(what) "{ deny = [ " what " ]; }"

Test(rules, a_rule_that_can_never_match_is_warned_of)
{
	static const char *const rows[] = {
		LIST(ALLOW("\"any\"") ",\n" DENY("\"premium\"")),
		LIST(ALLOW("\"any\"") ",\n" DENY("\"any\"")),
		LIST(ALLOW("\"domestic\"") ",\n" DENY("\"domestic-mobile\"")),
		LIST(ALLOW("\"zone:EU\"") ",\n" DENY("\"BE\", \"SK\"")),
		LIST(ALLOW("\"BE\"") "," ALLOW("\"CH\"") ",\n" DENY(
			"\"CH\", \"BE\"")),
		LIST(ALLOW("\"+32\"") ",\n" DENY("\"+3290\"")),
		LIST(ALLOW("\"+32\"") ",\n" DENY("\"=+3225551234\"")),
		LIST(ALLOW("\"BE\"") ",\n" DENY("\"=+3225551234\"")),
		LIST(ALLOW("\"domestic\"") ",\n" DENY("\"=+33612345678\"")),
		LIST(DENY("\"premium\"") ",\n" ALLOW("\"=+33899123456\"")),
		LIST(ALLOW("\"internal\"") ",\n" DENY("\"4999\"")),
		LIST(ALLOW("\"4xxx\"") ",\n" DENY("\"4xxx\"")),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		warns(rows[i], AT + 1, "of list \"a\" can never match");
	warns("dial = { b = ( { allow = [ \"BE\" ]; } );\n"
	      "a = ( { use = \"b\"; }, { allow = [ \"CH\" ]; },\n"
	      "{ deny = [ \"BE\" ]; } ); };",
	      AT + 2, "rule 3 of list \"a\" can never match");
	warns("dial = { b = ( { allow = [ \"BE\" ]; } );\n"
	      "a = ( { use = \"b\"; },\n{ use = \"b\"; } ); };",
	      AT + 2, "rule 2 of list \"a\" can never match");
}

Test(rules, a_rule_that_may_match_is_not_warned_of)
{
	silent(LIST(DENY("\"premium\"") "," ALLOW("\"any\"")));
	silent(LIST(ALLOW("\"BE\"") "," DENY("\"BE\", \"CH\"")));
	silent(LIST(ALLOW("\"any\"") "," DENY("\"feature\"")));
	silent(LIST(ALLOW("\"+3290\"") "," DENY("\"+32\"")));
	silent(LIST(ALLOW("\"=+3225551234\"") "," DENY("\"+32\"")));
	silent(LIST(ALLOW("\"FR\"") "," DENY("\"=+33899123456\"")));
	silent(LIST(ALLOW("\"domestic-fixed\"") "," DENY("\"domestic\"")));
	silent(LIST(ALLOW("\"internal\"") ", " ALLOW("\"short\"")));
}

Test(rules, a_user_is_in_one_group)
{
	static const struct {
		const char *first, *second, *who;
	} rows[] = {
		{"\"1001\"", "\n\"1001\"", "\"1001\""},
		{"\"1001-1099\"", "\n\"1050\"", "\"1050\""},
		{"\"1001-1099\"", "\n\"1099-1200\"", "\"1099\""},
		{"\"1001-1099\", \"1010-1020\"", "\n\"1015\"", "\"1015\""},
		{"\"alice\"", "\"bob\",\n\"alice\"", "\"alice\""},
		{"\"1001-1099\", \"1010-1020\"", "\n\"1090\"", "\"1090\""},
	};
	char keys[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char what[64];

		snprintf(keys, sizeof(keys),
			 "dial = { a = ( { allow = [ \"any\" ]; } ); }; "
			 "groups = { g = { dial = \"a\"; users = [ %s ]; }; h "
			 "= { dial = \"a\"; users = [ %s ]; }; };",
			 rows[i].first, rows[i].second);
		snprintf(what, sizeof(what), "user %s is in two groups",
			 rows[i].who);
		bad_dial(keys, AT + 1, what);
	}
	config_free(good_dial(
		"dial = { a = ( { allow = [ \"any\" ]; } ); }; groups = {"
		"g = { dial = \"a\"; users = [ \"1001-1099\", \"1050\", "
		"\"Alice\", \"a-b\" ]; };"
		"h = { dial = \"a\"; users = [ \"1100\", \"01050\", \"alice\", "
		"\"1000\", \"105\" ]; }; };"));
}

Test(rules, a_range_has_two_ends_in_order)
{
	static const struct {
		const char *users, *what;
	} rows[] = {
		{"1099-1001", "ends before it starts"},
		{"1001-99", "different or excessive length"},
		{"99-1001", "different or excessive length"},
		{"a b", "is not a user name"},
		{"", "is not a user name"},
		{"1001@x", "is not a user name"},
	};
	char keys[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(keys, sizeof(keys),
			 "dial = { a = ( { allow = [ \"any\" ]; } ); };\n"
			 "groups = { g = { dial = \"a\"; users = [ \"1\",\n"
			 "\"%s\" ]; }; };",
			 rows[i].users);
		bad_dial(keys, AT + 2, rows[i].what);
	}
}

Test(rules, names_lists_rules_and_entries_have_ceilings)
{
	char keys[8192] = "dial = {", one[64];

	bad_dial("dial = { a2345678901234567890123456789012 = ( { allow = [ "
		 "\"any\" ]; } ); };",
		 AT, "is too long");
	bad_dial("groups = { a2345678901234567890123456789012 = { users = [ "
		 "\"1\" ]; dial = \"x\"; }; };",
		 AT, "is too long");
	for (int i = 0; i <= DIAL_LISTS_MAX; i++) {
		snprintf(one, sizeof(one), "l%d = ({ allow = [\"any\"]; });",
			 i);
		strcat(keys, one);
	}
	strcat(keys, "};");
	bad_dial(keys, AT, "has 65 lists");

	snprintf(keys, sizeof(keys),
		 "dial = { a = ( { allow = [ \"zone:EU\", "
		 "\"zone:EU\", \"zone:EU\" ]; } ); };");
	bad_dial(keys, AT, "more than 64 entries");
}

Test(rules, the_line_of_a_rule_fits_into_a_record)
{
	static const char file[] = "/etc/a-directory-with-a-long-name/"
				   "a-configuration-with-a-long-name.conf";
	struct config *cfg = NULL;

	cr_assert_eq(parse(&cfg,
			   PLAN "dial = { a234567890123456789012345678901 = ( "
				"{ allow = [ \"any\" ]; } ); };",
			   file, false),
		     0);

	const char *where = cfg->dial.lists[0].rules[0].where;

	cr_assert_leq(strlen(where), 63);
	cr_assert_str_eq(where, "dial.a234567890123456789012345678901 rule 1 "
				"a-configura:6");
	config_free(cfg);
}

/* ---- the trial */

static int at_day(struct config **cfg, const char *keys, uint64_t now_s)
{
	char text[2048];

	snprintf(text, sizeof(text), PLAN "%s", keys);

	const struct config_text src = {
		.text = text,
		.name = "/etc/r.conf",
		.directory = "/etc",
		.now_s = now_s,
	};

	return config_parse(cfg, &src, &problems);
}

#define TRIAL(day) "dial_mode = \"observe\";\nobserve_until = \"" day "\";"
#define NOV_20 UINT64_C(1795132800) /* date -ud 2026-11-20 +%s */

Test(trial, lasts_to_the_end_of_its_day_and_is_warned_of)
{
	struct config *cfg = NULL;

	cr_assert_eq(at_day(&cfg, TRIAL("2026-12-20"), NOV_20), 0);
	cr_assert_eq(cfg->dial.observe_until_s, NOV_20 + 31 * DAY);
	cr_assert_str_eq(cfg->dial.where_observe, "dial_mode /etc/r.conf:6");
	cr_assert_not_null(find(true, "until the end of 2026-12-20 (UTC)"));
	config_free(cfg);

	cr_assert_eq(at_day(&cfg, TRIAL("2026-11-20"), NOV_20 + DAY - 1), 0);
	cr_assert_eq(cfg->dial.observe_until_s, NOV_20 + DAY);
	config_free(cfg);
	/* date -ud 2028-03-01 +%s: over a leap day */
	cr_assert_eq(at_day(&cfg, TRIAL("2028-02-29"), 1835481600 - DAY), 0);
	cr_assert_eq(cfg->dial.observe_until_s, 1835481600);
	config_free(cfg);
}

Test(trial, ends_within_thirty_days)
{
	struct config *cfg = NULL;

	cr_assert_eq(at_day(&cfg, TRIAL("2026-12-20"), NOV_20 - 1), EINVAL);
	cr_assert_not_null(find(false, "more than 30 days ahead"));
	cr_assert_eq(find(false, "more than 30 days")->line, AT + 1);
	bad_dial("dial_mode = \"observe\";", AT, "needs an end");
}

Test(trial, that_is_over_enforces_and_starts)
{
	struct config *cfg = NULL;

	cr_assert_eq(at_day(&cfg, TRIAL("2026-11-19"), NOV_20), 0);
	cr_assert_eq(cfg->dial.observe_until_s, NOV_20);
	cr_assert_not_null(find(true, "is over, dial rules are enforced"));
	config_free(cfg);
}

Test(trial, has_a_day_of_the_calendar)
{
	static const char *const days[] = {
		"2026-11-31", "2026-02-29", "2026-13-01", "2026-00-10",
		"2026-12-00", "20261220..", "2026/12/20", "+026-12-20",
		"1969-12-31", "2026-12-2 ",
	};
	char keys[128];

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		snprintf(keys, sizeof(keys),
			 "dial_mode = \"observe\";\nobserve_until = \"%s\";",
			 days[i]);
		bad_dial(keys, AT + 1, "is not a day");
	}
	bad_dial("dial_mode = \"off\";", AT, "It must have 7 to 7");
	bad_dial("dial_mode = \"trial..\";", AT, "enforce|observe");
}

Test(trial, without_observe_its_end_does_nothing)
{
	struct config *cfg = NULL;

	cr_assert_eq(at_day(&cfg, "observe_until = \"2026-12-20\";", NOV_20),
		     0);
	cr_assert_eq(cfg->dial.observe_until_s, 0);
	cr_assert_not_null(find(true, "does nothing without dial_mode"));
	config_free(cfg);
}
