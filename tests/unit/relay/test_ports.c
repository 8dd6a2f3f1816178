/* Proves that pairs of ports come from their range, in turn, both or none, and
 * that neither a port nor a descriptor is lost. */
#include "net.h"

#include <stdio.h>
#include <sys/resource.h>

static struct addr ip;
static char why[256];

/* Of that many pairs, at an address that nobody else has. */
static struct relay_ports *open_ports(uint16_t first, unsigned pairs)
{
	struct relay_ports *ports = NULL;

	ip = host_at(HOST_RELAY, 0);
	cr_assert_eq(relay_ports_open(&ports, &ip, first,
				      (uint16_t)(first + 2 * pairs - 1), why),
		     0, "%s", why);
	cr_assert_str_eq(why, "");
	return ports;
}

static void close_pair(const struct relay_pair *pair)
{
	cr_assert_eq(close(pair->rtp), 0);
	cr_assert_eq(close(pair->rtcp), 0);
}

static uint16_t base(void)
{
	ip = host_at(HOST_RELAY, 0);
	return free_port(&ip);
}

static int hold(uint16_t port)
{
	const struct addr at = host_at(HOST_RELAY, port);
	const int fd = bind_at(&at);

	cr_assert(fd >= 0);
	return fd;
}

Test(ports, a_pair_is_even_and_next_bound_and_in_range)
{
	enum { PAIRS = 5 };
	const uint16_t first = base();
	struct relay_ports *ports = open_ports(first, PAIRS);
	struct relay_pair pair[PAIRS + 1];

	cr_assert_eq(relay_ports_counts(ports).pairs, PAIRS);
	for (unsigned i = 0; i < PAIRS; i++) {
		struct addr at[2];

		cr_assert_eq(relay_ports_take(ports, &pair[i]), 0);
		cr_assert_eq(pair[i].port, first + 2 * i);
		at[0] = name_of(pair[i].rtp);
		at[1] = name_of(pair[i].rtcp);
		cr_assert(addr_ip_eq(&at[0], &ip) && addr_ip_eq(&at[1], &ip));
		cr_assert_eq(at[0].port, pair[i].port);
		cr_assert_eq(at[1].port, pair[i].port + 1);
		/* Non-blocking. */
		cr_assert_eq(recv(pair[i].rtp, why, 1, 0), -1);
		cr_assert_eq(errno, EAGAIN);
		cr_assert_eq(recv(pair[i].rtcp, why, 1, 0), -1);
		cr_assert_eq(relay_ports_counts(ports).out, i + 1);
	}
	cr_assert_eq(relay_ports_take(ports, &pair[PAIRS]), ENOSPC);
	for (unsigned i = 0; i < PAIRS; i++) {
		close_pair(&pair[i]);
		relay_ports_give_back(ports, pair[i].port);
	}
	cr_assert_eq(relay_ports_counts(ports).out, 0);
	relay_ports_close(ports);
}

Test(ports, an_odd_border_is_moved_into_the_range)
{
	const uint16_t first = base();
	struct relay_ports *ports = NULL;

	/* odd to even: two borders go */
	cr_assert_eq(relay_ports_open(&ports, &ip, (uint16_t)(first + 1),
				      (uint16_t)(first + 6), why),
		     0);
	cr_assert_eq(relay_ports_counts(ports).pairs, 2);
	relay_ports_close(ports);
	/* no pair is left */
	cr_assert_eq(relay_ports_open(&ports, &ip, (uint16_t)(first + 1),
				      (uint16_t)(first + 2), why),
		     EINVAL);
	cr_assert_neq(why[0], '\0');
	cr_assert_eq(relay_ports_open(&ports, &ip, first, first, why), EINVAL);
	cr_assert_eq(relay_ports_open(&ports, &ip, 2, 0, why), EINVAL);
	cr_assert_eq(relay_ports_open(&ports, &ip, UINT16_MAX, UINT16_MAX, why),
		     EINVAL);
	cr_assert_eq(
		relay_ports_open(&ports, &ip, UINT16_MAX - 1, UINT16_MAX, why),
		0, "%s", why);
	cr_assert_eq(relay_ports_counts(ports).pairs, 1);
	relay_ports_close(ports);
}

Test(ports, what_is_given_back_is_the_last_to_be_used_again)
{
	const uint16_t first = base();
	struct relay_ports *ports = open_ports(first, 4);
	struct relay_pair pair;

	/* Twice around, and some. */
	for (unsigned i = 0; i < 11; i++) {
		cr_assert_eq(relay_ports_take(ports, &pair), 0);
		cr_assert_eq(pair.port, first + 2 * (i % 4));
		close_pair(&pair);
		relay_ports_give_back(ports, pair.port);
	}
	relay_ports_close(ports);
}

