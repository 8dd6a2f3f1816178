/* test_demux.c - on one port each packet finds its own session, and no other */
#include "port.h"

enum { CROWD = 20 };

static char *address(char text[static 32], const char *ip, unsigned port)
{
	snprintf(text, 32, "%s:%u", ip, port);
	return text;
}

/* Calls with the same signalled and TLS address, on ports 4000, 4010, ... */
static void crowd_open(struct port *port, struct line *lines, unsigned count,
		       const char *ip, const char *tls)
{
	char rtp[32];

	for (unsigned i = 0; i < count; i++)
		line_open(port, &lines[i], 100 + i,
			  address(rtp, ip, 4000 + 10 * i), tls);
}

static void crowd_close(struct port *port, struct line *lines, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		line_close(port, &lines[i]);
	rtp_demux_close(port->demux);
}

/* ---- the steps */

Test(demux, a_source_leads_to_who_was_heard_from_it)
{
	static struct line lines[CROWD];
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", PHONE_TLS);
	cr_assert(is_heard(&port, &lines[7], STRANGER));
	for (unsigned i = 0; i < 10; i++) {
		lines[7].phone.ssrc++; /* nor does that matter */
		cr_assert(is_heard(&port, &lines[7], STRANGER));
		cr_assert_eq(port.tries, 1);
	}
	cr_assert_eq(counts(&port).taken, 11);
	cr_assert_eq(counts(&port).unknown, 0);
	crowd_close(&port, lines, CROWD);
}

Test(demux, the_signalled_port_leads_to_the_one_that_signalled_it)
{
	static struct line lines[CROWD];
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", NULL);
	cr_assert(is_heard(&port, &lines[13], "192.0.2.10:4130"));
	cr_assert_eq(port.tries, 1);
	crowd_close(&port, lines, CROWD);
}

Test(demux, the_signalled_address_leads_to_one_of_those_that_wait)
{
	static struct line lines[CROWD];
	static struct line other;
	struct port port;

	port_open(&port, CROWD + 1);
	line_open(&port, &other, 1, "198.51.100.7:4000", NULL);
	crowd_open(&port, lines, CROWD, "192.0.2.10", NULL);
	cr_assert(is_heard(&port, &lines[13], "192.0.2.10:31000"));
	cr_assert_leq(port.tries, CROWD);
	cr_assert(is_heard(&port, &other, "198.51.100.7:31000"));
	cr_assert_eq(port.tries, 1);
	line_close(&port, &other);
	crowd_close(&port, lines, CROWD);
}

Test(demux, the_address_of_the_tls_connection_leads_to_one_behind_a_nat)
{
	static struct line lines[CROWD];
	static struct line other;
	struct port port;

	port_open(&port, CROWD + 1);
	crowd_open(&port, lines, CROWD, "192.168.1.5", "192.0.2.10:50612");
	line_open(&port, &other, 1, "192.168.1.5:4000", "198.51.100.7:50612");
	cr_assert(is_heard(&port, &other, "198.51.100.7:31000"));
	cr_assert_eq(port.tries, 1);
	cr_assert(is_heard(&port, &lines[13], "192.0.2.10:31000"));
	cr_assert_leq(port.tries, CROWD);
	/* This NAT keeps ports. */
	cr_assert(is_heard(&port, &lines[5], "192.0.2.10:4050"));
	cr_assert_eq(port.tries, 1);
	line_close(&port, &other);
	crowd_close(&port, lines, CROWD);
}

Test(demux, the_ssrc_leads_to_a_phone_that_roams)
{
	static struct line lines[CROWD];
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", PHONE_TLS);
	cr_assert(is_heard(&port, &lines[3], "192.0.2.10:4030"));
	cr_assert(is_heard(&port, &lines[3], "203.0.113.77:9000"));
	cr_assert_eq(port.tries, 1);
	is_at(&port.out.to, PBX);
	cr_assert(is_heard(&port, &lines[3], "203.0.113.77:9000"));
	cr_assert_eq(port.tries, 1);
	crowd_close(&port, lines, CROWD);
}

