/* test_events.c - every event in every state of every machine acts as the RFCs
 * draw it, or does nothing */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rempart/txn/txn.h"

static const uint64_t START_US = 1000000000;
static const uint64_t T1 = 500000;

enum {
	NOTHING = TXN_DO_NOTHING,
	SEND = TXN_DO_SEND,
	PASS = TXN_DO_PASS,
	ACK = TXN_DO_ACK,
	ERROR = TXN_DO_ERROR,
	FREE = TXN_DO_FREE
};

enum { UDP = 0, TLS = 1 };

static struct txn started(enum txn_kind kind, bool reliable)
{
	struct txn txn;

	txn_init(&txn, kind, reliable, START_US);
	return txn;
}

struct row {
	enum txn_kind kind;
	enum txn_state from;
	enum txn_event event;
	unsigned want; /* over UDP */
	enum txn_state to;
	unsigned want_tls; /* where a timer of zero seconds follows, else 0 */
};

#define CI TXN_CLIENT_INVITE
#define CO TXN_CLIENT_OTHER
#define SI TXN_SERVER_INVITE
#define SO TXN_SERVER_OTHER

/* What the figures of the RFCs draw. All that is missing here does nothing,
 * or aborts if it is a SEND that may_send() does not know. */
static const struct row rows[] = {
	/* RFC 3261 figure 5, with RFC 6026 7.2 */
	{CI, TXN_CALLING, TXN_TRANSPORT_ERROR, ERROR | FREE, TXN_TERMINATED, 0},
	{CI, TXN_CALLING, TXN_RECV_1XX, PASS, TXN_PROCEEDING, 0},
	{CI, TXN_CALLING, TXN_RECV_2XX, PASS, TXN_ACCEPTED, 0},
	{CI, TXN_CALLING, TXN_RECV_FINAL, PASS | ACK, TXN_COMPLETED,
	 PASS | ACK | FREE},
	{CI, TXN_PROCEEDING, TXN_RECV_1XX, PASS, TXN_PROCEEDING, 0},
	{CI, TXN_PROCEEDING, TXN_RECV_2XX, PASS, TXN_ACCEPTED, 0},
	{CI, TXN_PROCEEDING, TXN_RECV_FINAL, PASS | ACK, TXN_COMPLETED,
	 PASS | ACK | FREE},
	{CI, TXN_ACCEPTED, TXN_RECV_2XX, PASS, TXN_ACCEPTED, 0},
	{CI, TXN_COMPLETED, TXN_RECV_FINAL, ACK, TXN_COMPLETED, 0},
	{CI, TXN_COMPLETED, TXN_TRANSPORT_ERROR, ERROR | FREE, TXN_TERMINATED,
	 0},
	/* RFC 3261 figure 6 */
	{CO, TXN_TRYING, TXN_TRANSPORT_ERROR, ERROR | FREE, TXN_TERMINATED, 0},
	{CO, TXN_TRYING, TXN_RECV_1XX, PASS, TXN_PROCEEDING, 0},
	{CO, TXN_TRYING, TXN_RECV_2XX, PASS, TXN_COMPLETED, PASS | FREE},
	{CO, TXN_TRYING, TXN_RECV_FINAL, PASS, TXN_COMPLETED, PASS | FREE},
	{CO, TXN_PROCEEDING, TXN_TRANSPORT_ERROR, ERROR | FREE, TXN_TERMINATED,
	 0},
	{CO, TXN_PROCEEDING, TXN_RECV_1XX, PASS, TXN_PROCEEDING, 0},
	{CO, TXN_PROCEEDING, TXN_RECV_2XX, PASS, TXN_COMPLETED, PASS | FREE},
	{CO, TXN_PROCEEDING, TXN_RECV_FINAL, PASS, TXN_COMPLETED, PASS | FREE},
	/* RFC 6026 7.1 and 8.8 */
	{SI, TXN_PROCEEDING, TXN_TRANSPORT_ERROR, ERROR, TXN_PROCEEDING, 0},
	{SI, TXN_PROCEEDING, TXN_RECV_REQUEST, SEND, TXN_PROCEEDING, 0},
	{SI, TXN_PROCEEDING, TXN_SEND_1XX, SEND, TXN_PROCEEDING, 0},
	{SI, TXN_PROCEEDING, TXN_SEND_2XX, SEND, TXN_ACCEPTED, 0},
	{SI, TXN_PROCEEDING, TXN_SEND_FINAL, SEND, TXN_COMPLETED, 0},
	{SI, TXN_ACCEPTED, TXN_TRANSPORT_ERROR, ERROR, TXN_ACCEPTED, 0},
	{SI, TXN_ACCEPTED, TXN_SEND_2XX, SEND, TXN_ACCEPTED, 0},
	{SI, TXN_COMPLETED, TXN_TRANSPORT_ERROR, ERROR, TXN_COMPLETED, 0},
	{SI, TXN_COMPLETED, TXN_RECV_REQUEST, SEND, TXN_COMPLETED, 0},
	{SI, TXN_COMPLETED, TXN_RECV_ACK, NOTHING, TXN_CONFIRMED, FREE},
	/* RFC 3261 figure 8 */
	{SO, TXN_TRYING, TXN_SEND_1XX, SEND, TXN_PROCEEDING, 0},
	{SO, TXN_TRYING, TXN_SEND_2XX, SEND, TXN_COMPLETED, SEND | FREE},
	{SO, TXN_TRYING, TXN_SEND_FINAL, SEND, TXN_COMPLETED, SEND | FREE},
	{SO, TXN_PROCEEDING, TXN_TRANSPORT_ERROR, ERROR | FREE, TXN_TERMINATED,
	 0},
	{SO, TXN_PROCEEDING, TXN_RECV_REQUEST, SEND, TXN_PROCEEDING, 0},
	{SO, TXN_PROCEEDING, TXN_SEND_1XX, SEND, TXN_PROCEEDING, 0},
	{SO, TXN_PROCEEDING, TXN_SEND_2XX, SEND, TXN_COMPLETED, SEND | FREE},
	{SO, TXN_PROCEEDING, TXN_SEND_FINAL, SEND, TXN_COMPLETED, SEND | FREE},
	{SO, TXN_COMPLETED, TXN_TRANSPORT_ERROR, ERROR | FREE, TXN_TERMINATED,
	 0},
	{SO, TXN_COMPLETED, TXN_RECV_REQUEST, SEND, TXN_COMPLETED, 0},
};

