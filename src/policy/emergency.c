/* emergency.c - numbers that must never be refused, of each country */
#include "rempart/policy/emergency.h"

#include <assert.h>

#include "rempart/base/text.h"

#include "dialled.h"
#include "pattern.h"

/* Blanks stand between numbers; 112 and 911 are not repeated. */
struct country {
	char code[3];
	const char *read;
	const char *unread;
};

/*
 * Understood in every country: 112 is the number of the Union (Directive (EU)
 * 2018/1972 article 109) and of GSM phones everywhere (3GPP TS 22.101), 911
 * that of North America, which visitors and imported phones dial.
 */
static const char everywhere[] = "112 911";

/*
 * `read`: found in the text that the comment of the row names, looked up in
 * stored copies of public pages and repositories. A: Android's own table
 * (packages/services/Telephony, ecc/input/eccdata.txt, revision 2). W:
 * Wikipedia, List of emergency telephone numbers, revision 1362829639, of
 * which one number a country was read. A row with neither list was compared
 * too: it has nothing but the two above. Crisis lines are in where the
 * regulator or W has them beside the others.
 *
 * `unread`: compared with no text. They stand in the emergency metadata of
 * libphonenumber 8.12.57, or are from memory: sea and mountain rescue, gas,
 * crisis lines, relays for the deaf. They stay, for to refuse a number that
 * still helps is worse than to let through one that has gone. The E.129 pages
 * of the ITU could not be read, nor those of most regulators.
 *
 * In the metadata and not here, since a text says that it has gone or is none:
 * 114 (DK, police, not urgent: politi.dk), 110 (EE, closed 2020: 112.ee), 93
 * and 94 (HR, replaced: HAKOM), 2611 (IN, outside level 1 and the list of the
 * DoT), 01 02 03 011 022 033 101 102 103 (LT, off since 2022: resolution of the
 * government), 060 065 066 068 080 (MX, moved to 911: IFT, DOF of 2 December
 * 2015), 92 93 94 (RS, replaced 2012: RATEL), 90000 (SE, replaced 1996: SOS
 * Alarm). Beside the emergency numbers of the regulator's list and not here:
 * 1987 (HR, breakdowns), 989 (PL, health insurance).
 */
static const struct country countries[] = {
	{"AE", "997 998 999", ""},	  /* A */
	{"AR", "100 101 107", "103 106"}, /* A */
	/* RTR, KEM-V 2009 sections 17 to 22 */
	{"AT", "122 128 133 140 141 142 144 147", ""},
	{"AU", "000", "106"},				      /* A, W */
	{"BE", "100 101", "102 103 106 107 108"},	      /* A; police.be */
	{"BG", "150", "160 166"},			      /* W */
	{"BR", "128 185 190 192 193 197", "191 194 198 199"}, /* Anatel; A */
	{"CA", "988", ""}, /* W, of crisis lines */
	{"CH", "117 118 143 144 145 147 1414 1415", ""}, /* A; de.wikipedia */
	{"CL", "131 132 133", "134 137"},		 /* A */
	{"CN", "110 119 120", "122"},			 /* A */
	{"CO", "123 125", "119 132 156"},		 /* A, W */
	{"CY", "199", ""},				 /* W */
	{"CZ", "155", "150 156 158"},			 /* W */
	{"DE", "110", ""}, /* BNetzA, Nummerierung: "110, 112 Notruf" */
	{"DK", "", ""},	   /* A, W, politi.dk */
	{"EE", "", ""},	   /* A, W, 112.ee */
	{"ES", "061 062 080 085 088 091 092", ""}, /* A */
	{"FI", "", ""},				   /* A, W */
	/* ARCEP, MAJNFB.csv and its list of emergency numbers */
	{"FR", "15 17 18 114 115 116000 116117 119 191 196 197", ""},
	{"GB", "999", "18000"},		   /* A, W */
	{"GR", "166", "100 108 199"},	   /* W */
	{"HK", "999", "992"},		   /* A, W */
	{"HR", "192 193 194 195", ""},	   /* HAKOM, Hitne sluzbe */
	{"HU", "104", "105 107"},	   /* W */
	{"ID", "110 113 118", "115 119"},  /* A */
	{"IE", "999", ""},		   /* W */
	{"IL", "100 101 102", ""},	   /* A */
	{"IN", "100 101 102 108", "1298"}, /* DoT, decision of 2015 on 112 */
	{"IS", "", ""},			   /* A, W */
	{"IT", "113 115 118", "114 117 1515 1530"}, /* A */
	{"JP", "110 118 119", ""},		    /* A */
	{"KR", "119 122", ""},			    /* A */
	{"LI", "144", "117 118"},		    /* W */
	{"LT", "", ""},	   /* A, W, government resolution on 112 */
	{"LU", "", "113"}, /* A, W: 112 */
	{"LV", "110 113 114", "01 02 03"}, /* mana.latvija.lv */
	{"MA", "15 19 150 177 190", ""},   /* A; Protection civile */
	{"MC", "18", "15 17"},		   /* W */
	{"MT", "", ""},			   /* A, W */
	{"MX", "", ""},			   /* A, W, IFT */
	{"MY", "999", "994"},		   /* A, W */
	{"NL", "113", ""},		   /* ACM, list of number ranges; W */
	{"NO", "110 113", ""},		   /* A, W */
	{"NZ", "111", ""},		   /* A, W */
	{"PE", "105 116", "106 115 117"},  /* A */
	{"PH", "", "117"},		   /* A, W: 911 */
	/* UKE, Tablice NKA */
	{"PL", "984 985 986 987 991 992 993 994 995 996 997 998 999", ""},
	{"PT", "117", "115"},	   /* notice of a council, 2022 */
	{"RO", "", ""},		   /* A, W */
	{"RS", "192 193 194", ""}, /* A; numbering plan of RATEL, 2011 */
	{"RU", "101 102 103 104", "01 02 03 04"}, /* A */
	{"SA", "997 998 999", "993 996"},	  /* A */
	{"SE", "", ""},				  /* A, W, SOS Alarm */
	{"SG", "995 999", "993"}, /* IMDA, National Numbering Plan s. 6.2; A */
	{"SI", "", "113"},	  /* A, W: 112 */
	{"SK", "155", "150 158 159"},	       /* W */
	{"TH", "191 199 1669", "1155"},	       /* A */
	{"TN", "190 197 198", "193"},	       /* A */
	{"TR", "110 122 155 156 158 177", ""}, /* Saglik Bakanligi; A */
	{"TW", "110 119", "113 118"},	       /* A */
	{"UA", "101 102 103", "104"},	       /* A */
	{"US", "988", ""},		       /* W, of crisis lines */
	{"ZA", "10177", "10111 107"},	       /* W */
};