Test(demux, whoever_else_waits_is_tried_at_last)
{
	static struct line lines[CROWD];
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.168.1.5", "192.0.2.10:50612");
	cr_assert(is_heard(&port, &lines[19], "203.0.113.77:9000"));
	cr_assert(is_heard(&port, &lines[0], "203.0.113.78:9000"));
	crowd_close(&port, lines, CROWD);
}

Test(demux, who_does_not_wait_is_found_by_source_and_ssrc_alone)
{
	struct port port;
	struct line line;

	port_open(&port, 1);
	line_open(&port, &line, 1, PHONE, PHONE_TLS);
	cr_assert(is_heard(&port, &line, PHONE));
	line.phone.ssrc++;
	cr_assert_not(is_heard(&port, &line, "192.0.2.10:4444"));
	cr_assert_eq(port.tries, 0);
	cr_assert_eq(counts(&port).unknown, 1);
	/* With a new plan it waits again. */
	line_plan(&port, &line);
	cr_assert(is_heard(&port, &line, "192.0.2.10:4444"));
	cr_assert_eq(port.tries, 1);
	crowd_close(&port, &line, 1);
}

Test(demux, a_replayed_packet_ends_the_search)
{
	static struct line lines[CROWD];
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", PHONE_TLS);
	cr_assert(is_heard(&port, &lines[3], PHONE));
	cr_assert_eq(port_wire(&port, &lines[3].phone, PHONE, false),
		     RTP_REPLAYED);
	cr_assert_eq(port.tries, 1);
	cr_assert_eq(port_wire(&port, &lines[3].phone, STRANGER, false),
		     RTP_REPLAYED);
	cr_assert_eq(port.tries, 1);
	cr_assert_null(port.found);
	/* and the source of it leads nowhere */
	cr_assert_eq(port_wire(&port, &lines[3].phone, STRANGER, false),
		     RTP_REPLAYED);
	cr_assert(is_heard(&port, &lines[3], PHONE));
	cr_assert_eq(port.tries, 1);
	cr_assert_eq(counts(&port).unknown, 0);
	crowd_close(&port, lines, CROWD);
}

Test(demux, a_source_that_a_nat_gives_to_another_phone_leads_there)
{
	static struct line lines[2];
	struct port port;

	port_open(&port, 2);
	crowd_open(&port, lines, 2, "192.168.1.5", "192.0.2.10:50612");
	cr_assert(is_heard(&port, &lines[0], "192.0.2.10:31000"));
	cr_assert(is_heard(&port, &lines[1], "192.0.2.10:31000"));
	cr_assert_eq(port.tries, 1, "who waits goes first");
	cr_assert(is_heard(&port, &lines[1], "192.0.2.10:31000"));
	cr_assert_eq(port.tries, 1);
	cr_assert(is_heard(&port, &lines[0], "192.0.2.10:31001"));
	cr_assert(is_heard(&port, &lines[0], "192.0.2.10:31001"));
	cr_assert_eq(port.tries, 1);
	crowd_close(&port, lines, 2);
}

Test(demux, forged_packets_lead_nowhere_from_anywhere)
{
	static struct line lines[CROWD];
	struct party forged = nobody(7);
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", PHONE_TLS);
	cr_assert(is_heard(&port, &lines[3], PHONE));
	for (unsigned i = 0; i < 3; i++) {
		rtp_header_set_ssrc(forged.wire, i ? 7 : lines[3].phone.ssrc);
		cr_assert_eq(port_wire(&port, &forged, PHONE, false),
			     RTP_FORGED);
		cr_assert_eq(port_wire(&port, &forged, STRANGER, false),
			     RTP_FORGED);
		cr_assert_null(port.found);
		cr_assert_eq(port.out.len, 0);
	}
	cr_assert_eq(counts(&port).unknown, 6);
	cr_assert(is_heard(&port, &lines[3], PHONE));
	cr_assert_eq(port.tries, 1);
	crowd_close(&port, lines, CROWD);
}

