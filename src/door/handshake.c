/*
 * handshake.c - takes a connection from its first byte to the core
 *
 * Nothing is spent on a peer before it has sent the beginning of a
 * ClientHello: until then its bytes are looked at in the kernel's buffer. The
 * sockets are polled edge-triggered for both directions, once.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "inside.h"

static void handshake_begin(struct door *door, struct door_conn *conn)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = conn,
	};

	conn->deadline_us = door->now_us + door->handshake_us;
	conn->tls = door_tls_ref(door->tls);
	door_conn_move(door, conn, DOOR_PENDING);
	/* What has arrived already is told by the next epoll_wait(). */
	if (epoll_ctl(door->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event))
		door_conn_refuse(door, conn, REASON_TLS_FAILED,
				 "no memory to watch the connection");
}

void door_handshake_admit(struct door *door, struct door_conn *conn)
{
	if (conn->source->pending < DOOR_PENDING_PER_SOURCE) {
		handshake_begin(door, conn);
		return;
	}
	if (door->queues[DOOR_PARKED].count >= DOOR_PARKED_MAX) {
		door_conn_refuse(door, conn, REASON_CONNECTIONS_SOURCE,
				 "too many handshakes at once from this "
				 "prefix");
		return;
	}
	conn->deadline_us = door->now_us + door->handshake_us;
	door_conn_move(door, conn, DOOR_PARKED);
}

/* A handshake ended: the next of the same source has its turn. */
static void handshake_next(struct door *door, struct door_source *source)
{
	if (source->parked_first && source->pending < DOOR_PENDING_PER_SOURCE)
		handshake_begin(door, source->parked_first);
}

static void handshake_refuse(struct door *door, struct door_conn *conn,
			     enum reason reason, const char *detail)
{
	struct door_source *source = conn->source;
	const bool more = source->parked_first != NULL;

	door_conn_refuse(door, conn, reason, detail);
	/* With one parked the source is still there. */
	if (more)
		handshake_next(door, source);
}

static void refuse_closed(struct door *door, struct door_conn *conn,
			  size_t seen)
{
	char detail[HELLO_DETAIL_MAX];

	(void)snprintf(detail, sizeof(detail),
		       seen ? "closed after the first %zu bytes"
			    : "closed without a byte",
		       seen);
	handshake_refuse(door, conn, REASON_TLS_CLOSED, detail);
}

/* How much has arrived of what OpenSSL has not been given; negative: an
 * error; 0 with errno 0: the peer closed. */
static ssize_t peek(const struct door_conn *conn,
		    uint8_t buf[static HELLO_LOOK_BYTES])
{
	ssize_t n;

	do {
		errno = 0;
		n = recv(conn->fd, buf, HELLO_LOOK_BYTES,
			 MSG_PEEK | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* True when the connection has its SSL and goes on. */
static bool first_look(struct door *door, struct door_conn *conn,
		       uint32_t events)
{
	uint8_t buf[HELLO_LOOK_BYTES];
	char detail[HELLO_DETAIL_MAX];
	enum reason reason = REASON_OK;
	const ssize_t n = peek(conn, buf);
	enum hello_look look;

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (n <= 0) {
		refuse_closed(door, conn, 0);
		return false;
	}
	look = door_hello_look(buf, (size_t)n, &reason, detail);
	if (look == HELLO_REFUSED) {
		handshake_refuse(door, conn, reason, detail);
		return false;
	}
	if (look == HELLO_MORE) {
		if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			refuse_closed(door, conn, (size_t)n);
		return false;
	}
	conn->ssl = door_tls_new(conn->tls, conn->fd);
	if (!conn->ssl)
		handshake_refuse(door, conn, REASON_TLS_FAILED,
				 "no memory for a handshake");
	return conn->ssl != NULL;
}

/* True when it went to the core. */
static bool hand_over(struct door *door, struct door_conn *conn)
{
	struct door_source *source = conn->source;

	if (!door_report_opened(door, conn))
		return false;
	door_conn_end(door, conn, true);
	handshake_next(door, source);
	return true;
}

static void handshake_done(struct door *door, struct door_conn *conn)
{
	/* The core polls it from now on, on its own. */
	const int err =
		epoll_ctl(door->epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);

	assert(!err);
	(void)err;
	SSL_set_app_data(conn->ssl, NULL);
	door_conn_move(door, conn, DOOR_READY);
	door_handshake_flush(door);
}

void door_handshake_run(struct door *door, struct door_conn *conn,
			uint32_t events)
{
	char detail[HELLO_DETAIL_MAX];
	enum reason reason;
	int ret;

	assert(conn->state == DOOR_PENDING);
	if (!conn->ssl && !first_look(door, conn, events))
		return;
	ERR_clear_error();
	ret = SSL_accept(conn->ssl);
	if (ret == 1) {
		handshake_done(door, conn);
		return;
	}
	switch (SSL_get_error(conn->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return;
	default:
		reason = door_tls_failure(conn->ssl, detail);
		handshake_refuse(door, conn, reason, detail);
		return;
	}
}

static void refuse_late(struct door *door, struct door_conn *conn)
{
	uint8_t buf[HELLO_LOOK_BYTES];
	char detail[HELLO_DETAIL_MAX];
	uint64_t seen;
	ssize_t n;

	if (conn->ssl) {
		seen = BIO_number_read(SSL_get_rbio(conn->ssl));
	} else {
		n = peek(conn, buf);
		seen = n > 0 ? (uint64_t)n : 0;
	}
	if (seen)
		(void)snprintf(detail, sizeof(detail),
			       "no whole handshake in time: %" PRIu64
			       " bytes came",
			       seen);
	else
		(void)snprintf(detail, sizeof(detail), "sent nothing");
	handshake_refuse(door, conn, REASON_TLS_TIMEOUT, detail);
}

void door_handshake_deadlines(struct door *door)
{
	struct door_queue *parked = &door->queues[DOOR_PARKED];
	struct door_queue *pending = &door->queues[DOOR_PENDING];

	while (parked->first && parked->first->deadline_us <= door->now_us)
		door_conn_refuse(door, parked->first, REASON_CONNECTIONS_SOURCE,
				 "its turn did not come: too many handshakes "
				 "at once from this prefix");
	while (pending->first && pending->first->deadline_us <= door->now_us)
		refuse_late(door, pending->first);
}

void door_handshake_flush(struct door *door)
{
	struct door_queue *ready = &door->queues[DOOR_READY];

	while (ready->first && hand_over(door, ready->first))
		;
}
