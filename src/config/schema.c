/*
 * schema.c - the table of keys: what the reader accepts, what the manual and
 * `rempart check --keys` print and what a mistyped key is compared with
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/config/config.h"
#include "schema.h"
#include "schema_table.h"
/* clang-format on */

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	NAME_MAX_COMPARED = 32, /* longer than any key: no hint for those */
};

/* NAME in a row stands for any name: "groups.NAME.dial", "dial.NAME[].use". */
static bool is_key(const char *row, const char *key)
{
	static const char any[] = ".NAME";
	const char *name = strstr(row, any);

	if (!name || strncmp(row, key, (size_t)(name - row) + 1) != 0)
		return !strcmp(row, key);

	const char *rest = key + (name - row) + 1;
	size_t len = strcspn(rest, ".[");

	return len && !strcmp(name + sizeof(any) - 1, rest + len);
}

const struct schema_row *schema_find(const char *key)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (is_key(rows[i].key, key))
			return &rows[i];
	}
	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein distance; SIZE_MAX when a text is too long to compare. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_COMPARED + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAME_MAX_COMPARED || lb > NAME_MAX_COMPARED)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = min3(change, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[lb];
}

/* Length of "listen.phones." in "listen.phones.key". */
static size_t parent_len(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot ? (size_t)(dot - key) + 1 : 0;
}

/* A key that is written right but stands in the wrong group. */
static const char *same_name_elsewhere(const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!strcmp(rows[i].key + parent_len(rows[i].key), name))
			return rows[i].key;
	}
	return NULL;
}

const char *schema_nearest(const char *key)
{
	size_t parent = parent_len(key);
	const char *name = key + parent;
	/* Two slips, or a third of a long word. */
	size_t limit = strlen(name) / 3 > 2 ? strlen(name) / 3 : 2;
	const char *best = NULL;

	for (size_t i = 0; i < ROWS; i++) {
		if (parent_len(rows[i].key) != parent ||
		    strncmp(rows[i].key, key, parent) != 0)
			continue;
		size_t far = distance(name, rows[i].key + parent);

		/* A word that shares no letter is no hint. */
		if (far > limit || far >= strlen(name))
			continue;
		limit = far ? far - 1 : 0;
		best = rows[i].key;
	}
	return best ? best : same_name_elsewhere(name);
}

long long schema_number(const config_setting_t *set)
{
	if (config_setting_type(set) == CONFIG_TYPE_INT)
		return config_setting_get_int(set);
	return config_setting_get_int64(set);
}

/* "a|b" holds the whole word, which is one. */
static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);

	if (strchr(word, '|'))
		return false;
	for (const char *p = choices; p; p = strchr(p, '|')) {
		p += *p == '|';
		if (!strncmp(p, word, len) && (p[len] == '|' || !p[len]))
			return true;
	}
	return false;
}

static bool accepts_text(const struct schema_row *row,
			 const config_setting_t *set, char why[static 200])
{
	if (config_setting_type(set) != CONFIG_TYPE_STRING) {
		snprintf(why, 200, "is not text. Write it in \"quotes\"");
		return false;
	}

	const char *text = config_setting_get_string(set);
	size_t len = strlen(text);

	if (len < row->min || len > row->max) {
		snprintf(why, 200, "has %zu bytes. It must have %u to %u", len,
			 row->min, row->max);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			snprintf(why, 200,
				 "holds a control character. "
				 "Take it out");
			return false;
		}
	}
	if (row->choices && !is_choice(row->choices, text)) {
		snprintf(why, 200,
			 "is \"%.40s\", which is not served. "
			 "Write one of: %s",
			 text, row->choices);
		return false;
	}
	return true;
}

static bool accepts_number(const struct schema_row *row,
			   const config_setting_t *set, char why[static 200])
{
	int type = config_setting_type(set);

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		snprintf(why, 200,
			 "is not a whole number. Write a number from %u to "
			 "%u without quotes",
			 row->min, row->max);
		return false;
	}

	long long value = schema_number(set);

	if (value < row->min || value > row->max) {
		snprintf(why, 200, "is %lld. Write a number from %u to %u",
			 value, row->min, row->max);
		return false;
	}
	return true;
}

