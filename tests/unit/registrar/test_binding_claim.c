/* test_binding_claim.c - a reservation keeps no other connection out, and what
 * a late answer of the registrar may still commit */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "binding_help.h"

enum { STRANGER = 500 };

static const uint64_t RESERVE_US = BINDING_RESERVE_S * 1000000ull;

TestSuite(binding_claim, .init = setup, .fini = teardown);

static struct binding_request phone(uint64_t conn)
{
	return plain("al", "sip:a@10.0.0.1:5061", conn, "192.0.2.1:1");
}

static struct binding_request stranger(unsigned n)
{
	static char contacts[100][32];

	snprintf(contacts[n], sizeof(contacts[n]), "sip:s@10.6.6.%u", n);
	return plain("al", contacts[n], STRANGER + n, "203.0.113.1:1");
}

/* ---- with an instance */

Test(binding_claim, a_device_with_an_instance_is_never_busy)
{
	struct binding_request mine = device("al", "<urn:1>", 1);
	struct binding_request other =
		with_credentials(device("al", "<urn:1>", 2));
	struct binding *bnd = registered(mine, NOW_US);

	cr_assert_eq(reserve(&other, NOW_US), bnd);
	cr_assert_eq(registered(mine, NOW_US), bnd);
	cr_assert_eq(bnd->conn, 1);
	mine.conn = 3;
	cr_assert_eq(reserve(&other, NOW_US), bnd);
	cr_assert_eq(registered(mine, NOW_US), bnd);
	cr_assert_eq(bnd->conn, 3);
}

Test(binding_claim, of_two_that_the_registrar_accepts_the_last_wins)
{
	struct binding_request one = device("al", "<urn:1>", 1);
	struct binding_request two = device("al", "<urn:1>", 2);
	struct binding *bnd = reserve(&one, NOW_US);

	cr_assert_eq(reserve(&two, NOW_US), bnd);
	cr_assert(binding_commit(set, bnd, &two, 60, NOW_US));
	cr_assert(binding_commit(set, bnd, &one, 60, NOW_US));
	cr_assert_eq(bnd->conn, 1);
}

/* ---- without one */

Test(binding_claim, the_slot_that_a_connection_holds_is_its_own)
{
	struct binding *bnd = registered(phone(1), NOW_US);
	struct binding_request other = with_credentials(phone(2));
	struct binding_request refresh = phone(1);

	cr_assert_eq(reserve(&other, NOW_US), bnd, "same source and Contact");
	cr_assert_eq(reserve(&refresh, NOW_US), bnd);
	cr_assert(binding_commit(set, bnd, &refresh, 60, NOW_US));
	cr_assert_eq(bnd->conn, 1);
	cr_assert_eq(bindings_count(set), 1);
}

Test(binding_claim, a_phone_that_comes_back_gets_its_slot_past_a_stranger)
{
	struct binding_request x =
		plain("al", "sip:s@10.6.6.6", 9, "203.0.113.1:1");
	struct binding *bnd = registered(phone(1), NOW_US);

	bindings_conn_closed(set, 1);
	cr_assert_eq(reserve(&x, NOW_US), bnd);
	cr_assert_eq(registered(phone(2), NOW_US), bnd);
	cr_assert_not(binding_commit(set, bnd, &x, 60, NOW_US));
	cr_assert_eq(bnd->conn, 2);
	/* and the stranger's next one is not led to it */
	cr_assert_neq(reserve(&x, NOW_US), bnd);
}

Test(binding_claim, a_slot_reserved_with_credentials_is_left_alone)
{
	struct binding_request first = with_credentials(phone(1));
	struct binding_request other = with_credentials(phone(2));
	struct binding *bnd = registered(phone(7), NOW_US);

	bindings_conn_closed(set, 7);
	cr_assert_eq(reserve(&first, NOW_US), bnd);
	cr_assert_neq(reserve(&other, NOW_US + RESERVE_US - 1), bnd);
	bindings_conn_closed(set, 2);
	other.conn = 3;
	first.conn = 4;
	cr_assert_eq(reserve(&other, NOW_US + RESERVE_US), bnd);
	binding_release(bnd, 3);
	cr_assert_eq(reserve(&first, NOW_US + RESERVE_US), bnd);
}

