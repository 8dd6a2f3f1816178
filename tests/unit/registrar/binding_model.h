/* binding_model.h - the rules of bindings once more, over a plain list of slots
 */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "rempart/registrar/binding.h"

enum {
	USERS = 3,
	CONNS = 6,
	INSTANCES = 12, /* more than a user has slots */
	SLOTS = USERS * BINDING_SLOTS_MAX,
	PENDING = 16,
	STEPS = 4000,
};

static const uint64_t S_US = 1000000;
static const uint64_t RESERVE_US = BINDING_RESERVE_S * 1000000ull;

static const char *const users[USERS] = {"alice", "bob", "carol"};
static const char *const contacts[] = {
	"sip:a@10.0.0.1:1000", "sip:a@10.0.0.1:2000", "sip:b@10.0.0.1:1000",
	"sip:a@10.0.0.2:1000", "sip:A@10.0.0.1",
};
/* which of the contacts are equal but for the port */
static const int alike[] = {0, 0, 1, 2, 3};
static const char *const sources[] = {"192.0.2.1:1", "192.0.2.1:2",
				      "192.0.2.2:1"};
/* which of the sources have the same IP */
static const int site[] = {0, 0, 1};

/* One line of the list: what the rules of a registration speak of. */
struct line {
	bool used;
	int user;
	int instance; /* 0: none */
	struct token token;
	uint32_t slot;
	uint64_t conn;
	uint64_t expires_us;
	uint64_t reserved_by;
	uint64_t reserved_until_us;
	bool credentials; /* of a reservation */
	unsigned waiting; /* how many of reserved_by */
	int contact;	  /* -1: never committed */
	int source;
	uint64_t committed; /* order of the last commit */
	uint64_t held;	    /* order in which the connection got it */
};

struct ask {
	int user;
	int instance;
	int contact;
	int source;
	uint64_t conn;
	bool credentials;
};

struct pending {
	bool used;
	struct token token;
	struct ask ask;
};

struct model {
	struct bindings *set;
	struct line lines[SLOTS];
	struct pending pending[PENDING];
	uint64_t conns[CONNS];
	uint64_t next_conn;
	uint64_t now_us;
	uint64_t order;
	uint64_t random;
	/* that these were reached */
	unsigned evicted, robbed, full, moved, late, lost, refused;
};

static unsigned dice(struct model *m, unsigned sides)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned)(m->random >> 33) % sides;
}

static struct binding_request request(const struct ask *ask, char *instance,
				      size_t cap)
{
	struct binding_request req = {.user = span_str(users[ask->user]),
				      .conn = ask->conn,
				      .credentials = ask->credentials};

	cr_assert_eq(
		sip_uri_parse(&req.contact, span_str(contacts[ask->contact])),
		0);
	cr_assert_eq(addr_parse(&req.source, span_str(sources[ask->source])),
		     0);
	if (ask->instance) {
		snprintf(instance, cap, "<urn:%d>", ask->instance);
		req.instance = span_str(instance);
	}
	return req;
}

static bool live(const struct model *m, const struct line *line)
{
	return line->conn && line->expires_us > m->now_us;
}

static bool reserved(const struct model *m, const struct line *line,
		     uint64_t conn)
{
	return line->reserved_by && line->reserved_by != conn &&
	       line->reserved_until_us > m->now_us;
}

static bool is_taken(const struct model *m, const struct line *line,
		     uint64_t conn)
{
	return line->credentials && reserved(m, line, conn);
}

static bool same_phone(const struct line *line, const struct ask *ask)
{
	return line->contact >= 0 &&
	       alike[line->contact] == alike[ask->contact] &&
	       (!line->conn || site[line->source] == site[ask->source]);
}

static bool rule_holds(const struct model *m, int rule, const struct line *line,
		       const struct ask *ask)
{
	switch (rule) {
	case 0:
		return line->conn == ask->conn;
	case 1:
		return line->reserved_by == ask->conn;
	case 2:
		return same_phone(line, ask) && !is_taken(m, line, ask->conn);
	default:
		return !line->conn && !reserved(m, line, ask->conn);
	}
}

/* The list's answer, rule by rule. */
static struct line *choose(struct model *m, const struct ask *ask)
{
	struct line *best = NULL;

	for (int rule = 0; rule < 4 && !best; rule++) {
		for (int i = 0; i < SLOTS; i++) {
			struct line *line = &m->lines[i];

			if (!line->used || line->user != ask->user ||
			    line->instance != ask->instance)
				continue;
			if (!ask->instance && !rule_holds(m, rule, line, ask))
				continue;
			if (!best || line->slot < best->slot)
				best = line;
		}
	}
	return best;
}

static size_t count_of(const struct model *m, int user)
{
	size_t count = 0;

	for (int i = 0; i < SLOTS; i++)
		count += m->lines[i].used &&
			 (user < 0 || m->lines[i].user == user);
	return count;
}

static bool registered_as(const struct model *m, int user, uint64_t conn)
{
	for (int i = 0; i < SLOTS; i++) {
		const struct line *line = &m->lines[i];

		if (line->used && line->user == user && line->conn == conn &&
		    live(m, line))
			return true;
	}
	return false;
}

/* Who of a full user goes: the lowest here; UINT64_MAX never. */
static uint64_t worth(const struct model *m, const struct line *line, int user)
{
	const uint64_t rank = 1ull << 60;
	bool ours =
		line->credentials && registered_as(m, user, line->reserved_by);

	if (!line->used || line->user != user || live(m, line))
		return UINT64_MAX;
	if (is_taken(m, line, 0))
		return ours ? UINT64_MAX : 3 * rank + line->reserved_until_us;
	if (line->expires_us > m->now_us)
		return 2 * rank + line->expires_us;
	if (reserved(m, line, 0))
		return rank + line->reserved_until_us;
	return line->expires_us;
}

static void release(struct line *line, uint64_t conn)
{
	if (line->reserved_by != conn)
		return;
	line->waiting -= line->waiting > 0;
	if (!line->waiting)
		line->reserved_by = 0;
}

static struct line *line_of(struct model *m, const struct token *token)
{
	for (int i = 0; i < SLOTS; i++) {
		if (m->lines[i].used && token_eq(&m->lines[i].token, token))
			return &m->lines[i];
	}
	return NULL;
}

static bool still_its(const struct model *m, const struct line *line,
		      const struct ask *ask)
{
	if (line->user != ask->user || line->instance != ask->instance)
		return false;
	if (ask->instance || line->conn == ask->conn ||
	    line->reserved_by == ask->conn)
		return true;
	return !is_taken(m, line, ask->conn) &&
	       (!line->conn || same_phone(line, ask));
}
