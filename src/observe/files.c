/* files.c - the files of the decision log: their names, their order, their cap
 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rempart/base/span.h"

enum { SEQ_DIGITS = 20 };

static const char WHOLE[] = "decisions-";
static const char TORN[] = "decisions.torn-";
static const char END[] = ".log";

void files_name(char dst[static FILES_NAME_MAX], uint64_t first_seq)
{
	/* Twenty digits: the shell's order is the chain's order. */
	(void)snprintf(dst, FILES_NAME_MAX, "%s%0*llu%s", WHOLE, SEQ_DIGITS,
		       (unsigned long long)first_seq, END);
}

void files_torn_name(char dst[static FILES_NAME_MAX], uint64_t seq)
{
	(void)snprintf(dst, FILES_NAME_MAX, "%s%llu%s", TORN,
		       (unsigned long long)seq, END);
}

/* The number between prefix and ".log"; false: a file that is not ours. */
static bool seq_of(struct span name, struct span prefix, uint64_t *seq)
{
	const struct span end = SPAN(END);

	if (name.len <= prefix.len + end.len || !span_starts(name, prefix))
		return false;

	struct span rest = span_skip(name, prefix.len);
	struct span digits = span_of(rest.p, rest.len - end.len);

	return span_eq(span_skip(rest, digits.len), end) &&
	       !span_u64(digits, UINT64_MAX, seq);
}

static void count_one(struct files *out, uint64_t seq, bool torn,
		      uint64_t bytes)
{
	if (!out->count || seq < out->oldest) {
		out->oldest = seq;
		out->oldest_torn = torn;
	}
	if (!torn && seq > out->newest)
		out->newest = seq;
	out->count++;
	out->bytes += bytes;
}

static int scan_entry(int dir_fd, const char *name, struct files *out)
{
	struct span text = span_str(name);
	uint64_t seq = 0;
	struct stat st;

	bool torn = seq_of(text, SPAN(TORN), &seq);
	if (!torn &&
	    (!seq_of(text, SPAN(WHOLE), &seq) ||
	     text.len != sizeof(WHOLE) - 1 + SEQ_DIGITS + sizeof(END) - 1))
		return 0;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : errno;
	if (S_ISREG(st.st_mode))
		count_one(out, seq, torn, (uint64_t)st.st_size);
	return 0;
}

int files_scan(int dir_fd, struct files *out)
{
	struct files found = {0};
	int err = 0;

	/* A descriptor of its own: closedir() closes it, and it has its own
	 * reading position. */
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		err = errno;
		(void)close(fd);
		return err;
	}

	while (!err) {
		errno = 0;
		const struct dirent *ent = readdir(dir);
		if (!ent) {
			err = errno;
			break;
		}
		err = scan_entry(dir_fd, ent->d_name, &found);
	}
	(void)closedir(dir);
	if (!err)
		*out = found;
	return err;
}

int files_cap(int dir_fd, uint64_t bytes_max, char name[static FILES_NAME_MAX])
{
	for (;;) {
		struct files now;

		name[0] = '\0';
		int err = files_scan(dir_fd, &now);
		if (err)
			return err;
		if (!now.count || now.bytes <= bytes_max)
			return 0;
		if (now.oldest_torn)
			files_torn_name(name, now.oldest);
		else
			files_name(name, now.oldest);
		if (unlinkat(dir_fd, name, 0))
			return errno;
	}
}

int files_read(int fd, uint64_t offset, void *dst, size_t len, size_t *got)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)dst + done, len - done,
				  (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	*got = done;
	return 0;
}

int files_append(int fd, const void *src, size_t len)
{
	const char *p = src;

	while (len) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}
