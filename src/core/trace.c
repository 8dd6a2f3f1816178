/* trace.c - copies the messages of one call, without its secrets */
#include "rempart/core/trace.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const uint64_t US_PER_S = 1000000;
static const char MASK[] = "***";

int trace_start(struct trace *trace, uint64_t id, struct span call_id,
		uint64_t now_us)
{
	char *buf;

	assert(id);
	if (!call_id.len || call_id.len >= TRACE_CALL_MAX)
		return EINVAL;
	if (trace->id && !trace->over &&
	    now_us < trace->fetched_us + TRACE_IDLE_S * US_PER_S)
		return EBUSY;
	buf = malloc(TRACE_BYTES_MAX);
	if (!buf)
		return ENOMEM;
	trace_stop(trace);
	trace->id = id;
	(void)span_copy(trace->call_id, sizeof(trace->call_id), call_id);
	trace->until_us = now_us + TRACE_S * US_PER_S;
	trace->fetched_us = now_us;
	trace->rows = text_init(buf, TRACE_BYTES_MAX);
	return 0;
}

void trace_stop(struct trace *trace)
{
	free(trace->rows.p);
	*trace = (struct trace){0};
}

/* Offset of `what` without case, or s.len. */
static size_t find_word(struct span s, struct span what)
{
	for (size_t i = 0; i + what.len <= s.len; i++)
		if (span_istarts(span_skip(s, i), what))
			return i;
	return s.len;
}

static struct span take_line(struct span *rest, const char *ends)
{
	size_t len = 0;
	struct span line;

	while (len < rest->len && !strchr(ends, rest->p[len]))
		len++;
	line = span_of(rest->p, len);
	*rest = span_skip(*rest, len + 1);
	return line;
}

static void put_plain(struct text *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		text_putc(out, c < ' ' || c == 0x7f ? '?' : s.p[i]);
	}
}

static void put_masked(struct text *out, struct span shown)
{
	put_plain(out, shown);
	text_puts(out, MASK);
}

/* Bytes of the password with its colon at the start of what follows "sip:",
 * 0: none; *at is where. */
static size_t password(struct span s, size_t *at)
{
	size_t colon = s.len;

	for (size_t i = 0; i < s.len && !strchr(" \t<>\",", s.p[i]); i++) {
		if (s.p[i] == ':' && colon == s.len)
			colon = i;
		if (s.p[i] == '@' && colon < i) {
			*at = colon;
			return i - colon;
		}
	}
	return 0;
}

static void put_uris(struct text *out, struct span s)
{
	const struct span schemes[] = {SPAN("sip:"), SPAN("sips:")};

	while (s.len) {
		size_t used = 1, at = 0, len = 0;

		for (size_t i = 0; i < 2 && used == 1; i++)
			if (span_istarts(s, schemes[i]))
				used = schemes[i].len;
		if (used > 1)
			len = password(span_skip(s, used), &at);
		put_plain(out, span_of(s.p, used + at));
		if (len) {
			text_putc(out, ':');
			text_puts(out, MASK);
		}
		s = span_skip(s, used + at + len);
	}
}

/* What says a secret wherever it stands; the rest of its line goes. */
static size_t secret_in(struct span line)
{
	const struct span words[] = {
		SPAN("authorization"), SPAN("response="), SPAN("response%3d"),
		SPAN("rspauth"),       SPAN("inline:"),	  SPAN("inline%3a"),
		SPAN("signal="),       SPAN("postd="),	  SPAN("password="),
	};
	size_t least = line.len;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t at = find_word(line, words[i]);

		if (at < line.len && at + words[i].len < least)
			least = at + words[i].len;
	}
	return least;
}

static bool is_secret_header(struct span name)
{
	return span_ieq(name, SPAN("authorization")) ||
	       span_ieq(name, SPAN("proxy-authorization")) ||
	       span_ieq(name, SPAN("authentication-info")) ||
	       span_ieq(name, SPAN("proxy-authentication-info"));
}

static void put_head_line(struct text *out, struct span line)
{
	struct span name = span_trim(span_of(line.p, span_find(line, ':')));
	size_t secret = secret_in(line);

	if (is_secret_header(name)) {
		put_plain(out, name);
		text_puts(out, ": ");
		text_puts(out, MASK);
	} else if (secret < line.len) {
		put_masked(out, span_of(line.p, secret));
	} else {
		put_uris(out, line);
	}
	text_putc(out, TRACE_LINE_END);
}

