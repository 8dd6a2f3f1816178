/* token.h - the stable name of one device of one user (RFC 5626 flow token's
 * role) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/sip/mac.h"

enum {
	TOKEN_BYTES = 10,    /* 80 bits of HMAC-SHA-256: not guessable */
	TOKEN_TEXT_LEN = 18, /* "rp" and 16 digits of lower-case base32 */
};

struct token {
	char text[TOKEN_TEXT_LEN + 1]; /* NUL-terminated; "" is no token */
};

/* HMAC of user and slot under the node's key: the same after a restart. No
 * token when the crypto library fails. */
void token_make(struct token *out, struct mac *key, struct span user,
		uint32_t slot);

/* True when s has a TOKEN's form (case ignored: some PBXs change it; out is
 * lower case). Says nothing about whether the binding exists. */
bool token_read(struct token *out, struct span s);

bool token_eq(const struct token *a, const struct token *b);
