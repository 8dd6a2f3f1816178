/* relay.c - a relay that only remembers: sessions, their places and plans */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static struct session *find(struct replay *rp, uint64_t id)
{
	for (size_t i = 0; i < rp->session_count; i++)
		if (rp->sessions[i].id == id)
			return &rp->sessions[i];
	return NULL;
}

static struct addr at(const char *ip, uint16_t port)
{
	struct addr addr;

	if (addr_parse(&addr, span_str(ip)))
		abort();
	addr.port = port;
	return addr;
}

static bool io_media_seen(void *arg, const struct media_party *party,
			  struct addr *ip)
{
	(void)arg;
	*ip = at(party->tls.version == 6 ? "2001:db8::1" : "192.0.2.1", 0);
	return true;
}

/* Phones send to 192.0.2.1, port 16000 and two more a line; the PBX to its
 * own pair of 10.0.0.1. */
static int io_media_open(void *arg_, const struct media_want *want,
			 struct media_place place[2])
{
	struct replay *rp = arg_;
	struct session *session;
	uint16_t phones = (uint16_t)(16000 + 2 * want->line);

	if (find(rp, want->session))
		fail(rp, "a session's number is used twice");
	if (rp->next.media_ports &&
	    rp->session_count - rp->closed_count >= rp->next.media_ports)
		return ENOSPC;
	if (rp->session_count == SESSIONS_MAX)
		fail(rp, "more than %d sessions", SESSIONS_MAX);
	session = &rp->sessions[rp->session_count++];
	session->id = want->session;
	session->line = want->line;
	for (unsigned end = 0; end < 2; end++) {
		bool phone = want->party[end]->kind == MEDIA_PHONE;
		size_t own = (phone ? 16900 : 20000) + 2 * rp->session_count;
		uint16_t port =
			phone && !want->clear[end] ? phones : (uint16_t)own;

		if (!phone)
			place[end].rtp = at("10.0.0.1", 0);
		else
			(void)io_media_seen(rp, want->party[end],
					    &place[end].rtp);
		place[end].rtp.port = port;
		place[end].rtcp = place[end].rtp;
		place[end].rtcp.port++;
	}
	return 0;
}

static void io_media_plan(void *arg_, uint64_t id, const struct rtp_plan *plan)
{
	struct replay *rp = arg_;
	struct session *session = find(rp, id);

	if (!session || session->closed)
		fail(rp, "a plan for a session that is not open");
	session->plan = *plan;
	session->plans++;
}

static void io_media_close(void *arg_, uint64_t id)
{
	struct replay *rp = arg_;
	struct session *session = find(rp, id);

	if (!session || session->closed)
		fail(rp, "a session is closed that is not open");
	session->closed = true;
	rp->closed_count++;
}

void relay_bind(struct edge_io *io)
{
	io->media_open = io_media_open;
	io->media_seen = io_media_seen;
	io->media_plan = io_media_plan;
	io->media_close = io_media_close;
}

static void tell(struct replay *rp, struct session *session)
{
	static const struct rtp_figures heard[2] = {
		{.packets = 100, .lost = 1, .jitter_us = 2000, .mos_x100 = 430},
		{.packets = 90, .mos_x100 = 440},
	};

	if (!session->closed || session->told)
		return;
	session->told = true;
	edge_media_closed(rp->edge, session->id, heard);
}

/* As the relay does: after the call that closed it has returned. */
void relay_tell(struct replay *rp)
{
	for (size_t i = 0; i < rp->session_count && !rp->relay_silent; i++)
		tell(rp, &rp->sessions[i]);
}

/* Those of before a restart are gone. */
void relay_forget(struct replay *rp)
{
	rp->session_count = rp->closed_count = 0;
	memset(rp->sessions, 0, sizeof(rp->sessions));
}

/* The session that nr= names, counted from the first, or the newest. */
static struct session *chosen(struct replay *rp, const struct command *cmd)
{
	const char *nr = arg(cmd, "nr");
	size_t n = nr ? strtoul(nr, NULL, 10) : rp->session_count;

	if (!n || n > rp->session_count)
		fail(rp, "there is no such session");
	return &rp->sessions[n - 1];
}

