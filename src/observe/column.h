/* column.h - columns of a table for people */
#pragma once

#include "rempart/base/text.h"

/* The value without control bytes, for a terminal obeys them; bytes above 0x7e
 * are among them. */
void column_plain(struct text *out, struct span value);
/* The same, blanks shown as '?', so that no value looks like two. */
void column_word(struct text *out, struct span value);
/* A column_word() or '-', filled up to `width`, and two blanks. */
void column_cell(struct text *out, struct span value, size_t width);
/* Blanks up to `width` from `start` on, and two. */
void column_fill(struct text *out, size_t start, size_t width);
