/* test_log.c - the chain goes on over restarts, rotations, full disks
 */
#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"
#include "rempart/observe/line.h"

enum { MIB = 1 << 20 };

/* The names of the rotated files, in the chain's order. */
struct names {
	unsigned count;
	char name[64][64];
	size_t bytes;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct names rotated(const struct scratch *sc)
{
	struct names out = {0};
	DIR *dir = opendir(sc->dir);

	cr_assert(dir);
	for (struct dirent *ent; (ent = readdir(dir));) {
		struct stat st;
		char path[128];

		if (strncmp(ent->d_name, "decisions-", 10) != 0)
			continue;
		cr_assert_lt(out.count, 64);
		snprintf(out.name[out.count++], 64, "%.60s", ent->d_name);
		scratch_path(path, sc, out.name[out.count - 1]);
		cr_assert_eq(stat(path, &st), 0);
		out.bytes += (size_t)st.st_size;
	}
	closedir(dir);
	qsort(out.name, out.count, sizeof(out.name[0]), by_name);
	return out;
}

/* All files from the oldest on are one chain; returns its first seq. */
static uint64_t must_join(const struct scratch *sc, uint64_t last)
{
	struct names names = rotated(sc);
	uint64_t first = 0, next = 0;
	char hash[65] = "";

	snprintf(names.name[names.count++], 64, "decisions.log");
	for (unsigned i = 0; i < names.count; i++) {
		struct verify_result res = scratch_verify(sc, names.name[i]);
		char want[64];

		cr_assert_eq(res.bad_line, 0, "%s: %s", names.name[i],
			     res.what);
		if (i) {
			cr_assert_eq(res.first_seq, next);
			cr_assert_str_eq(res.first_prev, hash);
		} else {
			first = res.first_seq;
		}
		if (i + 1 < names.count) {
			snprintf(want, sizeof(want), "decisions-%020llu.log",
				 (unsigned long long)res.first_seq);
			cr_assert_str_eq(names.name[i], want);
		}
		next = res.last_seq + 1;
		memcpy(hash, res.last_hash, sizeof(hash));
	}
	cr_assert_eq(next, last + 1);
	return first;
}

Test(log, begins_with_seq_1_and_a_hash_of_zeros)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);
	struct stat st;
	char path[128];

	write_records(log, 1, 3);
	log_close(log);
	must_be_whole(&sc, 1, 3);
	scratch_path(path, &sc, "decisions.log");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777 & ~0640u, 0);
	scratch_remove(&sc);
}

Test(log, makes_its_directory)
{
	struct scratch sc = scratch_make(), inner;
	char why[256];

	snprintf(inner.dir, sizeof(inner.dir), "%.40s/log", sc.dir);
	cr_assert_eq(try_open(inner.dir, 8, why), 0, "%s", why);
	scratch_remove(&inner);
	scratch_remove(&sc);
}

Test(log, a_restart_continues_the_chain)
{
	struct scratch sc = scratch_make();

	for (unsigned i = 0; i < 5; i++) {
		struct log *log = scratch_log(&sc, 8);

		write_records(log, i * 3, 3);
		log_close(log);
	}
	must_be_whole(&sc, 1, 15);
	scratch_remove(&sc);
}

Test(log, a_restart_without_records_changes_nothing)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);

	write_records(log, 1, 2);
	log_close(log);
	struct bytes before = scratch_read(&sc, "decisions.log");
	log_close(scratch_log(&sc, 8));
	log_close(scratch_log(&sc, 8));
	struct bytes after = scratch_read(&sc, "decisions.log");
	cr_assert_eq(before.len, after.len);
	cr_assert_eq(memcmp(before.p, after.p, after.len), 0);
	free(before.p);
	free(after.p);
	scratch_remove(&sc);
}

Test(log, one_directory_has_one_writer)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);
	char why[256];

	cr_assert_eq(try_open(sc.dir, 8, why), EBUSY);
	cr_assert(strstr(why, "in use by another rempart"), "%s", why);
	log_close(log);
	cr_assert_eq(try_open(sc.dir, 8, why), 0);
	scratch_remove(&sc);
}

Test(log, a_directory_that_cannot_be_written_is_named)
{
	char why[256];

	cr_assert_neq(try_open("/proc/self", 8, why), 0);
	cr_assert(strstr(why, "cannot write to the log directory /proc/self:"),
		  "%s", why);
	cr_assert_eq(try_open("/nowhere/at/all", 8, why), ENOENT);
	cr_assert(strstr(why, "cannot make the log directory /nowhere/at/all:"),
		  "%s", why);
	cr_assert_eq(try_open("/dev/null", 8, why), ENOTDIR);
	cr_assert(strstr(why, "/dev/null: Not a directory"), "%s", why);
}

Test(log, a_cap_too_small_for_two_files_is_refused)
{
	struct scratch sc = scratch_make();
	char why[256];

	cr_assert_eq(try_open(sc.dir, 1, why), EINVAL);
	cr_assert(strstr(why, "max_mib"), "%s", why);
	cr_assert_eq(try_open(sc.dir, 2, why), 0);
	scratch_remove(&sc);
}

Test(log, does_not_follow_a_link)
{
	struct scratch sc = scratch_make();
	char path[128], why[256];

	scratch_path(path, &sc, "decisions.log");
	cr_assert_eq(symlink("/tmp/elsewhere", path), 0);
	cr_assert_eq(try_open(sc.dir, 8, why), ELOOP);
	scratch_remove(&sc);
}

