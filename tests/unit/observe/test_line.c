/* test_line.c - every record becomes one line of the promised form that fits */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rempart/observe/line.h"

#define PREV "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

enum { BODY_MAX = LINE_BYTES_MAX - LINE_HASH_HEX - 11 };

static char buf[LINE_BYTES_MAX];

static const char *json(const struct record *rec, uint64_t seq)
{
	struct text out = text_init(buf, BODY_MAX);

	line_json(&out, rec, seq, "edge1", PREV);
	cr_assert(!out.full);
	buf[out.len] = '\0';
	cr_assert_eq(strlen(buf), out.len);
	return buf;
}

static const char *human(const struct record *rec)
{
	struct text out = text_init(buf, sizeof(buf) - 1);

	line_human(&out, rec);
	cr_assert(!out.full);
	buf[out.len] = '\0';
	return buf;
}

static struct record full_record(void)
{
	return (struct record){
		.kind = RECORD_CALL,
		.verdict = RECORD_VERDICT_DENY,
		.reason = REASON_PLAIN_RTP,
		.code = 488,
		.ts_us = 1709251199000042, /* a leap day's last second */
		.took_us = 812,
		.count = 3,
		.duration_ms = 61500,
		.source = {.ip = {192, 0, 2, 7}, .port = 5061, .version = 4},
		.method = "INVITE",
		.rule = "srtp edge.conf:12",
		.user = "1001",
		.from = "1001@example.com",
		.to = "1002",
		.e164 = "+33123456789",
		.country = "FR",
		.number_class = "domestic-fixed",
		.zone = "paris",
		.call_id = "a84b4c76e66710",
		.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384",
		.srtp_phone = "AEAD_AES_256_GCM",
		.srtp_upstream = "pass",
		.agent = "Yealink \"T46\"",
		.detail = "m=audio 1 RTP/AVP",
		.config = "0123456789abcdef",
	};
}

Test(line, holds_every_field_in_the_order_of_the_schema)
{
	struct record rec = full_record();

	cr_assert_str_eq(
		json(&rec, 18446744073709551614u),
		"{\"v\":1,\"seq\":18446744073709551614,"
		"\"ts\":\"2024-02-29T23:59:59.000042Z\",\"node\":\"edge1\","
		"\"kind\":\"call\",\"verdict\":\"deny\","
		"\"reason\":\"plain-rtp\",\"rule\":\"srtp edge.conf:12\","
		"\"code\":488,\"method\":\"INVITE\",\"user\":\"1001\","
		"\"source\":\"192.0.2.7:5061\",\"zone\":\"paris\","
		"\"from\":\"1001@example.com\",\"to\":\"1002\","
		"\"e164\":\"+33123456789\",\"country\":\"FR\","
		"\"class\":\"domestic-fixed\","
		"\"call_id\":\"a84b4c76e66710\","
		"\"tls\":\"TLSv1.3 TLS_AES_256_GCM_SHA384\","
		"\"srtp\":{\"phone\":\"AEAD_AES_256_GCM\","
		"\"upstream\":\"pass\"},\"agent\":\"Yealink \\\"T46\\\"\","
		"\"count\":3,\"duration_ms\":61500,"
		"\"detail\":\"m=audio 1 RTP/AVP\","
		"\"config\":\"0123456789abcdef\",\"took_us\":812,"
		"\"prev\":\"" PREV "\"}");
}

Test(line, leaves_empty_fields_out)
{
	struct record rec = {.kind = RECORD_ADMIN, .reason = REASON_STARTED};

	cr_assert_str_eq(json(&rec, 1),
			 "{\"v\":1,\"seq\":1,"
			 "\"ts\":\"1970-01-01T00:00:00.000000Z\","
			 "\"node\":\"edge1\",\"kind\":\"admin\","
			 "\"verdict\":\"allow\",\"reason\":\"started\","
			 "\"prev\":\"" PREV "\"}");
}

Test(line, srtp_of_one_side_stands_alone)
{
	struct record rec = {.srtp_upstream = "pass"};

	cr_assert(strstr(json(&rec, 1), ",\"srtp\":{\"upstream\":\"pass\"},"));
}

Test(line, a_count_of_one_is_left_out)
{
	struct record rec = {.count = 1};

	cr_assert(!strstr(json(&rec, 1), "count"));
}

Test(line, names_the_day_as_the_c_library_does)
{
	/* Each day of 1970-2500 at a time of day that wanders. */
	for (uint64_t day = 0; day < 193628; day++) {
		time_t s = (time_t)(day * 86400 + day * 7919 % 86400);
		struct record rec = {.ts_us = (uint64_t)s * 1000000 + day % 7};
		char want[64], date[32];
		struct tm tm;

		cr_assert(gmtime_r(&s, &tm));
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), ",\"ts\":\"%s.%06uZ\",", date,
			 (unsigned)(day % 7));
		cr_assert(strstr(json(&rec, 1), want), "%s", want);
	}
}

