/* mac.h - HMAC-SHA-256 under a key that is prepared once */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"

enum {
	MAC_KEY_BYTES = 32,
	MAC_BYTES = 32,
};

/* A prepared key. One thread, as each use changes it. */
struct mac;

/* The key is copied. 0, ENOMEM, or EIO when the crypto library fails. */
MUST_CHECK
int mac_open(struct mac **out, const uint8_t key[static MAC_KEY_BYTES]);

/* Wipes what is left of the key. NULL is allowed. */
void mac_close(struct mac *mac);

/*
 * Over the parts, joined without anything between them: a caller sees to it
 * that no byte can move from one part to the next. 0, or EIO when the crypto
 * library fails: dst then holds nothing of use, and the next call starts
 * anew.
 */
MUST_CHECK
int mac_make(struct mac *mac, uint8_t dst[static MAC_BYTES],
	     const struct span *parts, size_t count);
