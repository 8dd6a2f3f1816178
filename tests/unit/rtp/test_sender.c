/* test_sender.c - whatever the source does, and whatever keys come and go, no
 * key, SSRC and index leave twice, and whoever hears it all follows */
#include "leg.h"

enum { EVENTS = 20000, SOURCES = 6, PAST = 400, LOST = 8, SEEDS = 3 };

struct source {
	uint32_t ssrc;
	uint16_t seq;
};

/* The clear side, at its worst. */
struct play {
	struct leg *leg;
	enum suite suite;
	uint32_t random;
	unsigned keys;
	struct rtp_key key;
	struct source sources[SOURCES];
	struct source past[PAST]; /* was sent, or kept back for a while */
	struct source lost[LOST]; /* is on its way still */
	uint32_t ours[64];	  /* outgoing SSRCs that were seen */
	unsigned results[RTP_EXHAUSTED + 1];
	unsigned renamed, rtcp;
};

static uint32_t draw(struct play *p)
{
	p->random = p->random * 1664525 + 1013904223;
	return p->random >> 8;
}

static void say(struct play *p, struct source what)
{
	const struct wire wire = send_rtp(p->leg, what.ssrc, what.seq);

	p->results[wire.res]++;
	p->past[draw(p) % PAST] = what;
	if (wire.res != RTP_DONE || wire.ssrc == what.ssrc)
		return;
	p->renamed++;
	p->ours[draw(p) % 64] = wire.ssrc;
}

/* Brand new, one that was, the one in force, its twin with another tag or MKI,
 * or none. */
static void change_key(struct play *p)
{
	struct rtp_key key = p->key;

	switch (draw(p) % 8) {
	case 0:
		set_key(p->leg, NULL);
		return;
	case 1:
		break;
	case 2:
		key = make_key(p->suite, draw(p) % (p->keys + 1));
		break;
	case 3:
		if (key.suite == SUITE_AES_CM_128_HMAC_SHA1_80)
			key.suite = SUITE_AES_CM_128_HMAC_SHA1_32;
		key.mki_len = (uint8_t)(draw(p) % 5);
		memcpy(key.mki, "\1\2\3\4", 4);
		break;
	default:
		if (p->keys < 100)
			p->keys++;
		key = make_key(p->suite, p->keys);
		break;
	}
	p->key = key;
	set_key(p->leg, &key);
}

static void change_source(struct play *p, struct source *s)
{
	const uint32_t kind = draw(p) % 10;

	if (kind == 0)
		rtp_sender_switch(p->leg->sender);
	else if (kind == 1)
		s->ssrc = p->ours[draw(p) % 64]; /* on purpose */
	else if (kind == 2)
		s->ssrc = draw(p);
	else if (kind == 3)
		s->ssrc = 1 + draw(p) % SOURCES;
	else if (kind == 4)
		s->seq = (uint16_t)draw(p);
	else if (kind < 7)
		s->seq = (uint16_t)(65500 + draw(p) % 60); /* near a wrap */
	else if (kind == 7)
		s->seq = (uint16_t)(s->seq + draw(p) % 3010);
	else
		s->seq = (uint16_t)(s->seq - draw(p) % 140);
}

static void event(struct play *p)
{
	struct source *s = &p->sources[draw(p) % (1 + draw(p) % SOURCES)];
	const uint32_t kind = draw(p) % 200;

	if (kind < 2) {
		change_key(p);
	} else if (kind < 5) {
		change_source(p, s);
	} else if (kind < 25) {
		say(p, p->past[draw(p) % PAST]);
	} else if (kind < 30) {
		p->rtcp += send_rtcp(p->leg, s->ssrc).res == RTP_DONE;
	} else if (kind < 35) {
		p->lost[draw(p) % LOST] = *s;
		s->seq++;
	} else if (kind < 45) {
		say(p, p->lost[draw(p) % LOST]);
	} else {
		say(p, *s);
		s->seq++;
	}
}

static void run(unsigned engine, enum suite suite, uint32_t seed)
{
	struct play *p = calloc(1, sizeof(*p));

	cr_assert_not_null(p);
	p->leg = open_leg(engine);
	p->suite = suite;
	p->random = seed;
	for (unsigned i = 0; i < SOURCES; i++)
		p->sources[i] = (struct source){
			.ssrc = 1 + i, .seq = (uint16_t)(65400 + 20 * i)};
	p->key = make_key(suite, 0);
	set_key(p->leg, &p->key);
	for (unsigned i = 0; i < EVENTS; i++)
		event(p);
	/* All of it has happened. */
	cr_assert_gt(p->results[RTP_DONE], EVENTS / 4);
	cr_assert_gt(p->results[RTP_REPLAYED], EVENTS / 50);
	cr_assert_gt(p->results[RTP_NO_ROOM], 0);
	cr_assert_gt(p->renamed, EVENTS / 50);
	cr_assert_gt(p->rtcp, EVENTS / 100);
	cr_assert_eq(p->results[RTP_FORGED] + p->results[RTP_MALFORMED] +
			     p->results[RTP_EXHAUSTED],
		     0);
	close_leg(p->leg);
	free(p);
}

static void run_all(unsigned engine)
{
	static const enum suite suites[] = {SUITE_AES_CM_128_HMAC_SHA1_80,
					    SUITE_AEAD_AES_256_GCM};

	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t seed = 1; seed <= SEEDS; seed++)
			run(engine, suites[i], seed);
	}
}

Test(rtp_sender, no_index_leaves_twice_with_openssl)
{
	run_all(0);
}

Test(rtp_sender, no_index_leaves_twice_with_libsrtp2)
{
	run_all(1);
}
