/* chaos.c - random phones and a random PBX, and what must hold in the end */
#include <stdio.h>
#include <string.h>

#include "replay.h"

enum { PHONES = 4, CALLS_MAX = 4096, US_PER_MS = 1000, END_S = 260 };

/* An INVITE that reached its end and has no final answer yet. */
struct ringing {
	struct party *who;
	const char *call_id;
	bool over;
};

struct chaos {
	struct replay *rp;
	uint64_t seed;
	bool ending; /* no more new work, everything is answered */
	/* Nothing damaged, the log never full: each call that was allowed is
	 * ended by its parties, and once in the log. */
	bool counted;
	unsigned calls;
	struct party *phones[PHONES];
	struct ringing ringing[CALLS_MAX];
	size_t ringing_count;
};

static unsigned roll(struct chaos *ch, unsigned sides)
{
	uint64_t z = ch->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ z >> 31) % sides);
}

static bool can_speak(const struct party *who)
{
	return who->is_pbx || who->conn;
}

static struct party *anybody(struct chaos *ch)
{
	unsigned n = roll(ch, PHONES * 2);

	return n < PHONES ? ch->phones[n] : party_find(ch->rp, "pbx");
}

/* The first one, of use to anybody, half of the time. */
static const char *any_sdp(struct chaos *ch, const struct party *who)
{
	return sdp_kind(who->is_pbx, roll(ch, 2) * roll(ch, SDP_KINDS));
}

/* " sdp=KIND", or nothing: one in that many times. */
static const char *some_sdp(struct chaos *ch, const struct party *who,
			    unsigned times)
{
	if (!roll(ch, times))
		return "";
	return keepf(ch->rp, " sdp=%s", any_sdp(ch, who));
}

static struct ringing *ringing_find(struct chaos *ch, const struct party *who,
				    const char *call_id)
{
	for (size_t i = ch->ringing_count; i--;)
		if (ch->ringing[i].who == who && !ch->ringing[i].over &&
		    !strcmp(ch->ringing[i].call_id, call_id))
			return &ch->ringing[i];
	return NULL;
}

static void answer(struct chaos *ch, struct ringing *ring, unsigned code,
		   const char *sdp)
{
	if (code >= 200)
		ring->over = true;
	if (!can_speak(ring->who))
		return;
	script_line(
		ch->rp,
		keepf(ch->rp, "send %s %u re=INVITE call=%s%s%s",
		      ring->who->name, code, ring->call_id, sdp,
		      ring->who->is_pbx && !roll(ch, 5) ? " tag=fork" : ""));
}

/* ---- what comes */

static void on_request(struct chaos *ch, struct party *who,
		       const struct mail *mail)
{
	const char *call_id = mail_value(mail, "Call-ID");
	struct ringing *ring = ringing_find(ch, who, call_id);

	if (!strcmp(mail->method, "ACK"))
		return;
	if (!strcmp(mail->method, "INVITE")) {
		if (!ring && ch->ringing_count < CALLS_MAX)
			ch->ringing[ch->ringing_count++] = (struct ringing){
				.who = who, .call_id = call_id};
		return;
	}
	/* Some peers never answer. */
	if (!can_speak(who) || (!ch->ending && !roll(ch, 20)))
		return;
	script_line(ch->rp,
		    keepf(ch->rp, "send %s %s re=%s call=%s%s", who->name,
			  roll(ch, 15) ? "200" : "481", mail->method, call_id,
			  mail->body_len ? some_sdp(ch, who, 6) : ""));
	if (ring && !strcmp(mail->method, "CANCEL"))
		answer(ch, ring, 487, "");
}

static const struct mail *sent_invite(const struct party *who,
				      const struct mail *mail)
{
	const char *call_id = mail_value(mail, "Call-ID");
	const struct mail *found = NULL;

	for (const struct heard *h = who->sent.first; h; h = h->next)
		if (!h->mail.code && !strcmp(h->mail.method, "INVITE") &&
		    !strcmp(mail_value(&h->mail, "Call-ID"), call_id))
			found = &h->mail;
	return found && cseq_of(found) == cseq_of(mail) ? found : NULL;
}