Test(binding_claim, what_a_closed_connection_had_reserved_is_free)
{
	struct binding_request one = with_credentials(phone(1));
	struct binding_request two = with_credentials(phone(2));
	struct binding *bnd = reserve(&one, NOW_US);

	bindings_conn_closed(set, 1);
	cr_assert_eq(reserve(&two, NOW_US), bnd);
	/* the first one's answer comes late */
	binding_release(bnd, 1);
	cr_assert_eq(bnd->reserved_by, 2);
}

/* The registrar challenges the first: both must name one TOKEN to it. */
Test(binding_claim, a_phone_gets_the_same_slot_with_and_without_credentials)
{
	for (int order = 0; order < 2; order++) {
		struct binding_request a = phone(10);
		struct binding_request b =
			plain("al", "sip:b@10.0.0.2", 11, "192.0.2.2:1");
		struct binding *slot_a = reserve(&a, NOW_US);
		struct binding *slot_b = reserve(&b, NOW_US);

		cr_assert_neq(slot_a, slot_b, "two phones, two slots");
		if (order) {
			binding_release(slot_a, a.conn);
			binding_release(slot_b, b.conn);
		}
		a.credentials = b.credentials = true;
		if (!order) {
			cr_assert_eq(reserve(&b, NOW_US), slot_b);
			cr_assert_eq(reserve(&a, NOW_US), slot_a);
		} else {
			cr_assert_eq(reserve(&a, NOW_US), slot_a);
			cr_assert_eq(reserve(&b, NOW_US), slot_b);
		}
		bindings_conn_closed(set, a.conn);
		bindings_conn_closed(set, b.conn);
	}
}

Test(binding_claim, a_stranger_takes_nothing_between_the_two_of_a_phone)
{
	struct binding_request back =
		plain("al", "sip:n@10.0.0.7", 2, "192.0.2.1:1");
	struct binding_request x =
		plain("al", "sip:a@10.0.0.1", 9, "203.0.113.1:1");
	struct binding *bnd = registered(phone(1), NOW_US);

	bindings_conn_closed(set, 1);
	cr_assert_eq(reserve(&back, NOW_US), bnd);
	cr_assert_eq(reserve(&x, NOW_US), bnd, "it knows the Contact");
	cr_assert_eq(bnd->reserved_by, 2);
	back.credentials = true;
	cr_assert_eq(reserve(&back, NOW_US), bnd);
	binding_release(bnd, x.conn);
	cr_assert_eq(bnd->reserved_by, 2);
}

/* ---- a full user */

static void strangers(bool credentials)
{
	for (unsigned n = 0; n < BINDING_SLOTS_MAX; n++) {
		struct binding_request x = stranger(n);

		x.credentials = credentials;
		reserve(&x, NOW_US + n);
	}
}

Test(binding_claim, strangers_keep_no_phone_of_a_full_user_out)
{
	for (int credentials = 0; credentials < 2; credentials++) {
		struct token token = registered(phone(1), NOW_US)->token;
		struct binding_request more =
			plain("al", "sip:b@10.0.0.2", 2, "192.0.2.2:1");

		strangers(credentials != 0);
		cr_assert_eq(bindings_count(set), BINDING_SLOTS_MAX);
		registered(more, NOW_US + S_US);
		cr_assert_not_null(binding_find(set, &token));
		cr_assert_not_null(binding_of_user_conn(set, SPAN("al"), 1,
							NOW_US + S_US));
		cr_assert_not_null(binding_of_user_conn(set, SPAN("al"), 2,
							NOW_US + S_US));
		bindings_close(set);
		set = open_set(1000);
	}
}

Test(binding_claim, the_name_of_a_phone_that_is_away_outlives_strangers)
{
	struct binding_request req = device("al", "<urn:1>", 1);
	struct binding *bnd = registered(req, NOW_US);
	struct token token = bnd->token;

	bindings_conn_closed(set, 1);
	strangers(false);
	strangers(false);
	for (unsigned n = 20; n < 40; n++) {
		struct binding_request x = stranger(n);

		reserve(&x, NOW_US + S_US);
	}
	cr_assert_eq(binding_find(set, &token), bnd);
}

Test(binding_claim, credentials_of_a_full_user_go_last_and_the_oldest_first)
{
	struct binding_request x = with_credentials(stranger(77));
	struct token tokens[BINDING_SLOTS_MAX];

	for (unsigned n = 0; n < BINDING_SLOTS_MAX; n++) {
		struct binding_request req = stranger(n);

		req.credentials = n != 5;
		tokens[n] = reserve(&req, NOW_US + n)->token;
	}
	x.instance = SPAN("<urn:77>");
	reserve(&x, NOW_US + 20);
	cr_assert_null(binding_find(set, &tokens[5]));
	x.instance = SPAN("<urn:78>");
	reserve(&x, NOW_US + 21);
	cr_assert_null(binding_find(set, &tokens[0]));
	cr_assert_not_null(binding_find(set, &tokens[1]));
}

