/* branch.h - the branch of our own Via names the transaction */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/text.h"

/* "z9hG4bK" "rp" and 32 hex digits: the transaction's number and a random
 * word that a stranger cannot guess. */
void branch_write(struct text *out, uint64_t number, uint64_t random);
bool branch_read(struct span branch, uint64_t *number, uint64_t *random);
