/* test_read.c - what was written is read again, and nothing else is a record */
#include "reading.h"

#include <errno.h>
#include <stdio.h>

#define HEAD                                                                   \
	"\"v\":1,\"seq\":3,\"ts\":\"2024-02-29T23:59:59.000042Z\","            \
	"\"kind\":\"call\",\"verdict\":\"allow\",\"reason\":\"ok\""

static struct read_record got;
static char why[READ_WHY_MAX];

static int read_text(const char *line)
{
	/* A heap block of that length, so that a read past it is seen. */
	size_t len = strlen(line);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, line, len);
	why[0] = '\0';
	int err = read_record(&got, span_of(copy, len), why);
	free(copy);
	cr_assert_eq(!err, !why[0], "%s", why);
	return err;
}

static void must_be(enum read_text id, const char *want)
{
	cr_assert(span_eq(got.text[id], span_str(want)), "%.*s is not %s",
		  (int)got.text[id].len, got.text[id].p, want);
}

Test(read, gives_back_every_field_that_was_written)
{
	struct record rec = {
		.kind = RECORD_CALL,
		.verdict = RECORD_VERDICT_DENY,
		.reason = REASON_PLAIN_RTP,
		.code = 488,
		.ts_us = 1709251199000042,
		.took_us = 812,
		.count = 3,
		.duration_ms = 61500,
		.source = reading_addr("[2001:db8::7]:5061"),
		.method = "INVITE",
		.rule = "srtp edge.conf:12",
		.user = "J\xc3\xb6rg \"\\\x01",
		.zone = "paris",
		.from = "1001@example.com",
		.to = "1002",
		.e164 = "+33123456789",
		.country = "FR",
		.number_class = "domestic-fixed",
		.call_id = "a84b4c76e66710",
		.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384",
		.srtp_phone = "AEAD_AES_256_GCM",
		.srtp_upstream = "pass",
		.agent = "Yealink",
		.detail = "m=audio 1 RTP/AVP",
		.config = "0123456789abcdef",
	};
	reading_record(&got, &rec);

	must_be(READ_TS, "2024-02-29T23:59:59.000042Z");
	must_be(READ_KIND, "call");
	must_be(READ_VERDICT, "deny");
	must_be(READ_REASON, "plain-rtp");
	must_be(READ_RULE, rec.rule);
	must_be(READ_METHOD, rec.method);
	must_be(READ_USER, rec.user);
	must_be(READ_SOURCE, "[2001:db8::7]:5061");
	must_be(READ_ZONE, rec.zone);
	must_be(READ_FROM, rec.from);
	must_be(READ_TO, rec.to);
	must_be(READ_E164, rec.e164);
	must_be(READ_COUNTRY, rec.country);
	must_be(READ_CLASS, rec.number_class);
	must_be(READ_CALL_ID, rec.call_id);
	must_be(READ_TLS, rec.tls);
	must_be(READ_SRTP_PHONE, rec.srtp_phone);
	must_be(READ_SRTP_UPSTREAM, rec.srtp_upstream);
	must_be(READ_AGENT, rec.agent);
	must_be(READ_DETAIL, rec.detail);
	cr_assert_eq(got.ts_us, rec.ts_us);
	cr_assert_eq(got.number[READ_V], 1);
	cr_assert_eq(got.number[READ_SEQ], 7);
	cr_assert_eq(got.number[READ_CODE], 488);
	cr_assert_eq(got.number[READ_COUNT], 3);
	cr_assert_eq(got.number[READ_DURATION_MS], 61500);
	cr_assert_eq(got.number[READ_TOOK_US], 812);
	cr_assert(span_eq(got.line, reading_write(&rec, 7)));
}

Test(read, a_field_of_the_line_before_is_gone)
{
	cr_assert_eq(read_text("{" HEAD ",\"user\":\"1\",\"code\":4}"), 0);
	cr_assert_eq(read_text("{" HEAD "}"), 0);
	cr_assert_eq(got.text[READ_USER].len, 0);
	cr_assert_eq(got.number[READ_CODE], 0);
}

Test(read, the_longest_line_is_read)
{
	struct record rec = {.kind = RECORD_CALL};

	memset(rec.user, 0x01, sizeof(rec.user) - 1);
	memset(rec.detail, 0x02, sizeof(rec.detail) - 1);
	memset(rec.to, 0xff, sizeof(rec.to) - 1);
	reading_record(&got, &rec);
	cr_assert_eq(got.text[READ_USER].len, sizeof(rec.user) - 1);
	cr_assert_eq(got.text[READ_TO].len, 2 * (sizeof(rec.to) - 1));
}

