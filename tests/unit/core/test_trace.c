/* A trace shows the messages of one call and none of its secrets, is bounded
 * in messages, time and bytes, and is one person's. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/core/trace.h"

enum { SECOND = 1000000, START = 1000 * SECOND };

#define HEAD                                                                   \
	"INVITE sip:600@pbx SIP/2.0\r\nVia: SIP/2.0/TLS p;branch=z\r\n"        \
	"Call-ID: one\r\n"

static const struct edge_time now = {START, 42};

static bool see(struct trace *trace, const char *message)
{
	const struct edge_seen seen = {.message = span_str(message)};

	return trace_message(trace, &seen, now);
}

/* What a person would get; the caller frees it. */
static char *fetched(struct trace *trace)
{
	size_t cap = trace->rows.len + 4096;
	char *buf = malloc(cap);
	struct text out = text_init(buf, cap - 1);

	cr_assert(buf);
	trace_fetch(trace, &out, START);
	cr_assert(!out.full);
	buf[out.len] = '\0';
	return buf;
}

/* That message, of the call, is shown with `wanted` and without SECRET. */
static void shows(const char *message, const char *wanted)
{
	struct trace trace = {0};
	char *text;

	cr_assert_eq(trace_start(&trace, 1, SPAN("one"), START), 0);
	cr_assert(see(&trace, message));
	text = fetched(&trace);
	cr_assert(strstr(text, wanted), "no %s in: %s", wanted, text);
	cr_assert_eq(strstr(text, "SECRET"), NULL, "shown: %s", text);
	free(text);
	trace_stop(&trace);
}

static void header(const char *line, const char *wanted)
{
	char message[1024];

	snprintf(message, sizeof(message), HEAD "%s\r\nX-End: 1\r\n\r\n", line);
	shows(message, wanted);
	shows(message, "X-End: 1");
}

static void body(const char *type, const char *text, const char *wanted)
{
	char message[1024];

	snprintf(message, sizeof(message), HEAD "%s\r\n\r\n%s", type, text);
	shows(message, wanted);
}

Test(trace, credentials_are_not_shown)
{
	header("Authorization: Digest username=\"SECRET\", response=\"SECRET\"",
	       "Authorization: ***");
	header("AUTHORIZATION  : Digest SECRET", "AUTHORIZATION: ***");
	header("Proxy-Authorization:Digest SECRET", "Proxy-Authorization: ***");
	header("Authentication-Info: rspauth=\"SECRET\"", "Info: ***");
	header("X-Other: Digest a=b, Response=\"SECRET\"", "Response=***");
	header("Refer-To: <sip:a@b?Proxy-Authorization=SECRET>",
	       "Proxy-Authorization***");
	header("Contact: <sip:1001:SECRET@10.0.0.1:5061>;q=1",
	       "<sip:1001:***@10.0.0.1:5061>;q=1");
	header("Contact: <SIPS:a:SECRET@b>, <sip:c:SECRET@d>",
	       "<SIPS:a:***@b>, <sip:c:***@d>");
	header("To: <sip:1@2;postd=SECRET>", "postd=***");
}

Test(trace, what_is_no_secret_is_shown)
{
	header("Contact: <sip:1001@10.0.0.1:5061>", "<sip:1001@10.0.0.1:5061>");
	header("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"",
	       "nonce=\"n\"");
	shows(HEAD "\r\n", "42\tin\t");
	shows(HEAD "\r\n", "\tINVITE sip:600@pbx SIP/2.0\x1eVia: ");
}

Test(trace, keys_are_not_shown)
{
	static const char sdp[] = "Content-Type: application/sdp";

	body(sdp, "v=0\r\na=crypto:1 AES inline:SECRET|2^20\r\na=end\r\n",
	     "a=crypto:1 AES inline***\x1e"
	     "a=end\x1e");
	body(sdp, "A=CRYPTO:1 AES INLINE:SECRET\na=end", "a=end");
	body(sdp, "a=crypto:1 AES SECRET\r\na=end", "a=***\x1e");
	body(sdp, "a=key-mgmt:mikey SECRET\ra=end", "a=end");
	body(sdp, "k=base64:SECRET\r\na=end", "k=***");
	body(sdp, " K=SECRET\r\na=end", "a=end");
	body("c:APPLICATION/SDP;x=y", "v=0\r\na=sendrecv", "a=sendrecv");
	header("X-Sdp: inline:SECRET", "inline:***");
}

Test(trace, other_bodies_are_not_shown)
{
	body("Content-Type: application/dtmf-relay",
	     "Signal=SECRET\r\nDuration=160\r\n",
	     "[29 bytes of application/dtmf-relay are not shown]");
	body("Content-Type: text/plain", "SECRET", "text/plain");
	body("Content-Type: multipart/mixed;boundary=x", "SECRET", "multipart");
	body("Content-Type: application/sdp\r\nContent-Encoding: gzip",
	     "SECRET", "not shown");
	body("Content-Type: application/sdp\r\ne: gzip", "SECRET", "not shown");
	body("Content-Type: application/sdp\r\nc: text/plain", "SECRET",
	     "not shown");
	body("X-None: 1", "SECRET", "not shown");
}

