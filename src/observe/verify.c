/* verify.c - is this log whole? */
#include "rempart/observe/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "chain.h"
#include "lines.h"

/* The chain up to the last good record, and the first fault. */
struct walk {
	struct chain chain;
	struct verify_result *res;
	bool started;
	uint64_t before_gap; /* record that stands after a gap, 0: no gap */
	uint64_t gap_first, gap_last;
};

__attribute__((format(printf, 2, 3))) static void fault(struct walk *walk,
							const char *format, ...)
{
	struct verify_result *res = walk->res;
	va_list args;

	if (!res->bad_line)
		res->bad_line = res->lines;
	va_start(args, format);
	(void)vsnprintf(res->what, sizeof(res->what), format, args);
	va_end(args);
}

/* The hash is wrong, so that the line's own seq proves nothing: it is named
 * by its place. */
static void fault_altered(struct walk *walk)
{
	const struct verify_result *res = walk->res;

	if (walk->started)
		fault(walk, "record %" PRIu64 " was altered",
		      res->last_seq + 1);
	else
		fault(walk, "the first record was altered");
}

static void fault_gap(struct walk *walk, uint64_t seq)
{
	walk->before_gap = seq;
	walk->gap_first = walk->res->last_seq + 1;
	walk->gap_last = seq - 1;
	if (walk->gap_first == walk->gap_last)
		fault(walk, "record %" PRIu64 " is missing", walk->gap_first);
	else
		fault(walk, "records %" PRIu64 "-%" PRIu64 " are missing",
		      walk->gap_first, walk->gap_last);
}

/* A proven line against its place in the chain. True: it continues it. */
static bool fits(struct walk *walk, const struct chain_line *line)
{
	const struct verify_result *res = walk->res;

	if (!walk->started)
		return true;
	if (line->seq > res->last_seq + 1)
		fault_gap(walk, line->seq);
	else if (line->seq == res->last_seq)
		fault(walk, "record %" PRIu64 " stands twice", line->seq);
	else if (line->seq < res->last_seq)
		fault(walk, "record %" PRIu64 " stands after %" PRIu64,
		      line->seq, res->last_seq);
	else if (memcmp(line->prev, res->last_hash, LINE_HASH_HEX))
		/* Each agrees with its own hash, so one was made anew. */
		fault(walk,
		      "record %" PRIu64 " does not follow %" PRIu64
		      ": one of them was altered and hashed again",
		      line->seq, res->last_seq);
	else
		return true;
	return false;
}

static void accept_line(struct walk *walk, const struct chain_line *line)
{
	struct verify_result *res = walk->res;

	if (!walk->started) {
		res->first_seq = line->seq;
		memcpy(res->first_prev, line->prev, LINE_HASH_HEX);
	}
	walk->started = true;
	res->last_seq = line->seq;
	memcpy(res->last_hash, line->hash, LINE_HASH_HEX);
}

/* Takes a line apart and proves its hash. EBADMSG: altered. */
static int prove(const struct walk *walk, struct span text,
		 struct chain_line *line)
{
	char hex[LINE_HASH_HEX + 1];

	int err = chain_scan(line, text);
	if (err)
		return err;
	err = chain_hash(&walk->chain, line->prev, line->body, hex);
	if (err)
		return err;
	return memcmp(hex, line->hash, LINE_HASH_HEX) ? EBADMSG : 0;
}

static int check_line(struct walk *walk, struct span text)
{
	struct chain_line line;

	/* After the first fault only one thing is still of interest: whether
	 * a record that seemed missing stands further down. */
	if (walk->res->bad_line && !walk->before_gap)
		return 0;

	int err = prove(walk, text, &line);
	if (err == EBADMSG && !walk->res->bad_line)
		fault_altered(walk);
	if (err)
		return err == EBADMSG ? 0 : err;

	if (!walk->res->bad_line) {
		if (fits(walk, &line))
			accept_line(walk, &line);
	} else if (line.seq >= walk->gap_first && line.seq <= walk->gap_last) {
		fault(walk, "record %" PRIu64 " stands before %" PRIu64,
		      walk->before_gap, line.seq);
		walk->before_gap = 0;
	}
	return 0;
}

static int check_all(struct walk *walk, struct lines *src)
{
	struct verify_result *res = walk->res;

	for (;;) {
		enum lines_shape shape = LINES_END;
		struct span line = {0};
		int err = lines_next(src, &line, &shape);

		if (err || shape == LINES_END)
			return err;
		res->lines++;
		if (shape == LINES_WHOLE)
			err = check_line(walk, line);
		else if (res->bad_line)
			continue;
		else if (shape == LINES_LONG)
			fault(walk, "line %" PRIu64 " is too long", res->lines);
		else
			fault(walk, "the last line is torn");
		if (err)
			return err;
	}
}

int verify_file(FILE *in, struct verify_result *out)
{
	struct verify_result res = {0};
	struct walk walk = {.res = &res};
	struct lines src;

	lines_init(&src, in);
	int err = chain_open(&walk.chain);
	if (err)
		return err;
	err = check_all(&walk, &src);
	chain_close(&walk.chain);
	if (!err)
		*out = res;
	return err;
}
