/* samples.h - bodies as phones and PBXs in the field write them */
#pragma once

#include <stdbool.h>

#include "rempart/sdp/sdp.h"

/* Keys of the right length for each kind of suite, of no use to anybody. */
#define KEY_128 "JAg/0iuQL4kR6BgY+MmdXV2YMZV1BNkOlF3i6OeB"
#define KEY_256                                                                \
	"r5Ss08+SwZAjfLEfXRCM8lkwJjk4s3ChtXafoPFIP5WpDZ3y8TDWD88EvZPmlQ=="
#define KEY_GCM_128 "OLTmUuRNp/I3DZ4mDicTZVCko6bQf1wMMy+LEg=="
#define KEY_GCM_256                                                            \
	"zHX2NthQmQlaowAWWmcDb5tUDWuPC+IRJBecPdn3OBfObhGNJkqtbLbdIQ8="

#define CRYPTO_1 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"

#define HEAD                                                                   \
	"v=0\r\no=- 3724394400 3724394405 IN IP4 198.51.100.7\r\ns=-\r\n"      \
	"c=IN IP4 198.51.100.7\r\nt=0 0\r\n"
#define SAVP "m=audio 20000 RTP/SAVP 0 8 101\r\n"
#define AVP "m=audio 20000 RTP/AVP 0 8 101\r\n"
#define FINGERPRINT                                                            \
	"a=fingerprint:sha-256 63:E3:DA:EE:F1:9E:E7:9E:67:95:3D:10:17:6E:01:"  \
	"6C:3D:2F:55:6A:23:0D:BA:31:48:B6:E3:C4:77:37:37:2E\r\n"

static const struct sdp_settings default_settings = {
	.suites = {SUITE_AEAD_AES_256_GCM, SUITE_AES_256_CM_HMAC_SHA1_80,
		   SUITE_AEAD_AES_128_GCM, SUITE_AES_CM_128_HMAC_SHA1_80},
	.suite_count = 4,
};

struct sample {
	const char *name;
	enum reason reason; /* of the offer; OK: it passes */
	unsigned media;	    /* m= lines */
	unsigned refused;   /* of them, when it passes */
	enum suite suite;   /* the first usable one, when it passes */
	const char *text;
};

