/* test_demux_flood.c - strangers' packets cost the look-up a bounded amount,
 * and cost an honest phone its first packets only where nothing tells them
 * apart */
#include "port.h"

enum { FLOOD = RTP_TRY_EACH_MAX };

static struct line flooded[FLOOD];

/* The cheaper engine: thousands of keys are tried here. */
static void flood_open(struct port *port, size_t sessions_max)
{
	(void)engine();
	watched.base = rtp_engine_find("openssl");
	cr_assert_not_null(watched.base);
	port_open(port, sessions_max);
}

static void spoof(struct port *port, uint32_t ssrc, const char *from,
		  unsigned count)
{
	struct party forged = nobody(ssrc);
	const struct addr source = at(from);

	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(port_packet(port, &forged, &source, false),
			     RTP_FORGED);
}

/* One honest phone for each step. */
enum { BY_SIGNALLED, BY_TLS, BY_SSRC, BY_REST, WAYS };

static const char *const honest_from[WAYS] = {
	"198.51.100.1:4000", "198.51.100.2:31000", "198.51.100.3:31000",
	"198.51.100.4:31000"};

static void honest_open(struct port *port, struct line lines[static WAYS])
{
	line_open(port, &lines[BY_SIGNALLED], 1, "198.51.100.1:4000", NULL);
	line_open(port, &lines[BY_TLS], 2, "192.168.1.2:4000",
		  "198.51.100.2:50612");
	line_open(port, &lines[BY_SSRC], 3, "192.168.1.3:4000",
		  "198.51.100.9:50612");
	line_open(port, &lines[BY_REST], 4, "192.168.1.4:4000",
		  "198.51.100.9:50612");
	/* in a call already, and now it roams */
	cr_assert(is_heard(port, &lines[BY_SSRC], "198.51.100.9:31000"));
	port->now_us += SECOND_US;
}

/* As many as are tried for one packet: what a flood spends of the last step is
 * only what the honest ones are there. */
static void crowd_open(struct port *port, const char *rtp, const char *tls)
{
	for (unsigned i = 0; i < FLOOD; i++)
		line_open(port, &flooded[i], 100 + i, rtp, tls);
}

static void all_but_one_are_heard(struct port *port,
				  struct line lines[static WAYS],
				  unsigned starved)
{
	cr_assert_gt(counts(port).spent, 0, "a budget is used up");
	for (unsigned i = 0; i < WAYS; i++) {
		if (i != starved)
			cr_assert(is_heard(port, &lines[i], honest_from[i]),
				  "%u", i);
	}
}

static void all_close(struct port *port, struct line lines[static WAYS])
{
	for (unsigned i = 0; i < WAYS; i++)
		line_close(port, &lines[i]);
	for (unsigned i = 0; i < FLOOD; i++)
		line_close(port, &flooded[i]);
	rtp_demux_close(port->demux);
}

Test(flood, from_a_signalled_address_starves_no_other_step)
{
	struct line lines[WAYS];
	struct port port;

	flood_open(&port, FLOOD + WAYS);
	honest_open(&port, lines);
	crowd_open(&port, "203.0.113.5:4000", NULL);
	spoof(&port, 9, "203.0.113.5:9", RTP_TRY_SIGNALLED / FLOOD);
	cr_assert_eq(counts(&port).spent, 0);
	spoof(&port, 9, "203.0.113.5:9", 1);
	all_but_one_are_heard(&port, lines, BY_SIGNALLED);
	port.now_us += SECOND_US;
	cr_assert(is_heard(&port, &lines[BY_SIGNALLED],
			   honest_from[BY_SIGNALLED]));
	all_close(&port, lines);
}

