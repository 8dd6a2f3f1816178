/* caps.h - how many connections each prefix has; the door thread's own */
#pragma once

#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/check.h"
#include "rempart/base/hash.h"
#include "rempart/base/reason.h"
#include "rempart/base/table.h"

struct door_conn;

/* A prefix with at least one connection. The caps count `connections`; the
 * rest belongs to the handshakes. */
struct door_source {
	struct table_node node;
	struct addr prefix; /* /32 or /64 */
	uint32_t connections;
	uint32_t pending; /* of them, in a handshake */
	/* Connections that wait for their turn, oldest first. */
	struct door_conn *parked_first;
	struct door_conn *parked_last;
	struct door_source *next_free;
};

struct door_limits {
	uint32_t all;
	uint32_t per_source;
};

struct door_caps {
	struct table table;
	struct door_source *pool;
	uint32_t pool_size;
	uint32_t pool_used; /* never used ones stay untouched memory */
	struct door_source *free;
	uint32_t connections;
	uint8_t key[HASH_KEY_BYTES];
};

/*
 * Room for `max` connections in all, so for as many prefixes: a flood from
 * ever new prefixes meets the cap in all before the table is full. 0 or an
 * errno; on an error there is nothing to close.
 */
MUST_CHECK
int door_caps_init(struct door_caps *caps, uint32_t max,
		   const uint8_t key[static HASH_KEY_BYTES]);
void door_caps_close(struct door_caps *caps);

/* REASON_OK, CONNECTIONS_SOURCE or CONNECTIONS_ALL. Changes nothing. */
MUST_CHECK
enum reason door_caps_check(const struct door_caps *caps,
			    const struct addr *peer,
			    const struct door_limits *limits);
/* Counts a connection that door_caps_check() let pass. */
struct door_source *door_caps_add(struct door_caps *caps,
				  const struct addr *peer);
/* One connection less. The source may be gone afterwards. */
void door_caps_del(struct door_caps *caps, struct door_source *source);
/* NULL when no connection of its prefix is counted. */
struct door_source *door_caps_find(const struct door_caps *caps,
				   const struct addr *peer);
