/* test_number_input.c - the site's plan comes in its order, a context never
 * makes another number, and bad input is refused in words */
#include "rows.h"

static struct number_settings office;
static struct number number;
static struct verdict verdict;

static void make_office(void)
{
	cr_assert(number_open());
	office = settings_of("FR", "0");
	strcpy(office.internal[office.internal_count++], "6xx");
	strcpy(office.internal[office.internal_count++], "[1-4]xxx");
	strcpy(office.shorts[office.short_count++], "3631");
	strcpy(office.shorts[office.short_count++], "03117");
	strcpy(office.features[office.feature_count++], "*97");
	strcpy(office.features[office.feature_count++], "*72N");
	strcpy(office.features[office.feature_count++], "*21*N#");
}

TestSuite(number_input, .init = make_office);

static void read_office(const char *text)
{
	verdict = read_text(&number, text, &office);
}

static void expect_class(const char *text, enum number_class cls)
{
	read_office(text);
	cr_expect(verdict_passes(&verdict), "%s: %s", text, verdict.detail);
	cr_expect_eq(number.cls, cls, "%s: %s", text,
		     number_class_name(number.cls));
}

static void expect_e164(const char *text, const char *e164)
{
	read_office(text);
	cr_expect(verdict_passes(&verdict), "%s: %s", text, verdict.detail);
	cr_expect_str_eq(number.e164, e164, "%s", text);
}

static void expect_refused(const char *text, const char *word)
{
	read_office(text);
	cr_expect_eq(verdict.action, ACTION_REJECT, "%s passes", text);
	cr_expect_eq(verdict.reason, REASON_NUMBER_UNREADABLE);
	cr_expect_eq(verdict.sip_code, 403);
	cr_expect_eq(number.cls, NUMBER_UNKNOWN);
	cr_expect_not_null(strstr(verdict.detail, word), "%s: %s", text,
			   verdict.detail);
}

Test(number_input, emergency_comes_before_the_plan)
{
	strcpy(office.internal[0], "1xx");
	strcpy(office.features[0], "0112");
	expect_class("112", NUMBER_EMERGENCY);
	expect_class("0112", NUMBER_EMERGENCY);
	expect_class("urn:service:sos", NUMBER_EMERGENCY);
	expect_class("sip:112:pw@h", NUMBER_EMERGENCY);
	expect_class("123", NUMBER_INTERNAL);
}

Test(number_input, the_plan_comes_in_its_order)
{
	expect_class("612", NUMBER_INTERNAL);
	cr_expect_str_eq(number.pattern, "6xx");
	expect_class("6-1-2", NUMBER_INTERNAL);
	cr_expect_str_eq(number.dialled, "612");
	/* internal hides short, short hides what is outside */
	expect_class("3631", NUMBER_INTERNAL);
	cr_expect_str_eq(number.pattern, "[1-4]xxx");
	expect_class("03117", NUMBER_SHORT);
	expect_class("*97", NUMBER_FEATURE);
	cr_expect_str_empty(number.behind);
	expect_class("*720612345678", NUMBER_FEATURE);
	cr_expect_str_eq(number.behind, "0612345678");
	cr_expect_str_eq(number.pattern, "*72N");
	expect_class("*21*+33612345678%23", NUMBER_FEATURE);
	cr_expect_str_eq(number.behind, "+33612345678");
	cr_expect_str_empty(number.e164);
	expect_class("*72+33612345678", NUMBER_FEATURE);
	cr_expect_str_eq(number.behind, "+33612345678");
	expect_refused("*72+33+44", "+");
	expect_refused("*97+33", "numbering.features");
}

Test(number_input, a_code_that_no_list_holds_is_refused_and_kept)
{
	expect_refused("*98", "numbering.features");
	cr_expect_str_eq(number.dialled, "*98");
	expect_refused("%2a98", "numbering.features");
	cr_expect_str_eq(number.dialled, "*98");
	expect_refused("#31#0123456789", "numbering.features");
	expect_refused("00123456789#", "numbering.features");
}

