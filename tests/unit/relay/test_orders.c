/* Proves that the relay carries out every order, answers each close once, loses
 * no socket and no memory, and says why it does not start. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

static struct edge edge;
static struct relay_ports *pairs;

static void set_up(unsigned threads)
{
	peers_use("openssl");
	edge_open(&edge, "openssl", threads);
	pairs = ports_of(&edge, 300);
}

static void tear_down(void)
{
	edge_close(&edge);
	relay_ports_close(pairs);
	cr_assert_not(leaks());
}

static void draw(struct call *call, uint64_t id)
{
	call_draw(&edge, call, id, (struct relay_ports *[2]){NULL, pairs});
}

/* Without a socket of its own. */
static int bare_open(uint64_t id)
{
	const struct relay_open open = {
		.id = id,
		.pair = {{-1, -1, 0}, {-1, -1, 0}},
		.upstream = {false, true},
	};

	return relay_session_open(edge.relay, &open);
}

Test(orders, an_unknown_id_is_no_harm)
{
	struct call call;

	set_up(1);
	draw(&call, 1);
	cr_assert_eq(relay_session_plan(edge.relay, 5, &call.plan), 0);
	relay_session_close(edge.relay, 5);
	cr_assert_eq(edge_end(&edge), 5);
	cr_assert_eq(edge.closed.port[0], 0);
	cr_assert_eq(edge.closed.figures[0].packets, 0);
	cr_assert_eq(relay_counts(edge.relay).sessions, 0);
	/* Its end is told once; a second close is answered too. */
	call_open(&edge, &call);
	relay_session_close(edge.relay, 1);
	relay_session_close(edge.relay, 1);
	call_plan(&edge, &call);
	cr_assert_eq(edge_end(&edge), 1);
	cr_assert_eq(edge.closed.port[1], call.pair[1].port);
	cr_assert_eq(edge_end(&edge), 1);
	cr_assert_eq(edge.closed.port[1], 0);
	cr_assert_eq(relay_counts(edge.relay).sessions, 0);
	call_close(&call);
	tear_down();
}

/* Nobody reads events meanwhile, and there are more ends than places. */
Test(orders, a_storm_of_orders_is_carried_out_in_order)
{
	enum { STORM = 3000 };
	static uint8_t ends[STORM];
	struct call call;
	const unsigned threads = 2;

	set_up(threads);
	draw(&call, STORM);
	for (unsigned id = 0; id < STORM; id++) {
		cr_assert_eq(bare_open(id), 0);
		for (unsigned i = 0; i < 2; i++)
			cr_assert_eq(
				relay_session_plan(edge.relay, id, &call.plan),
				0);
		relay_session_close(edge.relay, id);
	}
	cr_assert_eq(relay_counts(edge.relay).sessions, STORM);
	for (unsigned i = 0; i < STORM; i++) {
		const uint64_t id = edge_end(&edge);

		cr_assert(id < STORM && !ends[id]++);
	}
	cr_assert_eq(relay_counts(edge.relay).sessions, 0);
	/* It is none the worse for it. */
	call_open(&edge, &call);
	call_talks(&call);
	call_close(&call);
	tear_down();
}

/* While orders find no place, there is one for an end. */
Test(orders, a_close_finds_a_place_when_a_plan_does_not)
{
	struct call call;
	unsigned refused = 0;
	uint64_t id = 0;

	set_up(1);
	draw(&call, 1);
	/* Ends that nobody takes hold the thread back. */
	for (unsigned i = 0; i < 1100; i++)
		relay_session_close(edge.relay, UNKNOWN_ID);
	for (; id < 8000 && !bare_open(id); id++)
		;
	cr_assert_eq(id, 8000);
	for (unsigned i = 0; i < 20000; i++)
		refused +=
			relay_session_plan(edge.relay, 7, &call.plan) == ENOMEM;
	cr_assert(refused > 10000);
	cr_assert_eq(bare_open(id), ENOMEM);
	for (uint64_t i = 0; i < id; i++)
		relay_session_close(edge.relay, i);
	for (unsigned i = 0; i < 1100; i++)
		cr_assert_eq(edge_end(&edge), UNKNOWN_ID);
	for (uint64_t i = 0; i < id; i++)
		cr_assert_eq(edge_end(&edge), i);
	cr_assert_eq(relay_counts(edge.relay).sessions, 0);
	call_close(&call);
	tear_down();
}

