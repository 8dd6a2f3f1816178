/* phones.h - TLS clients and a door in front of them, for tests */
#pragma once

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "papers.h"
#include "rempart/door/door.h"

enum { WAIT_MS = 30000 }; /* never reached unless something is broken */

struct phone {
	int fd;
	SSL *ssl;
	bool done;
};

static inline struct door_settings door_usual(void)
{
	return (struct door_settings){
		.listen = {.ip = {127, 0, 0, 1}, .version = 4},
		.connections_max = 5000,
		.connections_per_source = 5000,
	};
}

static inline struct door *door_open(const struct door_settings *settings,
				     struct door_tls *tls)
{
	struct door *door = NULL;
	char why[256] = "";

	cr_assert_eq(door_start(&door, settings, tls, why), 0, "%s", why);
	return door;
}

/* Copies the next event out; fails the test when none comes. */
static inline struct door_event event_next(struct door *door)
{
	struct ring *ring = door_events(door);
	struct door_event *slot = ring_peek(ring);
	struct door_event event;

	while (!slot) {
		struct pollfd pfd = {ring_fd(ring), POLLIN, 0};

		if (ring_sleep(ring)) {
			cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1, "no event");
			ring_awake(ring);
		}
		slot = ring_peek(ring);
	}
	event = *slot;
	ring_release(ring);
	return event;
}

static inline struct door_event expect_refused(struct door *door,
					       enum reason reason,
					       const char *words)
{
	struct door_event event = event_next(door);

	cr_assert_eq(event.kind, DOOR_REFUSED);
	cr_assert_eq(event.reason, reason, "%s: %s", reason_name(event.reason),
		     event.detail);
	cr_assert(strstr(event.detail, words), "%s", event.detail);
	cr_assert_eq(event.peer.version, 4);
	return event;
}

static inline struct door_event expect_opened(struct door *door)
{
	struct door_event event = event_next(door);

	cr_assert_eq(event.kind, DOOR_OPENED, "%s", event.detail);
	return event;
}

/* As the core ends a connection. */
static inline void event_close(struct door *door, struct door_event *event)
{
	SSL_free(event->ssl);
	close(event->fd);
	door_closed(door, &event->peer);
}

/* From 127.0.0.host. Blocking; reads give up after WAIT_MS. */
static inline int phone_socket(const struct door *door, uint8_t host)
{
	struct addr from = {.ip = {127, 0, 0, host}, .version = 4};
	struct addr to = door_address(door);
	struct timeval wait = {.tv_sec = WAIT_MS / 1000};
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, &from);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	cr_assert_eq(bind(fd, (struct sockaddr *)&ss, len), 0);
	len = addr_to_sockaddr(&ss, &to);
	cr_assert_eq(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

/* Trusts the test's CA and verifies. */
static inline SSL_CTX *phone_ctx(const struct papers *papers)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), papers->ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

static inline struct phone phone_new(const struct door *door, SSL_CTX *ctx,
				     uint8_t host)
{
	struct phone phone = {.fd = phone_socket(door, host)};

	phone.ssl = SSL_new(ctx);
	SSL_set_fd(phone.ssl, phone.fd);
	SSL_set_connect_state(phone.ssl);
	return phone;
}

static inline void phone_free(struct phone *phone)
{
	SSL_free(phone->ssl);
	close(phone->fd);
}

/* A phone whose handshake succeeded, and the event of it. */
static inline struct phone phone_call(struct door *door, SSL_CTX *ctx,
				      struct door_event *event)
{
	struct phone phone = phone_new(door, ctx, 1);

	cr_assert_eq(SSL_connect(phone.ssl), 1);
	*event = expect_opened(door);
	return phone;
}

static inline void phone_unblock(struct phone *phone)
{
	fcntl(phone->fd, F_SETFL, fcntl(phone->fd, F_GETFL) | O_NONBLOCK);
}

/* One step of the handshake of each; true while some are not done. */
static inline bool phones_step(struct phone *phones, unsigned count)
{
	bool more = false;

	for (unsigned i = 0; i < count; i++) {
		int ret;

		if (phones[i].done)
			continue;
		ERR_clear_error();
		ret = SSL_connect(phones[i].ssl);
		phones[i].done = ret == 1;
		if (ret != 1)
			cr_assert_eq(SSL_get_error(phones[i].ssl, ret),
				     SSL_ERROR_WANT_READ, "phone %u", i);
		more |= ret != 1;
	}
	return more;
}

static inline void files_allow(rlim_t count)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = count;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What each test of a door starts from. */
static struct papers papers;
static struct door_tls *tls;
static struct door_settings settings;
static SSL_CTX *ctx;

static inline void stage_up(void)
{
	papers = papers_new();
	papers_usual(&papers, "first", "DNS:edge.example.org,IP:127.0.0.1");
	tls = papers_load(&papers, (const char *[]){"first", NULL});
	ctx = phone_ctx(&papers);
	settings = door_usual();
}

static inline void stage_down(void)
{
	SSL_CTX_free(ctx);
	door_tls_unref(tls);
	papers_free(&papers);
}
