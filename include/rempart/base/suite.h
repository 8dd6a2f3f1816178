/* suite.h - the SRTP crypto suites that Rempart knows */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rempart/base/span.h"

/* X(identifier, name, key bytes, salt bytes): RFC 4568 6.2, RFC 6188 4,
 * RFC 7714 14.1. GCM_8 is not GCM: names are compared whole. */
#define SUITE_TABLE(X)                                                         \
	X(AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32, 12)                        \
	X(AES_256_CM_HMAC_SHA1_80, "AES_256_CM_HMAC_SHA1_80", 32, 14)          \
	X(AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16, 12)                        \
	X(AES_CM_128_HMAC_SHA1_80, "AES_CM_128_HMAC_SHA1_80", 16, 14)          \
	X(AES_256_CM_HMAC_SHA1_32, "AES_256_CM_HMAC_SHA1_32", 32, 14)          \
	X(AES_CM_128_HMAC_SHA1_32, "AES_CM_128_HMAC_SHA1_32", 16, 14)

enum suite {
#define X(id, name, key, salt) SUITE_##id,
	SUITE_TABLE(X)
#undef X
		SUITE_COUNT
};

const char *suite_name(enum suite suite);
size_t suite_key_bytes(enum suite suite); /* key without salt */
size_t suite_salt_bytes(enum suite suite);

/* Exact, case-sensitive match of the whole token. False: unknown. */
bool suite_find(struct span name, enum suite *out);
