/* test_binding_room.c - what a full user and a full table refuse, and what they
 * forget */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "binding_help.h"

TestSuite(binding_room, .init = setup, .fini = teardown);

Test(binding_room, what_is_too_long_is_refused_and_what_just_fits_is_not)
{
	static char text[BINDING_CONTACT_MAX + 1];
	struct binding_request good = device("alice", "<urn:1>", 1);
	struct binding_request req;

	memset(text, 'a', sizeof(text));
	req = good;
	req.user = span_of(text, BINDING_USER_MAX);
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req.user.len--;
	reserve(&req, NOW_US);
	req = good;
	req.user = (struct span){0};
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req.user = span_of("a\0b", 3);
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req = good;
	req.contact.text = span_of(text, BINDING_CONTACT_MAX);
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req.contact.text.len--;
	registered(req, NOW_US);
	req = good;
	req.contact_params = span_of(text, BINDING_CONTACT_MAX);
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req.contact_params.len--;
	registered(req, NOW_US);
	req = good;
	req.instance = span_of(text, BINDING_INSTANCE_MAX);
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req.instance.len--;
	reserve(&req, NOW_US);
	req.reg_id = SPAN("1");
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
	req.instance.len -= 2;
	reserve(&req, NOW_US);
	req.instance = span_of("a\0b", 3);
	cr_assert_eq(refusal(&req, NOW_US), REASON_REGISTER_CONTACT);
}

/* Devices conn by conn, each with an instance of its own. */
static struct binding_request nth(const char *user, unsigned n)
{
	static char instance[16];
	struct binding_request req;

	snprintf(instance, sizeof(instance), "<urn:%u>", n);
	req = device(user, instance, n + 1);
	return req;
}

Test(binding_room, a_user_has_ten_devices_and_no_more)
{
	struct binding_request more;
	struct binding *found[BINDING_SLOTS_MAX + 1];

	for (unsigned n = 0; n < BINDING_SLOTS_MAX; n++)
		registered(nth("alice", n), NOW_US);
	more = nth("alice", 77);
	cr_assert_eq(refusal(&more, NOW_US), REASON_BINDINGS_FULL);
	more = plain("alice", "sip:a@10.0.0.1", 78, "192.0.2.1:1");
	cr_assert_eq(refusal(&more, NOW_US), REASON_BINDINGS_FULL);
	cr_assert_eq(bindings_of_user(set, SPAN("alice"), NOW_US, found,
				      BINDING_SLOTS_MAX + 1),
		     BINDING_SLOTS_MAX);
	registered(nth("bob", 77), NOW_US);
	registered(nth("alice", 3), NOW_US);
}

Test(binding_room, a_device_that_is_gone_makes_room_for_its_users_next)
{
	struct binding_request more;
	struct binding *gone;
	struct token token;

	for (unsigned n = 0; n < BINDING_SLOTS_MAX; n++)
		registered(nth("alice", n), NOW_US);
	gone = registered(nth("alice", 4), NOW_US);
	token = gone->token;
	bindings_conn_closed(set, 5);
	more = nth("alice", 77);
	registered(more, NOW_US);
	cr_assert_eq(bindings_count(set), BINDING_SLOTS_MAX);
	cr_assert_null(binding_find(set, &token));
	more = nth("alice", 78);
	cr_assert_eq(refusal(&more, NOW_US), REASON_BINDINGS_FULL);
}

Test(binding_room, refused_registers_cannot_use_up_a_users_slots)
{
	struct binding *bnd =
		registered(device("alice", "<mine>", 1000), NOW_US);
	struct token token = bnd->token;

	for (unsigned n = 0; n < 100; n++) {
		struct binding_request req = nth("alice", n);

		binding_release(reserve(&req, NOW_US), req.conn);
	}
	cr_assert_eq(bindings_count(set), BINDING_SLOTS_MAX);
	cr_assert_eq(binding_find(set, &token), bnd);
	cr_assert(binding_live(bnd, NOW_US));
}

static struct binding_request of_user(unsigned n)
{
	static char user[16];

	snprintf(user, sizeof(user), "u%u", n);
	return plain(user, "sip:a@10.0.0.1", n + 1, "192.0.2.1:1");
}

static void small_set(size_t max)
{
	bindings_close(set);
	set = open_set(max);
}