static struct span next_number(struct span *list)
{
	struct span number = span_of(list->p, span_find(*list, ' '));

	*list = span_skip(*list, number.len + 1);
	return number;
}

static bool list_holds(const char *numbers, struct span digits)
{
	struct span rest = span_str(numbers);

	while (rest.len) {
		if (span_eq(next_number(&rest), digits))
			return true;
	}
	return false;
}

/* NULL for a country without a row. */
static const struct country *find_country(const char *code)
{
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
		if (!strcmp(countries[i].code, code))
			return &countries[i];
	}
	return NULL;
}

static bool is_emergency(struct span digits,
			 const struct number_settings *settings)
{
	const struct country *country = find_country(settings->country);

	return list_holds(everywhere, digits) ||
	       (country && (list_holds(country->read, digits) ||
			    list_holds(country->unread, digits)));
}

/*
 * A context of a country code (RFC 3966 5.1.5: "tel:112;phone-context=+33")
 * or of a domain changes nothing. A longer one does: "112" behind +88161234
 * is a satellite phone to who puts them together, and no emergency.
 */
static bool context_fits(const char *context)
{
	return context[0] != '+' || strlen(context) <= 1 + 3;
}

bool emergency_is_dialled(struct span dialled,
			  const struct number_settings *settings)
{
	struct span prefix = span_str(settings->outside_prefix);
	struct dialled read;
	struct span digits;

	if (dialled_read(&read, dialled) || !context_fits(read.context))
		return false;
	digits = span_str(read.number);
	if (is_emergency(digits, settings))
		return true;
	return prefix.len && span_starts(digits, prefix) &&
	       is_emergency(span_skip(digits, prefix.len), settings);
}

bool emergency_is_urn(struct span uri_text)
{
	struct span head = SPAN("urn:service:sos");
	struct span rest = span_skip(uri_text, head.len);

	if (!span_istarts(uri_text, head))
		return false;
	while (rest.len) { /* RFC 5031 section 4.1: "." and a label */
		size_t len = 0;

		if (rest.p[0] != '.')
			return false;
		rest = span_skip(rest, 1);
		while (len < rest.len && rest.p[len] != '.') {
			char c = rest.p[len++];

			if (!dialled_is_digit(c) && c != '-' &&
			    !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
				return false;
		}
		if (!len)
			return false;
		rest = span_skip(rest, len);
	}
	return true;
}

bool emergency_is(const struct sip_uri *uri,
		  const struct number_settings *settings)
{
	struct span user;

	if (!dialled_find(&user, uri))
		return emergency_is_urn(uri->text);
	return emergency_is_dialled(user, settings);
}

/* One number, bare and behind the outside prefix. */
static bool hides(const char *pattern, struct span number, const char *prefix)
{
	char form[NUMBER_DIALLED_MAX];
	struct text txt = text_init(form, sizeof(form));

	text_puts(&txt, prefix);
	text_put(&txt, number);
	assert(!txt.full);
	return pattern_match(pattern, number, NULL) ||
	       pattern_match(pattern, text_span(&txt), NULL);
}

static bool hides_one(const char *pattern, const char *numbers,
		      const char *prefix)
{
	struct span rest = span_str(numbers);

	while (rest.len) {
		if (hides(pattern, next_number(&rest), prefix))
			return true;
	}
	return false;
}

bool emergency_hidden_by(const char *pattern,
			 const struct number_settings *settings)
{
	const struct country *country = find_country(settings->country);
	const char *prefix = settings->outside_prefix;

	return hides_one(pattern, everywhere, prefix) ||
	       (country && (hides_one(pattern, country->read, prefix) ||
			    hides_one(pattern, country->unread, prefix)));
}
