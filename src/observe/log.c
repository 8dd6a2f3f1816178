/* log.c - the decision log: files with a hash chain */
#include "rempart/observe/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h"
#include "files.h"
#include "recover.h"

enum {
	MIB = 1024 * 1024,
	WHY_MAX = 256,
	FILES_AT_LEAST = 8, /* the cap deletes an eighth at a time */
	MAX_MIB_MIN = 2,    /* one file to write, one to keep */
};

struct log {
	struct chain chain;
	int dir_fd;
	int lock_fd;
	int fd; /* the current file, -1 between two */
	char node[64];
	uint64_t file_bytes_max;
	uint64_t all_bytes_max;

	uint64_t bytes;	    /* of the current file */
	uint64_t first_seq; /* of the current file, when bytes > 0 */
	uint64_t seq;	    /* of the next record */
	char prev[LINE_HASH_HEX + 1];

	bool cut; /* a half-written line stands after cut_bytes */
	uint64_t cut_bytes;
	char note[160]; /* goes into the next record's detail */
};

static int say(char why[static WHY_MAX], int err, const char *what,
	       const char *path)
{
	(void)snprintf(why, WHY_MAX, "%s %.160s: %s", what, path,
		       strerror(err));
	return err;
}

/* ---- opening */

/* One writer: two on one chain would fork it. The kernel drops the lock with
 * the process, however that ends. */