Test(binding_room, a_full_table_never_forgets_a_registration_in_force)
{
	struct binding_request more;

	small_set(200);
	for (unsigned n = 0; n < 200; n++)
		registered(of_user(n), NOW_US);
	bindings_conn_closed(set, 7);
	for (unsigned n = 300; n < 320; n++) {
		more = of_user(n);
		cr_assert_eq(refusal(&more, NOW_US), REASON_BINDINGS_FULL);
	}
	cr_assert_eq(bindings_count(set), 200);
	for (unsigned n = 0; n < 200; n++)
		registered(of_user(n), NOW_US);
	cr_assert_eq(bindings_count(set), 200);
}

Test(binding_room, a_full_table_forgets_what_was_never_accepted_first)
{
	struct binding_request req;

	small_set(300);
	for (unsigned n = 0; n < 200; n++)
		registered(of_user(n), NOW_US);
	/* strangers, refused by the registrar */
	for (unsigned n = 1000; n < 3000; n++) {
		req = of_user(n);
		binding_release(reserve(&req, NOW_US), req.conn);
	}
	for (unsigned n = 200; n < 300; n++)
		registered(of_user(n), NOW_US);
	cr_assert_eq(bindings_count(set), 300);
	for (unsigned n = 0; n < 300; n++) {
		req = of_user(n);
		cr_assert_not_null(
			binding_of_user_conn(set, req.user, n + 1, NOW_US));
	}
}

Test(binding_room, a_full_table_is_not_held_by_what_is_on_its_way)
{
	struct binding_request one = with_credentials(of_user(1));
	struct binding_request two;
	struct token first, second;

	small_set(2);
	first = reserve(&one, NOW_US)->token;
	two = of_user(2);
	second = reserve(&two, NOW_US)->token;
	two = of_user(3);
	reserve(&two, NOW_US);
	cr_assert_not_null(binding_find(set, &first));
	cr_assert_null(binding_find(set, &second), "without credentials");
	two = with_credentials(of_user(4));
	second = reserve(&two, NOW_US)->token;
	two = of_user(5);
	reserve(&two, NOW_US);
	cr_assert_null(binding_find(set, &first), "the oldest of two");
	cr_assert_not_null(binding_find(set, &second));
	cr_assert_eq(bindings_count(set), 2);
}

Test(binding_room, a_full_table_forgets_what_is_free_before_what_is_reserved)
{
	struct binding_request one = of_user(1);
	struct binding_request two;
	struct token first;

	small_set(2);
	first = reserve(&one, NOW_US)->token;
	two = of_user(2);
	binding_release(reserve(&two, NOW_US), two.conn);
	two = of_user(3);
	reserve(&two, NOW_US);
	cr_assert_not_null(binding_find(set, &first));
}

Test(binding_room, two_reservations_of_one_connection_both_hold_the_slot)
{
	struct binding_request one = of_user(1);
	struct binding *bnd = reserve(&one, NOW_US);

	cr_assert_eq(reserve(&one, NOW_US), bnd);
	binding_release(bnd, one.conn);
	cr_assert_eq(bnd->reserved_by, one.conn);
	binding_release(bnd, one.conn);
	cr_assert_eq(bnd->reserved_by, 0);
}

Test(binding_room, a_full_table_forgets_expired_ones_behind_many_in_force)
{
	struct binding_request req;
	struct binding *bnd;
	uint64_t later_us = NOW_US + 100 * S_US;
	unsigned refused = 0;

	small_set(200);
	for (unsigned n = 0; n < 199; n++)
		registered(of_user(n), NOW_US);
	req = of_user(199);
	bnd = reserve(&req, NOW_US);
	binding_commit(set, bnd, &req, 60, NOW_US);
	req = of_user(500);
	while (true) {
		struct verdict v = binding_reserve(set, &req, later_us, &bnd);

		if (verdict_passes(&v))
			break;
		cr_assert_lt(++refused, 4, "each try looks at others");
	}
	cr_assert_eq(refused, 3, "a try looks at 64");
	for (unsigned n = 0; n < 199; n++) {
		req = of_user(n);
		cr_assert_not_null(
			binding_of_user_conn(set, req.user, n + 1, later_us));
	}
}
