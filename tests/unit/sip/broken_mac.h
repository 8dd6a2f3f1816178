/* broken_mac.h - an OpenSSL whose MACs fail on demand; the rest is the real
 * one. For one file of a program. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

/* Which call fails. */
enum broken {
	BROKEN_NOTHING,
	BROKEN_FETCH,
	BROKEN_INIT,
	BROKEN_UPDATE,
	BROKEN_FINAL,
	BROKEN_LENGTH, /* the final call says that it wrote fewer bytes */
	BROKEN_COUNT
};

static enum broken broken;

static inline int fails(enum broken call)
{
	if (broken == call)
		ERR_raise(ERR_LIB_EVP, ERR_R_INTERNAL_ERROR);
	return broken == call;
}

static inline void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	cr_assert_not_null(found);
	return found;
}

EVP_MAC *EVP_MAC_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *query)
{
	EVP_MAC *(*next)(OSSL_LIB_CTX *, const char *, const char *);
	void *found = real("EVP_MAC_fetch");

	memcpy(&next, &found, sizeof(next));
	return fails(BROKEN_FETCH) ? NULL : next(ctx, name, query);
}

int EVP_MAC_init(EVP_MAC_CTX *ctx, const unsigned char *key, size_t len,
		 const OSSL_PARAM params[])
{
	int (*next)(EVP_MAC_CTX *, const unsigned char *, size_t,
		    const OSSL_PARAM[]);
	void *found = real("EVP_MAC_init");

	memcpy(&next, &found, sizeof(next));
	return fails(BROKEN_INIT) ? 0 : next(ctx, key, len, params);
}

int EVP_MAC_update(EVP_MAC_CTX *ctx, const unsigned char *p, size_t len)
{
	int (*next)(EVP_MAC_CTX *, const unsigned char *, size_t);
	void *found = real("EVP_MAC_update");

	memcpy(&next, &found, sizeof(next));
	return fails(BROKEN_UPDATE) ? 0 : next(ctx, p, len);
}

/* Right bytes, and yet a failure: who looks at the bytes alone takes them. */
int EVP_MAC_final(EVP_MAC_CTX *ctx, unsigned char *out, size_t *len, size_t cap)
{
	int (*next)(EVP_MAC_CTX *, unsigned char *, size_t *, size_t);
	void *found = real("EVP_MAC_final");
	int done;

	memcpy(&next, &found, sizeof(next));
	done = next(ctx, out, len, cap);
	if (fails(BROKEN_LENGTH))
		*len -= 1;
	return fails(BROKEN_FINAL) ? 0 : done;
}
