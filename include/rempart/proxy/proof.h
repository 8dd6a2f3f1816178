/* proof.h - what our Record-Route carries, and how a Route proves a dialog */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/span.h"
#include "rempart/base/text.h"
#include "rempart/base/check.h"
#include "rempart/sip/mac.h"

enum {
	PROOF_TEXT_MAX = 128, /* base64url of the longest proof */
	PROOF_NAMES_MAX = 2,  /* phones in one passage */
	PROOF_NAME_MAX = 18,  /* a binding's TOKEN */
};

struct proof {
	uint64_t passage; /* unique over restarts */
	uint8_t side;	  /* 0 phones, 1 upstream: which of our two entries */
	uint32_t time_s;  /* when the passage began, seconds since the epoch */
	unsigned name_count;
	char names[PROOF_NAMES_MAX][PROOF_NAME_MAX + 1]; /* TOKENs */
};

/* The user part of our Record-Route URI: all of the above and 128 bits of
 * HMAC-SHA-256 over it, Call-ID and the first request's From tag. */
void proof_write(struct text *out, const struct proof *proof, struct mac *key,
		 struct span call_id, struct span from_tag);

/* 0; EINVAL: not of a proof's form; EACCES: not ours for this Call-ID and
 * tag. Constant time in the HMAC. *out is filled for both 0 and EACCES and
 * must not be trusted after EACCES. */
MUST_CHECK
int proof_read(struct proof *out, struct span user, struct mac *key,
	       struct span call_id, struct span from_tag);

/* What it claims, unproven: to tell our second entry from a stranger's once
 * the first is proven, or in what the upstream says. 0 or EINVAL. */
MUST_CHECK
int proof_peek(struct proof *out, struct span user);
