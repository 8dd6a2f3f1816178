/* device.c - devices of the set: slots, names, and who makes room */
#include "device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Slots of devices with an instance stand apart from the counted ones. */
static const uint32_t SLOT_OF_INSTANCE = 1u << 31;

static uint64_t user_hash(const struct bindings *set, struct span user)
{
	return hash_bytes(set->hash_key, user.p, user.len);
}

static struct device *of_user(struct table_node *node, struct span user)
{
	for (; node; node = table_next(node)) {
		struct device *dev = container_of(node, struct device, by_user);

		if (span_eq(span_str(dev->bnd.user), user))
			return dev;
	}
	return NULL;
}

struct device *device_first(const struct bindings *set, struct span user)
{
	return of_user(table_first(&set->by_user, user_hash(set, user)), user);
}

struct device *device_next(const struct device *dev)
{
	return of_user(table_next(&dev->by_user), span_str(dev->bnd.user));
}

static void age_leave(struct device *dev)
{
	struct device_age *age = dev->age;

	if (!age)
		return;
	if (dev->older)
		dev->older->newer = dev->newer;
	else
		age->oldest = dev->newer;
	if (dev->newer)
		dev->newer->older = dev->older;
	else
		age->newest = dev->older;
	dev->age = NULL;
	dev->older = NULL;
	dev->newer = NULL;
}

void device_touch(struct device *dev)
{
	struct device_age *age =
		dev->bnd.expires_us ? &dev->set->committed : &dev->set->spare;

	age_leave(dev);
	dev->age = age;
	dev->older = age->newest;
	if (age->newest)
		age->newest->newer = dev;
	else
		age->oldest = dev;
	age->newest = dev;
}

void device_free(struct device *dev)
{
	struct bindings *set = dev->set;

	age_leave(dev);
	conn_lists_put(&set->held, &dev->held, 0);
	conn_lists_put(&set->reserved, &dev->reserved, 0);
	table_del(&set->by_token, &dev->by_token);
	table_del(&set->by_user, &dev->by_user);
	free(dev->contact);
	free(dev);
}

bool device_reserved(const struct device *dev, uint64_t conn, uint64_t now_us)
{
	return dev->bnd.reserved_by && dev->bnd.reserved_by != conn &&
	       dev->bnd.reserved_until_us > now_us;
}

bool device_instance(char dst[static BINDING_INSTANCE_MAX],
		     const struct binding_request *req)
{
	size_t len = req->instance.len;

	dst[0] = '\0';
	if (!len)
		return true;
	if (!span_copy(dst, BINDING_INSTANCE_MAX, req->instance))
		return false;
	if (req->reg_id.len) {
		if (len + 1 >= BINDING_INSTANCE_MAX)
			return false;
		dst[len++] = ';';
		if (!span_copy(dst + len, BINDING_INSTANCE_MAX - len,
			       req->reg_id))
			return false;
		len += req->reg_id.len;
	}
	return !memchr(dst, '\0', len);
}

/* The first that holds wins. */
enum fit {
	FIT_THIS_CONN,
	FIT_THIS_RESERVED, /* as above, not yet accepted */
	FIT_CONTACT,
	FIT_GONE,
	FIT_NONE
};

/* A REGISTER without credentials is anybody's. */
static bool taken(const struct device *dev, uint64_t conn, uint64_t now_us)
{
	return dev->credentials && device_reserved(dev, conn, now_us);
}

/* A phone that reconnects comes from another port, and says so. */
static bool same_but_port(const struct binding *bnd,
			  const struct sip_uri *contact)
{
	struct sip_uri known;
	struct sip_uri now = *contact;

	if (sip_uri_parse(&known, span_str(bnd->contact_uri)))
		return false;
	known.port = 0;
	now.port = 0;
	return sip_uri_same_target(&known, &now);
}

