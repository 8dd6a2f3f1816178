/* read.c - a line of the decision log, taken apart again */
#include "rempart/observe/read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>

#include "json.h"
#include "lines.h"
#include "stamp.h"

static const struct {
	const char *name, *inside;
} texts[READ_TEXT_COUNT] = {
#define X(id, name, inside) [READ_##id] = {name, inside},
	READ_TEXT_TABLE(X)
#undef X
};

static const char *const numbers[READ_NUMBER_COUNT] = {
#define X(id, name) [READ_##id] = name,
	READ_NUMBER_TABLE(X)
#undef X
};

/* Without them there is nothing to show. */
static const enum read_text needed[] = {READ_TS, READ_KIND, READ_VERDICT,
					READ_REASON};

enum { NEEDED = sizeof(needed) / sizeof(needed[0]) };

_Static_assert(READ_TEXT_COUNT <= 32 && READ_NUMBER_COUNT <= 32,
	       "a bit each in struct reading");

/* A record under way. */
struct reading {
	struct read_record *rec;
	struct text buf;
	uint32_t texts_seen, numbers_seen;
	bool srtp_seen;
	const char *inside;
};

/* Of two members with one name, readers differ on which one holds. */
static bool first_time(struct json *json, uint32_t *seen, unsigned bit)
{
	if (*seen & 1u << bit)
		return json_fail(json, "each field once");
	*seen |= 1u << bit;
	return true;
}

static bool known_member(struct json *json, struct reading *now,
			 struct span name, bool *known)
{
	struct read_record *rec = now->rec;

	*known = true;
	for (unsigned i = 0; i < READ_TEXT_COUNT; i++)
		if (span_eq(name, span_str(texts[i].name)) &&
		    !strcmp(now->inside, texts[i].inside))
			return first_time(json, &now->texts_seen, i) &&
			       json_string(json, &now->buf, &rec->text[i]);
	for (unsigned i = 0; i < READ_NUMBER_COUNT; i++)
		if (span_eq(name, span_str(numbers[i])) && !now->inside[0])
			return first_time(json, &now->numbers_seen, i) &&
			       json_u64(json, &rec->number[i]);
	*known = false;
	return true;
}

static bool member_of_srtp(struct json *json, struct span name, void *arg)
{
	bool known;

	if (!known_member(json, arg, name, &known))
		return false;
	return known || json_skip(json);
}

static bool member_h(struct json *json, struct span name, void *arg)
{
	struct reading *now = arg;
	bool known;

	if (!known_member(json, now, name, &known))
		return false;
	if (known)
		return true;
	if (!span_eq(name, SPAN("srtp")))
		return json_skip(json);
	if (now->srtp_seen)
		return json_fail(json, "each field once");
	now->srtp_seen = true;
	now->inside = "srtp";
	bool whole = json_object(json, &now->buf, member_of_srtp, now);
	now->inside = "";
	return whole;
}

__attribute__((format(printf, 2, 3))) static int refuse(char *why,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, READ_WHY_MAX, format, args);
	va_end(args);
	return EBADMSG;
}

/* The fields that make a JSON object a record. */
static int check_record(struct read_record *rec, char *why)
{
	uint64_t version = rec->number[READ_V];

	if (!version)
		return refuse(why, "no record: it has no field \"v\"");
	if (version != LINE_VERSION)
		return refuse(why,
			      "a record of version %llu, which this program "
			      "does not know",
			      (unsigned long long)version);
	if (!rec->number[READ_SEQ])
		return refuse(why, "no record: it has no field \"seq\"");
	for (unsigned i = 0; i < NEEDED; i++)
		if (!rec->text[needed[i]].len)
			return refuse(why, "no record: it has no field \"%s\"",
				      texts[needed[i]].name);
	if (stamp_read(&rec->ts_us, rec->text[READ_TS]))
		return refuse(why, "no record: \"ts\" is no time of RFC 3339");
	return 0;
}

int read_record(struct read_record *out, struct span line,
		char why[static READ_WHY_MAX])
{
	struct json json = {.rest = line};
	struct reading now = {.rec = out,
			      .buf = text_init(out->buf, sizeof(out->buf)),
			      .inside = ""};

	out->line = line;
	out->ts_us = 0;
	memset(out->text, 0, sizeof(out->text));
	memset(out->number, 0, sizeof(out->number));
	if (!json_object(&json, &now.buf, member_h, &now) || !json_end(&json))
		return refuse(why, "no record: %s was expected at byte %zu",
			      json.fault, line.len - json.rest.len + 1);
	return check_record(out, why);
}

static void read_one(const struct read_handlers *handlers, struct span line,
		     uint64_t number, bool torn)
{
	struct read_record rec;
	char why[READ_WHY_MAX];

	if (!read_record(&rec, line, why))
		handlers->record(&rec, handlers->arg);
	else
		handlers->fault(number, torn ? "the last line is torn" : why,
				handlers->arg);
}

int read_file(FILE *in, const struct read_handlers *handlers)
{
	struct lines src;

	lines_init(&src, in);
	for (uint64_t number = 1;; number++) {
		enum lines_shape shape = LINES_END;
		struct span line = {0};
		int err = lines_next(&src, &line, &shape);

		if (err || shape == LINES_END)
			return err;
		if (shape == LINES_LONG)
			handlers->fault(number,
					"no record: longer than any record",
					handlers->arg);
		else
			read_one(handlers, line, number, shape == LINES_TORN);
	}
}
