/* test_binding_model.c - under random operations the table agrees with a plain
 * list of slots */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "binding_model.h"

/* A full user: exactly one line is forgotten, one that is worth no more than
 * any other; the new one may have its slot and name. */
static void forget(struct model *m, int user, const struct token *made)
{
	struct line *gone = NULL;

	for (int i = 0; i < SLOTS; i++) {
		struct line *line = &m->lines[i];

		if (!line->used || (!token_eq(&line->token, made) &&
				    binding_find(m->set, &line->token)))
			continue;
		cr_assert_null(gone);
		gone = line;
	}
	cr_assert_not_null(gone);
	cr_assert_neq(worth(m, gone, user), UINT64_MAX);
	for (int i = 0; i < SLOTS; i++)
		cr_assert_leq(worth(m, gone, user),
			      worth(m, &m->lines[i], user));
	m->robbed += is_taken(m, gone, 0);
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

static void must_refuse(struct model *m, const struct ask *ask)
{
	cr_assert_eq(count_of(m, ask->user), BINDING_SLOTS_MAX);
	for (int i = 0; i < SLOTS; i++)
		cr_assert_eq(worth(m, &m->lines[i], ask->user), UINT64_MAX);
	m->full++;
}

static void remember(const struct model *m, struct line *line,
		     const struct ask *ask)
{
	bool first = line->reserved_by != ask->conn ||
		     line->reserved_until_us <= m->now_us;

	if (reserved(m, line, ask->conn) && !ask->credentials &&
	    line->conn != ask->conn)
		return;
	line->waiting = first ? 1 : line->waiting + 1;
	line->credentials = ask->credentials || (!first && line->credentials);
	line->reserved_by = ask->conn;
	line->reserved_until_us = m->now_us + RESERVE_US;
}

static void do_reserve(struct model *m, struct pending *p)
{
	struct ask ask = {.user = (int)dice(m, USERS),
			  .contact = (int)dice(m, 5),
			  .source = (int)dice(m, 3),
			  .conn = m->conns[dice(m, CONNS)],
			  .credentials = dice(m, 2) != 0};
	char instance[32];
	struct binding_request req;
	struct binding *bnd = NULL;
	struct line *line;
	struct verdict v;

	if (dice(m, 2))
		ask.instance = (int)dice(m, INSTANCES);
	req = request(&ask, instance, sizeof(instance));
	line = choose(m, &ask);
	v = binding_reserve(m->set, &req, m->now_us, &bnd);
	if (!verdict_passes(&v)) {
		cr_assert_eq(v.reason, REASON_BINDINGS_FULL);
		cr_assert_null(line);
		must_refuse(m, &ask);
		return;
	}
	if (line) {
		cr_assert(token_eq(&bnd->token, &line->token));
	} else {
		if (count_of(m, ask.user) == BINDING_SLOTS_MAX)
			forget(m, ask.user, &bnd->token);
		line = add(m, &ask, bnd);
	}
	remember(m, line, &ask);
	*p = (struct pending){true, bnd->token, ask};
}

static bool open_conn(const struct model *m, uint64_t conn)
{
	for (int i = 0; i < CONNS; i++) {
		if (m->conns[i] == conn)
			return true;
	}
	return false;
}

static void accepted(struct model *m, struct line *line, const struct ask *ask,
		     uint32_t expires_s)
{
	m->late += line->reserved_by != ask->conn ||
		   line->reserved_until_us <= m->now_us;
	if (line->reserved_by == ask->conn)
		release(line, ask->conn);
	else
		line->reserved_by = 0;
	line->contact = ask->contact;
	line->source = ask->source;
	if (!expires_s) {
		line->conn = 0;
		line->expires_us = 0;
		return;
	}
	line->expires_us = m->now_us + expires_s * S_US;
	line->committed = ++m->order;
	if (line->conn != ask->conn) {
		m->moved += line->conn != 0;
		line->held = m->order;
	}
	line->conn = ask->conn;
}

/* As a caller does that keeps the TOKEN alone. */
static void do_end(struct model *m, struct pending *p)
{
	struct line *line = line_of(m, &p->token);
	struct binding *bnd = binding_find(m->set, &p->token);
	char instance[32];
	struct binding_request req = request(&p->ask, instance, 32);
	uint32_t expires_s = dice(m, 4) ? 30 + dice(m, 3000) : 0;
	bool ours;

	p->used = false;
	if (!line) {
		m->lost++;
		cr_assert_null(bnd);
		return;
	}
	if (!open_conn(m, p->ask.conn) || !dice(m, 3)) {
		release(line, p->ask.conn);
		binding_release(bnd, p->ask.conn);
		return;
	}
	ours = still_its(m, line, &p->ask);
	cr_assert_eq(binding_commit(m->set, bnd, &req, expires_s, m->now_us),
		     ours);
	m->refused += !ours;
	if (ours)
		accepted(m, line, &p->ask, expires_s);
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

static void do_wait(struct model *m)
{
	m->now_us += dice(m, 40) * S_US;
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
	static const uint8_t key[MAC_KEY_BYTES] = {1};
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
		cr_assert(m.evicted && m.robbed && m.full && m.moved &&
				  m.late && m.lost && m.refused,
			  "every rule was reached: %u %u %u %u %u %u %u",
			  m.evicted, m.robbed, m.full, m.moved, m.late, m.lost,
			  m.refused);
		bindings_close(m.set);
	}
}
