/* test_numbering.c - proves how the numbering plan of a site is read, and that
 * neither a pattern of it nor the echo can stand before an emergency number */
#include "fixture.h"

#define PLAN(keys)                                                             \
	LISTEN UPSTREAM "numbering = { country = \"FR\";\n" keys "\n};"
#define AT 6 /* the line of the keys */

Test(numbering, without_it_only_inside_calls_are_read_and_this_is_said)
{
	struct config *cfg = good(LISTEN UPSTREAM);
	const struct number_settings *set = &cfg->numbering;

	cr_assert_str_eq(set->country, "");
	cr_assert_eq(set->internal_count, 5);
	cr_assert_str_eq(set->internal[0], "xx");
	cr_assert_str_eq(set->internal[4], "xxxxxx");
	cr_assert(set->names_internal);
	cr_assert_not_null(find(true, "calls outside are denied"));
	config_free(cfg);

	/* Nothing leads outside without an upstream. */
	cfg = good(LISTEN "registrar = { users = ( " USER("1001") " ); };");
	cr_assert_eq(cfg->numbering.internal_count, 5);
	cr_assert_null(find(true, "outside"));
	config_free(cfg);
}

Test(numbering, every_written_value_is_taken)
{
	struct config *cfg = good(PLAN(
		"outside_prefix = \"0\"; international = [ \"00\", \"+\", "
		"\"990\" ]; internal = [ \"[1-4]xxx\", \"6xx\" ]; short = [ "
		"\"03xxx\" ]; features = [ \"*97\", \"*21*N#\" ]; names = "
		"\"deny\";"));
	const struct number_settings *set = &cfg->numbering;

	cr_assert_str_eq(set->country, "FR");
	cr_assert_str_eq(set->outside_prefix, "0");
	cr_assert_eq(set->international_count, 2, "+ stands for itself");
	cr_assert_str_eq(set->international[1], "990");
	cr_assert_eq(set->internal_count, 2);
	cr_assert_str_eq(set->internal[1], "6xx");
	cr_assert_str_eq(set->shorts[0], "03xxx");
	cr_assert_str_eq(set->features[1], "*21*N#");
	cr_assert_not(set->names_internal);
	config_free(cfg);
}

static void dials(const char *country, const char *first, unsigned count)
{
	char text[512];

	snprintf(text, sizeof(text),
		 LISTEN UPSTREAM "numbering = { country = \"%s\"; internal = "
				 "[ ]; };",
		 country);

	struct config *cfg = good(text);

	cr_assert_eq(cfg->numbering.internal_count, 0);
	cr_assert_eq(cfg->numbering.international_count, count);
	cr_assert_str_eq(cfg->numbering.international[0], first, "%s", country);
	config_free(cfg);
}

Test(numbering, the_country_says_what_stands_for_plus)
{
	dials("FR", "00", 1);
	dials("US", "011", 1);
	dials("JM", "011", 1);
	dials("AU", "0011", 1);
	dials("JP", "010", 1);
	dials("RU", "810", 1);
	dials("KR", "00", 3);
}

Test(numbering, extensions_are_asked_for_where_calls_go_outside)
{
	bad(PLAN(""), AT - 1, "numbering.internal is missing");
}

Test(numbering, a_country_is_one_of_iso)
{
	bad(LISTEN UPSTREAM "numbering = { internal = [ ];\ncountry = \"fr\"; "
			    "};",
	    AT, "Did you mean FR?");
	bad(LISTEN UPSTREAM "numbering = { internal = [ ];\ncountry = \"UK\"; "
			    "};",
	    AT, "Did you mean GB?");
	bad(LISTEN UPSTREAM "numbering = { internal = [ ];\ncountry = \"QQ\"; "
			    "};",
	    AT, "is not a country");
	bad(LISTEN UPSTREAM "numbering = { internal = [ ];\ncountry = "
			    "\"FRA\"; };",
	    AT, "It must have 2 to 2");
}

Test(numbering, prefixes_are_digits)
{
	bad(PLAN("internal = []; outside_prefix = \"*9\";"), AT,
	    "is not a prefix");
	bad(PLAN("internal = []; international = [ \"00\", \"x\" ];"), AT,
	    "is not a prefix");
	bad(PLAN("internal = []; international = [ \"12345678\" ];"), AT,
	    "is not a prefix");
	bad(PLAN("internal = []; international = [ ];"), AT, "is empty");
}

