/* reading.h - records written as lines and read again, for tests */
#pragma once

#include <criterion/criterion.h>
#include <string.h>

#include "rempart/base/record.h"
#include "rempart/observe/read.h"

#define READING_PREV                                                           \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char reading_line[LINE_BYTES_MAX];

/* As log.c would write it, with a hash that nobody checks here. */
static inline struct span reading_write(const struct record *rec, uint64_t seq)
{
	struct text out = text_init(reading_line, sizeof(reading_line));

	line_json(&out, rec, seq, "edge1", READING_PREV);
	out.len--;
	text_puts(&out, ",\"hash\":\"" READING_PREV "\"}");
	cr_assert(!out.full);
	return text_span(&out);
}

static inline void reading_record(struct read_record *out,
				  const struct record *rec)
{
	char why[READ_WHY_MAX] = "";

	cr_assert_eq(read_record(out, reading_write(rec, 7), why), 0, "%s",
		     why);
}

static inline struct addr reading_addr(const char *text)
{
	struct addr addr;

	cr_assert_eq(addr_parse(&addr, span_str(text)), 0);
	return addr;
}
