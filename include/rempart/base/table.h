/* table.h - hash table of the caller's nodes, with a ceiling fixed at start */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rempart/base/check.h"

/* Stands inside the caller's struct; the caller owns and frees that. */
struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **slots;
	size_t mask;
	size_t count;
	size_t max;
};

/* Room for max nodes, allocated at once (max <= 2^24). Returns 0, EINVAL or
 * ENOMEM. Close frees the slots, never the nodes. */
MUST_CHECK
int table_init(struct table *tab, size_t max);
void table_close(struct table *tab);

/* Returns 0, or ENOSPC when the ceiling is reached. The node must not be in
 * a table. Same hash twice is allowed: the caller compares keys. */
MUST_CHECK
int table_add(struct table *tab, struct table_node *node, uint64_t hash);

/* The node must be in this table. */
void table_del(struct table *tab, struct table_node *node);

/* Nodes of one hash, one after the other; NULL at the end. */
struct table_node *table_first(const struct table *tab, uint64_t hash);
struct table_node *table_next(const struct table_node *node);

/*
 * Walks all nodes: *cursor starts at 0; NULL at the end. The node that was
 * returned may be deleted before the next call, no other.
 */
struct table_walk {
	size_t slot;
	struct table_node *next;
};
struct table_node *table_walk(const struct table *tab, struct table_walk *walk);

#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