Test(flood, from_the_address_of_a_tls_connection_starves_no_other_step)
{
	struct line lines[WAYS];
	struct port port;

	flood_open(&port, FLOOD + WAYS);
	honest_open(&port, lines);
	crowd_open(&port, "192.168.1.9:4000", "203.0.113.5:50612");
	spoof(&port, 9, "203.0.113.5:9", RTP_TRY_TLS / FLOOD);
	cr_assert_eq(counts(&port).spent, 0);
	spoof(&port, 9, "203.0.113.5:9", 1);
	all_but_one_are_heard(&port, lines, BY_TLS);
	port.now_us += SECOND_US;
	cr_assert(is_heard(&port, &lines[BY_TLS], honest_from[BY_TLS]));
	all_close(&port, lines);
}

Test(flood, with_an_ssrc_in_use_starves_no_other_step)
{
	struct line lines[WAYS];
	struct port port;
	char from[32];

	flood_open(&port, FLOOD + WAYS);
	honest_open(&port, lines);
	crowd_open(&port, "203.0.113.5:4000", NULL);
	for (unsigned i = 0; i < FLOOD; i++) {
		flooded[i].phone.ssrc = 9;
		snprintf(from, sizeof(from), "203.0.113.5:%u", 5000 + i);
		cr_assert(is_heard(&port, &flooded[i], from));
	}
	port.now_us += SECOND_US;
	spoof(&port, 9, STRANGER, RTP_TRY_SSRC / FLOOD);
	cr_assert_eq(counts(&port).spent, 0);
	spoof(&port, 9, STRANGER, 1);
	all_but_one_are_heard(&port, lines, BY_SSRC);
	cr_assert_not(is_heard(&port, &lines[BY_SSRC], honest_from[BY_SSRC]));
	/* Who is where it was needs no step, and who roams has to wait. */
	cr_assert(is_heard(&port, &lines[BY_SSRC], "198.51.100.9:31000"));
	port.now_us += SECOND_US - 1;
	cr_assert_not(is_heard(&port, &lines[BY_SSRC], honest_from[BY_SSRC]));
	port.now_us++;
	cr_assert(is_heard(&port, &lines[BY_SSRC], honest_from[BY_SSRC]));
	all_close(&port, lines);
}

Test(flood, from_anywhere_starves_only_who_sends_from_anywhere)
{
	struct line lines[WAYS];
	struct port port;

	flood_open(&port, FLOOD + WAYS);
	honest_open(&port, lines);
	crowd_open(&port, "192.168.1.9:4000", NULL);
	spoof(&port, 9, STRANGER, RTP_TRY_REST / RTP_TRY_EACH_MAX + 1);
	all_but_one_are_heard(&port, lines, BY_REST);
	cr_assert_not(is_heard(&port, &lines[BY_REST], honest_from[BY_REST]));
	cr_assert_eq(port.tries, 0);
	port.now_us += SECOND_US - 1;
	cr_assert_not(is_heard(&port, &lines[BY_REST], honest_from[BY_REST]));
	port.now_us++;
	for (unsigned i = 0; i < 8; i++) {
		if (is_heard(&port, &lines[BY_REST], honest_from[BY_REST]))
			break;
	}
	cr_assert(is_heard(&port, &lines[BY_REST], honest_from[BY_REST]));
	all_close(&port, lines);
}

/* One packet, whatever it says, from wherever. */
Test(flood, each_packet_is_tried_on_a_bounded_number_of_sessions)
{
	enum { MANY = 200 };
	static struct line lines[MANY];
	struct port port;

	flood_open(&port, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		line_open(&port, &lines[i], i + 1, PHONE, PHONE_TLS);
		lines[i].phone.ssrc = 9;
	}
	for (unsigned i = 0; i < 50; i++) {
		spoof(&port, 9, PHONE, 1);
		cr_assert_leq(port.tries, 3 * RTP_TRY_EACH_MAX);
	}
	for (unsigned i = 0; i < MANY; i++)
		line_close(&port, &lines[i]);
	rtp_demux_close(port.demux);
}