void relay_tell_event(struct replay *rp, const struct rtp_event *event)
{
	edge_media_event(rp->edge, event);
	relay_tell(rp);
}

/* `media EVENT [nr=N] [leg=N]`: what the relay tells of a session. */
void relay_event(struct replay *rp, const struct command *cmd)
{
	static const char *const names[] = {
		[RTP_EVENT_FIRST] = "first",
		[RTP_EVENT_NOTHING_VALID] = "nothing-valid",
		[RTP_EVENT_OTHER_ADDRESS] = "other-address",
		[RTP_EVENT_SILENCE] = "silence",
		[RTP_EVENT_EXHAUSTED] = "exhausted",
	};
	const char *name = cmd->argc > 1 ? cmd->argv[1] : "";
	const char *leg = arg(cmd, "leg");
	struct rtp_event event = {.from = at("198.51.100.7", 4000)};
	size_t kind = 0;

	while (kind < sizeof(names) / sizeof(names[0]) &&
	       strcmp(names[kind], name) != 0)
		kind++;
	if (kind == sizeof(names) / sizeof(names[0]))
		fail(rp, "media %s: no such event", name);
	event.kind = (enum rtp_event_kind)kind;
	event.id = chosen(rp, cmd)->id;
	event.leg = leg ? (unsigned)atoi(leg) : 0;
	relay_tell_event(rp, &event);
}

/* `relay silent`: it does not tell what it heard, until `relay tells`, or of
 * one session with nr=. */
void relay_run(struct replay *rp, const struct command *cmd)
{
	if (arg(cmd, "nr"))
		tell(rp, chosen(rp, cmd));
	else
		rp->relay_silent = flag(cmd, "silent");
}

size_t relay_open_sessions(const struct replay *rp)
{
	return rp->session_count - rp->closed_count;
}

static const char *name_of(const struct rtp_leg_plan *leg)
{
	if (!leg->used)
		return "unused";
	return leg->secure ? suite_name(leg->rx.suite) : "clear";
}

static void describe(char dst[static 1024], const struct session *session)
{
	const struct rtp_plan *plan = &session->plan;
	char rtp[2][ADDR_TEXT_MAX], rtcp[2][ADDR_TEXT_MAX], tls[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < 2; i++) {
		(void)addr_print(rtp[i], &plan->leg[i].rtp);
		(void)addr_print(rtcp[i], &plan->leg[i].rtcp);
	}
	(void)addr_print(tls, &plan->leg[0].tls);
	(void)snprintf(dst, 1024,
		       "leg0=%s to0=%s rtcp0=%s leg1=%s to1=%s rtcp1=%s "
		       "held=%d echo=%d silence=%u moved0=%d moved1=%d "
		       "another=%d fixed0=%d mux0=%d tls0=%s plans=%u "
		       "closed=%d ",
		       name_of(&plan->leg[0]), rtp[0], rtcp[0],
		       name_of(&plan->leg[1]), rtp[1], rtcp[1], plan->held,
		       plan->echo, plan->silence_s, plan->leg[0].moved,
		       plan->leg[1].moved, plan->another_source,
		       plan->leg[0].first_fixes_port, plan->leg[0].mux, tls,
		       session->plans, session->closed);
}

/* The value of that key in what describe() says. */
static char *value_of(struct replay *rp, const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; *p; p += strcspn(p, " ") + 1)
		if (!strncmp(p, key, len) && p[len] == '=')
			return keep_text(rp, p + len + 1,
					 strcspn(p + len + 1, " "));
	fail(rp, "a plan has no %s", key);
}

/* `expect plan [nr=N] KEY=PATTERN...` */
void relay_expect(struct replay *rp, const struct command *cmd)
{
	char text[1024];

	describe(text, chosen(rp, cmd));
	for (int i = 2; i < cmd->argc; i++) {
		size_t len = strcspn(cmd->argv[i], "=");
		char *key = keep_text(rp, cmd->argv[i], len);

		if (!cmd->argv[i][len])
			fail(rp, "%s: write key=pattern", cmd->argv[i]);
		if (strcmp(key, "nr") != 0 &&
		    !expect_match(rp, cmd->argv[i] + len + 1,
				  value_of(rp, text, key)))
			fail(rp, "expected %s, the plan is\n%s", cmd->argv[i],
			     text);
	}
}
