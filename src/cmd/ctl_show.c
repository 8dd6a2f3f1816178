/* ctl_show.c - prints an answer of the control socket: a table, or JSON */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/text.h"

#include "ctl_show.h"

enum {
	COLUMNS_MAX = 24,
	CELL_MAX = 1024, /* a row of edge.h */
	JSON_BYTES = 6 * CELL_MAX + 3,
};

static const char NO_CELL[] = "-";

struct table {
	struct span names[COLUMNS_MAX];
	bool number[COLUMNS_MAX];
	size_t width[COLUMNS_MAX];
	size_t count;
};

/* The next cell, ended by a tab; false at the end of the line. */
bool ctl_take_cell(struct span *line, struct span *cell)
{
	size_t end = span_find(*line, '\t');

	if (end == line->len)
		return false;
	*cell = span_of(line->p, end);
	*line = span_skip(*line, end + 1);
	return true;
}

bool ctl_take_line(struct span *rest, struct span *line)
{
	size_t end = span_find(*rest, '\n');

	if (end == rest->len)
		return false;
	*line = span_of(rest->p, end);
	*rest = span_skip(*rest, end + 1);
	return true;
}

static void read_heading(struct table *table, struct span line)
{
	struct span name;

	while (table->count < COLUMNS_MAX && ctl_take_cell(&line, &name)) {
		size_t at = table->count++;

		table->number[at] = name.len && name.p[name.len - 1] == '#';
		name.len -= table->number[at];
		table->names[at] = name;
		table->width[at] = name.len;
	}
}

static void widen(struct table *table, struct span rest)
{
	struct span line, cell;

	while (ctl_take_line(&rest, &line))
		for (size_t i = 0;
		     i < table->count && ctl_take_cell(&line, &cell); i++)
			if (cell.len > table->width[i])
				table->width[i] = cell.len;
}

/* Without bytes that a terminal obeys; those above 0x7e are among them. */
void ctl_put_plain(struct span cell)
{
	if (!cell.len)
		cell = span_str(NO_CELL);
	for (size_t i = 0; i < cell.len; i++)
		putchar(cell.p[i] < ' ' || cell.p[i] > '~' ? '?' : cell.p[i]);
}

static void put_padded(struct span cell, size_t width)
{
	size_t len = cell.len ? cell.len : sizeof(NO_CELL) - 1;

	ctl_put_plain(cell);
	for (; len < width + 2; len++)
		putchar(' ');
}

static void put_row(const struct table *table, struct span line)
{
	struct span cell;

	for (size_t i = 0; i < table->count && ctl_take_cell(&line, &cell);
	     i++) {
		if (i + 1 < table->count)
			put_padded(cell, table->width[i]);
		else
			ctl_put_plain(cell);
	}
	putchar('\n');
}

static void put_upright(const struct table *table, struct span line)
{
	struct span cell;
	size_t width = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->names[i].len > width)
			width = table->names[i].len;
	for (size_t i = 0; i < table->count && ctl_take_cell(&line, &cell);
	     i++) {
		put_padded(table->names[i], width);
		ctl_put_plain(cell);
		putchar('\n');
	}
}

static void put_json(struct span value)
{
	char buf[JSON_BYTES];
	struct text txt = text_init(buf, sizeof(buf));

	text_json(&txt, value);
	if (txt.full)
		fputs("\"\"", stdout);
	else
		fwrite(txt.p, 1, txt.len, stdout);
}

static void put_object(const struct table *table, struct span line)
{
	struct span cell;

	for (size_t i = 0; i < table->count && ctl_take_cell(&line, &cell);
	     i++) {
		putchar(i ? ',' : '{');
		put_json(table->names[i]);
		putchar(':');
		if (table->number[i])
			fwrite(cell.p, 1, cell.len, stdout);
		else
			put_json(cell);
	}
	puts("}");
}

/* "+N", the one line without a cell. */
static void put_more(struct span line, bool json)
{
	printf(json ? "{\"more\":%.*s}\n" : "... and %.*s more\n",
	       (int)line.len - 1, line.p + 1);
}

static void put_table(struct span rest, bool json, bool upright)
{
	struct table table = {0};
	struct span line;

	if (!ctl_take_line(&rest, &line))
		return;
	read_heading(&table, line);
	widen(&table, rest);
	for (size_t i = 0; i < table.count && !json && !upright; i++)
		put_padded(table.names[i],
			   i + 1 < table.count ? table.width[i] : 0);
	if (!json && !upright)
		putchar('\n');
	while (ctl_take_line(&rest, &line)) {
		if (line.len && line.p[0] == '+' &&
		    span_find(line, '\t') == line.len)
			put_more(line, json);
		else if (json)
			put_object(&table, line);
		else if (upright)
			put_upright(&table, line);
		else
			put_row(&table, line);
	}
}

int ctl_open(const char *answer, struct span *first, struct span *rest)
{
	static const char end[] = "\n.\n";
	const size_t end_len = sizeof(end) - 1;

	*rest = span_str(answer);
	if (rest->len < end_len ||
	    memcmp(rest->p + rest->len - end_len, end, end_len) != 0) {
		fputs("rempart ctl: the answer broke off\n", stderr);
		return EPROTO;
	}
	rest->len -= end_len - 1; /* the last line keeps its end */
	(void)ctl_take_line(rest, first);
	if (span_starts(*first, SPAN("ok")))
		return 0;

	struct span word;

	(void)ctl_take_cell(first, &word);
	fprintf(stderr, "rempart ctl: %.*s\n", (int)first->len, first->p);
	return EPERM;
}

int ctl_show(const char *answer, bool json, bool upright)
{
	struct span rest, line;
	int err = ctl_open(answer, &line, &rest);

	if (err)
		return err;
	if (rest.len)
		put_table(rest, json, upright);
	else
		puts(json ? "{\"done\":true}" : "done");
	return 0;
}
