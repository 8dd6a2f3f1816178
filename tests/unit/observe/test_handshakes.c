/* test_handshakes.c - one line an address tells which phones still have to be
 * moved to TLS 1.3, and why they were refused */
#include "reading.h"

#include <stdio.h>

#include "rempart/observe/handshakes.h"

static const uint8_t KEY[16] = {1, 2, 3};

enum { NOON_S = 1700000000 };

static struct handshakes *set;
static struct read_record got;
static char buf[2 * LINE_BYTES_MAX];

static void open_set(void)
{
	cr_assert_eq(handshakes_open(&set, KEY), 0);
}

static void close_set(void)
{
	handshakes_close(set);
}

TestSuite(handshakes, .init = open_set, .fini = close_set);

static uint64_t at_us(unsigned second)
{
	return (NOON_S + second) * 1000000ull;
}

static struct record refusal(const char *source, enum reason reason,
			     unsigned second)
{
	struct record rec = {.kind = RECORD_CONNECTION,
			     .verdict = RECORD_VERDICT_DENY,
			     .reason = reason,
			     .ts_us = at_us(second),
			     .source = reading_addr(source)};
	return rec;
}

static struct record traffic(const char *source, const char *tls,
			     unsigned second)
{
	struct record rec = {.kind = RECORD_REGISTER,
			     .ts_us = at_us(second),
			     .user = "1001",
			     .source = reading_addr(source)};

	snprintf(rec.tls, sizeof(rec.tls), "%s", tls);
	return rec;
}

static void add(struct record rec)
{
	reading_record(&got, &rec);
	cr_assert(handshakes_add(set, &got));
}

static void add_refused(const char *source, const char *offered,
			unsigned second)
{
	struct record rec = refusal(source, REASON_TLS_VERSION, second);

	snprintf(rec.detail, sizeof(rec.detail),
		 "the phone offered only %s: TLS 1.3 is needed (newer "
		 "firmware, or its setting for TLS)",
		 offered);
	add(rec);
}

static const char *line(size_t i)
{
	struct text out = text_init(buf, sizeof(buf) - 1);

	handshakes_line(&out, handshakes_row(set, i));
	cr_assert(!out.full);
	buf[out.len] = '\0';
	return buf;
}

static const char *json(size_t i)
{
	struct text out = text_init(buf, sizeof(buf) - 1);

	handshakes_json(&out, handshakes_row(set, i));
	cr_assert(!out.full);
	buf[out.len] = '\0';
	return buf;
}

Test(handshakes, an_old_phone_is_one_line_whatever_its_port)
{
	add_refused("192.0.2.7:40001", "TLS 1.2", 0);
	add_refused("192.0.2.7:40002", "TLS 1.2", 5);
	cr_assert_eq(handshakes_count(set), 1);
	cr_assert_str_eq(line(0), "192.0.2.7                                "
				  "TLS 1.2           tls-version       2       "
				  "2023-11-14T22:13:25Z  -                     "
				  "-");
	cr_assert_str_eq(json(0), "{\"address\":\"192.0.2.7\","
				  "\"offered\":[\"TLS 1.2\"],"
				  "\"refused\":[\"tls-version\"],\"times\":2,"
				  "\"last_seen\":\"2023-11-14T22:13:25.000000Z"
				  "\",\"last_refused\":"
				  "\"2023-11-14T22:13:25.000000Z\"}");
}

Test(handshakes, the_columns_stand_below_the_heading)
{
	struct text out = text_init(buf, sizeof(buf));
	char head[256];

	handshakes_heading(&out);
	cr_assert_lt(out.len, sizeof(head));
	memcpy(head, buf, out.len);
	head[out.len] = '\0';
	add_refused("192.0.2.7:40001", "TLS 1.2", 0);
	line(0);
	cr_assert_eq(strstr(head, "OFFERED") - head,
		     strstr(buf, "TLS 1.2") - buf);
	cr_assert_eq(strstr(head, "REFUSED") - head,
		     strstr(buf, "tls-version") - buf);
	cr_assert_eq(strstr(head, "LAST-SEEN") - head,
		     strstr(buf, "2023-") - buf);
}

Test(handshakes, versions_and_reasons_of_phones_behind_one_address_add_up)
{
	struct record rec = refusal("192.0.2.7:1", REASON_TLS_ALERT, 9);

	rec.count = 40;
	add_refused("192.0.2.7:40001", "TLS 1.0, SSL 3.0", 0);
	add_refused("192.0.2.7:40002", "TLS 1.2, TLS 1.1", 1);
	add(rec);
	cr_assert(strstr(json(0), "\"offered\":[\"TLS 1.2\",\"TLS 1.1\","
				  "\"TLS 1.0\",\"SSL 3.0\"]"));
	cr_assert(strstr(buf, "\"refused\":[\"tls-version\",\"tls-alert\"]"));
	cr_assert(strstr(buf, "\"times\":42,"));
}

