/* digest.h - digest access authentication, server side (RFC 7616, RFC 8760) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/text.h"
#include "rempart/base/check.h"
#include "rempart/sip/mac.h"

enum digest_algorithm { DIGEST_MD5, DIGEST_SHA256, DIGEST_ALGORITHM_COUNT };

enum {
	DIGEST_HEX_MAX = 65,	/* SHA-256 in hex and NUL */
	DIGEST_NONCE_TEXT = 64, /* upper bound of a nonce of ours, no NUL */
};

const char *digest_algorithm_name(enum digest_algorithm alg);

/* HA1 = H(user:realm:password) in lower-case hex with NUL. Returns 0 or the
 * errno of the crypto library's failure (EIO). */
MUST_CHECK
int digest_ha1(char dst[static DIGEST_HEX_MAX], enum digest_algorithm alg,
	       struct span user, struct span realm, struct span password);

/* Credentials of an Authorization or Proxy-Authorization value. */
struct digest_credentials {
	enum digest_algorithm algorithm;
	struct span username, realm, nonce, uri, response, cnonce, nc, qop;
	struct span opaque;
};

/* 0; EINVAL for another scheme, a missing, empty, malformed or repeated
 * parameter; ENOTSUP for an algorithm or qop that we do not offer (only
 * qop=auth), and for userhash. Quotes are removed; a backslash in a quoted
 * value is EINVAL. No algorithm means MD5 (RFC 7616 3.4). */
MUST_CHECK
int digest_parse(struct digest_credentials *out, struct span value);

/*
 * A nonce that expires and is bound to `binding` (the connection's identity,
 * any bytes): time and HMAC-SHA-256 under `key`. Writes at most
 * DIGEST_NONCE_TEXT bytes; out->full when it cannot.
 */
void digest_nonce(struct text *out, struct mac *key, struct span binding,
		  uint64_t now_us);

enum digest_nonce_state {
	DIGEST_NONCE_GOOD,
	DIGEST_NONCE_STALE,
	DIGEST_NONCE_FORGED
};
MUST_CHECK
enum digest_nonce_state digest_nonce_check(struct span nonce, struct mac *key,
					   struct span binding, uint64_t now_us,
					   uint64_t life_us);

/* When a nonce of ours was made: with its binding this names it. Only for one
 * that digest_nonce_check() did not call forged. */
uint64_t digest_nonce_us(struct span nonce);

/* Compares in constant time with the response computed from HA1 (hex). */
MUST_CHECK
bool digest_matches(const struct digest_credentials *cred, const char *ha1,
		    struct span method);

struct digest_offer {
	struct span realm, nonce;
	bool stale;    /* credentials right, nonce too old: ask again */
	bool md5_only; /* for a client that gives up at any other challenge */
};

/* Appends `WWW-Authenticate: Digest ...` lines, one an algorithm, SHA-256
 * before MD5 (RFC 8760 2.3), with CRLF. A realm that cannot be quoted (quote,
 * backslash, control byte) sets out->full. */
void digest_challenge(struct text *out, struct span header_name,
		      const struct digest_offer *offer);
