/*
 * repeat.c - counts denials that repeat, so that a flood does not fill the log
 *
 * A row is open for one interval from the record that was written. Rows stand
 * in a list by the end of their interval, which is the order in which they
 * were opened, for all intervals are equal.
 */
#include "rempart/guard/repeat.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/hash.h"
#include "rempart/base/table.h"

static const uint64_t INTERVAL_US = REPEAT_INTERVAL_S * 1000000ull;

struct row {
	struct table_node node;
	struct row *prev;
	struct row *next;
	uint64_t due_us;
	uint64_t held;	    /* denials since the last record written */
	struct record last; /* its source, kind and reason are the key */
};

struct list {
	struct row *head;
	struct row *tail;
};

struct repeats {
	struct table table; /* rows of `open` */
	struct list open;   /* the one that ends first at the head */
	struct list early;  /* made room for another one: due at once */
	struct list unused;
	size_t holding; /* rows with held > 0, of open and early */
	uint8_t hash_key[HASH_KEY_BYTES];
	struct row rows[REPEAT_ROWS];
};

static void append(struct list *list, struct row *row)
{
	row->next = NULL;
	row->prev = list->tail;
	if (list->tail)
		list->tail->next = row;
	else
		list->head = row;
	list->tail = row;
}

static void take(struct list *list, struct row *row)
{
	if (row->prev)
		row->prev->next = row->next;
	else
		list->head = row->next;
	if (row->next)
		row->next->prev = row->prev;
	else
		list->tail = row->prev;
	row->prev = NULL;
	row->next = NULL;
}

int repeats_open(struct repeats **out, const uint8_t hash_key[static 16])
{
	struct repeats *set = calloc(1, sizeof(*set));
	int err;

	if (!set)
		return ENOMEM;
	err = table_init(&set->table, REPEAT_ROWS);
	if (err) {
		free(set);
		return err;
	}
	memcpy(set->hash_key, hash_key, sizeof(set->hash_key));
	for (size_t i = 0; i < REPEAT_ROWS; i++)
		append(&set->unused, &set->rows[i]);
	*out = set;
	return 0;
}

void repeats_close(struct repeats *set)
{
	if (!set)
		return;
	table_close(&set->table);
	free(set);
}

static bool is_repeatable(const struct record *rec)
{
	switch (rec->verdict) {
	case RECORD_VERDICT_DENY:
	case RECORD_VERDICT_DROP:
	case RECORD_VERDICT_CHALLENGE:
		return true;
	default:
		/* no denial, but as many as there are phones */
		return rec->reason == REASON_KEEPALIVE;
	}
}

/* A host of IPv6 has a /64 to write from: it is one source. */
enum { SOURCE_BITS_4 = 32, SOURCE_BITS_6 = 64 };

static bool same_source(const struct addr *a, const struct addr *b)
{
	const struct addr x = addr_prefix(a, SOURCE_BITS_4, SOURCE_BITS_6);
	const struct addr y = addr_prefix(b, SOURCE_BITS_4, SOURCE_BITS_6);

	return addr_ip_eq(&x, &y);
}

static bool same_number(const struct record *a, const struct record *b)
{
	if (!a->number_class[0] && !b->number_class[0])
		return true;
	return !strcmp(a->user, b->user) && !strcmp(a->to, b->to);
}

static uint64_t key_hash(const struct repeats *set, const struct record *rec)
{
	const struct addr ip =
		addr_prefix(&rec->source, SOURCE_BITS_4, SOURCE_BITS_6);
	uint8_t key[sizeof(ip.ip) + 4 + 2 * sizeof(uint64_t)] = {0};

	memcpy(key, ip.ip, sizeof(ip.ip));
	key[16] = ip.version;
	key[17] = (uint8_t)rec->kind;
	key[18] = (uint8_t)(rec->reason >> 8);
	key[19] = (uint8_t)rec->reason;
	/* Each number that a user was denied is a denial of its own. */
	if (rec->number_class[0]) {
		const uint64_t who =
			hash_bytes(set->hash_key, rec->user, strlen(rec->user));
		const uint64_t what =
			hash_bytes(set->hash_key, rec->to, strlen(rec->to));

		memcpy(key + 20, &who, sizeof(who));
		memcpy(key + 28, &what, sizeof(what));
	}
	return hash_bytes(set->hash_key, key, sizeof(key));
}

