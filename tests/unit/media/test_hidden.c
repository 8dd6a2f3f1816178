/* test_hidden.c - nothing of one end's network, device or keys is in what the
 * other end gets */
#include "scene.h"

TestSuite(hidden);

#define SECRETS                                                                \
	"a=tool:secretphone 1.0\r\n"                                           \
	"a=ice-ufrag:secretufrag\r\na=ice-pwd:secretpwdsecretpwdsecr\r\n"      \
	"a=candidate:1 1 UDP 2130706431 10.77.0.9 30000 typ host\r\n"          \
	"a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"    \
	"FF:00:11:22:33\r\na=setup:actpass\r\na=mid:secretmid\r\n"             \
	"a=ssrc:3735928559 cname:secret@10.77.0.9\r\n"                         \
	"a=rtcp:30777 IN IP4 10.77.0.9\r\na=x-secret:10.77.0.9\r\n"            \
	"a=extmap:1 urn:secret\r\na=rtpmap:0 PCMU/8000\r\n"

#define SECRET_HEAD                                                            \
	"v=0\r\no=secretuser 987654321 123456789 IN IP4 10.77.0.9\r\n"         \
	"s=secret session\r\ni=secret title\r\nu=http://10.77.0.9/\r\n"        \
	"e=secret@10.77.0.9\r\nc=IN IP4 10.77.0.9\r\nt=0 0\r\n"                \
	"a=group:BUNDLE secretmid\r\n"

static const char *const secrets[] = {
	"secret", "10.77.0.9",	  "987654321", "123456789", "candidate",
	"ice-",	  "fingerprint",  "setup",     "ssrc",	    "30777",
	"30000",  "extmap",	  KEY_128,     KEY_GCM_256, "group",
	"mid",	  "198.51.100.7", "i=",	       "u=",	    "e=",
};

static void hides_all(const struct out *out)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		cr_assert(!holds(out, secrets[i]), "%s\nin\n%s", secrets[i],
			  out->text);
	cr_assert(holds(out, "a=rtpmap:0 PCMU/8000\r\n"));
	cr_assert(holds(out, "\r\ns=-\r\n"));
}

static void hides_keys_of_others(const struct out *out, unsigned end)
{
	const struct rtp_leg_plan *leg = leg_of(0, !end);

	for (unsigned i = 0; i < out->sdp.media[0].crypto_count; i++) {
		other_key(key_in(out, 0, i), leg->rx.key_salt);
		other_key(key_in(out, 0, i), leg->tx.key_salt);
		other_key(key_in(out, 0, i), leg_of(0, end)->rx.key_salt);
	}
}

#define SECURE SECRET_HEAD SAVP(30000) CRYPTO_128(4) SECRETS

Test(hidden, from_the_pbx_what_a_phone_offers_and_answers)
{
	struct out *up, *down;

	scene();
	up = offer(0, SECURE);
	hides_all(up);
	cr_assert(holds(up, "c=IN IP4 192.0.2.1\r\n"));
	cr_assert(!holds(up, "203.0.113.1"));
	answer(up, 7, PBX_SDP);
	drop(up);
	down = offer(1, PBX_SDP);
	down = answer(down, 7, SECRET_HEAD SAVP(30000) CRYPTO_128(1) SECRETS);
	hides_all(down);
	scene_end();
}

Test(hidden, from_a_phone_what_the_pbx_offers_and_answers)
{
	struct out *up, *down;

	scene();
	up = offer(0, PHONE_SDP);
	down = answer(up, 7, SECRET_HEAD AVP(30000) SECRETS);
	hides_all(down);
	cr_assert(!holds(down, "192.0.2.1"));
	drop(up);
	down = offer(1, SECRET_HEAD AVP(30000) SECRETS);
	hides_all(down);
	cr_assert(!holds(down, "192.0.2.1"));
	scene_end();
}

Test(hidden, where_both_ends_have_keys)
{
	struct out *up, *down;

	scene_set();
	sc.set.upstream_srtp = true;
	scene_open(phone(), pbx());
	up = offer(0, SECURE);
	hides_all(up);
	down = answer(up, 7, SECURE);
	hides_all(down);
	hides_keys_of_others(up, 1);
	hides_keys_of_others(down, 0);
	scene_end();
}

Test(hidden, in_the_words_of_a_refusal)
{
	struct out *up;

	scene();
	up = offers(0, SECRET_HEAD SAVP(30) CRYPTO_128(1) SECRETS);
	refused_for(up, REASON_MEDIA_ADDRESS);
	cr_assert_null(strstr(up->verdict.detail, KEY_128));
	up = offer(0, PHONE_SDP);
	up = answers(up, 7, PBX_HEAD SAVP(14000) CRYPTO_128(1));
	cr_assert_null(strstr(up->verdict.detail, KEY_128));
	scene_end();
}