Test(number_input, the_outside_prefix_is_asked_for_unless_the_number_is_global)
{
	expect_e164("00123456789", "+33123456789");
	expect_e164("0-00-44 20 7946 0123", "+442079460123");
	expect_e164("+33123456789", "+33123456789");
	expect_e164("tel:+33-1-23-45-67-89", "+33123456789");
	expect_refused("123456789", "dial the outside prefix 0 first");
	expect_refused("tel:123456789", "dial the outside prefix 0 first");
	expect_refused("0", "behind the outside prefix");
	strcpy(office.outside_prefix, "17");
	expect_e164("170123456789", "+33123456789");
	expect_refused("1", "dial the outside prefix 17 first");
}

Test(number_input, own_international_prefixes_are_understood_the_longest_first)
{
	strcpy(office.international[office.international_count++], "12");
	strcpy(office.international[office.international_count++], "1244");
	expect_e164("012331 2345 6789", "+33123456789");
	expect_e164("0124433123456789", "+33123456789");
	strcpy(office.international[0], "1244");
	strcpy(office.international[1], "12");
	expect_e164("0124433123456789", "+33123456789");
	/* and the country's, for the trunk knows it */
	expect_class("000881612345678", NUMBER_SATELLITE);
}

Test(number_input, without_a_country_only_the_site_is_known)
{
	office.country[0] = '\0';
	expect_class("612", NUMBER_INTERNAL);
	expect_class("112", NUMBER_EMERGENCY);
	expect_class("*97", NUMBER_FEATURE);
	expect_refused("+33123456789", "numbering.country is not set");
	expect_refused("00123456789", "numbering.country is not set");
	expect_refused("tel:612;phone-context=+33", "another country");
	strcpy(office.country, "QQ");
	expect_refused("00123456789", "no such country code");
}

Test(number_input, a_person_is_internal_where_names_are)
{
	expect_refused("alice", "letters");
	office.names_internal = true;
	expect_class("alice", NUMBER_INTERNAL);
	expect_class("sip:alice-smith.2@h", NUMBER_INTERNAL);
	cr_expect_str_eq(number.dialled, "alice-smith.2");
	/* a number with a tail is nobody's name */
	expect_refused("000881612345678w", "letters");
	expect_refused("0a", "letters");
	expect_refused("sip:alice:pw@h", "password");
	expect_refused("alice;rn=+8811", "parameter");
	expect_refused("al%20ice", "no name");
	expect_refused("al\xc3\xa9", "no name");
}

Test(number_input, a_context_of_this_country_completes_a_number)
{
	expect_e164("tel:123456789;phone-context=+33", "+33123456789");
	expect_e164("tel:00123456789;phone-context=+33", "+33123456789");
	expect_e164("tel:56789;phone-context=+33-1-2-34", "+33123456789");
	expect_e164("sip:123456789;phone-context=+33@h;user=phone",
		    "+33123456789");
	expect_e164("sip:123456789;phone-context=%2B33@h", "+33123456789");
	expect_class("tel:612;phone-context=+33", NUMBER_INTERNAL);
	expect_class("tel:612;phone-context=example.com", NUMBER_INTERNAL);
	expect_e164("tel:+33123456789;phone-context=+33", "+33123456789");
}

Test(number_input, a_context_completes_a_local_number)
{
	office = settings_of("US", "");
	expect_e164("tel:555-0123;phone-context=+1-202", "+12025550123");
	expect_class("tel:555-0123;phone-context=+1-876", NUMBER_INTERNATIONAL);
	expect_class("tel:555-0123;phone-context=+1-900", NUMBER_PREMIUM);
	expect_e164("tel:555-0123;phone-context=+1", "");
}

Test(number_input, a_context_makes_no_other_number)
{
	expect_refused("tel:00123456789;phone-context=+44", "another country");
	expect_refused("tel:612;phone-context=+881", "another country");
	expect_refused("tel:612;phone-context=+33899", "too short");
	expect_refused("tel:612;phone-context=+33899123", "another in its");
	expect_refused("tel:00123456789;phone-context=+331", "");
	expect_refused("tel:*97;phone-context=+331", "");
	expect_refused("tel:+33123456789;phone-context=+44", "global");
	expect_refused("tel:612;phone-context=+33;phone-context=+33", "twice");
	expect_refused("612;phone-context=", "empty");
	expect_refused("612;phone-context=++33", "+");
	expect_refused("612;phone-context=+", "+");
	expect_refused("612;phone-context=a_b", "domain");
	expect_refused("tel:118218;phone-context=+33", "short");
}

