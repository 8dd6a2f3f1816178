/* line.c - a record as one JSON line, and as a line for people */
#include "rempart/observe/line.h"

#include <assert.h>

#include "stamp.h"

/* A line under way: what is left of each text when the first try was too
 * long. */
struct writer {
	struct text *out;
	size_t divisor;
};

static void put_ts(struct text *out, uint64_t ts_us)
{
	text_puts(out, ",\"ts\":\"");
	stamp_put(out, ts_us);
	text_putc(out, '"');
}

/* ,"name": */
static void put_name(struct text *out, const char *name)
{
	text_puts(out, ",\"");
	text_puts(out, name);
	text_puts(out, "\":");
}

/* A value from our own tables, which needs no escape. */
static void put_word(struct text *out, const char *name, const char *word)
{
	put_name(out, name);
	text_putc(out, '"');
	text_puts(out, word);
	text_putc(out, '"');
}

static void put_number(struct text *out, const char *name, uint64_t value)
{
	if (!value)
		return;
	put_name(out, name);
	text_u64(out, value);
}

/* A text field of the record, cap bytes; left out when empty. */
static void put_text(const struct writer *wr, const char *name,
		     const char *value, size_t cap)
{
	size_t len = strnlen(value, cap);

	if (!len)
		return;
	if (len > cap / wr->divisor)
		len = cap / wr->divisor;
	put_name(wr->out, name);
	text_json(wr->out, span_of(value, len));
}

