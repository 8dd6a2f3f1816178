/* advertise.h - how phones reach us: one way for all, or one each for the two
 * sides of a NAT */
#pragma once

#include "reader.h"
#include "schema.h"

struct advertise_way {
	const char *text; /* as written, lives as long as the reader; NULL:
			   * absent, or not a text and said so */
	char key[SCHEMA_KEY_MAX]; /* under which it stands, for messages */
};

struct advertise {
	struct advertise_way outside; /* for all, when it is the only one */
	struct advertise_way inside;
	struct addr_nets inside_from; /* empty when there is one way */
};

/*
 * Reads a key that is a text, or a group with outside, inside and inside_from:
 * a row of SCHEMA_TEXT_OR_GROUP and three below it. What the texts are, names
 * or addresses, is left to the caller; what is missing is said here.
 */
void advertise_read(struct reader *rd, const char *key, struct advertise *out);
