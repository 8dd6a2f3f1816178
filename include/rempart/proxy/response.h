/* response.h - which of several answers goes back (RFC 3261 16.7) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Index of the best of n final codes (300-699; 0 = none yet), or n when all
 * are 0: a 6xx first, else the lowest class with 401, 407, 415, 420, 484
 * preferred within 4xx, and anything before 503. */
size_t response_best(const uint16_t *codes, size_t n);

/* A 503 is never passed on as such: 500 (RFC 3261 16.7 step 6). */
uint16_t response_forward_code(uint16_t code);
