/* test_txn.c - each machine keeps to RFC 3261 17 and RFC 6026: every timer,
 * over both kinds of transport */
#include <criterion/criterion.h>

#include "rempart/txn/txn.h"

static const uint64_t START_US = 1000000000;
static const uint64_t T1 = 500000;
static const uint64_t S = 1000000;

enum {
	NOTHING = TXN_DO_NOTHING,
	SEND = TXN_DO_SEND,
	PASS = TXN_DO_PASS,
	ACK = TXN_DO_ACK,
	TIMEOUT = TXN_DO_TIMEOUT,
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

static void step(struct txn *txn, enum txn_event event, uint64_t now_us,
		 unsigned want, enum txn_state state)
{
	const unsigned got = txn_step(txn, event, now_us);

	cr_assert_eq(got, want, "event %d: did %u, not %u", (int)event, got,
		     want);
	cr_assert_eq(txn->state, state, "event %d: state %d, not %d",
		     (int)event, (int)txn->state, (int)state);
}

/* The next timer is due `after` the start, not a microsecond earlier. */
static void timer(struct txn *txn, uint64_t after, unsigned want,
		  enum txn_state state)
{
	const uint64_t due = START_US + after;
	const enum txn_state before = txn->state;

	cr_assert_eq(txn_next_us(txn), due, "due %lld us off",
		     (long long)(txn_next_us(txn) - due));
	step(txn, TXN_TIMER, due - 1, NOTHING, before);
	step(txn, TXN_TIMER, due, want, state);
}

static void no_timer(const struct txn *txn)
{
	cr_assert_eq(txn_next_us(txn), UINT64_MAX);
}

/* ---- client INVITE */

Test(client_invite, a_doubles_without_a_cap_and_b_ends_it)
{
	struct txn txn = started(TXN_CLIENT_INVITE, UDP);
	uint64_t at = 0;

	for (uint64_t gap = T1; gap <= 32 * T1; gap *= 2) {
		at += gap;
		timer(&txn, at, SEND, TXN_CALLING);
	}
	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
	no_timer(&txn);
}

Test(client_invite, over_tls_only_b_runs)
{
	struct txn txn = started(TXN_CLIENT_INVITE, TLS);

	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
}

Test(client_invite, a_provisional_stops_a_and_b)
{
	struct txn txn = started(TXN_CLIENT_INVITE, UDP);

	step(&txn, TXN_RECV_1XX, START_US + 1, PASS, TXN_PROCEEDING);
	no_timer(&txn);
	step(&txn, TXN_TIMER, START_US + 3600 * S, NOTHING, TXN_PROCEEDING);
	step(&txn, TXN_RECV_1XX, START_US + 3600 * S, PASS, TXN_PROCEEDING);
}

Test(client_invite, d_keeps_acknowledging_over_udp)
{
	struct txn txn = started(TXN_CLIENT_INVITE, UDP);

	step(&txn, TXN_RECV_FINAL, START_US, PASS | ACK, TXN_COMPLETED);
	step(&txn, TXN_RECV_FINAL, START_US + S, ACK, TXN_COMPLETED);
	step(&txn, TXN_RECV_FINAL, START_US + 31 * S, ACK, TXN_COMPLETED);
	timer(&txn, 32 * S, FREE, TXN_TERMINATED);
}

Test(client_invite, d_is_zero_over_tls)
{
	struct txn txn = started(TXN_CLIENT_INVITE, TLS);

	step(&txn, TXN_RECV_1XX, START_US, PASS, TXN_PROCEEDING);
	step(&txn, TXN_RECV_FINAL, START_US, PASS | ACK | FREE, TXN_TERMINATED);
	no_timer(&txn);
}

Test(client_invite, m_passes_every_2xx_whatever_the_transport)
{
	for (int reliable = UDP; reliable <= TLS; reliable++) {
		struct txn txn = started(TXN_CLIENT_INVITE, reliable);

		step(&txn, TXN_RECV_2XX, START_US, PASS, TXN_ACCEPTED);
		step(&txn, TXN_RECV_2XX, START_US + 9 * S, PASS, TXN_ACCEPTED);
		step(&txn, TXN_RECV_1XX, START_US + 9 * S, NOTHING,
		     TXN_ACCEPTED);
		timer(&txn, 64 * T1, FREE, TXN_TERMINATED);
	}
}

Test(client_invite, a_late_timer_ends_rather_than_sends)
{
	struct txn txn = started(TXN_CLIENT_INVITE, UDP);

	step(&txn, TXN_TIMER, START_US + 3600 * S, TIMEOUT | FREE,
	     TXN_TERMINATED);
}

/* ---- client, other methods */

Test(client_other, e_doubles_to_t2_and_f_ends_it)
{
	static const uint64_t at_ms[] = {500,	1500,  3500,  7500,  11500,
					 15500, 19500, 23500, 27500, 31500};
	struct txn txn = started(TXN_CLIENT_OTHER, UDP);

	for (size_t i = 0; i < sizeof(at_ms) / sizeof(*at_ms); i++)
		timer(&txn, at_ms[i] * 1000, SEND, TXN_TRYING);
	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
}

Test(client_other, over_tls_only_f_runs)
{
	struct txn txn = started(TXN_CLIENT_OTHER, TLS);

	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
}

Test(client_other, f_runs_on_after_a_provisional)
{
	struct txn txn = started(TXN_CLIENT_OTHER, TLS);

	step(&txn, TXN_RECV_1XX, START_US + S, PASS, TXN_PROCEEDING);
	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
}

/* RFC 3261 17.1.2.2: in Proceeding E is reset to T2. */
Test(client_other, after_a_provisional_e_comes_every_t2)
{
	struct txn txn = started(TXN_CLIENT_OTHER, UDP);

	step(&txn, TXN_RECV_1XX, START_US + 1, PASS, TXN_PROCEEDING);
	timer(&txn, T1, SEND, TXN_PROCEEDING);
	timer(&txn, T1 + 4 * S, SEND, TXN_PROCEEDING);
	timer(&txn, T1 + 8 * S, SEND, TXN_PROCEEDING);
}

Test(client_other, k_absorbs_over_udp)
{
	struct txn txn = started(TXN_CLIENT_OTHER, UDP);

	step(&txn, TXN_RECV_2XX, START_US, PASS, TXN_COMPLETED);
	step(&txn, TXN_RECV_2XX, START_US, NOTHING, TXN_COMPLETED);
	timer(&txn, 5 * S, FREE, TXN_TERMINATED);
}

Test(client_other, k_is_zero_over_tls)
{
	struct txn txn = started(TXN_CLIENT_OTHER, TLS);

	step(&txn, TXN_RECV_FINAL, START_US, PASS | FREE, TXN_TERMINATED);
	no_timer(&txn);
}

/* ---- server INVITE */

Test(server_invite, waits_for_the_core_without_a_timer)
{
	struct txn txn = started(TXN_SERVER_INVITE, UDP);

	cr_assert_eq(txn.state, TXN_PROCEEDING);
	no_timer(&txn);
	step(&txn, TXN_SEND_1XX, START_US, SEND, TXN_PROCEEDING);
	no_timer(&txn);
}

Test(server_invite, g_doubles_to_t2_and_h_ends_it)
{
	static const uint64_t at_ms[] = {500,	1500,  3500,  7500,  11500,
					 15500, 19500, 23500, 27500, 31500};
	struct txn txn = started(TXN_SERVER_INVITE, UDP);

	step(&txn, TXN_SEND_FINAL, START_US, SEND, TXN_COMPLETED);
	for (size_t i = 0; i < sizeof(at_ms) / sizeof(*at_ms); i++)
		timer(&txn, at_ms[i] * 1000, SEND, TXN_COMPLETED);
	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
}

Test(server_invite, over_tls_only_h_runs)
{
	struct txn txn = started(TXN_SERVER_INVITE, TLS);

	step(&txn, TXN_SEND_FINAL, START_US, SEND, TXN_COMPLETED);
	timer(&txn, 64 * T1, TIMEOUT | FREE, TXN_TERMINATED);
}

Test(server_invite, a_retransmission_does_not_move_g_or_h)
{
	struct txn txn = started(TXN_SERVER_INVITE, UDP);

	step(&txn, TXN_SEND_FINAL, START_US, SEND, TXN_COMPLETED);
	step(&txn, TXN_RECV_REQUEST, START_US + T1 / 2, SEND, TXN_COMPLETED);
	timer(&txn, T1, SEND, TXN_COMPLETED);
}

Test(server_invite, i_absorbs_acks_over_udp)
{
	struct txn txn = started(TXN_SERVER_INVITE, UDP);

	step(&txn, TXN_SEND_FINAL, START_US - S, SEND, TXN_COMPLETED);
	step(&txn, TXN_RECV_ACK, START_US, NOTHING, TXN_CONFIRMED);
	step(&txn, TXN_RECV_ACK, START_US + S, NOTHING, TXN_CONFIRMED);
	step(&txn, TXN_RECV_REQUEST, START_US + S, NOTHING, TXN_CONFIRMED);
	timer(&txn, 5 * S, FREE, TXN_TERMINATED);
}

Test(server_invite, i_is_zero_over_tls)
{
	struct txn txn = started(TXN_SERVER_INVITE, TLS);

	step(&txn, TXN_SEND_FINAL, START_US, SEND, TXN_COMPLETED);
	step(&txn, TXN_RECV_ACK, START_US, FREE, TXN_TERMINATED);
	no_timer(&txn);
}

Test(server_invite, l_lets_2xx_through_whatever_the_transport)
{
	for (int reliable = UDP; reliable <= TLS; reliable++) {
		struct txn txn = started(TXN_SERVER_INVITE, reliable);

		step(&txn, TXN_SEND_2XX, START_US, SEND, TXN_ACCEPTED);
		step(&txn, TXN_RECV_REQUEST, START_US + S, NOTHING,
		     TXN_ACCEPTED);
		step(&txn, TXN_SEND_2XX, START_US + 9 * S, SEND, TXN_ACCEPTED);
		step(&txn, TXN_SEND_1XX, START_US + 9 * S, NOTHING,
		     TXN_ACCEPTED);
		timer(&txn, 64 * T1, FREE, TXN_TERMINATED);
	}
}

/* ---- server, other methods */

Test(server_other, says_nothing_before_the_core_does)
{
	struct txn txn = started(TXN_SERVER_OTHER, UDP);

	cr_assert_eq(txn.state, TXN_TRYING);
	no_timer(&txn);
	step(&txn, TXN_RECV_REQUEST, START_US, NOTHING, TXN_TRYING);
	step(&txn, TXN_SEND_1XX, START_US, SEND, TXN_PROCEEDING);
	step(&txn, TXN_RECV_REQUEST, START_US, SEND, TXN_PROCEEDING);
	no_timer(&txn);
}

Test(server_other, j_answers_again_over_udp)
{
	struct txn txn = started(TXN_SERVER_OTHER, UDP);

	step(&txn, TXN_SEND_2XX, START_US, SEND, TXN_COMPLETED);
	step(&txn, TXN_RECV_REQUEST, START_US + 31 * S, SEND, TXN_COMPLETED);
	timer(&txn, 64 * T1, FREE, TXN_TERMINATED);
}

Test(server_other, j_is_zero_over_tls)
{
	struct txn txn = started(TXN_SERVER_OTHER, TLS);

	step(&txn, TXN_SEND_FINAL, START_US, SEND | FREE, TXN_TERMINATED);
	no_timer(&txn);
}