static enum fit fit_of(const struct device *dev,
		       const struct binding_request *req, uint64_t now_us)
{
	const struct binding *bnd = &dev->bnd;
	bool gone = !bnd->conn;

	if (bnd->conn == req->conn)
		return FIT_THIS_CONN;
	if (bnd->reserved_by == req->conn)
		return FIT_THIS_RESERVED;
	if (taken(dev, req->conn, now_us))
		return FIT_NONE;
	if ((gone || addr_ip_eq(&bnd->source, &req->source)) &&
	    same_but_port(bnd, &req->contact))
		return FIT_CONTACT;
	/* Two phones that come at once, both not yet challenged, get two. */
	return gone && !device_reserved(dev, req->conn, now_us) ? FIT_GONE
								: FIT_NONE;
}

static bool better(enum fit fit, enum fit best_fit, const struct device *dev,
		   const struct device *best)
{
	if (fit == FIT_NONE)
		return false;
	if (fit != best_fit)
		return fit < best_fit;
	return dev->bnd.slot < best->bnd.slot;
}

struct device *device_choose(const struct bindings *set,
			     const struct binding_request *req,
			     const char *instance, uint64_t now_us)
{
	struct device *best = NULL;
	enum fit best_fit = FIT_NONE;
	struct device *dev;

	for (dev = device_first(set, req->user); dev; dev = device_next(dev)) {
		enum fit fit;

		/* With "" on both sides: devices without an instance. */
		if (strcmp(dev->bnd.instance, instance) != 0)
			continue;
		if (instance[0])
			return dev;
		fit = fit_of(dev, req, now_us);
		if (better(fit, best_fit, dev, best)) {
			best = dev;
			best_fit = fit;
		}
	}
	return best;
}

bool device_is_for(const struct device *dev, const struct binding_request *req,
		   uint64_t now_us)
{
	char instance[BINDING_INSTANCE_MAX];

	if (!span_eq(span_str(dev->bnd.user), req->user) ||
	    !device_instance(instance, req) ||
	    strcmp(dev->bnd.instance, instance) != 0)
		return false;
	if (instance[0] || fit_of(dev, req, now_us) != FIT_NONE)
		return true;
	/* Reserved by another one without credentials: that is no claim
	 * against one that the registrar accepted. */
	return !dev->bnd.conn && !taken(dev, req->conn, now_us);
}

/* Who makes room, the first one first. */
enum room {
	ROOM_FREE,     /* not in force, nobody asks for it */
	ROOM_UNPROVEN, /* not in force, reserved without credentials */
	ROOM_GONE,     /* in force, but the phone is away */
	ROOM_CLAIMED,  /* reserved with credentials that may be anybody's */
	ROOM_NONE
};

static enum room room_of(const struct device *dev, uint64_t now_us)
{
	const struct binding *bnd = &dev->bnd;

	if (binding_live(bnd, now_us))
		return ROOM_NONE;
	if (taken(dev, 0, now_us))
		return binding_of_user_conn(dev->set, span_str(bnd->user),
					    bnd->reserved_by, now_us)
			       ? ROOM_NONE
			       : ROOM_CLAIMED;
	if (bnd->expires_us > now_us)
		return ROOM_GONE;
	return device_reserved(dev, 0, now_us) ? ROOM_UNPROVEN : ROOM_FREE;
}

/* Of one list: the oldest that is not in force and makes room as that or
 * sooner, or false after some tries. Those that are still needed go to the
 * end, so the next call looks at others. */
static bool forget_from(struct device_age *age, enum room room, uint64_t now_us)
{
	for (int i = 0; i < DEVICE_FORGET_TRIES && age->oldest; i++) {
		struct device *dev = age->oldest;

		if (dev->bnd.expires_us <= now_us &&
		    room_of(dev, now_us) <= room) {
			device_free(dev);
			return true;
		}
		device_touch(dev);
	}
	return false;
}

