/* ctl.c - rempart ctl: asks the running edge over its control socket */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "rempart/cmd/commands.h"
#include "rempart/config/config.h"

#include "ctl_show.h"
#include "demo.h"

static const char SOCKET[] = "/var/lib/rempart/ctl";

enum {
	EXIT_TOLD = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	QUESTION_MAX = 128,
	ANSWER_STEP = 65536,
	ANSWER_MAX = 64 << 20, /* far above the longest table */
	WAIT_S = 30,	       /* a reload reads files, and may have to wait */
};

struct options {
	char socket[CONFIG_PATH_MAX];
	char question[QUESTION_MAX];
	const char *trace; /* the call, NULL: no trace */
	bool json, status;
};

static int usage(FILE *out)
{
	fprintf(out,
		"usage: rempart ctl [--socket PATH] COMMAND [--json]\n"
		"\n"
		"  status        version, configuration, how much is going on\n"
		"  phones        the phones that are registered\n"
		"  calls         the calls under way\n"
		"  calls end ID  ends one: BYE to both ends, or 480 while it "
		"rings\n"
		"  trace CALL    its messages as they pass, without keys, "
		"until "
		"Ctrl-C;\n"
		"                CALL is an ID or a Call-ID\n"
		"  reload        reads the configuration again, as SIGHUP "
		"does\n"
		"\n"
		"  --socket PATH  control.socket of the edge; default %s,\n"
		"                 without it that of the embedded default\n"
		"  --json         one JSON object a line\n"
		"  --help         print this text\n"
		"\n"
		"Only root and the user that the edge runs as may ask.\n"
		"Exit status: 0 done, 1 not done, 2 wrong usage.\n",
		SOCKET);
	return out == stdout ? EXIT_TOLD : EXIT_USAGE;
}

/* NULL for a command that does not exist. */
static const char *command_of(int argc, char **argv)
{
	static const char *const plain[] = {"status", "phones", "calls",
					    "reload"};

	if (argc == 3 && !strcmp(argv[0], "calls") && !strcmp(argv[1], "end"))
		return "calls end";
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (argc == 1 && !strcmp(argv[0], plain[i]))
			return plain[i];
	return NULL;
}

static int read_question(struct options *opt, int argc, char **argv)
{
	const char *command = command_of(argc, argv);
	uint64_t id;
	int len;

	if (argc == 2 && !strcmp(argv[0], "trace") && argv[1][0]) {
		opt->trace = argv[1];
		return 0;
	}

	if (!command)
		return EINVAL;
	if (argc == 3 && span_u64(span_str(argv[2]), UINT64_MAX, &id))
		return EINVAL;
	len = snprintf(opt->question, sizeof(opt->question), "%s%s%s\n",
		       command, argc == 3 ? " " : "", argc == 3 ? argv[2] : "");
	opt->status = !strcmp(command, "status");
	return len < QUESTION_MAX ? 0 : EINVAL;
}

static void default_socket(struct options *opt)
{
	char directory[CONFIG_PATH_MAX];

	snprintf(opt->socket, sizeof(opt->socket), "%s", SOCKET);
	demo_directory(directory);
	if (!access(SOCKET, F_OK) || errno != ENOENT || access(directory, F_OK))
		return;
	snprintf(opt->socket, sizeof(opt->socket), "%.500s/ctl", directory);
}

/* Returns 0, or the exit status plus 1. */
static int read_options(struct options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	default_socket(opt);
	optind = 0; /* main may have read options of its own */
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			snprintf(opt->socket, sizeof(opt->socket), "%s",
				 optarg);
			break;
		case 'j':
			opt->json = true;
			break;
		case 'h':
			return usage(stdout) + 1;
		default:
			return usage(stderr) + 1;
		}
	}
	if (read_question(opt, argc - optind, argv + optind))
		return usage(stderr) + 1;
	return 0;
}

static int open_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = WAIT_S};
	int fd;

	if (!span_copy(addr.sun_path, sizeof(addr.sun_path), span_str(path))) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* All that comes until the edge closes; *out is the caller's. */
static int read_answer(int fd, char **out)
{
	char *buf = NULL;
	size_t len = 0, cap = 0;

	for (;;) {
		if (cap - len < ANSWER_STEP) {
			char *more =
				cap < ANSWER_MAX
					? realloc(buf,
						  cap * 2 + ANSWER_STEP + 1)
					: NULL;
			if (!more)
				break;
			buf = more;
			cap = cap * 2 + ANSWER_STEP;
		}
		ssize_t n = recv(fd, buf + len, cap - len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* A refused client is closed on what it had written. */
		if (n == 0 || (n < 0 && errno == ECONNRESET && len)) {
			buf[len] = '\0';
			*out = buf;
			return 0;
		}
		if (n < 0) {
			int err = errno == EAGAIN ? ETIMEDOUT : errno;

			free(buf);
			return err;
		}
		len += (size_t)n;
	}
	free(buf);
	return ENOMEM;
}

static const char *explain(int err)
{
	if (err == ENOENT || err == ECONNREFUSED)
		return "nobody answers there: is the edge running? --socket "
		       "names another control.socket";
	if (err == EACCES)
		return "only root and the edge's own user may ask: try sudo";
	if (err == ETIMEDOUT)
		return "the edge does not answer";
	return strerror(err);
}

int ctl_ask(const char *path, const char *question, char **answer)
{
	int fd = open_socket(path);
	int err = fd < 0 ? errno : 0;

	if (!err) {
		/* A refused client may be closed already; the answer says why.
		 */
		(void)!send(fd, question, strlen(question), MSG_NOSIGNAL);
		err = read_answer(fd, answer);
		close(fd);
	}
	if (err)
		fprintf(stderr, "rempart ctl: %s: %s\n", path, explain(err));
	return err;
}

int command_ctl(int argc, char **argv)
{
	struct options opt = {0};
	char *answer = NULL;
	int status = read_options(&opt, argc, argv);

	if (status)
		return status - 1;

	if (opt.trace)
		return ctl_trace(opt.socket, opt.trace, opt.json);
	if (ctl_ask(opt.socket, opt.question, &answer))
		return EXIT_FAILED;

	int err = ctl_show(answer, opt.json, opt.status);
	free(answer);
	return err ? EXIT_FAILED : EXIT_TOLD;
}
