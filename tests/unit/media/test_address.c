/* test_address.c - where media may be sent to: no address that is nobody's, no
 * port of the system; two calls that the PBX joins meet inside the relay */
#include "scene.h"

TestSuite(address);

#define OF(ip, port) HEAD("x", ip) AVP(port)

struct bad {
	const char *text, *why;
};

static const char multicast[] =
	"media line 1: it is a multicast, broadcast or reserved address";
static const char loopback[] = "media line 1: it is a loopback address";
static const char low[] = "media line 1: its port is below 1024";
static const char version[] =
	"media line 1: its IP version is not that of the connection";
static const char nobody[] = "media line 1: it is an address of no host";
static const char none[] =
	"media line 1: its c= or a=rtcp is no address to send to";
static const char name[] =
	"media line 1: it has a host name where an address is needed";

#define IP6(ip, port)                                                          \
	"v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 " ip                     \
	"\r\nt=0 0\r\n" AVP(port)

static const struct bad bad[] = {
	{OF("224.0.1.1", 14000), multicast},
	{OF("239.255.255.250", 14000), multicast},
	{OF("240.0.0.1", 14000), multicast},
	{OF("255.255.255.255", 14000), multicast},
	{OF("127.0.0.1", 14000), loopback},
	{OF("127.1.2.3", 14000), loopback},
	{OF("0.1.2.3", 14000), nobody},
	{OF(PBX_IP, 1), low},
	{OF(PBX_IP, 1023), low},
	{OF(PBX_IP, 14000) "a=rtcp:53\r\n", low},
	{OF(PBX_IP, 14000) "a=rtcp:1900 IN IP4 239.255.255.250\r\n", multicast},
	{OF(PBX_IP, 14000) "a=rtcp:14001 IN IP4 127.0.0.1\r\n", loopback},
	{OF(PBX_IP, 14000) "a=rtcp:14001 IN IP6 2001:db8::1\r\n", version},
	{OF(PBX_IP, 65535), none}, /* RTCP would be at 65536 */
	{OF("224.2.1.1/127", 14000), none},
	{OF("192.0.2", 14000), none},
	{IP6("2001:db8::5", 14000), version},
	{IP6("ff02::1", 14000), version},
	{IP6("::1", 14000), version},
	{IP6("::ffff:127.0.0.1", 14000), loopback},
	{OF("pbx.example.com", 14000), name},
	{OF("localhost", 14000), name},
	{OF(PBX_IP, 14000) "a=rtcp:14001 IN IP4 pbx.example.com\r\n", name},
};

static void refused_because(const struct out *out, const char *why)
{
	refused_for(out, REASON_MEDIA_ADDRESS);
	cr_assert_str_eq(out->verdict.detail, why);
}

Test(address, that_is_nobodys_is_refused_in_an_offer)
{
	scene_in();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refused_because(offers(0, bad[i].text), bad[i].why);
		cr_assert_eq(sc.count, 0);
	}
	scene_end();
}

Test(address, that_is_nobodys_is_refused_in_an_answer)
{
	struct out *up;

	scene();
	up = offer(0, PHONE_SDP);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused_because(answers(up, 7, bad[i].text), bad[i].why);
	cr_assert_eq(nth(0)->plans, 0);
	answer(up, 7, PBX_SDP);
	scene_end();
}

Test(address, of_a_phone_is_judged_by_its_connection)
{
	static const struct bad phones[] = {
		{HEAD("a", "224.0.1.1") SAVP(30000) CRYPTO_128(1), multicast},
		{HEAD("a", "127.0.0.1") SAVP(30000) CRYPTO_128(1), loopback},
		{HEAD("a", PHONE_IP) SAVP(161) CRYPTO_128(1), low},
		{HEAD("a", "desk.example.com") SAVP(161) CRYPTO_128(1), low},
	};

	scene();
	for (size_t i = 0; i < 4; i++)
		refused_because(offers(0, phones[i].text), phones[i].why);
	scene_end();
}

Test(address, says_which_line)
{
	scene();
	refused_because(
		offers(0, PHONE_SDP "m=video 22 RTP/SAVP 99\r\n" CRYPTO_128(1)),
		"media line 2: its port is below 1024");
	cr_assert_eq(sc.count, 0);
	scene_end();
}

Test(address, of_a_closed_line_does_not_count)
{
	scene();
	offer(0, PHONE_SDP "m=video 0 RTP/SAVP 99\r\nc=IN IP4 224.1.1.1\r\n");
	scene_end();
}

Test(address, on_loopback_is_fine_where_the_party_is_there)
{
	struct media_party local = phone();
	struct out *up;

	local.tls = addr_of("127.0.0.1:40001");
	local.local = addr_of("127.0.0.1:5061");
	scene_set();
	sc.set.upstream_seen = addr_of("127.0.0.1");
	scene_open(local, pbx());
	up = offer(0, HEAD("a", "127.0.0.1") SAVP(30000) CRYPTO_128(1));
	answer(up, 7, OF("127.0.0.1", 14000));
	at(&leg_of(0, 0)->rtp, "127.0.0.1:30000");
	at(&leg_of(0, 1)->rtp, "127.0.0.1:14000");
	scene_end();
}

