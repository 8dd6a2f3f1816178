/* test_binding.c - which slot a REGISTER gets, and what moves on commit only */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "../sip/broken_mac.h"
#include "binding_help.h"

static const uint8_t OTHER_HASH_KEY[16] = {7, 8};

TestSuite(binding, .init = setup, .fini = teardown);

Test(binding, opens_within_its_bounds_only)
{
	struct bindings *opened = NULL;

	cr_assert_eq(bindings_open(&opened, 0, KEY, HASH_KEY), EINVAL);
	cr_assert_eq(bindings_open(&opened, 1000001, KEY, HASH_KEY), EINVAL);
	cr_assert_null(opened);
	bindings_close(NULL);
}

Test(binding, opens_not_and_names_nobody_while_the_crypto_library_fails)
{
	struct binding_request req =
		plain("alice", "sip:a@10.0.0.1:5060", 1, "192.0.2.1:1000");
	struct bindings *opened = NULL;

	for (int call = BROKEN_FETCH; call < BROKEN_COUNT; call++) {
		broken = (enum broken)call;
		cr_expect_eq(bindings_open(&opened, 10, KEY, HASH_KEY), EIO);
		cr_expect_null(opened);
		(void)refusal(&req, NOW_US);
		cr_expect_eq(bindings_count(set), 0);
	}
}

/* ---- reserve, commit, release */

Test(binding, is_reachable_after_the_commit_only)
{
	struct binding_request req =
		plain("alice", "sip:a@10.0.0.1:5060", 1, "192.0.2.1:1000");
	struct binding *bnd = reserve(&req, NOW_US);
	struct binding *found[2];

	cr_assert_eq(binding_find(set, &bnd->token), bnd);
	cr_assert_not(binding_live(bnd, NOW_US));
	cr_assert_null(binding_of_conn(set, 1, NOW_US));
	cr_assert_eq(bindings_of_user(set, req.user, NOW_US, found, 2), 0);

	req.contact_params = SPAN(";q=0.5");
	binding_commit(set, bnd, &req, 60, NOW_US);
	cr_assert(binding_live(bnd, NOW_US));
	cr_assert_eq(bnd->conn, 1);
	cr_assert_eq(bnd->reserved_by, 0);
	cr_assert_eq(bnd->expires_us, NOW_US + 60 * S_US);
	cr_assert_str_eq(bnd->user, "alice");
	cr_assert_str_eq(bnd->instance, "");
	cr_assert_str_eq(bnd->contact_uri, "sip:a@10.0.0.1:5060");
	cr_assert_str_eq(bnd->contact_params, ";q=0.5");
	cr_assert(addr_eq(&bnd->source, &req.source));
	cr_assert_eq(binding_of_conn(set, 1, NOW_US), bnd);
	cr_assert_eq(binding_of_user_conn(set, req.user, 1, NOW_US), bnd);
	cr_assert_null(binding_of_user_conn(set, SPAN("bob"), 1, NOW_US));
	cr_assert_null(binding_of_user_conn(set, req.user, 2, NOW_US));
	cr_assert_eq(bindings_of_user(set, req.user, NOW_US, found, 2), 1);
	cr_assert_eq(found[0], bnd);
}

Test(binding, ends_with_its_expiry)
{
	struct binding *bnd = registered(
		plain("alice", "sip:a@10.0.0.1", 1, "192.0.2.1:1000"), NOW_US);
	uint64_t end_us = NOW_US + 3600 * S_US;
	struct binding *found[1];

	cr_assert(binding_live(bnd, end_us - 1));
	cr_assert_not(binding_live(bnd, end_us));
	cr_assert_null(binding_of_conn(set, 1, end_us));
	cr_assert_eq(bindings_of_user(set, SPAN("alice"), end_us, found, 1), 0);
	cr_assert_eq(binding_find(set, &bnd->token), bnd);
}

Test(binding, nothing_of_a_committed_one_moves_before_the_commit)
{
	struct binding *bnd = registered(device("alice", "<urn:1>", 1), NOW_US);
	struct binding_request req =
		plain("alice", "sip:other@10.0.0.2", 2, "198.51.100.7:99");
	struct binding before = *bnd;

	req.instance = SPAN("<urn:1>");
	cr_assert_eq(reserve(&req, NOW_US + S_US), bnd);
	cr_assert_eq(bnd->conn, before.conn);
	cr_assert_eq(bnd->expires_us, before.expires_us);
	cr_assert(addr_eq(&bnd->source, &before.source));
	cr_assert_str_eq(bnd->contact_uri, "sip:x@10.0.0.9");
	cr_assert_eq(binding_of_conn(set, 1, NOW_US), bnd);
	cr_assert_null(binding_of_conn(set, 2, NOW_US));

	binding_release(bnd, 2);
	cr_assert_eq(bnd->conn, 1);
	cr_assert_eq(bnd->reserved_by, 0);

	cr_assert_eq(reserve(&req, NOW_US + S_US), bnd);
	binding_commit(set, bnd, &req, 60, NOW_US + S_US);
	cr_assert_eq(bnd->conn, 2);
	cr_assert_str_eq(bnd->contact_uri, "sip:other@10.0.0.2");
	cr_assert_null(binding_of_conn(set, 1, NOW_US));
	cr_assert_eq(binding_of_conn(set, 2, NOW_US), bnd);
}

