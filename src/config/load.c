/* load.c - reads the file itself */
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "rempart/config/config.h"
#include "problems.h"

enum {
	FILE_MAX_BYTES = 1 << 20, /* 5000 users fit; a log, a disk or a device
				   * given by mistake does not */
};

static void add_problem(struct config_problems *problems, bool warning,
			const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void add_problem(struct config_problems *problems, bool warning,
			const char *path, const char *fmt, ...)
{
	char text[CONFIG_PROBLEM_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problems_add(problems, warning, path, 0, text);
}

/* Fills buf with the file and a NUL; EINVAL with a fault. */
static int read_text(char *buf, FILE *in, const char *path,
		     struct config_problems *problems)
{
	size_t len = fread(buf, 1, FILE_MAX_BYTES + 1, in);

	if (ferror(in)) {
		add_problem(problems, false, path,
			    "cannot be read: %s. Name a readable file",
			    strerror(errno));
		return EINVAL;
	}
	if (len > FILE_MAX_BYTES) {
		add_problem(problems, false, path,
			    "is larger than 1 MiB. Name a configuration file");
		return EINVAL;
	}
	buf[len] = '\0';
	if (strlen(buf) != len) {
		add_problem(problems, false, path,
			    "holds a NUL byte, so it is not text. Name a "
			    "configuration file");
		return EINVAL;
	}
	return 0;
}

/*
 * The directory that the path names, absolute, or EINVAL. The file itself may
 * be a link to elsewhere (a container's mounted one is): what stands beside
 * the link is meant.
 */
static int find_directory(char dst[static CONFIG_PATH_MAX], const char *path,
			  struct config_problems *problems)
{
	char parent[CONFIG_PATH_MAX] = "./";
	const char *slash = strrchr(path, '/');
	char *real = NULL;
	size_t len;

	if (slash)
		span_copy(parent, sizeof(parent),
			  span_of(path, (size_t)(slash - path) + 1));
	if (strlen(path) < CONFIG_PATH_MAX)
		real = realpath(parent, NULL);
	len = real ? strlen(real) : CONFIG_PATH_MAX;
	if (len < CONFIG_PATH_MAX)
		span_copy(dst, CONFIG_PATH_MAX, span_of(real, len));
	else
		add_problem(problems, false, path,
			    "has a path that cannot be used. Use one of at "
			    "most %d bytes",
			    CONFIG_PATH_MAX - 1);
	free(real);
	return len < CONFIG_PATH_MAX ? 0 : EINVAL;
}

/* HA1s are as good as passwords. */
static void warn_if_open_to_all(const struct config *cfg, FILE *in,
				const char *path,
				struct config_problems *problems)
{
	struct stat st;

	if (!cfg->registrar.user_count || fstat(fileno(in), &st))
		return;
	if (st.st_mode & (S_IROTH | S_IWOTH))
		add_problem(problems, true, path,
			    "holds users' secrets and is open to everybody on "
			    "this machine. Run chmod o= on it");
}

static int load(struct config **out, FILE *in, const char *path,
		struct config_problems *problems)
{
	char directory[CONFIG_PATH_MAX];
	char *buf = malloc(FILE_MAX_BYTES + 2);
	int err;

	if (!buf)
		return ENOMEM;
	err = read_text(buf, in, path, problems);
	if (!err)
		err = find_directory(directory, path, problems);
	if (!err)
		err = config_parse(out,
				   &(struct config_text){
					   .text = buf,
					   .name = path,
					   .directory = directory,
				   },
				   problems);
	if (!err)
		warn_if_open_to_all(*out, in, path, problems);
	OPENSSL_cleanse(buf, FILE_MAX_BYTES + 2);
	free(buf);
	return err;
}

int config_load(struct config **out, const char *path,
		struct config_problems *problems)
{
	assert(out && path && problems);
	problems->count = 0;
	problems->faults = 0;

	FILE *in = fopen(path, "re");

	if (!in) {
		add_problem(problems, false, path,
			    "cannot be opened: %s. Name a readable file",
			    strerror(errno));
		return EINVAL;
	}

	int err = load(out, in, path, problems);

	fclose(in);
	return err;
}
