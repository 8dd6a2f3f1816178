/* test_vectors.c - the engines make and read the RFCs' and libsrtp's packets */
#include "each.h"

static void equals(const uint8_t *p, size_t len, const char *hex)
{
	uint8_t want[WIRE_MAX];

	cr_assert_eq(unhex(want, hex), len);
	cr_assert_arr_eq(p, want, len);
}

/* ---- the oracle, by which the engines are judged */

Test(vectors, oracle_derives_keys_as_rfc_3711_b_3)
{
	uint8_t master[30];
	struct oracle o;

	unhex(master, "E1F97A0D3E018BE0D64FA32C06DE4139"
		      "0EC675AD498AFEEBB6960B3AABE6");
	o = oracle_of(SUITE_AES_CM_128_HMAC_SHA1_80, master);
	equals(o.rtp.key, 16, "C61E7A93744F39EE10734AFE3FF7A087");
	equals(o.rtp.salt, 14, "30CBBC08863D8C85D49DB34A9AE1");
	equals(o.rtp.auth, 20, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
}

Test(vectors, oracle_derives_keys_as_rfc_6188_7_2)
{
	uint8_t master[46];
	struct oracle o;

	unhex(master, "f0f04914b513f2763a1b1fa130f10e29"
		      "98f6f6e43e4309d1e622a0e332b9f1b6"
		      "3b04803de51ee7c96423ab5b78d2");
	o = oracle_of(SUITE_AES_256_CM_HMAC_SHA1_80, master);
	equals(o.rtp.key, 32,
	       "5ba1064e30ec51613cad926c5a28ef73"
	       "1ec7fb397f70a960653caf06554cd8c4");
	equals(o.rtp.salt, 14, "fa31791685ca444a9e07c6c64e93");
	equals(o.rtp.auth, 20, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

Test(vectors, oracle_counts_as_rfc_3711_b_2)
{
	uint8_t key[16], iv[16] = {0}, stream[48] = {0};

	unhex(key, "2B7E151628AED2A6ABF7158809CF4F3C");
	unhex(iv, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
	oracle_ctr(sizeof(key), key, iv, stream, sizeof(stream));
	equals(stream, sizeof(stream),
	       "E03EAD0935C95E80E166B16DD92B4EB4"
	       "D23513162B02D0F72A43A2FE4A5F97AB"
	       "41E95B3BB0A2E8DD477901E4FCA894C0");
}

#define RFC_7714_KEY                                                           \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RFC_7714_RTP                                                           \
	"8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976"     \
	"69736120696e207061727465732074726573"
#define RFC_7714_RTCP                                                          \
	"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"     \
	"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"

/* Its session keys: the RFC's packets are made without derivation. */
static struct oracle rfc_7714(enum suite gcm)
{
	struct oracle o = {.suite = gcm};

	unhex(o.rtp.key, RFC_7714_KEY);
	unhex(o.rtp.salt, "517569642070726f2071756f");
	o.rtcp = o.rtp;
	return o;
}

Test(vectors, oracle_seals_as_rfc_7714_16)
{
	struct oracle o = rfc_7714(SUITE_AEAD_AES_128_GCM);
	uint8_t out[WIRE_MAX];
	size_t len;

	plain_len = unhex(plain, RFC_7714_RTP);
	len = oracle_rtp(&o, plain, plain_len, 12, 0, out);
	equals(out, len,
	       "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd"
	       "5"
	       "0d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee43"
	       "9"
	       "0cce");
	o.suite = SUITE_AEAD_AES_256_GCM;
	len = oracle_rtp(&o, plain, plain_len, 12, 0, out);
	equals(out, len,
	       "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab180123"
	       "8"
	       "9a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a"
	       "7"
	       "6c13");
}

Test(vectors, oracle_seals_as_rfc_7714_17)
{
	struct oracle o = rfc_7714(SUITE_AEAD_AES_128_GCM);
	uint8_t out[WIRE_MAX];
	size_t len;

	plain_len = unhex(plain, RFC_7714_RTCP);
	len = oracle_rtcp(&o, plain, plain_len, 0x5d4, true, out);
	equals(out, len,
	       "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32"
	       "d"
	       "c676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87"
	       "2"
	       "45d9eade800005d4");
	len = oracle_rtcp(&o, plain, plain_len, 0x5d4, false, out);
	equals(out, len,
	       RFC_7714_RTCP "841dd9683dd78ec92ae58790125f62b3000005d4");
	o.suite = SUITE_AEAD_AES_256_GCM;
	len = oracle_rtcp(&o, plain, plain_len, 0x5d4, true, out);
	equals(out, len,
	       "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a5"
	       "0"
	       "a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6"
	       "c"
	       "b26ac3be800005d4");
}

/* ---- packets of libsrtp's own tests, master key to wire */

struct known {
	enum suite suite;
	const char *master, *plain, *wire;
	bool rtcp;
};

#define KNOWN_RTP "800f1234decafbadcafebabeabababababababababababababababab"
#define KNOWN_RTCP "81c8000bcafebabeabababababababababababababababab"
#define KNOWN_128 "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6"
#define KNOWN_256                                                              \
	"f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"     \
	"3b04803de51ee7c96423ab5b78d2"
#define KNOWN_GCM "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab"

static const struct known known[] = {
	{SUITE_AES_CM_128_HMAC_SHA1_80, KNOWN_128, KNOWN_RTP,
	 "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402"
	 "b78d6acc99ea179b8dbb",
	 false},
	{SUITE_AES_CM_128_HMAC_SHA1_80, KNOWN_128, KNOWN_RTCP,
	 "81c8000bcafebabe7128035be487b9bdbef89041f977a5a8"
	 "80000001993e08cd54d6c1230798",
	 true},
	{SUITE_AES_256_CM_HMAC_SHA1_80, KNOWN_256, KNOWN_RTP,
	 "800f1234decafbadcafebabef1d9de17ff251ff1aa007774b0b4b40d"
	 "a08d9d9a5b3a55d8873b",
	 false},
	{SUITE_AEAD_AES_128_GCM, KNOWN_GCM, KNOWN_RTP,
	 "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06e"
	 "d2976826f796b201df3131a127e8a392",
	 false},
	{SUITE_AEAD_AES_128_GCM, KNOWN_GCM, KNOWN_RTCP,
	 "81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbe"
	 "a2b3b446ea31123ba88ce61e80000001",
	 true},
};

FOR_EACH(vectors, engines_make_and_read_libsrtps_packets)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].suite != suite)
			continue;
		unhex(key_salt, known[i].master);
		fresh_contexts();
		plain_len = unhex(plain, known[i].plain);
		sealed_len = unhex(sealed, known[i].wire);
		ok((known[i].rtcp ? say_rtcp() : say()) == RTP_DONE);
		ok((known[i].rtcp ? hear_rtcp() : hear()) == RTP_DONE);
	}
}

