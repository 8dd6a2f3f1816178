/* links: observe */
/*
 * fuzz_verify.c - no file harms the verifier, and no edit of a whole log
 * passes it, but for lines taken off its ends
 */
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/observe/line.h"
#include "rempart/observe/verify.h"

enum { RECORDS = 6, LOG_BYTES_MAX = 4096, EDIT_BYTES = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sample {
	size_t len;
	char bytes[2 * LOG_BYTES_MAX];
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void hash_line(const char *prev, const char *line, size_t len,
		      char hex[static LINE_HASH_HEX + 1])
{
	uint8_t input[LINE_HASH_HEX + LOG_BYTES_MAX];
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct text out = text_init(hex, LINE_HASH_HEX);
	unsigned digest_len = 0;

	require(len <= LOG_BYTES_MAX);
	memcpy(input, prev, LINE_HASH_HEX);
	memcpy(input + LINE_HASH_HEX, line, len);
	require(EVP_Digest(input, LINE_HASH_HEX + len, digest, &digest_len,
			   EVP_sha256(), NULL) == 1);
	text_hex(&out, digest, digest_len);
	hex[LINE_HASH_HEX] = '\0';
}

/* The log that log.c would write, made from the contract alone. */
static void make_log(struct sample *log)
{
	struct text out = text_init(log->bytes, LOG_BYTES_MAX);
	char prev[LINE_HASH_HEX + 1];

	memset(prev, '0', LINE_HASH_HEX);
	prev[LINE_HASH_HEX] = '\0';
	for (uint64_t seq = 1; seq <= RECORDS; seq++) {
		struct record rec = {.ts_us = seq, .user = "1001"};
		const size_t start = out.len;

		line_json(&out, &rec, seq, "n", prev);
		hash_line(prev, out.p + start, out.len - start, prev);
		out.len--;
		text_puts(&out, ",\"hash\":\"");
		text_puts(&out, prev);
		text_puts(&out, "\"}\n");
	}
	require(!out.full);
	log->len = out.len;
}

static bool verify(const void *bytes, size_t len, struct verify_result *res)
{
	char empty = 0;
	FILE *in = len ? fmemopen((void *)(uintptr_t)bytes, len, "rb")
		       : fmemopen(&empty, 1, "rb");

	require(in);
	if (!len)
		(void)fgetc(in);
	require(verify_file(in, res) == 0);
	fclose(in);
	require(!res->bad_line == !res->what[0]);
	require(res->bad_line <= res->lines);
	return !res->bad_line;
}

/* One edit: overwrite, insert, delete, or copy a run to another place. */
static void edit(struct sample *log, const uint8_t step[static EDIT_BYTES])
{
	size_t at = (size_t)(step[1] << 8 | step[2]) % (log->len + 1);
	size_t run = step[3];

	if (step[0] % 4 == 0 && at < log->len) {
		log->bytes[at] = (char)step[4];
	} else if (step[0] % 4 == 1 && log->len < LOG_BYTES_MAX) {
		memmove(log->bytes + at + 1, log->bytes + at, log->len - at);
		log->bytes[at] = (char)step[4];
		log->len++;
	} else if (step[0] % 4 == 2) {
		run = run < log->len - at ? run : log->len - at;
		memmove(log->bytes + at, log->bytes + at + run,
			log->len - at - run);
		log->len -= run;
	} else if (log->len + run <= LOG_BYTES_MAX) {
		size_t from = step[4] * log->len / 256;

		run = run < log->len - from ? run : log->len - from;
		char copy[UINT8_MAX];
		memcpy(copy, log->bytes + from, run);
		memmove(log->bytes + at + run, log->bytes + at, log->len - at);
		memcpy(log->bytes + at, copy, run);
		log->len += run;
	}
}

/* Whole lines of the original, one after the other. */
static bool is_run_of_lines(const struct sample *part,
			    const struct sample *whole)
{
	const char *p;

	if (!part->len)
		return true;
	p = memmem(whole->bytes, whole->len, part->bytes, part->len);
	return p && (p == whole->bytes || p[-1] == '\n') &&
	       part->bytes[part->len - 1] == '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verify_result res;
	struct sample whole;

	(void)verify(data, size, &res);

	make_log(&whole);
	require(verify(whole.bytes, whole.len, &res));
	require(res.lines == RECORDS && res.last_seq == RECORDS);

	struct sample edited = whole;
	for (; size >= EDIT_BYTES; size -= EDIT_BYTES, data += EDIT_BYTES)
		edit(&edited, data);
	bool passes = verify(edited.bytes, edited.len, &res);
	require(passes == is_run_of_lines(&edited, &whole));
	return 0;
}