Test(demux, rtcp_finds_its_session_on_its_own_port)
{
	uint8_t plain[64];
	static struct line lines[2];
	struct party *phone = &lines[1].phone;
	struct port port;

	port_open(&port, 2);
	crowd_open(&port, lines, 2, "192.168.1.5", "192.0.2.10:50612");
	for (unsigned i = 0; i < 3; i++) {
		party_reports(phone, plain, plain_sr(plain, phone->ssrc, 0));
		cr_assert_eq(port_wire(&port, phone, "192.0.2.10:777", true),
			     RTP_DONE);
		cr_assert_eq(port.found, lines[1].session);
		cr_assert(port.out.rtcp_port);
		is_at(&port.out.to, PBX_RTCP);
	}
	/* The same source on the RTP port says nothing of who it is. */
	cr_assert(is_heard(&port, &lines[0], "192.0.2.10:777"));
	cr_assert(is_heard(&port, &lines[1], "192.0.2.10:778"));
	crowd_close(&port, lines, 2);
}

/* ---- legs of more than one kind */

Test(demux, two_phones_of_one_call_share_the_port)
{
	struct party phone[2];
	struct rtp_session *session;
	struct rtp_plan plan = {.held = false};
	struct port port;

	port_open(&port, 1);
	session = session_of(1);
	for (unsigned i = 0; i < 2; i++) {
		party_open(&phone[i], true, 30 + i);
		plan.leg[i] = leg_plan(&phone[i], i ? PBX : PHONE,
				       i ? PBX_RTCP : PHONE_RTCP,
				       i ? "10.0.0.5:5061" : PHONE_TLS);
	}
	cr_assert_eq(rtp_session_plan(session, &plan, START_US), 0);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(rtp_demux_add(port.demux, session, i), 0);
	for (unsigned i = 0; i < 10; i++) {
		const unsigned leg = i & 1;

		/* Behind one NAT now: the key says which of them. */
		party_speaks(&phone[leg]);
		cr_assert_eq(
			port_wire(&port, &phone[leg],
				  leg ? "192.0.2.10:6001" : "192.0.2.10:6000",
				  false),
			RTP_DONE);
		cr_assert_eq(port.found, session);
		cr_assert_eq(port.leg, leg);
		cr_assert_eq(port.out.leg, !leg);
	}
	rtp_demux_remove(port.demux, session, 0);
	party_speaks(&phone[0]);
	cr_assert_neq(port_wire(&port, &phone[0], "192.0.2.10:6000", false),
		      RTP_DONE);
	party_speaks(&phone[1]);
	cr_assert_eq(port_wire(&port, &phone[1], "192.0.2.10:6001", false),
		     RTP_DONE);
	rtp_demux_remove(port.demux, session, 1);
	rtp_demux_close(port.demux);
	rtp_session_close(session);
	party_close(&phone[0]);
	party_close(&phone[1]);
}

