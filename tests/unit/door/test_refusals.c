/* test_refusals.c - over real sockets: whoever does not get through is told
 * apart, in plain words, and ends at the deadline */
#include "phones.h"

#include <netinet/tcp.h>

TestSuite(refusals, .init = stage_up, .fini = stage_down);

static void fails(SSL_CTX *with, enum reason reason, const char *words)
{
	struct door *door = door_open(&settings, tls);
	struct phone phone = phone_new(door, with, 1);

	(void)SSL_connect(phone.ssl);
	ERR_clear_error();
	expect_refused(door, reason, words);
	phone_free(&phone);
	door_stop(door);
}

Test(refusals, tls_1_2_is_refused_in_plain_words)
{
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	fails(ctx, REASON_TLS_VERSION, "only TLS 1.2:");
}

Test(refusals, the_versions_that_a_list_offers_are_all_named)
{
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	fails(ctx, REASON_TLS_VERSION, "only TLS 1.1");
}

Test(refusals, a_phone_that_does_not_trust_us_says_unknown_ca)
{
	SSL_CTX *stranger = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_verify(stranger, SSL_VERIFY_PEER, NULL);
	fails(stranger, REASON_TLS_ALERT,
	      "does not trust the certificate "
	      "(unknown CA)");
	SSL_CTX_free(stranger);
}

Test(refusals, no_common_group_is_named)
{
	SSL_CTX_set1_groups_list(ctx, (char[]){"P-384"});
	fails(ctx, REASON_TLS_NO_SHARED, "no common key exchange group");
}

Test(refusals, no_common_suite_is_named)
{
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_CCM_SHA256");
	fails(ctx, REASON_TLS_NO_SHARED, "no common cipher suite");
}

Test(refusals, no_common_signature_is_named)
{
	SSL_CTX_set1_sigalgs_list(ctx, (char[]){"rsa_pss_rsae_sha256"});
	fails(ctx, REASON_TLS_NO_SHARED, "no common signature");
}

static void refused_bytes(const void *p, size_t len, enum reason reason,
			  const char *words)
{
	struct door *door = door_open(&settings, tls);
	int fd = phone_socket(door, 1);

	cr_assert_eq(write(fd, p, len), (ssize_t)len);
	expect_refused(door, reason, words);
	close(fd);
	door_stop(door);
}

Test(refusals, clear_text_is_told_as_such)
{
	static const char REGISTER[] =
		"REGISTER sip:edge.example.org SIP/2.0\r\n";

	refused_bytes(REGISTER, sizeof(REGISTER) - 1, REASON_TLS_CLEAR_TEXT,
		      "\"REGISTER sip:edge");
}

Test(refusals, noise_is_told_as_such)
{
	refused_bytes("\0\1\2\3\4\5\6\7\10\11\12", 11, REASON_TLS_FAILED,
		      "not a TLS ClientHello");
}

Test(refusals, a_hello_full_of_noise_fails_and_harms_nobody)
{
	uint8_t hello[205] = {22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3};

	memset(hello + 11, 0xa5, sizeof(hello) - 11);
	refused_bytes(hello, sizeof(hello), REASON_TLS_FAILED,
		      "the handshake failed");
}

Test(refusals, a_peer_that_leaves_without_a_byte_closed)
{
	struct door *door = door_open(&settings, tls);

	close(phone_socket(door, 1));
	expect_refused(door, REASON_TLS_CLOSED, "without a byte");
	door_stop(door);
}

Test(refusals, a_peer_that_leaves_inside_its_hello_closed)
{
	static const uint8_t HELLO[] = {22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3};
	struct door *door = door_open(&settings, tls);

	for (size_t len = 5; len <= sizeof(HELLO); len += 5) {
		int fd = phone_socket(door, 1);

		cr_assert_eq(write(fd, HELLO, len), (ssize_t)len);
		close(fd);
		expect_refused(door, REASON_TLS_CLOSED, "closed");
	}
	door_stop(door);
}

Test(refusals, silence_ends_at_the_deadline)
{
	struct door *door;
	int fd;
	char c;

	settings.handshake_ms = 50;
	door = door_open(&settings, tls);
	fd = phone_socket(door, 1);
	expect_refused(door, REASON_TLS_TIMEOUT, "sent nothing");
	cr_assert_eq(read(fd, &c, 1), 0);
	close(fd);
	door_stop(door);
}

static size_t hello_bytes(uint8_t *dst, size_t cap)
{
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	int len;

	SSL_set_bio(ssl, in, out);
	(void)SSL_connect(ssl);
	len = BIO_read(out, dst, (int)cap);
	SSL_free(ssl);
	cr_assert(len > 100);
	return (size_t)len;
}

Test(refusals, a_hello_byte_by_byte_ends_at_the_deadline)
{
	uint8_t hello[2048];
	size_t len = hello_bytes(hello, sizeof(hello)), sent = 0;
	struct door *door;
	struct door_event event;
	int fd;

	settings.handshake_ms = 300;
	door = door_open(&settings, tls);
	fd = phone_socket(door, 1);
	while (!ring_peek(door_events(door)) && sent < len - 1) {
		if (send(fd, hello + sent, 1, MSG_NOSIGNAL) == 1)
			sent++;
		poll(NULL, 0, 20);
	}
	event = expect_refused(door, REASON_TLS_TIMEOUT, "bytes came");
	cr_assert(sent > 1 && sent < len - 1, "%zu bytes: %s", sent,
		  event.detail);
	close(fd);
	door_stop(door);
}

Test(refusals, a_hello_in_small_pieces_within_the_deadline_passes)
{
	struct door *door = door_open(&settings, tls);
	struct phone phone = phone_new(door, ctx, 1);
	BIO *pipe = BIO_new(BIO_s_mem());
	uint8_t hello[2048];
	int len, one = 1;
	struct door_event event;

	/* The hello goes through our hands, the rest straight. */
	setsockopt(phone.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	BIO_up_ref(pipe);
	SSL_set0_wbio(phone.ssl, pipe);
	phone_unblock(&phone);
	cr_assert_eq(SSL_connect(phone.ssl), -1);
	len = BIO_read(pipe, hello, sizeof(hello));
	for (int i = 0; i < len; i++)
		cr_assert_eq(write(phone.fd, hello + i, 1), 1);
	SSL_set0_wbio(phone.ssl, BIO_new_socket(phone.fd, BIO_NOCLOSE));
	fcntl(phone.fd, F_SETFL, 0);
	cr_assert_eq(SSL_connect(phone.ssl), 1);
	event = expect_opened(door);
	event_close(door, &event);
	BIO_free(pipe);
	phone_free(&phone);
	door_stop(door);
}

Test(refusals, a_server_name_cannot_carry_controls_into_a_log)
{
	struct door *door = door_open(&settings, tls);
	struct phone phone = phone_new(door, ctx, 1);
	struct door_event event;

	SSL_set_tlsext_host_name(phone.ssl, "a\r\nb\x1b[2J c\xff");
	cr_assert_eq(SSL_connect(phone.ssl), 1);
	event = expect_opened(door);
	cr_assert_str_eq(event.server_name, "a??b?[2J?c?");
	event_close(door, &event);
	phone_free(&phone);
	door_stop(door);
}
