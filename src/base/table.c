/* table.c - chained hash table that never grows */
#include "rempart/base/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { TABLE_MAX = 1 << 24 };

int table_init(struct table *tab, size_t max)
{
	struct table_node **slots;
	size_t size = 1;

	if (!max || max > TABLE_MAX)
		return EINVAL;
	while (size < max)
		size <<= 1;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return ENOMEM;
	*tab = (struct table){.slots = slots, .mask = size - 1, .max = max};
	return 0;
}

void table_close(struct table *tab)
{
	free(tab->slots);
	*tab = (struct table){0};
}

int table_add(struct table *tab, struct table_node *node, uint64_t hash)
{
	struct table_node **slot;

	assert(tab->slots && node);
	if (tab->count >= tab->max)
		return ENOSPC;
	slot = &tab->slots[hash & tab->mask];
	node->hash = hash;
	node->next = *slot;
	*slot = node;
	tab->count++;
	return 0;
}

void table_del(struct table *tab, struct table_node *node)
{
	struct table_node **at = &tab->slots[node->hash & tab->mask];

	while (*at && *at != node)
		at = &(*at)->next;
	assert(*at == node && tab->count);
	*at = node->next;
	node->next = NULL;
	tab->count--;
}

/* A slot holds nodes of several hashes. */
static struct table_node *of_hash(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct table_node *table_first(const struct table *tab, uint64_t hash)
{
	return of_hash(tab->slots[hash & tab->mask], hash);
}

struct table_node *table_next(const struct table_node *node)
{
	return of_hash(node->next, node->hash);
}

struct table_node *table_walk(const struct table *tab, struct table_walk *walk)
{
	struct table_node *node = walk->next;

	while (!node && tab->slots && walk->slot <= tab->mask)
		node = tab->slots[walk->slot++];
	walk->next = node ? node->next : NULL;
	return node;
}