/* ---- every suite and shape, against the oracle */

static void both_ways(size_t header_len, uint32_t roc)
{
	sealed_len =
		oracle_rtp(&orc, plain, plain_len, header_len, roc, sealed);
	ok(say() == RTP_DONE);
	ok(hear() == RTP_DONE);
}

FOR_EACH(vectors, engines_agree_with_the_oracle_on_every_length)
{
	static const size_t lengths[] = {
		0,  1,	2,  3,	4,  15,	 16,  17,
		31, 32, 33, 47, 48, 160, 172, RTP_PACKET_MAX - 12};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		plain_len =
			make_rtp(plain, SSRC, (uint16_t)(100 + i), lengths[i]);
		both_ways(12, 0);
	}
}

FOR_EACH(vectors, engines_leave_csrcs_and_extension_clear)
{
	/* CSRCs, extension words (-1: no extension) */
	static const int shapes[][2] = {{1, -1}, {15, -1}, {0, 0},
					{0, 1},	 {3, 5},   {15, 40}};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const int words = shapes[i][1];
		const size_t csrc = 4 * (size_t)shapes[i][0];
		const size_t ext = words < 0 ? 0 : 4 + 4 * (size_t)words;

		plain_len = make_rtp(plain, SSRC, (uint16_t)(7 + i),
				     20 + csrc + ext);
		plain[0] |= (uint8_t)shapes[i][0];
		if (words >= 0) {
			plain[0] |= 0x10;
			put(plain + 12 + csrc, 0xbede, 2);
			put(plain + 14 + csrc, (uint32_t)words, 2);
		}
		both_ways(12 + csrc + ext, 0);
	}
}

FOR_EACH(vectors, engines_agree_with_the_oracle_on_every_counter)
{
	static const uint32_t rocs[] = {0,	    1,		2,
					0x7fffffff, 0x80000000, 0xffffffff};

	for (size_t i = 0; i < sizeof(rocs) / sizeof(rocs[0]); i++) {
		const uint32_t ssrc = SSRC + (uint32_t)i;

		ok(eng->begin(tx, ssrc, rocs[i]) == 0);
		ok(eng->begin(rx, ssrc, rocs[i]) == 0);
		ok(say_at(ssrc, rocs[i], 0) == RTP_DONE);
		ok(hear() == RTP_DONE);
		ok(say_at(ssrc, rocs[i], 1) == RTP_DONE);
		ok(hear() == RTP_DONE);
	}
}

FOR_EACH(vectors, engines_agree_with_the_oracle_on_rtcp)
{
	static const size_t lengths[] = {0,  4,	 8,   20,
					 24, 44, 100, RTP_PACKET_MAX - 8};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		wire_rtcp(SSRC, (uint32_t)i + 1, lengths[i]);
		ok(say_rtcp() == RTP_DONE);
		ok(hear_rtcp() == RTP_DONE);
	}
}
