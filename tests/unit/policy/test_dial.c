/* test_dial.c - proves how a list is walked, what a trial passes and what it
 * does not */
#include "dial_lists.h"

static struct dial_decision ask(const char *user, const char *to)
{
	return with(&settings, user, to, 1000);
}

static void allows(const char *user, const char *to, const char *rule)
{
	struct dial_decision out = ask(user, to);

	cr_assert_eq(out.verdict.action, ACTION_PASS, "%s %s: %s", user, to,
		     out.verdict.detail);
	cr_assert_eq(out.verdict.sip_code, 0);
	cr_assert_not(out.observed);
	cr_assert_str_eq(out.rule, rule, "%s %s: %s", user, to, out.rule);
}

static void denies(const char *user, const char *to, enum reason reason,
		   const char *rule)
{
	struct dial_decision out = ask(user, to);

	cr_assert_eq(out.verdict.action, ACTION_REJECT, "%s %s", user, to);
	cr_assert_eq(out.verdict.reason, reason, "%s %s: %s", user, to,
		     reason_name(out.verdict.reason));
	cr_assert_eq(out.verdict.sip_code, 403);
	cr_assert_neq(out.verdict.detail[0], '\0');
	cr_assert_str_eq(out.rule, rule, "%s %s: %s", user, to, out.rule);
}

Test(dial, the_first_rule_that_matches_decides)
{
	denies("1001", "00899123456", REASON_DIAL_DENIED,
	       "dial.office rule 1 t:1");
	allows("1001", "00123456789", "dial.office rule 2 t:2");
	allows("2003", "00899123456", "dial.all rule 1 t:8");
	denies("2004", "1001", REASON_DIAL_DENIED, "dial.none rule 1 t:9");
}

Test(dial, what_nothing_matches_is_denied_and_names_the_list)
{
	denies("1001", "00612345678", REASON_DIAL_NO_RULE, "dial.office t:1");
	denies("2001", "0001876555123", REASON_DIAL_NO_RULE, "dial.travel t:3");
}

Test(dial, a_used_list_is_walked_in_its_place)
{
	denies("2001", "00899123456", REASON_DIAL_DENIED,
	       "dial.office rule 1 t:1");
	allows("2001", "00123456789", "dial.office rule 2 t:2");
	allows("2001", "000442079460000", "dial.travel rule 2 t:4");
}

Test(dial, lists_in_a_circle_end_and_are_walked_once)
{
	allows("2002", "00123456789", "dial.office rule 2 t:2");
	denies("2002", "0001876555123", REASON_DIAL_NO_RULE, "dial.circle t:5");
}

Test(dial, prefixes_numbers_and_patterns_match_as_they_say)
{
	allows("2001", "00012125551234", "dial.travel rule 2 t:4");
	denies("2001", "00012125541234", REASON_DIAL_NO_RULE,
	       "dial.travel t:3");
	allows("2001", "0004930123456", "dial.travel rule 2 t:4");
	denies("2001", "00049301234567", REASON_DIAL_NO_RULE,
	       "dial.travel t:3");

	struct dial_match six[] = {{.kind = DIAL_PATTERN, .text = "61x"}};
	struct dial_rule rule[] = {{.action = DIAL_DENY,
				    .matches = six,
				    .match_count = 1,
				    .where = "r"}};
	struct dial_list list[] = {
		{.name = "l", .rules = rule, .rule_count = 1, .where = "l"}};
	struct dial_settings one = {.lists = list, .list_count = 1};

	cr_assert_eq(with(&one, "1", "612", 0).verdict.reason,
		     REASON_DIAL_DENIED, "inside of a wider pattern");
	cr_assert_eq(with(&one, "1", "622", 0).verdict.reason,
		     REASON_DIAL_NO_RULE);
	cr_assert_eq(with(&one, "1", "0612", 0).verdict.reason,
		     REASON_NUMBER_UNREADABLE, "a pattern is for the inside");
}

