/* Proves that packets come through the relay's threads whole, to the right one
 * and to nobody else, over real sockets. */
#include "wire.h"

static struct edge edge;
static struct relay_ports *pairs;

static void set_up(const char *engine, unsigned threads)
{
	peers_use(engine);
	edge_open(&edge, engine, threads);
	pairs = ports_of(&edge, 300);
}

static void tear_down(void)
{
	edge_close(&edge);
	relay_ports_close(pairs);
	cr_assert_not(leaks());
}

/* A phone at the shared port, a PBX at a pair. */
static void draw(struct call *call, uint64_t id)
{
	call_draw(&edge, call, id, (struct relay_ports *[2]){NULL, pairs});
}

static void each_engine(void (*body)(void))
{
	static const char *const names[] = {"openssl", "libsrtp2"};

	for (unsigned i = 0; i < 2; i++) {
		set_up(names[i], 1);
		body();
		tear_down();
	}
}

static void both_ways(void)
{
	/* Each suite. */
	for (uint64_t id = 1; id <= SUITE_COUNT; id++) {
		struct call call;

		draw(&call, id);
		call_open(&edge, &call);
		for (unsigned i = 0; i < 5; i++)
			call_talks(&call);
		for (unsigned i = 0; i < 2; i++) {
			peer_reports(&call.peer[i]);
			peer_hears_report_of(&call.peer[!i], &call.peer[i]);
		}
		call_close(&call);
	}
}

Test(relay, srtp_and_rtp_come_whole_both_ways_and_so_do_their_reports)
{
	each_engine(both_ways);
}

static void expect_first(struct call *call, unsigned leg)
{
	const struct relay_event event = edge_event(&edge);

	cr_assert_eq(event.kind, RELAY_MEDIA);
	cr_assert_eq(event.id, call->id);
	cr_assert_eq(event.media.kind, RTP_EVENT_FIRST);
	cr_assert_eq(event.media.leg, leg);
	cr_assert(addr_eq(&event.media.from, &call->peer[leg].at[0]));
}

static void life(void)
{
	const unsigned fds = open_fds();
	struct relay_event closed;
	struct call call;
	int fd;

	draw(&call, 1);
	call_open(&edge, &call);
	call_talks(&call);
	expect_first(&call, 0);
	expect_first(&call, 1);
	call_talks(&call);
	peer_speaks(&call.peer[0]);
	peer_hears_last_of(&call.peer[1], &call.peer[0]);
	cr_assert_eq(relay_counts(edge.relay).sessions, 1);
	relay_session_close(edge.relay, 1);
	closed = edge_event(&edge);
	cr_assert_eq(closed.kind, RELAY_CLOSED);
	cr_assert_eq(closed.id, 1);
	cr_assert_eq(closed.figures[0].packets, 3);
	cr_assert_eq(closed.figures[1].packets, 2);
	cr_assert_eq(closed.figures[0].lost, 0);
	cr_assert_eq(closed.port[0], 0);
	cr_assert_eq(closed.port[1], call.pair[1].port);
	cr_assert_eq(relay_counts(edge.relay).sessions, 0);
	/* It is free in fact. */
	fd = bind_at(&call.peer[1].to[0]);
	cr_assert(fd >= 0);
	close(fd);
	relay_ports_give_back(pairs, closed.port[1]);
	call_close(&call);
	cr_assert_eq(open_fds(), fds);
}

Test(relay, a_session_tells_of_its_first_packets_and_of_its_end)
{
	each_engine(life);
}

Test(relay, a_short_call_tells_of_its_first_packets_before_its_end)
{
	struct call call;

	set_up("openssl", 1);
	draw(&call, 1);
	call_open(&edge, &call);
	call_talks(&call);
	relay_session_close(edge.relay, 1);
	expect_first(&call, 0);
	expect_first(&call, 1);
	cr_assert_eq(edge_event(&edge).kind, RELAY_CLOSED);
	call_close(&call);
	tear_down();
}