Test(demux, a_clear_leg_is_found_by_its_exact_address_alone)
{
	uint8_t plain[64];
	static struct line lines[CROWD];
	struct party clear;
	struct port port;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", PHONE_TLS);
	/* Leg 1 of line 5 is on the port too. */
	cr_assert_eq(rtp_demux_add(port.demux, lines[5].session, 1), 0);
	party_open(&clear, false, 50);
	for (unsigned i = 0; i < 5; i++) {
		party_speaks(&clear);
		cr_assert_eq(port_wire(&port, &clear, PBX, false), RTP_DONE);
		cr_assert_eq(port.found, lines[5].session);
		cr_assert_eq(port.leg, 1);
		cr_assert_eq(port.tries, 0);
	}
	party_reports(&clear, plain, plain_sr(plain, clear.ssrc, 0));
	cr_assert_eq(port_wire(&port, &clear, PBX_RTCP, true), RTP_DONE);
	cr_assert_eq(port.found, lines[5].session);

	/* Its SSRC is no way to it, nor its address with another port. */
	party_speaks(&clear);
	cr_assert_eq(port_wire(&port, &clear, "10.0.0.5:20002", false),
		     RTP_FORGED);
	cr_assert_eq(port_wire(&port, &clear, STRANGER, false), RTP_FORGED);
	cr_assert_null(port.found);
	party_reports(&clear, plain, plain_sr(plain, clear.ssrc, 0));
	cr_assert_eq(port_wire(&port, &clear, PBX, true), RTP_FORGED);

	/* It signals another one. */
	lines[5].plan.leg[1].rtp = at("10.0.0.5:20002");
	cr_assert_eq(
		rtp_session_plan(lines[5].session, &lines[5].plan, START_US),
		0);
	rtp_demux_update(port.demux, lines[5].session, 1);
	party_speaks(&clear);
	cr_assert_eq(port_wire(&port, &clear, PBX, false), RTP_FORGED);
	cr_assert_eq(port_wire(&port, &clear, "10.0.0.5:20002", false),
		     RTP_DONE);
	rtp_demux_remove(port.demux, lines[5].session, 1);
	party_speaks(&clear);
	cr_assert_eq(port_wire(&port, &clear, "10.0.0.5:20002", false),
		     RTP_FORGED);
	crowd_close(&port, lines, CROWD);
}

Test(demux, what_a_clear_leg_refuses_is_tried_on_nobody)
{
	struct party bad = nobody(3);
	struct port port;
	struct line line;

	port_open(&port, 1);
	line_open(&port, &line, 1, PHONE, PHONE_TLS);
	cr_assert_eq(rtp_demux_add(port.demux, line.session, 1), 0);
	bad.wire[0] |= 0x20;
	bad.wire[bad.wire_len - 1] = 255; /* more padding than payload */
	cr_assert_eq(port_wire(&port, &bad, PBX, false), RTP_MALFORMED);
	cr_assert_eq(port.tries, 0);
	rtp_demux_remove(port.demux, line.session, 1);
	crowd_close(&port, &line, 1);
}

Test(demux, a_leg_that_becomes_clear_is_not_found_by_where_it_was)
{
	struct party clear;
	struct port port;
	struct line line;

	port_open(&port, 1);
	line_open(&port, &line, 1, PHONE, PHONE_TLS);
	cr_assert(is_heard(&port, &line, "192.0.2.10:31000"));
	line.plan.leg[0].secure = false;
	line_plan(&port, &line);
	party_open(&clear, false, 50);
	party_speaks(&clear);
	cr_assert_eq(port_wire(&port, &clear, "192.0.2.10:31000", false),
		     RTP_FORGED);
	cr_assert_eq(port_wire(&port, &clear, PHONE, false), RTP_DONE);
	crowd_close(&port, &line, 1);
}

Test(demux, says_what_the_one_that_it_came_to_said)
{
	static struct line lines[2];
	struct port port;

	port_open(&port, 2);
	crowd_open(&port, lines, 2, "192.0.2.10", PHONE_TLS);
	lines[0].plan.leg[0].rx.packets_max = 2;
	line_plan(&port, &lines[0]);
	for (unsigned i = 0; i < 2; i++)
		cr_assert(is_heard(&port, &lines[0], PHONE));
	party_speaks(&lines[0].phone);
	cr_assert_eq(port_wire(&port, &lines[0].phone, PHONE, false),
		     RTP_EXHAUSTED);
	crowd_close(&port, lines, 2);
}

/* ---- coming and going */

