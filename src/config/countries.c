/* countries.c - country codes, as numbers and rules name them */
#include <ctype.h>
#include <string.h>

#include "countries.h"

/* ISO 3166-1 and AC, TA, XK; without places that have no numbers of their own
 * (AQ, BV, GS, HM, PN, TF, UM): a rule for one could never match. */
static const char countries[] =
	"AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH "
	"BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM "
	"CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
	"FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY "
	"HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI "
	"KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF "
	"MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG "
	"NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE "
	"RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX "
	"SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ "
	"VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

static const char union_members[] =
	"AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT "
	"RO SE SI SK";

/* ITU-T E.164 leaves it to each country; nearly all others dial 00. */
static const struct {
	const char *codes;
	const char *prefixes;
} international[] = {
	{"AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MP MS PR SX TC TT US VC "
	 "VG VI FM MH PW",
	 "011"},
	{"AU CC CX", "0011"},
	{"BY KZ RU TM", "810"},
	{"CU", "119"},
	{"GY HK ID KH MN SG TH", "001"},
	{"JP", "010"},
	{"KE", "000"},
	{"KR", "00 001 002"},
	{"TW", "002"},
};

/* Stands in "AC AD AE". */
static bool holds(const char *list, const char *code)
{
	if (strlen(code) != 2)
		return false;
	for (const char *p = list; *p; p += p[2] ? 3 : 2) {
		if (!strncmp(p, code, 2))
			return true;
	}
	return false;
}

bool country_is(const char *code)
{
	return holds(countries, code);
}

const char *country_meant(char dst[static 3], const char *text)
{
	if (strlen(text) != 2)
		return NULL;
	dst[0] = (char)toupper((unsigned char)text[0]);
	dst[1] = (char)toupper((unsigned char)text[1]);
	dst[2] = '\0';
	/* Domains and the EU say UK and EL. */
	if (!strcmp(dst, "UK"))
		return "GB";
	if (!strcmp(dst, "EL"))
		return "GR";
	return country_is(dst) ? dst : NULL;
}

const char *country_international(const char *code)
{
	enum { ROWS = sizeof(international) / sizeof(international[0]) };

	for (size_t i = 0; i < ROWS; i++) {
		if (holds(international[i].codes, code))
			return international[i].prefixes;
	}
	return "00";
}

const char *country_union(void)
{
	return union_members;
}