static bool accepts_count(const struct schema_row *row,
			  const config_setting_t *set, char why[static 200])
{
	int count = config_setting_length(set);

	if (!count && row->min) {
		snprintf(why, 200, "is empty. Fill it, or leave it out");
		return false;
	}
	if ((uint32_t)count > row->max) {
		snprintf(why, 200, "has %d entries. At most %u are served",
			 count, row->max);
		return false;
	}
	return true;
}

static bool accepts_texts(const struct schema_row *row,
			  const config_setting_t *set, char why[static 200])
{
	if (!config_setting_is_array(set)) {
		snprintf(why, 200,
			 "is not an array. "
			 "Write it as [ \"...\", \"...\" ]");
		return false;
	}
	if (!accepts_count(row, set, why))
		return false;

	const config_setting_t *first = config_setting_get_elem(set, 0);

	if (!config_setting_length(set))
		return true;
	/* libconfig lets no two types stand in one array. */
	if (!first || config_setting_type(first) != CONFIG_TYPE_STRING) {
		snprintf(why, 200,
			 "holds something else than text. "
			 "Write each entry in \"quotes\"");
		return false;
	}
	return true;
}

bool schema_accepts(const struct schema_row *row, const config_setting_t *set,
		    char why[static 200])
{
	switch (row->type) {
	case SCHEMA_GROUP:
		if (config_setting_is_group(set))
			return true;
		snprintf(why, 200, "is not a group. Write it as { ... }");
		return false;
	case SCHEMA_LIST:
		if (config_setting_is_list(set))
			return accepts_count(row, set, why);
		snprintf(why, 200,
			 "is not a list. Write it as ( { ... }, { ... } )");
		return false;
	case SCHEMA_TEXT:
		return accepts_text(row, set, why);
	case SCHEMA_TEXT_OR_GROUP:
		if (config_setting_is_group(set))
			return true;
		if (config_setting_type(set) == CONFIG_TYPE_STRING)
			return accepts_text(row, set, why);
		snprintf(why, 200,
			 "is neither text nor a group. Write it in \"quotes\" "
			 "or as { ... }");
		return false;
	case SCHEMA_TEXTS:
		return accepts_texts(row, set, why);
	case SCHEMA_NUMBER:
		return accepts_number(row, set, why);
	case SCHEMA_FLAG:
		if (config_setting_type(set) == CONFIG_TYPE_BOOL)
			return true;
		snprintf(why, 200,
			 "is not a flag. Write true or false without quotes");
		return false;
	}
	return false;
}

static void print_range(char dst[static 40], const struct schema_row *row)
{
	static const char *const units[] = {
		[SCHEMA_LIST] = " entries",
		[SCHEMA_TEXT] = " bytes",
		[SCHEMA_TEXT_OR_GROUP] = " bytes",
		[SCHEMA_TEXTS] = " entries",
		[SCHEMA_NUMBER] = "",
	};

	if (row->type == SCHEMA_GROUP)
		snprintf(dst, 40, "-");
	else if (row->type == SCHEMA_FLAG)
		snprintf(dst, 40, "true|false");
	else if (row->choices)
		snprintf(dst, 40, "%s", row->choices);
	else if (row->min == row->max)
		snprintf(dst, 40, "%u%s", row->min, units[row->type]);
	else
		snprintf(dst, 40, "%u..%u%s", row->min, row->max,
			 units[row->type]);
}

void config_print_schema(FILE *out)
{
	static const char *const types[] = {
		[SCHEMA_GROUP] = "group",
		[SCHEMA_LIST] = "list",
		[SCHEMA_TEXT] = "string",
		[SCHEMA_TEXTS] = "strings",
		[SCHEMA_NUMBER] = "integer",
		[SCHEMA_FLAG] = "boolean",
		[SCHEMA_TEXT_OR_GROUP] = "string or group",
	};

	for (size_t i = 0; i < ROWS; i++) {
		const struct schema_row *row = &rows[i];
		char range[40];

		print_range(range, row);
		fprintf(out, "%s\t%s\t%s\t%s\t%s\n", row->key, types[row->type],
			range, row->fallback ? row->fallback : row->absent,
			row->help);
	}
}
