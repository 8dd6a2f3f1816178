/* test_verify.c - no change of a log passes, and each is called by its name */
#include <openssl/evp.h>

#include "scratch.h"
#include "rempart/observe/line.h"

enum { RECORDS = 9, LOG_MAX = 16384 };

/* A small log as lines, each with its newline. */
struct lines {
	size_t count;
	struct bytes line[2 * RECORDS];
};

static struct bytes whole;
static struct lines lines;

static void make_log(void)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);

	write_records(log, 1, RECORDS);
	log_close(log);
	whole = scratch_read(&sc, "decisions.log");
	scratch_remove(&sc);

	lines.count = 0;
	for (char *p = whole.p; *p;) {
		char *end = strchr(p, '\n') + 1;

		lines.line[lines.count++] =
			(struct bytes){.p = p, .len = (size_t)(end - p)};
		p = end;
	}
	cr_assert_eq(lines.count, RECORDS);
}

static void free_log(void)
{
	free(whole.p);
}

TestSuite(verify, .init = make_log, .fini = free_log);

static void cut_out(struct lines *ls, size_t at, size_t count)
{
	memmove(&ls->line[at], &ls->line[at + count],
		(ls->count - at - count) * sizeof(ls->line[0]));
	ls->count -= count;
}

static void put_in(struct lines *ls, size_t at, struct bytes line)
{
	memmove(&ls->line[at + 1], &ls->line[at],
		(ls->count - at) * sizeof(ls->line[0]));
	ls->line[at] = line;
	ls->count++;
}

static struct verify_result verify_lines(const struct lines *ls)
{
	char buf[LOG_MAX];
	size_t len = 0;

	for (size_t i = 0; i < ls->count; i++) {
		cr_assert_leq(len + ls->line[i].len, sizeof(buf));
		memcpy(buf + len, ls->line[i].p, ls->line[i].len);
		len += ls->line[i].len;
	}
	return verify_bytes(buf, len);
}

Test(verify, a_whole_log_is_whole)
{
	struct verify_result res = verify_bytes(whole.p, whole.len);
	const char zeros[] = "0000000000000000000000000000000000000000"
			     "000000000000000000000000";

	cr_assert_eq(res.bad_line, 0, "%s", res.what);
	cr_assert_eq(res.lines, RECORDS);
	cr_assert_eq(res.first_seq, 1);
	cr_assert_eq(res.last_seq, RECORDS);
	cr_assert_str_eq(res.first_prev, zeros);
	cr_assert_eq(strlen(res.last_hash), 64);
	cr_assert_eq(memcmp(res.last_hash, whole.p + whole.len - 67, 64), 0);
}

Test(verify, an_empty_file_is_whole_and_has_no_records)
{
	FILE *in = fopen("/dev/null", "rb");
	struct verify_result res;

	cr_assert_eq(verify_file(in, &res), 0);
	fclose(in);
	cr_assert_eq(res.bad_line, 0);
	cr_assert_eq(res.lines, 0);
	cr_assert_eq(res.first_seq, 0);
}

Test(verify, every_bit_that_is_flipped_is_found_in_its_line)
{
	size_t line = 0;

	for (size_t at = 0; at < whole.len; at++) {
		bool newline = whole.p[at] == '\n';

		for (unsigned bit = 0; bit < 8; bit++) {
			whole.p[at] ^= (char)(1u << bit);
			struct verify_result res =
				verify_bytes(whole.p, whole.len);
			cr_assert_eq(res.bad_line, line + 1,
				     "byte %zu bit %u: %s", at, bit, res.what);
			whole.p[at] ^= (char)(1u << bit);
		}
		line += newline;
	}
	cr_assert_eq(line, RECORDS);
}