static void forged(void)
{
	struct peer stranger;
	struct call call;

	draw(&call, 1);
	peer_open(&stranger, 77, HOST_STRANGER, true);
	memcpy(stranger.to, call.peer[0].to, sizeof(stranger.to));
	call_open(&edge, &call);
	call_talks(&call);
	/* Sent again, as it was. */
	peer_speaks(&call.peer[0]);
	peer_throws(&call.peer[0], 0, call.peer[0].wire, call.peer[0].len);
	peer_throws(&stranger, 0, call.peer[0].wire, call.peer[0].len);
	peer_hears_last_of(&call.peer[1], &call.peer[0]);
	/* A bit of it is another; from where it is known, and not. */
	peer_writes(&call.peer[0]);
	call.peer[0].wire[40] ^= 1;
	peer_throws(&call.peer[0], 0, call.peer[0].wire, call.peer[0].len);
	peer_throws(&stranger, 0, call.peer[0].wire, call.peer[0].len);
	/* Another key; no packet; nothing. */
	peer_speaks(&stranger);
	peer_throws(&stranger, 0, (const uint8_t *)"hello", 5);
	peer_throws(&stranger, 0, (const uint8_t *)"", 0);
	peer_reports(&stranger);
	/* To the pair of the PBX, who has another address. */
	memcpy(stranger.to, call.peer[1].to, sizeof(stranger.to));
	stranger.secure = false;
	peer_speaks(&stranger);
	peer_reports(&stranger);
	edge_counts(&edge, 3, 2 + 2, 2 + 4);
	/* The very next that each hears is the other's. */
	call_talks(&call);
	cr_assert_not(peer_has_packet(&stranger));
	peer_close(&stranger);
	call_close(&call);
}

Test(relay, what_is_forged_or_replayed_comes_to_nobody)
{
	each_engine(forged);
}

Test(relay, a_datagram_that_is_too_long_is_not_cut_and_passed)
{
	uint8_t longest[RTP_PACKET_MAX + 1] = {0};
	struct call call;

	set_up("openssl", 1);
	draw(&call, 1);
	call_open(&edge, &call);
	call_talks(&call);
	plain_rtp(longest, call.peer[1].ssrc, call.peer[1].sequence++);
	peer_throws(&call.peer[1], 0, longest, sizeof(longest));
	plain_rtp(longest, call.peer[1].ssrc, call.peer[1].sequence++);
	peer_throws(&call.peer[1], 0, longest, RTP_PACKET_MAX);
	peer_hears(&call.peer[0], 0);
	cr_assert_eq(call.peer[0].len, RTP_PACKET_MAX);
	cr_assert_eq(memcmp(call.peer[0].wire, longest, RTP_PACKET_MAX), 0);
	edge_counts(&edge, 3, 1, 0);
	call_close(&call);
	tear_down();
}

/* Each leaves when the ones before it have, whatever the size of a batch. */
Test(relay, a_burst_keeps_its_order)
{
	enum { BURST = 150 };
	struct call call;

	set_up("openssl", 1);
	draw(&call, 1);
	call_open(&edge, &call);
	for (unsigned leg = 0; leg < 2; leg++) {
		struct peer *const from = &call.peer[leg];
		struct peer *const to = &call.peer[!leg];
		const uint16_t first = from->sequence;

		for (unsigned i = 0; i < BURST; i++)
			peer_speaks(from);
		for (unsigned i = 0; i < BURST; i++) {
			from->sequence = (uint16_t)(first + i + 1);
			peer_hears_last_of(to, from);
		}
	}
	call_close(&call);
	tear_down();
}

/* Nobody waits for the thread between the two. */
Test(relay, what_is_sent_after_a_plan_meets_it)
{
	struct call call;

	set_up("openssl", 1);
	draw(&call, 1);
	call_open(&edge, &call);
	for (unsigned i = 0; i < 200; i++) {
		peer_close(&call.peer[0]);
		peer_open(&call.peer[0], 100 + i, HOST_PHONE, true);
		call.plan.leg[0] = leg_plan(&call.peer[0], true, false);
		call_aims(&edge, &call, 0);
		call_plan(&edge, &call);
		peer_speaks(&call.peer[0]);
		peer_hears_last_of(&call.peer[1], &call.peer[0]);
	}
	call_close(&call);
	tear_down();
}

/* They leave on one socket, in one call of the kernel. */
Test(relay, a_packet_that_cannot_be_sent_takes_no_other_with_it)
{
	enum { EACH = 50 };
	struct call good;
	struct call bad;
	uint16_t first;

	set_up("openssl", 1);
	draw(&good, 1);
	draw(&bad, 2);
	/* From 127/8 nothing goes to the world. */
	for (unsigned i = 0; i < 4; i++)
		bad.plan.leg[0].rtp.ip[i] = bad.plan.leg[0].tls.ip[i] =
			(uint8_t[]){192, 0, 2, 9}[i];
	call_open(&edge, &good);
	call_open(&edge, &bad);
	first = good.peer[1].sequence;
	for (unsigned i = 0; i < EACH; i++) {
		peer_speaks(&bad.peer[1]);
		peer_speaks(&good.peer[1]);
	}
	for (unsigned i = 0; i < EACH; i++) {
		good.peer[1].sequence = (uint16_t)(first + i + 1);
		peer_hears_last_of(&good.peer[0], &good.peer[1]);
	}
	edge_counts(&edge, EACH, 0, 0);
	call_close(&good);
	call_close(&bad);
	tear_down();
}

