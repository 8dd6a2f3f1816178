/* conn_list.h - what belongs to one connection, oldest first */
#pragma once

#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/hash.h"
#include "rempart/base/table.h"

/*
 * Stands inside the caller's struct. The first of a connection's members
 * stands in the table, the others hang behind it: every step is constant
 * time, however many members one connection has.
 */
struct conn_member {
	struct table_node node;	  /* in the table when first */
	struct conn_member *prev; /* of the first: the last */
	struct conn_member *next; /* of the last: NULL */
	uint64_t conn;		  /* 0: in no list */
};

struct conn_lists {
	struct table first;
	uint8_t hash_key[HASH_KEY_BYTES];
};

/* max: members in all. Returns 0, EINVAL or ENOMEM. */
MUST_CHECK
int conn_lists_init(struct conn_lists *lists, size_t max,
		    const uint8_t hash_key[static HASH_KEY_BYTES]);
void conn_lists_close(struct conn_lists *lists);

/* Moves a member to the end of that connection's list; stays where it is when
 * it is in it already. conn 0 takes it out. */
void conn_lists_put(struct conn_lists *lists, struct conn_member *member,
		    uint64_t conn);

/* NULL when the connection has none; the next by ->next. */
struct conn_member *conn_lists_first(const struct conn_lists *lists,
				     uint64_t conn);
