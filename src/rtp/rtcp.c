/* rtcp.c - rebuilds a compound RTCP packet from what may pass: first all of it
 * is checked, then what passes is written field by field */
#include "rempart/rtp/rtcp.h"

#include <string.h>

#include "bytes.h"

enum {
	TYPE_SR = 200,
	TYPE_RR = 201,
	TYPE_SDES = 202,
	TYPE_BYE = 203,
	TYPE_RTPFB = 205,
	TYPE_PSFB = 206,

	HEADER_BYTES = 4,
	SR_BYTES = 28, /* header, SSRC and sender information */
	RR_BYTES = 8,  /* header and SSRC */
	BLOCK_BYTES = 24,
	FEEDBACK_BYTES = 12, /* header and both SSRCs */

	/* RFC 4585 6.2, 6.3 */
	RTPFB_NACK = 1,
	PSFB_PLI = 1,
	PSFB_SLI = 2,
	PSFB_RPSI = 3,
};

/* One packet of a compound. */
struct part {
	const uint8_t *p;
	size_t len;	/* without padding */
	size_t whole;	/* with it: where the next one begins */
	unsigned type;	/* PT */
	unsigned count; /* RC, SC or FMT */
};

/* Once something did not fit, nothing more is written. */
struct writer {
	uint8_t *p;
	size_t cap, len;
	bool full;
};

static void put(struct writer *w, const uint8_t *p, size_t len)
{
	if (w->full || len > w->cap - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->p + w->len, p, len);
	w->len += len;
}

static void put32(struct writer *w, uint32_t value)
{
	uint8_t bytes[4];

	bytes_write32(bytes, value);
	put(w, bytes, sizeof(bytes));
}

/* Zeros, at least `least`, up to a multiple of 4: what the sender padded with
 * is not passed on. A packet begins at a multiple of 4. */
static void put_zeros(struct writer *w, size_t least)
{
	static const uint8_t zeros[8];

	put(w, zeros, least + (4 - (w->len + least) % 4) % 4);
}

/* Header of the packet that began at `start`, once its length is known. */
static void put_header(struct writer *w, size_t start, unsigned type,
		       unsigned count)
{
	if (w->full)
		return;
	w->p[start] = (uint8_t)(0x80 | count);
	w->p[start + 1] = (uint8_t)type;
	bytes_write16(w->p + start + 2, (uint16_t)((w->len - start) / 4 - 1));
}

/* RFC 3550 6.4.1: a multiple of 4 that the last byte counts. */
static bool take_padding(struct part *part)
{
	size_t padding = part->p[part->whole - 1];

	if (!padding || padding % 4 || padding > part->whole - HEADER_BYTES)
		return false;
	part->len -= padding;
	return true;
}

/* The packet at p; false: its header does not hold. RFC 3550 A.2, but for the
 * type of the first: RFC 5506 lets any begin. */
static bool part_read(struct part *part, const uint8_t *p, size_t left)
{
	if (left < HEADER_BYTES || p[0] >> 6 != 2)
		return false;
	part->p = p;
	part->type = p[1];
	part->count = p[0] & 0x1f;
	part->whole = 4 * ((size_t)bytes_read16(p + 2) + 1);
	part->len = part->whole;
	if (part->whole > left)
		return false;
	if (!(p[0] & 0x20))
		return true;
	return part->whole == left && take_padding(part);
}

/* SSRC and items of the SDES chunk at p, without the zero that ends them; 0:
 * they run past the end, or nothing ends them. */
static size_t chunk_bytes(const uint8_t *p, size_t left)
{
	size_t at = 4;

	while (at < left && p[at]) {
		if (left - at < 2)
			return 0;
		at += 2 + (size_t)p[at + 1];
	}
	return at < left ? at : 0;
}

/* The same with the zeros behind it: at least one. */
static size_t chunk_padded(size_t bytes)
{
	return bytes + 4 - bytes % 4;
}

static bool sdes_holds(const struct part *part)
{
	size_t at = HEADER_BYTES;

	for (unsigned i = 0; i < part->count; i++) {
		const size_t bytes = chunk_bytes(part->p + at, part->len - at);

		if (!bytes)
			return false;
		at += chunk_padded(bytes);
	}
	return true;
}

/* Length of the reason with its length byte, 0: none is given. */
static size_t bye_reason(const struct part *part, size_t at)
{
	return at < part->len ? 1 + (size_t)part->p[at] : 0;
}

static bool bye_holds(const struct part *part)
{
	const size_t at = HEADER_BYTES + 4 * (size_t)part->count;

	return at <= part->len && bye_reason(part, at) <= part->len - at;
}

/* Whether what the packet counts is inside it. */
static bool part_holds(const struct part *part)
{
	const size_t blocks = BLOCK_BYTES * (size_t)part->count;

	switch (part->type) {
	case TYPE_SR:
		return part->len >= SR_BYTES + blocks;
	case TYPE_RR:
		return part->len >= RR_BYTES + blocks;
	case TYPE_SDES:
		return sdes_holds(part);
	case TYPE_BYE:
		return bye_holds(part);
	case TYPE_RTPFB:
	case TYPE_PSFB:
		return part->len >= FEEDBACK_BYTES;
	default:
		return true;
	}
}

