/* message.c - one SIP message as fields: splits the head into lines, finds
 * what must be there, and decodes what everybody asks for */
#include "rempart/sip/message.h"

#include <assert.h>
#include <string.h>

#include "grammar.h"

enum {
	MAX_FORWARDS_DEFAULT = 70, /* RFC 3261 16.6 step 3 */
	MAX_FORWARDS_MAX = 255,	   /* RFC 3261 20.22 */
	CODE_MIN = 100,
	CODE_MAX = 699,
	NAME_MAX_BYTES = 24, /* longer than each name in the table */
};

struct header_row {
	char name[NAME_MAX_BYTES];
	uint8_t len;
	char compact;
	bool single;
};

static const struct header_row headers[SIP_HEADER_COUNT] = {
#define X(id, name, compact, single)                                           \
	[SIP_HEADER_##id] = {name, sizeof(name) - 1, compact, single},
	SIP_HEADER_TABLE(X)
#undef X
};

static const char *const methods[] = {[SIP_METHOD_OTHER] = "",
#define X(id) [SIP_METHOD_##id] = #id,
				      SIP_METHOD_TABLE(X)
#undef X
};

static const unsigned method_count = sizeof(methods) / sizeof(methods[0]);

/* The first thing that was wrong; a verdict is made of it at the end. */
struct fault {
	enum reason reason; /* REASON_OK: nothing yet */
	const char *detail;
};

static void blame(struct fault *fault, enum reason reason, const char *detail)
{
	if (fault->reason == REASON_OK)
		*fault = (struct fault){reason, detail};
}

const char *sip_header_name(enum sip_header id)
{
	assert(id < SIP_HEADER_COUNT);
	return headers[id].name;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static enum sip_header find_compact(char c)
{
	for (unsigned id = 1; id < SIP_HEADER_COUNT; id++) {
		if (headers[id].compact == c)
			return (enum sip_header)id;
	}
	return SIP_HEADER_OTHER;
}

/* The whole name is compared: a hash that stands for it lets P-Q134 be From
 * (as in libre). Length and first letter only save time. */
enum sip_header sip_header_find(struct span name)
{
	char first;

	if (!name.len || name.len >= NAME_MAX_BYTES)
		return SIP_HEADER_OTHER;
	first = lower(name.p[0]);
	if (name.len == 1)
		return first ? find_compact(first) : SIP_HEADER_OTHER;
	for (unsigned id = 1; id < SIP_HEADER_COUNT; id++) {
		const struct header_row *row = &headers[id];

		if (row->len == name.len && lower(row->name[0]) == first &&
		    span_ieq(name, span_of(row->name, row->len)))
			return (enum sip_header)id;
	}
	return SIP_HEADER_OTHER;
}

enum sip_method sip_method_find(struct span name)
{
	for (unsigned m = 1; m < method_count; m++) {
		if (span_eq(name, span_str(methods[m])))
			return (enum sip_method)m;
	}
	return SIP_METHOD_OTHER;
}

const char *sip_method_text(enum sip_method method)
{
	assert(method < method_count);
	return methods[method];
}

/* ---- lines */

/* What is left of the head, and whether a line could be cut off it. */
struct head {
	char *p;
	size_t len;
};

/*
 * Cuts a line with the lines that continue it; their CRLF become spaces
 * (RFC 3261 7.3.1), so that no value holds one. The line's own CRLF is not
 * in it. False for a bare CR or LF, a NUL, or a line without end.
 */
static bool take_line(struct head *head, bool may_fold, struct span *line)
{
	char *start = head->p;
	char *end = start + head->len;
	char *at = start;

	for (;;) {
		char *lf = memchr(at, '\n', (size_t)(end - at));

		if (!lf || lf == start || lf[-1] != '\r')
			return false;
		if (memchr(at, '\r', (size_t)(lf - at)) != lf - 1 ||
		    memchr(at, '\0', (size_t)(lf - at)))
			return false;
		at = lf + 1;
		if (!may_fold || at == end || !sip_is_space(*at)) {
			*line = span_of(start, (size_t)(lf - 1 - start));
			break;
		}
		lf[-1] = ' ';
		lf[0] = ' ';
	}
	head->len = (size_t)(end - at);
	head->p = at;
	return true;
}

static void add_line(struct sip_message *msg, struct span line,
		     struct fault *fault)
{
	size_t colon = span_find(line, ':');
	struct span name = span_trim(span_of(line.p, colon));
	struct sip_line *slot = &msg->lines[msg->line_count];

	if (colon == line.len || !sip_is_token(name) ||
	    sip_is_space(line.p[0])) {
		blame(fault, REASON_HEADER_SYNTAX, "a line that is no header");
		return;
	}
	if (msg->line_count == SIP_HEADERS_MAX) {
		blame(fault, REASON_TOO_MANY_HEADERS, NULL);
		return;
	}
	slot->id = sip_header_find(name);
	slot->name = name;
	slot->value = span_trim(span_skip(line, colon + 1));
	if (msg->first[slot->id] < 0)
		msg->first[slot->id] = (int16_t)msg->line_count;
	else if (headers[slot->id].single)
		blame(fault, REASON_HEADER_REPEATED, headers[slot->id].name);
	msg->line_count++;
}

/* All header lines up to the empty one. After a line that is none the others
 * are still read: an answer needs them. */
static void split_lines(struct sip_message *msg, struct head head,
			struct fault *fault)
{
	struct span line;
	bool ended = false;

	while (head.len) {
		if (!take_line(&head, true, &line)) {
			blame(fault, REASON_FORBIDDEN_BYTES, NULL);
			return;
		}
		if (line.len)
			add_line(msg, line, fault);
		else if (head.len)
			blame(fault, REASON_HEADER_SYNTAX, "an empty line");
		ended = !line.len;
	}
	if (!ended)
		blame(fault, REASON_HEADER_SYNTAX, "no empty line");
}

/* ---- start line */

/* SIP/2.0 without case (RFC 3261 7.1); another number is VERSION. */
static enum reason check_version(struct span version)
{
	struct span number;

	if (span_ieq(version, SPAN("SIP/2.0")))
		return REASON_OK;
	if (!span_istarts(version, SPAN("SIP/")))
		return REASON_START_LINE;
	number = span_skip(version, 4);
	return number.len && sip_is_digit(number.p[0]) ? REASON_VERSION
						       : REASON_START_LINE;
}

static void request_line(struct sip_message *msg, struct span line,
			 struct fault *fault)
{
	size_t method_end = span_find(line, ' ');
	size_t uri_end = line.len;
	enum reason reason;

	while (uri_end && line.p[uri_end - 1] != ' ')
		uri_end--;
	msg->is_request = true;
	msg->method_name = span_of(line.p, method_end);
	if (!sip_is_token(msg->method_name) || uri_end <= method_end + 1) {
		blame(fault, REASON_START_LINE, NULL);
		return;
	}
	msg->method = sip_method_find(msg->method_name);
	reason = check_version(span_skip(line, uri_end));
	if (reason != REASON_OK)
		blame(fault, reason, NULL);
	/* Spaces inside or around it stay in it, and are refused with it. */
	msg->ruri_text =
		span_of(line.p + method_end + 1, uri_end - method_end - 2);
	if (sip_uri_parse(&msg->ruri, msg->ruri_text))
		blame(fault, REASON_BAD_URI, "Request-URI");
	else if (msg->ruri.scheme == SIP_SCHEME_OTHER)
		blame(fault, REASON_SCHEME, NULL);
}

/* SIP/2.0 SP 3DIGIT [ SP phrase ]. */
static void status_line(struct sip_message *msg, struct span line,
			struct fault *fault)
{
	size_t version_end = span_find(line, ' ');
	struct span rest = span_skip(line, version_end + 1);
	size_t code_end = span_find(rest, ' ');
	struct span code = span_of(rest.p, code_end);
	enum reason reason = check_version(span_of(line.p, version_end));
	uint64_t number = 0;

	if (reason != REASON_OK)
		blame(fault, reason, NULL);
	if (code.len != 3 || span_u64(code, CODE_MAX, &number) ||
	    number < CODE_MIN) {
		blame(fault, REASON_START_LINE, "status code");
		return;
	}
	msg->code = (uint16_t)number;
	msg->phrase = span_skip(rest, code_end + 1);
}

static void start_line(struct sip_message *msg, struct head *head,
		       struct fault *fault)
{
	struct span line;

	if (!take_line(head, false, &line)) {
		blame(fault, REASON_FORBIDDEN_BYTES, NULL);
		head->len = 0;
		return;
	}
	if (span_istarts(line, SPAN("SIP/")))
		status_line(msg, line, fault);
	else
		request_line(msg, line, fault);
}

/* ---- fields */

static const struct sip_line *first_line(const struct sip_message *msg,
					 enum sip_header id)
{
	return msg->first[id] < 0 ? NULL : &msg->lines[msg->first[id]];
}

static void decode_via(struct sip_message *msg, struct fault *fault)
{
	struct sip_values walk = {0};
	struct span value;

	if (!sip_values_next(msg, SIP_HEADER_VIA, &walk, &value) ||
	    sip_hop_parse(&msg->via, value))
		blame(fault, REASON_HEADER_SYNTAX, "Via");
}

static void decode_address(const struct sip_message *msg, enum sip_header id,
			   struct sip_address *addr, struct fault *fault)
{
	if (sip_address_parse(addr, sip_message_value(msg, id)))
		blame(fault, REASON_HEADER_SYNTAX, headers[id].name);
}

/* callid = word [ "@" word ], where a word holds nearly everything that is
 * no space (RFC 3261 25.1). */
static void decode_call_id(struct sip_message *msg, struct fault *fault)
{
	struct span id = sip_message_value(msg, SIP_HEADER_CALL_ID);

	for (size_t i = 0; i < id.len; i++) {
		if ((uint8_t)id.p[i] <= ' ' || id.p[i] == 0x7f) {
			blame(fault, REASON_HEADER_SYNTAX, "Call-ID");
			return;
		}
	}
	if (!id.len || id.len > SIP_VALUE_MAX)
		blame(fault, REASON_HEADER_SYNTAX, "Call-ID");
	else
		msg->call_id = id;
}

static void decode_cseq(struct sip_message *msg, struct fault *fault)
{
	struct span name;

	if (sip_cseq_parse(&msg->cseq, &name,
			   sip_message_value(msg, SIP_HEADER_CSEQ))) {
		blame(fault, REASON_CSEQ, NULL);
	} else if (!msg->is_request) {
		msg->method_name = name;
		msg->method = sip_method_find(name);
	} else if (!span_eq(name, msg->method_name)) {
		blame(fault, REASON_CSEQ, "another method than the request's");
	}
}

static void decode_max_forwards(struct sip_message *msg, struct fault *fault)
{
	const struct sip_line *line = first_line(msg, SIP_HEADER_MAX_FORWARDS);
	uint64_t number = MAX_FORWARDS_DEFAULT;

	if (line && span_u64(line->value, MAX_FORWARDS_MAX, &number))
		blame(fault, REASON_HEADER_SYNTAX, "Max-Forwards");
	msg->max_forwards = (uint32_t)number;
}

static void decode_tags(struct sip_message *msg, struct fault *fault)
{
	sip_param(msg->from.params, SPAN("tag"), &msg->from_tag);
	sip_param(msg->to.params, SPAN("tag"), &msg->to_tag);
	if (!msg->from_tag.len)
		blame(fault, REASON_HEADER_MISSING, "tag of From");
	/* A quoted tag, or a flag, would be compared one way here and another
	 * way elsewhere. */
	else if (!sip_is_token(msg->from_tag))
		blame(fault, REASON_HEADER_SYNTAX, "tag of From");
	if (!sip_is_token(msg->to_tag) &&
	    sip_param(msg->to.params, SPAN("tag"), NULL))
		blame(fault, REASON_HEADER_SYNTAX, "tag of To");
}

static void decode_fields(struct sip_message *msg, struct fault *fault)
{
	static const enum sip_header needed[] = {
		SIP_HEADER_VIA,	    SIP_HEADER_FROM, SIP_HEADER_TO,
		SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ,
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!sip_message_has(msg, needed[i]))
			blame(fault, REASON_HEADER_MISSING,
			      headers[needed[i]].name);
	}
	decode_via(msg, fault);
	decode_address(msg, SIP_HEADER_FROM, &msg->from, fault);
	decode_address(msg, SIP_HEADER_TO, &msg->to, fault);
	decode_call_id(msg, fault);
	decode_cseq(msg, fault);
	decode_max_forwards(msg, fault);
	decode_tags(msg, fault);
}

/* Everything but the lines, which line_count bounds. */
static void clear(struct sip_message *msg)
{
	memset(msg, 0, offsetof(struct sip_message, lines));
	memset(&msg->line_count, 0,
	       sizeof(*msg) - offsetof(struct sip_message, line_count));
	for (size_t id = 0; id < SIP_HEADER_COUNT; id++)
		msg->first[id] = -1;
}

struct verdict sip_message_parse(struct sip_message *msg, char *buf,
				 size_t head_len, size_t body_len)
{
	struct head head = {buf, head_len};
	struct fault fault = {.reason = REASON_OK};

	assert(msg && buf);
	clear(msg);
	msg->body = span_of(buf + head_len, body_len);
	start_line(msg, &head, &fault);
	split_lines(msg, head, &fault);
	decode_fields(msg, &fault);
	if (fault.reason == REASON_OK)
		return verdict_pass();
	return verdict_reject(fault.reason, fault.detail);
}

/* ---- questions */

bool sip_message_answerable(const struct sip_message *msg)
{
	return msg->is_request && sip_message_has(msg, SIP_HEADER_VIA) &&
	       sip_message_has(msg, SIP_HEADER_FROM) &&
	       sip_message_has(msg, SIP_HEADER_TO) &&
	       sip_message_has(msg, SIP_HEADER_CALL_ID) &&
	       sip_message_has(msg, SIP_HEADER_CSEQ);
}

struct span sip_message_value(const struct sip_message *msg, enum sip_header id)
{
	const struct sip_line *line = first_line(msg, id);

	return line ? line->value : (struct span){0};
}

bool sip_message_has(const struct sip_message *msg, enum sip_header id)
{
	return first_line(msg, id) != NULL;
}

bool sip_values_next(const struct sip_message *msg, enum sip_header id,
		     struct sip_values *walk, struct span *value)
{
	for (;;) {
		if (walk->inside) {
			if (sip_value_next(&walk->rest, value))
				return true;
			walk->inside = false;
		}
		if (msg->first[id] < 0)
			return false;
		if (walk->line < (size_t)msg->first[id])
			walk->line = (size_t)msg->first[id];
		while (walk->line < msg->line_count &&
		       msg->lines[walk->line].id != id)
			walk->line++;
		if (walk->line == msg->line_count)
			return false;
		walk->rest = msg->lines[walk->line].value;
		walk->inside = true;
		walk->line++;
	}
}

bool sip_message_lists(const struct sip_message *msg, enum sip_header id,
		       struct span token)
{
	struct sip_values walk = {0};
	struct span value;

	while (sip_values_next(msg, id, &walk, &value)) {
		if (span_ieq(value, token))
			return true;
	}
	return false;
}

bool sip_message_body_is(const struct sip_message *msg, struct span type,
			 struct span subtype)
{
	struct span t, s;

	if (sip_media_type_parse(
		    &t, &s, sip_message_value(msg, SIP_HEADER_CONTENT_TYPE)))
		return false;
	return span_ieq(t, type) && span_ieq(s, subtype);
}
