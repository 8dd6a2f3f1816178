/* conn_list.c - lists by connection, reached through one table */
#include "conn_list.h"

#include <assert.h>
#include <string.h>

int conn_lists_init(struct conn_lists *lists, size_t max,
		    const uint8_t hash_key[static HASH_KEY_BYTES])
{
	memcpy(lists->hash_key, hash_key, HASH_KEY_BYTES);
	return table_init(&lists->first, max);
}

void conn_lists_close(struct conn_lists *lists)
{
	table_close(&lists->first);
}

static uint64_t conn_hash(const struct conn_lists *lists, uint64_t conn)
{
	return hash_bytes(lists->hash_key, &conn, sizeof(conn));
}

struct conn_member *conn_lists_first(const struct conn_lists *lists,
				     uint64_t conn)
{
	struct table_node *node =
		table_first(&lists->first, conn_hash(lists, conn));

	for (; node; node = table_next(node)) {
		struct conn_member *member =
			container_of(node, struct conn_member, node);

		if (member->conn == conn)
			return member;
	}
	return NULL;
}

/* Members are at most as many as the table's places. */
static void to_table(struct conn_lists *lists, struct conn_member *member)
{
	int err = table_add(&lists->first, &member->node,
			    conn_hash(lists, member->conn));

	assert(!err);
	(void)err;
}

static void take_out(struct conn_lists *lists, struct conn_member *member)
{
	struct conn_member *first = conn_lists_first(lists, member->conn);

	assert(first);
	if (member == first) {
		table_del(&lists->first, &member->node);
		if (member->next) {
			member->next->prev = member->prev;
			to_table(lists, member->next);
		}
	} else {
		member->prev->next = member->next;
		if (member->next)
			member->next->prev = member->prev;
		else
			first->prev = member->prev;
	}
	member->conn = 0;
	member->prev = NULL;
	member->next = NULL;
}

void conn_lists_put(struct conn_lists *lists, struct conn_member *member,
		    uint64_t conn)
{
	struct conn_member *first;

	if (member->conn == conn)
		return;
	if (member->conn)
		take_out(lists, member);
	if (!conn)
		return;
	first = conn_lists_first(lists, conn);
	member->conn = conn;
	member->next = NULL;
	if (!first) {
		member->prev = member;
		to_table(lists, member);
		return;
	}
	member->prev = first->prev;
	first->prev->next = member;
	first->prev = member;
}
