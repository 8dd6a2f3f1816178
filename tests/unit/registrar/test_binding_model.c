/* test_binding_model.c - under random operations the table agrees with a plain
 * list of slots */
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
	unsigned pins;
	int contact; /* -1: never committed */
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
};

struct pending {
	bool used;
	struct binding *bnd;
	struct line *line;
	struct ask ask;
	uint64_t at_us;
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
	unsigned evicted, full, busy, moved; /* that these were reached */
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
				      .conn = ask->conn};

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

static bool is_taken(const struct model *m, const struct line *line,
		     uint64_t conn)
{
	return line->reserved_by && line->reserved_by != conn &&
	       line->reserved_until_us > m->now_us;
}

static bool pinned(const struct model *m, const struct line *line)
{
	return line->pins && line->reserved_until_us > m->now_us;
}

static bool rule_holds(int rule, const struct line *line, const struct ask *ask)
{
	switch (rule) {
	case 0:
		return line->conn == ask->conn;
	case 1:
		return line->reserved_by == ask->conn;
	case 2:
		return line->contact >= 0 &&
		       alike[line->contact] == alike[ask->contact] &&
		       (!line->conn || site[line->source] == site[ask->source]);
	default:
		return !line->conn;
	}
}

/* The list's answer, rule by rule. */
static struct line *choose(struct model *m, const struct ask *ask, bool *busy)
{
	struct line *best = NULL;