enum { MANY = 200 };

static void many(bool own)
{
	static struct call calls[MANY];
	struct relay_ports *of[2] = {NULL, own ? pairs : NULL};

	for (unsigned i = 0; i < MANY; i++) {
		call_draw(&edge, &calls[i], i + 1, of);
		calls[i].line = i % RELAY_LINES_MAX;
		call_aims(&edge, &calls[i], 0);
		call_aims(&edge, &calls[i], 1);
		call_open(&edge, &calls[i]);
	}
	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned leg = 0; leg < 2; leg++) {
			for (unsigned i = 0; i < MANY; i++)
				peer_speaks(&calls[i].peer[leg]);
			for (unsigned i = 0; i < MANY; i++)
				peer_hears_last_of(&calls[i].peer[!leg],
						   &calls[i].peer[leg]);
		}
	}
	cr_assert_eq(relay_counts(edge.relay).sessions, MANY);
	for (unsigned i = 0; i < MANY; i++)
		relay_session_close(edge.relay, i + 1);
	for (unsigned i = 0; i < MANY; i++) {
		edge_end(&edge);
		cr_assert_eq(edge.closed.figures[0].packets, 3);
		cr_assert_eq(edge.closed.figures[1].packets, 3);
		if (own)
			relay_ports_give_back(pairs, edge.closed.port[1]);
	}
	for (unsigned i = 0; i < MANY; i++)
		call_close(&calls[i]);
	cr_assert_eq(relay_counts(edge.relay).sessions, 0);
	cr_assert_eq(relay_ports_counts(pairs).out, 0);
}

Test(relay, two_hundred_sessions_do_not_mix)
{
	set_up("openssl", 1);
	many(true);
	tear_down();
}

/* So does the PBX's side, where it has one port too. */
Test(relay, two_hundred_sessions_of_two_threads_on_shared_ports_do_not_mix)
{
	unsigned of_first = 0;

	set_up("libsrtp2", 2);
	for (uint64_t id = 1; id <= MANY; id++) {
		const uint16_t port = relay_phones_port(edge.relay, id, 3);

		cr_assert(port == edge.phones.port + 6 ||
			  port == edge.phones.port + RELAY_STRIDE + 6);
		cr_assert_eq(relay_upstream_port(edge.relay, id, 3) -
				     edge.upstream.port,
			     port - edge.phones.port);
		of_first += port == edge.phones.port + 6;
	}
	cr_assert(of_first > MANY / 3 && of_first < MANY * 2 / 3);
	many(false);
	tear_down();
}

Test(relay, two_phones_talk_over_one_shared_port)
{
	struct call call;

	set_up("openssl", 1);
	call_draw(&edge, &call, 1, (struct relay_ports *[2]){NULL, NULL});
	call.upstream[1] = false;
	peer_close(&call.peer[1]);
	peer_open(&call.peer[1], 9, HOST_PHONE + 1, true);
	call.plan.leg[1] = leg_plan(&call.peer[1], true, false);
	call_aims(&edge, &call, 1);
	cr_assert(addr_eq(&call.peer[0].to[0], &call.peer[1].to[0]));
	call_open(&edge, &call);
	for (unsigned i = 0; i < 5; i++)
		call_talks(&call);
	edge_end_of(&edge, 1);
	cr_assert_eq(edge.closed.figures[0].packets, 5);
	cr_assert_eq(edge.closed.figures[1].packets, 5);
	call_close(&call);
	tear_down();
}

Test(relay, an_echo_gives_back_what_it_hears)
{
	struct call call;

	set_up("openssl", 1);
	call_draw(&edge, &call, 1, (struct relay_ports *[2]){NULL, NULL});
	call.plan.echo = true;
	call.plan.leg[1] = (struct rtp_leg_plan){0};
	call_open(&edge, &call);
	for (unsigned i = 0; i < 5; i++) {
		peer_speaks(&call.peer[0]);
		peer_hears_last_of(&call.peer[0], &call.peer[0]);
	}
	call_close(&call);
	tear_down();
}

