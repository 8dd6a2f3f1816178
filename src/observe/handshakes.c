/* handshakes.c - which addresses speak which TLS: the list for a migration */
#include "rempart/observe/handshakes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "column.h"
#include "rempart/base/hash.h"
#include "rempart/base/reason.h"
#include "rempart/base/record.h"
#include "rempart/base/table.h"
#include "stamp.h"

enum {
	WIDTH_ADDRESS = 39, /* the longest one */
	WIDTH_OFFERED = 16,
	WIDTH_REFUSED = 16,
	WIDTH_TIMES = 6,
	WIDTH_TIME = 20,
};

/* As refusals write them (door), and as OpenSSL names what was agreed. */
static const struct {
	const char *name, *agreed;
} versions[] = {
	{"TLS 1.3", "TLSv1.3"}, {"TLS 1.2", "TLSv1.2"}, {"TLS 1.1", "TLSv1.1"},
	{"TLS 1.0", "TLSv1"},	{"SSL 3.0", "SSLv3"},
};

enum {
	VERSION_COUNT = sizeof(versions) / sizeof(versions[0]),
	TLS1_3_BIT = 1 << 0, /* by its place in the table */
};

/* How the detail of a refusal begins, and where its list ends. */
static const char OFFERED[] = "the phone offered only ";

/* The reasons of a handshake: a run of the table. */
enum { REASON_FIRST = REASON_TLS_VERSION, REASON_LAST = REASON_TLS_CLOSED };

_Static_assert(REASON_LAST - REASON_FIRST < 32, "a bit each in `refused`");

struct row {
	struct table_node node;
	struct handshake shown;
};

struct handshakes {
	struct table table;
	uint8_t hash_key[HASH_KEY_BYTES];
	size_t count;
	struct row rows[HANDSHAKES_MAX];
};

int handshakes_open(struct handshakes **out, const uint8_t hash_key[static 16])
{
	/* Pages of rows that are never used are never there. */
	struct handshakes *set = calloc(1, sizeof(*set));

	if (!set)
		return ENOMEM;
	int err = table_init(&set->table, HANDSHAKES_MAX);
	if (err) {
		free(set);
		return err;
	}
	memcpy(set->hash_key, hash_key, sizeof(set->hash_key));
	*out = set;
	return 0;
}

void handshakes_close(struct handshakes *set)
{
	if (!set)
		return;
	table_close(&set->table);
	free(set);
}

/* The row of an address, a new one where there is room, or NULL. */
static struct handshake *row_of(struct handshakes *set,
				const struct addr *source)
{
	uint64_t hash =
		hash_bytes(set->hash_key, source->ip, sizeof(source->ip));
	struct table_node *node = table_first(&set->table, hash);

	for (; node; node = table_next(node)) {
		struct row *row = container_of(node, struct row, node);

		if (addr_ip_eq(&row->shown.source, source))
			return &row->shown;
	}
	if (set->count == HANDSHAKES_MAX)
		return NULL;
	struct row *row = &set->rows[set->count];
	if (table_add(&set->table, &row->node, hash))
		return NULL;
	set->count++;
	row->shown.source = *source;
	row->shown.source.port = 0;
	return &row->shown;
}

/* The bit of the reason, or 0: not one of a handshake. */
static uint32_t reason_bit(struct span name)
{
	for (unsigned i = REASON_FIRST; i <= REASON_LAST; i++)
		if (span_eq(name, span_str(reason_name((enum reason)i))))
			return 1u << (i - REASON_FIRST);
	return 0;
}

static bool is_refusal(const struct read_record *rec)
{
	return span_eq(rec->text[READ_KIND],
		       span_str(record_kind_name(RECORD_CONNECTION))) &&
	       span_eq(rec->text[READ_VERDICT],
		       span_str(record_verdict_name(RECORD_VERDICT_DENY)));
}

/* "the phone offered only TLS 1.2, TLS 1.1: TLS 1.3 is needed" */
static uint32_t versions_refused(struct span detail)
{
	uint32_t bits = 0;

	if (!span_starts(detail, SPAN(OFFERED)))
		return 0;
	struct span list = span_skip(detail, sizeof(OFFERED) - 1);

	list.len = span_find(list, ':');
	for (; list.len; list = span_skip(list, span_find(list, ',') + 1)) {
		struct span one =
			span_trim(span_of(list.p, span_find(list, ',')));

		for (unsigned i = 0; i < VERSION_COUNT; i++)
			if (span_eq(one, span_str(versions[i].name)))
				bits |= 1u << i;
	}
	return bits;
}

/* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
static uint32_t version_agreed(struct span tls)
{
	struct span name = span_of(tls.p, span_find(tls, ' '));

	for (unsigned i = 0; i < VERSION_COUNT; i++)
		if (span_eq(name, span_str(versions[i].agreed)))
			return 1u << i;
	return 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void add_refusal(struct handshake *row, const struct read_record *rec,
			uint32_t reason)
{
	uint64_t count = rec->number[READ_COUNT];

	row->refused |= reason;
	row->offered |= versions_refused(rec->text[READ_DETAIL]);
	row->times += count ? count : 1;
	row->refused_us = later(row->refused_us, rec->ts_us);
}

static void add_agreed(struct handshake *row, const struct read_record *rec,
		       uint32_t version)
{
	struct span user = rec->text[READ_USER];

	row->offered |= version;
	if (user.len && rec->ts_us >= row->accepted_us)
		(void)span_copy(row->user, sizeof(row->user), user);
	row->accepted_us = later(row->accepted_us, rec->ts_us);
}

bool handshakes_add(struct handshakes *set, const struct read_record *rec)
{
	uint32_t reason = 0;
	uint32_t version = version_agreed(rec->text[READ_TLS]);
	struct addr source;

	if (is_refusal(rec))
		reason = reason_bit(rec->text[READ_REASON]);
	if ((!reason && !version) ||
	    addr_parse(&source, rec->text[READ_SOURCE]))
		return true;
	struct handshake *row = row_of(set, &source);
	if (!row)
		return false;
	if (reason)
		add_refusal(row, rec, reason);
	else
		add_agreed(row, rec, version);
	return true;
}

/* What is left to do for an address: the list is read from its top. */
static int work_left(const struct handshake *row)
{
	if (row->refused_us > row->accepted_us)
		return 2; /* it does not get in */
	return !(row->offered & TLS1_3_BIT);
}

