/* emergency.c - numbers that must never be refused, of each country */
#include "rempart/policy/emergency.h"

#include <assert.h>

#include "rempart/base/text.h"

#include "dialled.h"
#include "pattern.h"

/* Blanks stand between numbers; 112 and 911 are not repeated. */
struct country {
	char code[3];
	const char *common;
	const char *more;
};

/*
 * Understood in every country: 112 is the number of the Union (Directive (EU)
 * 2018/1972 article 109) and of GSM phones everywhere (3GPP TS 22.101), 911
 * that of North America, which visitors and imported phones dial.
 */
static const char everywhere[] = "112 911";

/*
 * The comment names the authority whose numbering plan, shown on the ITU-T
 * E.129 page of the country, a row has to agree with. `common` is the emergency
 * metadata of libphonenumber 8.12.57, number by number; `more` is what the
 * metadata leaves out: sea and mountain rescue, gas, missing children, relay
 * for the deaf.
 */
static const struct country countries[] = {
	{"AE", "997 998 999", ""},		      /* TDRA */
	{"AR", "100 101 107", "103 106"},	      /* ENACOM */
	{"AT", "122 133 144", "128 140 141 142 147"}, /* RTR, KEM-V */
	{"AU", "000 106", ""},			      /* ACMA, Numbering Plan */
	{"BE", "100 101", "102 103 106 107 108"},     /* BIPT */
	{"BG", "150 160 166", ""},		      /* CRC */
	{"BR", "128 190 192 193", "191 194 197 198 199"}, /* Anatel */
	{"CA", "", "988"},				  /* CRTC */
	{"CH", "117 118 144", "143 145 147 1414 1415"},	  /* OFCOM, AEFV */
	{"CL", "131 132 133", "134 137"},		  /* SUBTEL */
	{"CN", "110 119 120", "122"},			  /* MIIT */
	{"CO", "119 123 132 156", ""},			  /* CRC */
	{"CY", "199", ""},				  /* OCECPR */
	{"CZ", "150 155 156 158", ""},			  /* CTU */
	{"DE", "110", ""},				  /* BNetzA, NotrufV */
	{"DK", "114", ""},				  /* SDFI */
	{"EE", "110", ""},				  /* TTJA */
	{"ES", "085 088", "061 062 080 091 092"},	  /* CNMC */
	{"FI", "", ""},					  /* Traficom */
	{"FR", "15 17 18", "114 115 116000 119 191 196 197"}, /* ARCEP */
	{"GB", "999", "18000"},				      /* Ofcom */
	{"GR", "100 166 199", "108"},			      /* EETT */
	{"HK", "992 999", ""},				      /* OFCA */
	{"HR", "93 94 192 193 194", "195"},		      /* HAKOM */
	{"HU", "104 105 107", ""},			      /* NMHH */
	{"ID", "110 113 118 119", "115"},		      /* Komdigi */
	{"IE", "999", ""},				      /* ComReg */
	{"IL", "100 101 102", ""}, /* Ministry of Communications */
	{"IN", "100 101 102 108 1298 2611", ""},	/* DoT, TRAI */
	{"IS", "", ""},					/* Fjarskiptastofa */
	{"IT", "113 115 118", "114 117 1515 1530"},	/* AGCOM */
	{"JP", "110 119", "118"},			/* MIC */
	{"KR", "119", "122"},				/* MSIT */
	{"LI", "117 118 144", ""},			/* AK */
	{"LT", "01 02 03 011 022 033 101 102 103", ""}, /* RRT */
	{"LU", "113", ""},				/* ILR */
	{"LV", "01 02 03 110 113", "114"},		/* SPRK */
	{"MA", "15 19 177", ""},			/* ANRT */
	{"MC", "15 17 18", ""},				/* DPRCT */
	{"MT", "", ""},					/* MCA */
	{"MX", "060 065 066 068 080", ""},		/* IFT */
	{"MY", "999", "994"},				/* MCMC */
	{"NL", "", "113"},				/* ACM */
	{"NO", "110 113", ""},				/* Nkom */
	{"NZ", "111", ""},				/* NAD */
	{"PE", "105 116 117", "106 115"},		/* MTC */
	{"PH", "117", ""},				/* NTC */
	{"PL", "997 998 999", "984 985 986 987 991 992 993 994"}, /* UKE */
	{"PT", "115", "117"},					  /* ANACOM */
	{"RO", "", ""},						  /* ANCOM */
	{"RS", "92 93 94", "192 193 194"},			  /* RATEL */
	{"RU", "01 02 03 101 102 103", "04 104"}, /* Mintsifry */
	{"SA", "997 999", "993 996 998"},	  /* CST */
	{"SE", "90000", ""},			  /* PTS */
	{"SG", "993 995 999", ""},		  /* IMDA */
	{"SI", "113", ""},			  /* AKOS */
	{"SK", "150 155 158", "159"},		  /* RU */
	{"TH", "191 199 1669", "1155"},		  /* NBTC */
	{"TN", "190 197 198", "193"},		  /* INT */
	{"TR", "110 155", "122 156 158 177"},	  /* BTK */
	{"TW", "110 119", "113 118"},		  /* NCC */
	{"UA", "101 102 103", "104"},		  /* NCEC */
	{"US", "", "988"},			  /* FCC, NANPA */
	{"ZA", "10111 10177", "107"},		  /* ICASA */
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
	       (country && (list_holds(country->common, digits) ||
			    list_holds(country->more, digits)));
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
	       (country && (hides_one(pattern, country->common, prefix) ||
			    hides_one(pattern, country->more, prefix)));
}