Test(verify, every_byte_that_is_taken_out_is_found_in_its_line)
{
	size_t line = 0;
	char buf[LOG_MAX];

	for (size_t at = 0; at < whole.len; at++) {
		memcpy(buf, whole.p, at);
		memcpy(buf + at, whole.p + at + 1, whole.len - at - 1);
		struct verify_result res = verify_bytes(buf, whole.len - 1);
		cr_assert_eq(res.bad_line, line + 1, "byte %zu: %s", at,
			     res.what);
		line += whole.p[at] == '\n';
	}
}

Test(verify, names_the_altered_record)
{
	for (size_t i = 1; i < RECORDS; i++) {
		char want[64];
		char *at = strstr(lines.line[i].p, "1001");

		*at = '2';
		struct verify_result res = verify_bytes(whole.p, whole.len);
		snprintf(want, sizeof(want), "record %zu was altered", i + 1);
		cr_assert_str_eq(res.what, want);
		cr_assert_eq(res.last_seq, i);
		cr_assert_eq(res.lines, RECORDS);
		*at = '1';
	}
}

Test(verify, names_missing_records)
{
	for (size_t i = 1; i < RECORDS - 1; i++) {
		char want[64];
		struct lines part = lines;

		cut_out(&part, i, 1);
		struct verify_result res = verify_lines(&part);
		snprintf(want, sizeof(want), "record %zu is missing", i + 1);
		cr_assert_str_eq(res.what, want);
		cr_assert_eq(res.bad_line, i + 1);
	}
	struct lines part = lines;
	cut_out(&part, 3, 3);
	cr_assert_str_eq(verify_lines(&part).what, "records 4-6 are missing");
}

Test(verify, names_two_records_that_changed_places)
{
	for (size_t a = 1; a < RECORDS; a++) {
		for (size_t b = a + 1; b < RECORDS; b++) {
			char want[64];
			struct lines part = lines;

			part.line[a] = lines.line[b];
			part.line[b] = lines.line[a];
			/* The first that is found of those that were passed. */
			size_t next = b - a > 1 ? a + 1 : a;
			snprintf(want, sizeof(want),
				 "record %zu stands before %zu", b + 1,
				 next + 1);
			struct verify_result res = verify_lines(&part);
			cr_assert_str_eq(res.what, want);
			cr_assert_eq(res.bad_line, a + 1);
		}
	}
}

Test(verify, names_a_first_record_that_was_moved_down)
{
	struct lines part = lines;

	cut_out(&part, 0, 1);
	put_in(&part, 3, lines.line[0]);
	cr_assert_str_eq(verify_lines(&part).what, "record 1 stands after 4");
}

Test(verify, names_a_record_that_was_copied)
{
	struct lines part = lines;

	put_in(&part, 4, lines.line[3]);
	cr_assert_str_eq(verify_lines(&part).what, "record 4 stands twice");

	part = lines;
	put_in(&part, 6, lines.line[3]);
	cr_assert_str_eq(verify_lines(&part).what, "record 4 stands after 6");
}

Test(verify, a_record_that_only_seemed_missing_must_be_proven)
{
	struct lines part = lines;
	char fake[4096];
	struct bytes line = lines.line[3];

	cut_out(&part, 3, 1);
	memcpy(fake, line.p, line.len);
	memcpy(strstr(fake, "1001"), "9999", 4);
	put_in(&part, 5, (struct bytes){.p = fake, .len = line.len});
	cr_assert_str_eq(verify_lines(&part).what, "record 4 is missing");
}

