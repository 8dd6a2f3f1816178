/* test_table.c - the table keeps all it was given and never passes its ceiling
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "rempart/base/table.h"

struct item {
	unsigned value;
	bool in;
	struct table_node node;
};

static struct item *item_of(struct table_node *node)
{
	return node ? container_of(node, struct item, node) : NULL;
}

static unsigned in_hash(const struct table *tab, uint64_t hash)
{
	unsigned found = 0;

	for (struct table_node *n = table_first(tab, hash); n;
	     n = table_next(n)) {
		cr_assert_eq(n->hash, hash);
		found++;
	}
	return found;
}

Test(table, refuses_a_ceiling_it_cannot_hold)
{
	struct table tab;

	cr_assert_eq(table_init(&tab, 0), EINVAL);
	cr_assert_eq(table_init(&tab, (1u << 24) + 1), EINVAL);
	cr_assert_eq(table_init(&tab, 1u << 24), 0);
	table_close(&tab);
}

Test(table, holds_exactly_its_ceiling)
{
	struct item items[4] = {0};
	struct table tab;

	cr_assert_eq(table_init(&tab, 3), 0);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(table_add(&tab, &items[i].node, i), 0);
	cr_assert_eq(table_add(&tab, &items[3].node, 3), ENOSPC);
	cr_assert_eq(tab.count, 3);
	table_del(&tab, &items[1].node);
	cr_assert_eq(table_add(&tab, &items[3].node, 3), 0);
	cr_assert_null(table_first(&tab, 1));
	cr_assert_eq(item_of(table_first(&tab, 3)), &items[3]);
	table_close(&tab);
}

Test(table, one_hash_may_stand_several_times_beside_others)
{
	struct item items[6] = {0};
	/* all of one slot of four, three of one hash */
	static const uint64_t hashes[6] = {4, 8, 4, 12, 4, 1ull << 40};
	struct table tab;

	cr_assert_eq(table_init(&tab, 6), 0);
	for (unsigned i = 0; i < 6; i++)
		cr_assert_eq(table_add(&tab, &items[i].node, hashes[i] * 2), 0);
	cr_assert_eq(in_hash(&tab, 8), 3);
	cr_assert_eq(in_hash(&tab, 16), 1);
	cr_assert_eq(in_hash(&tab, 0), 0);
	table_del(&tab, &items[2].node);
	cr_assert_eq(in_hash(&tab, 8), 2);
	cr_assert_eq(in_hash(&tab, 1ull << 41), 1);
	table_close(&tab);
}

Test(table, a_walk_gives_each_node_once_while_it_is_emptied)
{
	enum { ITEMS = 1000 };
	static struct item items[ITEMS];
	struct table_walk walk = {0};
	struct table tab;
	struct item *item;
	unsigned seen = 0;

	cr_assert_eq(table_init(&tab, ITEMS), 0);
	for (unsigned i = 0; i < ITEMS; i++) {
		items[i].in = true;
		cr_assert_eq(table_add(&tab, &items[i].node, i * 2654435761u),
			     0);
	}
	while ((item = item_of(table_walk(&tab, &walk)))) {
		cr_assert(item->in);
		item->in = false;
		table_del(&tab, &item->node);
		memset(&item->node, 0xff, sizeof(item->node));
		seen++;
	}
	cr_assert_eq(seen, ITEMS);
	cr_assert_eq(tab.count, 0);
	cr_assert_null(table_walk(&tab, &walk));
	table_close(&tab);
}

Test(table, agrees_with_a_plain_list_over_random_work)
{
	enum { ITEMS = 64, STEPS = 50000 };
	struct item items[ITEMS] = {0};
	struct table tab;
	uint32_t seed = 1;
	unsigned count = 0;

	cr_assert_eq(table_init(&tab, ITEMS / 2), 0);
	for (unsigned step = 0; step < STEPS; step++) {
		struct item *item;

		seed = seed * 1664525 + 1013904223;
		item = &items[seed >> 26];
		if (item->in) {
			table_del(&tab, &item->node);
			item->in = false;
			count--;
		} else {
			const uint64_t hash = seed >> 20 & 15;
			const int err = table_add(&tab, &item->node, hash);

			cr_assert_eq(err, count < ITEMS / 2 ? 0 : ENOSPC);
			item->in = !err;
			count += !err;
		}
		cr_assert_eq(tab.count, count);
		if (step % 64)
			continue;
		unsigned sum = 0;
		for (uint64_t hash = 0; hash < 16; hash++)
			sum += in_hash(&tab, hash);
		cr_assert_eq(sum, count);
	}
	table_close(&tab);
}

Test(table, deleting_what_is_not_there_is_our_mistake, .signal = SIGABRT)
{
	struct item item = {0};
	struct table tab;

	cr_assert_eq(table_init(&tab, 2), 0);
	table_del(&tab, &item.node);
}
