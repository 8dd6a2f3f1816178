/* test_door.c - over real sockets: a phone gets through whole, and new
 * certificates, caps and limits reach the next connection */
#include "phones.h"

#include <netinet/tcp.h>

TestSuite(door, .init = stage_up, .fini = stage_down);

static void pass_line(SSL *from, SSL *to)
{
	char buf[8] = "";
	struct pollfd pfd = {SSL_get_fd(to), POLLIN, 0};
	int n;

	cr_assert_eq(SSL_write(from, "hello", 5), 5);
	do {
		cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1);
		n = SSL_read(to, buf, sizeof(buf));
	} while (n < 0 && SSL_get_error(to, n) == SSL_ERROR_WANT_READ);
	cr_assert_eq(n, 5);
	cr_assert_str_eq(buf, "hello");
}

static int tcp_option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	getsockopt(fd, IPPROTO_TCP, name, &value, &len);
	return value;
}

Test(door, a_phone_gets_through_and_its_event_is_whole)
{
	struct door *door = door_open(&settings, tls);
	struct addr bound = door_address(door);
	struct phone phone = phone_new(door, ctx, 1);
	struct door_event event;

	SSL_set_tlsext_host_name(phone.ssl, "edge.example.org");
	cr_assert_eq(SSL_connect(phone.ssl), 1);
	event = expect_opened(door);
	cr_assert_str_eq(event.tls, "TLSv1.3 TLS_AES_256_GCM_SHA384");
	cr_assert_str_eq(event.server_name, "edge.example.org");
	cr_assert(bound.port != 0);
	cr_assert(addr_eq(&event.local, &bound));
	cr_assert_eq(event.peer.version, 4);
	cr_assert(event.peer.port != 0);
	cr_assert(fcntl(event.fd, F_GETFL) & O_NONBLOCK);
	cr_assert(fcntl(event.fd, F_GETFD) & FD_CLOEXEC);
	cr_assert(tcp_option(event.fd, TCP_NODELAY));
	cr_assert_eq(tcp_option(event.fd, TCP_USER_TIMEOUT), 30000);
	cr_assert_null(SSL_get_app_data(event.ssl));
	pass_line(phone.ssl, event.ssl);
	pass_line(event.ssl, phone.ssl);
	event_close(door, &event);
	phone_free(&phone);
	door_stop(door);
}

/* One handshake that must fail on the door's side. */

Test(door, each_group_and_suite_of_ours_serves)
{
	static const char *const SUITES[] = {"TLS_AES_256_GCM_SHA384",
					     "TLS_CHACHA20_POLY1305_SHA256",
					     "TLS_AES_128_GCM_SHA256"};
	static char groups[][20] = {"X25519", "P-256", "P-384:P-256"};
	struct door *door = door_open(&settings, tls);

	for (unsigned i = 0; i < 3; i++) {
		struct door_event event;
		struct phone phone;

		cr_assert(SSL_CTX_set1_groups_list(ctx, groups[i]));
		cr_assert(SSL_CTX_set_ciphersuites(ctx, SUITES[i]));
		phone = phone_call(door, ctx, &event);
		cr_assert(strstr(event.tls, SUITES[i]), "%s", event.tls);
		event_close(door, &event);
		phone_free(&phone);
	}
	door_stop(door);
}

/* Sends bytes and expects a refusal while the connection is still open. */

/* A whole ClientHello as bytes. */

/* The common name of what the phone was shown. */

static void expect_shown(const struct phone *phone, const char *cn)
{
	X509 *cert = SSL_get1_peer_certificate(phone->ssl);
	char text[64] = "";

	cr_assert(cert);
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName,
				  text, sizeof(text));
	cr_assert_str_eq(text, cn);
	X509_free(cert);
}