/* What somebody does who knows how the log is made. */
static void hash_again(char *line, size_t len)
{
	char input[8192];
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	char hex[65];

	memcpy(input, strstr(line, "\"prev\":\"") + 8, 64);
	memcpy(input + 64, line, len - 76);
	input[64 + len - 76] = '}';
	cr_assert(EVP_Digest(input, 64 + len - 75, digest, &digest_len,
			     EVP_sha256(), NULL));
	for (unsigned i = 0; i < digest_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	memcpy(line + len - 67, hex, 64);
}

Test(verify, the_hash_is_what_the_contract_says)
{
	struct bytes before = {.p = strdup(whole.p), .len = whole.len};

	for (size_t i = 0; i < RECORDS; i++)
		hash_again(lines.line[i].p, lines.line[i].len);
	cr_assert_eq(memcmp(before.p, whole.p, whole.len), 0);
	free(before.p);
}

Test(verify, a_record_altered_and_hashed_again_breaks_the_chain)
{
	for (size_t i = 0; i < RECORDS - 1; i++) {
		char want[128];
		char kept[4096];
		struct bytes line = lines.line[i];

		memcpy(kept, line.p, line.len);
		memcpy(strstr(line.p, "1001"), "9999", 4);
		hash_again(line.p, line.len);
		struct verify_result res = verify_bytes(whole.p, whole.len);
		snprintf(want, sizeof(want),
			 "record %zu does not follow %zu: one of them was "
			 "altered and hashed again",
			 i + 2, i + 1);
		cr_assert_str_eq(res.what, want);
		memcpy(line.p, kept, line.len);
	}
}

Test(verify, a_last_line_that_was_cut_is_torn)
{
	const struct bytes last = lines.line[RECORDS - 1];

	for (size_t cut = 1; cut < last.len; cut++) {
		struct verify_result res =
			verify_bytes(whole.p, whole.len - cut);
		cr_assert_str_eq(res.what, "the last line is torn");
		cr_assert_eq(res.bad_line, RECORDS);
		cr_assert_eq(res.last_seq, RECORDS - 1);
	}
}

Test(verify, a_line_longer_than_any_record_is_named)
{
	char buf[LINE_BYTES_MAX + 1];
	struct lines part = lines;

	memset(buf, 'x', sizeof(buf));
	buf[sizeof(buf) - 1] = '\n';
	put_in(&part, 2, (struct bytes){.p = buf, .len = sizeof(buf)});
	struct verify_result res = verify_lines(&part);
	cr_assert_str_eq(res.what, "line 3 is too long");
	cr_assert_eq(res.lines, RECORDS + 1);

	/* One byte less is a line, and no record. */
	part.line[2] = (struct bytes){.p = buf + 1, .len = sizeof(buf) - 1};
	cr_assert_str_eq(verify_lines(&part).what, "record 3 was altered");
}

Test(verify, megabytes_without_a_newline_are_one_line)
{
	const size_t len = 3 << 20;
	char *zeros = calloc(1, len);

	cr_assert(zeros);
	struct verify_result res = verify_bytes(zeros, len);
	free(zeros);
	cr_assert_eq(res.lines, 1);
	cr_assert_str_eq(res.what, "line 1 is too long");
}

Test(verify, only_the_first_fault_is_told)
{
	memcpy(strstr(lines.line[2].p, "1001"), "9999", 4);
	memcpy(strstr(lines.line[5].p, "1001"), "9999", 4);
	struct verify_result res = verify_bytes(whole.p, whole.len - 3);
	cr_assert_str_eq(res.what, "record 3 was altered");
	cr_assert_eq(res.bad_line, 3);
}

Test(verify, a_seq_that_no_log_has_is_refused)
{
	static const char *const seqs[] = {"0",	 "01",	"",
					   "-1", "1.0", "18446744073709551615"};

	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		char line[4096];
		int len = snprintf(line, sizeof(line), "{\"v\":1,\"seq\":%s%s",
				   seqs[i], strchr(lines.line[0].p + 13, ','));

		*strchr(line, '\n') = '\0';
		len = (int)strlen(line);
		line[len++] = '\n';
		hash_again(line, (size_t)len);
		cr_assert_eq(verify_bytes(line, (size_t)len).bad_line, 1, "%s",
			     seqs[i]);
	}
}

Test(verify, a_file_that_cannot_be_read_is_an_error_not_a_verdict)
{
	FILE *in = fopen("/", "rb");
	struct verify_result res = {.lines = 7};

	cr_assert(in);
	cr_assert_eq(verify_file(in, &res), EISDIR);
	cr_assert_eq(res.lines, 7);
	fclose(in);
}
