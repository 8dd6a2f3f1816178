/* port.h - one media port with many calls on it, for tests of the look-up */
#pragma once

#include "party.h"
#include "rempart/rtp/demux.h"

/* A call whose leg 0 is a phone on the port. */
struct line {
	struct party phone;
	struct rtp_session *session;
	struct rtp_plan plan;
};

struct port {
	struct rtp_demux *demux;
	uint64_t now_us;
	struct rtp_departure out;
	struct rtp_session *found;
	unsigned leg;
	unsigned tries; /* of the last packet */
	uint8_t buffer[WIRE_MAX];
};

static inline void port_open(struct port *port, size_t sessions_max)
{
	*port = (struct port){.now_us = START_US};
	cr_assert_eq(rtp_demux_open(&port->demux, sessions_max,
				    (const uint8_t *)"no key of anyone"),
		     0);
}

static inline void line_plan(struct port *port, struct line *line)
{
	cr_assert_eq(rtp_session_plan(line->session, &line->plan, port->now_us),
		     0);
	rtp_demux_update(port->demux, line->session, 0);
}

/* `rtcp` is one port above. */
static inline void line_open(struct port *port, struct line *line,
			     unsigned number, const char *rtp, const char *tls)
{
	party_open(&line->phone, true, number);
	line->session = session_of(number);
	line->plan = (struct rtp_plan){
		.leg[0] = leg_plan(&line->phone, rtp, rtp, tls),
		.leg[1] = {.used = true, .rtp = at(PBX), .rtcp = at(PBX_RTCP)},
	};
	line->plan.leg[0].shared = true;
	line->plan.leg[0].rtcp.port++;
	cr_assert_eq(rtp_session_plan(line->session, &line->plan, port->now_us),
		     0);
	cr_assert_eq(rtp_demux_add(port->demux, line->session, 0), 0);
}

static inline void line_close(struct port *port, struct line *line)
{
	rtp_demux_remove(port->demux, line->session, 0);
	rtp_session_close(line->session);
	party_close(&line->phone);
}

static inline enum rtp_result port_packet(struct port *port,
					  const struct party *party,
					  const struct addr *from,
					  bool rtcp_port)
{
	struct rtp_arrival in = {
		.p = party->wire,
		.len = party->wire_len,
		.from = *from,
		.leg = 99,
		.rtcp_port = rtcp_port,
		.now_us = port->now_us,
	};
	const unsigned before = watched.tries;
	enum rtp_result result = rtp_demux_packet(
		port->demux, &in, &port->found, &port->out, port->buffer);

	port->leg = in.leg;
	port->tries = watched.tries - before;
	return result;
}

static inline enum rtp_result port_wire(struct port *port,
					const struct party *party,
					const char *from, bool rtcp_port)
{
	const struct addr source = at(from);

	return port_packet(port, party, &source, rtcp_port);
}

static inline bool is_heard_from(struct port *port, struct line *line,
				 const struct addr *from)
{
	party_speaks(&line->phone);
	if (port_packet(port, &line->phone, from, false) != RTP_DONE) {
		cr_assert_null(port->found);
		cr_assert_eq(port->out.len, 0);
		return false;
	}
	cr_assert_eq(port->found, line->session);
	cr_assert_eq(port->leg, 0);
	cr_assert_eq(port->out.leg, 1);
	cr_assert_gt(port->out.len, 0);
	return true;
}

static inline bool is_heard(struct port *port, struct line *line,
			    const char *from)
{
	const struct addr source = at(from);

	return is_heard_from(port, line, &source);
}

/* A packet of nobody, with that SSRC. */
static inline struct party nobody(uint32_t ssrc)
{
	struct party party = {.wire_len = PLAIN_BYTES + 10};

	plain_rtp(party.wire, ssrc, 1);
	return party;
}

static inline struct rtp_demux_counts counts(const struct port *port)
{
	return rtp_demux_counts(port->demux);
}
