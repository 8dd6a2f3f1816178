/* listen.c - the listening socket: opens it, accepts, throttles */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inside.h"

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? errno : 0;
}

/* Accepted sockets inherit the TCP options, which saves two calls each. */
static int listen_options(int fd, const struct addr *at)
{
	int err = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (!err && at->version == 6)
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err)
		err = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!err)
		err = set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
				 DOOR_USER_TIMEOUT_MS);
	return err;
}

static int listen_bind(struct door *door, const struct addr *at)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, at);
	const int fd = door->listen_fd;
	int err = listen_options(fd, at);

	if (err)
		return err;
	if (bind(fd, (struct sockaddr *)&ss, len) || listen(fd, DOOR_BACKLOG))
		return errno;
	len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return errno;
	door->address = addr_from_sockaddr(&ss);
	return 0;
}

static const char *listen_words(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "address in use: another program listens there (ss "
		       "-ltnp shows which)";
	case EADDRNOTAVAIL:
		return "this machine has no such address (ip addr shows "
		       "which it has)";
	case EACCES:
	case EPERM:
		return "not allowed: a port under 1024 needs "
		       "CAP_NET_BIND_SERVICE";
	case EAFNOSUPPORT:
		return "this machine has this version of IP switched off";
	default:
		return strerror(err);
	}
}

int door_listen(struct door *door, const struct addr *at, char why[static 256])
{
	char text[ADDR_TEXT_MAX];
	int err = 0;

	assert(at->version == 4 || at->version == 6);
	door->listen_fd = socket(at->version == 6 ? AF_INET6 : AF_INET,
				 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = door->listen_fd < 0 ? errno : listen_bind(door, at);
	if (err) {
		addr_print(text, at);
		(void)snprintf(why, 256, "%s: %s", text, listen_words(err));
	}
	return err;
}

static struct addr local_of(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return (struct addr){0};
	return addr_from_sockaddr(&ss);
}

static void backoff(struct door *door)
{
	door->backoff_until_us = door->now_us + DOOR_BACKOFF_MS * 1000;
}

static void reserve_open(struct door *door)
{
	if (door->reserve_fd < 0)
		door->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/*
 * No descriptor left: the one in reserve lets us take the connection and
 * close it, so that the phone learns at once and tries its other edge,
 * instead of hanging in the backlog.
 */
static bool refuse_without_fd(struct door *door)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);
	struct addr peer;
	struct addr local;
	int fd;

	if (door->reserve_fd < 0) {
		reserve_open(door);
		backoff(door);
		return false;
	}
	(void)close(door->reserve_fd);
	door->reserve_fd = -1;
	fd = accept4(door->listen_fd, (struct sockaddr *)&ss, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		peer = addr_from_sockaddr(&ss);
		local = local_of(fd);
		(void)close(fd);
		door_report_refused(door, &peer, &local, REASON_CONNECTIONS_ALL,
				    "out of file descriptors: raise "
				    "LimitNOFILE");
	} else if (errno != EAGAIN) {
		backoff(door); /* another thread was faster */
	}
	reserve_open(door);
	return fd >= 0;
}

static void refuse_capped(struct door *door, const struct door_conn *conn,
			  enum reason reason)
{
	char detail[HELLO_DETAIL_MAX];
	const bool all = reason == REASON_CONNECTIONS_ALL;

	(void)snprintf(detail, sizeof(detail), "%u connections are open%s",
		       all ? door->caps.connections : door->limits.per_source,
		       all ? "" : " from this prefix");
	(void)close(conn->fd);
	door_report_refused(door, &conn->peer, &conn->local, reason, detail);
}

static bool is_welcome(const struct addr_nets *only, const struct addr *peer)
{
	return !only->count || addr_in_nets(peer, only);
}

/* Before a byte of it is read: the weaker TLS is not even tried. */
static void refuse_stranger(struct door *door, const struct door_conn *conn)
{
	(void)close(conn->fd);
	door_report_refused(door, &conn->peer, &conn->local,
			    REASON_LEGACY_SOURCE,
			    "its address is in no subnet of "
			    "listen.legacy.only");
}

static void admit(struct door *door, int fd, const struct sockaddr_storage *ss)
{
	const struct door_conn made = {
		.fd = fd,
		.peer = addr_from_sockaddr(ss),
		.local = local_of(fd),
	};
	enum reason reason =
		door_caps_check(&door->caps, &made.peer, &door->limits);
	struct door_conn *conn;

	if (!is_welcome(&door->only, &made.peer)) {
		refuse_stranger(door, &made);
		return;
	}
	if (reason != REASON_OK) {
		refuse_capped(door, &made, reason);
		return;
	}
	conn = door_conn_new(door);
	if (!conn) {
		refuse_capped(door, &made, REASON_CONNECTIONS_ALL);
		return;
	}
	*conn = made;
	conn->source = door_caps_add(&door->caps, &conn->peer);
	door_handshake_admit(door, conn);
}

static bool can_take(const struct door *door)
{
	const struct door_queue *queues = door->queues;

	return queues[DOOR_PENDING].count < DOOR_PENDING_MAX &&
	       !queues[DOOR_READY].count && ring_room(door->events) > 0 &&
	       door->now_us >= door->backoff_until_us;
}

/* False when there is nothing more to take now. */
static bool accept_one(struct door *door)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);
	const int fd = accept4(door->listen_fd, (struct sockaddr *)&ss, &len,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		admit(door, fd, &ss);
		return true;
	}
	switch (errno) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
		return refuse_without_fd(door);
	case ENOBUFS:
	case ENOMEM:
		backoff(door);
		return false;
	default:
		/* accept(2) tells of one connection's network errors. */
		return true;
	}
}

void door_accept(struct door *door)
{
	for (int i = 0; i < DOOR_ACCEPT_BATCH && can_take(door); i++)
		if (!accept_one(door))
			return;
}

void door_listen_update(struct door *door)
{
	const bool want = can_take(door);
	struct epoll_event event = {
		.events = want ? (uint32_t)EPOLLIN : 0,
		.data.ptr = &door->listen_fd,
	};
	int err;

	if (want == door->listening)
		return;
	err = epoll_ctl(door->epoll_fd, EPOLL_CTL_MOD, door->listen_fd, &event);
	assert(!err);
	(void)err;
	door->listening = want;
}
