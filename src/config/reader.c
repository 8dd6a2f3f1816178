/*
 * reader.c - walks a parsed file along the schema and hands out its values;
 * what to make of them is said in the files of each group
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "problems.h"
#include "schema.h"

void reader_fault(struct reader *rd, unsigned line, const char *fmt, ...)
{
	char text[CONFIG_PROBLEM_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problems_add(rd->problems, false, rd->name, line, text);
}

void reader_warn(struct reader *rd, unsigned line, const char *fmt, ...)
{
	char text[CONFIG_PROBLEM_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problems_add(rd->problems, true, rd->name, line, text);
}

static void check_group(struct reader *rd, const config_setting_t *group,
			const char *prefix);

static void fault_unknown(struct reader *rd, unsigned line, const char *key)
{
	const char *near = schema_nearest(key);

	if (near)
		reader_fault(rd, line, "%.80s is not a key. Did you mean %s?",
			     key, near);
	else
		reader_fault(rd, line,
			     "%.80s is not a key. Take it out (`rempart check "
			     "--keys` lists all keys)",
			     key);
}

static void check_list(struct reader *rd, const config_setting_t *list,
		       const char *key)
{
	char prefix[SCHEMA_KEY_MAX];

	snprintf(prefix, sizeof(prefix), "%s[].", key);
	for (int i = 0; i < config_setting_length(list); i++) {
		const config_setting_t *one =
			config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(one))
			check_group(rd, one, prefix);
		else
			reader_fault(rd, config_setting_source_line(one),
				     "%s: entry %d is not a group. Write it "
				     "as { ... }",
				     key, i + 1);
	}
}

static void check_value(struct reader *rd, const config_setting_t *set,
			const struct schema_row *row)
{
	char prefix[SCHEMA_KEY_MAX];
	char why[200];

	if (!schema_accepts(row, set, why)) {
		reader_fault(rd, config_setting_source_line(set), "%s %s",
			     row->key, why);
		return;
	}
	if (row->type == SCHEMA_LIST) {
		check_list(rd, set, row->key);
	} else if (config_setting_is_group(set)) {
		snprintf(prefix, sizeof(prefix), "%s.", row->key);
		check_group(rd, set, prefix);
	}
}

/* Goes no deeper than the schema does: an unknown group is not entered. */
static void check_group(struct reader *rd, const config_setting_t *group,
			const char *prefix)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *set =
			config_setting_get_elem(group, (unsigned)i);
		char key[2 * SCHEMA_KEY_MAX];

		snprintf(key, sizeof(key), "%s%s", prefix,
			 config_setting_name(set));

		const struct schema_row *row = schema_find(key);

		if (row)
			check_value(rd, set, row);
		else
			fault_unknown(rd, config_setting_source_line(set), key);
	}
}

void reader_check_schema(struct reader *rd)
{
	check_group(rd, config_root_setting(&rd->tree), "");
}

/* The value under a key if the schema accepts it. */
static const config_setting_t *accepted(const config_setting_t *set,
					const struct schema_row *row)
{
	char why[200];

	assert(row);
	return set && schema_accepts(row, set, why) ? set : NULL;
}

const char *reader_text(const struct reader *rd, const char *key)
{
	const struct schema_row *row = schema_find(key);
	const config_setting_t *set =
		accepted(config_lookup(&rd->tree, key), row);

	assert(row->type == SCHEMA_TEXT || row->type == SCHEMA_TEXTS ||
	       row->type == SCHEMA_TEXT_OR_GROUP);
	if (set && config_setting_type(set) == CONFIG_TYPE_STRING)
		return config_setting_get_string(set);
	return row->fallback;
}

uint32_t reader_number(const struct reader *rd, const char *key)
{
	const struct schema_row *row = schema_find(key);
	const config_setting_t *set =
		accepted(config_lookup(&rd->tree, key), row);

	assert(row->type == SCHEMA_NUMBER && row->fallback);
	if (set)
		return (uint32_t)schema_number(set);
	return (uint32_t)strtoul(row->fallback, NULL, 10);
}

