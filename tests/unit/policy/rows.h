/* rows.h - runs a table of labelled numbers, CSV that is C as well */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>

#include "rempart/policy/number.h"

enum { COLUMNS = 7 }; /* and an empty one at the end of a line */

enum { HOME, PREFIX, DIALLED, CLASS, E164, COUNTRY, SOURCE };

static inline struct number_settings settings_of(const char *country,
						 const char *prefix)
{
	struct number_settings settings = {0};

	snprintf(settings.country, sizeof(settings.country), "%s", country);
	snprintf(settings.outside_prefix, sizeof(settings.outside_prefix), "%s",
		 prefix);
	return settings;
}

/* A string with a scheme is a URI, anything else a dialled string. */
static inline struct verdict read_text(struct number *out, const char *text,
				       const struct number_settings *settings)
{
	struct sip_uri uri;

	if (strncmp(text, "tel:", 4) != 0 && strncmp(text, "sip", 3) != 0)
		return number_read_dialled(out, span_str(text), settings);
	if (!sip_uri_parse(&uri, span_str(text)))
		return number_read(out, &uri, settings);
	*out = (struct number){0};
	/* What is written with blanks behind tel: is read as dialled. */
	return number_read_dialled(out, span_str(text + 4), settings);
}

static inline bool row_holds(const char *const *row)
{
	struct number_settings settings = settings_of(row[HOME], row[PREFIX]);
	struct number number;
	struct verdict verdict = read_text(&number, row[DIALLED], &settings);
	const char *cls = verdict_passes(&verdict)
				  ? number_class_name(number.cls)
				  : "unreadable";
	bool holds = !strcmp(cls, row[CLASS]);

	if (holds && verdict_passes(&verdict))
		holds = !strcmp(number.e164, row[E164]) &&
			!strcmp(number.country, row[COUNTRY]);
	if (!holds)
		fprintf(stderr, "%s/%s %s: %s %s %s (%s), not %s %s %s (%s)\n",
			row[HOME], row[PREFIX], row[DIALLED], cls, number.e164,
			number.country, verdict.detail, row[CLASS], row[E164],
			row[COUNTRY], row[SOURCE]);
	return holds;
}
