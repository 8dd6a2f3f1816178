/* users.h - the registrar's own users and their credentials */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/base/verdict.h"
#include "rempart/sip/digest.h"
#include "rempart/sip/message.h"

struct registrar_user {
	char name[64];
	/* HA1 in hex for each algorithm; "" when not given */
	char ha1[DIGEST_ALGORITHM_COUNT][DIGEST_HEX_MAX];
};

/* The registrar group of the configuration. */
struct registrar_settings {
	char realm[128];
	struct registrar_user *users; /* owned by the configuration */
	size_t user_count;	      /* 0: no registrar of our own */
	bool sorted;		      /* by registrar_users_sort() */
};

/* Once after loading: makes registrar_user_find() a binary search instead of
 * a walk over all users. */
void registrar_users_sort(struct registrar_settings *settings);

/* NULL when unknown. Takes as many steps for a stranger as for a user. */
const struct registrar_user *registrar_user_find(
	const struct registrar_settings *settings, struct span name);

enum {
	REGISTRAR_NONCE_LIFE_S = 300,
	REGISTRAR_EXPIRES_MIN_S = 60,
	REGISTRAR_EXPIRES_MAX_S = 3600,
	REGISTRAR_EXPIRES_DEFAULT_S = 600,
};

/* What a connection has proven last: one a connection, owned by the caller,
 * {0} when the connection opens. */
struct registrar_nonce_use {
	uint64_t nonce_us; /* names the nonce among this connection's */
	uint32_t last_nc;
};

struct registrar_proof {
	struct mac *nonce_key;
	struct span binding; /* names the connection */
	uint64_t now_us;
	struct registrar_nonce_use *use; /* the connection's, never NULL */
};

/*
 * Judges the credentials of a request for `user`. PASS; CHALLENGE CHALLENGED
 * (none given, for another realm, or none that can be read: then detail says
 * why); CHALLENGE CHALLENGED with detail "stale" (credentials right, but the
 * nonce is too old, older than the last one used, or its nc did not grow);
 * CHALLENGE CREDENTIALS (wrong user, response or a nonce that is not this
 * connection's). header is AUTHORIZATION or PROXY_AUTHORIZATION. An unknown
 * user gets exactly the answer of a wrong password. sip_code is 401, or 407
 * for PROXY_AUTHORIZATION.
 *
 * On PASS *proof->use learns nonce and nc, so that the same credentials do
 * not pass again on this connection (RFC 7616 3.4); on any other it stays.
 */
MUST_CHECK
struct verdict registrar_authenticate(const struct registrar_settings *set,
				      const struct sip_message *msg,
				      enum sip_header header, struct span user,
				      const struct registrar_proof *proof);

/* True for the verdict that asks for stale=true in the challenge. */
bool registrar_stale(const struct verdict *verdict);