Test(address, of_ip6_is_fine_where_the_party_is_there)
{
	struct media_party far = phone();
	const char *why;
	struct addr addr;

	far.tls = addr_of("[2001:db8::7]:40001");
	addr = addr_of("[2001:db8::8]:30000");
	cr_assert(media_address_fits(&addr, &far, &why));
	cr_assert_str_eq(why, "");
	addr = addr_of("[ff02::8]:30000");
	cr_assert(!media_address_fits(&addr, &far, &why));
	addr = addr_of("[::1]:30000");
	cr_assert(!media_address_fits(&addr, &far, &why));
	addr = addr_of("192.0.2.1:30000");
	cr_assert(!media_address_fits(&addr, &far, &why));
	cr_assert_str_eq(why, version + strlen("media line 1: "));
	addr = addr_of("192.0.2.1:1024");
	far.tls = addr_of("198.51.100.1:1");
	cr_assert(media_address_fits(&addr, &far, &why));
	addr = addr_of("0.0.0.0");
	cr_assert(media_address_fits(&addr, &far, &why));
}

/* A name stands for where the phone is connected from. */
Test(address, as_a_name_of_a_phone_is_its_connections)
{
	struct out *up;

	scene();
	up = offer(0, HEAD("a", "desk.example.com") SAVP(30000) CRYPTO_128(1));
	answer(up, 7, PBX_SDP);
	at(&leg_of(0, 0)->rtp, PHONE_IP ":30000");
	at(&leg_of(0, 0)->rtcp, PHONE_IP ":30001");
	drop(up);
	/* Only what is a name. */
	up = offer(0, HEAD("a", "198.51.100.9") SAVP(30000) CRYPTO_128(
			      1) "a=rtcp:30007 IN IP4 desk.example.com\r\n");
	answer(up, 7, PBX_SDP);
	at(&leg_of(0, 0)->rtp, "198.51.100.9:30000");
	at(&leg_of(0, 0)->rtcp, PHONE_IP ":30007");
	scene_end();
}

/* ---- direct media: the PBX joins two of our calls */

Test(address, of_ours_joins_over_our_own_sockets)
{
	static const struct {
		const char *seen, *bound, *named, *at;
	} cases[] = {
		{"192.0.2.1", "", "192.0.2.1", "192.0.2.1:20004"},
		{"192.0.2.1", "10.1.1.1", "192.0.2.1", "10.1.1.1:20004"},
		{"192.0.2.1", "0.0.0.0", "192.0.2.1", "127.0.0.1:20004"},
		{"192.0.2.1", "::", "192.0.2.1", "127.0.0.1:20004"},
		{"192.0.2.1", "10.1.1.1", "192.0.2.9", "192.0.2.9:20004"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char body[512];
		struct out *up;

		scene_set();
		sc.set.upstream_seen = addr_of(cases[i].seen);
		if (cases[i].bound[0])
			sc.set.upstream_bound = addr_of(cases[i].bound);
		scene_open(phone(), pbx());
		up = offer(0, PHONE_SDP);
		snprintf(body, sizeof(body),
			 "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\n"
			 "t=0 0\r\n" AVP(20004),
			 cases[i].named, cases[i].named);
		answer(up, 7, body);
		at(&leg_of(0, 1)->rtp, cases[i].at);
		cr_assert_eq(leg_of(0, 1)->rtcp.port, 20005);
		cr_assert(addr_ip_eq(&leg_of(0, 1)->rtcp, &leg_of(0, 1)->rtp));
		scene_end();
	}
}

Test(address, of_ours_with_another_port_is_a_pbx_on_our_host)
{
	struct out *up;

	scene();
	sc.set.upstream_bound = addr_of("10.1.1.1");
	up = offer(0, PHONE_SDP);
	answer(up, 7, OF("192.0.2.1", 19998));
	at(&leg_of(0, 1)->rtp, "192.0.2.1:19998");
	answer(up, 7, OF("192.0.2.1", 21000));
	at(&leg_of(0, 1)->rtp, "192.0.2.1:21000");
	scene_end();
}

Test(address, of_ours_is_refused_on_a_single_port)
{
	struct out *up;

	scene();
	sc.set.upstream_single = true;
	up = offer(0, PHONE_SDP);
	refused_for(answers(up, 7, OF("192.0.2.1", 20004)),
		    REASON_MEDIA_DIRECT);
	refused_for(offers(1, OF("192.0.2.1", 20000)), REASON_MEDIA_DIRECT);
	cr_assert_eq(nth(0)->plans, 0);
	answer(up, 7, PBX_SDP);
	cr_assert(leg_of(0, 1)->shared);
	/* A phone that names it reaches nobody by it. */
	offer(0, HEAD("a", "192.0.2.1") SAVP(20004) CRYPTO_128(1));
	scene_end();
}

Test(address, of_ours_by_re_invite_and_back)
{
	struct out *out;

	call_up();
	out = offer(1, OF("192.0.2.1", 20010));
	answer(out, 7, PHONE_SDP);
	drop(out);
	at(&leg_of(0, 1)->rtp, "192.0.2.1:20010");
	cr_assert(leg_of(0, 1)->moved);
	out = offer(1, PBX_SDP);
	answer(out, 7, PHONE_SDP);
	at(&leg_of(0, 1)->rtp, PBX_IP ":14000");
	scene_end();
}