static bool table_has_room(struct bindings *set, uint64_t now_us)
{
	return set->by_token.count < set->by_token.max ||
	       forget_from(&set->spare, ROOM_FREE, now_us) ||
	       forget_from(&set->committed, ROOM_FREE, now_us) ||
	       forget_from(&set->spare, ROOM_UNPROVEN, now_us) ||
	       forget_from(&set->spare, ROOM_CLAIMED, now_us);
}

/* What ended, will end or was reserved first. */
static bool sooner(const struct device *dev, const struct device *than,
		   enum room room)
{
	if (room == ROOM_UNPROVEN || room == ROOM_CLAIMED)
		return dev->bnd.reserved_until_us < than->bnd.reserved_until_us;
	return dev->bnd.expires_us < than->bnd.expires_us;
}

/* Of a user whose slots are all known, one makes room, unless a phone is
 * reached there. */
static bool user_has_room(struct bindings *set, struct span user,
			  uint64_t now_us)
{
	enum room victim_room = ROOM_NONE;
	struct device *victim = NULL;
	struct device *dev;
	size_t count = 0;

	for (dev = device_first(set, user); dev; dev = device_next(dev)) {
		enum room room = room_of(dev, now_us);

		count++;
		if (room > victim_room || room == ROOM_NONE)
			continue;
		if (room < victim_room || sooner(dev, victim, room)) {
			victim = dev;
			victim_room = room;
		}
	}
	if (count < BINDING_SLOTS_MAX)
		return true;
	if (!victim)
		return false;
	device_free(victim);
	return true;
}

static bool slot_used(const struct bindings *set, struct span user,
		      uint32_t slot)
{
	const struct device *dev;

	for (dev = device_first(set, user); dev; dev = device_next(dev)) {
		if (dev->bnd.slot == slot)
			return true;
	}
	return false;
}

/*
 * The slot makes the TOKEN, and that must be the same after a restart, when
 * devices come back in any order. So an instance gives its own slot; only
 * those without one are counted.
 */
static uint32_t slot_free(const struct bindings *set, struct span user,
			  const char *instance)
{
	uint32_t slot = 0;

	if (instance[0])
		slot = SLOT_OF_INSTANCE |
		       (uint32_t)hash_bytes(set->slot_key, instance,
					    strlen(instance));
	while (slot_used(set, user, slot))
		slot = instance[0] ? SLOT_OF_INSTANCE | (slot + 1) : slot + 1;
	return slot;
}

static void link_in(struct bindings *set, struct device *dev)
{
	const struct binding *bnd = &dev->bnd;
	int err;

	err = table_add(
		&set->by_token, &dev->by_token,
		hash_bytes(set->hash_key, bnd->token.text, TOKEN_TEXT_LEN));
	err |= table_add(&set->by_user, &dev->by_user,
			 user_hash(set, span_str(bnd->user)));
	assert(!err);
	(void)err;
	device_touch(dev);
}

struct device *device_new(struct bindings *set, struct span user,
			  const char *instance, uint64_t now_us)
{
	size_t instance_size = strlen(instance) + 1;
	struct device *dev;
	char *names;

	if (!user_has_room(set, user, now_us) || !table_has_room(set, now_us))
		return NULL;
	dev = calloc(1, sizeof(*dev) + user.len + 1 + instance_size);
	if (!dev)
		return NULL;
	names = dev->names;
	memcpy(names, user.p, user.len);
	memcpy(names + user.len + 1, instance, instance_size);
	dev->set = set;
	dev->bnd.user = names;
	dev->bnd.instance = names + user.len + 1;
	dev->bnd.contact_uri = "";
	dev->bnd.contact_params = "";
	dev->bnd.slot = slot_free(set, user, instance);
	token_make(&dev->bnd.token, set->key, user, dev->bnd.slot);
	if (!dev->bnd.token.text[0]) {
		free(dev);
		return NULL;
	}
	link_in(set, dev);
	return dev;
}