Test(binding, expiry_0_removes_and_keeps_the_name)
{
	struct binding_request req =
		plain("alice", "sip:a@10.0.0.1", 1, "192.0.2.1:1000");
	struct binding *bnd = registered(req, NOW_US);
	struct token token = bnd->token;

	cr_assert_eq(reserve(&req, NOW_US), bnd);
	binding_commit(set, bnd, &req, 0, NOW_US);
	cr_assert_not(binding_live(bnd, NOW_US));
	cr_assert_eq(bnd->conn, 0);
	cr_assert_eq(bnd->expires_us, 0);
	cr_assert_null(binding_of_conn(set, 1, NOW_US));
	cr_assert_eq(binding_find(set, &token), bnd);
	cr_assert_eq(registered(req, NOW_US), bnd);
}

Test(binding, star_removes_all_of_one_user)
{
	struct binding *one = registered(device("alice", "<urn:1>", 1), NOW_US);
	struct binding *two = registered(device("alice", "<urn:2>", 2), NOW_US);
	struct binding *bob = registered(device("bob", "<urn:1>", 1), NOW_US);

	bindings_remove_user(set, SPAN("alice"));
	cr_assert_not(binding_live(one, NOW_US));
	cr_assert_not(binding_live(two, NOW_US));
	cr_assert(binding_live(bob, NOW_US));
	cr_assert_eq(binding_of_conn(set, 1, NOW_US), bob);
}

Test(binding, a_release_of_another_connection_changes_no_reservation)
{
	struct binding_request req = device("alice", "<urn:1>", 1);
	struct binding *bnd = reserve(&req, NOW_US);

	binding_release(bnd, 2);
	cr_assert_eq(bnd->reserved_by, 1);
	binding_release(bnd, 1);
	cr_assert_eq(bnd->reserved_by, 0);
}

/* ---- the slot rules */

Test(binding, the_same_token_after_a_reconnect)
{
	struct binding_request req =
		plain("alice", "sip:a@10.0.0.1:5071", 1, "192.0.2.1:1000");
	struct binding *bnd = registered(req, NOW_US);
	struct token token = bnd->token;

	bindings_conn_closed(set, 1);
	cr_assert_eq(bnd->conn, 0);
	cr_assert_not(binding_live(bnd, NOW_US));
	cr_assert_str_eq(bnd->contact_uri, "sip:a@10.0.0.1:5071");
	req = plain("alice", "sip:b@10.0.0.7:5072", 2, "203.0.113.1:2000");
	bnd = registered(req, NOW_US);
	cr_assert(token_eq(&bnd->token, &token));
	cr_assert_eq(bindings_count(set), 1);
}

Test(binding, the_same_tokens_after_a_restart_in_any_order)
{
	struct token one =
		registered(device("al", "<urn:1>", 1), NOW_US)->token;
	struct token two =
		registered(device("al", "<urn:2>", 2), NOW_US)->token;
	struct binding_request req = device("al", "<urn:2>", 1);
	struct token again;

	cr_assert_not(token_eq(&one, &two));
	bindings_close(set);
	set = NULL;
	cr_assert_eq(bindings_open(&set, 10, KEY, OTHER_HASH_KEY), 0);
	again = registered(req, NOW_US)->token;
	cr_assert(token_eq(&again, &two));
	again = registered(device("al", "<urn:1>", 2), NOW_US)->token;
	cr_assert(token_eq(&again, &one));
}

Test(binding, an_instance_is_known_by_its_reg_id_too)
{
	struct binding_request req = device("alice", "<urn:1>", 1);
	struct binding *bnd;

	req.reg_id = SPAN("1");
	bnd = registered(req, NOW_US);
	cr_assert_str_eq(bnd->instance, "<urn:1>;1");
	req.reg_id = SPAN("2");
	cr_assert_neq(registered(req, NOW_US), bnd);
	req.reg_id = SPAN("1");
	req.conn = 5;
	cr_assert_eq(registered(req, NOW_US), bnd);
}

Test(binding, a_reg_id_without_instance_means_nothing)
{
	struct binding_request req =
		plain("alice", "sip:a@10.0.0.1", 1, "192.0.2.1:1000");
	struct binding *bnd = registered(req, NOW_US);

	req.reg_id = SPAN("1");
	cr_assert_eq(registered(req, NOW_US), bnd);
}

