/* make_numbers.cc - writes numbers.csv: what libphonenumber gives as examples,
 * in the forms that people and phones dial. It is not built with the tests:
 *   g++ -O2 make_numbers.cc -lphonenumber -o make_numbers
 *   ./make_numbers VERSION > numbers.csv
 * A row is CSV and a C initialiser at once, hence the comma at its end. */
#include <cstdio>
#include <string>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using std::string;

namespace
{

const struct {
	const char *country, *prefix; /* how a PBX there gets a line */
} homes[] = {
	{"FR", "0"}, {"GB", "9"}, {"DE", "0"}, {"BE", "0"}, {"CH", "0"},
	{"IT", "0"}, {"ES", "0"}, {"PT", "0"}, {"NL", "0"}, {"LU", "0"},
	{"AT", "0"}, {"IE", "9"}, {"DK", "0"}, {"SE", "0"}, {"NO", "0"},
	{"FI", "0"}, {"PL", "0"}, {"CZ", "0"}, {"SK", "0"}, {"HU", "0"},
	{"RO", "0"}, {"BG", "0"}, {"GR", "0"}, {"HR", "0"}, {"SI", "0"},
	{"EE", "0"}, {"LV", "0"}, {"LT", "0"}, {"IS", "0"}, {"CY", "0"},
	{"US", "9"}, {"CA", "9"}, {"BR", "0"}, {"AR", "0"}, {"CL", "9"},
	{"AU", "0"}, {"NZ", "1"}, {"JP", "0"}, {"KR", "9"}, {"SG", "9"},
	{"HK", "9"}, {"IN", "0"}, {"ZA", "0"}, {"TR", "9"}, {"IL", "9"},
	{"AE", "9"}, {"RU", "9"}, {"JM", "9"},
};

const struct {
	PhoneNumberUtil::PhoneNumberType type;
	const char *name, *cls;
} kinds[] = {
	{PhoneNumberUtil::FIXED_LINE, "fixed", "domestic-fixed"},
	{PhoneNumberUtil::MOBILE, "mobile", "domestic-mobile"},
	{PhoneNumberUtil::TOLL_FREE, "toll free", "toll-free"},
	{PhoneNumberUtil::SHARED_COST, "shared cost", "shared-cost"},
	{PhoneNumberUtil::PREMIUM_RATE, "premium rate", "premium"},
	{PhoneNumberUtil::PERSONAL_NUMBER, "personal", "personal"},
	{PhoneNumberUtil::VOIP, "VoIP", "domestic-fixed"},
	{PhoneNumberUtil::UAN, "company", "domestic-fixed"},
	{PhoneNumberUtil::PAGER, "pager", "personal"},
};

/* Called from every home but its own. */
const struct {
	const char *country, *type, *cls;
	const char *e164;
} far[] = {
	{"FR", "fixed", "international", "+33123456789"},
	{"GB", "mobile", "international", "+447400123456"},
	{"LV", "mobile", "international", "+37121234567"},
	{"CU", "fixed", "international", "+5371234567"},
	{"SO", "mobile", "international", "+252712345678"},
	{"001", "Iridium", "satellite", "+881612345678"},
};

string source;

void row(const char *home, const char *prefix, const string &dialled,
	 const char *cls, const string &e164, const char *country,
	 const char *what)
{
	if (dialled.find_first_not_of("tel:+0123456789-.() ") != string::npos)
		return;
	printf("\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s, %s\",\n", home,
	       prefix, dialled.c_str(), cls, e164.c_str(), country,
	       source.c_str(), what);
}

string digits_of(const string &text)
{
	string out;

	for (char c : text)
		if (c >= '0' && c <= '9')
			out += c;
	return out;
}

void rows_of(const char *home, const char *prefix, const PhoneNumber &number,
	     const char *cls, const char *what)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	string e164, national, rfc3966;

	util.Format(number, PhoneNumberUtil::E164, &e164);
	util.Format(number, PhoneNumberUtil::NATIONAL, &national);
	util.Format(number, PhoneNumberUtil::RFC3966, &rfc3966);
	/* Numbers of a country may not be reached from abroad, 0800 of some:
	 * still they have a global form. */
	row(home, "", national, cls, e164, home, what);
	row(home, prefix, prefix + digits_of(national), cls, e164, home, what);
	row(home, prefix, e164, cls, e164, home, what);
	row(home, "", rfc3966, cls, e164, home, what);
}

void rows_abroad(const char *home, const char *prefix)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();

	for (const auto &it : far) {
		PhoneNumber number;
		string dialled;

		if (it.country == string(home))
			continue;
		util.Parse(it.e164, "ZZ", &number);
		util.FormatOutOfCountryCallingNumber(number, home, &dialled);
		dialled = digits_of(dialled);
		/* Where carriers are chosen by prefix it writes none. */
		if (!number.country_code() || dialled.size() < 12 ||
		    dialled[0] != '0')
			continue;
		row(home, "", dialled, it.cls, it.e164, it.country, it.type);
		row(home, prefix, prefix + dialled, it.cls, it.e164, it.country,
		    it.type);
	}
}

} /* namespace */

int main(int argc, char **argv)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();

	source = string("libphonenumber ") + (argc > 1 ? argv[1] : "") +
		 " example";
	printf("\"country\",\"outside_prefix\",\"dialled\",\"class\","
	       "\"e164\",\"number_country\",\"source\",\n");
	for (const auto &home : homes) {
		for (const auto &kind : kinds) {
			PhoneNumber number;
			const char *cls = kind.cls;

			if (!util.GetExampleNumberForType(home.country,
							  kind.type, &number))
				continue;
			/* 026 of New Zealand went from pagers to mobiles
			 * between 8.12.57 and 8.13.51. */
			if (home.country == string("NZ") &&
			    kind.type == PhoneNumberUtil::PAGER)
				continue;
			/* 600 is for tariffed services (NANPA). */
			if (home.country == string("CA") &&
			    kind.type == PhoneNumberUtil::VOIP)
				cls = "personal";
			if (util.GetNumberType(number) ==
			    PhoneNumberUtil::FIXED_LINE_OR_MOBILE)
				cls = "domestic-fixed";
			rows_of(home.country, home.prefix, number, cls,
				kind.name);
		}
		/* There 00252 is Somalia behind 00, or Mexico behind 002. */
		if (home.country != string("HK"))
			rows_abroad(home.country, home.prefix);
	}
	return 0;
}