Test(orders, a_thread_has_room_for_so_many_sessions_and_no_more)
{
	struct relay_pair pair;
	uint64_t id = 0;
	int err = 0;

	set_up(1);
	while (!err) {
		err = bare_open(id);
		if (err == ENOMEM) {
			edge_round_trip(&edge);
			err = 0;
		} else if (!err) {
			id++;
		}
	}
	cr_assert_eq(err, ENOSPC);
	cr_assert_eq(id, RELAY_SESSIONS_MAX);
	cr_assert_eq(relay_counts(edge.relay).sessions, RELAY_SESSIONS_MAX);
	/* The pair of one that is refused is the caller's still. */
	cr_assert_eq(relay_ports_take(pairs, &pair), 0);
	cr_assert_eq(relay_session_open(edge.relay,
					&(struct relay_open){
						.id = id,
						.pair = {pair, {-1, -1, 0}},
					}),
		     ENOSPC);
	cr_assert_eq(close(pair.rtp), 0);
	cr_assert_eq(close(pair.rtcp), 0);
	edge_end_of(&edge, 4711);
	cr_assert_eq(bare_open(id), 0);
	cr_assert_eq(bare_open(id + 1), ENOSPC);
	tear_down();
}

/* What has come for a session that ends at that moment meets nobody. */
Test(orders, sessions_may_end_while_their_packets_come)
{
	enum { ROUNDS = 40, AT_ONCE = 10, EACH = 20 };
	static struct call calls[AT_ONCE];
	const unsigned fds = open_fds();
	uint64_t id = 1;

	set_up(2);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < AT_ONCE; i++) {
			draw(&calls[i], id++);
			call_open(&edge, &calls[i]);
		}
		for (unsigned n = 0; n < EACH; n++) {
			for (unsigned i = 0; i < AT_ONCE; i++) {
				peer_speaks(&calls[i].peer[0]);
				peer_speaks(&calls[i].peer[1]);
				if (n == 10)
					relay_session_close(edge.relay,
							    calls[i].id);
			}
		}
		for (unsigned i = 0; i < AT_ONCE; i++) {
			edge_end(&edge);
			relay_ports_give_back(pairs, edge.closed.port[1]);
		}
		for (unsigned i = 0; i < AT_ONCE; i++)
			call_close(&calls[i]);
	}
	tear_down();
	cr_assert_eq(open_fds(), fds);
}

/* The old plan stays, and the relay says how many there were. */
Test(orders, a_plan_that_cannot_be_is_counted)
{
	struct call call;
	struct rtp_plan good;

	set_up(1);
	draw(&call, 1);
	good = call.plan;
	call_open(&edge, &call);
	/* Their key as ours: both would write with one pad. */
	call.plan.leg[0].tx = call.plan.leg[0].rx;
	call_plan(&edge, &call);
	edge_round_trip(&edge);
	for (unsigned i = 0; !relay_counts(edge.relay).plans_refused; i++) {
		cr_assert(i < 10000);
		edge_round_trip(&edge);
	}
	cr_assert_eq(relay_counts(edge.relay).plans_refused, 1);
	call.plan = good;
	call_talks(&call);
	call_close(&call);
	tear_down();
}

/* ---- who waits for whom */

Test(orders, the_descriptor_is_readable_only_when_there_is_something)
{
	struct pollfd pfd = {.events = POLLIN};
	struct relay_event event;

	set_up(2);
	pfd.fd = relay_fd(edge.relay);
	for (uint64_t id = 1; id < 50; id++) {
		cr_assert_eq(poll(&pfd, 1, 0), 0);
		relay_session_close(edge.relay, id);
		cr_assert_eq(poll(&pfd, 1, WAIT_MS), 1);
		cr_assert(relay_next(edge.relay, &event));
		cr_assert_eq(event.id, id);
		cr_assert_not(relay_next(edge.relay, &event));
	}
	tear_down();
}

/* True when all threads but this one wait in the kernel: S in stat(5). */
static bool all_sleep(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	bool asleep = true;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir))) {
		char path[sizeof(entry->d_name) + 32];
		char state = 'R';
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/stat",
			 entry->d_name);
		if (atoi(entry->d_name) == getpid() ||
		    !(file = fopen(path, "r")))
			continue;
		/* TID (relay-0) S */
		if (fscanf(file, "%*d (relay%*[^)]) %c", &state) == 1)
			asleep &= state == 'S';
		fclose(file);
	}
	closedir(dir);
	return asleep;
}

Test(orders, who_has_nothing_to_do_sleeps)
{
	unsigned tries = 0;
	struct call call;

	set_up(2);
	draw(&call, 1);
	call_open(&edge, &call);
	call_talks(&call);
	for (unsigned i = 0; i < 20; i++) {
		edge_round_trip(&edge);
		while (!all_sleep())
			cr_assert(tries++ < 100000);
	}
	call_close(&call);
	tear_down();
}