Test(handshakes, the_version_that_is_needed_was_not_offered)
{
	add_refused("192.0.2.7:40001", "an unknown TLS version", 0);
	cr_assert(strstr(json(0), "\"offered\":[],"));
	cr_assert(strstr(line(0), "  -                 tls-version  "));
}

Test(handshakes, traffic_tells_what_an_address_speaks_and_who_is_there)
{
	add(traffic("[2001:db8::1]:5", "TLSv1.3 TLS_AES_256_GCM_SHA384", 3));
	add(traffic("[2001:db8::2]:5", "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384",
		    4));
	add(traffic("[2001:db8::3]:5", "TLSv1 X", 5));
	cr_assert_str_eq(line(0),
			 "2001:db8::1                              "
			 "TLS 1.3           -                 0       "
			 "2023-11-14T22:13:23Z  2023-11-14T22:13:23Z  1001");
	cr_assert(strstr(json(1), "\"offered\":[\"TLS 1.2\"],\"refused\":[]"));
	cr_assert(strstr(json(2), "\"offered\":[\"TLS 1.0\"],\"refused\":[]"));
	cr_assert(strstr(buf, "\"user\":\"1001\"}"));
}

Test(handshakes, the_user_seen_last_is_named_in_any_order_of_files)
{
	struct record later = traffic("192.0.2.7:1", "TLSv1.3 X", 9);
	struct record early = traffic("192.0.2.7:1", "TLSv1.3 X", 1);

	snprintf(later.user, sizeof(later.user), "late \"\n");
	add(later);
	add(early);
	cr_assert(strstr(json(0), "\"user\":\"late \\\"\\u000a\"}"));
	cr_assert(strstr(line(0), "  late?\"?"));
	cr_assert(strstr(buf, "2023-11-14T22:13:29Z"));
}

Test(handshakes, what_is_no_handshake_is_not_listed)
{
	struct record call = refusal("192.0.2.1:1", REASON_TLS_VERSION, 0);
	struct record idle = refusal("192.0.2.2:1", REASON_IDLE, 0);
	struct record cap = refusal("192.0.2.3:1", REASON_CONNECTIONS_ALL, 0);
	struct record nobody = refusal("192.0.2.4:1", REASON_TLS_VERSION, 0);

	call.kind = RECORD_CALL;
	idle.verdict = RECORD_VERDICT_DROP;
	nobody.source.version = 0;
	add(call);
	add(idle);
	add(cap);
	add(nobody);
	cr_assert_eq(handshakes_count(set), 0);
}

Test(handshakes, what_is_left_to_do_comes_first)
{
	add_refused("192.0.2.1:1", "TLS 1.2", 1); /* moved since */
	add(traffic("192.0.2.1:1", "TLSv1.3 X", 8));
	add(traffic("192.0.2.2:1", "TLSv1.2 X", 2)); /* a legacy listener */
	add_refused("192.0.2.3:1", "TLS 1.2", 3);
	add(traffic("192.0.2.4:1", "TLSv1.3 X", 1)); /* fell back */
	add_refused("192.0.2.4:1", "TLS 1.2", 4);
	add(traffic("192.0.2.5:1", "TLSv1.3 X", 9));
	handshakes_sort(set);

	static const char *const order[] = {"192.0.2.4 ", "192.0.2.3 ",
					    "192.0.2.2 ", "192.0.2.5 ",
					    "192.0.2.1 "};
	cr_assert_eq(handshakes_count(set), 5);
	for (size_t i = 0; i < 5; i++)
		cr_assert(!strncmp(line(i), order[i], strlen(order[i])), "%s",
			  buf);
}

Test(handshakes, a_full_list_still_counts_those_on_it)
{
	struct record rec = refusal("10.0.0.0:1", REASON_TLS_CLOSED, 0);

	reading_record(&got, &rec);
	for (unsigned i = 0; i < HANDSHAKES_MAX; i++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "10.0.%u.%u:1", i / 256,
				   i % 256);

		got.text[READ_SOURCE] = span_of(text, (size_t)len);
		cr_assert(handshakes_add(set, &got), "%u", i);
	}
	got.text[READ_SOURCE] = SPAN("10.1.0.0:1");
	cr_assert(!handshakes_add(set, &got));
	got.text[READ_SOURCE] = SPAN("10.0.0.9:7");
	cr_assert(handshakes_add(set, &got));
	cr_assert_eq(handshakes_count(set), HANDSHAKES_MAX);
	cr_assert(strstr(json(9), "\"10.0.0.9\",\"offered\":[],"
				  "\"refused\":[\"tls-closed\"],\"times\":2,"));
}