	*busy = false;
	for (int rule = 0; rule < 4 && !best; rule++) {
		for (int i = 0; i < SLOTS; i++) {
			struct line *line = &m->lines[i];

			if (!line->used || line->user != ask->user ||
			    line->instance != ask->instance)
				continue;
			if (is_taken(m, line, ask->conn)) {
				*busy = ask->instance != 0;
				continue;
			}
			if (!ask->instance && !rule_holds(rule, line, ask))
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

static bool may_go(const struct model *m, const struct line *line, int user)
{
	return line->used && line->user == user && !live(m, line) &&
	       !pinned(m, line);
}

/* A full user: exactly one line is forgotten, one that nobody needs and that
 * ends no later than any other such. */
static void forget(struct model *m, int user)
{
	struct line *gone = NULL;

	for (int i = 0; i < SLOTS; i++) {
		struct line *line = &m->lines[i];

		if (!line->used || binding_find(m->set, &line->token))
			continue;
		cr_assert_null(gone);
		gone = line;
	}
	cr_assert_not_null(gone);
	cr_assert(may_go(m, gone, user));
	for (int i = 0; i < SLOTS; i++) {
		if (may_go(m, &m->lines[i], user))
			cr_assert_leq(gone->expires_us, m->lines[i].expires_us);
	}
	*gone = (struct line){0};
	m->evicted++;
}

static struct line *add(struct model *m, const struct ask *ask,
			const struct binding *bnd)
{
	struct line *line = NULL;

	for (int i = 0; i < SLOTS; i++) {
		cr_assert(!m->lines[i].used ||
			  !token_eq(&m->lines[i].token, &bnd->token));
		if (!m->lines[i].used)
			line = &m->lines[i];
	}
	cr_assert_not_null(line);
	*line = (struct line){.used = true,
			      .user = ask->user,
			      .instance = ask->instance,
			      .token = bnd->token,
			      .slot = bnd->slot,
			      .contact = -1};
	return line;
}

static void must_refuse(struct model *m, const struct ask *ask, bool busy)
{
	if (busy) {
		m->busy++;
		return;
	}
	cr_assert_eq(count_of(m, ask->user), BINDING_SLOTS_MAX);
	for (int i = 0; i < SLOTS; i++)
		cr_assert_not(may_go(m, &m->lines[i], ask->user));
	m->full++;
}

static void do_reserve(struct model *m, struct pending *p)
{
	struct ask ask = {.user = (int)dice(m, USERS),
			  .contact = (int)dice(m, 5),
			  .source = (int)dice(m, 3),
			  .conn = m->conns[dice(m, CONNS)]};
	char instance[32];
	struct binding_request req;
	struct binding *bnd = NULL;
	struct line *line;
	struct verdict v;
	bool busy;

	if (dice(m, 2))
		ask.instance = (int)dice(m, INSTANCES);
	req = request(&ask, instance, sizeof(instance));
	line = choose(m, &ask, &busy);
	v = binding_reserve(m->set, &req, m->now_us, &bnd);
	if (!verdict_passes(&v)) {
		cr_assert_eq(v.reason, REASON_BINDINGS_FULL);
		cr_assert_null(line);
		must_refuse(m, &ask, busy);
		return;
	}
	cr_assert_not(busy);
	if (line) {
		cr_assert(token_eq(&bnd->token, &line->token));
	} else {
		if (count_of(m, ask.user) == BINDING_SLOTS_MAX)
			forget(m, ask.user);
		line = add(m, &ask, bnd);
	}
	line->pins = pinned(m, line) ? line->pins + 1 : 1;
	line->reserved_by = ask.conn;
	line->reserved_until_us = m->now_us + RESERVE_US;
	*p = (struct pending){true, bnd, line, ask, m->now_us};
}

static bool open_conn(const struct model *m, uint64_t conn)
{
	for (int i = 0; i < CONNS; i++) {
		if (m->conns[i] == conn)
			return true;
	}
	return false;
}

static void unpin(struct line *line, uint64_t conn)
{
	line->pins -= line->pins > 0;
	if (line->reserved_by == conn)
		line->reserved_by = 0;
}

static void do_end(struct model *m, struct pending *p)
{
	struct line *line = p->line;
	char instance[32];
	struct binding_request req = request(&p->ask, instance, 32);
	uint32_t expires_s = dice(m, 4) ? 30 + dice(m, 3000) : 0;

	p->used = false;
	unpin(line, p->ask.conn);
	if (!open_conn(m, p->ask.conn) || !dice(m, 3)) {
		binding_release(p->bnd, p->ask.conn);
		return;
	}
	binding_commit(m->set, p->bnd, &req, expires_s, m->now_us);
	line->contact = p->ask.contact;
	line->source = p->ask.source;
	if (!expires_s) {
		line->conn = 0;
		line->expires_us = 0;
		return;
	}
	line->expires_us = m->now_us + expires_s * S_US;
	line->committed = ++m->order;
	if (line->conn != p->ask.conn) {
		m->moved += line->conn != 0;
		line->held = m->order;
	}
	line->conn = p->ask.conn;
}

static void do_close(struct model *m)
{
	uint64_t *conn = &m->conns[dice(m, CONNS)];

	bindings_conn_closed(m->set, *conn);
	for (int i = 0; i < SLOTS; i++) {
		if (m->lines[i].conn == *conn)
			m->lines[i].conn = 0;
		if (m->lines[i].reserved_by == *conn)
			m->lines[i].reserved_by = 0;
	}
	*conn = m->next_conn++;
}

static void do_remove(struct model *m)
{
	int user = (int)dice(m, USERS);

	bindings_remove_user(m->set, span_str(users[user]));
	for (int i = 0; i < SLOTS; i++) {
		if (m->lines[i].user != user)
			continue;
		m->lines[i].conn = 0;
		m->lines[i].expires_us = 0;
	}
}

/* A caller keeps no pointer longer than the reservation. */
static void do_wait(struct model *m)
{
	m->now_us += dice(m, 40) * S_US;
	for (int i = 0; i < PENDING; i++) {
		if (m->now_us - m->pending[i].at_us >= RESERVE_US)
			m->pending[i].used = false;
	}
}

static void agree_on_lines(const struct model *m)
{
	for (int i = 0; i < SLOTS; i++) {
		const struct line *line = &m->lines[i];
		const struct binding *bnd;

		if (!line->used)
			continue;
		bnd = binding_find(m->set, &line->token);
		cr_assert_not_null(bnd);
		cr_assert_str_eq(bnd->user, users[line->user]);
		cr_assert_eq(bnd->slot, line->slot);
		cr_assert_eq(bnd->conn, line->conn);
		cr_assert_eq(bnd->expires_us, line->expires_us);
		cr_assert_eq(bnd->reserved_by, line->reserved_by);
		cr_assert_eq(binding_live(bnd, m->now_us), live(m, line));
		cr_assert_str_eq(bnd->contact_uri,
				 line->contact < 0 ? ""
						   : contacts[line->contact]);
	}
	cr_assert_eq(bindings_count(m->set), count_of(m, -1));
}

static void agree_on_users(const struct model *m)
{
	for (int user = 0; user < USERS; user++) {
		struct binding *found[BINDING_SLOTS_MAX];
		size_t count =
			bindings_of_user(m->set, span_str(users[user]),
					 m->now_us, found, BINDING_SLOTS_MAX);
		uint64_t before = UINT64_MAX;
		size_t want = 0;

		for (int i = 0; i < SLOTS; i++)
			want += m->lines[i].used && m->lines[i].user == user &&
				live(m, &m->lines[i]);
		cr_assert_eq(count, want);
		for (size_t n = 0; n < count; n++) {
			const struct line *line = NULL;

			for (int i = 0; i < SLOTS; i++) {
				if (m->lines[i].used &&
				    token_eq(&m->lines[i].token,
					     &found[n]->token))
					line = &m->lines[i];
			}
			cr_assert_not_null(line);
			cr_assert_eq(line->user, user);
			cr_assert(live(m, line));
			cr_assert_lt(line->committed, before);
			before = line->committed;
		}
	}
}

static void agree_on_conns(const struct model *m)
{
	for (int c = 0; c < CONNS; c++) {
		const struct line *first = NULL;
		const struct binding *bnd =
			binding_of_conn(m->set, m->conns[c], m->now_us);

		for (int i = 0; i < SLOTS; i++) {
			const struct line *line = &m->lines[i];

			if (line->used && line->conn == m->conns[c] &&
			    live(m, line) &&
			    (!first || line->held < first->held))
				first = line;
		}
		cr_assert_eq(bnd != NULL, first != NULL);
		if (bnd)
			cr_assert(token_eq(&bnd->token, &first->token));
	}
}

static void step(struct model *m)
{
	struct pending *p = &m->pending[dice(m, PENDING)];
	unsigned kind = dice(m, 100);

	if (kind < 93) {
		if (p->used)
			do_end(m, p);
		else
			do_reserve(m, p);
	} else if (kind < 95) {
		do_close(m);
	} else if (kind < 96) {
		do_remove(m);
	} else {
		do_wait(m);
	}
	agree_on_lines(m);
	agree_on_users(m);
	agree_on_conns(m);
}

Test(binding_model, agrees_with_a_list_under_random_operations)
{
	static const uint8_t key[NODE_KEY_BYTES] = {1};
	static const uint8_t hash_key[16] = {2};

	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct model m = {.next_conn = 1,
				  .now_us = 1000 * S_US,
				  .random = seed * 0x9e3779b97f4a7c15ull};

		cr_assert_eq(bindings_open(&m.set, 1000, key, hash_key), 0);
		for (int i = 0; i < CONNS; i++)
			m.conns[i] = m.next_conn++;
		for (int i = 0; i < STEPS; i++)
			step(&m);
		cr_assert(m.evicted && m.full && m.busy && m.moved,
			  "every rule was reached: %u %u %u %u", m.evicted,
			  m.full, m.busy, m.moved);
		bindings_close(m.set);
	}
}
