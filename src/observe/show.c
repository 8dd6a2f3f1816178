/* show.c - which records a person asked for, and how they are shown */
#include "rempart/observe/show.h"

#include <errno.h>

#include "column.h"
#include "rempart/base/record.h"
#include "stamp.h"

enum {
	WIDTH_TIME = 20,
	WIDTH_VERDICT = 9,
	WIDTH_KIND = 10,
	WIDTH_USER = 16,
	WIDTH_TO = 20,
	WIDTH_REASON = 20,
};

static uint64_t unit_us(char unit)
{
	switch (unit) {
	case 's':
		return 1000000;
	case 'm':
		return 60 * 1000000ull;
	case 'h':
		return 3600 * 1000000ull;
	case 'd':
		return 86400 * 1000000ull;
	default:
		return 0;
	}
}

int show_since(uint64_t *since_us, struct span text, uint64_t now_us)
{
	uint64_t unit = text.len ? unit_us(text.p[text.len - 1]) : 0;
	uint64_t count;

	if (!unit)
		return stamp_read(since_us, text);
	struct span digits = span_of(text.p, text.len - 1);

	if (span_u64(digits, UINT64_MAX / unit, &count))
		return EINVAL;
	*since_us = count * unit < now_us ? now_us - count * unit : 0;
	return 0;
}

/* A record holds at most cap - 1 bytes of a text. */
static bool same(struct span have, const char *want, size_t cap)
{
	struct span text = span_str(want);

	if (text.len >= cap)
		text.len = cap - 1;
	return span_eq(have, text);
}

static bool is_denial(const struct read_record *rec)
{
	struct span verdict = rec->text[READ_VERDICT];

	return span_eq(verdict,
		       span_str(record_verdict_name(RECORD_VERDICT_DENY))) ||
	       span_eq(verdict,
		       span_str(record_verdict_name(RECORD_VERDICT_DROP)));
}

bool show_wants(const struct show_filter *filter, const struct read_record *rec)
{
	const struct record *shape = NULL;

	if (rec->ts_us < filter->since_us)
		return false;
	if (filter->denied && !is_denial(rec))
		return false;
	if (filter->user &&
	    !same(rec->text[READ_USER], filter->user, sizeof(shape->user)))
		return false;
	return !filter->call_id ||
	       same(rec->text[READ_CALL_ID], filter->call_id,
		    sizeof(shape->call_id));
}

void show_heading(struct text *out)
{
	column_cell(out, SPAN("TIME"), WIDTH_TIME);
	column_cell(out, SPAN("VERDICT"), WIDTH_VERDICT);
	column_cell(out, SPAN("KIND"), WIDTH_KIND);
	column_cell(out, SPAN("USER"), WIDTH_USER);
	column_cell(out, SPAN("TO"), WIDTH_TO);
	column_cell(out, SPAN("REASON"), WIDTH_REASON);
	text_puts(out, "DETAIL");
}

/* The best name that the record has for who asked. */
static struct span who(const struct read_record *rec)
{
	if (rec->text[READ_USER].len)
		return rec->text[READ_USER];
	if (rec->text[READ_FROM].len)
		return rec->text[READ_FROM];
	return rec->text[READ_SOURCE];
}

static void put_fact(struct text *out, const char *name, struct span value)
{
	if (!value.len)
		return;
	text_puts(out, name);
	text_putc(out, '=');
	column_word(out, value);
	text_putc(out, ' ');
}

/* Name and file:line: our own words, with blanks. */
static void put_rule(struct text *out, struct span rule)
{
	if (!rule.len)
		return;
	text_puts(out, "rule=\"");
	column_plain(out, rule);
	text_puts(out, "\" ");
}

static void put_count(struct text *out, const char *name, uint64_t value)
{
	if (!value)
		return;
	text_puts(out, name);
	text_putc(out, '=');
	text_u64(out, value);
	text_putc(out, ' ');
}

/*
 * What we know, then "-" and the text for people. That text stands last, for it
 * may quote a stranger, who could write what looks like a fact.
 */
static void put_detail(struct text *out, const struct read_record *rec)
{
	static const enum read_text facts[] = {READ_E164, READ_COUNTRY,
					       READ_CLASS, READ_ZONE};
	static const char *const names[] = {"e164", "country", "class", "zone"};
	struct span detail = rec->text[READ_DETAIL];

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		put_fact(out, names[i], rec->text[facts[i]]);
	put_rule(out, rec->text[READ_RULE]);
	put_count(out, "code", rec->number[READ_CODE]);
	put_count(out, "count", rec->number[READ_COUNT]);
	put_count(out, "duration_s", rec->number[READ_DURATION_MS] / 1000);
	if (is_denial(rec) && who(rec).p != rec->text[READ_SOURCE].p)
		put_fact(out, "source", rec->text[READ_SOURCE]);
	put_fact(out, "call_id", rec->text[READ_CALL_ID]);
	if (detail.len) {
		text_puts(out, "- ");
		column_plain(out, detail);
	}
}

void show_row(struct text *out, const struct read_record *rec)
{
	const size_t start = out->len;

	stamp_put_second(out, rec->ts_us);
	column_fill(out, start, WIDTH_TIME);
	column_cell(out, rec->text[READ_VERDICT], WIDTH_VERDICT);
	column_cell(out, rec->text[READ_KIND], WIDTH_KIND);
	column_cell(out, who(rec), WIDTH_USER);
	column_cell(out, rec->text[READ_TO], WIDTH_TO);
	column_cell(out, rec->text[READ_REASON], WIDTH_REASON);
	put_detail(out, rec);
	while (out->len > start && out->p[out->len - 1] == ' ')
		out->len--;
}