Test(binding, devices_with_and_without_instance_never_share_a_slot)
{
	struct binding_request req =
		plain("alice", "sip:x@10.0.0.9", 1, "192.0.2.9:1000");
	struct binding *with =
		registered(device("alice", "<urn:1>", 1), NOW_US);
	struct binding *without = registered(req, NOW_US);

	cr_assert_neq(with, without);
	bindings_conn_closed(set, 1);
	cr_assert_eq(registered(device("alice", "<urn:1>", 2), NOW_US), with);
	req.conn = 3;
	cr_assert_eq(registered(req, NOW_US), without);
}

Test(binding, the_slot_of_this_connection_comes_before_an_equal_contact)
{
	struct binding *one = registered(
		plain("al", "sip:a@10.0.0.1:1", 1, "192.0.2.1:1"), NOW_US);
	struct binding *two = registered(
		plain("al", "sip:b@10.0.0.2:1", 2, "192.0.2.2:1"), NOW_US);

	cr_assert_neq(one, two);
	cr_assert_eq(
		registered(plain("al", "sip:a@10.0.0.1:9", 2, "192.0.2.1:9"),
			   NOW_US),
		two);
}

Test(binding, an_equal_contact_comes_before_a_slot_that_is_free)
{
	struct binding *one = registered(
		plain("al", "sip:a@10.0.0.1:1", 1, "192.0.2.1:1"), NOW_US);
	struct binding *two = registered(
		plain("al", "sip:b@10.0.0.2:1", 2, "192.0.2.2:1"), NOW_US);

	bindings_conn_closed(set, 1);
	bindings_conn_closed(set, 2);
	cr_assert_eq(
		registered(plain("al", "sip:b@10.0.0.2:9", 3, "198.51.100.1"),
			   NOW_US),
		two);
	cr_assert_eq(
		registered(plain("al", "sip:z@10.0.0.3", 4, "198.51.100.1"),
			   NOW_US),
		one);
}

Test(binding, an_equal_contact_of_a_held_slot_needs_the_same_source)
{
	struct binding *one = registered(
		plain("al", "sip:a@10.0.0.1:1", 1, "192.0.2.1:1"), NOW_US);
	struct binding *two = registered(
		plain("al", "sip:a@10.0.0.1:9", 2, "198.51.100.1:9"), NOW_US);

	cr_assert_neq(two, one, "RFC 1918 addresses are everybody's");
	cr_assert_eq(
		registered(plain("al", "sip:a@10.0.0.1:7", 3, "192.0.2.1:7"),
			   NOW_US),
		one);
	cr_assert_eq(one->conn, 3);
}

Test(binding, another_host_or_user_of_the_contact_is_another_phone)
{
	struct binding *one = registered(
		plain("al", "sip:a@10.0.0.1:1", 1, "192.0.2.1:1"), NOW_US);

	cr_assert_neq(
		registered(plain("al", "sip:a@10.0.0.2:1", 2, "192.0.2.1:9"),
			   NOW_US),
		one);
	cr_assert_neq(
		registered(plain("al", "sip:b@10.0.0.1:1", 3, "192.0.2.1:9"),
			   NOW_US),
		one);
	cr_assert_eq(bindings_count(set), 3);
}

Test(binding, the_first_user_of_a_connection_stays_the_first)
{
	struct binding *bob = registered(device("bob", "<urn:1>", 1), NOW_US);
	struct binding *alice =
		registered(device("alice", "<urn:1>", 1), NOW_US);

	registered(device("carol", "<urn:1>", 1), NOW_US);
	cr_assert_eq(binding_of_conn(set, 1, NOW_US), bob);
	cr_assert_eq(registered(device("bob", "<urn:1>", 1), NOW_US), bob);
	cr_assert_eq(binding_of_conn(set, 1, NOW_US), bob);
	bindings_remove_user(set, SPAN("bob"));
	cr_assert_eq(binding_of_conn(set, 1, NOW_US), alice);
}

Test(binding, a_users_devices_come_newest_first_and_never_more_than_asked)
{
	struct binding *a = registered(device("al", "<urn:1>", 1), NOW_US);
	struct binding *b = registered(device("al", "<urn:2>", 2), NOW_US);
	struct binding *c = registered(device("al", "<urn:3>", 3), NOW_US);
	struct binding *found[4] = {0};

	cr_assert_eq(registered(device("al", "<urn:1>", 1), NOW_US), a);
	cr_assert_eq(bindings_of_user(set, SPAN("al"), NOW_US, found, 4), 3);
	cr_assert(found[0] == a && found[1] == c && found[2] == b);
	found[0] = found[1] = found[2] = NULL;
	cr_assert_eq(bindings_of_user(set, SPAN("al"), NOW_US, found, 2), 2);
	cr_assert(found[0] == a && found[1] == c && !found[2]);
	cr_assert_eq(bindings_of_user(set, SPAN("al"), NOW_US, found, 0), 0);
	cr_assert_eq(bindings_of_user(set, SPAN("a"), NOW_US, found, 4), 0);
}
