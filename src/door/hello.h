/* hello.h - what a peer's first bytes say, before and inside OpenSSL */
#pragma once

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/reason.h"

enum {
	/* Record header (RFC 8446 5.1) and handshake header (4). */
	HELLO_FIRST_BYTES = 9,
	/* What is looked at: enough to show a word of clear text. */
	HELLO_LOOK_BYTES = 24,
	/* A hello with post-quantum shares has under 2 KiB. OpenSSL makes
	 * room for what the header claims, up to 128 KiB: a stranger's nine
	 * bytes must not buy that. */
	HELLO_BYTES_MAX = 16384,
	HELLO_DETAIL_MAX = 160,
};

enum hello_look {
	HELLO_MORE,    /* too short to tell */
	HELLO_TLS,     /* begins like a ClientHello */
	HELLO_REFUSED, /* with *reason and detail */
};

/*
 * Judges the first bytes of a connection, before any memory is spent on it.
 * Of a run that is no hello the first byte is enough.
 */
MUST_CHECK
enum hello_look door_hello_look(const uint8_t *p, size_t len,
				enum reason *reason,
				char detail[static HELLO_DETAIL_MAX]);

/* For SSL_CTX_set_client_hello_cb(): notes the offered versions in the SSL's
 * app data, which holds a set and points to nothing. */
int door_hello_h(SSL *ssl, int *alert, void *arg);