Test(number_input, parameters_of_a_number_are_ignored_or_refused)
{
	expect_e164("tel:+33123456789;isub=1234", "+33123456789");
	expect_e164("tel:+33123456789;ext=12;isub=1", "+33123456789");
	expect_e164("sip:+33123456789;isub=1@h", "+33123456789");
	/* these send the call elsewhere */
	expect_refused("tel:+33123456789;rn=+881612345678;npdi", "parameter");
	expect_refused("tel:+33123456789;postd=ppp881", "parameter");
	expect_refused("tel:+33123456789;cic=+1-6789", "parameter");
	expect_refused("sip:+33123456789;rn=+8811@h", "parameter");
	expect_refused("+33123456789%3brn=+8811", "parameter");
	expect_refused("612;", "parameter");
	expect_refused("612;;isub=1", "parameter");
}

Test(number_input, sip_uris_with_user_phone_and_with_a_password)
{
	expect_e164("sip:00123456789@pbx.example.com;user=phone",
		    "+33123456789");
	expect_e164("sips:00123456789@h", "+33123456789");
	expect_refused("sip:00123456789:881@h;user=phone", "password");
	expect_refused("sip:612:pw@h", "password");
	expect_refused("sip:pbx.example.com", "no number");
}

Test(number_input, a_uri_that_holds_no_number_is_refused)
{
	struct sip_uri uri;

	cr_assert_eq(sip_uri_parse(&uri, SPAN("mailto:a@b")), 0);
	verdict = number_read(&number, &uri, &office);
	cr_expect_eq(verdict.reason, REASON_NUMBER_UNREADABLE);
	cr_expect_eq(number.cls, NUMBER_UNKNOWN);
}

Test(number_input, what_is_no_number_is_refused_in_words)
{
	expect_refused("", "no number");
	expect_refused("-", "no number");
	expect_refused("+", "+");
	expect_refused("++33", "+");
	expect_refused("+3+3", "+");
	expect_refused("(+", "+");
	expect_refused("+*21", "+");
	expect_refused("0012345678a", "letters");
	expect_refused("+33abc", "letters");
	expect_refused("0/123", "stands in no number");
	expect_refused("00123,456", "stands in no number");
	expect_refused("0\t1", "stands in no number");
	/* Arabic-Indic and full-width digits, as bytes and as escapes */
	expect_refused("0\xd9\xa0\xd9\xa1", "ASCII");
	expect_refused("%EF%BC%91%EF%BC%92", "ASCII");
	expect_refused("\xef\xbc\x8b"
		       "33123456789",
		       "ASCII");
	expect_refused("00123456789%00", "NUL");
	expect_refused("0012%", "%");
	expect_refused("0012%4", "%");
	expect_refused("%2500123", "stands in no number");
	expect_refused("+3312345678901234", "15 digits");
	expect_refused("+33123456789012345678", "15 digits");
	expect_refused("+4903012345678901", "15 digits");
}

Test(number_input, numbers_of_any_length_are_refused)
{
	char text[2100];

	for (size_t len = 17; len < sizeof(text); len += len / 4) {
		memset(text, '1', len);
		text[0] = '+';
		text[len] = '\0';
		read_office(text);
		cr_expect_not(verdict_passes(&verdict), "%zu digits", len);
		text[0] = '0';
		read_office(text);
		cr_expect_not(verdict_passes(&verdict), "%zu digits", len);
		memset(text, '0', len);
		read_office(text);
		cr_expect_not(verdict_passes(&verdict), "%zu zeros", len);
	}
}

Test(number_input, zeros_and_ones_behind_a_country_code_make_no_number)
{
	office = settings_of("DE", "");
	expect_refused("+6000018081078", "behind the country code");
	expect_refused("+11111200111112", "behind the country code");
	/* the library gives this one back as it was dialled */
	office = settings_of("US", "");
	expect_refused("01160000", "too short");
	expect_refused("+60000", "too short");
}
