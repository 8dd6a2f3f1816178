/* parse.c - reads an SDP body into fields, line by line (RFC 8866 5 and 9) */
#include "rempart/sdp/sdp.h"

#include <assert.h>
#include <string.h>

#include "attribute.h"
#include "crypto.h"
#include "fields.h"

/* How far the body has been read; v=, o=, s= and t= come in this order. */
enum stage {
	WANT_VERSION,
	WANT_ORIGIN,
	WANT_NAME,
	WANT_TIMING, /* c=, b=, a= may come before it */
	IN_SESSION,
	IN_MEDIA,
};

struct reader {
	struct sdp *sdp;
	const struct sdp_settings *settings;
	struct span rest;
	unsigned line; /* number of the current line */
	enum stage stage;
	struct sdp_attribute_reader attributes;
	bool blank; /* an empty line was read: only such may follow */
};

/* The functions below return what is wrong with a line, or NULL. */

static bool is_token_byte(char c)
{
	return c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]", c);
}

/* RFC 8866 9, token */
static bool is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_byte(s.p[i]))
			return false;
	}
	return s.len > 0;
}

static bool is_token_list(struct span s, char separator)
{
	for (;;) {
		size_t len = span_find(s, separator);

		if (!is_token(span_of(s.p, len)))
			return false;
		if (len == s.len)
			return true;
		s = span_skip(s, len + 1);
	}
}

/* "IN IP4 192.0.2.1" at the end of o= and in c=; a host name may stand there */
static bool is_address(struct span s)
{
	struct span address;
	bool ip6;

	return sdp_connection(s, &ip6, &address);
}

static const char *read_origin(struct reader *rd, struct span value)
{
	struct span rest = value;
	struct span user, id, version;

	if (!sdp_field(&rest, &user) || !sdp_field(&rest, &id) ||
	    !sdp_field(&rest, &version) || !sdp_is_number(id) ||
	    !sdp_is_number(version) || !is_address(rest))
		return "o= is not user, id, version and address";
	rd->sdp->origin = value;
	return NULL;
}

static const char *read_timing(struct reader *rd, struct span value)
{
	struct span rest = value;
	struct span start, stop;

	if (rd->stage != WANT_TIMING)
		return "t= given twice";
	if (!sdp_field(&rest, &start) || !sdp_field(&rest, &stop) || rest.len ||
	    !sdp_is_number(start) || !sdp_is_number(stop))
		return "t= is not two numbers";
	rd->sdp->timing = value;
	rd->stage = IN_SESSION;
	return NULL;
}

static const char *read_connection(struct span *out, struct span value)
{
	if (out->len)
		return "c= given twice";
	if (!is_address(value))
		return "c= is not IN, IP4 or IP6, and an address";
	*out = value;
	return NULL;
}

static const char *read_bandwidth(struct span *list, unsigned *count,
				  struct span value)
{
	const unsigned max = sizeof(((struct sdp *)0)->bandwidth) /
			     sizeof(((struct sdp *)0)->bandwidth[0]);
	size_t len = span_find(value, ':');

	if (!is_token(span_of(value.p, len)) ||
	    !sdp_is_number(span_skip(value, len + 1)))
		return "b= is not type:number";
	if (*count == max)
		return "too many b= lines";
	list[(*count)++] = value;
	return NULL;
}

/* A tag names one line of its medium (RFC 4568 4.1): the first keeps it. */
static const char *read_crypto(struct reader *rd, struct span value)
{
	struct sdp_media *media = &rd->sdp->media[rd->sdp->media_count - 1];
	struct sdp_crypto line = sdp_crypto_read(value, rd->settings);

	if (media->crypto_count == SDP_CRYPTO_MAX)
		return "too many a=crypto lines";
	for (unsigned i = 0; i < media->crypto_count && line.tag; i++) {
		if (media->crypto[i].tag == line.tag)
			line.skip = SDP_SKIP_REPEATED_TAG;
	}
	media->crypto[media->crypto_count++] = line;
	return NULL;
}