static uint64_t last_seen_us(const struct handshake *row)
{
	return later(row->refused_us, row->accepted_us);
}

static int compare(const void *left, const void *right)
{
	const struct handshake *a = &((const struct row *)left)->shown;
	const struct handshake *b = &((const struct row *)right)->shown;

	if (work_left(a) != work_left(b))
		return work_left(b) - work_left(a);
	if (last_seen_us(a) != last_seen_us(b))
		return last_seen_us(a) > last_seen_us(b) ? -1 : 1;
	return memcmp(a->source.ip, b->source.ip, sizeof(a->source.ip));
}

void handshakes_sort(struct handshakes *set)
{
	qsort(set->rows, set->count, sizeof(set->rows[0]), compare);
}

size_t handshakes_count(const struct handshakes *set)
{
	return set->count;
}

const struct handshake *handshakes_row(const struct handshakes *set, size_t i)
{
	assert(i < set->count);
	return &set->rows[i].shown;
}

void handshakes_heading(struct text *out)
{
	column_cell(out, SPAN("ADDRESS"), WIDTH_ADDRESS);
	column_cell(out, SPAN("OFFERED"), WIDTH_OFFERED);
	column_cell(out, SPAN("REFUSED"), WIDTH_REFUSED);
	column_cell(out, SPAN("TIMES"), WIDTH_TIMES);
	column_cell(out, SPAN("LAST-SEEN"), WIDTH_TIME);
	column_cell(out, SPAN("ACCEPTED"), WIDTH_TIME);
	text_puts(out, "USER");
}

static void put_sep(struct text *out, size_t start, const char *sep)
{
	if (out->len > start)
		text_puts(out, sep);
}

/* Our own names of the bits, each between `quote`. */
static void put_versions(struct text *out, uint32_t bits, const char *quote)
{
	const size_t start = out->len;

	for (unsigned i = 0; i < VERSION_COUNT; i++) {
		if (!(bits & 1u << i))
			continue;
		put_sep(out, start, ",");
		text_puts(out, quote);
		text_puts(out, versions[i].name);
		text_puts(out, quote);
	}
}

static void put_reasons(struct text *out, uint32_t bits, const char *quote)
{
	const size_t start = out->len;

	for (unsigned i = REASON_FIRST; i <= REASON_LAST; i++) {
		if (!(bits & 1u << (i - REASON_FIRST)))
			continue;
		put_sep(out, start, ",");
		text_puts(out, quote);
		text_puts(out, reason_name((enum reason)i));
		text_puts(out, quote);
	}
}

static void cell_time(struct text *out, uint64_t us)
{
	const size_t start = out->len;

	if (us)
		stamp_put_second(out, us);
	else
		text_putc(out, '-');
	column_fill(out, start, WIDTH_TIME);
}

void handshakes_line(struct text *out, const struct handshake *row)
{
	char address[ADDR_TEXT_MAX];
	size_t start;

	size_t len = addr_print_ip(address, &row->source);
	column_cell(out, span_of(address, len), WIDTH_ADDRESS);
	start = out->len;
	/* A handshake that broke off early tells no version. */
	if (row->offered)
		put_versions(out, row->offered, "");
	else
		text_putc(out, '-');
	column_fill(out, start, WIDTH_OFFERED);
	start = out->len;
	if (row->refused)
		put_reasons(out, row->refused, "");
	else
		text_putc(out, '-');
	column_fill(out, start, WIDTH_REFUSED);
	start = out->len;
	text_u64(out, row->times);
	column_fill(out, start, WIDTH_TIMES);
	cell_time(out, last_seen_us(row));
	cell_time(out, row->accepted_us);
	column_word(out, row->user[0] ? span_str(row->user) : SPAN("-"));
}

static void json_time(struct text *out, const char *name, uint64_t us)
{
	if (!us)
		return;
	text_puts(out, ",\"");
	text_puts(out, name);
	text_puts(out, "\":\"");
	stamp_put(out, us);
	text_putc(out, '"');
}

void handshakes_json(struct text *out, const struct handshake *row)
{
	char address[ADDR_TEXT_MAX];

	text_puts(out, "{\"address\":\"");
	text_put(out, span_of(address, addr_print_ip(address, &row->source)));
	text_puts(out, "\",\"offered\":[");
	put_versions(out, row->offered, "\"");
	text_puts(out, "],\"refused\":[");
	put_reasons(out, row->refused, "\"");
	text_puts(out, "],\"times\":");
	text_u64(out, row->times);
	json_time(out, "last_seen", last_seen_us(row));
	json_time(out, "last_refused", row->refused_us);
	json_time(out, "accepted", row->accepted_us);
	if (row->user[0]) {
		text_puts(out, ",\"user\":");
		text_json(out, span_str(row->user));
	}
	text_putc(out, '}');
}
