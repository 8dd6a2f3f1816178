/* desk.h - a control socket in a directory of its own, and clients of it, all
 * in one thread: what a client waits for is done while it waits */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rempart/control/control.h"

enum { LONG_ANSWER = 4 << 20 };

struct desk {
	char directory[64], path[80];
	struct control *control;
	unsigned asked;
	char last[CONTROL_REQUEST_MAX];
};

static char *desk_answer(const char *question, void *arg)
{
	struct desk *desk = arg;
	char *text;

	desk->asked++;
	snprintf(desk->last, sizeof(desk->last), "%s", question);
	if (!strcmp(question, "nothing"))
		return NULL;
	if (strcmp(question, "long"))
		return strdup("ok\nname\t\n1001\t\n");
	text = malloc(LONG_ANSWER + 1);
	cr_assert(text);
	memset(text, 'x', LONG_ANSWER);
	text[LONG_ANSWER - 1] = '\n';
	text[LONG_ANSWER] = '\0';
	return text;
}

static inline int desk_open(struct desk *desk, char why[static 256])
{
	const struct control_settings set = {desk->path, desk_answer, desk};

	return control_open(&desk->control, &set, why);
}

static inline void desk_init(struct desk *desk)
{
	*desk = (struct desk){0};
	snprintf(desk->directory, sizeof(desk->directory),
		 "/tmp/rempart-control-XXXXXX");
	cr_assert(mkdtemp(desk->directory));
	snprintf(desk->path, sizeof(desk->path), "%s/ctl", desk->directory);
}

static inline void desk_start(struct desk *desk)
{
	char why[256] = "";

	desk_init(desk);
	cr_assert_eq(desk_open(desk, why), 0, "%s", why);
}

static inline void desk_end(struct desk *desk)
{
	control_close(desk->control);
	(void)unlink(desk->path);
	cr_assert_eq(rmdir(desk->directory), 0);
}

static inline int client_new(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(addr.sun_path, path, strlen(path) + 1);
	cr_assert_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static inline void client_say(int fd, const void *p, size_t len)
{
	cr_assert_eq(send(fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Lets the edge work until it closes; what came, ended by NUL. */
static inline char *client_end(struct desk *desk, int fd)
{
	size_t cap = LONG_ANSWER + 4096, len = 0;
	char *buf = malloc(cap);
	ssize_t n = 1;

	cr_assert(buf);
	while (n > 0) {
		struct pollfd wait[2] = {{control_fd(desk->control), POLLIN, 0},
					 {fd, POLLIN, 0}};

		(void)poll(wait, 2, control_wait_ms(desk->control));
		control_turn(desk->control);
		n = recv(fd, buf + len, cap - len - 1, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			n = 1;
	}
	buf[len] = '\0';
	close(fd);
	return buf;
}

/* Asks on a new connection; true when the answer is this. */
static inline bool client_asks(struct desk *desk, const char *line,
			       const char *wanted)
{
	int fd = client_new(desk->path);

	client_say(fd, line, strlen(line));

	char *got = client_end(desk, fd);
	bool same = !strcmp(got, wanted);

	if (!same)
		printf("got: %.300s\n", got);
	free(got);
	return same;
}

#define TABLE "ok\nname\t\n1001\t\n.\n"
#define UNKNOWN "error\tunknown request\n.\n"