/*
 * a=crypto stands in media descriptions only (RFC 4568 4.1) and is kept apart
 * from the other attributes, so that a key is in one place.
 */
static const char *read_attribute(struct reader *rd, struct span value)
{
	struct sdp *sdp = rd->sdp;
	struct sdp_media *media = NULL;
	size_t len = span_find(value, ':');
	struct span name = span_of(value.p, len);

	if (rd->stage == IN_MEDIA)
		media = &sdp->media[sdp->media_count - 1];
	if (!len)
		return "a= without a name";
	if (span_eq(name, SPAN("crypto")))
		return media ? read_crypto(rd, span_skip(value, len + 1))
			     : NULL;
	if (sdp->attribute_count == SDP_ATTRIBUTE_MAX)
		return "too many a= lines";

	struct sdp_attribute *attribute =
		&sdp->attributes[sdp->attribute_count++];

	attribute->name = name;
	attribute->value = span_skip(value, len + 1);
	if (media)
		media->attribute_count++;
	else
		sdp->session_attribute_count++;
	return sdp_attribute_read(&rd->attributes, sdp, media, attribute);
}

static enum sdp_profile find_profile(struct span name)
{
	static const struct {
		const char *name;
		enum sdp_profile profile;
	} table[] = {
		{"RTP/AVP", SDP_RTP_AVP},	{"RTP/AVPF", SDP_RTP_AVPF},
		{"RTP/SAVP", SDP_RTP_SAVP},	{"RTP/SAVPF", SDP_RTP_SAVPF},
		{"UDP/TLS/RTP/SAVP", SDP_DTLS}, {"UDP/TLS/RTP/SAVPF", SDP_DTLS},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (span_eq(name, span_str(table[i].name)))
			return table[i].profile;
	}
	return SDP_OTHER;
}

static bool read_port(struct sdp_media *media, struct span word)
{
	size_t len = span_find(word, '/');
	uint64_t port, count = 1;

	if (span_u64(span_of(word.p, len), UINT16_MAX, &port))
		return false;
	if (len < word.len &&
	    (span_u64(span_skip(word, len + 1), UINT16_MAX, &count) || !count))
		return false;
	media->port = (uint16_t)port;
	media->port_count = (uint16_t)count;
	return true;
}

/* A medium that is not refused has an address, its own or the session's. */
static const char *end_media(const struct sdp *sdp)
{
	const struct sdp_media *media;

	if (!sdp->media_count || sdp->connection.len)
		return NULL;
	media = &sdp->media[sdp->media_count - 1];
	if (media->port && !media->connection.len)
		return "m= without c=";
	return NULL;
}

static const char *read_media(struct reader *rd, struct span value)
{
	struct sdp *sdp = rd->sdp;
	const char *fault = end_media(sdp);
	struct span rest = value;
	struct span port;

	if (fault)
		return fault;
	if (rd->stage == WANT_TIMING)
		return "m= before t=";
	if (sdp->media_count == SDP_MEDIA_MAX)
		return "too many m= lines";

	struct sdp_media *media = &sdp->media[sdp->media_count];

	if (!sdp_field(&rest, &media->type) || !sdp_field(&rest, &port) ||
	    !sdp_field(&rest, &media->profile_name))
		return "m= is not type, port, profile and formats";
	if (!is_token(media->type) || !read_port(media, port))
		return "m= has no valid type and port";
	if (!is_token_list(media->profile_name, '/') ||
	    !is_token_list(rest, ' '))
		return "m= has no valid profile and formats";
	media->profile = find_profile(media->profile_name);
	media->formats = rest;
	media->attribute_first = sdp->attribute_count;
	sdp_attribute_media(&rd->attributes, media);
	sdp->media_count++;
	rd->stage = IN_MEDIA;
	return NULL;
}

static const char *read_session_name(struct reader *rd, struct span value)
{
	rd->sdp->session_name = value;
	return NULL;
}