static void on_answer(struct chaos *ch, struct party *who,
		      const struct mail *mail)
{
	const char *call_id = mail_value(mail, "Call-ID");
	char *tag = tag_of(ch->rp, mail_value(mail, "To"));
	const struct mail *invite;

	if (strcmp(mail->method, "INVITE") != 0 || mail->code < 200 ||
	    !can_speak(who) || (!ch->ending && !roll(ch, 20)))
		return;
	invite = sent_invite(who, mail);
	if (mail->code < 300 && memory_find(who, call_id, tag, NULL))
		script_line(ch->rp,
			    keepf(ch->rp, "send %s ACK in call=%s peer=%s%s",
				  who->name, call_id, tag,
				  invite && !invite->body_len
					  ? some_sdp(ch, who, 10)
					  : ""));
	else if (mail->code >= 300 && invite)
		script_line(ch->rp, keepf(ch->rp, "send %s ACK hop call=%s",
					  who->name, call_id));
}

/* Everybody reads what has come, and does what a peer does at once. */
static void read_all(struct chaos *ch)
{
	bool any = true;

	while (any) {
		any = false;
		for (size_t i = 0; i < ch->rp->party_count; i++) {
			struct party *who = &ch->rp->parties[i];
			struct heard *heard = inbox_next(who);

			if (!heard)
				continue;
			any = true;
			heard->expected = true;
			if (heard->kind != HEARD_MAIL)
				continue;
			expect_own_addresses(ch->rp, who, heard);
			memory_of_received(ch->rp, who, &heard->mail);
			if (heard->mail.code)
				on_answer(ch, who, &heard->mail);
			else
				on_request(ch, who, &heard->mail);
		}
	}
}

/* ---- what is done */

static void do_register(struct chaos *ch)
{
	struct party *who = ch->phones[roll(ch, PHONES)];
	struct heard *heard;

	if (!who->conn)
		world_connect(ch->rp, who);
	read_all(ch);
	script_line(ch->rp, keepf(ch->rp, "send %s REGISTER call=r%u",
				  who->name, ch->calls++));
	heard = inbox_next(party_find(ch->rp, "pbx"));
	if (heard && !strcmp(heard->mail.method, "REGISTER")) {
		char *uri = uri_of(ch->rp, mail_value(&heard->mail, "Contact"));

		uri[strcspn(uri, "@")] = '\0';
		variable_set(ch->rp, keepf(ch->rp, "token.%s", who->name),
			     uri + 4);
	}
	read_all(ch);
}

static void do_invite(struct chaos *ch)
{
	struct party *from = anybody(ch);
	static const char *const whom[] = {"1002", "1002", "1002", "112",
					   "*43"};
	const char *to = whom[roll(ch, sizeof(whom) / sizeof(whom[0]))];

	if (from->is_pbx)
		to = keepf(ch->rp, "@%s", ch->phones[roll(ch, PHONES)]->name);
	if (!can_speak(from))
		return;
	script_line(ch->rp,
		    keepf(ch->rp, "send %s INVITE to=%s call=c%u%s", from->name,
			  to, ch->calls++, some_sdp(ch, from, 6)));
}

/* One of those that ring, rather a new one; NULL: none. */
static struct ringing *any_ringing(struct chaos *ch)
{
	size_t last = ch->ringing_count;

	for (unsigned skip = roll(ch, 4); last--;)
		if (!ch->ringing[last].over && !skip--)
			return &ch->ringing[last];
	return NULL;
}

static void do_answer(struct chaos *ch)
{
	static const unsigned codes[] = {100, 180, 180, 183, 183, 200,
					 200, 200, 200, 200, 486, 503};
	unsigned code = codes[roll(ch, sizeof(codes) / sizeof(codes[0]))];
	struct ringing *ring = any_ringing(ch);

	if (ring)
		answer(ch, ring, code,
		       code == 183 || code == 200 ? some_sdp(ch, ring->who, 8)
						  : "");
}

