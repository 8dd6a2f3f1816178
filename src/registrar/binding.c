/* binding.c - the binding table: reserve, commit, look up */
#include "rempart/registrar/binding.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

enum { BINDINGS_MAX = 1000000 };

static const uint64_t US_PER_S = 1000000;

/* Slots of instances outlive a restart with the node's key, and nobody else
 * can aim one device at another's slot. */
static int slot_key_init(uint8_t dst[static HASH_KEY_BYTES], struct mac *key)
{
	static const char label[] = "instance slot";
	const struct span part = span_of(label, sizeof(label));
	uint8_t hash[MAC_BYTES];
	int err = mac_make(key, hash, &part, 1);

	if (!err)
		memcpy(dst, hash, HASH_KEY_BYTES);
	OPENSSL_cleanse(hash, sizeof(hash));
	return err;
}

int bindings_open(struct bindings **out, size_t max,
		  const uint8_t key[static MAC_KEY_BYTES],
		  const uint8_t hash_key[static 16])
{
	struct bindings *set;
	int err;

	if (!max || max > BINDINGS_MAX)
		return EINVAL;
	set = calloc(1, sizeof(*set));
	if (!set)
		return ENOMEM;
	memcpy(set->hash_key, hash_key, HASH_KEY_BYTES);
	err = mac_open(&set->key, key);
	if (!err)
		err = slot_key_init(set->slot_key, set->key);
	if (!err)
		err = table_init(&set->by_token, max);
	if (!err)
		err = table_init(&set->by_user, max);
	if (!err)
		err = conn_lists_init(&set->held, max, hash_key);
	if (!err)
		err = conn_lists_init(&set->reserved, max, hash_key);
	if (err) {
		bindings_close(set);
		return err;
	}
	*out = set;
	return 0;
}

void bindings_close(struct bindings *set)
{
	if (!set)
		return;
	while (set->spare.oldest)
		device_free(set->spare.oldest);
	while (set->committed.oldest)
		device_free(set->committed.oldest);
	conn_lists_close(&set->reserved);
	conn_lists_close(&set->held);
	table_close(&set->by_user);
	table_close(&set->by_token);
	mac_close(set->key);
	OPENSSL_cleanse(set, sizeof(*set));
	free(set);
}

size_t bindings_count(const struct bindings *set)
{
	return set->by_token.count;
}

static bool fits(struct span s, size_t cap)
{
	return s.len < cap && (!s.len || !memchr(s.p, '\0', s.len));
}

static void conn_set(struct device *dev, uint64_t conn)
{
	dev->bnd.conn = conn;
	conn_lists_put(&dev->set->held, &dev->held, conn);
}

static void reserved_set(struct device *dev, uint64_t conn)
{
	dev->bnd.reserved_by = conn;
	conn_lists_put(&dev->set->reserved, &dev->reserved, conn);
}

/*
 * One reservation is remembered: who had one first keeps it, but for
 * credentials and for the connection that holds the slot. So a stranger's
 * REGISTER takes nothing from a phone between its two.
 */
static void remember(struct device *dev, const struct binding_request *req,
		     uint64_t now_us)
{
	bool other = device_reserved(dev, req->conn, now_us);

	if (other && !req->credentials && dev->bnd.conn != req->conn)
		return;
	if (other || dev->bnd.reserved_by != req->conn ||
	    dev->bnd.reserved_until_us <= now_us) {
		dev->waiting = 0;
		dev->credentials = false;
	}
	dev->waiting++;
	dev->credentials |= req->credentials;
	dev->bnd.reserved_until_us = now_us + BINDING_RESERVE_S * US_PER_S;
	reserved_set(dev, req->conn);
}

struct verdict binding_reserve(struct bindings *set,
			       const struct binding_request *req,
			       uint64_t now_us, struct binding **out)
{
	char instance[BINDING_INSTANCE_MAX];
	struct device *dev;

	assert(req->conn);
	if (!req->user.len || !fits(req->user, BINDING_USER_MAX))
		return verdict_reject(REASON_REGISTER_CONTACT,
				      "no user in To, or a too long one");
	if (!fits(req->contact.text, BINDING_CONTACT_MAX) ||
	    !fits(req->contact_params, BINDING_CONTACT_MAX) ||
	    !device_instance(instance, req))
		return verdict_reject(REASON_REGISTER_CONTACT,
				      "Contact or +sip.instance is too long");

	dev = device_choose(set, req, instance, now_us);
	if (!dev)
		dev = device_new(set, req->user, instance, now_us);
	if (!dev)
		return verdict_reject(REASON_BINDINGS_FULL, NULL);

	remember(dev, req, now_us);
	*out = &dev->bnd;
	return verdict_pass();
}