Test(log, the_oldest_file_goes_and_the_rest_is_one_chain)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);
	const unsigned count = 40000;

	for (unsigned i = 0; i < count; i++) {
		struct record rec = some_record(i);

		cr_assert_eq(log_write(log, &rec), 0);
		if (i % 997)
			continue;
		struct names names = rotated(&sc);
		cr_assert_leq(names.bytes, 7 * MIB);
		cr_assert_leq(names.count, 7 + 1);
	}
	log_close(log);
	struct names names = rotated(&sc);
	cr_assert_geq(names.count, 6, "%u", names.count);
	cr_assert_gt(must_join(&sc, count), 1);
	scratch_remove(&sc);
}

Test(log, a_torn_end_counts_for_the_cap_and_goes_when_it_is_the_oldest)
{
	struct scratch sc = scratch_make();
	struct bytes junk = {.p = calloc(1, 3 * MIB), .len = 3 * MIB};

	scratch_write(&sc, "decisions.torn-1.log", "wb", junk);
	free(junk.p);
	log_close(scratch_log(&sc, 8));
	cr_assert(scratch_has(&sc, "decisions.torn-1.log"));
	log_close(scratch_log(&sc, 2));
	cr_assert(!scratch_has(&sc, "decisions.torn-1.log"));
	scratch_remove(&sc);
}

Test(log, files_of_others_are_never_deleted)
{
	static const char *const names[] = {
		"decisions-1.log", "decisions-0000000000000000000x.log",
		"decisions-00000000000000000001.log.gz", "decisions.torn-.log",
		"notes"};
	struct scratch sc = scratch_make();
	struct bytes junk = {.p = calloc(1, 3 * MIB), .len = 3 * MIB};

	for (size_t i = 0; i < 5; i++)
		scratch_write(&sc, names[i], "wb", junk);
	free(junk.p);
	log_close(scratch_log(&sc, 2));
	for (size_t i = 0; i < 5; i++)
		cr_assert(scratch_has(&sc, names[i]), "%s", names[i]);
	scratch_remove(&sc);
}

Test(log, a_crash_during_rotation_continues_the_chain)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);
	char from[128], to[128];

	write_records(log, 1, 5);
	log_close(log);
	scratch_path(from, &sc, "decisions.log");
	scratch_path(to, &sc, "decisions-00000000000000000001.log");

	/* Renamed, and nothing new yet. */
	cr_assert_eq(rename(from, to), 0);
	log = scratch_log(&sc, 8);
	log_close(log);

	/* A new file, and nothing whole in it. */
	scratch_write(&sc, "decisions.log", "ab",
		      (struct bytes){.p = "{\"v\":", .len = 5});
	log = scratch_log(&sc, 8);
	write_records(log, 6, 2);
	log_close(log);
	cr_assert(scratch_has(&sc, "decisions.torn-6.log"));
	must_be_whole(&sc, 6, 7);
	cr_assert_eq(must_join(&sc, 7), 1);
	scratch_remove(&sc);
}

Test(log, a_rotation_never_overwrites_a_file)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);
	struct bytes evidence = {.p = "evidence", .len = 8};
	const char *name = "decisions-00000000000000000001.log";
	char path[128];
	unsigned i = 1;
	int err = 0;

	scratch_write(&sc, name, "wb", evidence);
	while (!err) {
		struct record rec = some_record(i);

		err = log_write(log, &rec);
		i += !err;
	}
	cr_assert_eq(err, EEXIST);
	struct bytes after = scratch_read(&sc, name);
	cr_assert_str_eq(after.p, "evidence");
	free(after.p);

	/* Out of the way, the same record goes in. */
	scratch_path(path, &sc, name);
	cr_assert_eq(unlink(path), 0);
	write_records(log, i, 1);
	log_close(log);
	cr_assert_eq(must_join(&sc, i), 1);
	scratch_remove(&sc);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit lim;

	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &lim), 0);
	lim.rlim_cur = bytes;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &lim), 0);
}

Test(log, a_full_disk_loses_no_record_and_leaves_no_half_line)
{
	struct scratch sc = scratch_make();
	struct log *log = scratch_log(&sc, 8);

	signal(SIGXFSZ, SIG_IGN);
	write_records(log, 1, 1);
	struct bytes one = scratch_read(&sc, "decisions.log");
	const size_t line = one.len;
	free(one.p);

	/* Every amount of room that a line can find, 0 to all but a byte. */
	for (unsigned i = 0; i < line - 4; i++) {
		struct record rec = some_record(2);
		struct bytes now = scratch_read(&sc, "decisions.log");

		free(now.p);
		limit_file_size(now.len + i);
		cr_assert_neq(log_write(log, &rec), 0);
		cr_assert_neq(log_write(log, &rec), 0);
		must_be_whole(&sc, 1, i + 1);
		limit_file_size(RLIM_INFINITY);
		cr_assert_eq(log_write(log, &rec), 0);
		must_be_whole(&sc, 1, i + 2);
	}
	log_close(log);
	scratch_remove(&sc);
}

Test(log, a_hundred_thousand_records_are_one_chain)
{
	struct scratch sc = scratch_make();
	const unsigned count = 100000;

	for (unsigned i = 0; i < 4; i++) {
		struct log *log = scratch_log(&sc, 64);

		write_records(log, i * (count / 4), count / 4);
		log_close(log);
	}
	cr_assert_geq(rotated(&sc).count, 3);
	cr_assert_eq(must_join(&sc, count), 1);
	scratch_remove(&sc);
}