static int take_lock(struct log *log, const char *directory,
		     char why[static WHY_MAX])
{
	log->lock_fd =
		openat(log->dir_fd, "lock",
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILES_MODE);
	if (log->lock_fd < 0)
		return say(why, errno, "cannot write to the log directory",
			   directory);
	if (!flock(log->lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return say(why, errno, "cannot lock the log directory",
			   directory);
	(void)snprintf(why, WHY_MAX,
		       "the log directory %.120s is in use by another rempart; "
		       "stop it, or give this one its own log.directory",
		       directory);
	return EBUSY;
}

static int open_directory(struct log *log, const char *directory,
			  char why[static WHY_MAX])
{
	if (mkdir(directory, 0750) && errno != EEXIST)
		return say(why, errno, "cannot make the log directory",
			   directory);
	log->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->dir_fd < 0)
		return say(why, errno, "cannot open the log directory",
			   directory);
	return take_lock(log, directory, why);
}

/* Opens or makes the current file; log->bytes is its size. */
static int open_current(struct log *log)
{
	struct stat st;

	int fd = openat(log->dir_fd, FILES_CURRENT,
			O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			FILES_MODE);
	if (fd < 0)
		return errno;

	int err = 0;
	if (fstat(fd, &st) || fsync(log->dir_fd))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = EINVAL;
	if (err) {
		(void)close(fd);
		return err;
	}
	log->fd = fd;
	log->bytes = (uint64_t)st.st_size;
	return 0;
}

/* The chain's end in the newest whole file: the current one is empty. */
static int end_of_newest(const struct log *log, struct recover_end *end)
{
	char name[FILES_NAME_MAX];
	struct files files;
	struct stat st;

	int err = files_scan(log->dir_fd, &files);
	if (err || !files.newest)
		return err;

	files_name(name, files.newest);
	int fd = openat(log->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		err = errno;
	else
		err = recover_end(fd, (uint64_t)st.st_size, end);
	/* It had at least the record that it is named after. */
	if (!err && !end->found)
		err = EBADMSG;
	(void)close(fd);
	return err;
}

static int set_aside(struct log *log, uint64_t good_bytes)
{
	char name[FILES_NAME_MAX];

	int err = recover_set_aside(log->dir_fd, log->fd, good_bytes, log->seq);
	if (err)
		return err;
	files_torn_name(name, log->seq);
	(void)snprintf(log->note, sizeof(log->note),
		       "%llu bytes of a torn record were moved to %s",
		       (unsigned long long)(log->bytes - good_bytes), name);
	log->bytes = good_bytes;
	return 0;
}

/* Finds the place in the chain where the next record goes. */
static int go_on(struct log *log)
{
	struct recover_end end = {0};

	int err = recover_end(log->fd, log->bytes, &end);
	if (err)
		return err;

	uint64_t good_bytes = end.good_bytes;
	if (!end.found)
		err = end_of_newest(log, &end);
	if (err)
		return err;

	log->seq = end.seq + 1;
	if (end.found)
		memcpy(log->prev, end.hash, LINE_HASH_HEX);
	else
		memset(log->prev, '0', LINE_HASH_HEX);
	if (good_bytes < log->bytes)
		err = set_aside(log, good_bytes);
	if (err || !log->bytes)
		return err;

	/* A first line that somebody altered must not stop the edge. */
	err = recover_first_seq(log->fd, &log->first_seq);
	if (err == EBADMSG) {
		log->first_seq = end.seq;
		err = 0;
	}
	return err;
}

static void apply_cap(struct log *log)
{
	char name[FILES_NAME_MAX];

	int err = files_cap(log->dir_fd,
			    log->all_bytes_max - log->file_bytes_max, name);
	/* Not a reason to refuse calls today; the disk may be one later. */
	if (err)
		(void)snprintf(log->note, sizeof(log->note),
			       "old log files cannot be deleted: %s %s", name,
			       strerror(err));
}

static int open_files(struct log *log, const char *directory,
		      char why[static WHY_MAX])
{
	int err = open_directory(log, directory, why);
	if (err)
		return err;
	err = chain_open(&log->chain);
	if (err)
		return say(why, err, "cannot set up SHA-256 for", directory);
	err = open_current(log);
	if (err)
		return say(why, err, "cannot write " FILES_CURRENT " in",
			   directory);
	err = go_on(log);
	if (err == EBADMSG) {
		(void)snprintf(why, WHY_MAX,
			       "the newest log file in %.120s holds no "
			       "records; move it away to start a new chain",
			       directory);
		return err;
	}
	if (err)
		return say(why, err, "cannot read the end of the log in",
			   directory);
	apply_cap(log);
	return 0;
}

int log_open(struct log **out, const struct log_settings *settings,
	     char why[static 256])
{
	uint64_t file_mib = settings->max_mib / FILES_AT_LEAST;

	why[0] = '\0';
	if (settings->max_mib < MAX_MIB_MIN) {
		(void)snprintf(why, WHY_MAX, "log.max_mib must be %d or more",
			       MAX_MIB_MIN);
		return EINVAL;
	}
	if (file_mib > LOG_FILE_MIB_MAX)
		file_mib = LOG_FILE_MIB_MAX;
	if (!file_mib)
		file_mib = 1;

	struct log *log = calloc(1, sizeof(*log));
	if (!log)
		return say(why, ENOMEM, "cannot open the log in",
			   settings->directory);
	log->dir_fd = log->lock_fd = log->fd = -1;
	log->file_bytes_max = file_mib * MIB;
	log->all_bytes_max = (uint64_t)settings->max_mib * MIB;
	(void)span_copy(log->node, sizeof(log->node), span_str(settings->node));

	int err = open_files(log, settings->directory, why);
	if (err) {
		log_close(log);
		return err;
	}
	*out = log;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void log_close(struct log *log)
{
	if (!log)
		return;
	/* Nobody is left to be told; the next start finds what is torn. */
	int err = log_sync(log);
	(void)err;
	close_fd(&log->fd);
	close_fd(&log->lock_fd);
	close_fd(&log->dir_fd);
	chain_close(&log->chain);
	free(log);
}

/* ---- writing */

static int rotate(struct log *log)
{
	char name[FILES_NAME_MAX];

	struct stat st;

	int err = log_sync(log);
	if (err)
		return err;
	files_name(name, log->first_seq);
	/* Never over a file that is there: it may be evidence. Only the
	 * holder of the lock renames here, so asking first is enough (NFS
	 * knows no RENAME_NOREPLACE). */
	if (!fstatat(log->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return EEXIST;
	if (errno != ENOENT ||
	    renameat(log->dir_fd, FILES_CURRENT, log->dir_fd, name))
		return errno;
	close_fd(&log->fd);
	log->bytes = 0;
	apply_cap(log);
	return open_current(log);
}

/* A line of which only a part was written is cut off again. */
static int cut_back(struct log *log)
{
	if (log->cut && ftruncate(log->fd, (off_t)log->cut_bytes))
		return errno;
	log->cut = false;
	return 0;
}

static int append(struct log *log, const char *line, size_t len)
{
	struct stat st;
	ssize_t n;

	do {
		n = write(log->fd, line, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	if ((size_t)n == len)
		return 0;

	/* The disk is full. The size is asked for, in case somebody cut the
	 * file behind us: a guess would fill it with zeros. */
	if (fstat(log->fd, &st))
		return errno;
	log->cut = n > 0 && st.st_size >= n;
	log->cut_bytes = log->cut ? (uint64_t)(st.st_size - n) : 0;
	int err = cut_back(log);
	return err ? err : ENOSPC;
}

/* The record's detail, with our own note before it. */
static void add_note(struct record *rec, const char *note)
{
	char detail[sizeof(rec->detail)];
	struct text txt = text_init(detail, sizeof(detail) - 1);
	size_t len = strnlen(rec->detail, sizeof(rec->detail));

	text_puts(&txt, note);
	if (len) {
		text_puts(&txt, "; ");
		if (len > txt.cap - txt.len)
			len = txt.cap - txt.len;
		text_put(&txt, span_of(rec->detail, len));
	}
	detail[txt.len] = '\0';
	memcpy(rec->detail, detail, txt.len + 1);
}

/* The whole line with its hash and newline; `hash` is the next line's prev. */
static int format(const struct log *log, const struct record *rec,
		  struct text *line, char hash[static LINE_HASH_HEX + 1])
{
	struct record noted;

	if (log->note[0]) {
		noted = *rec;
		add_note(&noted, log->note);
		rec = &noted;
	}

	const size_t cap = line->cap;
	line->cap -= CHAIN_HASH_FIELD + 1;
	line_json(line, rec, log->seq, log->node, log->prev);
	assert(!line->full);
	line->cap = cap;
	line->len--; /* the brace: the hash goes before it */

	int err = chain_hash(&log->chain, log->prev, text_span(line), hash);
	if (err)
		return err;
	text_puts(line, ",\"hash\":\"");
	text_puts(line, hash);
	text_puts(line, "\"}\n");
	assert(!line->full);
	return 0;
}

uint64_t log_next_seq(const struct log *log)
{
	return log->seq;
}

int log_write(struct log *log, const struct record *rec)
{
	char buf[LINE_BYTES_MAX];
	char hash[LINE_HASH_HEX + 1];
	struct text line = text_init(buf, sizeof(buf));

	int err = log->fd < 0 ? open_current(log) : cut_back(log);
	/* Before the line is made: rotating may leave a note for it. */
	if (!err && log->bytes + LINE_BYTES_MAX > log->file_bytes_max)
		err = rotate(log);
	if (!err)
		err = format(log, rec, &line, hash);
	if (!err)
		err = append(log, buf, line.len);
	if (err)
		return err;

	if (!log->bytes)
		log->first_seq = log->seq;
	log->bytes += line.len;
	log->seq++;
	memcpy(log->prev, hash, sizeof(log->prev));
	log->note[0] = '\0';
	return 0;
}

int log_sync(struct log *log)
{
	if (log->fd >= 0 && fdatasync(log->fd))
		return errno;
	return 0;
}