Test(read, passes_over_fields_of_later_versions)
{
	static const char *const values[] = {
		"\"a \\\"string\\\" \\u00e9 }\"",
		"0",
		"-12.50e+3",
		"true",
		"null",
		"[]",
		"{}",
		"[ 1 , [ ] , {\"a\":[{\"b\":\"]\"}],\"c\":false} ]",
		"[[[[[[[[1]]]]]]]]",
	};
	char line[512];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(line, sizeof(line),
			 "{" HEAD ",\"later\":%s,\"srtp\":{\"new\":%s,"
			 "\"phone\":\"x\"},\"user\":\"1001\"}",
			 values[i], values[i]);
		cr_assert_eq(read_text(line), 0, "%s: %s", values[i], why);
		must_be(READ_USER, "1001");
		must_be(READ_SRTP_PHONE, "x");
	}
}

Test(read, a_name_counts_only_in_its_own_object)
{
	cr_assert_eq(read_text("{" HEAD ",\"phone\":\"a\",\"srtp\":{"
			       "\"user\":\"b\",\"upstream\":\"c\",\"seq\":9}}"),
		     0, "%s", why);
	cr_assert_eq(got.text[READ_SRTP_PHONE].len, 0);
	cr_assert_eq(got.text[READ_USER].len, 0);
	cr_assert_eq(got.number[READ_SEQ], 3);
	must_be(READ_SRTP_UPSTREAM, "c");
}

Test(read, undoes_every_escape)
{
	cr_assert_eq(read_text("{" HEAD ",\"user\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t"
			       "\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"}"),
		     0, "%s", why);
	must_be(READ_USER, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac"
			   "\xf0\x9f\x98\x80");
	cr_assert_eq(read_text("{" HEAD ",\"user\":\"a\\u0000b\"}"), 0);
	cr_assert_eq(got.text[READ_USER].len, 3);
}

Test(read, names_the_place_where_it_is_no_record)
{
	cr_assert_eq(read_text(""), EBADMSG);
	cr_assert_str_eq(why, "no record: an object was expected at byte 1");
	cr_assert_eq(read_text("{\"v\":1,\"seq\"3}"), EBADMSG);
	cr_assert_str_eq(why, "no record: a colon was expected at byte 13");
	cr_assert_eq(read_text("{" HEAD "}x"), EBADMSG);
	cr_assert(strstr(why, "the end of the line was expected"));
	cr_assert_eq(read_text("{" HEAD ",\"code\":\"403\"}"), EBADMSG);
	cr_assert(strstr(why, "a whole number was expected"));
	cr_assert_eq(read_text("{\"v\":2,\"seq\":1}"), EBADMSG);
	cr_assert(strstr(why, "version 2"), "%s", why);
}

Test(read, refuses_what_is_not_whole)
{
	char line[sizeof("{" HEAD ",\"x\":[1,{\"a\":-1.5e3}]}")];

	strcpy(line, "{" HEAD ",\"x\":[1,{\"a\":-1.5e3}]}");
	cr_assert_eq(read_text(line), 0, "%s", why);
	for (size_t len = sizeof(line) - 2; len > 0; len--) {
		line[len] = '\0';
		cr_assert_eq(read_text(line), EBADMSG, "%s", line);
	}
}

Test(read, refuses_bad_values)
{
	static const char *const tails[] = {
		",\"user\":7",
		",\"user\":null",
		",\"user\":\"a\",\"user\":\"b\"",
		",\"seq\":4",
		",\"srtp\":\"x\"",
		",\"srtp\":{},\"srtp\":{}",
		",\"srtp\":{\"phone\":\"a\",\"phone\":\"b\"}",
		",\"code\":-1",
		",\"code\":1.5",
		",\"code\":1e3",
		",\"code\":007",
		",\"code\":18446744073709551616",
		",\"user\":\"\\x41\"",
		",\"user\":\"\\u12g4\"",
		",\"user\":\"\\ud800\"",
		",\"user\":\"\\ud800\\u0041\"",
		",\"user\":\"\\udc00\"",
		",\"user\":\"\n\"",
		",\"later\":01",
		",\"later\":1.",
		",\"later\":.5",
		",\"later\":-",
		",\"later\":1e",
		",\"later\":truth",
		",\"later\":[1,]",
		",\"later\":[1}",
		",\"later\":{\"a\"}",
		",\"later\":{a:1}",
		",\"later\":\"\\q\"",
		",\"later\":[[[[[[[[[1]]]]]]]]]",
		",",
		",,\"user\":\"a\"",
	};
	char line[512];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(line, sizeof(line), "{" HEAD "%s}", tails[i]);
		cr_assert_eq(read_text(line), EBADMSG, "%s", tails[i]);
	}
}

Test(read, refuses_a_record_without_what_makes_one)
{
	static const char *const needed[] = {"v",    "seq",	"ts",
					     "kind", "verdict", "reason"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		char line[] = "{" HEAD "}", name[16];

		snprintf(name, sizeof(name), "\"%s\":", needed[i]);
		char *at = strstr(line, name);
		cr_assert(at);
		at[1] = '_';
		cr_assert_eq(read_text(line), EBADMSG, "%s", line);
		snprintf(name, sizeof(name), "\"%s\"", needed[i]);
		cr_assert(strstr(why, name), "%s", why);
	}
}

