/* test_caps.c - connections are counted exactly, by /32 and /64, in a table
 * that never grows */
#include <criterion/criterion.h>

#include "../../../src/door/caps.h"

static const uint8_t KEY[HASH_KEY_BYTES] = "a key for a test";

static struct addr v4(uint8_t a, uint8_t b, uint16_t port)
{
	return (struct addr){.ip = {10, 0, a, b}, .port = port, .version = 4};
}

static struct addr v6(uint8_t net, uint8_t host)
{
	struct addr addr = {.ip = {0x20, 0x01}, .port = 1, .version = 6};

	addr.ip[7] = net;
	addr.ip[15] = host;
	return addr;
}

static struct door_caps caps_of(uint32_t max)
{
	struct door_caps caps;

	cr_assert_eq(door_caps_init(&caps, max, KEY), 0);
	return caps;
}

Test(caps, ports_of_one_ipv4_address_share_its_cap)
{
	const struct door_limits limits = {.all = 100, .per_source = 2};
	struct door_caps caps = caps_of(100);
	struct addr other = v4(0, 2, 1);

	for (uint16_t port = 1; port <= 2; port++) {
		struct addr peer = v4(0, 1, port);

		cr_assert_eq(door_caps_check(&caps, &peer, &limits), REASON_OK);
		door_caps_add(&caps, &peer);
	}
	struct addr third = v4(0, 1, 3);

	cr_assert_eq(door_caps_check(&caps, &third, &limits),
		     REASON_CONNECTIONS_SOURCE);
	cr_assert_eq(door_caps_check(&caps, &other, &limits), REASON_OK);
	door_caps_close(&caps);
}

Test(caps, an_ipv6_slash_64_is_one_source)
{
	const struct door_limits limits = {.all = 100, .per_source = 1};
	struct door_caps caps = caps_of(100);
	struct addr one = v6(1, 1), two = v6(1, 2), elsewhere = v6(2, 1);

	door_caps_add(&caps, &one);
	cr_assert_eq(door_caps_check(&caps, &two, &limits),
		     REASON_CONNECTIONS_SOURCE);
	cr_assert_eq(door_caps_check(&caps, &elsewhere, &limits), REASON_OK);
	door_caps_close(&caps);
}

Test(caps, the_cap_in_all_holds_and_gives_back)
{
	const struct door_limits limits = {.all = 2, .per_source = 2};
	struct door_caps caps = caps_of(100);
	struct addr a = v4(0, 1, 1), b = v4(0, 2, 1), c = v4(0, 3, 1);
	struct door_source *source = door_caps_add(&caps, &a);

	door_caps_add(&caps, &b);
	cr_assert_eq(door_caps_check(&caps, &c, &limits),
		     REASON_CONNECTIONS_ALL);
	door_caps_del(&caps, source);
	cr_assert_eq(door_caps_check(&caps, &c, &limits), REASON_OK);
	cr_assert_null(door_caps_find(&caps, &a));
	cr_assert_not_null(door_caps_find(&caps, &b));
	door_caps_close(&caps);
}

Test(caps, limits_above_the_table_stop_at_the_table)
{
	const struct door_limits limits = {.all = 1000, .per_source = 1000};
	struct door_caps caps = caps_of(8);
	struct addr peer;

	for (uint8_t i = 0; i < 8; i++) {
		peer = v4(0, i, 1);
		cr_assert_eq(door_caps_check(&caps, &peer, &limits), REASON_OK);
		door_caps_add(&caps, &peer);
	}
	peer = v4(1, 0, 1);
	cr_assert_eq(door_caps_check(&caps, &peer, &limits),
		     REASON_CONNECTIONS_ALL);
	door_caps_close(&caps);
}

Test(caps, counts_stay_exact_through_any_order)
{
	enum { SOURCES = 32, STEPS = 20000, MAX = 200 };
	const struct door_limits limits = {.all = MAX, .per_source = 10};
	struct door_caps caps = caps_of(MAX);
	uint32_t count[SOURCES] = {0}, all = 0, seed = 1;

	for (int step = 0; step < STEPS; step++) {
		seed = seed * 1664525 + 1013904223;
		uint8_t i = (seed >> 16) % SOURCES;
		struct addr peer = v4(0, i, (uint16_t)step);
		enum reason reason = door_caps_check(&caps, &peer, &limits);

		cr_assert_eq(reason, count[i] >= 10 ? REASON_CONNECTIONS_SOURCE
				     : all >= MAX   ? REASON_CONNECTIONS_ALL
						    : REASON_OK);
		if (seed & 1 << 30 && reason == REASON_OK) {
			door_caps_add(&caps, &peer);
			count[i]++, all++;
		} else if (count[i]) {
			door_caps_del(&caps, door_caps_find(&caps, &peer));
			count[i]--, all--;
		}
		cr_assert_eq(caps.connections, all);
	}
	door_caps_close(&caps);
}