Test(ports, a_pair_of_which_another_has_one_is_passed_over_whole)
{
	const uint16_t first = base();
	const unsigned fds = open_fds();
	struct relay_ports *ports = open_ports(first, 3);
	const int odd = hold((uint16_t)(first + 1));
	const int even = hold((uint16_t)(first + 4));
	struct relay_pair pair;
	struct relay_pair none = {-7, -7, 7};

	cr_assert_eq(relay_ports_take(ports, &pair), 0);
	cr_assert_eq(pair.port, first + 2);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(relay_ports_take(ports, &none), ENOSPC);
	cr_assert(none.rtp == -7 && none.rtcp == -7 && none.port == 7);
	cr_assert_eq(open_fds(), fds + 4);
	/* Nobody holds the even port of the first one. */
	close(hold(first));
	close(odd);
	cr_assert_eq(relay_ports_take(ports, &none), 0);
	cr_assert_eq(none.port, first);
	close_pair(&pair);
	close_pair(&none);
	close(even);
	cr_assert_eq(open_fds(), fds);
	relay_ports_close(ports);
	cr_assert_not(leaks());
}

Test(ports, without_descriptors_none_is_lost)
{
	const uint16_t first = base();
	struct relay_ports *ports = open_ports(first, 2);
	const unsigned fds = open_fds();
	struct relay_pair pair;
	struct rlimit limit;
	struct rlimit one;
	int next = dup(0);

	/* The next descriptor is the last one: RTP has it, RTCP has none. */
	close(next);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	one = limit;
	one.rlim_cur = (rlim_t)next + 1;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &one), 0);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(relay_ports_take(ports, &pair), EMFILE);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_assert_eq(open_fds(), fds);
	cr_assert_eq(relay_ports_counts(ports).out, 0);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(relay_ports_take(ports, &pair), 0);
	cr_assert_eq(relay_ports_take(ports, &pair), ENOSPC);
	relay_ports_close(ports);
}

Test(ports, the_test_of_a_range_says_what_is_in_use)
{
	const uint16_t first = base();
	const unsigned fds = open_fds();
	struct relay_ports *ports = NULL;
	int held[3];
	char want[256];
	char text[ADDR_TEXT_MAX];

	addr_print_ip(text, &ip);
	held[0] = hold((uint16_t)(first + 3));
	cr_assert_eq(relay_ports_open(&ports, &ip, first, (uint16_t)(first + 5),
				      why),
		     0);
	snprintf(want, sizeof(want), "%s: ports %u-%u: 1 pair is in use, %u",
		 text, first, first + 5u, first + 2u);
	cr_assert_str_eq(why, want);
	relay_ports_close(ports);
	held[1] = hold((uint16_t)(first + 4));
	cr_assert_eq(relay_ports_open(&ports, &ip, first, (uint16_t)(first + 5),
				      why),
		     0);
	snprintf(want, sizeof(want),
		 "%s: ports %u-%u: 2 pairs are in use, the first is %u", text,
		 first, first + 5u, first + 2u);
	cr_assert_str_eq(why, want);
	relay_ports_close(ports);
	held[2] = hold(first);
	ports = NULL;
	cr_assert_eq(relay_ports_open(&ports, &ip, first, (uint16_t)(first + 5),
				      why),
		     EADDRINUSE);
	cr_assert_null(ports);
	cr_assert_not_null(strstr(why, "3 pairs are in use"), "%s", why);
	for (unsigned i = 0; i < 3; i++)
		close(held[i]);
	cr_assert_eq(open_fds(), fds);
	cr_assert_not(leaks());
}

Test(ports, an_address_that_is_not_ours_is_named)
{
	const struct addr other = {.ip = {192, 0, 2, 1}, .version = 4};
	const unsigned fds = open_fds();
	struct relay_ports *ports = NULL;

	cr_assert_eq(relay_ports_open(&ports, &other, 20000, 20009, why),
		     EADDRNOTAVAIL);
	cr_assert_null(ports);
	cr_assert_not_null(strstr(why, "192.0.2.1: ports 20000-20009: "), "%s",
			   why);
	cr_assert_eq(open_fds(), fds);
}

Test(ports, the_range_of_the_kernel_is_seen_where_it_overlaps)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
	unsigned from, to;
	uint16_t low = 1, high = 2;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%u %u", &from, &to), 2);
	fclose(file);
	cr_assert(from > 1 && to < UINT16_MAX);
	cr_assert_not(
		relay_ports_ephemeral(1, (uint16_t)(from - 1), &low, &high));
	cr_assert_not(relay_ports_ephemeral((uint16_t)(to + 1), UINT16_MAX,
					    &low, &high));
	cr_assert(low == 1 && high == 2);
	cr_assert(relay_ports_ephemeral(1, (uint16_t)from, &low, &high));
	cr_assert(low == from && high == to);
	cr_assert(relay_ports_ephemeral((uint16_t)to, UINT16_MAX, &low, &high));
	cr_assert(relay_ports_ephemeral((uint16_t)(from + 1),
					(uint16_t)(to - 1), &low, &high));
}
