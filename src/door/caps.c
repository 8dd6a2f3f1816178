/* caps.c - counts connections by prefix in a table of fixed size */
#include "caps.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An IPv6 customer holds a /64 at least, and every address in it. */
enum { PREFIX_BITS_4 = 32, PREFIX_BITS_6 = 64 };

int door_caps_init(struct door_caps *caps, uint32_t max,
		   const uint8_t key[static HASH_KEY_BYTES])
{
	int err;

	assert(max);
	*caps = (struct door_caps){.pool_size = max};
	memcpy(caps->key, key, sizeof(caps->key));
	err = table_init(&caps->table, max);
	if (err)
		return err;
	caps->pool = calloc(max, sizeof(*caps->pool));
	if (!caps->pool) {
		table_close(&caps->table);
		return ENOMEM;
	}
	return 0;
}

void door_caps_close(struct door_caps *caps)
{
	table_close(&caps->table);
	free(caps->pool);
	caps->pool = NULL;
}

static struct addr caps_prefix(const struct addr *peer)
{
	return addr_prefix(peer, PREFIX_BITS_4, PREFIX_BITS_6);
}

static uint64_t caps_hash(const struct door_caps *caps,
			  const struct addr *prefix)
{
	uint8_t bytes[sizeof(prefix->ip) + 1];

	memcpy(bytes, prefix->ip, sizeof(prefix->ip));
	bytes[sizeof(prefix->ip)] = prefix->version;
	return hash_bytes(caps->key, bytes, sizeof(bytes));
}

static struct door_source *caps_look_up(const struct door_caps *caps,
					const struct addr *prefix,
					uint64_t hash)
{
	struct table_node *node = table_first(&caps->table, hash);

	for (; node; node = table_next(node)) {
		struct door_source *source =
			container_of(node, struct door_source, node);

		if (addr_ip_eq(&source->prefix, prefix))
			return source;
	}
	return NULL;
}

struct door_source *door_caps_find(const struct door_caps *caps,
				   const struct addr *peer)
{
	const struct addr prefix = caps_prefix(peer);

	return caps_look_up(caps, &prefix, caps_hash(caps, &prefix));
}

enum reason door_caps_check(const struct door_caps *caps,
			    const struct addr *peer,
			    const struct door_limits *limits)
{
	const struct door_source *source = door_caps_find(caps, peer);

	/* Its own cap first: that is what its administrator can mend. */
	if (source && source->connections >= limits->per_source)
		return REASON_CONNECTIONS_SOURCE;
	if (caps->connections >= limits->all ||
	    caps->connections >= caps->pool_size)
		return REASON_CONNECTIONS_ALL;
	return REASON_OK;
}

static struct door_source *source_new(struct door_caps *caps)
{
	struct door_source *source = caps->free;

	if (source) {
		caps->free = source->next_free;
	} else {
		/* A source in use has a connection, and those are capped. */
		assert(caps->pool_used < caps->pool_size);
		source = &caps->pool[caps->pool_used++];
	}
	*source = (struct door_source){0};
	return source;
}

struct door_source *door_caps_add(struct door_caps *caps,
				  const struct addr *peer)
{
	const struct addr prefix = caps_prefix(peer);
	const uint64_t hash = caps_hash(caps, &prefix);
	struct door_source *source = caps_look_up(caps, &prefix, hash);

	assert(caps->connections < caps->pool_size);
	if (!source) {
		int err;

		source = source_new(caps);
		source->prefix = prefix;
		err = table_add(&caps->table, &source->node, hash);
		assert(!err);
		(void)err;
	}
	source->connections++;
	caps->connections++;
	return source;
}

void door_caps_del(struct door_caps *caps, struct door_source *source)
{
	assert(source->connections && caps->connections);
	source->connections--;
	caps->connections--;
	if (source->connections)
		return;
	assert(!source->pending && !source->parked_first);
	table_del(&caps->table, &source->node);
	source->next_free = caps->free;
	caps->free = source;
}
