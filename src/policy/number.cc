/* number.cc - libphonenumber, which has no C interface; no exception leaves */
#include "number_lib.h"

#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

namespace
{

const char NOWHERE[] = "ZZ"; /* the library's word for no region */

const ShortNumberInfo &short_numbers()
{
	static const ShortNumberInfo info;

	return info;
}

bool copy_text(char *dst, size_t cap, const std::string &src)
{
	if (src.size() >= cap)
		return false;
	memcpy(dst, src.c_str(), src.size() + 1);
	return true;
}

enum number_kind kind_of(PhoneNumberUtil::PhoneNumberType type)
{
	switch (type) {
	case PhoneNumberUtil::MOBILE:
		return NUMBER_KIND_MOBILE;
	case PhoneNumberUtil::TOLL_FREE:
		return NUMBER_KIND_TOLL_FREE;
	case PhoneNumberUtil::SHARED_COST:
		return NUMBER_KIND_SHARED_COST;
	case PhoneNumberUtil::PREMIUM_RATE:
		return NUMBER_KIND_PREMIUM;
	case PhoneNumberUtil::PERSONAL_NUMBER:
	/* The caller pays for a pager as for a personal number. */
	case PhoneNumberUtil::PAGER:
		return NUMBER_KIND_PERSONAL;
	/* +44 3, +49 18x and their like cost what a fixed line costs. */
	case PhoneNumberUtil::UAN:
	case PhoneNumberUtil::VOIP:
	case PhoneNumberUtil::VOICEMAIL:
	case PhoneNumberUtil::FIXED_LINE:
	case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
		return NUMBER_KIND_FIXED;
	case PhoneNumberUtil::UNKNOWN:
		break;
	}
	return NUMBER_KIND_UNKNOWN;
}

enum number_length length_of(const PhoneNumber &number)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();

	switch (util.IsPossibleNumberWithReason(number)) {
	case PhoneNumberUtil::IS_POSSIBLE:
		return NUMBER_LENGTH_FITS;
	case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
		return NUMBER_LENGTH_LOCAL;
	case PhoneNumberUtil::TOO_SHORT:
		return NUMBER_LENGTH_SHORT;
	case PhoneNumberUtil::TOO_LONG:
	case PhoneNumberUtil::INVALID_LENGTH:
	case PhoneNumberUtil::INVALID_COUNTRY_CODE:
		break;
	}
	return NUMBER_LENGTH_LONG;
}

bool is_costly(enum number_kind kind)
{
	return kind == NUMBER_KIND_PREMIUM || kind == NUMBER_KIND_SHARED_COST ||
	       kind == NUMBER_KIND_PERSONAL;
}

/*
 * Ranges of which a regulator says more than the metadata, that has them as
 * ordinary numbers or not at all; tests/unit/policy/regulators.csv has what was
 * read. A number with fewer digits is one that is dialled inside of its area.
 */
const struct {
	unsigned calling_code;
	size_t digits_min;
	const char *starts;
	enum number_kind kind;
} regulated[] = {
	/* Non-geographic and carriers' services: what the called one asks. */
	{1, 10,
	 "528 529 532 535 538 542 543 545 546 547 549 550 552 553 554 556 558 "
	 "569 578 589 600 633 700",
	 NUMBER_KIND_PERSONAL},
	{31, 9, "84 87", NUMBER_KIND_PERSONAL}, /* personal assistants */
	{32, 8, "70", NUMBER_KIND_SHARED_COST},
	{32, 8, "90", NUMBER_KIND_PREMIUM},
	/* Mobiles overseas; known to the metadata under +262, +590 ... alone */
	{33, 9, "639 690 691 692 693 694 696 697 708 709", NUMBER_KIND_MOBILE},
	{34, 9, "905 907", NUMBER_KIND_PREMIUM},
	{41, 9, "74", NUMBER_KIND_PERSONAL},  /* pagers */
	{44, 10, "76", NUMBER_KIND_PERSONAL}, /* pagers, but for 07624 */
	{46, 9, "99", NUMBER_KIND_PREMIUM},
	{60, 9, "1300", NUMBER_KIND_SHARED_COST},
	{60, 9, "1700", NUMBER_KIND_PERSONAL},
	{60, 9, "600 1900", NUMBER_KIND_PREMIUM},
};

bool starts_with_one(const std::string &digits, const char *starts)
{
	std::istringstream list(starts);
	std::string start;

	while (list >> start) {
		if (digits.compare(0, start.size(), start) == 0)
			return true;
	}
	return false;
}

void ask_regulators(struct number_parts *out, const std::string &national)
{
	/* The metadata knows these one by one. */
	if (out->kind == NUMBER_KIND_MOBILE || out->kind == NUMBER_KIND_PREMIUM)
		return;
	for (const auto &range : regulated) {
		if (out->calling_code == range.calling_code &&
		    national.size() >= range.digits_min &&
		    starts_with_one(national, range.starts))
			out->kind = range.kind;
	}
}

