/* column.c - columns of a table for people */
#include "column.h"

static void put_shown(struct text *out, struct span value, char first)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		text_putc(out, c >= first && c < 0x7f ? c : '?');
	}
}

void column_plain(struct text *out, struct span value)
{
	put_shown(out, value, ' ');
}

void column_word(struct text *out, struct span value)
{
	put_shown(out, value, '!');
}

void column_fill(struct text *out, size_t start, size_t width)
{
	while (out->len < start + width && !out->full)
		text_putc(out, ' ');
	text_puts(out, "  ");
}

void column_cell(struct text *out, struct span value, size_t width)
{
	const size_t start = out->len;

	column_word(out, value.len ? value : SPAN("-"));
	column_fill(out, start, width);
}
