/* number_lib.h - what libphonenumber knows of a number, for C */
#pragma once

#include <stdbool.h>

#include "rempart/base/check.h"

#ifdef __cplusplus
extern "C" {
#endif

enum number_kind {
	NUMBER_KIND_UNKNOWN, /* the metadata knows no such number */
	NUMBER_KIND_FIXED,
	NUMBER_KIND_MOBILE,
	NUMBER_KIND_TOLL_FREE,
	NUMBER_KIND_SHARED_COST,
	NUMBER_KIND_PREMIUM,
	NUMBER_KIND_PERSONAL,
};

/* Whether a number of its country can have that many digits. */
enum number_length {
	NUMBER_LENGTH_FITS,
	NUMBER_LENGTH_LOCAL, /* only inside of its area */
	NUMBER_LENGTH_SHORT,
	NUMBER_LENGTH_LONG,
};

struct number_parts {
	char e164[24];	   /* "+33123456789" */
	char national[24]; /* behind the calling code: "123456789" */
	char country[4];   /* "FR", "001", "" when the metadata has none */
	unsigned calling_code;
	enum number_kind kind;
	/* Not in a range that the metadata has: the kind is that of its
	 * neighbours if they are costly, the country theirs. */
	bool guessed;
	/* The two below are looked at for guessed numbers alone. */
	enum number_length length;
	bool short_code; /* as long as a service such as 118218 */
	bool abroad;	 /* written with + or an international prefix */
};

/* Loads the metadata. 0 or ENOMEM. */
MUST_CHECK
int number_lib_open(void);

/*
 * Reads digits, or '+' and digits, as dialled in `home` ("FR"). 0; ENOENT (no
 * such calling code or country), ERANGE (too long), EINVAL (too short, or no
 * number), ENOMEM. *out is written only on success. No exception leaves it.
 */
MUST_CHECK
int number_lib_read(struct number_parts *out, const char *digits,
		    const char *home);

/* 33 for "FR"; 0 for none. */
unsigned number_lib_calling_code(const char *country);

#ifdef __cplusplus
}
#endif
