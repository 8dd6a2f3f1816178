/* tls.h - the TLS contexts of a listener, by certificate */
#pragma once

#include <openssl/ssl.h>
#include <stdint.h>

#include "rempart/config/config.h"
#include "rempart/base/check.h"

/*
 * TLS 1.3 only, X25519 and P-256, the three TLS 1.3 suites, no tickets, no
 * early data, no compression, buffers released when idle. One SSL_CTX a
 * certificate; the ClientHello's server name chooses by the certificate's
 * DNS and IP names (wildcards by one label), else the first.
 */
struct door_tls;

/* Loads all certificates of a configuration. 0; EINVAL with faults in
 * *problems: unreadable or foreign files, key and certificate that do not
 * fit, a key that others can read, an expired certificate; warnings: expiry
 * within 30 days. Also checks that what is advertised stands in one. */
MUST_CHECK
int door_tls_load(struct door_tls **out, const struct config *cfg,
		  struct config_problems *problems);
/* Counted, from any thread. Whoever runs a handshake holds a reference until
 * it ended; an established SSL keeps what it needs by itself. */
struct door_tls *door_tls_ref(struct door_tls *tls);
void door_tls_unref(struct door_tls *tls);

/*
 * The same certificates for listen.legacy: TLS 1.2 too, with ECDHE and AEAD
 * alone and no renegotiation. Without a reference of its own: it lives as long
 * as tls does or as whoever took one. NULL: the configuration has none.
 */
struct door_tls *door_tls_legacy(struct door_tls *tls);

/* A server-side SSL for one accepted connection, or NULL. */
SSL *door_tls_new(struct door_tls *tls, int fd);

/*
 * Why a handshake failed, in plain words, from OpenSSL's error queue and what
 * the ClientHello offered: "the phone offered only TLS 1.2", "clear text on
 * the TLS port", "the phone does not trust the certificate (unknown ca)",
 * "no common cipher suite" ... Clears the queue.
 */
enum reason door_tls_failure(SSL *ssl, char detail[static 160]);