Test(trace, nothing_ends_a_cell_or_is_obeyed_by_a_terminal)
{
	header("Subject: a\tb\x1b[2J\x1e", "Subject: a?b?[2J?");
}

Test(trace, only_messages_of_that_call)
{
	struct trace trace = {0};
	char *text;

	cr_assert_eq(trace_start(&trace, 1, SPAN("one"), START), 0);
	cr_assert(see(&trace, "INVITE a SIP/2.0\r\nCall-ID: One\r\n\r\n"));
	cr_assert(see(&trace, "INVITE a SIP/2.0\r\nCall-ID: one2\r\n\r\n"));
	cr_assert(see(&trace, "INVITE a SIP/2.0\r\nX: one\r\n\r\n"));
	cr_assert(see(&trace, "INVITE a SIP/2.0\r\nX: 1\r\n\r\n"
			      "Call-ID: one\r\n\r\n"));
	cr_assert_eq(trace.count, 0);
	cr_assert(see(&trace, "BYE b SIP/2.0\r\ni :one\r\n\r\n"));
	cr_assert_eq(trace.count, 1);
	text = fetched(&trace);
	cr_assert(strstr(text, "BYE b"));
	free(text);
	text = fetched(&trace);
	cr_assert_eq(strstr(text, "BYE b"), NULL, "fetched twice");
	free(text);
	trace_stop(&trace);
}

Test(trace, it_ends_by_count)
{
	struct trace trace = {0};

	cr_assert_eq(trace_start(&trace, 1, SPAN("one"), START), 0);
	for (int i = 1; i < TRACE_MESSAGES_MAX; i++)
		cr_assert(see(&trace, HEAD "\r\n"));
	cr_assert_not(see(&trace, HEAD "\r\n"));
	cr_assert_not(see(&trace, HEAD "\r\n"));
	cr_assert_eq(trace.count, TRACE_MESSAGES_MAX);

	char *text = fetched(&trace);
	cr_assert(strstr(text, "ok\tover\t0\t"));
	free(text);
	trace_stop(&trace);
}

static bool wanted_at(uint64_t fetched_s, uint64_t at_s)
{
	const struct edge_seen seen = {.message = SPAN(HEAD "\r\n")};
	const struct edge_time time = {START + at_s * SECOND, 0};
	struct trace trace = {0};
	bool more;

	cr_assert_eq(trace_start(&trace, 1, SPAN("one"), START), 0);
	trace.fetched_us = START + fetched_s * SECOND;
	more = trace_message(&trace, &seen, time);
	cr_assert_eq(trace.count, more ? 1 : 0);
	trace_stop(&trace);
	return more;
}

Test(trace, it_ends_by_time_and_when_nobody_looks)
{
	cr_assert(wanted_at(0, TRACE_IDLE_S - 1));
	cr_assert_not(wanted_at(0, TRACE_IDLE_S));
	cr_assert(wanted_at(TRACE_S - 1, TRACE_S - 1));
	cr_assert_not(wanted_at(TRACE_S - 1, TRACE_S));
}

Test(trace, what_finds_no_room_is_counted)
{
	struct trace trace = {0};
	size_t len = 40000;
	char *big = malloc(len + 1), *text;
	unsigned kept;

	cr_assert(big);
	memset(big, 'a', len);
	memcpy(big, HEAD "X: ", sizeof(HEAD "X: ") - 1);
	strcpy(big + len - 4, "\r\n\r\n");
	cr_assert_eq(trace_start(&trace, 1, SPAN("one"), START), 0);
	for (int i = 0; i < 100; i++)
		cr_assert(see(&trace, big));
	cr_assert(trace.lost > 0 && trace.lost < 100);
	kept = 100 - trace.lost;
	text = fetched(&trace);
	for (char *at = text; (at = strstr(at, "INVITE ")); at++)
		kept--;
	cr_assert_eq(kept, 0, "a message in part");
	free(text);
	free(big);
	trace_stop(&trace);
}

Test(trace, one_at_a_time_unless_nobody_looks)
{
	struct trace trace = {0};
	char long_id[TRACE_CALL_MAX];

	memset(long_id, 'a', sizeof(long_id));
	cr_assert_eq(trace_start(&trace, 1, span_of(long_id, sizeof(long_id)),
				 START),
		     EINVAL);
	cr_assert_eq(trace_start(&trace, 1, SPAN(""), START), EINVAL);
	cr_assert_eq(trace_start(&trace, 1, SPAN("one"), START), 0);
	cr_assert_eq(trace_start(&trace, 2, SPAN("two"), START), EBUSY);
	cr_assert_eq(trace.id, 1);
	cr_assert_eq(trace_start(&trace, 2, SPAN("two"),
				 START + TRACE_IDLE_S * SECOND),
		     0);
	cr_assert_eq(trace.id, 2);
	trace_stop(&trace);
	trace_stop(&trace);
}