Test(binding_claim, what_a_registered_connection_claims_makes_no_room)
{
	struct binding_request more = stranger(77);

	for (unsigned n = 0; n < BINDING_SLOTS_MAX - 1; n++) {
		char instance[16];

		snprintf(instance, sizeof(instance), "<urn:%u>", n);
		registered(device("al", instance, n + 1), NOW_US);
	}
	struct binding_request last =
		with_credentials(device("al", "<urn:9>", 1));
	struct binding *bnd = reserve(&last, NOW_US);

	cr_assert_eq(refusal(&more, NOW_US), REASON_BINDINGS_FULL);
	binding_release(bnd, 1);
	reserve(&more, NOW_US);

	/* registered as somebody else is not enough */
	registered(device("eve", "<urn:1>", 99), NOW_US);
	last.conn = 99;
	reserve(&last, NOW_US);
	more = stranger(78);
	reserve(&more, NOW_US);
}

/* ---- a late answer */

Test(binding_claim, a_late_answer_commits_when_the_slot_is_nobody_elses)
{
	struct binding_request req = with_credentials(phone(1));
	struct token token = reserve(&req, NOW_US)->token;
	struct binding_request x = stranger(1);
	uint64_t late_us = NOW_US + 32 * S_US;
	struct binding *bnd = binding_find(set, &token);

	cr_assert_eq(reserve(&x, late_us), bnd, "it ran out");
	cr_assert_eq(bnd->reserved_by, x.conn);
	cr_assert(binding_commit(set, bnd, &req, 60, late_us));
	cr_assert_eq(bnd->conn, 1);
	cr_assert(binding_live(bnd, late_us));
}

Test(binding_claim, a_late_answer_moves_nothing_of_whom_has_the_slot_now)
{
	struct binding_request req = with_credentials(phone(1));
	struct binding *bnd = reserve(&req, NOW_US);
	struct binding_request next = with_credentials(stranger(1));
	uint64_t late_us = NOW_US + RESERVE_US;

	cr_assert_eq(reserve(&next, late_us), bnd);
	cr_assert_not(binding_commit(set, bnd, &req, 60, late_us), "claimed");
	cr_assert_eq(bnd->expires_us, 0);
	cr_assert_eq(bnd->reserved_by, next.conn);
	cr_assert(binding_commit(set, bnd, &next, 60, late_us));
	cr_assert_not(binding_commit(set, bnd, &req, 60, late_us), "held");
	cr_assert_not(binding_commit(set, bnd, &req, 0, late_us), "nor ends");
	cr_assert_eq(bnd->conn, next.conn);
	cr_assert(binding_live(bnd, late_us));
}

Test(binding_claim, a_late_answer_of_a_slot_that_was_forgotten_and_made_anew)
{
	struct binding_request req = phone(1);
	struct token token = reserve(&req, NOW_US)->token;
	struct binding_request next = with_credentials(stranger(50));
	struct binding *bnd;

	strangers(false);
	bnd = reserve(&next, NOW_US + S_US);
	cr_assert(token_eq(&bnd->token, &token), "the oldest made room");
	bnd = binding_find(set, &token);
	cr_assert_not(binding_commit(set, bnd, &req, 60, NOW_US + S_US));
	binding_release(bnd, 1);
	cr_assert_eq(bnd->reserved_by, next.conn);
}

Test(binding_claim, a_commit_is_of_the_same_user_and_instance)
{
	struct binding_request req = device("al", "<urn:1>", 1);
	struct binding *bnd = registered(req, NOW_US);
	struct binding_request other = device("bob", "<urn:1>", 1);

	cr_assert_not(binding_commit(set, bnd, &other, 0, NOW_US));
	other = device("al", "<urn:2>", 1);
	cr_assert_not(binding_commit(set, bnd, &other, 0, NOW_US));
	other = phone(1);
	cr_assert_not(binding_commit(set, bnd, &other, 0, NOW_US));
	cr_assert(binding_live(bnd, NOW_US));
	cr_assert(binding_commit(set, bnd, &req, 0, NOW_US));
	cr_assert_not(binding_live(bnd, NOW_US));
}