Test(demux, has_room_for_so_many_sessions_of_two_legs)
{
	struct port port;
	struct line lines[3];
	struct rtp_demux *demux = NULL;
	const uint8_t key[HASH_KEY_BYTES] = {0};

	cr_assert_eq(rtp_demux_open(&demux, 0, key), EINVAL);
	cr_assert_eq(rtp_demux_open(&demux, RTP_DEMUX_SESSIONS_MAX + 1, key),
		     EINVAL);
	port_open(&port, 2);
	for (unsigned i = 0; i < 2; i++)
		line_open(&port, &lines[i], i + 1, PHONE, NULL);
	lines[2].session = session_of(3);
	cr_assert_eq(rtp_demux_add(port.demux, lines[2].session, 0), ENOSPC);
	cr_assert_eq(rtp_demux_add(port.demux, lines[0].session, 1), 0);
	cr_assert_eq(rtp_demux_add(port.demux, lines[0].session, 0), 0,
		     "again: it is there");
	rtp_demux_remove(port.demux, lines[0].session, 0);
	cr_assert_eq(rtp_demux_add(port.demux, lines[2].session, 0), ENOSPC);
	rtp_demux_remove(port.demux, lines[0].session, 1);
	rtp_demux_remove(port.demux, lines[0].session, 1);
	cr_assert_eq(rtp_demux_add(port.demux, lines[2].session, 0), 0);
	rtp_demux_remove(port.demux, lines[2].session, 0);
	rtp_session_close(lines[2].session);
	crowd_close(&port, lines, 2);
	rtp_demux_close(NULL);
}

Test(demux, closes_with_sessions_on_it)
{
	struct port port;
	struct line line;

	port_open(&port, 1);
	line_open(&port, &line, 1, PHONE, NULL);
	cr_assert(is_heard(&port, &line, PHONE));
	rtp_demux_close(port.demux);
	rtp_session_close(line.session);
	party_close(&line.phone);
}

Test(demux, who_is_removed_is_gone_from_every_index)
{
	static struct line lines[CROWD];
	struct port port;
	struct party last;
	unsigned left = CROWD;

	port_open(&port, CROWD);
	crowd_open(&port, lines, CROWD, "192.0.2.10", PHONE_TLS);
	/* Every second one was heard, each third one goes, in any order. */
	for (unsigned i = 0; i < CROWD; i += 2)
		cr_assert(is_heard(&port, &lines[i], STRANGER));
	for (unsigned i = CROWD; i-- > 0;) {
		if (i % 3)
			continue;
		party_speaks(&lines[i].phone);
		last = lines[i].phone;
		line_close(&port, &lines[i]);
		lines[i].session = NULL;
		left--;
		cr_assert_eq(port_wire(&port, &last, STRANGER, false),
			     RTP_FORGED);
		cr_assert_eq(port_wire(&port, &last, PHONE, false), RTP_FORGED);
		cr_assert_leq(port.tries, left);
	}
	for (unsigned i = 0; i < CROWD; i++) {
		if (!lines[i].session)
			continue;
		cr_assert(is_heard(&port, &lines[i], STRANGER));
		line_close(&port, &lines[i]);
	}
	rtp_demux_close(port.demux);
}

Test(demux, a_new_plan_is_found_by_its_own_addresses)
{
	struct port port;
	struct line line;

	port_open(&port, 1);
	line_open(&port, &line, 1, "192.168.1.5:4000", NULL);
	line.plan.leg[0].rtp = at("198.51.100.7:5000");
	line.plan.leg[0].tls = at("198.51.100.8:50612");
	line_plan(&port, &line);
	cr_assert(is_heard(&port, &line, "198.51.100.7:5000"));
	cr_assert_eq(port.tries, 1);
	line.plan.leg[0].used = false;
	line_plan(&port, &line);
	cr_assert_not(is_heard(&port, &line, "198.51.100.7:5000"));
	cr_assert_eq(port.tries, 0);
	line.plan.leg[0].used = true;
	line.plan.leg[0].rtp = (struct addr){0};
	line_plan(&port, &line);
	cr_assert(is_heard(&port, &line, "198.51.100.8:9999"));
	crowd_close(&port, &line, 1);
}