/*
 * A number that no pattern of the metadata matches: 900 055 1234 in the USA is
 * no number yet, but a switch looks at the 900. So ask for other numbers of
 * its three first digits: a costly range makes it costly, and the country is
 * theirs. Nothing cheaper is concluded than what is known.
 */
void ask_neighbours(struct number_parts *out, std::string *region,
		    const PhoneNumber &number, const std::string &national)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	const size_t range = 3;

	if (national.size() <= range)
		return;
	for (char fill : {'2', '5', '0', '7'}) {
		std::string other = national.substr(0, range) +
				    std::string(national.size() - range, fill);
		PhoneNumber near(number);

		near.set_national_number(std::stoull(other));
		enum number_kind kind = kind_of(util.GetNumberType(near));
		if (is_costly(kind) && out->kind != NUMBER_KIND_PREMIUM)
			out->kind = kind;
		if (*region == NOWHERE && kind != NUMBER_KIND_UNKNOWN)
			util.GetRegionCodeForNumber(near, region);
	}
}

/*
 * Countries that share a calling code share freephone and premium numbers too:
 * +1 800 is at home in Canada, though the library says US. A number that no
 * country of them knows belongs to the main one; the USA and Canada open area
 * codes faster than metadata is renewed, so both keep what nobody claims.
 */
void settle_country(std::string *region, const PhoneNumber &number,
		    const std::string &home)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	bool at_home =
		util.GetCountryCodeForRegion(home) == number.country_code();

	if (*region == NOWHERE && at_home && home == "CA")
		*region = home;
	else if (*region == NOWHERE)
		util.GetRegionCodeForCountryCode(number.country_code(), region);
	else if (at_home && *region != home &&
		 util.IsValidNumberForRegion(number, home))
		*region = home;
}

int read_parts(struct number_parts *out, const std::string &home,
	       const PhoneNumber &number)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	std::string e164, national, region;

	util.Format(number, PhoneNumberUtil::E164, &e164);
	util.GetNationalSignificantNumber(number, &national);
	util.GetRegionCodeForNumber(number, &region);
	out->calling_code = (unsigned)number.country_code();
	out->kind = kind_of(util.GetNumberType(number));
	out->guessed = out->kind == NUMBER_KIND_UNKNOWN;
	out->abroad = number.country_code_source() ==
			      PhoneNumber::FROM_NUMBER_WITH_PLUS_SIGN ||
		      number.country_code_source() ==
			      PhoneNumber::FROM_NUMBER_WITH_IDD;
	if (out->guessed) {
		out->length = length_of(number);
		out->short_code =
			short_numbers().IsPossibleShortNumberForRegion(number,
								       home);
		ask_neighbours(out, &region, number, national);
	}
	ask_regulators(out, national);
	settle_country(&region, number, home);
	if (region == NOWHERE)
		region.clear();
	if (!copy_text(out->e164, sizeof(out->e164), e164) ||
	    !copy_text(out->national, sizeof(out->national), national) ||
	    !copy_text(out->country, sizeof(out->country), region))
		return ERANGE;
	return 0;
}

int read_number(struct number_parts *out, const std::string &digits,
		const std::string &home)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	struct number_parts parts = {};
	PhoneNumber number;

	/* Keeping the raw input is what tells how the country was found. */
	switch (util.ParseAndKeepRawInput(digits, home, &number)) {
	case PhoneNumberUtil::NO_PARSING_ERROR:
		break;
	case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
		return ENOENT;
	case PhoneNumberUtil::TOO_LONG_NSN:
		return ERANGE;
	case PhoneNumberUtil::NOT_A_NUMBER:
	case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
	case PhoneNumberUtil::TOO_SHORT_NSN:
		return EINVAL;
	}
	/* Nothing but zeros: it would be written as it was dialled. */
	if (!number.national_number())
		return EINVAL;
	int err = read_parts(&parts, home, number);
	if (!err)
		*out = parts;
	return err;
}

} /* namespace */

int number_lib_open(void)
try {
	(void)short_numbers();
	return PhoneNumberUtil::GetInstance() ? 0 : ENOMEM;
} catch (...) {
	return ENOMEM;
}

int number_lib_read(struct number_parts *out, const char *digits,
		    const char *home)
try {
	return read_number(out, digits, home);
} catch (...) {
	return ENOMEM;
}

unsigned number_lib_calling_code(const char *country)
try {
	return (unsigned)PhoneNumberUtil::GetInstance()
		->GetCountryCodeForRegion(country);
} catch (...) {
	return 0;
}
