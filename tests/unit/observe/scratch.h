/* scratch.h - a directory for one test, and its files as bytes */
#pragma once

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rempart/observe/log.h"
#include "rempart/observe/verify.h"

struct scratch {
	char dir[64];
};

struct bytes {
	char *p;
	size_t len;
};

static inline struct scratch scratch_make(void)
{
	struct scratch sc = {.dir = "/tmp/rempart-observe-XXXXXX"};

	cr_assert(mkdtemp(sc.dir));
	return sc;
}

static inline void scratch_path(char dst[static 128], const struct scratch *sc,
				const char *name)
{
	snprintf(dst, 128, "%s/%s", sc->dir, name);
}

static inline void scratch_remove(const struct scratch *sc)
{
	DIR *dir = opendir(sc->dir);
	char path[128];

	cr_assert(dir);
	for (struct dirent *ent; (ent = readdir(dir));) {
		if (ent->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%.60s", sc->dir, ent->d_name);
		cr_assert_eq(unlink(path), 0);
	}
	closedir(dir);
	cr_assert_eq(rmdir(sc->dir), 0);
}

static inline struct bytes scratch_read(const struct scratch *sc,
					const char *name)
{
	char path[128];
	struct stat st;

	scratch_path(path, sc, name);
	FILE *in = fopen(path, "rb");
	cr_assert(in, "%s", path);
	cr_assert_eq(fstat(fileno(in), &st), 0);
	struct bytes out = {.p = malloc((size_t)st.st_size + 1),
			    .len = (size_t)st.st_size};
	cr_assert(out.p);
	cr_assert_eq(fread(out.p, 1, out.len, in), out.len);
	out.p[out.len] = '\0';
	fclose(in);
	return out;
}

static inline void scratch_write(const struct scratch *sc, const char *name,
				 const char *mode, struct bytes bytes)
{
	char path[128];

	scratch_path(path, sc, name);
	FILE *out = fopen(path, mode);
	cr_assert(out, "%s", path);
	cr_assert_eq(fwrite(bytes.p, 1, bytes.len, out), bytes.len);
	cr_assert_eq(fclose(out), 0);
}

static inline bool scratch_has(const struct scratch *sc, const char *name)
{
	char path[128];

	scratch_path(path, sc, name);
	return access(path, F_OK) == 0;
}

static inline struct verify_result verify_bytes(const char *p, size_t len)
{
	struct verify_result res;
	FILE *in = fmemopen((void *)(uintptr_t)p, len, "rb");

	cr_assert(in);
	cr_assert_eq(verify_file(in, &res), 0);
	fclose(in);
	cr_assert_eq(!res.bad_line, !res.what[0]);
	return res;
}

static inline struct verify_result scratch_verify(const struct scratch *sc,
						  const char *name)
{
	char path[128];
	struct verify_result res;

	scratch_path(path, sc, name);
	FILE *in = fopen(path, "rb");
	cr_assert(in, "%s", path);
	cr_assert_eq(verify_file(in, &res), 0);
	fclose(in);
	return res;
}

static inline struct log *scratch_log(const struct scratch *sc,
				      uint32_t max_mib)
{
	const struct log_settings settings = {
		.directory = sc->dir, .node = "edge1", .max_mib = max_mib};
	struct log *log = NULL;
	char why[256];

	cr_assert_eq(log_open(&log, &settings, why), 0, "%s", why);
	return log;
}

static inline struct record some_record(unsigned number)
{
	struct record rec = {.kind = RECORD_CALL,
			     .ts_us = 1700000000000000 + number,
			     .user = "1001"};

	snprintf(rec.to, sizeof(rec.to), "%u", number);
	return rec;
}

static inline void write_records(struct log *log, unsigned first,
				 unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct record rec = some_record(first + i);

		cr_assert_eq(log_write(log, &rec), 0);
	}
}

static inline void must_be_whole(const struct scratch *sc, uint64_t first,
				 uint64_t last)
{
	struct verify_result res = scratch_verify(sc, "decisions.log");

	cr_assert_eq(res.bad_line, 0, "line %llu: %s",
		     (unsigned long long)res.bad_line, res.what);
	cr_assert_eq(res.first_seq, first);
	cr_assert_eq(res.last_seq, last, "%llu",
		     (unsigned long long)res.last_seq);
}

static inline int try_open(const char *dir, uint32_t max_mib,
			   char why[static 256])
{
	const struct log_settings settings = {
		.directory = dir, .node = "edge1", .max_mib = max_mib};
	struct log *log = NULL;
	int err = log_open(&log, &settings, why);

	if (!err)
		log_close(log);
	return err;
}
