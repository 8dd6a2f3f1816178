/* tls.c - one SSL_CTX a certificate, chosen by the ClientHello's name */
#include "rempart/door/tls.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "hello.h"
#include "names.h"

static const char SUITES[] = "TLS_AES_256_GCM_SHA384:"
			     "TLS_CHACHA20_POLY1305_SHA256:"
			     "TLS_AES_128_GCM_SHA256";

/* Of TLS 1.2: forward secrecy and AEAD (RFC 9325 4.2). */
static const char CIPHERS[] = "ECDHE-ECDSA-AES256-GCM-SHA384:"
			      "ECDHE-RSA-AES256-GCM-SHA384:"
			      "ECDHE-ECDSA-CHACHA20-POLY1305:"
			      "ECDHE-RSA-CHACHA20-POLY1305:"
			      "ECDHE-ECDSA-AES128-GCM-SHA256:"
			      "ECDHE-RSA-AES128-GCM-SHA256";

enum { SECURITY_LEVEL = 2 }; /* 112 bits: RSA from 2048, no SHA-1 */

struct door_tls {
	atomic_uint refs;
	struct door_tls *legacy; /* the same for TLS 1.2, or NULL */
	unsigned count;
	struct door_certificate certificates[CONFIG_CERTIFICATES_MAX];
};

/* By the exact name first: "a.example.org" beats "*.example.org". */
static SSL_CTX *tls_find(const struct door_tls *tls, const char *host)
{
	for (unsigned i = 0; i < tls->count; i++)
		if (door_names_exact(&tls->certificates[i].names, host))
			return tls->certificates[i].ctx;
	for (unsigned i = 0; i < tls->count; i++)
		if (door_names_wildcard(&tls->certificates[i].names, host))
			return tls->certificates[i].ctx;
	return NULL;
}

static int server_name_h(SSL *ssl, int *alert, void *arg)
{
	const struct door_tls *tls = arg;
	const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	SSL_CTX *ctx = host ? tls_find(tls, host) : NULL;

	(void)alert;
	/* An unknown name gets the first certificate, not an alert: phones
	 * are set up by IP, by old names, by a load balancer's name; whether
	 * it fits is the phone's judgement (RFC 6066 3 allows both). */
	if (!ctx)
		return SSL_TLSEXT_ERR_NOACK;
	if (ctx != SSL_get_SSL_CTX(ssl) && !SSL_set_SSL_CTX(ssl, ctx))
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static int ctx_restrict(SSL_CTX *ctx, int oldest)
{
	char groups[] = "X25519:P-256"; /* the macro drops const */

	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	if (!SSL_CTX_set_min_proto_version(ctx, oldest) ||
	    !SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(ctx, SUITES) ||
	    !SSL_CTX_set_cipher_list(ctx, CIPHERS) ||
	    !SSL_CTX_set1_groups_list(ctx, groups) ||
	    !SSL_CTX_set_num_tickets(ctx, 0) ||
	    !SSL_CTX_set_max_early_data(ctx, 0) ||
	    !SSL_CTX_set_recv_max_early_data(ctx, 0))
		return EINVAL;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* PRIORITIZE_CHACHA: a phone without AES in hardware says so by
	 * putting ChaCha20 first. Renegotiation, which TLS 1.2 has, would
	 * be a handshake on the core's thread whenever a phone likes. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
					 SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				      SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One read(2) a record, not two. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	return 0;
}

static SSL_CTX *ctx_new(struct door_tls *tls, int oldest)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx)
		return NULL;
	if (ctx_restrict(ctx, oldest)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_client_hello_cb(ctx, door_hello_h, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, server_name_h);
	SSL_CTX_set_tlsext_servername_arg(ctx, tls);
	return ctx;
}

/* What phones are told to connect to must stand in a certificate; a name that
 * was only derived from the address that we listen on should. */
static int judge_name(const struct door_tls *tls, const struct config *cfg,
		      const char *host, struct config_problems *problems)
{
	const struct door_names *first = &tls->certificates[0].names;

	if (!host[0] || tls_find(tls, host))
		return 0;
	door_problem(problems, !cfg->proxy.advertise_named, cfg->file,
		     "advertise \"%.100s\" stands in no certificate (the "
		     "first holds %u names%s%.100s): phones will refuse it",
		     host, first->count, first->count ? ", such as " : "",
		     first->count ? first->list[0] : "");
	return cfg->proxy.advertise_named ? EINVAL : 0;
}