Test(flood, what_is_no_rtp_costs_no_try)
{
	struct port port;
	struct line line;
	struct party other = nobody(1);

	port_open(&port, 1);
	line_open(&port, &line, 1, PHONE, PHONE_TLS);
	cr_assert_eq(port_wire(&port, &other, PHONE, true), RTP_MALFORMED);
	other.wire[0] = 0;
	cr_assert_eq(port_wire(&port, &other, PHONE, false), RTP_MALFORMED);
	other.wire[0] = 2 << 6 | 15; /* CSRCs past its end */
	other.wire_len = 40;
	cr_assert_eq(port_wire(&port, &other, PHONE, false), RTP_MALFORMED);
	other.wire_len = 0;
	cr_assert_eq(port_wire(&port, &other, PHONE, false), RTP_MALFORMED);
	cr_assert_eq(watched.tries, 0);
	cr_assert_eq(counts(&port).unknown, 4);
	line_close(&port, &line);
	rtp_demux_close(port.demux);
}

/* ---- a crowd */

/* All behind one NAT that keeps no port, all at once, in the same order again
 * and again. */
static void crowd_is_heard(const char *signalled, const char *tls,
			   unsigned seconds_max)
{
	enum { CROWD = 1000, ROUND_US = 200000 };
	static struct line lines[CROWD];
	static bool heard[CROWD];
	struct addr source = at("192.0.2.10:0");
	struct port port;
	unsigned left = CROWD;

	flood_open(&port, CROWD);
	for (unsigned i = 0; i < CROWD; i++)
		line_open(&port, &lines[i], i + 1, signalled, tls);
	while (left) {
		for (unsigned i = 0; i < CROWD; i++) {
			source.port = (uint16_t)(20000 + i);
			if (!heard[i] &&
			    is_heard_from(&port, &lines[i], &source)) {
				heard[i] = true;
				left--;
			}
		}
		port.now_us += ROUND_US;
		cr_assert_lt(port.now_us,
			     START_US + (uint64_t)seconds_max * SECOND_US,
			     "%u wait still", left);
	}
	/* From now on each costs one try. */
	for (unsigned i = 0; i < CROWD; i++) {
		source.port = (uint16_t)(20000 + i);
		cr_assert(is_heard_from(&port, &lines[i], &source));
		cr_assert_eq(port.tries, 1);
	}
	for (unsigned i = 0; i < CROWD; i++)
		line_close(&port, &lines[i]);
	rtp_demux_close(port.demux);
}

Test(flood, a_thousand_phones_of_one_signalled_address_are_all_heard)
{
	crowd_is_heard(PHONE, NULL, 60);
}

Test(flood, a_thousand_phones_of_one_tls_address_are_all_heard)
{
	crowd_is_heard("192.168.1.5:4000", PHONE_TLS, 60);
}

/* The phone and a stranger send in turn: a ring that turned evenly would show
 * the phone the same places of it again and again. */
static void is_met(unsigned place)
{
	enum { SILENT = 4 * RTP_TRY_EACH_MAX - 1, PACKETS = 60 };
	static struct line silent[SILENT];
	struct line line;
	struct port port;
	unsigned i;

	flood_open(&port, SILENT + 1);
	for (i = 0; i < SILENT; i++) {
		if (i == place)
			line_open(&port, &line, 1, "192.0.2.10:4000", NULL);
		line_open(&port, &silent[i], 100 + i, "192.0.2.10:4000", NULL);
	}
	/* The last step, which tries anybody, is used up. */
	spoof(&port, 9, STRANGER, RTP_TRY_REST / RTP_TRY_EACH_MAX + 1);
	for (i = 0; i < PACKETS; i++) {
		if (is_heard(&port, &line, "192.0.2.10:9999"))
			break;
		spoof(&port, 9, "192.0.2.10:9", 1);
	}
	cr_assert_lt(i, PACKETS);
	line_close(&port, &line);
	for (i = 0; i < SILENT; i++)
		line_close(&port, &silent[i]);
	rtp_demux_close(port.demux);
}