static struct row *find(const struct repeats *set, const struct record *rec,
			uint64_t hash)
{
	struct table_node *node = table_first(&set->table, hash);

	for (; node; node = table_next(node)) {
		struct row *row = container_of(node, struct row, node);

		if (same_source(&row->last.source, &rec->source) &&
		    row->last.kind == rec->kind &&
		    row->last.reason == rec->reason &&
		    same_number(&row->last, rec))
			return row;
	}
	return NULL;
}

static void close_row(struct repeats *set, struct row *row)
{
	table_del(&set->table, &row->node);
	take(&set->open, row);
}

/*
 * An unused row, or the oldest when that holds nothing. Else the oldest gets
 * in line to be flushed, and this denial is written without a row: nothing is
 * lost, whatever the owner's pace.
 */
static struct row *free_row(struct repeats *set)
{
	struct row *row = set->unused.head;

	if (row) {
		take(&set->unused, row);
		return row;
	}
	row = set->open.head;
	if (!row)
		return NULL;
	close_row(set, row);
	if (!row->held)
		return row;
	append(&set->early, row);
	return NULL;
}

static void reopen(struct repeats *set, struct row *row, uint64_t now_us)
{
	row->held = 0;
	row->due_us = now_us + INTERVAL_US;
	append(&set->open, row);
}

static void open_row(struct repeats *set, const struct record *rec,
		     uint64_t hash, uint64_t now_us)
{
	struct row *row = free_row(set);
	int err;

	if (!row)
		return;
	row->last = *rec;
	reopen(set, row, now_us);
	err = table_add(&set->table, &row->node, hash);
	assert(!err); /* as many places as rows */
	(void)err;
}

enum repeat_answer repeats_add(struct repeats *set, const struct record *rec,
			       uint64_t now_us)
{
	struct row *row;
	uint64_t hash;

	if (!is_repeatable(rec))
		return REPEAT_WRITE;
	hash = key_hash(set, rec);
	row = find(set, rec, hash);
	if (!row) {
		open_row(set, rec, hash, now_us);
		return REPEAT_WRITE;
	}
	if (!row->held && now_us >= row->due_us) {
		/* A quiet interval has passed: a first one again. */
		take(&set->open, row);
		row->last = *rec;
		reopen(set, row, now_us);
		return REPEAT_WRITE;
	}
	if (!row->held)
		set->holding++;
	row->held += rec->count > 1 ? rec->count : 1;
	row->last = *rec;
	return REPEAT_COUNTED;
}

static void give(struct repeats *set, const struct row *row, struct record *out)
{
	assert(set->holding && row->held);
	*out = row->last;
	out->count = row->held;
	set->holding--;
}

/* Ends the interval of a row; true when it had something to say. */
static bool end_interval(struct repeats *set, struct row *row, uint64_t now_us,
			 bool all, struct record *out)
{
	if (!row->held || all)
		close_row(set, row);
	else
		take(&set->open, row);
	if (!row->held) {
		append(&set->unused, row);
		return false;
	}
	give(set, row, out);
	/* It goes on, perhaps: counted from here, not written twice. */
	if (all)
		append(&set->unused, row);
	else
		reopen(set, row, now_us);
	return true;
}

bool repeats_due(struct repeats *set, uint64_t now_us, bool all,
		 struct record *out)
{
	struct row *row = set->early.head;

	if (row) {
		take(&set->early, row);
		give(set, row, out);
		append(&set->unused, row);
		return true;
	}
	while ((row = set->open.head) && (all || now_us >= row->due_us)) {
		if (end_interval(set, row, now_us, all, out))
			return true;
	}
	return false;
}

uint64_t repeats_next_us(const struct repeats *set)
{
	if (set->early.head)
		return 0;
	return set->holding ? set->open.head->due_us : UINT64_MAX;
}