Test(numbering, a_pattern_that_cannot_be_read_is_refused_at_its_line)
{
	bad(PLAN("internal = [ \"20x\",\n\"1x-\" ];"), AT + 1,
	    "\"1x-\" is not a pattern");
	bad(PLAN("internal = [ \"[1-\" ];"), AT, "is not a pattern");
	bad(PLAN("internal = [ \"7N\" ];"), AT, "is not a pattern");
	bad(PLAN("internal = [ \"20x\", \"20x\" ];"), AT, "twice");
	bad(PLAN("internal = [ \"11111111112222222222333333333344\" ];"), AT,
	    "is too long");
	bad(PLAN("internal = [ ]; features = [ \"N\" ];"), AT,
	    "is not a pattern");
	bad(PLAN("internal = [ 5 ];"), AT, "something else than text");
}

Test(numbering, no_pattern_hides_an_emergency_number)
{
	static const char *const internal[] = {"112", "xxx", "1x",   "1[1-2]x",
					       "18",  "911", "0112", "0xxx"};
	char text[512];

	for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++) {
		snprintf(text, sizeof(text),
			 PLAN("outside_prefix = \"0\"; internal = [ \"%s\" ];"),
			 internal[i]);
		bad(text, AT, "can be an emergency number");
	}
	bad(PLAN("internal = [ ];\nshort = [ \"1xx\" ];"), AT + 1,
	    "numbering.short: \"1xx\" can be an emergency");
	bad(PLAN("internal = [ ];\nfeatures = [ \"112\" ];"), AT + 1,
	    "numbering.features: \"112\" can be an emergency");
}

#define ECHO(number) LISTEN UPSTREAM "echo = \"" number "\";\n"
#define ECHO_AT 5
#define ECHO_PLAN                                                              \
	"numbering = { country = \"FR\"; outside_prefix = \"0\"; internal = "  \
	"[ \"[1-4]xxx\" ]; short = [ \"3xxx\" ]; features = [ \"*97\", "       \
	"\"*72N\" ]; };\n"

Test(echo, there_is_none_by_default)
{
	struct config *cfg = good(LISTEN UPSTREAM);

	cr_assert_str_eq(cfg->echo, "");
	config_free(cfg);
}

Test(echo, is_a_number_of_its_own)
{
	struct config *cfg = good(ECHO("*43") ECHO_PLAN);

	cr_assert_str_eq(cfg->echo, "*43");
	cr_assert_null(find(true, "echo"));
	config_free(cfg);
	/* Without a plan any short number may be one inside. */
	cfg = good(ECHO("600"));
	cr_assert_str_eq(cfg->echo, "600");
	cr_assert_null(find(true, "echo"));
	config_free(cfg);
}

Test(echo, is_a_number_that_a_phone_can_dial)
{
	bad(ECHO("sip:echo"), ECHO_AT, "no number that a phone can dial");
	bad(ECHO("*43 "), ECHO_AT, "no number that a phone can dial");
	bad(ECHO("+33123456789"), ECHO_AT, "no number that a phone can dial");
	bad(ECHO(""), ECHO_AT, "0 bytes");
	bad(ECHO("12345678901234567890123456789012"), ECHO_AT, "32 bytes");
}

Test(echo, is_never_an_emergency_number)
{
	bad(ECHO("112"), ECHO_AT, "is an emergency number");
	bad(ECHO("911"), ECHO_AT, "is an emergency number");
	bad(ECHO("15") ECHO_PLAN, ECHO_AT, "is an emergency number");
	bad(ECHO("018") ECHO_PLAN, ECHO_AT, "is an emergency number");
	config_free(good(ECHO("15")));
}

Test(echo, what_the_number_meant_before_is_said)
{
	config_free(good(ECHO("1600") ECHO_PLAN));
	cr_assert_eq(
		find(true, "one of numbering.internal (\"[1-4]xxx\")")->line,
		ECHO_AT);
	config_free(good(ECHO("*97") ECHO_PLAN));
	cr_assert_eq(find(true, "numbering.features too (\"*97\")")->line,
		     ECHO_AT);
	config_free(good(ECHO("*720") ECHO_PLAN));
	cr_assert_not_null(find(true, "the edge answers it now"));
	config_free(good(ECHO("*98") ECHO_PLAN));
	cr_assert_null(find(true, "echo"));
	config_free(good(
		ECHO("3900") "numbering = { country = \"FR\"; internal = [ ]; "
			     "short = [ \"39xx\" ]; };"));
	cr_assert_not_null(find(true, "one of numbering.short (\"39xx\")"));
}

Test(echo, is_no_user_of_this_edge)
{
	bad(LISTEN "registrar = { users = ( " USER("1001") ", " USER(
		    "600") " ); };\necho = \"600\";",
	    4, "a user of this edge");
	config_free(good(LISTEN "registrar = { users = ( " USER(
		"1001") " ); };\necho = \"600\";"));
}