static void pass_report(struct writer *w, const struct part *part,
			const struct rtcp_rules *rules)
{
	const size_t fixed = part->type == TYPE_SR ? SR_BYTES : RR_BYTES;
	const size_t start = w->len;
	unsigned kept = 0;
	uint32_t ssrc;

	if (!rules->sender(rules->arg, bytes_read32(part->p + 4), &ssrc))
		return;
	put32(w, 0);
	put32(w, ssrc);
	put(w, part->p + RR_BYTES, fixed - RR_BYTES);
	for (unsigned i = 0; i < part->count; i++) {
		const uint8_t *block = part->p + fixed + BLOCK_BYTES * i;

		if (!rules->reported(rules->arg, bytes_read32(block), &ssrc))
			continue;
		put32(w, ssrc);
		put(w, block + 4, BLOCK_BYTES - 4);
		kept++;
	}
	put_header(w, start, part->type, kept);
}

static void pass_sdes(struct writer *w, const struct part *part,
		      const struct rtcp_rules *rules)
{
	const uint8_t *p = part->p + HEADER_BYTES;
	const size_t start = w->len;
	unsigned kept = 0;
	uint32_t ssrc;

	put32(w, 0);
	for (unsigned i = 0; i < part->count; i++) {
		const size_t left = (size_t)(part->p + part->len - p);
		const size_t bytes = chunk_bytes(p, left);

		if (rules->sender(rules->arg, bytes_read32(p), &ssrc)) {
			put32(w, ssrc);
			put(w, p + 4, bytes - 4);
			put_zeros(w, 1);
			kept++;
		}
		p += chunk_padded(bytes);
	}
	put_header(w, start, TYPE_SDES, kept);
	if (!kept)
		w->len = start;
}

static void pass_bye(struct writer *w, const struct part *part,
		     const struct rtcp_rules *rules)
{
	const size_t at = HEADER_BYTES + 4 * (size_t)part->count;
	const size_t start = w->len;
	unsigned kept = 0;
	uint32_t ssrc;

	put32(w, 0);
	for (unsigned i = 1; i <= part->count; i++) {
		const uint32_t source = bytes_read32(part->p + 4 * (size_t)i);

		if (!rules->sender(rules->arg, source, &ssrc))
			continue;
		put32(w, ssrc);
		kept++;
	}
	put(w, part->p + at, bye_reason(part, at));
	put_zeros(w, 0);
	put_header(w, start, TYPE_BYE, kept);
	if (!kept)
		w->len = start;
}

/* Only formats whose control information names no SSRC, which would have to
 * be mapped too: RFC 4585's, without what an application defines. */
static bool feedback_passes(const struct part *part)
{
	if (part->type == TYPE_RTPFB)
		return part->count == RTPFB_NACK;
	return part->count == PSFB_PLI || part->count == PSFB_SLI ||
	       part->count == PSFB_RPSI;
}

static void pass_feedback(struct writer *w, const struct part *part,
			  const struct rtcp_rules *rules)
{
	const bool pli = part->type == TYPE_PSFB && part->count == PSFB_PLI;
	const size_t end = pli ? FEEDBACK_BYTES : part->len;
	const size_t start = w->len;
	uint32_t sender, media;

	if (!feedback_passes(part))
		return;
	if (!rules->sender(rules->arg, bytes_read32(part->p + 4), &sender) ||
	    !rules->reported(rules->arg, bytes_read32(part->p + 8), &media))
		return;
	put32(w, 0);
	put32(w, sender);
	put32(w, media);
	put(w, part->p + FEEDBACK_BYTES, end - FEEDBACK_BYTES);
	put_header(w, start, part->type, part->count);
}

static void pass(struct writer *w, const struct part *part,
		 const struct rtcp_rules *rules)
{
	switch (part->type) {
	case TYPE_SR:
	case TYPE_RR:
		pass_report(w, part, rules);
		break;
	case TYPE_SDES:
		pass_sdes(w, part, rules);
		break;
	case TYPE_BYE:
		pass_bye(w, part, rules);
		break;
	case TYPE_RTPFB:
	case TYPE_PSFB:
		pass_feedback(w, part, rules);
		break;
	default:
		break;
	}
}

size_t rtcp_filter(uint8_t *out, size_t cap, const uint8_t *in, size_t len,
		   const struct rtcp_rules *rules)
{
	struct writer w = {.p = out, .cap = cap};
	struct part part;

	/* No SSRC is asked for, and perhaps learnt, before all of it holds. */
	for (size_t at = 0; at < len; at += part.whole) {
		if (!part_read(&part, in + at, len - at) || !part_holds(&part))
			return 0;
	}
	for (size_t at = 0; at < len; at += part.whole) {
		if (!part_read(&part, in + at, len - at))
			return 0;
		pass(&w, &part, rules);
	}
	return w.full ? 0 : w.len;
}
