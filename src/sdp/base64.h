/* base64.h - the base64 of keys in a=crypto lines (RFC 4648 section 4) */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/span.h"
#include "rempart/base/text.h"

/*
 * How many bytes a base64 text stands for, with or without its padding.
 * Returns 0 or EINVAL.
 */
MUST_CHECK
int sdp_base64_length(struct span base64, size_t *out);

/* The bytes of a text that sdp_base64_length takes; dst has room for them. */
void sdp_base64_decode(uint8_t *dst, struct span base64);

/* With padding. */
void sdp_base64_put(struct text *out, const uint8_t *bytes, size_t len);