/* How to come to each state of each kind; TIMER ends a path early. */
struct path {
	enum txn_kind kind;
	enum txn_state state;
	enum txn_event events[3];
	bool udp_only;
};

static const struct path paths[] = {
	{CI, TXN_CALLING, {TXN_TIMER}, false},
	{CI, TXN_PROCEEDING, {TXN_RECV_1XX}, false},
	{CI, TXN_ACCEPTED, {TXN_RECV_2XX}, false},
	{CI, TXN_COMPLETED, {TXN_RECV_FINAL}, true},
	{CI, TXN_TERMINATED, {TXN_TRANSPORT_ERROR}, false},
	{CO, TXN_TRYING, {TXN_TIMER}, false},
	{CO, TXN_PROCEEDING, {TXN_RECV_1XX}, false},
	{CO, TXN_COMPLETED, {TXN_RECV_2XX}, true},
	{CO, TXN_TERMINATED, {TXN_TRANSPORT_ERROR}, false},
	{SI, TXN_PROCEEDING, {TXN_TIMER}, false},
	{SI, TXN_ACCEPTED, {TXN_SEND_2XX}, false},
	{SI, TXN_COMPLETED, {TXN_SEND_FINAL}, false},
	{SI, TXN_CONFIRMED, {TXN_SEND_FINAL, TXN_RECV_ACK}, true},
	{SO, TXN_TRYING, {TXN_TIMER}, false},
	{SO, TXN_PROCEEDING, {TXN_SEND_1XX}, false},
	{SO, TXN_COMPLETED, {TXN_SEND_FINAL}, true},
	{SO, TXN_TERMINATED, {TXN_SEND_1XX, TXN_TRANSPORT_ERROR}, false},
};

static struct txn at(const struct path *path, bool reliable)
{
	struct txn txn = started(path->kind, reliable);

	for (unsigned i = 0; i < 3 && path->events[i] != TXN_TIMER; i++)
		(void)!txn_step(&txn, path->events[i], START_US);
	cr_assert_eq(txn.state, path->state, "kind %d", (int)path->kind);
	return txn;
}

static const struct row *drawn(const struct path *path, enum txn_event event)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].kind == path->kind && rows[i].from == path->state &&
		    rows[i].event == event)
			return &rows[i];
	}
	return NULL;
}

/* No client sends an answer; after a final one only a late 1xx may come. */
static bool is_our_mistake(const struct path *path, enum txn_event event)
{
	const bool client = path->kind == CI || path->kind == CO;

	if (event < TXN_SEND_1XX || drawn(path, event))
		return false;
	return client || event != TXN_SEND_1XX;
}