/* ---- start and end */

Test(orders, an_end_of_all_leaves_nothing_behind)
{
	enum { LEFT = 100 };
	static struct call calls[LEFT];
	const unsigned fds = open_fds();

	set_up(3);
	for (unsigned i = 0; i < LEFT; i++) {
		draw(&calls[i], i + 1);
		call_open(&edge, &calls[i]);
		peer_speaks(&calls[i].peer[0]);
	}
	/* Some have ended, untold; orders may be on the way. */
	for (unsigned i = 0; i < LEFT; i += 2)
		relay_session_close(edge.relay, i + 1);
	for (unsigned i = 1; i < LEFT; i += 2)
		call_plan(&edge, &calls[i]);
	tear_down();
	for (unsigned i = 0; i < LEFT; i++)
		call_close(&calls[i]);
	cr_assert_eq(open_fds(), fds);
	relay_stop(NULL);
}

static int start(struct relay_settings settings, char why[static 256])
{
	const unsigned fds = open_fds();
	struct relay *relay = NULL;
	int err = relay_start(&relay, &settings, why);

	cr_assert_null(relay);
	cr_assert_eq(open_fds(), fds);
	cr_assert_not(leaks());
	return err;
}

Test(orders, a_stop_waits_for_nobody_who_reads_of_the_ends)
{
	enum { MANY = 1100 }; /* more ends than the ring of events holds */

	set_up(1);
	for (uint64_t id = 1; id <= MANY; id++)
		cr_assert_eq(bare_open(id), 0);
	for (uint64_t id = 1; id <= MANY; id++)
		relay_session_close(edge.relay, id);
	tear_down();
}

Test(orders, a_port_that_is_taken_is_named)
{
	struct relay_settings settings = {
		.engine = "openssl",
		.threads = 2,
		.phones = host_at(HOST_RELAY, 0),
		.upstream = host_at(HOST_RELAY + 1, 0),
	};
	struct addr taken;
	char want[ADDR_TEXT_MAX];
	char why[256];
	int fd;

	settings.phones.port = free_port(&settings.phones);
	settings.upstream.port = free_port(&settings.upstream);
	/* The RTCP port of the second thread's last line. */
	taken = settings.upstream;
	taken.port = (uint16_t)(taken.port + 2 * RELAY_STRIDE - 1);
	fd = bind_at(&taken);
	cr_assert(fd >= 0);
	cr_assert_eq(start(settings, why), EADDRINUSE);
	addr_print(want, &taken);
	cr_assert_eq(strncmp(why, want, strlen(want)), 0, "%s", why);
	cr_assert_not_null(strstr(why, ": address in use"), "%s", why);
	close(fd);
	settings.phones = (struct addr){.ip = {192, 0, 2, 1},
					.port = settings.phones.port,
					.version = 4};
	cr_assert_eq(start(settings, why), EADDRNOTAVAIL);
	cr_assert_not_null(strstr(why, "192.0.2.1:"), "%s", why);
}

Test(orders, settings_that_cannot_be_are_refused)
{
	const struct relay_settings good = {
		.engine = "openssl",
		.threads = 2,
		.phones = host_at(HOST_RELAY, 20000),
	};
	struct relay_settings bad = good;
	char why[256] = "";

	bad.engine = "none";
	cr_assert_eq(start(bad, why), EINVAL);
	cr_assert_not_null(strstr(why, "none"), "%s", why);
	bad = good;
	bad.threads = 0;
	cr_assert_eq(start(bad, why), EINVAL);
	bad.threads = RELAY_THREADS_MAX + 1;
	cr_assert_eq(start(bad, why), EINVAL);
	bad = good;
	bad.phones.port = 20001;
	cr_assert_eq(start(bad, why), EINVAL);
	bad.phones.port = 65536 - RELAY_STRIDE; /* one thread has room */
	cr_assert_eq(start(bad, why), EINVAL);
	bad = good;
	bad.upstream = host_at(HOST_RELAY, 20101);
	cr_assert_eq(start(bad, why), EINVAL);
	cr_assert_neq(why[0], '\0');
}

Test(orders, the_buffer_that_was_granted_is_told)
{
	set_up(1);
	cr_assert(relay_counts(edge.relay).buffer_bytes > 0);
	cr_assert(relay_counts(edge.relay).buffer_bytes <= RELAY_BUFFER_BYTES);
	tear_down();
}
