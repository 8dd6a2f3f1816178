/* links: observe */
/*
 * fuzz_read.c - no line harms the reader, what it takes for a record can be
 * shown, and what was written is read
 */
#include <stdlib.h>

#include "rempart/observe/handshakes.h"
#include "rempart/observe/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The table is too large to be made for each input. */
static struct handshakes *the_set(void)
{
	static const uint8_t key[16];
	static struct handshakes *set;

	if (!set)
		require(handshakes_open(&set, key) == 0);
	return set;
}

static void show(const struct read_record *rec)
{
	char buf[SHOW_ROW_MAX];
	struct text out = text_init(buf, sizeof(buf));

	show_row(&out, rec);
	require(!out.full);
	for (size_t i = 0; i < out.len; i++)
		require(buf[i] >= ' ' && buf[i] < 0x7f);
	(void)!handshakes_add(the_set(), rec);
	size_t count = handshakes_count(the_set());

	if (!count)
		return;
	out.len = 0;
	handshakes_line(&out, handshakes_row(the_set(), count - 1));
	handshakes_json(&out, handshakes_row(the_set(), count - 1));
	require(!out.full);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct read_record rec;
	struct record written = {.kind = RECORD_CALL};
	char why[READ_WHY_MAX] = "", line[LINE_BYTES_MAX], prev[65] = "";
	struct text out = text_init(line, sizeof(line));
	uint64_t since;

	/* At most as long as lines.c lets a line be. */
	if (size < LINE_BYTES_MAX) {
		int err = read_record(&rec, span_of((const char *)data, size),
				      why);
		require(!err == !why[0]);
		if (!err)
			show(&rec);
	}
	(void)!show_since(&since, span_of((const char *)data, size), 1);

	size_t len =
		size < sizeof(written.detail) ? size : sizeof(written.detail);
	memcpy(written.detail, data, len);
	memcpy(written.user, data,
	       len < sizeof(written.user) ? len : sizeof(written.user));
	line_json(&out, &written, 1, "n", prev);
	require(read_record(&rec, text_span(&out), why) == 0);
	return 0;
}
