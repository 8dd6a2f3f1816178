/* quality.c - loss and jitter of what comes, and what they do to speech */
#include "rempart/rtp/quality.h"

enum {
	/* RFC 3550 A.1: a number further away is another beginning. */
	DROPOUT_MAX = 3000,
	MISORDER_MAX = 100,
	SEEN_BITS = 64,

	CLOCK_HZ = 8000,
	CLOCK_HZ_MAX = 10000000, /* above all that is in use */
	DELAY_MS = 60,		 /* the network's share is not known */
};

/* A time in RTP units, modulo 2^32 as those are. */
static uint32_t rtp_units(uint64_t now_us, uint32_t clock_hz)
{
	return (uint32_t)(now_us / 1000000 * clock_hz +
			  now_us % 1000000 * clock_hz / 1000000);
}

static uint64_t expected(const struct rtp_quality *q)
{
	return q->received ? (uint64_t)(q->highest - q->base) + 1 : 0;
}

static void begin_time(struct rtp_quality *q, const struct rtp_header *head,
		       uint64_t now_us)
{
	q->timestamp = head->timestamp;
	q->transit = rtp_units(now_us, q->clock_hz) - head->timestamp;
}

/* The first packet of an SSRC, or of a new beginning of its numbers. */
static void begin(struct rtp_quality *q, const struct rtp_header *head,
		  uint64_t now_us)
{
	q->expected_before += expected(q);
	q->received_before += q->received;
	q->ssrc = head->ssrc;
	q->base = head->sequence;
	q->highest = head->sequence;
	q->seen = 1;
	q->received = 1;
	begin_time(q, head, now_us);
}

static void count_ahead(struct rtp_quality *q, unsigned ahead)
{
	q->highest += ahead;
	q->seen = ahead < SEEN_BITS ? q->seen << ahead | 1 : 1;
	q->received++;
}

/* False: it was here before, or nobody can tell any more. */
static bool count_behind(struct rtp_quality *q, unsigned behind)
{
	if (behind >= SEEN_BITS || q->seen >> behind & 1)
		return false;
	q->seen |= UINT64_C(1) << behind;
	q->received++;
	/* The first that came need not be the first that was sent. */
	if (behind > q->highest - q->base)
		q->base = q->highest - behind;
	return true;
}

/* RFC 3550 A.8. */
static void measure(struct rtp_quality *q, const struct rtp_header *head,
		    uint64_t now_us)
{
	const uint32_t transit =
		rtp_units(now_us, q->clock_hz) - head->timestamp;
	const uint32_t later = transit - q->transit;
	const uint32_t change = later <= INT32_MAX ? later : -later;

	/* All packets of an event bear the time when it began (RFC 4733
	 * 2.2.1), those of a picture the picture's. */
	if (head->timestamp == q->timestamp)
		return;
	begin_time(q, head, now_us);
	/* More than a second is another time base, not jitter. */
	if (change <= q->clock_hz)
		q->jitter_x16 += change - ((q->jitter_x16 + 8) >> 4);
}

/* Payload types of one stream may have clocks of their own. True: another
 * one than before. */
static bool set_clock(struct rtp_quality *q, uint32_t clock_hz)
{
	const uint32_t before = q->clock_hz;

	if (!clock_hz || clock_hz > CLOCK_HZ_MAX)
		clock_hz = CLOCK_HZ;
	q->clock_hz = clock_hz;
	if (!before || before == clock_hz)
		return false;
	q->jitter_x16 = (uint32_t)((uint64_t)q->jitter_x16 * clock_hz / before);
	return true;
}

void rtp_quality_packet(struct rtp_quality *q, const struct rtp_header *head,
			uint64_t now_us, uint32_t clock_hz)
{
	const uint16_t ahead = (uint16_t)(head->sequence - q->highest);
	const uint16_t behind = (uint16_t)(q->highest - head->sequence);
	const bool another_clock = set_clock(q, clock_hz);

	q->packets++;
	q->last_us = now_us;
	if (!q->received || head->ssrc != q->ssrc ||
	    (ahead > DROPOUT_MAX && behind > MISORDER_MAX)) {
		begin(q, head, now_us);
		return;
	}
	if (ahead && ahead <= DROPOUT_MAX)
		count_ahead(q, ahead);
	else if (!count_behind(q, behind))
		return;
	if (another_clock)
		begin_time(q, head, now_us);
	else
		measure(q, head, now_us);
}

/* ITU-T G.107 for G.711 with concealment (G.113: Ie 0, Bpl 25.1) and losses
 * that come one by one; Id as Cole and Rosenbluth (2001) fitted it. */
static double rating(double loss_percent, double delay_ms)
{
	const double impaired = 95 * loss_percent / (loss_percent + 25.1);
	double delayed = 0.024 * delay_ms;

	if (delay_ms > 177.3)
		delayed += 0.11 * (delay_ms - 177.3);
	return 93.2 - delayed - impaired;
}

/* G.107 annex B. */
static uint16_t mos_x100(double r)
{
	double mos;

	if (r <= 0)
		return 100;
	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return mos < 1 ? 100 : (uint16_t)(mos * 100 + 0.5);
}

struct rtp_figures rtp_quality_figures(const struct rtp_quality *q)
{
	const uint64_t all = q->expected_before + expected(q);
	struct rtp_figures figures = {.packets = q->packets};
	double delay_ms;

	if (!q->packets)
		return figures;
	figures.lost = all - q->received_before - q->received;
	figures.jitter_us = (uint32_t)((uint64_t)q->jitter_x16 * 1000000 / 16 /
				       q->clock_hz);
	delay_ms = (double)DELAY_MS + 2 * (double)figures.jitter_us / 1000;
	figures.mos_x100 = mos_x100(
		rating(100 * (double)figures.lost / (double)all, delay_ms));
	return figures;
}
