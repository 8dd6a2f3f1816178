/* test_emergency.c - emergency numbers of 64 countries are known in every form
 * that is dialled, and nothing beside them is */
#include "rows.h"

#include "rempart/policy/emergency.h"

static const struct {
	const char *country, *numbers;
} known[] = {
	{"AE", "997 998 999"},
	{"AR", "100 101 107"},
	{"AT", "122 133 144"},
	{"AU", "000 106"},
	{"BE", "100 101"},
	{"BG", "150 160 166"},
	{"BR", "190 192 193"},
	{"CA", "988"},
	{"CH", "117 118 144 1414"},
	{"CL", "131 132 133"},
	{"CN", "110 119 120"},
	{"CO", "123"},
	{"CY", "199"},
	{"CZ", "150 155 158"},
	{"DE", "110"},
	{"EE", "110"},
	{"ES", "061 062 080 091"},
	{"FR", "15 17 18 114 115 116000 119 191 196 197"},
	{"GB", "999"},
	{"GR", "100 166 199"},
	{"HK", "999"},
	{"HR", "192 193 194"},
	{"HU", "104 105 107"},
	{"ID", "110 118"},
	{"IE", "999"},
	{"IL", "100 101 102"},
	{"IN", "100 101 102"},
	{"IT", "113 115 118"},
	{"JP", "110 118 119"},
	{"KR", "119"},
	{"LI", "117 118 144"},
	{"LT", "101 102 103"},
	{"LU", "113"},
	{"LV", "110 113"},
	{"MA", "15 19 177"},
	{"MC", "15 17 18"},
	{"MX", "066"},
	{"MY", "999"},
	{"NO", "110 113"},
	{"NZ", "111"},
	{"PE", "105 116 117"},
	{"PH", "117"},
	{"PL", "997 998 999"},
	{"PT", "115 117"},
	{"RS", "192 193 194"},
	{"RU", "101 102 103"},
	{"SA", "997 998 999"},
	{"SG", "995 999"},
	{"SI", "113"},
	{"SK", "150 155 158"},
	{"TH", "191 199"},
	{"TN", "190 197 198"},
	{"TR", "110 155 156"},
	{"TW", "110 119"},
	{"UA", "101 102 103"},
	{"US", "988"},
	{"ZA", "10111 10177"},
	/* 112 alone */
	{"DK", ""},
	{"FI", ""},
	{"IS", ""},
	{"MT", ""},
	{"NL", ""},
	{"RO", ""},
	{"SE", ""},
};

static struct number_settings france;

static void make_france(void)
{
	france = settings_of("FR", "0");
}

TestSuite(emergency, .init = make_france);

static bool is_one(const char *dialled, const struct number_settings *settings)
{
	return emergency_is_dialled(span_str(dialled), settings);
}

static bool is_uri(const char *text)
{
	struct sip_uri uri;

	cr_assert_eq(sip_uri_parse(&uri, span_str(text)), 0, "%s", text);
	return emergency_is(&uri, &france);
}

static void expect_all_forms(const char *number, const char *country)
{
	struct number_settings bare = settings_of(country, "");
	struct number_settings line = settings_of(country, "9");
	char text[32];

	cr_expect(is_one(number, &bare), "%s %s", country, number);
	cr_expect(is_one(number, &line), "%s %s", country, number);
	snprintf(text, sizeof(text), "9%s", number);
	cr_expect(is_one(text, &line), "%s %s", country, text);
	snprintf(text, sizeof(text), "99%s", number);
	cr_expect_not(is_one(text, &line), "%s %s", country, text);
	snprintf(text, sizeof(text), "%s99", number);
	cr_expect_not(is_one(text, &line), "%s %s", country, text);
	snprintf(text, sizeof(text), "+%s", number);
	cr_expect_not(is_one(text, &line), "%s %s", country, text);
	snprintf(text, sizeof(text), "*%s", number);
	cr_expect_not(is_one(text, &line), "%s %s", country, text);
}

Test(emergency, numbers_of_64_countries_are_known_bare_and_behind_a_prefix)
{
	size_t count = sizeof(known) / sizeof(known[0]);

	cr_assert_geq(count, 40);
	for (size_t i = 0; i < count; i++) {
		struct span rest = span_str(known[i].numbers);

		expect_all_forms("112", known[i].country);
		expect_all_forms("911", known[i].country);
		while (rest.len) {
			size_t len = span_find(rest, ' ');
			char number[16];

			span_copy(number, sizeof(number), span_of(rest.p, len));
			expect_all_forms(number, known[i].country);
			rest = span_skip(rest, len + 1);
		}
	}
	expect_all_forms("112", "");
	expect_all_forms("911", "");
	expect_all_forms("112", "ZZ");
}

