/* test_explain.c - proves that an explanation tells the steps of the very
 * decision, and nothing that a terminal would obey */
#include "dial_lists.h"

struct told {
	char text[4096];
	unsigned lines;
};

static void hear(const char *line, void *arg)
{
	struct told *told = arg;

	strncat(told->text, line, sizeof(told->text) - strlen(told->text) - 2);
	strcat(told->text, "\n");
	told->lines++;
}

static struct told explain(const char *user, const char *to, uint64_t wall_s)
{
	struct dial_settings trial = settings;
	struct sip_uri target = {.text = span_str(to), .user = span_str(to)};
	struct dial_decision out, plain = with(&trial, user, to, 1000);
	struct told told = {.lines = 0};

	trial.observe_until_s = wall_s;
	dial_explain(&out,
		     &(struct dial_call){
			     .dial = &trial,
			     .numbering = &numbering,
			     .user = span_str(user),
			     .target = &target,
			     .wall_s = 1000,
		     },
		     hear, &told);
	cr_assert_str_eq(out.rule, plain.rule, "one walk for both");
	cr_assert_eq(out.verdict.reason, plain.verdict.reason);
	return told;
}

Test(explain, tells_group_lists_and_each_rule_that_was_tried)
{
	struct told told = explain("2001", "0001876555123", 0);

	cr_assert_str_eq(
		told.text,
		"user 2001 dialled 0001876555123: class international, E.164 "
		"+1876555123, country JM\n"
		"the user is in group travel\n"
		"list travel, dial.travel t:3\n"
		"list office, dial.office t:1\n"
		"  dial.office rule 1 t:1, deny premium: no match, the number "
		"is international JM +1876555123\n"
		"  dial.office rule 2 t:2, allow internal, domestic-fixed: no "
		"match, the number is international JM +1876555123\n"
		"  dial.travel rule 2 t:4, allow GB, +1212555, =+4930123456, "
		"6xx: no match, the number is international JM +1876555123\n"
		"denied by dial.travel t:3: no dial rule allows this number: "
		"class international, country JM\n");
}

Test(explain, stops_at_the_rule_that_matches)
{
	struct told told = explain("2001", "00899123456", 0);

	cr_assert_not_null(strstr(told.text, "deny premium: matches\n"));
	cr_assert_null(strstr(told.text, "rule 2"));
}

Test(explain, says_that_a_list_was_tried_and_that_a_trial_passes)
{
	struct told told = explain("2002", "0001876555123", 2000);

	cr_assert_not_null(strstr(told.text, "was tried above, not again\n"));
	cr_assert_not_null(strstr(told.text, "allowed, for dial_mode t:12 only "
					     "observes; it would be denied"));
}

Test(explain, says_what_the_built_in_list_allows)
{
	struct told told = explain("9", "0001876555123", 0);

	cr_assert_not_null(strstr(told.text, "the user is in no group\n"));
	cr_assert_not_null(strstr(told.text, "built-in list, allow internal"));
}

Test(explain, no_byte_that_was_dialled_commands_a_terminal)
{
	struct told told = explain("a\x1b[2J", "b\x7f", 0);

	cr_assert_null(strchr(told.text, 0x1b));
	cr_assert_null(strchr(told.text, 0x7f));
}
