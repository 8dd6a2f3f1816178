/* test_origin.c - o= towards each end: ours, one session, and a version that
 * counts up when anything else has changed, only then (RFC 3264 8) */
#include "scene.h"

TestSuite(origin);

struct origin {
	unsigned long long id, version;
	char address[64];
};

static struct origin origin_of(const struct out *out)
{
	struct origin o = {0};

	cr_assert_eq(sscanf(out->text, "v=0\r\no=- %llu %llu IN IP4 %63s",
			    &o.id, &o.version, o.address),
		     3);
	return o;
}

/* In the same session, so many versions on. */
static void next(struct origin *o, const struct out *out, unsigned by)
{
	struct origin now = origin_of(out);

	cr_assert_eq(now.id, o->id);
	cr_assert_str_eq(now.address, o->address);
	cr_assert_eq(now.version, o->version + by);
	*o = now;
}

Test(origin, counts_changes_towards_each_end)
{
	struct origin up, down;
	struct out *out;

	scene();
	out = offer(0, PHONE_SDP);
	up = origin_of(out);
	cr_assert_str_eq(up.address, "192.0.2.1");
	cr_assert_eq(up.version, 1);
	cr_assert_lt(up.id, 1ull << 62);
	out = answer(out, 7, PBX_SDP);
	down = origin_of(out);
	cr_assert_str_eq(down.address, "203.0.113.1");
	cr_assert_neq(up.id, down.id);
	win(7);
	/* Session refresh: the same again. */
	out = offer(0, PHONE_SDP);
	next(&up, out, 0);
	next(&down, answer(out, 7, PBX_SDP), 0);
	/* Hold, twice, and resume. */
	out = offer(0, PHONE_SDP "a=sendonly\r\n");
	next(&up, out, 1);
	next(&up, offer(0, PHONE_SDP "a=sendonly\r\n"), 0);
	next(&down, answer(out, 7, PBX_SDP "a=recvonly\r\n"), 1);
	out = offer(0, PHONE_SDP);
	next(&up, out, 1);
	next(&down, answer(out, 7, PBX_SDP), 1);
	scene_end();
}

/* What only the sender sees of its own body is no change to the other end. */
Test(origin, does_not_count_what_is_not_shown)
{
	struct origin up;

	scene();
	up = origin_of(offer(0, PHONE_SDP));
	next(&up,
	     offer(0, HEAD("bob", "198.51.100.8") SAVP(31000) CRYPTO_128(1)),
	     0);
	scene_end();
}

Test(origin, of_what_was_refused_is_not_used_for_something_else)
{
	struct origin up;
	struct out *out;

	scene();
	out = offer(0, PHONE_SDP);
	up = origin_of(out);
	answer(out, 7, PBX_SDP);
	out = offer(0, PHONE_SDP "a=sendonly\r\n");
	next(&up, out, 1);
	drop(out);
	next(&up, offer(0, PHONE_SDP), 1);
	scene_end();
}

Test(origin, does_not_count_refused_bodies)
{
	struct origin up;
	struct out *out;

	scene();
	out = offer(0, PHONE_SDP);
	up = origin_of(out);
	offers(0, PHONE_HEAD AVP(30000));
	offers(0, PHONE_HEAD SAVP(22) CRYPTO_128(1));
	for (sc.body_cap = 1; sc.body_cap < out->len; sc.body_cap += 10)
		refused_for(offers(0, PHONE_SDP "a=sendonly\r\n"),
			    REASON_BODY_TOO_LARGE);
	sc.body_cap = 0;
	next(&up, offer(0, PHONE_SDP), 0);
	scene_end();
}

/* 9 to 10: the one byte more does not fit, and nothing was counted. */
Test(origin, whose_new_number_does_not_fit_is_not_counted)
{
	struct origin up;
	struct out *out;

	scene();
	out = offer(0, PHONE_SDP);
	up = origin_of(out);
	for (unsigned i = 0; i < 8; i++) {
		out = offer(0, i % 2 ? PHONE_SDP "a=sendrecv\r\n"
				     : PHONE_SDP "a=sendonly\r\n");
		next(&up, out, 1);
	}
	cr_assert_eq(up.version, 9);
	sc.body_cap = out->len;
	refused_for(offers(0, PHONE_SDP "a=sendonly\r\na=ptime:9\r\n"),
		    REASON_BODY_TOO_LARGE);
	sc.body_cap = out->len - 1;
	refused_for(offers(0, PHONE_SDP "a=sendonly\r\n"),
		    REASON_BODY_TOO_LARGE);
	sc.body_cap = 0;
	next(&up, offer(0, PHONE_SDP "a=sendrecv\r\n"), 0);
	next(&up, offer(0, PHONE_SDP "a=sendonly\r\n"), 1);
	scene_end();
}

Test(origin, stays_when_lines_close_or_the_phone_roams)
{
	struct origin down;
	struct out *out;

	scene();
	out = offer(0, PHONE_SDP);
	down = origin_of(answer(out, 7, PBX_SDP));
	win(7);
	drop(out);
	out = offer(0, PHONE_SDP);
	next(&down, answer(out, 7, PBX_HEAD AVP(0)), 1);
	drop(out);
	media_party(sc.media, 0)->local = addr_of("203.0.113.99:5061");
	out = offer(0, PHONE_SDP);
	out = answer(out, 7, PBX_SDP);
	next(&down, out, 1);
	cr_assert(holds(out, "c=IN IP4 203.0.113.99\r\n"));
	scene_end();
}

Test(origin, is_an_address_where_no_line_is_open)
{
	struct out *out;

	scene_in();
	out = answer(offer(0, PBX_SDP), 7, PHONE_HEAD SAVP(0));
	cr_assert_str_eq(origin_of(out).address, "192.0.2.1");
	cr_assert(holds(out, "c=IN IP4 192.0.2.1\r\n"));
	scene_end();
}

Test(origin, of_two_calls_is_not_the_same)
{
	struct media *first;
	struct origin a, b;

	scene();
	a = origin_of(offer(0, PHONE_SDP));
	first = sc.media;
	scene_open(phone(), pbx());
	b = origin_of(offer(0, PHONE_SDP));
	cr_assert_neq(a.id, b.id);
	media_close(first, &sc.ctx);
	scene_end();
}
