/* response.h - which code of the far side goes back (RFC 3261 16.7) */
#pragma once

#include <stdint.h>

/* A 503 is never passed on as such: 500 (RFC 3261 16.7 step 6). */
uint16_t response_forward_code(uint16_t code);
