/* schema.h - every key of the file, in one table */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_GROUP,
	SCHEMA_LIST, /* of groups; their keys stand under "key[]" */
	SCHEMA_TEXT,
	SCHEMA_TEXT_OR_GROUP, /* the group's keys stand under "key." */
	SCHEMA_TEXTS,	      /* array of strings */
	SCHEMA_NUMBER,
	SCHEMA_FLAG, /* true or false */
};

enum { SCHEMA_KEY_MAX = 64 };

struct schema_row {
	/* "listen.phones.certificates[].key"; NAME in "groups.NAME.dial" is
	 * whatever the administrator calls it */
	const char *key;
	enum schema_type type;
	uint32_t min, max;    /* bytes of a text, entries, or the number */
	const char *fallback; /* used when the key is absent; NULL: none */
	const char *choices;  /* "a|b", or NULL: any */
	const char *absent; /* what absence means, where no fallback says it */
	const char *help;
};

/* NULL for a key that does not exist. */
const struct schema_row *schema_find(const char *key);

/* The key that was probably meant, or NULL. */
const char *schema_nearest(const char *key);

/*
 * True when a value may stand under this row; else `why` says what is wrong
 * with it and what to write.
 */
bool schema_accepts(const struct schema_row *row, const config_setting_t *set,
		    char why[static 200]);

/* An integer of either width. */
long long schema_number(const config_setting_t *set);
