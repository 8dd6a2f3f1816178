/* reader.h - a parsed file, the faults found in it and the values in it */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "rempart/config/config.h"
#include "rempart/base/check.h"

/* Lives as long as one config_parse(). */
struct reader {
	config_t tree;
	const char *name;      /* the file, in messages */
	const char *directory; /* what relative paths are relative to */
	struct config *cfg;    /* being filled */
	struct config_problems *problems;
	uint64_t now_s; /* since the epoch */
};

/* What is wrong, a full stop, what to do. line 0: the whole file. */
void reader_fault(struct reader *rd, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void reader_warn(struct reader *rd, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Every key and value against the schema. */
void reader_check_schema(struct reader *rd);

/*
 * By key of the schema ("limits.connections"). An absent value, and one that
 * reader_check_schema() complained about, gives the schema's fallback; a text
 * without fallback gives NULL.
 */
const char *reader_text(const struct reader *rd, const char *key);
uint32_t reader_number(const struct reader *rd, const char *key);
bool reader_flag(const struct reader *rd, const char *key);
/* An acceptable array or list, or NULL. */
const config_setting_t *reader_many(const struct reader *rd, const char *key);

/* The same for a member of a list's group; key is "registrar.users[].name". */
const char *reader_member(const config_setting_t *group, const char *key);

const config_setting_t *reader_member_many(const config_setting_t *group,
					   const char *key);

/* A group, or NULL. */
const config_setting_t *reader_group(const struct reader *rd, const char *key);

/* Something stands there, right or wrong. */
bool reader_has(const struct reader *rd, const char *key);
/* Its line, or that of the nearest group around it, or 0. */
unsigned reader_line(const struct reader *rd, const char *key);

/* "key file:line", for records. */
void reader_where(const struct reader *rd, char dst[static 128],
		  const char *key);

/* The same for what has no key of its own: "label file:line". */
void reader_label(const struct reader *rd, char dst[static 96],
		  const char *label, unsigned line);

/* An absolute path, or a fault. */
void reader_path(struct reader *rd, char dst[static CONFIG_PATH_MAX],
		 unsigned line, const char *text);