static const struct sample samples[] = {
	{"baresip 1.0", REASON_OK, 2, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\n"
	 "o=- 2890844526 1184713513 IN IP4 192.0.2.20\r\n"
	 "s=-\r\n"
	 "c=IN IP4 192.0.2.20\r\n"
	 "t=0 0\r\n"
	 "a=tool:baresip 1.0.0\r\n"
	 "m=audio 24836 RTP/SAVP 96 9 0 8 101\r\n"
	 "b=AS:128\r\n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" KEY_128 "\r\n"
	 "a=crypto:3 AEAD_AES_128_GCM inline:" KEY_GCM_128 "\r\n"
	 "a=crypto:4 AEAD_AES_256_GCM inline:" KEY_GCM_256 "\r\n"
	 "a=rtpmap:96 opus/48000/2\r\n"
	 "a=fmtp:96 stereo=1;sprop-stereo=1\r\n"
	 "a=rtpmap:9 G722/8000\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtpmap:8 PCMA/8000\r\n"
	 "a=rtpmap:101 telephone-event/8000\r\n"
	 "a=fmtp:101 0-15\r\n"
	 "a=rtcp-rsize\r\n"
	 "a=ssrc:1953240152 cname:sip:100@edge.example\r\n"
	 "a=ptime:20\r\n"
	 "a=minptime:20\r\n"
	 "a=label:1\r\n"
	 "a=sendrecv\r\n"
	 "m=video 19014 RTP/SAVP 97\r\n"
	 "b=AS:500\r\n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=rtpmap:97 H264/90000\r\n"
	 "a=fmtp:97 packetization-mode=0;profile-level-id=42e01f\r\n"
	 "a=framerate:25.00\r\n"
	 "a=rtcp-fb:* nack pli\r\n"
	 "a=rtcp-rsize\r\n"
	 "a=label:2\r\n"
	 "a=sendrecv\r\n"},
	{"Linphone 5.3", REASON_OK, 1, 0, SUITE_AEAD_AES_128_GCM,
	 "v=0\r\n"
	 "o=alice 2741 3321 IN IP4 192.0.2.21\r\n"
	 "s=Talk\r\n"
	 "c=IN IP4 192.0.2.21\r\n"
	 "t=0 0\r\n"
	 "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL"
	 " voip-metrics\r\n"
	 "a=record:off\r\n"
	 "m=audio 50104 RTP/SAVP 96 97 98 0 8 18 101 99 100\r\n"
	 "a=rtpmap:96 opus/48000/2\r\n"
	 "a=fmtp:96 useinbandfec=1\r\n"
	 "a=rtpmap:97 speex/16000\r\n"
	 "a=fmtp:97 vbr=on\r\n"
	 "a=rtpmap:98 speex/8000\r\n"
	 "a=fmtp:98 vbr=on\r\n"
	 "a=fmtp:18 annexb=yes\r\n"
	 "a=rtpmap:101 telephone-event/48000\r\n"
	 "a=rtpmap:99 telephone-event/16000\r\n"
	 "a=rtpmap:100 telephone-event/8000\r\n"
	 "a=rtcp:53020\r\n"
	 "a=crypto:1 AEAD_AES_128_GCM inline:" KEY_GCM_128 "\r\n"
	 "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=crypto:3 AEAD_AES_256_GCM inline:" KEY_GCM_256 "\r\n"
	 "a=crypto:4 AES_256_CM_HMAC_SHA1_80 inline:" KEY_256 "\r\n"
	 "a=rtcp-fb:* trr-int 5000\r\n"
	 "a=rtcp-fb:* ccm tmmbr\r\n"},
	{"Yealink T4x", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\n"
	 "o=- 20022 20022 IN IP4 192.0.2.22\r\n"
	 "s=SDP data\r\n"
	 "c=IN IP4 192.0.2.22\r\n"
	 "t=0 0\r\n"
	 "m=audio 11780 RTP/SAVP 0 8 18 9 101\r\n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" KEY_128 "\r\n"
	 "a=crypto:3 F8_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtpmap:8 PCMA/8000\r\n"
	 "a=rtpmap:18 G729/8000\r\n"
	 "a=fmtp:18 annexb=no\r\n"
	 "a=rtpmap:9 G722/8000\r\n"
	 "a=fmtp:101 0-15\r\n"
	 "a=rtpmap:101 telephone-event/8000\r\n"
	 "a=ptime:20\r\n"
	 "a=sendrecv\r\n"},
	{"Snom 8", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\n"
	 "o=root 1205871420 1205871420 IN IP4 192.0.2.23\r\n"
	 "s=call\r\n"
	 "c=IN IP4 192.0.2.23\r\n"
	 "t=0 0\r\n"
	 "m=audio 51218 RTP/SAVP 9 8 0 3 99 112 18 101\r\n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_128 "\r\n"
	 "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=rtpmap:9 G722/8000\r\n"
	 "a=rtpmap:8 PCMA/8000\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtpmap:3 GSM/8000\r\n"
	 "a=rtpmap:99 G726-32/8000\r\n"
	 "a=rtpmap:112 AAL2-G726-32/8000\r\n"
	 "a=rtpmap:18 G729/8000\r\n"
	 "a=fmtp:18 annexb=no\r\n"
	 "a=rtpmap:101 telephone-event/8000\r\n"
	 "a=fmtp:101 0-15\r\n"
	 "a=ptime:20\r\n"
	 "a=sendrecv\r\n"},
	{"Polycom VVX", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\n"
	 "o=- 1411063458 1411063458 IN IP4 192.0.2.24\r\n"
	 "s=Polycom IP Phone\r\n"
	 "c=IN IP4 192.0.2.24\r\n"
	 "b=AS:512\r\n"
	 "t=0 0\r\n"
	 "a=sendrecv\r\n"
	 "m=audio 2230 RTP/SAVP 9 0 8 18 127\r\n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "|2^31|1:1\r\n"
	 "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "|2^31\r\n"
	 "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128
	 " UNENCRYPTED_SRTCP\r\n"
	 "a=rtpmap:9 G722/8000\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtpmap:8 PCMA/8000\r\n"
	 "a=rtpmap:18 G729/8000\r\n"
	 "a=fmtp:18 annexb=no\r\n"
	 "a=rtpmap:127 telephone-event/8000\r\n"},
	{"Asterisk chan_pjsip", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\n"
	 "o=- 1839142385 1839142385 IN IP4 192.0.2.25\r\n"
	 "s=Asterisk\r\n"
	 "c=IN IP4 192.0.2.25\r\n"
	 "t=0 0\r\n"
	 "m=audio 17330 RTP/SAVP 0 8 9 101\r\n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtpmap:8 PCMA/8000\r\n"
	 "a=rtpmap:9 G722/8000\r\n"
	 "a=rtpmap:101 telephone-event/8000\r\n"
	 "a=fmtp:101 0-16\r\n"
	 "a=ptime:20\r\n"
	 "a=maxptime:140\r\n"
	 "a=sendrecv\r\n"},
	{"FreeSWITCH, secure and plain", REASON_OK, 2, 1,
	 SUITE_AEAD_AES_256_GCM,
	 "v=0\r\n"
	 "o=FreeSWITCH 1693399738 1693399739 IN IP4 192.0.2.26\r\n"
	 "s=FreeSWITCH\r\n"
	 "c=IN IP4 192.0.2.26\r\n"
	 "t=0 0\r\n"
	 "m=audio 32102 RTP/SAVP 0 102 3 101 13 104\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtpmap:102 opus/48000/2\r\n"
	 "a=fmtp:102 useinbandfec=1; maxaveragebitrate=18000; ptime=20\r\n"
	 "a=rtpmap:101 telephone-event/8000\r\n"
	 "a=fmtp:101 0-15\r\n"
	 "a=rtcp-mux\r\n"
	 "a=rtcp:32102 IN IP4 192.0.2.26\r\n"
	 "a=crypto:1 AEAD_AES_256_GCM_8 inline:" KEY_GCM_256 "\r\n"
	 "a=crypto:2 AEAD_AES_256_GCM inline:" KEY_GCM_256 "\r\n"
	 "a=crypto:3 AEAD_AES_128_GCM_8 inline:" KEY_GCM_128 "\r\n"
	 "a=crypto:4 AEAD_AES_128_GCM inline:" KEY_GCM_128 "\r\n"
	 "a=crypto:5 AES_256_CM_HMAC_SHA1_80 inline:" KEY_256 "\r\n"
	 "a=crypto:6 AES_192_CM_HMAC_SHA1_80 inline:" KEY_256 "\r\n"
	 "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=crypto:8 AES_256_CM_HMAC_SHA1_32 inline:" KEY_256 "\r\n"
	 "a=crypto:9 AES_192_CM_HMAC_SHA1_32 inline:" KEY_256 "\r\n"
	 "a=crypto:10 AES_CM_128_HMAC_SHA1_32 inline:" KEY_128 "\r\n"
	 "a=crypto:11 AES_CM_128_NULL_AUTH inline:" KEY_128 "\r\n"
	 "a=ptime:20\r\n"
	 "m=audio 32102 RTP/AVP 0 102 3 101 13 104\r\n"
	 "a=rtpmap:0 PCMU/8000\r\n"
	 "a=rtcp:32102 IN IP4 192.0.2.26\r\n"
	 "a=ptime:20\r\n"},
	{"through Kamailio and its RTP proxy mark", REASON_OK, 1, 0,
	 SUITE_AES_256_CM_HMAC_SHA1_80,
	 "v=0\r\n"
	 "o=Zoiper 46897369 0 IN IP4 192.0.2.27\r\n"
	 "s=Z\r\n"
	 "c=IN IP4 192.0.2.27\r\n"
	 "t=0 0\r\n"
	 "m=audio 62816 RTP/SAVP 106 9 98 101 0\r\n"
	 "a=rtpmap:106 opus/48000/2\r\n"
	 "a=fmtp:106 maxplaybackrate=16000; minptime=20; cbr=1\r\n"
	 "a=rtpmap:98 telephone-event/48000\r\n"
	 "a=fmtp:98 0-16\r\n"
	 "a=sendrecv\r\n"
	 "a=crypto:5 AES_256_CM_HMAC_SHA1_80 inline:" KEY_256 "\r\n"
	 "a=crypto:9 AES_CM_256_HMAC_SHA1_80 inline:" KEY_256 "\r\n"
	 "a=crypto:3 AES_192_CM_HMAC_SHA1_80 inline:" KEY_128 "\r\n"
	 "a=nortpproxy:yes\r\n"},
	{"hold by direction", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 HEAD SAVP CRYPTO_1 "a=sendonly\r\n"},
	{"hold by address", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\no=- 1 2 IN IP4 192.0.2.28\r\ns=-\r\nc=IN IP4 0.0.0.0\r\n"
	 "t=0 0\r\n" SAVP CRYPTO_1 "a=inactive\r\n"},
	{"T.38 alone", REASON_PLAIN_RTP, 1, 0, SUITE_COUNT,
	 HEAD "m=image 4180 udptl t38\r\n"
	      "a=T38FaxVersion:0\r\n"
	      "a=T38MaxBitRate:14400\r\n"
	      "a=T38FaxRateManagement:transferredTCF\r\n"
	      "a=T38FaxMaxBuffer:262\r\n"
	      "a=T38FaxMaxDatagram:90\r\n"
	      "a=T38FaxUdpEC:t38UDPRedundancy\r\n"},
	{"T.38 beside SRTP", REASON_OK, 2, 1, SUITE_AES_CM_128_HMAC_SHA1_80,
	 HEAD SAVP CRYPTO_1 "m=image 4180 udptl t38\r\n"
			    "a=T38FaxVersion:0\r\n"},
	{"IPv6", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\no=- 1 1 IN IP6 2001:db8::7\r\ns=-\r\nt=0 0\r\n" SAVP
	 "c=IN IP6 2001:db8::7\r\n" CRYPTO_1},
	{"a session name of one blank", REASON_OK, 1, 0,
	 SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\no=- 1 1 IN IP4 192.0.2.29\r\ns= \r\n"
	 "c=IN IP4 192.0.2.29\r\nt=0 0\r\n" SAVP CRYPTO_1},
	{"no session name", REASON_OK, 1, 0, SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\r\no=- 1 1 IN IP4 192.0.2.29\r\ns=\r\n"
	 "c=IN IP4 192.0.2.29\r\nt=0 0\r\n" SAVP CRYPTO_1},
	{"LF only, blanks at line ends", REASON_OK, 1, 0,
	 SUITE_AES_CM_128_HMAC_SHA1_80,
	 "v=0\no=- 1 1 IN IP4 192.0.2.30\ns=x\nc=IN IP4 192.0.2.30\nt=0 0\n"
	 "m=audio 4000 RTP/SAVP 0 8 \n"
	 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_128 " \n"
	 "a=sendrecv \n\n"},
	{"many formats, several ports", REASON_OK, 1, 0,
	 SUITE_AES_CM_128_HMAC_SHA1_80,
	 HEAD "m=video 4000/2 RTP/SAVPF 96 97 98 99 100 101 102 103 104 105"
	      " 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120"
	      "\r\n" CRYPTO_1},
	{"everything refused", REASON_OK, 2, 2, SUITE_COUNT,
	 "v=0\r\no=- 1 2 IN IP4 192.0.2.28\r\ns=-\r\nt=0 0\r\n"
	 "m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/SAVP 96\r\n"},
	{"no media at all", REASON_OK, 0, 0, SUITE_COUNT, HEAD},
	{"plain RTP", REASON_PLAIN_RTP, 1, 0, SUITE_COUNT,
	 HEAD AVP "a=rtpmap:0 PCMU/8000\r\n"},
	{"optional SRTP", REASON_PLAIN_RTP, 1, 0, SUITE_COUNT,
	 HEAD AVP CRYPTO_1},
	{"DTLS-SRTP", REASON_DTLS_SRTP, 1, 0, SUITE_COUNT,
	 HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" FINGERPRINT
	      "a=setup:actpass\r\n"},
	{"DTLS-SRTP in the old way, as FreeSWITCH", REASON_DTLS_SRTP, 1, 0,
	 SUITE_COUNT, HEAD "m=audio 18822 RTP/SAVPF 102 0\r\n" FINGERPRINT},
	{"DTLS-SRTP, fingerprint of the session", REASON_DTLS_SRTP, 1, 0,
	 SUITE_COUNT, HEAD FINGERPRINT AVP},
	{"SAVP without keys", REASON_SRTP_UNUSABLE, 1, 0, SUITE_COUNT,
	 HEAD SAVP},
};

enum { SAMPLE_COUNT = sizeof(samples) / sizeof(samples[0]) };
