/* expect.c - what must have come, and what must not */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/base/wheel.h"

#include "replay.h"

enum { US_PER_MS = 1000 };

/* ---- messages */

static const char *shown(const struct heard *heard)
{
	if (!heard)
		return "nothing";
	if (heard->kind == HEARD_CLOSED)
		return "the end of the connection";
	return heard->kind == HEARD_CRLF ? "CRLF" : heard->text;
}

/* The words after the name and the times: "INVITE sip:..." or "486 Busy". */
static char *start_pattern(struct replay *rp, const struct command *cmd)
{
	char *out = keepf(rp, "%s", "");

	for (int i = 2; i < cmd->argc; i++) {
		if (!strcmp(cmd->argv[i], "within") ||
		    !strcmp(cmd->argv[i], "after")) {
			i++;
			continue;
		}
		out = keepf(rp, "%s%s%s", out, *out ? " " : "", cmd->argv[i]);
	}
	return *out >= '1' && *out <= '6' ? keepf(rp, "SIP/2.0 %s", out) : out;
}

static bool body_line(struct replay *rp, const struct mail *mail,
		      const char *pattern)
{
	const char *p = mail->body;

	while (*p) {
		size_t len = strcspn(p, "\r\n");

		if (expect_match(rp, pattern, keep_text(rp, p, len)))
			return true;
		p += len;
		p += strspn(p, "\r\n");
	}
	return false;
}

/* "Name: pattern", "Name#2: pattern" or "Name". */
static bool header_line(struct replay *rp, const struct mail *mail,
			const char *pattern)
{
	size_t len = strcspn(pattern, "#:");
	const char *value = strchr(pattern, ':');
	char *name = keep_text(rp, pattern, len);
	unsigned long want = 0, n = 0;

	if (pattern[len] == '#')
		want = strtoul(pattern + len + 1, NULL, 10);
	if (value)
		value += 1 + strspn(value + 1, " ");
	for (size_t i = 0; i < mail->count; i++) {
		if (strcmp(mail->fields[i].name, name) != 0)
			continue;
		n++;
		if (want && n != want)
			continue;
		if (!value || expect_match(rp, value, mail->fields[i].value))
			return true;
	}
	return false;
}

static bool fits(struct replay *rp, const struct mail *mail, const char *line)
{
	bool absent = *line == '!';

	if (absent)
		line++;
	if (*line == '|')
		return body_line(rp, mail, line + 1 + strspn(line + 1, " ")) !=
		       absent;
	return header_line(rp, mail, line) != absent;
}

static void check_mail(struct replay *rp, struct party *who,
		       const struct heard *heard, const struct command *cmd)
{
	char *start = start_pattern(rp, cmd);

	/* The words that are not given do not count. */
	if (!expect_match(rp, start, heard->mail.start) &&
	    !expect_match(rp, keepf(rp, "%s *", start), heard->mail.start))
		fail(rp, "%s: expected %s, but this came:\n%s", who->name,
		     start, heard->text);
	for (size_t i = 0; i < cmd->block_len; i++)
		if (!fits(rp, &heard->mail, cmd->block[i]))
			fail(rp, "%s: line %d, \"%s\", does not fit:\n%s",
			     who->name, cmd->line + 1 + (int)i, cmd->block[i],
			     heard->text);
}

static const char *time_word(const struct command *cmd, const char *word)
{
	for (int i = 2; i + 1 < cmd->argc; i++)
		if (!strcmp(cmd->argv[i], word))
			return cmd->argv[i + 1];
	return NULL;
}

/* `after` means then and not before, but for one tick of the timer wheel. */
static void wait_for(struct replay *rp, struct party *who,
		     const struct command *cmd)
{
	const char *after = time_word(cmd, "after");
	const char *within = time_word(cmd, "within");
	uint64_t until_us = rp->time.now_us;

	if (after) {
		world_advance(rp, time_of(rp, after) - US_PER_MS);
		if (inbox_next(who))
			fail(rp, "%s: before %s this came:\n%s", who->name,
			     after, shown(inbox_next(who)));
		until_us = rp->time.now_us + US_PER_MS + 2 * WHEEL_TICK_US;
	} else if (within) {
		until_us += time_of(rp, within);
	}
	while (!inbox_next(who) && world_step(rp, until_us))
		;
}

