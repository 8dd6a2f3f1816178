/* links: sip */
/* fuzz_message.c - no head breaks the parser, and what it hands on holds no
 * line end, stays inside of the buffer and is whole when it passed */
#include <stdint.h>
#include <stdlib.h>

#include "rempart/sip/message.h"
#include "rempart/sip/sanity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fits)
{
	if (!fits)
		abort();
}

static void check_span(struct span s, const char *buf, size_t len)
{
	if (!s.len)
		return;
	require(s.p >= buf && s.p + s.len <= buf + len);
	require(span_find(s, '\r') == s.len && span_find(s, '\n') == s.len &&
		span_find(s, '\0') == s.len);
}

static void check_lines(const struct sip_message *msg, const char *buf,
			size_t len)
{
	require(msg->line_count <= SIP_HEADERS_MAX);
	for (size_t i = 0; i < msg->line_count; i++) {
		const struct sip_line *line = &msg->lines[i];
		struct sip_values walk = {0};
		struct span value;

		require(line->id < SIP_HEADER_COUNT && line->name.len);
		require(sip_header_find(line->name) == line->id);
		check_span(line->name, buf, len);
		check_span(line->value, buf, len);
		while (sip_values_next(msg, line->id, &walk, &value))
			check_span(value, buf, len);
	}
}

static void check_fields(const struct sip_message *msg, const char *buf,
			 size_t len)
{
	check_span(msg->method_name, buf, len);
	check_span(msg->ruri_text, buf, len);
	check_span(msg->phrase, buf, len);
	check_span(msg->via.text, buf, len);
	check_span(msg->via.branch, buf, len);
	check_span(msg->from.display, buf, len);
	check_span(msg->from.uri.text, buf, len);
	check_span(msg->from.params, buf, len);
	check_span(msg->to.uri.text, buf, len);
	check_span(msg->from_tag, buf, len);
	check_span(msg->to_tag, buf, len);
	check_span(msg->call_id, buf, len);
}

/* What others rely on once a message has passed. */
static void check_passed(const struct sip_message *msg)
{
	require(sip_message_answerable(msg) == msg->is_request);
	require(msg->via.host.len && msg->from_tag.len && msg->call_id.len);
	require(msg->from.uri.text.len && msg->to.uri.text.len);
	require(msg->max_forwards <= 255);
	if (msg->is_request)
		require(!msg->code && msg->ruri.scheme != SIP_SCHEME_OTHER);
	else
		require(msg->code >= 100 && msg->code <= 699);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_message msg;
	struct verdict verdict;
	char *buf = malloc(size ? size : 1);
	const char *end;
	size_t head_len;

	if (!buf)
		return 0;
	memcpy(buf, data, size);
	end = size ? memmem(buf, size, "\r\n\r\n", 4) : NULL;
	head_len = end ? (size_t)(end - buf) + 4 : size;
	verdict = sip_message_parse(&msg, buf, head_len, size - head_len);
	check_lines(&msg, buf, head_len);
	check_fields(&msg, buf, head_len);
	if (verdict_passes(&verdict)) {
		check_passed(&msg);
		verdict = msg.is_request ? sip_sanity_request(&msg)
					 : sip_sanity_response(&msg);
		(void)sip_message_body_is(&msg, SPAN("application"),
					  SPAN("sdp"));
	}
	free(buf);
	return 0;
}