/* What is on a port follows the plan. */
Test(relay, a_leg_is_heard_where_its_plan_says)
{
	struct peer *phone;
	struct call call;

	set_up("openssl", 1);
	call_draw(&edge, &call, 1, (struct relay_ports *[2]){pairs, pairs});
	phone = &call.peer[0];
	call_open(&edge, &call);
	call_talks(&call);
	/* To the shared port: nobody's. */
	call.plan.leg[0].shared = true;
	call_aims(&edge, &call, 0);
	peer_speaks(phone);
	edge_counts(&edge, 2, 0, 1);
	call_plan(&edge, &call);
	edge_round_trip(&edge);
	call_talks(&call);
	/* Planned again: it is found by its new key too. */
	peer_close(phone);
	peer_open(phone, 500, HOST_PHONE, true);
	call.plan.leg[0] = leg_plan(phone, true, false);
	call_plan(&edge, &call);
	call_aims(&edge, &call, 0);
	edge_round_trip(&edge);
	call_talks(&call);
	/* To the pair that it has left. */
	call.plan.leg[0].shared = false;
	call_aims(&edge, &call, 0);
	peer_speaks(phone);
	edge_counts(&edge, 6, 1, 1);
	call_plan(&edge, &call);
	edge_round_trip(&edge);
	call_talks(&call);
	call.plan.leg[0].shared = true;
	call_aims(&edge, &call, 0);
	peer_speaks(phone);
	edge_counts(&edge, 8, 1, 2);
	call_close(&call);
	tear_down();
}

/* ---- IPv6 */

static void open_dual_stack(const char *engine)
{
	struct relay_settings settings = {
		.engine = engine,
		.threads = 1,
		.phones = {.version = 6},
	};
	char why[256] = "";
	int err = EADDRINUSE;

	edge = (struct edge){.threads = 1};
	for (unsigned i = 0; i < 20 && err == EADDRINUSE; i++) {
		settings.phones.port = free_port(&settings.phones);
		err = relay_start(&edge.relay, &settings, why);
	}
	if (err == EAFNOSUPPORT || err == EADDRNOTAVAIL)
		cr_skip_test("no IPv6 here");
	cr_assert_eq(err, 0, "%s", why);
	edge.phones = host_at(HOST_RELAY, settings.phones.port);
}

/* Pairs of :: for the second leg, and a PBX at ::1. */
static struct relay_ports *any_pairs(void)
{
	const struct addr any = {.version = 6};
	struct relay_ports *ports = NULL;
	char why[256];

	for (unsigned i = 0; i < 20 && !ports; i++) {
		const uint16_t first = free_port(&any);

		if (relay_ports_open(&ports, &any, first, (uint16_t)(first + 1),
				     why))
			ports = NULL;
	}
	cr_assert_not_null(ports);
	return ports;
}

static void move_to_ip6(struct peer *peer)
{
	const struct addr loopback = {.version = 6, .ip = {[15] = 1}};

	for (unsigned i = 0; i < 2; i++) {
		close(peer->fd[i]);
		peer->fd[i] = bind_at(&loopback);
		cr_assert(peer->fd[i] >= 0);
		peer->at[i] = name_of(peer->fd[i]);
	}
}

Test(relay, ports_of_any_address_serve_ipv4_and_ipv6)
{
	const struct addr loopback = {.version = 6, .ip = {[15] = 1}};
	struct call call;

	peers_use("openssl");
	open_dual_stack("openssl");
	pairs = any_pairs();
	draw(&call, 1);
	move_to_ip6(&call.peer[1]);
	call.plan.leg[1].rtp = call.peer[1].at[0];
	call.plan.leg[1].rtcp = call.peer[1].at[1];
	for (unsigned i = 0; i < 2; i++) {
		const uint16_t port = call.peer[1].to[i].port;

		call.peer[1].to[i] = loopback;
		call.peer[1].to[i].port = port;
	}
	/* Of a port without an address the kernel picks one to send from. */
	for (unsigned i = 0; i < 2; i++)
		memcpy(call.peer[0].to[i].ip, (uint8_t[]){127, 0, 0, 1}, 4);
	call_open(&edge, &call);
	for (unsigned i = 0; i < 3; i++)
		call_talks(&call);
	call_close(&call);
	tear_down();
}