Test(flood, who_waits_among_many_that_are_silent_is_met)
{
	for (unsigned i = 0; i < 4; i++)
		is_met(i * RTP_TRY_EACH_MAX + 1);
}

/* ---- what is held against a leg */

static bool is_told(struct line *line, uint64_t now_us)
{
	struct rtp_event event;

	while (rtp_session_event(line->session, now_us, &event)) {
		if (event.kind == RTP_EVENT_NOTHING_VALID)
			return true;
	}
	return false;
}

/* Four seconds of a phone with a wrong key. */
static void wrong_key(struct port *port, const char *from)
{
	for (unsigned i = 0; i < 40; i++) {
		spoof(port, 9, from, 1);
		port->now_us += SECOND_US / 10;
	}
}

Test(blame, a_wrong_key_is_told_of_the_only_one_whose_it_may_be)
{
	struct line lines[3];
	struct port port;

	flood_open(&port, 3);
	line_open(&port, &lines[0], 1, "192.168.1.5:4000", PHONE_TLS);
	line_open(&port, &lines[1], 2, "192.168.1.6:4000", PHONE_TLS);
	line_open(&port, &lines[2], 3, "198.51.100.7:4000", NULL);
	wrong_key(&port, PHONE);
	wrong_key(&port, STRANGER);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_not(is_told(&lines[i], port.now_us), "%u", i);
	/* One of the two is heard: the other must be meant. */
	cr_assert(is_heard(&port, &lines[1], "192.0.2.10:4444"));
	wrong_key(&port, PHONE);
	cr_assert(is_told(&lines[0], port.now_us));
	cr_assert_not(is_told(&lines[1], port.now_us));
	/* From where a phone is heard. */
	wrong_key(&port, "192.0.2.10:4444");
	cr_assert(is_told(&lines[1], port.now_us));
	cr_assert_not(is_told(&lines[2], port.now_us));
	for (unsigned i = 0; i < 3; i++)
		line_close(&port, &lines[i]);
	rtp_demux_close(port.demux);
}

/* A phone that is called: the others of its house start their calls meanwhile,
 * and each packet of theirs is tried on it. */
Test(blame, what_is_anothers_is_not_held_against_who_waits)
{
	enum { OTHERS = 100 };
	static struct line lines[OTHERS + 1];
	struct port port;
	char from[32];

	flood_open(&port, OTHERS + 1);
	line_open(&port, &lines[OTHERS], 500, "192.168.1.5:4000", PHONE_TLS);
	for (unsigned i = 0; i < OTHERS; i++) {
		line_open(&port, &lines[i], i + 1, "192.168.1.5:4000",
			  PHONE_TLS);
		snprintf(from, sizeof(from), "192.0.2.10:%u", 20000 + i);
		cr_assert(is_heard(&port, &lines[i], from));
		port.now_us += SECOND_US / 10;
	}
	cr_assert_not(is_told(&lines[OTHERS], port.now_us));
	for (unsigned i = 0; i <= OTHERS; i++)
		line_close(&port, &lines[i]);
	rtp_demux_close(port.demux);
}

Test(demux_flood, streams_of_one_source_and_one_key_are_told_apart_by_ssrc)
{
	static struct line lines[2];
	struct port port;
	char rtp[32];

	port_open(&port, 2);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(rtp, sizeof(rtp), "192.0.2.10:%u", 4000 + 10 * i);
		/* One number: the same key, as of a gateway that has one. */
		line_open(&port, &lines[i], 100, rtp, PHONE_TLS);
		lines[i].phone.ssrc = 1000 + i;
		cr_assert(is_heard(&port, &lines[i], "192.0.2.10:7000"));
	}
	for (unsigned i = 0; i < 20; i++) {
		cr_assert(is_heard(&port, &lines[i % 2], "192.0.2.10:7000"));
		cr_assert_eq(port.tries, 1);
	}
	for (unsigned i = 0; i < 2; i++)
		line_close(&port, &lines[i]);
	rtp_demux_close(port.demux);
}
