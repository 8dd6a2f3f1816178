/* binding.h - which connection a user's device is reached by (RFC 3261 10,
 * 5626) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rempart/base/addr.h"
#include "rempart/base/span.h"
#include "rempart/base/verdict.h"
#include "rempart/registrar/token.h"
#include "rempart/sip/uri.h"
#include "rempart/base/check.h"

enum {
	BINDING_USER_MAX = 64,
	BINDING_INSTANCE_MAX = 96, /* +sip.instance with reg-id */
	BINDING_CONTACT_MAX = 512, /* URI and parameters of a phone's Contact */
	BINDING_SLOTS_MAX = 10,	   /* devices of one user */
	/* Longer than a registrar that is well takes, challenge included. */
	BINDING_RESERVE_S = 10,
};

/*
 * A binding is a user and a device. It is reserved by a REGISTER and
 * committed when the registrar has accepted it; only a committed one is
 * reachable. Its slot and TOKEN outlive its connection, so that a phone that
 * comes back gets the same name.
 */
struct binding {
	struct token token;
	uint32_t slot;
	/* Exactly sized and owned by the set: an idle phone must stay small.
	 * Never NULL; contact_* change with a commit. */
	const char *user;
	const char *instance;	    /* "" when the phone gave none */
	const char *contact_uri;    /* the phone's own */
	const char *contact_params; /* q, instance, ... */
	struct addr source;
	uint64_t conn;	      /* 0: not connected */
	uint64_t expires_us;  /* 0: never committed, or removed */
	uint64_t reserved_by; /* connection of a REGISTER on its way, or 0;
			       * of several the one that counts most */
	uint64_t reserved_until_us;
};

struct bindings;

/* max: bindings in all, 1..1000000. key: the node's, copied. 0, EINVAL,
 * ENOMEM, or EIO when the crypto library fails. */
MUST_CHECK
int bindings_open(struct bindings **out, size_t max,
		  const uint8_t key[static MAC_KEY_BYTES],
		  const uint8_t hash_key[static 16]);
void bindings_close(struct bindings *set);
/* Slots known, in whatever state: what max bounds. */
size_t bindings_count(const struct bindings *set);

struct binding_request {
	struct span user;     /* of the AoR, as in To */
	struct span instance; /* value of +sip.instance, or empty */
	struct span reg_id;   /* or empty */
	struct sip_uri contact;
	struct span contact_params;
	uint64_t conn;
	struct addr source;
	bool credentials; /* given; whether they are good is not known yet */
};

/*
 * Chooses the slot for one Contact of a REGISTER and reserves it for that
 * connection for BINDING_RESERVE_S. By instance and reg-id where given; else
 * the slot already used on this connection; one whose Contact is equal but
 * for the port, if its connection is gone or comes from the same source
 * address; one whose connection is gone and that nobody else has reserved; a
 * new one. So a REGISTER and its repetition with credentials on the same
 * connection get the same slot, and the registrar sees one TOKEN.
 *
 * Anybody can send a REGISTER, so a reservation keeps nobody out: a device
 * with an instance has one slot, whoever asks for it, and the last REGISTER
 * that the registrar accepts wins; a connection gets the slot that it holds in
 * any case. Without an instance, a slot that another connection reserved with
 * credentials is left alone and another one taken. Nothing of a committed
 * binding changes here. Returns PASS, or BINDINGS_FULL (each slot of the user
 * is live, or on its way by a connection where that user is registered; or
 * the whole table is full), or REGISTER_CONTACT (too long, no user).
 *
 * Each reservation ends with one binding_commit() or binding_release(), or
 * after BINDING_RESERVE_S. *out, as any pointer to a binding, is valid until
 * the next binding_reserve(), which may forget slots: who needs a binding for
 * longer keeps its TOKEN and looks it up again, and finds none, the binding,
 * or the slot in the hands of another one, which binding_commit() tells
 * apart. A full table forgets slots that are removed, expired or were never
 * committed, never a registration in force. Of a full user, a slot that is
 * not live makes room. In both, what is only reserved makes room after what
 * is not, without credentials first.
 */
MUST_CHECK
struct verdict binding_reserve(struct bindings *set,
			       const struct binding_request *req,
			       uint64_t now_us, struct binding **out);

/*
 * The registrar accepted: Contact, connection and expiry of the request take
 * effect on the binding. expires_s 0 removes it (its slot stays known while
 * the table has room). A binding that another connection held moves. Only
 * for a connection that is still open. Without memory for the Contact the
 * binding is removed.
 *
 * The request is that of binding_reserve(), and may come any time later with
 * the binding that its TOKEN finds. False, and nothing changes: the slot is
 * not this request's any more, as it is of another user or instance, or
 * (without an instance) another connection has registered there meanwhile, or
 * has reserved it with credentials. Without that a reservation that ran out
 * does no harm.
 */
bool binding_commit(struct bindings *set, struct binding *bnd,
		    const struct binding_request *req, uint32_t expires_s,
		    uint64_t now_us);

/* The registrar refused, or did not answer. Another connection's reservation
 * stays. */
void binding_release(struct binding *bnd, uint64_t conn);

/* All of a user's bindings end (Contact: *). */
void bindings_remove_user(struct bindings *set, struct span user);

/* Any state; NULL when unknown. */
struct binding *binding_find(struct bindings *set, const struct token *token);
/* In force and connected: a request can be sent there. */
bool binding_live(const struct binding *bnd, uint64_t now_us);

/* The first live binding on a connection: the user that it registered. */
struct binding *binding_of_conn(struct bindings *set, uint64_t conn,
				uint64_t now_us);
/* A live binding of that user on that connection, or NULL. */
struct binding *binding_of_user_conn(struct bindings *set, struct span user,
				     uint64_t conn, uint64_t now_us);
/* Live bindings of a user, newest first; returns how many (<= max). */
size_t bindings_of_user(struct bindings *set, struct span user, uint64_t now_us,
			struct binding **out, size_t max);

/* A connection ended: its bindings stay, with conn 0, and what it had
 * reserved is free. */
void bindings_conn_closed(struct bindings *set, uint64_t conn);
