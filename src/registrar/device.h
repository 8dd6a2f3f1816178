/* device.h - a binding with its places in the tables of the set */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn_list.h"
#include "rempart/base/table.h"
#include "rempart/registrar/binding.h"

enum {
	/* Devices looked at when room is needed: a full table must not cost a
	 * walk over all of it for each REGISTER of a flood. */
	DEVICE_FORGET_TRIES = 64,
};

/* In the order of their last change of state. */
struct device_age {
	struct device *oldest;
	struct device *newest;
};

struct device {
	struct binding bnd; /* what callers see */
	struct bindings *set;
	struct table_node by_token;
	struct table_node by_user;
	struct conn_member held;     /* by bnd.conn */
	struct conn_member reserved; /* by bnd.reserved_by */
	struct device_age *age;
	struct device *older;
	struct device *newer;
	uint64_t commit_seq; /* grows with every commit of the set */
	uint32_t waiting;    /* REGISTERs of reserved_by on their way */
	bool credentials;    /* one of those carried some */
	char *contact;	     /* block of contact_uri and contact_params */
	char names[];	     /* user and instance, each with NUL */
};

struct bindings {
	struct table by_token;
	struct table by_user;
	struct conn_lists held;
	struct conn_lists reserved;
	struct device_age spare;     /* never committed, or removed */
	struct device_age committed; /* in force, or expired by time */
	uint64_t commits;
	struct mac *key;		  /* the node's */
	uint8_t slot_key[HASH_KEY_BYTES]; /* persists with key */
	uint8_t hash_key[HASH_KEY_BYTES];
};

static inline struct device *device_of(struct binding *bnd)
{
	return container_of(bnd, struct device, bnd);
}

/* The devices of a user, one after the other; NULL at the end. */
struct device *device_first(const struct bindings *set, struct span user);
struct device *device_next(const struct device *dev);

/* Unlinked from everything and freed. */
void device_free(struct device *dev);

/* To the newest place of spare or committed, as its expiry says. */
void device_touch(struct device *dev);

/* Another connection has it reserved. */
bool device_reserved(const struct device *dev, uint64_t conn, uint64_t now_us);

/* instance with reg-id as one key; "" when there is none (a reg-id alone
 * means nothing, RFC 5626 4.2.1). False when it does not fit. */
bool device_instance(char dst[static BINDING_INSTANCE_MAX],
		     const struct binding_request *req);

/* The device that a request means, by the order of binding_reserve(), or NULL
 * when it needs a new one. */
struct device *device_choose(const struct bindings *set,
			     const struct binding_request *req,
			     const char *instance, uint64_t now_us);

/* The device found for an accepted request is still that request's. */
bool device_is_for(const struct device *dev, const struct binding_request *req,
		   uint64_t now_us);

/*
 * A new device of that user in a slot of its own, where the user and the
 * table have room or can make it. NULL: no room, no memory.
 */
struct device *device_new(struct bindings *set, struct span user,
			  const char *instance, uint64_t now_us);