bool reader_flag(const struct reader *rd, const char *key)
{
	const struct schema_row *row = schema_find(key);
	const config_setting_t *set =
		accepted(config_lookup(&rd->tree, key), row);

	assert(row->type == SCHEMA_FLAG && row->fallback);
	return set ? config_setting_get_bool(set)
		   : !strcmp(row->fallback, "true");
}

const config_setting_t *reader_many(const struct reader *rd, const char *key)
{
	const struct schema_row *row = schema_find(key);

	assert(row->type == SCHEMA_LIST || row->type == SCHEMA_TEXTS);
	return accepted(config_lookup(&rd->tree, key), row);
}

static const config_setting_t *member(const config_setting_t *group,
				      const struct schema_row *row)
{
	const char *name = row ? strrchr(row->key, '.') : NULL;

	assert(name);
	return accepted(config_setting_get_member(group, name + 1), row);
}

const char *reader_member(const config_setting_t *group, const char *key)
{
	const struct schema_row *row = schema_find(key);
	const config_setting_t *set = member(group, row);

	assert(row->type == SCHEMA_TEXT);
	return set ? config_setting_get_string(set) : row->fallback;
}

const config_setting_t *reader_member_many(const config_setting_t *group,
					   const char *key)
{
	const struct schema_row *row = schema_find(key);

	assert(row && row->type == SCHEMA_TEXTS);
	return member(group, row);
}

const config_setting_t *reader_group(const struct reader *rd, const char *key)
{
	const struct schema_row *row = schema_find(key);
	const config_setting_t *set;

	assert(row && (row->type == SCHEMA_GROUP ||
		       row->type == SCHEMA_TEXT_OR_GROUP));
	set = accepted(config_lookup(&rd->tree, key), row);
	return set && config_setting_is_group(set) ? set : NULL;
}

bool reader_has(const struct reader *rd, const char *key)
{
	assert(schema_find(key));
	return config_lookup(&rd->tree, key) != NULL;
}

unsigned reader_line(const struct reader *rd, const char *key)
{
	char path[SCHEMA_KEY_MAX];
	char *dot;

	snprintf(path, sizeof(path), "%s", key);
	do {
		const config_setting_t *set = config_lookup(&rd->tree, path);

		if (set)
			return config_setting_source_line(set);
		dot = strrchr(path, '.');
		if (dot)
			*dot = '\0';
	} while (dot);
	return 0;
}

void reader_label(const struct reader *rd, char dst[static 96],
		  const char *label, unsigned line)
{
	/* A record's rule has 63 bytes: the line must not be cut off. */
	enum { RULE_MAX = 63, LINE_BYTES = sizeof(" :1048576") - 1 };
	const char *slash = strrchr(rd->name, '/');
	const char *base = slash ? slash + 1 : rd->name;
	int len = snprintf(dst, 96, "%s %s:%u", label, rd->name, line);

	if (len <= RULE_MAX)
		return;

	int room = RULE_MAX - LINE_BYTES - (int)strlen(label);

	snprintf(dst, 96, "%s %.*s:%u", label, room > 8 ? room : 8, base, line);
}

void reader_where(const struct reader *rd, char dst[static 128],
		  const char *key)
{
	if (!reader_has(rd, key))
		snprintf(dst, 128, "%s (default)", key);
	else
		reader_label(rd, dst, key, reader_line(rd, key));
}

void reader_path(struct reader *rd, char dst[static CONFIG_PATH_MAX],
		 unsigned line, const char *text)
{
	int len;

	if (text[0] == '/')
		len = snprintf(dst, CONFIG_PATH_MAX, "%s", text);
	else
		len = snprintf(dst, CONFIG_PATH_MAX, "%s/%s", rd->directory,
			       text);
	if (len >= CONFIG_PATH_MAX)
		reader_fault(rd, line,
			     "the path \"%.60s...\" is too long with its "
			     "directory. Use at most %d bytes",
			     text, CONFIG_PATH_MAX - 1);
}
