/* explain.c - a refused body in one sentence, for the person at the phone */
#include "judge.h"

#include "base64.h"
#include "fields.h"

enum {
	NAME_MAX_BYTES = 20, /* of a type or profile in a sentence */
	/* The longest registered suite has 25; the shortest key has 37. */
	SUITE_MAX_BYTES = 32,
	PART_MAX_BYTES = 96, /* one crypto line or suite of a list */
};

static const char more[] = " ...";

/* Puts a whole part, or "..." once and then nothing more. */
static void put_part(struct text *txt, const struct text *part)
{
	if (txt->full)
		return;
	if (txt->len + part->len + sizeof(more) - 1 <= txt->cap) {
		text_put(txt, text_span(part));
		return;
	}
	text_puts(txt, more);
	txt->full = true;
}

static void put_cut(struct text *txt, struct span s)
{
	if (s.len > NAME_MAX_BYTES)
		s.len = NAME_MAX_BYTES;
	text_put(txt, s);
}

/*
 * In a malformed line the key may stand where the suite belongs. It is longer
 * than any suite, and what is in base64 has no underscore.
 */
static bool looks_like_suite(struct span name)
{
	if (name.len > SUITE_MAX_BYTES || span_find(name, '_') == name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (!sdp_is_letter(c) && !sdp_is_digit(c) && c != '_' &&
		    c != '-')
			return false;
	}
	return true;
}

static const char *key_fault(const struct sdp_crypto *line)
{
	size_t bytes;

	return sdp_base64_length(line->key_salt, &bytes) ? "key not base64"
							 : "key length";
}

static const char *suite_fault(const struct sdp_crypto *line)
{
	enum suite suite;

	return suite_find(line->name, &suite) ? "not in media.suites"
					      : "unknown suite";
}

/* Only where keys are several does a ";" stand in the line. */
static const char *mki_fault(const struct sdp_crypto *line)
{
	return span_find(line->line, ';') < line->line.len ? "several keys"
							   : "MKI";
}

static const char *why(const struct sdp_media *media,
		       const struct sdp_crypto *line)
{
	switch (line->skip) {
	case SDP_SKIP_SUITE:
		return suite_fault(line);
	case SDP_SKIP_KEY:
		return key_fault(line);
	case SDP_SKIP_MKI:
		return mki_fault(line);
	case SDP_SKIP_LIFETIME:
		return "key lifetime";
	case SDP_SKIP_PARAMETER:
		return "session parameter";
	case SDP_SKIP_REPEATED_TAG:
		return "tag given twice";
	case SDP_SKIP_SYNTAX:
		return "syntax";
	case SDP_USABLE: /* only an answer is refused with such a line */
		break;
	}
	return media->crypto_count == 1 ? "not offered"
					: "an answer has one a=crypto";
}

static void put_line(struct text *txt, const struct sdp_media *media,
		     unsigned index)
{
	const struct sdp_crypto *line = &media->crypto[index];
	char buf[PART_MAX_BYTES];
	struct text part = text_init(buf, sizeof(buf));

	if (!index)
		text_puts(&part, "crypto ");
	else
		text_puts(&part, "; ");
	if (line->tag)
		text_u64(&part, line->tag);
	else
		text_putc(&part, '?');
	if (looks_like_suite(line->name)) {
		text_putc(&part, ' ');
		text_put(&part, line->name);
	}
	text_puts(&part, ": ");
	text_puts(&part, why(media, line));
	put_part(txt, &part);
}

/* "audio RTP/SAVP" */
static void put_media(struct text *txt, const struct sdp_media *media)
{
	put_cut(txt, media->type);
	text_putc(txt, ' ');
	put_cut(txt, media->profile_name);
}

static void put_unusable(struct text *txt, const struct sdp *sdp,
			 const struct sdp_media *media)
{
	char buf[PART_MAX_BYTES];
	struct text part = text_init(buf, sizeof(buf));

	if (txt->len)
		text_puts(&part, "; ");
	if (!media->crypto_count) {
		put_media(&part, media);
		text_puts(&part, " has no a=crypto");
	} else if (sdp->media_count > 1) {
		put_cut(&part, media->type);
		text_putc(&part, ' ');
	}
	put_part(txt, &part);
	for (unsigned i = 0; i < media->crypto_count; i++)
		put_line(txt, media, i);
}

/* Which suites would do, best first, as far as there is room. */
static void put_wanted(struct text *txt, const struct sdp_settings *settings)
{
	for (unsigned i = 0; i < settings->suite_count; i++) {
		char buf[PART_MAX_BYTES];
		struct text part = text_init(buf, sizeof(buf));

		text_puts(&part, i ? ", " : "; wanted: ");
		text_puts(&part, suite_name(settings->suites[i]));
		put_part(txt, &part);
	}
}

static const char *advice(enum sdp_finding finding)
{
	switch (finding) {
	case SDP_FOUND_OTHER:
		return ": not SRTP; the edge serves RTP/SAVP with SDES keys"
		       " only";
	case SDP_FOUND_OPPORTUNISTIC:
		return " with a=crypto is optional SRTP (RFC 8643): make SRTP"
		       " mandatory at the phone";
	case SDP_FOUND_DTLS:
		return ": DTLS-SRTP is not served: switch the phone to SRTP"
		       " with SDES keys (RTP/SAVP)";
	default:
		return ": plain RTP: switch on SRTP with SDES keys (RTP/SAVP)"
		       " at the phone";
	}
}

void sdp_explain(char dst[static VERDICT_DETAIL_MAX], const struct sdp *sdp,
		 const enum sdp_finding found[static SDP_MEDIA_MAX],
		 enum sdp_finding finding, const struct sdp_settings *settings)
{
	struct text txt = text_init(dst, VERDICT_DETAIL_MAX - 1);

	for (unsigned i = 0; i < sdp->media_count; i++) {
		if (found[i] != finding)
			continue;
		if (finding == SDP_FOUND_UNUSABLE) {
			put_unusable(&txt, sdp, &sdp->media[i]);
		} else {
			put_media(&txt, &sdp->media[i]);
			text_puts(&txt, advice(finding));
			break;
		}
	}
	if (finding == SDP_FOUND_UNUSABLE)
		put_wanted(&txt, settings);
	dst[txt.len] = '\0';
}

static const char *advice_clear(enum sdp_finding finding)
{
	switch (finding) {
	case SDP_FOUND_OTHER:
		return ": not RTP: upstream.srtp = off expects RTP/AVP";
	case SDP_FOUND_DTLS:
		return ": DTLS-SRTP is not served: upstream.srtp = off expects"
		       " RTP/AVP, required SDES keys";
	default:
		return ": SRTP, where upstream.srtp = off expects RTP/AVP: set"
		       " it to required, or switch SRTP off at the PBX";
	}
}

void sdp_explain_clear(char dst[static VERDICT_DETAIL_MAX],
		       const struct sdp_media *media, enum sdp_finding finding,
		       enum sdp_role role)
{
	struct text txt = text_init(dst, VERDICT_DETAIL_MAX - 1);

	put_media(&txt, media);
	text_puts(&txt, role == SDP_ANSWER ? " answered" : " offered");
	text_puts(&txt, advice_clear(finding));
	dst[txt.len] = '\0';
}