/* v=, o= and s= are the first three lines. */
static const char *read_head(struct reader *rd, char type, struct span value)
{
	static const char order[] = {'v', 'o', 's'};

	if (type != order[rd->stage])
		return "v=, o= and s= do not come first";
	switch (rd->stage++) {
	case WANT_VERSION:
		return span_eq(value, SPAN("0")) ? NULL : "v= is not 0";
	case WANT_ORIGIN:
		return read_origin(rd, span_trim(value));
	default:
		return read_session_name(rd, value);
	}
}

static const char *read_body(struct reader *rd, char type, struct span value)
{
	struct sdp *sdp = rd->sdp;
	struct sdp_media *media = NULL;

	if (rd->stage == IN_MEDIA)
		media = &sdp->media[sdp->media_count - 1];
	switch (type) {
	case 'v':
	case 'o':
	case 's':
		return "v=, o= or s= given twice";
	case 't':
		return read_timing(rd, value);
	case 'c':
		return read_connection(
			media ? &media->connection : &sdp->connection, value);
	case 'b':
		if (media)
			return read_bandwidth(media->bandwidth,
					      &media->bandwidth_count, value);
		return read_bandwidth(sdp->bandwidth, &sdp->bandwidth_count,
				      value);
	case 'a':
		return read_attribute(rd, value);
	case 'm':
		return read_media(rd, value);
	default: /* i, u, e, p, r, z, k and what is not known: not written */
		return NULL;
	}
}

/* Without the blanks at its end, which some phones leave there. */
static struct span trim_end(struct span s)
{
	while (s.len && s.p[s.len - 1] == ' ')
		s.len--;
	return s;
}

static const char *read_line(struct reader *rd, struct span line)
{
	if (!line.len) {
		rd->blank = true;
		return NULL;
	}
	if (rd->blank)
		return "a line behind an empty one";
	if (line.len < 2 || line.p[1] != '=' || !sdp_is_letter(line.p[0]))
		return "not of the form type=value";

	struct span value = span_skip(line, 2);

	if (rd->stage < WANT_TIMING)
		return read_head(rd, line.p[0], value);
	return read_body(rd, line.p[0], trim_end(value));
}

/*
 * Cuts the next line off, its end included: CRLF, LF, or the end of the text.
 * No control byte may stand in it: values are written again as they came.
 */
static const char *next_line(struct reader *rd, struct span *out)
{
	size_t len = span_find(rd->rest, '\n');
	struct span line = span_of(rd->rest.p, len);

	if (len && len < rd->rest.len && line.p[len - 1] == '\r')
		line.len--;
	rd->rest = span_skip(rd->rest, len + 1);
	rd->line++;
	for (size_t i = 0; i < line.len; i++) {
		unsigned char byte = (unsigned char)line.p[i];

		if (byte < ' ' || byte == 0x7f)
			return "a control byte";
	}
	*out = line;
	return NULL;
}

static struct verdict refuse(unsigned line, const char *fault)
{
	char detail[VERDICT_DETAIL_MAX];
	struct text txt = text_init(detail, sizeof(detail) - 1);

	text_puts(&txt, "line ");
	text_u64(&txt, line);
	text_puts(&txt, ": ");
	text_puts(&txt, fault);
	assert(!txt.full);
	detail[txt.len] = '\0';
	return verdict_reject(REASON_SDP_SYNTAX, detail);
}

struct verdict sdp_parse(struct sdp *out, struct span text,
			 const struct sdp_settings *settings)
{
	struct reader rd = {
		.sdp = out,
		.settings = settings,
		.rest = text,
	};
	struct span line;
	const char *fault = NULL;

	assert(settings->suite_count >= 1);
	memset(out, 0, sizeof(*out));
	while (!fault && rd.rest.len) {
		fault = next_line(&rd, &line);
		if (!fault)
			fault = read_line(&rd, line);
	}
	if (!fault && rd.stage < IN_SESSION)
		fault = "the body ends before t=";
	if (!fault)
		fault = end_media(out);
	return fault ? refuse(rd.line, fault) : verdict_pass();
}
