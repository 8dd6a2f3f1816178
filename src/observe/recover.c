/* recover.c - where the chain of a file ends, after whatever happened to it */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "chain.h"
#include "files.h"

enum {
	WINDOW_BYTES = 65536,
	/* A crash tears one line, or leaves a run of zeros without a newline.
	 * So many bad lines are another program's file. */
	BAD_LINES_MAX = 4096,
};

/*
 * The place of the last newline before `end`. *found false: none. A tail of
 * zeros, as some file systems leave it after a power cut, is megabytes long:
 * so it reads windows, not bytes.
 */
static int newline_before(int fd, uint64_t end, uint64_t *at, bool *found)
{
	char window[WINDOW_BYTES];

	*found = false;
	while (end) {
		size_t len =
			end < sizeof(window) ? (size_t)end : sizeof(window);
		size_t got = 0;
		int err = files_read(fd, end - len, window, len, &got);

		if (err)
			return err;
		const char *nl = memrchr(window, '\n', got);
		if (nl) {
			*at = end - len + (uint64_t)(nl - window);
			*found = true;
			return 0;
		}
		end -= len;
	}
	return 0;
}

/* The line that ends with the newline at `at`. EBADMSG: not a record. */
static int line_at(int fd, uint64_t at, struct recover_end *out)
{
	char buf[LINE_BYTES_MAX];
	size_t len = at < sizeof(buf) ? (size_t)at : sizeof(buf);
	struct chain_line line;
	size_t got = 0;

	int err = files_read(fd, at - len, buf, len, &got);
	if (err)
		return err;
	if (got < len)
		return EBADMSG; /* cut by somebody while we read */

	const char *nl = memrchr(buf, '\n', len);
	if (!nl && len < at)
		return EBADMSG; /* longer than any record */

	size_t skip = nl ? (size_t)(nl - buf) + 1 : 0;
	err = chain_scan(&line, span_of(buf + skip, len - skip));
	if (err)
		return err;
	*out = (struct recover_end){
		.found = true, .seq = line.seq, .good_bytes = at + 1};
	memcpy(out->hash, line.hash, LINE_HASH_HEX);
	return 0;
}

int recover_end(int fd, uint64_t bytes, struct recover_end *out)
{
	struct recover_end none = {0};
	uint64_t end = bytes;

	for (unsigned bad = 0; bad < BAD_LINES_MAX; bad++) {
		bool found = false;
		uint64_t at = 0;
		int err = newline_before(fd, end, &at, &found);

		if (err)
			return err;
		if (!found) {
			*out = none;
			return 0;
		}
		err = line_at(fd, at, out);
		if (err != EBADMSG)
			return err;
		end = at;
	}
	return EBADMSG;
}

int recover_first_seq(int fd, uint64_t *seq)
{
	char buf[LINE_BYTES_MAX];
	struct chain_line line;
	size_t got = 0;

	int err = files_read(fd, 0, buf, sizeof(buf), &got);
	if (err)
		return err;
	const char *nl = memchr(buf, '\n', got);
	if (!nl)
		return EBADMSG;
	err = chain_scan(&line, span_of(buf, (size_t)(nl - buf)));
	if (!err)
		*seq = line.seq;
	return err;
}

static int copy_end(int from_fd, uint64_t from, int to_fd)
{
	char window[WINDOW_BYTES];
	size_t got = 0;
	int err = 0;

	do {
		err = files_read(from_fd, from, window, sizeof(window), &got);
		if (!err)
			err = files_append(to_fd, window, got);
		from += got;
	} while (!err && got);
	if (!err && fsync(to_fd))
		err = errno;
	return err;
}

int recover_set_aside(int dir_fd, int fd, uint64_t from, uint64_t seq)
{
	char name[FILES_NAME_MAX];

	files_torn_name(name, seq);
	int to_fd =
		openat(dir_fd, name,
		       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		       FILES_MODE);
	if (to_fd < 0)
		return errno;

	int err = copy_end(fd, from, to_fd);
	if (close(to_fd) && !err)
		err = errno;
	if (!err && fsync(dir_fd))
		err = errno;
	if (!err && ftruncate(fd, (off_t)from))
		err = errno;
	if (!err && fsync(fd))
		err = errno;
	return err;
}