void binding_release(struct binding *bnd, uint64_t conn)
{
	struct device *dev = device_of(bnd);

	if (bnd->reserved_by != conn)
		return;
	dev->waiting -= dev->waiting > 0;
	if (!dev->waiting)
		reserved_set(dev, 0);
}

static void end(struct device *dev)
{
	dev->bnd.expires_us = 0;
	conn_set(dev, 0);
	device_touch(dev);
}

/* URI and parameters in one block of their size; most refreshes change
 * nothing. */
static bool contact_set(struct device *dev, struct span uri, struct span params)
{
	char *block;

	if (span_eq(span_str(dev->bnd.contact_uri), uri) &&
	    span_eq(span_str(dev->bnd.contact_params), params))
		return true;
	block = calloc(1, uri.len + 1 + params.len + 1);
	if (!block)
		return false;
	if (uri.len)
		memcpy(block, uri.p, uri.len);
	if (params.len)
		memcpy(block + uri.len + 1, params.p, params.len);
	free(dev->contact);
	dev->contact = block;
	dev->bnd.contact_uri = block;
	dev->bnd.contact_params = block + uri.len + 1;
	return true;
}

bool binding_commit(struct bindings *set, struct binding *bnd,
		    const struct binding_request *req, uint32_t expires_s,
		    uint64_t now_us)
{
	struct device *dev = device_of(bnd);

	assert(dev->set == set && req->conn);
	assert(fits(req->contact.text, BINDING_CONTACT_MAX));
	assert(fits(req->contact_params, BINDING_CONTACT_MAX));
	if (!device_is_for(dev, req, now_us))
		return false;
	/* Who else had reserved it finds out that it is given away. */
	if (bnd->reserved_by == req->conn)
		binding_release(bnd, req->conn);
	else
		reserved_set(dev, 0);
	bnd->source = req->source;
	if (!contact_set(dev, req->contact.text, req->contact_params) ||
	    !expires_s) {
		end(dev);
		return true;
	}
	bnd->expires_us = now_us + expires_s * US_PER_S;
	dev->commit_seq = ++set->commits;
	conn_set(dev, req->conn);
	device_touch(dev);
	return true;
}

void bindings_remove_user(struct bindings *set, struct span user)
{
	struct device *dev;

	for (dev = device_first(set, user); dev; dev = device_next(dev))
		end(dev);
}

struct binding *binding_find(struct bindings *set, const struct token *token)
{
	uint64_t hash = hash_bytes(set->hash_key, token->text, TOKEN_TEXT_LEN);
	struct table_node *node = table_first(&set->by_token, hash);

	for (; node; node = table_next(node)) {
		struct device *dev =
			container_of(node, struct device, by_token);

		if (token_eq(&dev->bnd.token, token))
			return &dev->bnd;
	}
	return NULL;
}

bool binding_live(const struct binding *bnd, uint64_t now_us)
{
	return bnd->conn && bnd->expires_us > now_us;
}

struct binding *binding_of_conn(struct bindings *set, uint64_t conn,
				uint64_t now_us)
{
	struct conn_member *member = conn_lists_first(&set->held, conn);

	for (; member; member = member->next) {
		struct device *dev = container_of(member, struct device, held);

		if (binding_live(&dev->bnd, now_us))
			return &dev->bnd;
	}
	return NULL;
}

struct binding *binding_of_user_conn(struct bindings *set, struct span user,
				     uint64_t conn, uint64_t now_us)
{
	struct device *dev;

	for (dev = device_first(set, user); dev; dev = device_next(dev)) {
		if (dev->bnd.conn == conn && binding_live(&dev->bnd, now_us))
			return &dev->bnd;
	}
	return NULL;
}

size_t bindings_of_user(struct bindings *set, struct span user, uint64_t now_us,
			struct binding **out, size_t max)
{
	struct device *dev;
	size_t count = 0;

	for (dev = device_first(set, user); dev; dev = device_next(dev)) {
		size_t at = count;

		if (!binding_live(&dev->bnd, now_us))
			continue;
		/* Newest first: the older ones make room behind it. */
		while (at &&
		       device_of(out[at - 1])->commit_seq < dev->commit_seq) {
			if (at < max)
				out[at] = out[at - 1];
			at--;
		}
		if (at < max)
			out[at] = &dev->bnd;
		if (count < max)
			count++;
	}
	return count;
}

void bindings_conn_closed(struct bindings *set, uint64_t conn)
{
	struct conn_member *member;

	if (!conn)
		return;
	while ((member = conn_lists_first(&set->held, conn)))
		conn_set(container_of(member, struct device, held), 0);
	while ((member = conn_lists_first(&set->reserved, conn)))
		reserved_set(container_of(member, struct device, reserved), 0);
}