/* Both names, so that one run tells what both lack. */
static int judge_advertise(const struct door_tls *tls, const struct config *cfg,
			   struct config_problems *problems)
{
	int outside = judge_name(tls, cfg, cfg->proxy.advertise.host, problems);
	int inside = judge_name(tls, cfg, cfg->proxy.advertise_inside.host,
				problems);

	return outside ? outside : inside;
}

static int tls_fill(struct door_tls *tls, const struct config *cfg,
		    struct config_problems *problems)
{
	int err = 0;

	if (!cfg->certificate_count) {
		door_problem(problems, false, cfg->file,
			     "no certificate: phones speak TLS only");
		return EINVAL;
	}
	assert(cfg->certificate_count <= CONFIG_CERTIFICATES_MAX);
	for (unsigned i = 0; i < cfg->certificate_count; i++) {
		struct door_certificate *certificate = &tls->certificates[i];
		int e;

		tls->count = i + 1;
		certificate->ctx = ctx_new(tls, TLS1_3_VERSION);
		if (!certificate->ctx)
			return ENOMEM;
		e = door_certificate_load(certificate, &cfg->certificates[i],
					  problems);
		if (e == ENOMEM)
			return e;
		if (e)
			err = e;
	}
	return err ? err : judge_advertise(tls, cfg, problems);
}

/* What was read and judged once serves both: no file is read again. */
static int legacy_certificate(struct door_tls *legacy,
			      const struct door_certificate *from)
{
	struct door_certificate *to = &legacy->certificates[legacy->count++];
	STACK_OF(X509) *chain = NULL;

	to->ctx = ctx_new(legacy, TLS1_2_VERSION);
	if (!to->ctx || !SSL_CTX_get0_chain_certs(from->ctx, &chain) ||
	    !SSL_CTX_use_cert_and_key(
		    to->ctx, SSL_CTX_get0_certificate(from->ctx),
		    SSL_CTX_get0_privatekey(from->ctx), chain, 1))
		return ENOMEM;
	return door_names_read(&to->names, SSL_CTX_get0_certificate(from->ctx));
}

static int legacy_fill(struct door_tls *tls)
{
	struct door_tls *legacy = calloc(1, sizeof(*legacy));
	int err = 0;

	if (!legacy)
		return ENOMEM;
	atomic_init(&legacy->refs, 1);
	tls->legacy = legacy;
	for (unsigned i = 0; !err && i < tls->count; i++)
		err = legacy_certificate(legacy, &tls->certificates[i]);
	return err;
}

int door_tls_load(struct door_tls **out, const struct config *cfg,
		  struct config_problems *problems)
{
	struct door_tls *tls = calloc(1, sizeof(*tls));
	int err;

	assert(out && cfg && problems);
	if (!tls)
		return ENOMEM;
	atomic_init(&tls->refs, 1);
	err = tls_fill(tls, cfg, problems);
	if (!err && cfg->has_legacy)
		err = legacy_fill(tls);
	ERR_clear_error();
	if (err) {
		door_tls_unref(tls);
		return err;
	}
	*out = tls;
	return 0;
}

struct door_tls *door_tls_ref(struct door_tls *tls)
{
	const unsigned before = atomic_fetch_add(&tls->refs, 1);

	assert(before > 0);
	(void)before;
	return tls;
}

void door_tls_unref(struct door_tls *tls)
{
	unsigned before;

	if (!tls)
		return;
	before = atomic_fetch_sub(&tls->refs, 1);
	assert(before > 0);
	if (before > 1)
		return;
	door_tls_unref(tls->legacy);
	for (unsigned i = 0; i < tls->count; i++) {
		SSL_CTX_free(tls->certificates[i].ctx);
		door_names_free(&tls->certificates[i].names);
	}
	free(tls);
}

struct door_tls *door_tls_legacy(struct door_tls *tls)
{
	return tls->legacy;
}

SSL *door_tls_new(struct door_tls *tls, int fd)
{
	SSL *ssl = SSL_new(tls->certificates[0].ctx);

	if (ssl && !SSL_set_fd(ssl, fd)) {
		SSL_free(ssl);
		ssl = NULL;
	}
	if (ssl)
		SSL_set_accept_state(ssl);
	else
		ERR_clear_error();
	return ssl;
}