static void expect_message(struct replay *rp, const struct command *cmd)
{
	struct party *who = party_find(rp, cmd->argv[1]);
	const char *what = cmd->argc > 2 ? cmd->argv[2] : "";
	struct heard *heard;

	wait_for(rp, who, cmd);
	heard = inbox_next(who);
	if (!strcmp(what, "nothing")) {
		if (heard)
			fail(rp, "%s: expected nothing, but this came:\n%s",
			     who->name, shown(heard));
		return;
	}
	enum heard_kind kind = !strcmp(what, "closed") ? HEARD_CLOSED
			       : !strcmp(what, "crlf") ? HEARD_CRLF
						       : HEARD_MAIL;
	if (!heard || heard->kind != kind)
		fail(rp, "%s: expected %s, but this came:\n%s", who->name,
		     kind == HEARD_MAIL ? start_pattern(rp, cmd) : what,
		     shown(heard));
	heard->expected = true;
	if (kind != HEARD_MAIL)
		return;
	check_mail(rp, who, heard, cmd);
	memory_of_received(rp, who, &heard->mail);
}

void expect_own_addresses(struct replay *rp, const struct party *who,
			  const struct heard *heard)
{
	const struct mail *mail = &heard->mail;
	const char *ours = who->is_pbx ? "c=IN IP4 10.0.0.1\r\n"
				       : "c=IN IP4 192.0.2.1\r\n";
	const char *line = mail->body_len ? strstr(mail->body, "c=IN ") : NULL;

	if (strstr(mail_value(mail, "To"), "112@") ||
	    strstr(mail_value(mail, "From"), "112@"))
		return;
	for (; line; line = strstr(line + 1, "c=IN "))
		if (strncmp(line, ours, strlen(ours)) != 0 &&
		    strncmp(line, "c=IN IP4 0.0.0.0\r\n", 18) != 0)
			fail(rp, "%s sees an address of the other side:\n%s",
			     who->name, heard->text);
}

/* ---- records */

/* "PACKETS/LOST/JITTER/MOS" as the end of a call has them. */
static char *leg_text(struct replay *rp, const struct record *rec,
		      const struct record_leg *leg)
{
	if (!rec->has_media)
		return keepf(rp, "%s", "");
	return keepf(rp, "%llu/%llu/%u/%u", (unsigned long long)leg->packets,
		     (unsigned long long)leg->lost, leg->jitter_us,
		     leg->mos_x100);
}

static char *field_of(struct replay *rp, const struct record *rec,
		      const char *key)
{
	char source[ADDR_TEXT_MAX];
	const struct {
		const char *key, *value;
	} texts[] = {
		{"kind", record_kind_name(rec->kind)},
		{"verdict", record_verdict_name(rec->verdict)},
		{"reason", reason_name(rec->reason)},
		{"method", rec->method},
		{"rule", rec->rule},
		{"e164", rec->e164},
		{"country", rec->country},
		{"class", rec->number_class},
		{"user", rec->user},
		{"from", rec->from},
		{"to", rec->to},
		{"call_id", rec->call_id},
		{"tls", rec->tls},
		{"srtp_phone", rec->srtp_phone},
		{"srtp_upstream", rec->srtp_upstream},
		{"agent", rec->agent},
		{"detail", rec->detail},
		{"config", rec->config},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].key, key))
			return keepf(rp, "%s", texts[i].value);
	if (!strcmp(key, "heard_phone"))
		return leg_text(rp, rec, &rec->heard_phone);
	if (!strcmp(key, "heard_upstream"))
		return leg_text(rp, rec, &rec->heard_upstream);
	if (!strcmp(key, "code"))
		return keepf(rp, "%u", rec->code);
	if (!strcmp(key, "count"))
		return keepf(rp, "%llu", (unsigned long long)rec->count);
	if (!strcmp(key, "duration_ms"))
		return keepf(rp, "%llu", (unsigned long long)rec->duration_ms);
	if (!strcmp(key, "source")) {
		(void)addr_print(source, &rec->source);
		return keepf(rp, "%s", source);
	}
	fail(rp, "a record has no %s", key);
}