/* a=crypto keeps its tag and suite (RFC 4568 9.1). */
static void put_sdp_line(struct text *out, struct span line)
{
	size_t key = find_word(line, SPAN("inline"));
	bool secret = find_word(line, SPAN("crypto")) < line.len ||
		      find_word(line, SPAN("key-mgmt")) < line.len ||
		      span_istarts(span_trim(line), SPAN("k"));

	if (key < line.len)
		put_masked(out, span_of(line.p, key + sizeof("inline") - 1));
	else if (secret)
		put_masked(out, span_of(line.p, line.len < 2 ? line.len : 2));
	else
		put_plain(out, line);
	text_putc(out, TRACE_LINE_END);
}

struct head {
	struct span call_id;
	struct span type; /* of the body */
	bool plain_sdp;	  /* nothing else, and not encoded */
	size_t len;	  /* with its empty line */
};

static void read_header(struct head *head, struct span line, unsigned *types)
{
	size_t colon = span_find(line, ':');
	struct span name = span_trim(span_of(line.p, colon));
	struct span value = span_trim(span_skip(line, colon + 1));

	if ((span_ieq(name, SPAN("call-id")) || span_ieq(name, SPAN("i"))) &&
	    !head->call_id.len)
		head->call_id = value;
	if (span_ieq(name, SPAN("content-encoding")) ||
	    span_ieq(name, SPAN("e")))
		*types += 2;
	if (!span_ieq(name, SPAN("content-type")) && !span_ieq(name, SPAN("c")))
		return;
	++*types;
	head->type = span_trim(span_of(value.p, span_find(value, ';')));
}

/* Of a message that parses: its lines are whole and end with CRLF. */
static struct head read_head(struct span message)
{
	struct head head = {.len = message.len};
	struct span rest;
	unsigned types = 0;

	head.len = find_word(message, SPAN("\r\n\r\n"));
	head.len += head.len < message.len ? 4 : 0;
	rest = span_of(message.p, head.len);
	(void)take_line(&rest, "\n");
	while (rest.len)
		read_header(&head, take_line(&rest, "\n"), &types);
	head.plain_sdp =
		types == 1 && span_ieq(head.type, SPAN("application/sdp"));
	return head;
}

static void put_body(struct text *out, const struct head *head,
		     struct span body)
{
	if (!body.len)
		return;
	if (head->plain_sdp) {
		while (body.len) {
			struct span line = take_line(&body, "\r\n");

			if (line.len)
				put_sdp_line(out, line);
		}
		return;
	}
	text_putc(out, '[');
	text_u64(out, body.len);
	text_puts(out, " bytes of ");
	put_plain(out, head->type);
	text_puts(out, " are not shown]");
	text_putc(out, TRACE_LINE_END);
}

static void put_row(struct text *out, const struct edge_seen *seen,
		    const struct head *head, uint64_t wall_us)
{
	struct span rest = span_of(seen->message.p, head->len);
	char peer[ADDR_TEXT_MAX] = "";

	(void)addr_print(peer, &seen->peer);
	text_u64(out, wall_us);
	text_puts(out, seen->sent ? "\tout\t" : "\tin\t");
	text_puts(out, peer);
	text_putc(out, '\t');
	while (rest.len) {
		struct span line = span_trim(take_line(&rest, "\n"));

		if (line.len)
			put_head_line(out, line);
	}
	text_putc(out, TRACE_LINE_END);
	put_body(out, head, span_skip(seen->message, head->len));
	text_puts(out, "\t\n");
}

static bool wanted(const struct trace *trace, uint64_t now_us)
{
	return trace->id && !trace->over && now_us < trace->until_us &&
	       now_us < trace->fetched_us + TRACE_IDLE_S * US_PER_S;
}

bool trace_message(struct trace *trace, const struct edge_seen *seen,
		   struct edge_time time)
{
	struct text before = trace->rows;
	struct head head;

	if (!wanted(trace, time.now_us)) {
		trace->over = true;
		return false;
	}
	head = read_head(seen->message);
	if (!span_eq(head.call_id, span_str(trace->call_id)))
		return true;
	put_row(&trace->rows, seen, &head, time.wall_us);
	if (trace->rows.full) {
		trace->rows = before;
		trace->lost++;
	}
	trace->over = ++trace->count >= TRACE_MESSAGES_MAX;
	return !trace->over;
}

void trace_fetch(struct trace *trace, struct text *out, uint64_t now_us)
{
	if (!wanted(trace, now_us))
		trace->over = true;
	trace->fetched_us = now_us;
	text_puts(out, trace->over ? "ok\tover\t" : "ok\tlive\t");
	text_u64(out, trace->lost);
	text_puts(out, "\t\nts_us#\tdirection\tpeer\tmessage\t\n");
	text_put(out, text_span(&trace->rows));
	trace->rows.len = 0;
}