static struct memory *any_dialog(struct chaos *ch, const struct party *who)
{
	struct memory *dlg = who->dialogs;

	for (unsigned skip = roll(ch, 6); dlg && skip--;)
		dlg = dlg->next;
	return dlg;
}

static void do_in_dialog(struct chaos *ch)
{
	static const char *const what[] = {
		"BYE",	  "BYE",    "INVITE", "INVITE", "INVITE", "INFO",
		"UPDATE", "UPDATE", "NOTIFY", "PRACK",	"FOO"};
	struct party *who = anybody(ch);
	const struct memory *dlg = any_dialog(ch, who);

	if (!dlg || !can_speak(who))
		return;
	script_line(ch->rp,
		    keepf(ch->rp, "send %s %s in call=%s peer=%s local=%s%s",
			  who->name,
			  what[roll(ch, sizeof(what) / sizeof(*what))],
			  dlg->call_id, dlg->remote_tag, dlg->local_tag,
			  some_sdp(ch, who, 3)));
}

/* What the relay tells of any session there was. */
static void do_media(struct chaos *ch)
{
	struct replay *rp = ch->rp;
	struct rtp_event event = {
		.kind = (enum rtp_event_kind)roll(ch, RTP_EVENT_EXHAUSTED + 1),
		.leg = roll(ch, 2),
		.from = rp->used->proxy.upstream,
	};

	/* Not too often what ends a call. */
	if (!rp->session_count ||
	    (event.kind == RTP_EVENT_SILENCE && roll(ch, 4)))
		return;
	/* Rather a new one. */
	unsigned back = roll(ch, 9) % (unsigned)rp->session_count;

	event.id = rp->sessions[rp->session_count - 1 - back].id;
	relay_tell_event(rp, &event);
}

/* Room for few sessions, or for all; SRTP behind or not. */
static void do_reload(struct chaos *ch)
{
	if (roll(ch, 8))
		return;
	ch->rp->next.media_ports = roll(ch, 2) ? 6 : 0;
	ch->rp->next.media.upstream_single = !roll(ch, 3);
	ch->rp->next.media.timeout_s = roll(ch, 2) ? 60 : 0;
	script_line(ch->rp, "reload");
}

static void do_cancel(struct chaos *ch)
{
	struct party *who = anybody(ch);
	const struct heard *said = who->sent.last;

	if (said && can_speak(who) && !said->mail.code &&
	    !strcmp(said->mail.method, "INVITE"))
		script_line(ch->rp, keepf(ch->rp, "send %s CANCEL", who->name));
}

static void do_again(struct chaos *ch)
{
	struct party *who = anybody(ch);
	const struct heard *said = who->sent.last;

	if (said && can_speak(who))
		world_say(ch->rp, who, said->text, said->len, roll(ch, 2));
}

/* A request with a few bytes changed. */
static void do_noise(struct chaos *ch)
{
	struct party *who = anybody(ch);
	const struct heard *said = who->sent.last;
	char *text;

	/* A damaged Expires may be a day, for which nobody waits. */
	if (ch->counted || !said || said->mail.code || !can_speak(who) ||
	    !strcmp(said->mail.method, "SUBSCRIBE"))
		return;
	text = keep_text(ch->rp, said->text, said->len);
	for (unsigned n = 1 + roll(ch, 3); n--;)
		text[roll(ch, (unsigned)said->len)] = (char)roll(ch, 256);
	if (who->is_pbx)
		world_datagram(ch->rp, &who->addr, text, said->len);
	else
		world_bytes(ch->rp, who, text, said->len);
}

static void do_subscribe(struct chaos *ch)
{
	struct party *who = ch->phones[roll(ch, PHONES)];

	if (can_speak(who))
		script_line(ch->rp, keepf(ch->rp,
					  "send %s SUBSCRIBE to=1002 call=s%u "
					  "expires=60",
					  who->name, ch->calls++));
}

static void do_lose(struct chaos *ch)
{
	struct party *who = ch->phones[roll(ch, PHONES)];

	if (who->conn && !roll(ch, 8))
		world_disconnect(ch->rp, who);
}