Test(door, the_server_name_chooses_the_certificate)
{
	static const struct {
		char *asked; /* the macro that takes it drops const */
		const char *shown;
	} CASES[] = {
		{NULL, "first"},
		{"edge.example.org", "first"},
		{"unknown.example.net", "first"},
		{"a.wild.example.org", "wild"},
		{"A.Wild.example.org", "wild"},
		{"a.b.wild.example.org", "first"},
		{"exact.wild.example.org", "exact"},
	};
	struct door *door;

	papers_usual(&papers, "wild", "DNS:*.wild.example.org");
	papers_usual(&papers, "exact", "DNS:exact.wild.example.org");
	door_tls_unref(tls);
	tls = papers_load(&papers,
			  (const char *[]){"first", "wild", "exact", NULL});
	door = door_open(&settings, tls);
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct phone phone = phone_new(door, ctx, 1);
		struct door_event event;

		if (CASES[i].asked)
			SSL_set_tlsext_host_name(phone.ssl, CASES[i].asked);
		cr_assert_eq(SSL_connect(phone.ssl), 1);
		expect_shown(&phone, CASES[i].shown);
		event = expect_opened(door);
		cr_assert_str_eq(event.server_name,
				 CASES[i].asked ? CASES[i].asked : "");
		event_close(door, &event);
		phone_free(&phone);
	}
	door_stop(door);
}

Test(door, a_reload_reaches_new_connections_while_old_ones_live)
{
	struct door *door = door_open(&settings, tls);
	struct door_event old_event, new_event;
	struct phone old = phone_call(door, ctx, &old_event), renewed;
	struct phone waiting = phone_new(door, ctx, 1);

	papers_usual(&papers, "second", "DNS:edge.example.org");
	/* The door and the old connection hold the only references. */
	door_tls_unref(tls);
	tls = papers_load(&papers, (const char *[]){"second", NULL});
	door_reload(door, &settings, tls);
	door_reload(door, &settings, tls);
	/* Reloading is asynchronous: at last the new one is shown. */
	do {
		const X509 *cert;
		char cn[16] = "";

		renewed = phone_call(door, ctx, &new_event);
		cert = SSL_get0_peer_certificate(renewed.ssl);
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
					  NID_commonName, cn, sizeof(cn));
		if (!strcmp(cn, "second"))
			break;
		event_close(door, &new_event);
		phone_free(&renewed);
	} while (true);

	pass_line(old.ssl, old_event.ssl);
	pass_line(old_event.ssl, old.ssl);
	/* Accepted before the reload, its handshake runs after it. */
	cr_assert_eq(SSL_connect(waiting.ssl), 1);
	struct door_event event = expect_opened(door);

	event_close(door, &event);
	phone_free(&waiting);
	event_close(door, &old_event);
	event_close(door, &new_event);
	phone_free(&old);
	phone_free(&renewed);
	door_stop(door);
}

Test(door, the_cap_of_a_source_holds_and_gives_back)
{
	struct door_event events[2], event;
	struct phone phones[2], other, again;
	struct door *door;
	char c;
	int fd;

	settings.connections_per_source = 2;
	door = door_open(&settings, tls);
	for (int i = 0; i < 2; i++)
		phones[i] = phone_call(door, ctx, &events[i]);
	fd = phone_socket(door, 1);
	expect_refused(door, REASON_CONNECTIONS_SOURCE, "2 connections");
	cr_assert_eq(read(fd, &c, 1), 0, "closed before any handshake");
	close(fd);
	/* Another source is not touched. */
	other = phone_new(door, ctx, 2);
	cr_assert_eq(SSL_connect(other.ssl), 1);
	event = expect_opened(door);
	event_close(door, &event);
	/* One ends: one more may come. */
	event_close(door, &events[0]);
	again = phone_call(door, ctx, &events[0]);
	for (int i = 0; i < 2; i++) {
		event_close(door, &events[i]);
		phone_free(&phones[i]);
	}
	phone_free(&other);
	phone_free(&again);
	door_stop(door);
}

