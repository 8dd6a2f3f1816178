/* lines.c - a message being put together: headers, block, body */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "replay.h"

/* A key of the right length (RFC 4568 9.1), of no use to anybody. */
#define KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY_256                                                                \
	"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVzWVNfX19zZW1jdGwgKCkgew=="
#define CRYPTO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY
#define CRYPTO_256 "a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:" KEY_256
#define SAVP "m=audio 20000 RTP/SAVP 0 8 101\n"
#define AVP "m=audio 20000 RTP/AVP 0 8 101\n"
#define VIDEO_AVP "m=video 20002 RTP/AVP 97\n"
#define FINGERPRINT                                                            \
	"a=fingerprint:sha-256 63:E3:DA:EE:F1:9E:E7:9E:67:95:3D:10:17:6E:01:"  \
	"6C:3D:2F:55:6A:23:0D:BA:31:48:B6:E3:C4:77:37:37:2E\n"

/* Bodies by name, after o=, s=, c=, t=. */
static const struct {
	const char *kind, *media;
} bodies[] = {
	{"savp", SAVP CRYPTO "\na=rtpmap:0 PCMU/8000\na=sendrecv\n"},
	{"hold", SAVP CRYPTO "\na=rtpmap:0 PCMU/8000\na=sendonly\n"},
	{"held", SAVP CRYPTO "\na=rtpmap:0 PCMU/8000\na=recvonly\n"},
	{"hold-avp", AVP "a=rtpmap:0 PCMU/8000\na=sendonly\n"},
	{"held-avp", AVP "a=rtpmap:0 PCMU/8000\na=recvonly\n"},
	{"avp", AVP "a=rtpmap:0 PCMU/8000\na=sendrecv\n"},
	{"mixed", SAVP CRYPTO "\n" VIDEO_AVP "a=rtpmap:97 H264/90000\n"},
	{"mixed-answer", SAVP CRYPTO "\nm=video 0 RTP/AVP 97\n"},
	{"mixed-answer-avp", AVP "m=video 0 RTP/AVP 97\n"},
	{"dtls", "m=audio 20000 UDP/TLS/RTP/SAVPF 0 8\n" FINGERPRINT
		 "a=setup:actpass\n"},
	{"mki", SAVP CRYPTO "|2^20|1:4\n"},
	{"short-key", SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n"},
	{"short-beside",
	 SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n"
	      "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\n"},
	{"tag7", SAVP "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\n"},
	{"nothing", "m=audio 0 RTP/SAVP 0\n"},
	{"both", SAVP CRYPTO_256 "\na=crypto:2 AES_CM_128_HMAC_SHA1_80 "
				 "inline:" KEY "\na=sendrecv\n"},
	{"savp-256", SAVP CRYPTO_256 "\na=sendrecv\n"},
	{"savp-opus", "m=audio 20000 RTP/SAVP 96 101\n" CRYPTO
		      "\na=rtpmap:96 opus/48000/2\na=sendrecv\n"},
	{"avp-opus", "m=audio 20000 RTP/AVP 96 101\n"
		     "a=rtpmap:96 opus/48000/2\na=sendrecv\n"},
	{"video", SAVP CRYPTO "\na=sendrecv\nm=video 20002 RTP/SAVP 97\n" CRYPTO
			      "\na=rtpmap:97 H264/90000\n"},
	{"video-avp", AVP "a=sendrecv\n" VIDEO_AVP "a=rtpmap:97 H264/90000\n"},
	{"no-video", SAVP CRYPTO "\na=sendrecv\nm=video 0 RTP/SAVP 97\n"},
	{"no-video-avp", AVP "a=sendrecv\nm=video 0 RTP/AVP 97\n"},
	{"fax", SAVP CRYPTO "\na=sendrecv\nm=image 20002 udptl t38\n"
			    "a=T38FaxVersion:0\n"},
	{"fax-avp", AVP "a=sendrecv\nm=image 20002 udptl t38\n"},
	{"no-fax", SAVP CRYPTO "\na=sendrecv\nm=image 0 udptl t38\n"},
	{"no-fax-avp", AVP "a=sendrecv\nm=image 0 udptl t38\n"},
};

void line_add(struct replay *rp, struct lines *out, const char *name,
	      const char *format, ...)
{
	char value[16384];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (out->count == FIELDS_MAX)
		fail(rp, "more than %d headers", FIELDS_MAX);
	out->raw[out->count++] = keepf(rp, "%s: %s\r\n", name, value);
}

static bool is_named(const char *raw, const char *line)
{
	size_t len = strcspn(line, ":");

	while (len && line[len - 1] == ' ')
		len--;
	return !strncasecmp(raw, line, len) && raw[len] == ':';
}

/* Every header of that name goes; the place of the first is returned. */
static size_t drop(struct lines *out, const char *line)
{
	size_t place = out->count, kept = 0;

	for (size_t i = 0; i < out->count; i++) {
		if (!is_named(out->raw[i], line))
			out->raw[kept++] = out->raw[i];
		else if (place == out->count)
			place = kept;
	}
	if (place > kept)
		place = kept;
	out->count = kept;
	return place;
}

static void insert(struct replay *rp, struct lines *out, size_t place,
		   const char *line)
{
	if (out->count == FIELDS_MAX)
		fail(rp, "more than %d headers", FIELDS_MAX);
	memmove(&out->raw[place + 1], &out->raw[place],
		(out->count - place) * sizeof(out->raw[0]));
	out->raw[place] = keepf(rp, "%s\r\n", line);
	out->count++;
}

static bool is_length(const char *line)
{
	return is_named("Content-Length:", line) || is_named("l:", line);
}

static void block_line(struct replay *rp, struct lines *out, const char *line)
{
	if (*line == '!') {
		(void)drop(out, line + 1);
		return;
	}
	if (*line == '+') {
		insert(rp, out, out->count, line + 1);
		return;
	}
	if (*line == ' ' && out->count) { /* a fold */
		const char *last = out->raw[out->count - 1];

		out->raw[out->count - 1] = keepf(rp, "%s%s\r\n", last, line);
		return;
	}
	out->has_length |= is_length(line);
	insert(rp, out, drop(out, line), line);
}

static char *join(struct replay *rp, const struct command *cmd, size_t from)
{
	char *text = keepf(rp, "%s", "");

	for (size_t i = from; i < cmd->block_len; i++)
		text = keepf(rp, "%s%s\r\n", text, expand(rp, cmd->block[i]));
	return text;
}

void lines_block(struct replay *rp, struct lines *out,
		 const struct command *cmd)
{
	size_t i = 0;

	for (; i < cmd->block_len && cmd->block[i][0]; i++)
		block_line(rp, out, expand(rp, cmd->block[i]));
	if (i < cmd->block_len)
		out->body = join(rp, cmd, i + 1);
}

char *lines_text(struct replay *rp, struct lines *out, size_t *len)
{
	const char *body = out->body ? out->body : "";
	char *text = keepf(rp, "%s\r\n", out->start);

	for (size_t i = 0; i < out->count; i++)
		text = keepf(rp, "%s%s", text, out->raw[i]);
	if (!out->has_length)
		text = keepf(rp, "%sContent-Length: %zu\r\n", text,
			     strlen(body));
	text = keepf(rp, "%s\r\n%s", text, body);
	*len = strlen(text);
	return text;
}

char *raw_text(struct replay *rp, const struct command *cmd, size_t *len)
{
	struct lines out = {.start = ""};
	size_t i = 1;

	if (!cmd->block_len)
		fail(rp, "a whole message must stand below");
	out.start = expand(rp, cmd->block[0]);
	for (; i < cmd->block_len && cmd->block[i][0]; i++) {
		const char *line = expand(rp, cmd->block[i]);

		out.has_length |= is_length(line);
		insert(rp, &out, out.count, line);
	}
	if (i < cmd->block_len)
		out.body = join(rp, cmd, i + 1);
	return lines_text(rp, &out, len);
}

const char *host_of(struct replay *rp, const struct party *who)
{
	char ip[ADDR_TEXT_MAX];

	(void)addr_print_ip(ip, &who->addr);
	return who->addr.version == 6 ? keepf(rp, "[%s]", ip)
				      : keepf(rp, "%s", ip);
}

/* `text` with the first `from` in it replaced. */
static char *replaced(struct replay *rp, const char *text, const char *from,
		      const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail(rp, "sdp: there is no %s in it", from);
	return keepf(rp, "%.*s%s%s", (int)(at - text), text, to,
		     at + strlen(from));
}

/* One of the words behind a comma: `port=30000`, `key=2`, `sendonly` ... */
static char *changed(struct replay *rp, const char *media, const char *word)
{
	if (!strncmp(word, "port=", 5))
		return replaced(rp, media, "20000", word + 5);
	if (!strcmp(word, "key=2"))
		return replaced(rp, media, "inline:W", "inline:Q");
	return replaced(rp, media, "a=sendrecv", keepf(rp, "a=%s", word));
}

/* The kind, and `at=ADDRESS` when it is there. */
static const char *media_of(struct replay *rp, const char *what,
			    const char **host)
{
	const char *media = NULL, *p = what;
	size_t len = strcspn(p, ",");

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (!strcmp(bodies[i].kind, keep_text(rp, p, len)))
			media = bodies[i].media;
	if (!media)
		fail(rp, "sdp=%s: no such body", what);
	for (p += len; *p; p += len) {
		len = strcspn(++p, ",");

		const char *word = keep_text(rp, p, len);

		if (!strncmp(word, "at=", 3))
			*host = word + 3;
		else
			media = changed(rp, media, word);
	}
	return media;
}

void add_sdp(struct replay *rp, struct lines *out, const char *kind,
	     const char *host)
{
	const char *media = media_of(rp, kind, &host), *p;
	const char *version = strchr(host, ':') ? "IP6" : "IP4";
	size_t len = strcspn(host + (host[0] == '['), "]");
	char *body;

	host += host[0] == '[';
	body = keepf(rp,
		     "v=0\r\no=- 1 1 IN %s %.*s\r\ns=-\r\n"
		     "c=IN %s %.*s\r\nt=0 0\r\n",
		     version, (int)len, host, version, (int)len, host);
	for (p = media; *p; p += strcspn(p, "\n") + 1)
		body = keepf(rp, "%s%.*s\r\n", body, (int)strcspn(p, "\n"), p);
	line_add(rp, out, "Content-Type", "application/sdp");
	out->body = body;
}

bool carries_contact(const char *method)
{
	static const char *const methods[] = {
		"INVITE", "SUBSCRIBE", "NOTIFY", "UPDATE", "REFER", "REGISTER"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i], method))
			return true;
	return false;
}

const char *sdp_kind(bool pbx, unsigned n)
{
	static const char *const kinds[SDP_KINDS][2] = {
		{"savp", "avp"},
		{"both", "avp-opus"},
		{"savp,inactive", "avp,inactive"},
		{"savp,key=2", "avp,port=30000"},
		{"savp,port=30000", "avp,at=10.0.0.77"},
		{"savp,at=0.0.0.0", "avp,at=0.0.0.0"},
		{"savp,sendonly", "avp,recvonly"},
		{"savp,at=192.0.2.99", "avp,at=10.0.0.1,port=20002"},
		{"video", "video-avp"},
		{"no-video", "no-video-avp"},
		{"fax", "fax-avp"},
		{"avp", "savp"},
		{"dtls", "dtls"},
		{"short-key", "avp,at=127.0.0.1"},
		{"nothing", "nothing"},
		{"savp,at=224.1.2.3", "avp,at=host.name"},
	};

	return kinds[n % SDP_KINDS][pbx];
}
