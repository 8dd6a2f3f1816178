/* handshakes.h - which addresses speak which TLS: the list for a migration */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/text.h"
#include "rempart/observe/read.h"

enum {
	HANDSHAKES_MAX = 65536, /* addresses; a whole /16 at 144 bytes each */
	HANDSHAKES_USER_MAX = 64,
};

struct handshake {
	struct addr source; /* without port */
	uint32_t offered;   /* a bit each version, as the rows write them */
	uint32_t refused;   /* a bit each reason; 0: never refused */
	uint64_t times;	    /* how often */
	uint64_t refused_us;
	uint64_t accepted_us; /* last seen with a handshake that held, 0 */
	char user[HANDSHAKES_USER_MAX]; /* the last one behind it, or "" */
};

/* One line an address, of a stream of records in any order. */
struct handshakes;

/* Returns 0 or ENOMEM. The key is random: addresses are chosen by strangers. */
MUST_CHECK
int handshakes_open(struct handshakes **out, const uint8_t hash_key[static 16]);
void handshakes_close(struct handshakes *set);

/*
 * Takes what the record tells: a refused handshake, or traffic over one that
 * held; any other is passed over. An address that finds the table full is not
 * listed; false then.
 */
MUST_CHECK
bool handshakes_add(struct handshakes *set, const struct read_record *rec);

/* First those that were refused and not accepted since, then those never seen
 * with TLS 1.3, then the rest; in each part the one seen last comes first.
 * Moves rows: nothing may be added any more. */
void handshakes_sort(struct handshakes *set);
size_t handshakes_count(const struct handshakes *set);
const struct handshake *handshakes_row(const struct handshakes *set, size_t i);

/* Without newline. */
void handshakes_heading(struct text *out);
void handshakes_line(struct text *out, const struct handshake *row);
void handshakes_json(struct text *out, const struct handshake *row);