Test(line, a_clock_gone_mad_keeps_four_digits_for_the_year)
{
	struct record rec = {.ts_us = UINT64_MAX};

	cr_assert(strstr(json(&rec, 1), "\"9999-12-31T23:59:59.999999Z\""));
}

/* Each text field filled to its end, without NUL. */
static struct record crammed_record(int byte)
{
	struct record rec = full_record();

#define CRAM(field) memset(rec.field, byte, sizeof(rec.field))
	CRAM(method), CRAM(rule), CRAM(user), CRAM(from), CRAM(to);
	CRAM(call_id), CRAM(tls), CRAM(srtp_phone), CRAM(srtp_upstream);
	CRAM(agent), CRAM(detail), CRAM(config), CRAM(zone);
	CRAM(e164), CRAM(country), CRAM(number_class);
#undef CRAM
	rec.took_us = rec.count = rec.duration_ms = UINT64_MAX;
	rec.code = UINT16_MAX;
	rec.source.version = 6;
	memset(rec.source.ip, 0xfe, sizeof(rec.source.ip));
	return rec;
}

Test(line, the_worst_record_fits_and_keeps_its_end)
{
	static const int worst[] = {0x01, 0x1f, '"', '\\', 0x80, 0xff, 0xc3};

	for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
		struct record rec = crammed_record(worst[i]);
		char node[64];
		struct text out = text_init(buf, BODY_MAX);

		memset(node, worst[i], sizeof(node));
		line_json(&out, &rec, UINT64_MAX, node, PREV);
		cr_assert(!out.full, "byte %d", worst[i]);
		cr_assert_eq(memcmp(out.p + out.len - 74,
				    "\"prev\":\"" PREV "\"}", 74),
			     0);
	}
}

Test(line, a_field_without_nul_is_not_read_past_its_end)
{
	struct record rec = crammed_record('a');
	char want[160 + 32];

	snprintf(want, sizeof(want), ",\"detail\":\"%.*s\",",
		 (int)sizeof(rec.detail), rec.detail);
	cr_assert(strstr(json(&rec, 1), want));
	cr_assert(strstr(buf, ",\"config\":\"aaaaaaaaaaaaaaaaa\","));
}

Test(line, bytes_of_strangers_cannot_end_the_string_or_the_line)
{
	struct record rec = {.user = "\",\"x\":\"\n\r\t\x7f\\"};
	const char *line = json(&rec, 1);

	cr_assert(!strchr(line, '\n') && !strchr(line, '\r'));
	cr_assert(strstr(line, "\"user\":\"\\\",\\\"x\\\":\\\"\\u000a"));
}

Test(line, says_when_the_buffer_is_too_small)
{
	struct record rec = full_record();
	struct text out = text_init(buf, 200);

	line_json(&out, &rec, 1, "edge1", PREV);
	cr_assert(out.full);
	cr_assert_leq(out.len, 200);
}

Test(line, a_line_for_people_says_who_called_whom)
{
	struct record rec = {.ts_us = 75784000000, /* 21:03:04 */
			     .user = "1001",
			     .to = "1002"};

	cr_assert_str_eq(human(&rec), "21:03:04 allow call 1001 -> 1002 ok");
}

Test(line, a_line_for_people_says_why_it_was_refused_and_from_where)
{
	struct record rec = full_record();

	cr_assert_str_eq(human(&rec),
			 "23:59:59 deny call 1001 -> 1002 plain-rtp"
			 " from 192.0.2.7:5061 x3 after 61 s:"
			 " m=audio 1 RTP/AVP");
}

Test(line, a_line_for_people_names_the_source_when_nobody_else)
{
	struct record rec = full_record();

	rec.user[0] = rec.from[0] = rec.to[0] = rec.detail[0] = '\0';
	rec.count = rec.duration_ms = 0;
	rec.kind = RECORD_CONNECTION;
	cr_assert_str_eq(human(&rec),
			 "23:59:59 deny connection 192.0.2.7:5061 plain-rtp");
}

Test(line, a_terminal_gets_no_control_bytes)
{
	struct record rec = {.user = "a\x1b[2J\n\x9b\xc2\x9b\x7f", .to = "\r1"};

	cr_assert_str_eq(human(&rec),
			 "00:00:00 allow call a?[2J????? -> ?1 ok");
}

Test(line, the_longest_line_for_people_has_a_bound)
{
	struct record rec = crammed_record('a');

	cr_assert_lt(strlen(human(&rec)), 640);
}