static void do_log(struct chaos *ch)
{
	ch->rp->log_full = !ch->counted && !roll(ch, 4);
}

static void do_time(struct chaos *ch)
{
	world_advance(ch->rp, (uint64_t)roll(ch, 4000) * US_PER_MS);
}

/* ---- the end */

static void hang_up(struct chaos *ch, struct party *who)
{
	/* A BYE changes nothing in this list. */
	for (struct memory *dlg = who->dialogs; dlg; dlg = dlg->next) {
		if (!can_speak(who) || !dlg->confirmed)
			continue;
		script_line(ch->rp, keepf(ch->rp,
					  "send %s BYE in call=%s peer=%s "
					  "local=%s",
					  who->name, dlg->call_id,
					  dlg->remote_tag, dlg->local_tag));
	}
}

/* A damaged INVITE may have made a call that nobody knows of: as it has no
 * media, it ends by that. */
static void fall_silent(struct chaos *ch)
{
	struct rtp_event event = {.kind = RTP_EVENT_SILENCE};

	for (size_t i = 0; i < ch->rp->session_count && !ch->counted; i++) {
		event.id = ch->rp->sessions[i].id;
		relay_tell_event(ch->rp, &event);
	}
}

static void finish(struct chaos *ch)
{
	uint64_t end_us;

	ch->ending = true;
	ch->rp->log_full = false;
	for (unsigned i = 0; i < 100; i++)
		do_register(ch);
	for (size_t i = 0; i < ch->ringing_count; i++)
		if (!ch->ringing[i].over)
			answer(ch, &ch->ringing[i], 486, "");
	read_all(ch);
	for (size_t i = 0; i < ch->rp->party_count; i++)
		hang_up(ch, &ch->rp->parties[i]);
	read_all(ch);
	fall_silent(ch);
	read_all(ch);
	end_us = ch->rp->time.now_us + (uint64_t)END_S * 1000 * US_PER_MS;
	while (world_step(ch->rp, end_us)) {
		read_all(ch);
		for (size_t i = 0; i < ch->ringing_count; i++)
			if (!ch->ringing[i].over)
				answer(ch, &ch->ringing[i], 486, "");
	}
	read_all(ch);
}

static void prepare(struct chaos *ch)
{
	for (unsigned i = 0; i < PHONES; i++) {
		struct party *who = party_add(ch->rp, keepf(ch->rp, "P%u", i));

		snprintf(who->user, sizeof(who->user), "%u", 2000 + i);
		if (addr_parse(&who->addr,
			       span_str(keepf(ch->rp, "192.0.2.%u:4000%u",
					      10 + i, i))))
			fail(ch->rp, "address");
		ch->phones[i] = who;
	}
	for (unsigned i = 0; i < 40; i++)
		do_register(ch);
}

void chaos_run(struct replay *rp, uint64_t seed, unsigned events, bool counted)
{
	static void (*const todo[])(struct chaos * ch) = {
		do_register,  do_invite, do_invite,    do_invite,    do_answer,
		do_answer,    do_answer, do_in_dialog, do_cancel,    do_again,
		do_subscribe, do_lose,	 do_noise,     do_in_dialog, do_time,
		do_log,	      do_media,	 do_in_dialog, do_media,     do_reload,
	};
	struct chaos *ch = keep(rp, sizeof(*ch));
	struct edge_counts counts;

	*ch = (struct chaos){.rp = rp, .seed = seed, .counted = counted};
	prepare(ch);
	for (unsigned i = 0; i < events; i++) {
		todo[roll(ch, sizeof(todo) / sizeof(todo[0]))](ch);
		read_all(ch);
	}
	finish(ch);
	counts = edge_counts(rp->edge);
	if (counts.exchanges || counts.passages || counts.records_waiting ||
	    relay_open_sessions(rp))
		fail(rp,
		     "seed %llu: %zu exchanges, %zu passages, %zu sessions are "
		     "left",
		     (unsigned long long)seed, counts.exchanges,
		     counts.passages, relay_open_sessions(rp));
	if (counted)
		expect_ends(rp);
}