Test(door, the_cap_in_all_counts_pending_ones_too)
{
	struct door_event opened;
	struct phone phone;
	struct door *door;
	int pending, refused;

	settings.connections_max = 2;
	door = door_open(&settings, tls);
	phone = phone_call(door, ctx, &opened);
	pending = phone_socket(door, 2);
	refused = phone_socket(door, 3);
	expect_refused(door, REASON_CONNECTIONS_ALL, "2 connections");
	close(pending);
	expect_refused(door, REASON_TLS_CLOSED, "without a byte");
	event_close(door, &opened);
	close(refused);
	phone_free(&phone);
	door_stop(door);
}

Test(door, new_limits_hold_after_a_reload)
{
	struct door *door;
	struct door_event event;

	settings.connections_max = 1;
	door = door_open(&settings, tls);
	settings.connections_max = 2;
	door_reload(door, &settings, tls);
	struct phone one = phone_call(door, ctx, &event);

	/* Asynchronous: at last a second one gets through. */
	for (bool opened = false; !opened;) {
		struct phone two = phone_new(door, ctx, 1);
		struct door_event second;

		(void)SSL_connect(two.ssl);
		ERR_clear_error();
		second = event_next(door);
		opened = second.kind == DOOR_OPENED;
		if (opened)
			event_close(door, &second);
		phone_free(&two);
	}
	event_close(door, &event);
	phone_free(&one);
	door_stop(door);
}

Test(door, a_busy_address_is_told_to_people)
{
	struct door *door = door_open(&settings, tls), *second = NULL;
	char why[256] = "", at[ADDR_TEXT_MAX];
	struct addr bound = door_address(door);

	settings.listen = bound;
	addr_print(at, &bound);
	cr_assert_eq(door_start(&second, &settings, tls, why), EADDRINUSE);
	cr_assert_null(second);
	cr_assert(strstr(why, at), "%s", why);
	cr_assert(strstr(why, "address in use"), "%s", why);

	settings.listen.ip[0] = 192; /* 192.0.0.1: nobody's */
	cr_assert_eq(door_start(&second, &settings, tls, why), EADDRNOTAVAIL);
	cr_assert(strstr(why, "no such address"), "%s", why);
	door_stop(door);
}

Test(door, stopping_ends_what_is_pending_and_what_nobody_took)
{
	struct door *door = door_open(&settings, tls);
	struct phone phone = phone_new(door, ctx, 1);
	int silent = phone_socket(door, 1);
	struct pollfd pfd = {silent, POLLIN, 0};
	char c;

	cr_assert_eq(SSL_connect(phone.ssl), 1);
	while (!ring_peek(door_events(door)))
		poll(NULL, 0, 1);
	door_stop(door);
	cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1);
	pfd.fd = phone.fd;
	cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1);
	cr_assert(SSL_read(phone.ssl, &c, 1) <= 0);
	close(silent);
	phone_free(&phone);
}

/* Both doors on one port; others on this machine may be faster, so with
 * another port if need be. */
static bool open_pair(struct door **door6, struct door **door4)
{
	char why[256];

	settings.listen = (struct addr){.version = 6};
	*door6 = door_open(&settings, tls);
	settings.listen.port = door_address(*door6).port;
	settings.listen.version = 4;
	if (!door_start(door4, &settings, tls, why))
		return true;
	door_stop(*door6);
	return false;
}

Test(door, ipv6_listens_apart_from_ipv4)
{
	struct addr one = {.ip = {[15] = 1}, .version = 6};
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, &one);
	struct door *door6 = NULL, *door4 = NULL;
	int fd = socket(AF_INET6, SOCK_STREAM, 0), tries = 50;

	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len))
		cr_skip_test("no IPv6 here");
	while (!open_pair(&door6, &door4))
		cr_assert_gt(--tries, 0);
	one.port = door_address(door6).port;
	len = addr_to_sockaddr(&ss, &one);
	cr_assert_eq(connect(fd, (struct sockaddr *)&ss, len), 0);
	close(fd);
	cr_assert_eq(event_next(door6).peer.version, 6);
	door_stop(door4);
	door_stop(door6);
}