Test(dial, a_country_is_not_its_costly_numbers)
{
	/* +44 909 is premium, +44 70 personal. */
	denies("2001", "000449098790000", REASON_DIAL_DENIED,
	       "dial.office rule 1 t:1");
	denies("2001", "000447012345678", REASON_DIAL_NO_RULE,
	       "dial.travel t:3");
	allows("2003", "000447012345678", "dial.all rule 1 t:8");

	struct dial_rule rule[] = {{.action = DIAL_DENY,
				    .matches = abroad,
				    .match_count = 1,
				    .where = "deny GB"}};
	struct dial_list list[] = {
		{.name = "l", .rules = rule, .rule_count = 1, .where = "l"}};
	struct dial_settings one = {.lists = list, .list_count = 1};

	cr_assert_str_eq(with(&one, "1", "000447012345678", 0).rule, "deny GB",
			 "to deny a country is to deny all of it");
}

Test(dial, a_range_holds_digits_of_its_own_length)
{
	cr_assert_str_eq(ask("1001", "1002").group, "staff");
	cr_assert_str_eq(ask("1050", "1002").group, "staff");
	cr_assert_str_eq(ask("1099", "1002").group, "staff");
	cr_assert_str_eq(ask("1000", "1002").group, "");
	cr_assert_str_eq(ask("1100", "1002").group, "");
	cr_assert_str_eq(ask("01050", "1002").group, "");
	cr_assert_str_eq(ask("105", "1002").group, "");
	cr_assert_str_eq(ask("100:", "1002").group, "");
	cr_assert_str_eq(ask("10a0", "1002").group, "");
	cr_assert_str_eq(ask("alice", "1002").group, "staff");
	cr_assert_str_eq(ask("Alice", "1002").group, "", "users have case");
	cr_assert_str_eq(ask("", "1002").group, "");
}

Test(dial, the_built_in_list_is_for_everybody_else)
{
	allows("9", "1002", "dial (built-in list)");
	allows("", "bob", "dial (built-in list)");
	allows("9", "00123456789", "dial (built-in list)");
	allows("9", "00612345678", "dial (built-in list)");
	allows("9", "00800123456", "dial (built-in list)");
	denies("9", "00899123456", REASON_DIAL_NO_RULE, "dial (built-in list)");
	denies("9", "00032475123456", REASON_DIAL_NO_RULE,
	       "dial (built-in list)");
	denies("9", "000881612345678", REASON_DIAL_NO_RULE,
	       "dial (built-in list)");
	denies("9", "312", REASON_DIAL_NO_RULE, "dial (built-in list)");

	struct dial_settings named = settings;
	struct dial_settings zeroes = {.lists = NULL};

	named.fallback_list = 4;
	cr_assert_str_eq(with(&named, "9", "1002", 0).rule,
			 "dial.none rule 1 t:9");
	cr_assert_str_eq(with(&zeroes, "9", "1002", 0).rule,
			 "dial (built-in list)");
}

Test(dial, emergency_numbers_pass_before_any_rule)
{
	static const char *const forms[] = {
		"112",
		"0112",
		"15",
		"017",
		"911",
		"1%312",
		"1-1-2",
		"urn:service:sos",
		"urn:service:sos.fire",
		"tel:112",
		"sip:112@edge.example;user=phone",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct dial_decision out = ask("2004", forms[i]);

		cr_assert(verdict_passes(&out.verdict), "%s", forms[i]);
		cr_assert_eq(out.verdict.reason, REASON_EMERGENCY, "%s",
			     forms[i]);
		cr_assert_eq(out.number.cls, NUMBER_EMERGENCY);
		cr_assert_str_eq(out.rule, "emergency numbers");
	}
	cr_assert_neq(ask("2004", "1120").verdict.reason, REASON_EMERGENCY);
	cr_assert_neq(ask("2004", "+112").verdict.reason, REASON_EMERGENCY);
}

