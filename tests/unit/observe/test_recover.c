/* test_recover.c - after a crash at any byte the chain goes on, and nothing is
 * lost */
#include "scratch.h"

Test(recover, a_crash_at_any_byte_keeps_every_whole_record)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);

	write_records(log, 1, 2);
	log_close(log);
	struct bytes all = scratch_read(&sc, "decisions.log");

	/* At each byte of the second line. */
	const size_t first = (size_t)(strchr(all.p, '\n') - all.p);
	for (size_t len = first; len <= all.len; len++) {
		uint64_t whole = 0;
		size_t good = 0;
		char torn[64];

		for (size_t i = 0; i < len; i++) {
			if (all.p[i] == '\n') {
				whole++;
				good = i + 1;
			}
		}
		snprintf(torn, sizeof(torn), "decisions.torn-%u.log",
			 (unsigned)whole + 1);
		scratch_write(&sc, "decisions.log", "wb",
			      (struct bytes){.p = all.p, .len = len});
		log = scratch_log(&sc, 8);
		write_records(log, 1, 2);
		log_close(log);
		must_be_whole(&sc, 1, whole + 2);
		cr_assert_eq(scratch_has(&sc, torn), len > good, "%zu", len);
		if (len > good) {
			char path[128];
			struct bytes aside = scratch_read(&sc, torn);

			cr_assert_eq(aside.len, len - good);
			cr_assert_eq(memcmp(aside.p, all.p + good, aside.len),
				     0);
			free(aside.p);
			scratch_path(path, &sc, torn);
			cr_assert_eq(unlink(path), 0);
		}
	}
	free(all.p);
	scratch_remove(&sc);
}

Test(recover, the_first_record_after_a_torn_one_says_so)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);
	struct record rec = some_record(9);

	write_records(log, 1, 2);
	log_close(log);
	scratch_write(&sc, "decisions.log", "ab",
		      (struct bytes){.p = "{\"v\":1,", .len = 7});
	log = scratch_log(&sc, 8);
	snprintf(rec.detail, sizeof(rec.detail), "its own detail");
	cr_assert_eq(log_write(log, &rec), 0);
	cr_assert_eq(log_write(log, &rec), 0);
	log_close(log);

	struct bytes all = scratch_read(&sc, "decisions.log");
	const char *note =
		strstr(all.p, "\"detail\":\"7 bytes of a torn record "
			      "were moved to decisions.torn-3.log; its "
			      "own detail\"");
	cr_assert(note, "%s", all.p);
	cr_assert(strstr(note, "\"detail\":\"its own detail\""));
	free(all.p);
	must_be_whole(&sc, 1, 4);
	scratch_remove(&sc);
}

Test(recover, a_note_never_overflows_the_detail)
{
	struct scratch sc = scratch_make();
	struct record rec = some_record(9);
	struct log *log;

	scratch_write(&sc, "decisions.log", "ab",
		      (struct bytes){.p = "x", .len = 1});
	memset(rec.detail, 'd', sizeof(rec.detail)); /* no NUL either */
	log = scratch_log(&sc, 8);
	cr_assert_eq(log_write(log, &rec), 0);
	log_close(log);
	must_be_whole(&sc, 1, 1);
	scratch_remove(&sc);
}

Test(recover, zeros_after_a_power_cut_are_set_aside)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 16);
	struct bytes zeros = {.p = calloc(1, 700000), .len = 700000};

	write_records(log, 1, 2);
	log_close(log);
	scratch_write(&sc, "decisions.log", "ab", zeros);
	log = scratch_log(&sc, 16);
	write_records(log, 1, 1);
	log_close(log);
	must_be_whole(&sc, 1, 3);
	struct bytes aside = scratch_read(&sc, "decisions.torn-3.log");
	cr_assert_eq(aside.len, zeros.len);
	cr_assert_eq(memcmp(aside.p, zeros.p, zeros.len), 0);
	free(aside.p);
	free(zeros.p);
	scratch_remove(&sc);
}

Test(recover, a_file_of_something_else_is_refused_and_left_alone)
{
	struct scratch sc = scratch_make();
	struct bytes junk = {.p = malloc(20000), .len = 20000};
	char why[256];

	memset(junk.p, '\n', junk.len);
	scratch_write(&sc, "decisions.log", "wb", junk);
	cr_assert_eq(try_open(sc.dir, 8, why), EBADMSG);
	cr_assert(strstr(why, "move it away"), "%s", why);
	struct bytes after = scratch_read(&sc, "decisions.log");
	cr_assert_eq(after.len, junk.len);
	free(after.p);
	free(junk.p);
	scratch_remove(&sc);
}

Test(recover, an_altered_last_record_is_continued_and_found_later)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);

	write_records(log, 1, 3);
	log_close(log);
	struct bytes all = scratch_read(&sc, "decisions.log");
	memcpy(strstr(strrchr(all.p, '{'), "1001"), "9999", 4);
	scratch_write(&sc, "decisions.log", "wb", all);
	free(all.p);
	log = scratch_log(&sc, 8);
	write_records(log, 4, 1);
	log_close(log);
	struct verify_result res = scratch_verify(&sc, "decisions.log");
	cr_assert_eq(res.bad_line, 3);
	cr_assert_str_eq(res.what, "record 3 was altered");
	cr_assert_eq(res.lines, 4);
	scratch_remove(&sc);
}