static bool record_fits(struct replay *rp, const struct record *rec,
			const struct command *cmd, int first)
{
	for (int i = first; i < cmd->argc; i++) {
		size_t len = strcspn(cmd->argv[i], "=");
		char *key = keep_text(rp, cmd->argv[i], len);

		if (!cmd->argv[i][len])
			fail(rp, "%s: write field=value", cmd->argv[i]);
		if (!expect_match(rp, cmd->argv[i] + len + 1,
				  field_of(rp, rec, key)))
			return false;
	}
	return true;
}

static void show_records(struct replay *rp)
{
	static const char *const keys[] = {
		"kind",	  "verdict", "reason", "code",	"method", "user",
		"source", "from",    "to",     "count", "detail"};

	for (size_t i = rp->record_seen; i < rp->record_count; i++) {
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			char *value = field_of(rp, &rp->records[i], keys[k]);

			if (*value && strcmp(value, "0") != 0)
				fprintf(stderr, "%s=\"%s\" ", keys[k], value);
		}
		fputc('\n', stderr);
	}
}

/* The first one since the last that was expected. */
static void expect_record(struct replay *rp, const struct command *cmd,
			  bool wanted)
{
	for (size_t i = rp->record_seen; i < rp->record_count; i++) {
		if (!record_fits(rp, &rp->records[i], cmd, wanted ? 2 : 3))
			continue;
		if (!wanted) {
			show_records(rp);
			fail(rp, "there is such a record, see above");
		}
		rp->record_seen = i + 1;
		return;
	}
	if (!wanted)
		return;
	show_records(rp);
	fail(rp, "no such record; those since the last are above");
}

/* ---- counts */

static void expect_counts(struct replay *rp, const struct command *cmd)
{
	struct edge_counts counts = edge_counts(rp->edge);
	const struct {
		const char *key;
		unsigned long long is;
	} table[] = {
		{"connections", counts.connections},
		{"sessions", relay_open_sessions(rp)},
		{"exchanges", counts.exchanges},
		{"passages", counts.passages},
		{"bindings", counts.bindings},
		{"records_waiting", counts.records_waiting},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *want = arg(cmd, table[i].key);

		if (want && strtoull(want, NULL, 10) != table[i].is)
			fail(rp, "%s are %llu, not %s", table[i].key,
			     table[i].is, want);
	}
}

/* Of each call one end, none missing, none doubled. */
void expect_ends(const struct replay *rp)
{
	size_t begun = 0, ended = 0;

	for (size_t i = 0; i < rp->record_count; i++) {
		const struct record *rec = &rp->records[i];

		if (rec->kind != RECORD_CALL)
			continue;
		begun += rec->verdict == RECORD_VERDICT_ALLOW;
		ended += rec->verdict == RECORD_VERDICT_END;
	}
	if (begun != ended)
		fail(rp, "%zu calls have begun, %zu have ended", begun, ended);
}

void expect(struct replay *rp, const struct command *cmd)
{
	const char *what = cmd->argc > 1 ? cmd->argv[1] : "";

	world_start(rp);
	if (!strcmp(what, "record"))
		expect_record(rp, cmd, true);
	else if (!strcmp(what, "no") && flag(cmd, "record"))
		expect_record(rp, cmd, false);
	else if (!strcmp(what, "plan"))
		relay_expect(rp, cmd);
	else if (!strcmp(what, "counts"))
		expect_counts(rp, cmd);
	else
		expect_message(rp, cmd);
}

void nothing_left(struct replay *rp)
{
	for (size_t i = 0; i < rp->party_count; i++) {
		const struct heard *heard = inbox_next(&rp->parties[i]);

		if (heard)
			fail(rp,
			     "%s: at the end this had come, unexpected:\n%s",
			     rp->parties[i].name, shown(heard));
	}
}
