/* control.c - the clients of the control socket: one question, one answer */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "inside.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static const char END[] = ".\n";

struct client {
	int fd; /* -1: the place is free */
	uint64_t until_ms;
	char question[CONTROL_REQUEST_MAX];
	size_t len;
	char *answer; /* NULL while it asks */
	size_t answer_len, sent;
};

struct control {
	struct control_socket sock;
	int epoll_fd;
	char path[CONTROL_PATH_MAX];
	control_ask_h *ask;
	void *arg;
	struct client clients[CONTROL_CLIENTS_MAX];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * MS_PER_S +
	       (uint64_t)ts.tv_nsec / NS_PER_MS;
}

/* client: NULL for the listening socket. */
static int watch(struct control *control, int fd, uint32_t events,
		 struct client *client)
{
	struct epoll_event event = {.events = events, .data.ptr = client};

	if (!epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return 0;
	if (errno == EEXIST &&
	    !epoll_ctl(control->epoll_fd, EPOLL_CTL_MOD, fd, &event))
		return 0;
	return errno;
}

int control_open(struct control **out, const struct control_settings *settings,
		 char why[static 256])
{
	struct control *control = calloc(1, sizeof(*control));
	int err;

	if (!control) {
		snprintf(why, 256, "control socket: %s", strerror(ENOMEM));
		return ENOMEM;
	}
	control->ask = settings->ask;
	control->arg = settings->arg;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	err = control_listen(&control->sock, settings->path, why);
	if (err) {
		free(control);
		return err;
	}
	memcpy(control->path, settings->path, strlen(settings->path) + 1);
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = control->epoll_fd < 0
		      ? errno
		      : watch(control, control->sock.fd, EPOLLIN, NULL);
	if (err) {
		snprintf(why, 256, "control socket: %s", strerror(err));
		control_close(control);
		return err;
	}
	*out = control;
	return 0;
}

static void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->answer);
	*client = (struct client){.fd = -1};
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		client_close(&control->clients[i]);
	control_unlisten(&control->sock, control->path);
	if (control->epoll_fd >= 0)
		close(control->epoll_fd);
	free(control);
}

int control_fd(const struct control *control)
{
	return control->epoll_fd;
}

int control_wait_ms(const struct control *control)
{
	uint64_t now = now_ms(), first = UINT64_MAX;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct client *client = &control->clients[i];

		if (client->fd >= 0 && client->until_ms < first)
			first = client->until_ms;
	}
	if (first == UINT64_MAX)
		return -1;
	return first > now ? (int)(first - now) : 0;
}

/* A refusal of one short line always finds room in a new socket. */
static void refuse(int fd, const char *why)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "error\t%s\n%s", why, END);

	(void)!send(fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* The file's mode keeps others out already, but a mode can be changed. */
static bool may_ask(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void take(struct control *control, int fd)
{
	struct client *client = NULL;

	for (int i = 0; i < CONTROL_CLIENTS_MAX && !client; i++)
		if (control->clients[i].fd < 0)
			client = &control->clients[i];
	if (!may_ask(fd)) {
		refuse(fd, "only root and the edge's own user may ask");
	} else if (!client) {
		refuse(fd, "too many clients at once");
	} else if (watch(control, fd, EPOLLIN, client)) {
		refuse(fd, "the edge has no room for one more client");
	} else {
		client->fd = fd;
		client->until_ms = now_ms() + CONTROL_CLIENT_S * MS_PER_S;
	}
}

/* Not more than can be served: who keeps connecting gets the next turn. */
static void accept_some(struct control *control)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		int fd = accept4(control->sock.fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		take(control, fd);
	}
}

static void send_some(struct client *client)
{
	while (client->sent < client->answer_len) {
		ssize_t n = send(client->fd, client->answer + client->sent,
				 client->answer_len - client->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			break;
		client->sent += (size_t)n;
	}
	client_close(client);
}

/* text is ours now; NULL: there was no memory for it. */
static void begin_answer(struct control *control, struct client *client,
			 char *text)
{
	static const char no_answer[] = "error\tcannot answer now, try again\n";
	size_t len = text ? strlen(text) : 0;
	char *answer = realloc(text, len + sizeof(no_answer) + sizeof(END));

	if (!answer) {
		free(text);
		client_close(client);
		return;
	}
	if (!text) {
		len = sizeof(no_answer) - 1;
		memcpy(answer, no_answer, len);
	}
	memcpy(answer + len, END, sizeof(END));
	client->answer = answer;
	client->answer_len = len + sizeof(END) - 1;
	client->until_ms = now_ms() + CONTROL_CLIENT_S * MS_PER_S;
	if (watch(control, client->fd, EPOLLOUT, client))
		client_close(client);
	else
		send_some(client);
}

static bool is_text(const char *p)
{
	for (; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}

/* A whole line, ended by NUL in its place. */
static void take_question(struct control *control, struct client *client,
			  size_t len)
{
	char *text;

	client->question[len] = '\0';
	if (strlen(client->question) == len && is_text(client->question))
		text = control->ask(client->question, control->arg);
	else
		text = strdup("error\tunknown request\n");
	begin_answer(control, client, text);
}

static void read_some(struct control *control, struct client *client)
{
	ssize_t n = recv(client->fd, client->question + client->len,
			 sizeof(client->question) - client->len, MSG_DONTWAIT);
	const char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(client);
		return;
	}
	client->len += (size_t)n;
	end = memchr(client->question, '\n', client->len);
	if (end)
		take_question(control, client,
			      (size_t)(end - client->question));
	else if (client->len == sizeof(client->question))
		begin_answer(control, client,
			     strdup("error\ttoo long a request\n"));
}

/* Gone, or asking for nothing any more: it will not take the answer. */
static void serve(struct control *control, struct client *client,
		  uint32_t events)
{
	if (client->fd < 0)
		return;
	if (client->answer)
		send_some(client);
	else if (events & EPOLLIN)
		read_some(control, client);
	else
		client_close(client);
}

void control_turn(struct control *control)
{
	struct epoll_event events[CONTROL_CLIENTS_MAX + 1];
	uint64_t now;
	int n = epoll_wait(control->epoll_fd, events, CONTROL_CLIENTS_MAX + 1,
			   0);
	bool more = false;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			serve(control, events[i].data.ptr, events[i].events);
		else
			more = true;
	}
	/* Places that are free again by time are free for who waits. */
	now = now_ms();
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0 &&
		    control->clients[i].until_ms <= now)
			client_close(&control->clients[i]);
	if (more)
		accept_some(control);
}
