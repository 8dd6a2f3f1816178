/*
 * passage.c - the table of passages
 *
 * A passage is one INVITE or SUBSCRIBE through the edge, found by its number
 * and never by its Call-ID: a request that comes back from the PBX with the
 * same Call-ID and From tag is a second passage (RFC 3261 16.3, a spiral).
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "rempart/proxy/passage.h"
#include "copy.h"

struct passages {
	struct table table;
};

/* Numbers are ours, no stranger aims them; this only spreads them. */
static uint64_t number_hash(uint64_t number)
{
	number ^= number >> 32;
	number *= 0x9e3779b97f4a7c15u;
	return number ^ number >> 32;
}

static struct passage *passage_of(struct table_node *node)
{
	return node ? container_of(node, struct passage, node) : NULL;
}

/* One that stands in no table. */
static void passage_release(struct passage *pas)
{
	while (pas->dialogs)
		dialog_free(pas, pas->dialogs);
	free(pas->call_id);
	free(pas->from_tag);
	free(pas->caller_target);
	free(pas->caller_route);
	free(pas);
}

int passages_open(struct passages **out, size_t max)
{
	struct passages *set = calloc(1, sizeof(*set));

	if (!set)
		return ENOMEM;

	int err = table_init(&set->table, max);
	if (err) {
		free(set);
		return err;
	}
	*out = set;
	return 0;
}

void passages_close(struct passages *set)
{
	struct table_walk walk = {0};
	struct passage *pas;

	if (!set)
		return;
	while ((pas = passage_walk(set, &walk)))
		passage_free(set, pas);
	assert(!set->table.count);
	table_close(&set->table);
	free(set);
}

size_t passages_count(const struct passages *set)
{
	return set->table.count;
}

static int passage_fill(struct passage *pas, const struct sip_message *req)
{
	pas->call_id = copy_span(req->call_id);
	pas->from_tag = copy_span(req->from_tag);
	pas->caller_target = copy_contact(req);
	pas->caller_route = copy_record_route(req);
	pas->first_cseq = req->cseq;

	bool all = pas->call_id && pas->from_tag && pas->caller_target &&
		   pas->caller_route;
	return all ? 0 : ENOMEM;
}

int passage_new(struct passages *set, uint64_t number, enum passage_kind kind,
		const struct sip_message *req, struct passage **out)
{
	assert(req->is_request);

	if (passage_find(set, number))
		return EEXIST;
	if (set->table.count >= set->table.max)
		return ENOSPC;

	struct passage *pas = calloc(1, sizeof(*pas));
	if (!pas)
		return ENOMEM;
	pas->number = number;
	pas->kind = kind;

	int err = passage_fill(pas, req);
	if (err)
		goto out;
	err = table_add(&set->table, &pas->node, number_hash(number));
	if (err)
		goto out;
	*out = pas;
	return 0;
out:
	passage_release(pas);
	return err;
}

struct passage *passage_find(struct passages *set, uint64_t number)
{
	struct table_node *node = table_first(&set->table, number_hash(number));

	while (node && passage_of(node)->number != number)
		node = table_next(node);
	return passage_of(node);
}

void passage_free(struct passages *set, struct passage *pas)
{
	if (!pas)
		return;
	table_del(&set->table, &pas->node);
	passage_release(pas);
}

struct passage *passage_walk(struct passages *set, struct table_walk *walk)
{
	return passage_of(table_walk(&set->table, walk));
}