static bool aborts(struct txn txn, enum txn_event event)
{
	int status = 0;
	const pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		(void)!txn_step(&txn, event, START_US + 1);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static bool same(const struct txn *a, const struct txn *b)
{
	return a->kind == b->kind && a->state == b->state &&
	       a->reliable == b->reliable &&
	       a->retransmit_us == b->retransmit_us &&
	       a->interval_us == b->interval_us &&
	       a->timeout_us == b->timeout_us;
}

static void acts_as_drawn(const struct path *path, enum txn_event event,
			  bool reliable)
{
	const struct txn before = at(path, reliable);
	const struct row *row = drawn(path, event);
	struct txn txn = before;
	unsigned got;

	if (is_our_mistake(path, event)) {
		cr_assert(aborts(txn, event), "kind %d state %d event %d",
			  (int)path->kind, (int)path->state, (int)event);
		return;
	}
	got = txn_step(&txn, event, START_US + 1);
	if (!row) {
		cr_assert_eq(got, NOTHING, "kind %d state %d event %d",
			     (int)path->kind, (int)path->state, (int)event);
		cr_assert(same(&txn, &before), "kind %d state %d event %d",
			  (int)path->kind, (int)path->state, (int)event);
		return;
	}
	const bool ends = reliable && row->want_tls;

	cr_assert_eq(got, ends ? row->want_tls : row->want,
		     "kind %d state %d event %d: %u", (int)path->kind,
		     (int)path->state, (int)event, got);
	cr_assert_eq(txn.state, ends ? TXN_TERMINATED : row->to,
		     "kind %d state %d event %d", (int)path->kind,
		     (int)path->state, (int)event);
	/* free it, and terminated, are one and the same */
	cr_assert_eq(!!(got & FREE), txn.state == TXN_TERMINATED);
}

Test(txn, every_event_in_every_state_acts_as_drawn_or_not_at_all)
{
	unsigned used = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		for (unsigned e = TXN_TIMER; e <= TXN_SEND_FINAL; e++) {
			const enum txn_event event = e;

			used += !!drawn(&paths[i], event);
			acts_as_drawn(&paths[i], event, UDP);
			if (!paths[i].udp_only)
				acts_as_drawn(&paths[i], event, TLS);
		}
	}
	cr_assert_eq(used, sizeof(rows) / sizeof(*rows), "a row is unused");
}

/* Random walks: FREE comes exactly once, and a timer stands in front of
 * every state that nobody else will end. */
Test(txn, random_walks_always_come_to_an_end)
{
	uint64_t seed = 42;

	for (unsigned walk = 0; walk < 20000; walk++) {
		struct txn txn = started(walk % 4, walk / 4 % 2);
		uint64_t now = START_US;

		for (unsigned i = 0; i < 12; i++) {
			enum txn_event event;
			unsigned got;

			seed = seed * 6364136223846793005 + 1442695040888963407;
			event = seed >> 33 & 15;
			if (event > TXN_RECV_ACK) /* finals: by the end below */
				event = TXN_TIMER;
			now += seed >> 40 & 0xfffff;
			got = txn_step(&txn, event, now);
			cr_assert_eq(!!(got & FREE),
				     txn.state == TXN_TERMINATED);
			if (got & FREE)
				break;
		}
		if (txn.state == TXN_TERMINATED)
			continue;
		if (txn.kind >= TXN_SERVER_INVITE &&
		    (txn.state == TXN_TRYING || txn.state == TXN_PROCEEDING))
			(void)!txn_step(&txn, TXN_SEND_FINAL, now);
		if (txn.kind == TXN_CLIENT_INVITE &&
		    txn.state == TXN_PROCEEDING)
			(void)!txn_step(&txn, TXN_RECV_FINAL, now);
		for (unsigned i = 0; txn.state != TXN_TERMINATED; i++) {
			cr_assert_lt(i, 20);
			cr_assert_neq(txn_next_us(&txn), UINT64_MAX);
			cr_assert_leq(txn_next_us(&txn), now + 64 * T1);
			(void)!txn_step(&txn, TXN_TIMER, txn_next_us(&txn));
		}
		cr_assert_eq(txn_next_us(&txn), UINT64_MAX);
	}
}

Test(txn, only_an_invite_that_rings_may_be_cancelled)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		const struct txn txn = at(&paths[i], UDP);

		cr_assert_eq(txn_may_cancel(&txn),
			     paths[i].kind == CI &&
				     paths[i].state == TXN_PROCEEDING);
	}
}
