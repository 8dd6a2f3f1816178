/*
 * mac.c - HMAC-SHA-256 under a key that is prepared once
 *
 * To look HMAC up in OpenSSL 3 costs four times what the HMAC of a proof
 * does, so the context lives as long as the key.
 */
#include "rempart/sip/mac.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>

struct mac {
	EVP_MAC_CTX *ctx;
};

static EVP_MAC_CTX *ctx_open(const uint8_t key[static MAC_KEY_BYTES])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;

	if (ctx && EVP_MAC_init(ctx, key, MAC_KEY_BYTES, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MAC_free(hmac);
	return ctx;
}

int mac_open(struct mac **out, const uint8_t key[static MAC_KEY_BYTES])
{
	struct mac *mac = calloc(1, sizeof(*mac));

	if (!mac)
		return ENOMEM;
	mac->ctx = ctx_open(key);
	if (!mac->ctx) {
		/* SSL_get_error() would take what is left here for its own. */
		ERR_clear_error();
		free(mac);
		return EIO;
	}
	*out = mac;
	return 0;
}

void mac_close(struct mac *mac)
{
	if (!mac)
		return;
	/* OpenSSL wipes the key and both states of the hash. */
	EVP_MAC_CTX_free(mac->ctx);
	free(mac);
}

static bool add_parts(EVP_MAC_CTX *ctx, const struct span *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len &&
		    EVP_MAC_update(ctx, (const uint8_t *)parts[i].p,
				   parts[i].len) != 1)
			return false;
	}
	return true;
}

int mac_make(struct mac *mac, uint8_t dst[static MAC_BYTES],
	     const struct span *parts, size_t count)
{
	size_t len = 0;

	/* Without a key: the prepared one again, whatever was under way. */
	if (EVP_MAC_init(mac->ctx, NULL, 0, NULL) == 1 &&
	    add_parts(mac->ctx, parts, count) &&
	    EVP_MAC_final(mac->ctx, dst, &len, MAC_BYTES) == 1 &&
	    len == MAC_BYTES)
		return 0;
	ERR_clear_error();
	OPENSSL_cleanse(dst, MAC_BYTES);
	return EIO;
}