Test(emergency, numbers_of_another_country_are_none)
{
	struct number_settings usa = settings_of("US", "9");

	cr_expect_not(is_one("999", &france));
	cr_expect_not(is_one("110", &france));
	cr_expect_not(is_one("118", &france));
	cr_expect_not(is_one("15", &usa));
	cr_expect_not(is_one("999", &usa));
	cr_expect_not(is_one("411", &usa));
}

Test(emergency, a_prefix_counts_only_where_it_is_set)
{
	struct number_settings bare = settings_of("FR", "");
	struct number_settings nine = settings_of("US", "9");

	cr_expect(is_one("0112", &france));
	cr_expect(is_one("015", &france));
	cr_expect_not(is_one("0112", &bare));
	cr_expect(is_one("9911", &nine));
	cr_expect_not(is_one("9911", &france));
	cr_expect_not(is_one("0", &france));
}

Test(emergency, matched_in_full)
{
	const char *none[] = {
		"1120",		"11",	"1112",	   "01120", "00112",
		"+112",		"112#", "*112",	   "112*",  "",
		"112;rn=+8811", "112w", "1 1 2 1",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_not(is_one(none[i], &france), "%s", none[i]);
}

Test(emergency, separators_and_escapes_are_understood)
{
	cr_expect(is_one("1-1-2", &france));
	cr_expect(is_one("(112)", &france));
	cr_expect(is_one("1%31%32", &france));
	cr_expect(is_one("%31%31%32", &france));
	cr_expect(is_one("1%201.2", &france));
	cr_expect_not(is_one("112%00", &france));
	cr_expect_not(is_one("11%2", &france));
	cr_expect_not(is_one("112%3", &france));
	cr_expect_not(is_one("\xd9\xa1\xd9\xa1\xd9\xa2", &france));
}

Test(emergency, uris_of_every_scheme)
{
	cr_expect(is_uri("sip:112@pbx.example.com"));
	cr_expect(is_uri("sips:0112@pbx.example.com;user=phone"));
	cr_expect(is_uri("sip:112:pw@pbx.example.com"));
	cr_expect(is_uri("tel:112"));
	cr_expect(is_uri("tel:112;phone-context=+33"));
	cr_expect(is_uri("tel:1-1-2;phone-context=example.com"));
	cr_expect(is_uri("sip:112;phone-context=+33@h"));
	cr_expect(is_uri("urn:service:sos"));
	cr_expect(is_uri("URN:Service:SOS.Fire"));
	cr_expect_not(is_uri("sip:112.example.com"));
	cr_expect_not(is_uri("sip:1120@112"));
	cr_expect_not(is_uri("tel:+112"));
	cr_expect_not(is_uri("tel:112;phone-context=+8816"));
	cr_expect_not(is_uri("tel:112;rn=+881612345678"));
	cr_expect_not(is_uri("mailto:112"));
}

Test(emergency, only_sos_and_what_is_below_it_is_an_emergency_urn)
{
	cr_expect(emergency_is_urn(SPAN("urn:service:sos")));
	cr_expect(emergency_is_urn(SPAN("urn:service:sos.police")));
	cr_expect(emergency_is_urn(SPAN("urn:service:sos.a-b.c")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:sos.")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:sos..a")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:soso")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:sos@h")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:sos.a;b")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:counseling")));
	cr_expect_not(emergency_is_urn(SPAN("urn:service:so")));
	cr_expect_not(emergency_is_urn(SPAN("xurn:service:sos")));
	cr_expect_not(emergency_is_urn((struct span){0}));
}

Test(emergency, a_pattern_that_hides_one_is_told)
{
	struct number_settings none = settings_of("", "");

	cr_expect(emergency_hidden_by("112", &none));
	cr_expect(emergency_hidden_by("9xx", &none));
	cr_expect(emergency_hidden_by("[1-4]xx", &none));
	cr_expect_not(emergency_hidden_by("1x", &none));
	cr_expect(emergency_hidden_by("1x", &france));
	cr_expect(emergency_hidden_by("0xxx", &france));
	cr_expect(emergency_hidden_by("01x", &france));
	cr_expect(emergency_hidden_by("116xxx", &france));
	cr_expect(emergency_hidden_by("1N", &france));
	cr_expect_not(emergency_hidden_by("6xx", &france));
	cr_expect_not(emergency_hidden_by("*72N", &france));
	cr_expect_not(emergency_hidden_by("*112", &france));
	cr_expect_not(emergency_hidden_by("[1-4]xxx", &france));
}