#define PUT_TEXT(wr, rec, field)                                               \
	put_text(wr, #field, (rec)->field, sizeof((rec)->field))

static void put_source(struct text *out, const struct addr *source)
{
	char text[ADDR_TEXT_MAX];

	if (!source->version)
		return;
	(void)addr_print(text, source);
	put_word(out, "source", text);
}

static void put_srtp(const struct writer *wr, const struct record *rec)
{
	char buf[512];
	struct text inner = text_init(buf, sizeof(buf));
	struct writer inner_wr = {&inner, wr->divisor};

	put_text(&inner_wr, "phone", rec->srtp_phone, sizeof(rec->srtp_phone));
	put_text(&inner_wr, "upstream", rec->srtp_upstream,
		 sizeof(rec->srtp_upstream));
	assert(!inner.full);
	if (!inner.len)
		return;

	put_name(wr->out, "srtp");
	text_putc(wr->out, '{');
	text_put(wr->out, span_skip(text_span(&inner), 1)); /* the comma */
	text_putc(wr->out, '}');
}

static void put_leg(struct text *out, const char *name,
		    const struct record_leg *leg)
{
	put_name(out, name);
	text_puts(out, "{\"packets\":");
	text_u64(out, leg->packets);
	text_puts(out, ",\"lost\":");
	text_u64(out, leg->lost);
	text_puts(out, ",\"jitter_us\":");
	text_u64(out, leg->jitter_us);
	text_puts(out, ",\"mos_x100\":");
	text_u64(out, leg->mos_x100);
	text_putc(out, '}');
}

/* What was heard on each side of a call that ended. */
static void put_media(struct text *out, const struct record *rec)
{
	char buf[512];
	struct text inner = text_init(buf, sizeof(buf));

	if (!rec->has_media)
		return;
	put_leg(&inner, "phone", &rec->heard_phone);
	put_leg(&inner, "upstream", &rec->heard_upstream);
	assert(!inner.full);
	put_name(out, "media");
	text_putc(out, '{');
	text_put(out, span_skip(text_span(&inner), 1)); /* the comma */
	text_putc(out, '}');
}

static void put_record(const struct writer *wr, const struct record *rec)
{
	struct text *out = wr->out;

	put_word(out, "kind", record_kind_name(rec->kind));
	put_word(out, "verdict", record_verdict_name(rec->verdict));
	put_word(out, "reason", reason_name(rec->reason));
	PUT_TEXT(wr, rec, rule);
	put_number(out, "code", rec->code);
	PUT_TEXT(wr, rec, method);
	PUT_TEXT(wr, rec, user);
	put_source(out, &rec->source);
	PUT_TEXT(wr, rec, zone);
	PUT_TEXT(wr, rec, from);
	PUT_TEXT(wr, rec, to);
	PUT_TEXT(wr, rec, e164);
	PUT_TEXT(wr, rec, country);
	put_text(wr, "class", rec->number_class, sizeof(rec->number_class));
	PUT_TEXT(wr, rec, call_id);
	PUT_TEXT(wr, rec, tls);
	put_srtp(wr, rec);
	put_media(out, rec);
	PUT_TEXT(wr, rec, agent);
	put_number(out, "count", rec->count > 1 ? rec->count : 0);
	put_number(out, "duration_ms", rec->duration_ms);
	PUT_TEXT(wr, rec, detail);
	PUT_TEXT(wr, rec, config);
	put_number(out, "took_us", rec->took_us);
}

void line_json(struct text *out, const struct record *rec, uint64_t seq,
	       const char *node, const char *prev)
{
	const struct text before = *out;

	/*
	 * Control bytes grow sixfold in JSON. A line of nothing else would not
	 * fit; such a line is written again with half of each text, so that
	 * no stranger can choose bytes that keep his record out of the log.
	 */
	for (size_t divisor = 1; divisor <= 2; divisor++) {
		struct writer wr = {out, divisor};

		*out = before;
		text_puts(out, "{\"v\":");
		text_u64(out, LINE_VERSION);
		text_puts(out, ",\"seq\":");
		text_u64(out, seq);
		put_ts(out, rec->ts_us);
		put_text(&wr, "node", node, 64);
		put_record(&wr, rec);
		put_word(out, "prev", prev);
		text_putc(out, '}');
		if (!out->full)
			return;
	}
}

/* Printable ASCII only: a terminal obeys control bytes, also those above
 * 0x7f. */
static void put_plain(struct text *out, const char *value, size_t cap)
{
	size_t len = strnlen(value, cap);

	for (size_t i = 0; i < len; i++) {
		bool plain = value[i] >= 0x20 && value[i] < 0x7f;

		text_putc(out, plain ? value[i] : '?');
	}
}

#define PUT_PLAIN(out, rec, field)                                             \
	put_plain(out, (rec)->field, sizeof((rec)->field))

static void put_who(struct text *out, const struct record *rec)
{
	char source[ADDR_TEXT_MAX] = "";

	if (rec->source.version)
		(void)addr_print(source, &rec->source);
	text_putc(out, ' ');
	if (rec->user[0])
		PUT_PLAIN(out, rec, user);
	else if (rec->from[0])
		PUT_PLAIN(out, rec, from);
	else
		text_puts(out, source[0] ? source : "-");
	if (rec->to[0]) {
		text_puts(out, " -> ");
		PUT_PLAIN(out, rec, to);
	}
}

/* Why: what a reader needs of a decision that was not a plain yes. */
static void put_why(struct text *out, const struct record *rec)
{
	bool refused = rec->verdict == RECORD_VERDICT_DENY ||
		       rec->verdict == RECORD_VERDICT_DROP;
	bool named = rec->user[0] || rec->from[0];

	if (refused && named && rec->source.version) {
		char source[ADDR_TEXT_MAX];

		(void)addr_print(source, &rec->source);
		text_puts(out, " from ");
		text_puts(out, source);
	}
	if (rec->count > 1) {
		text_puts(out, " x");
		text_u64(out, rec->count);
	}
	if (rec->duration_ms) {
		text_puts(out, " after ");
		text_u64(out, rec->duration_ms / 1000);
		text_puts(out, " s");
	}
	if (rec->detail[0]) {
		text_puts(out, ": ");
		PUT_PLAIN(out, rec, detail);
	}
}

void line_human(struct text *out, const struct record *rec)
{
	stamp_put_clock(out, rec->ts_us);
	text_putc(out, ' ');
	text_puts(out, record_verdict_name(rec->verdict));
	text_putc(out, ' ');
	text_puts(out, record_kind_name(rec->kind));
	put_who(out, rec);
	text_putc(out, ' ');
	text_puts(out, reason_name(rec->reason));
	put_why(out, rec);
}
