/* test_legacy.c - the legacy listener takes TLS 1.2 with ECDHE and AEAD, from
 * the subnets that it names and from nobody else */
#include "phones.h"

static struct door_tls *legacy;

/* The first certificate is EC, the one for rsa.example.org RSA. */
static struct door_tls *load_both(void)
{
	struct config *cfg =
		papers_config(&papers, (const char *[]){"first", "rsa", NULL});
	struct config_problems *problems = calloc(1, sizeof(*problems));
	struct door_tls *both = NULL;

	cfg->has_legacy = true;
	cr_assert_eq(door_tls_load(&both, cfg, problems), 0);
	cr_assert_eq(problems->count, 0, "%s", problems->list[0].text);
	free(problems);
	free(cfg);
	return both;
}

static void legacy_up(void)
{
	const struct paper rsa = {.name = "rsa",
				  .san = "DNS:rsa.example.org",
				  .from_days = -1,
				  .to_days = 365,
				  .rsa_bits = 2048};

	stage_up();
	papers_issue(&papers, &rsa);
	cr_assert_null(door_tls_legacy(tls), "not unless it is asked for");
	door_tls_unref(tls);
	tls = load_both();
	legacy = door_tls_legacy(tls);
	cr_assert(legacy);
	/* 127.0.0.1 and .2, not .4 */
	settings.only = (struct addr_nets){
		.count = 2,
		.net = {{.ip = {[15] = 1}, .version = 6},
			{.ip = {127}, .version = 4}},
		.bits = {128, 30},
	};
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
}

TestSuite(legacy, .init = legacy_up, .fini = stage_down);

/* What the door sees of a phone that asks for this name, or for none. */
static void gets_in(struct door *door, const char *host, const char *how)
{
	struct phone phone = phone_new(door, ctx, 2);
	struct door_event event;

	if (host)
		SSL_ctrl(phone.ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			 TLSEXT_NAMETYPE_host_name, (char *)(uintptr_t)host);
	cr_assert_eq(SSL_connect(phone.ssl), 1, "%s", how);
	event = expect_opened(door);
	cr_assert_str_eq(event.tls, how);
	event_close(door, &event);
	phone_free(&phone);
}

Test(legacy, each_suite_of_tls_1_2_with_ecdhe_and_aead_serves)
{
	static const char *const SUITES[] = {
		"ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-ECDSA-CHACHA20-POLY1305",
		"ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE-RSA-CHACHA20-POLY1305",
		"ECDHE-RSA-AES128-GCM-SHA256",
	};
	struct door *door = door_open(&settings, legacy);

	for (size_t i = 0; i < sizeof(SUITES) / sizeof(SUITES[0]); i++) {
		const bool rsa = strstr(SUITES[i], "RSA") != NULL &&
				 !strstr(SUITES[i], "ECDSA");
		char how[64];

		snprintf(how, sizeof(how), "TLSv1.2 %s", SUITES[i]);
		cr_assert(SSL_CTX_set_cipher_list(ctx, SUITES[i]));
		gets_in(door, rsa ? "rsa.example.org" : NULL, how);
	}
	door_stop(door);
}

Test(legacy, a_phone_with_tls_1_3_gets_it_there_too)
{
	struct door *door = door_open(&settings, legacy);

	SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
	gets_in(door, NULL, "TLSv1.3 TLS_AES_256_GCM_SHA384");
	door_stop(door);
}

static void fails(const char *host, enum reason reason, const char *words)
{
	struct door *door = door_open(&settings, legacy);
	struct phone phone = phone_new(door, ctx, 1);

	if (host)
		SSL_ctrl(phone.ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			 TLSEXT_NAMETYPE_host_name, (char *)(uintptr_t)host);
	(void)SSL_connect(phone.ssl);
	ERR_clear_error();
	expect_refused(door, reason, words);
	phone_free(&phone);
	door_stop(door);
}

Test(legacy, weak_suites_are_refused_by_the_one_certificate_and_the_other)
{
	static const char *const WEAK[] = {
		"ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA",
		"ECDHE-RSA-AES256-SHA384",   "ECDHE-RSA-AES128-SHA",
		"AES256-GCM-SHA384",	     "AES128-SHA",
		"DHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-CCM8",
	};

	SSL_CTX_set_security_level(ctx, 0);
	for (size_t i = 0; i < sizeof(WEAK) / sizeof(WEAK[0]); i++) {
		cr_assert(SSL_CTX_set_cipher_list(ctx, WEAK[i]), "%s", WEAK[i]);
		fails(NULL, REASON_TLS_NO_SHARED, "ECDHE");
		/* The name leads to another context, as strict. */
		fails("rsa.example.org", REASON_TLS_NO_SHARED, "ECDHE");
	}
}

Test(legacy, older_versions_are_refused_and_told_what_is_needed)
{
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	fails(NULL, REASON_TLS_VERSION, "only TLS 1.1: TLS 1.2 is needed");
}

Test(legacy, the_usual_listener_of_the_same_load_takes_tls_1_3_alone)
{
	struct door *door;
	struct phone phone;

	settings.only.count = 0;
	door = door_open(&settings, tls);
	phone = phone_new(door, ctx, 1);
	(void)SSL_connect(phone.ssl);
	ERR_clear_error();
	expect_refused(door, REASON_TLS_VERSION, "TLS 1.3 is needed");
	phone_free(&phone);
	door_stop(door);
}

Test(legacy, a_connection_cannot_be_renegotiated_and_has_no_tickets)
{
	SSL *ssl = door_tls_new(legacy, 0);

	cr_assert_eq(SSL_get_min_proto_version(ssl), TLS1_2_VERSION);
	cr_assert_eq(SSL_get_max_proto_version(ssl), TLS1_3_VERSION);
	cr_assert(SSL_get_options(ssl) & SSL_OP_NO_RENEGOTIATION);
	cr_assert(SSL_get_options(ssl) & SSL_OP_NO_TICKET);
	cr_assert(SSL_get_options(ssl) & SSL_OP_NO_COMPRESSION);
	SSL_free(ssl);
}

Test(legacy, another_subnet_is_closed_before_the_handshake)
{
	struct door *door;
	char c;
	int fd;

	settings.connections_max = 1; /* nor does it count */
	door = door_open(&settings, legacy);
	for (int i = 0; i < 3; i++) {
		fd = phone_socket(door, 4);
		/* Not a byte was sent: nothing else can have decided. */
		expect_refused(door, REASON_LEGACY_SOURCE,
			       "listen.legacy.only");
		cr_assert_eq(read(fd, &c, 1), 0);
		close(fd);
	}
	gets_in(door, NULL, "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384");
	door_stop(door);
}

Test(legacy, new_subnets_hold_after_a_reload)
{
	struct door *door = door_open(&settings, legacy);
	struct door_event event;

	settings.only.bits[1] = 29; /* 127.0.0.4 too */
	/* The door holds what it needs of the old. */
	door_tls_unref(tls);
	tls = load_both();
	door_reload(door, &settings, door_tls_legacy(tls));
	/* Asynchronous: at last it gets through. */
	for (bool opened = false; !opened;) {
		struct phone phone = phone_new(door, ctx, 4);

		(void)SSL_connect(phone.ssl);
		ERR_clear_error();
		event = event_next(door);
		opened = event.kind == DOOR_OPENED;
		if (opened)
			event_close(door, &event);
		else
			cr_assert_eq(event.reason, REASON_LEGACY_SOURCE);
		phone_free(&phone);
	}
	door_stop(door);
}