Test(read, refuses_times_that_are_none)
{
	static const char *const times[] = {
		"2024-02-30T00:00:00Z",	     "2023-02-29T00:00:00Z",
		"2024-13-01T00:00:00Z",	     "2024-00-01T00:00:00Z",
		"2024-01-00T00:00:00Z",	     "2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",	     "2024-01-01T00:00:61Z",
		"2024-01-01 00:00:00Z",	     "2024-01-01T00:00:00",
		"2024-01-01T00:00:00.Z",     "2024-01-01T00:00:00Zx",
		"2024-01-01T00:00:00+0200",  "2024-01-01T00:00:00+24:00",
		"1969-12-31T23:59:59Z",	     "1970-01-01T00:00:00+00:01",
		"0000-01-01T00:00:00Z",	     "24-01-01T00:00:00Z",
		"2024-01-01T00:00:00+02:00Z"};
	char line[512];

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"seq\":1,\"ts\":\"%s\",\"kind\":\"call\","
			 "\"verdict\":\"allow\",\"reason\":\"ok\"}",
			 times[i]);
		cr_assert_eq(read_text(line), EBADMSG, "%s", times[i]);
		cr_assert(strstr(why, "RFC 3339"), "%s", why);
	}
}

Test(read, reads_every_day_as_it_was_written)
{
	for (uint64_t day = 0; day < 193628; day += 13) {
		struct record rec = {.ts_us = day * 86400000000 +
					      day * 7919 % 86400 * 1000000 +
					      day % 1000};

		reading_record(&got, &rec);
		cr_assert_eq(got.ts_us, rec.ts_us);
	}
}

/* What read_file() said, one word a call. */
static char said[256];

static void note_record(const struct read_record *rec, void *arg)
{
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%llu ",
		 (unsigned long long)rec->number[READ_SEQ]);
	cr_assert_eq(arg, said);
}

static void note_fault(uint64_t line, const char *text, void *arg)
{
	snprintf(said + strlen(said), sizeof(said) - strlen(said),
		 "%llu!%.14s ", (unsigned long long)line, text);
	cr_assert_eq(arg, said);
}

static const char *read_bytes(const char *bytes, size_t len)
{
	const struct read_handlers handlers = {note_record, note_fault, said};
	FILE *in = fmemopen((void *)(uintptr_t)bytes, len, "rb");

	cr_assert(in);
	said[0] = '\0';
	cr_assert_eq(read_file(in, &handlers), 0);
	fclose(in);
	return said;
}

#define READ_BYTES(literal) read_bytes(literal, sizeof(literal) - 1)

Test(read, a_bad_line_does_not_hide_the_next_one)
{
	cr_assert_str_eq(READ_BYTES("{" HEAD "}\nrubbish\n\0\n\n{" HEAD "}\n"),
			 "3 2!no record: an  3!no record: an  "
			 "4!no record: an  3 ");
}

Test(read, the_last_line_needs_no_newline_when_it_is_whole)
{
	cr_assert_str_eq(READ_BYTES("{" HEAD "}\n{" HEAD "}"), "3 3 ");
	cr_assert_str_eq(READ_BYTES("{" HEAD "}\n{" HEAD),
			 "3 2!the last line  ");
}

Test(read, a_line_too_long_is_one_fault)
{
	static char bytes[3 * LINE_BYTES_MAX];
	const char end[] = "\n{" HEAD "}\n";

	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes + sizeof(bytes) - sizeof(end) + 1, end, sizeof(end) - 1);
	cr_assert_str_eq(read_bytes(bytes, sizeof(bytes)),
			 "1!no record: lon 3 ");
}

Test(read, a_line_is_as_long_as_a_record_with_its_newline_at_most)
{
	static char bytes[LINE_BYTES_MAX + 1];

	memset(bytes, 'a', sizeof(bytes));
	bytes[LINE_BYTES_MAX - 1] = '\n';
	cr_assert_str_eq(read_bytes(bytes, LINE_BYTES_MAX),
			 "1!no record: an  ");
	bytes[LINE_BYTES_MAX - 1] = 'a';
	bytes[LINE_BYTES_MAX] = '\n';
	cr_assert_str_eq(read_bytes(bytes, LINE_BYTES_MAX + 1),
			 "1!no record: lon ");
}

Test(read, a_file_that_cannot_be_read_is_an_error)
{
	const struct read_handlers handlers = {note_record, note_fault, said};
	FILE *in = fopen("/", "rb");

	cr_assert(in);
	cr_assert_eq(read_file(in, &handlers), EISDIR);
	fclose(in);
}