Test(dial, a_listed_feature_passes_and_its_number_is_decided)
{
	allows("2004", "*97", "numbering.features *97");
	cr_assert(ask("2004", "*97").feature);
	allows("1001", "*7200123456789", "dial.office rule 2 t:2");
	cr_assert(ask("1001", "*7200123456789").feature);
	cr_assert_str_eq(ask("1001", "*7200123456789").number.e164,
			 "+33123456789");
	denies("1001", "*7200899123456", REASON_DIAL_DENIED,
	       "dial.office rule 1 t:1");
	denies("1001", "*21*000881612345678#", REASON_DIAL_NO_RULE,
	       "dial.office t:1");
	allows("1001", "*21*1002%23", "dial.office rule 2 t:2");
	cr_assert_eq(ask("1001", "*721").verdict.reason,
		     REASON_NUMBER_UNREADABLE, "N is no number");
}

Test(dial, a_forward_to_an_emergency_number_passes_without_its_exemption)
{
	struct dial_decision out = ask("2004", "*72112");

	cr_assert(verdict_passes(&out.verdict));
	cr_assert_eq(out.verdict.reason, REASON_OK);
	cr_assert(out.feature);
}

Test(dial, only_its_own_class_takes_a_feature_away)
{
	denies("2005", "*97", REASON_DIAL_DENIED, "dial.mute rule 1 t:10");
	allows("2005", "00123456789", "dial.mute rule 2 t:11");
}

Test(dial, a_star_code_that_is_not_listed_names_the_key)
{
	static const char *const codes[] = {
		"*99", "#31#", "%2a99", "*9700123456789", "1*2", "tel:*99",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		denies("2003", codes[i], REASON_DIAL_FEATURE,
		       "numbering.features");
		cr_assert_not_null(strstr(ask("2003", codes[i]).verdict.detail,
					  "numbering.features"));
	}
	cr_assert_eq(ask("2003", "*72+33x").verdict.reason,
		     REASON_NUMBER_UNREADABLE, "not understood whole");
}

Test(dial, what_cannot_be_read_is_denied_even_if_any_is_allowed)
{
	static const char *const numbers[] = {
		"", "++33123456789", "0033123w", "%00", "+", "00+33123456789",
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		denies("2003", numbers[i], REASON_NUMBER_UNREADABLE,
		       "numbering");
}

Test(dial, a_trial_passes_denials_until_its_last_second)
{
	struct dial_settings trial = settings;
	struct dial_decision out;

	trial.observe_until_s = 5000;
	out = with(&trial, "1001", "00612345678", 4999);
	cr_assert(verdict_passes(&out.verdict));
	cr_assert(out.observed);
	cr_assert_eq(out.verdict.sip_code, 0);
	cr_assert_eq(out.verdict.reason, REASON_DIAL_NO_RULE,
		     "what would have been");
	cr_assert_str_eq(out.rule, "dial.office t:1");

	out = with(&trial, "2004", "1001", 4999);
	cr_assert(out.observed, "a deny rule too");

	out = with(&trial, "1001", "00612345678", 5000);
	cr_assert_not(verdict_passes(&out.verdict));
	cr_assert_not(out.observed);

	out = with(&trial, "1001", "00123456789", 4999);
	cr_assert(verdict_passes(&out.verdict));
	cr_assert_not(out.observed, "what is allowed is not observed");
}

Test(dial, a_trial_passes_nothing_costly_and_nothing_that_may_hide_it)
{
	static const char *const never[] = {
		"00899123456",	   "000881612345678", "0+882161234567",
		"000979123456789", "*7200899123456",  "*9900899123456",
		"++33123456789",   "*99+33899123456", "*9900123",
		"000449098790000",
	};
	struct dial_settings trial = settings;

	trial.observe_until_s = 5000;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		struct dial_decision out = with(&trial, "1001", never[i], 4999);

		cr_assert_eq(out.verdict.action, ACTION_REJECT, "%s", never[i]);
		cr_assert_not(out.observed, "%s", never[i]);
	}
	cr_assert(with(&trial, "1001", "**1001", 4999).observed,
		  "too short to hide a number");
}
