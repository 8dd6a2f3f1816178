/* test_emergency.c - emergency numbers of 61 countries, each compared with a
 * text, are known in every form that is dialled, and nothing beside them is */
#include "rows.h"

#include "rempart/policy/emergency.h"

/* Read where `source` says; the letters are those of src/policy/emergency.c. A
 * country without a number has 112 and 911 alone. */
static const struct {
	const char *country, *numbers, *source;
} known[] = {
	{"AE", "997 998 999", "A"},
	{"AR", "100 101 107", "A"},
	{"AT", "122 128 133 140 141 142 144 147", "RTR"},
	{"AU", "000", "A"},
	{"BE", "100 101", "police.be"},
	{"BG", "150", "W"},
	{"BR", "190 192 193 185", "A"},
	{"CA", "988", "W"},
	{"CH", "117 118 143 144 145 147 1414", "A"},
	{"CL", "131 132 133", "A"},
	{"CN", "110 119 120", "A"},
	{"CO", "123 125", "A, W"},
	{"CY", "199", "W"},
	{"CZ", "155", "W"},
	{"DE", "110", "BNetzA"},
	{"DK", "", "politi.dk"},
	{"EE", "", "112.ee"},
	{"ES", "061 062 080 085 088 091 092", "A"},
	{"FI", "", "A"},
	{"FR", "15 17 18 114 115 116000 116117 119 191 196 197", "ARCEP"},
	{"GB", "999", "A"},
	{"GR", "166", "W"},
	{"HK", "999", "A"},
	{"HR", "192 193 194 195", "HAKOM"},
	{"HU", "104", "W"},
	{"ID", "110 113 118", "A"},
	{"IE", "999", "W"},
	{"IL", "100 101 102", "A"},
	{"IN", "100 101 102 108", "DoT"},
	{"IS", "", "A"},
	{"IT", "113 115 118", "A"},
	{"JP", "110 118 119", "A"},
	{"KR", "119 122", "A"},
	{"LI", "144", "W"},
	{"LT", "", "government"},
	{"LV", "110 113 114", "mana.latvija.lv"},
	{"MA", "15 19 150 177 190", "A"},
	{"MC", "18", "W"},
	{"MT", "", "A"},
	{"MX", "", "IFT"},
	{"MY", "999", "A"},
	{"NL", "113", "ACM"},
	{"NO", "110 113", "A"},
	{"NZ", "111", "A"},
	{"PE", "105 116", "A"},
	{"PL", "984 985 986 987 991 992 993 994 995 996 997 998 999", "UKE"},
	{"PT", "117", "council"},
	{"RO", "", "A"},
	{"RS", "192 193 194", "A"},
	{"RU", "101 102 103 104", "A"},
	{"SA", "997 998 999", "A"},
	{"SE", "", "SOS Alarm"},
	{"SG", "995 999", "IMDA"},
	{"SK", "155", "W"},
	{"TH", "191 199 1669", "A"},
	{"TN", "190 197 198", "A"},
	{"TR", "110 122 155 156 158 177", "Saglik Bakanligi"},
	{"TW", "110 119", "A"},
	{"UA", "101 102 103", "A"},
	{"US", "988", "W"},
	{"ZA", "10177", "W"},
};

/* In the metadata or from memory: compared with no text. */
static const struct {
	const char *country, *numbers;
} unread[] = {
	{"AU", "106"},	   {"CO", "119 132"}, {"CZ", "150 158"},
	{"GR", "100 199"}, {"HU", "105 107"}, {"LI", "117 118"},
	{"LU", "113"},	   {"MC", "15 17"},   {"PH", "117"},
	{"PT", "115"},	   {"SI", "113"},     {"SK", "150 158"},
	{"ZA", "10111"},
};

/* Were emergency numbers, or are police and insurance for quiet days. */
static const struct {
	const char *country, *numbers;
} gone[] = {
	{"DK", "114"},
	{"EE", "110"},
	{"HR", "92 93 94 1987"},
	{"IN", "2611"},
	{"LT", "01 02 03 011 022 033 101 102 103"},
	{"MX", "060 061 065 066 068 080"},
	{"PL", "989"},
	{"RS", "92 93 94"},
	{"SE", "90000"},
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

static void expect_list(const char *numbers, const char *country)
{
	struct span rest = span_str(numbers);

	expect_all_forms("112", country);
	expect_all_forms("911", country);
	while (rest.len) {
		size_t len = span_find(rest, ' ');
		char number[16];

		span_copy(number, sizeof(number), span_of(rest.p, len));
		expect_all_forms(number, country);
		rest = span_skip(rest, len + 1);
	}
}

Test(emergency, numbers_of_61_countries_are_those_of_a_text_that_was_read)
{
	size_t count = sizeof(known) / sizeof(known[0]);

	cr_assert_geq(count, 40);
	for (size_t i = 0; i < count; i++) {
		cr_assert(known[i].source[0], "%s", known[i].country);
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(known[i].country, known[j].country);
		expect_list(known[i].numbers, known[i].country);
	}
}

Test(emergency, numbers_that_no_text_was_found_for_stay)
{
	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		expect_list(unread[i].numbers, unread[i].country);
	expect_all_forms("112", "");
	expect_all_forms("911", "");
	expect_all_forms("112", "ZZ");
}

Test(emergency, a_number_that_was_replaced_is_none)
{
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		struct number_settings home = settings_of(gone[i].country, "");
		struct span rest = span_str(gone[i].numbers);

		while (rest.len) {
			size_t len = span_find(rest, ' ');

			cr_expect_not(emergency_is_dialled(span_of(rest.p, len),
							   &home),
				      "%s %.*s", gone[i].country, (int)len,
				      rest.p);
			rest = span_skip(rest, len + 1);
		}
	}
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
