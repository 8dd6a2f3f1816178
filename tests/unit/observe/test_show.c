/* test_show.c - a person sees the records that were asked for, and who, whom
 * and why in each */
#include "reading.h"

#include <errno.h>
#include <stdio.h>

#include "rempart/observe/show.h"

enum { NOW_S = 1700000000 };

static const uint64_t NOW_US = NOW_S * 1000000ull;

static struct read_record got;
static char buf[SHOW_ROW_MAX + 1];

static const char *row(const struct record *rec)
{
	struct text out = text_init(buf, SHOW_ROW_MAX);

	reading_record(&got, rec);
	show_row(&out, &got);
	cr_assert(!out.full);
	buf[out.len] = '\0';
	return buf;
}

static bool wants(const struct show_filter *filter, const struct record *rec)
{
	reading_record(&got, rec);
	return show_wants(filter, &got);
}

static struct record denied_call(void)
{
	return (struct record){
		.kind = RECORD_CALL,
		.verdict = RECORD_VERDICT_DENY,
		.reason = REASON_DIAL_DENIED,
		.code = 403,
		.ts_us = NOW_US,
		.source = reading_addr("192.0.2.7:5061"),
		.rule = "default rempart.conf:42",
		.user = "1001",
		.to = "0088123456",
		.e164 = "+88123456",
		.country = "001",
		.number_class = "satellite",
		.call_id = "a84b4c76",
		.detail = "class \"satellite\" is denied",
	};
}

Test(show, a_row_says_who_called_whom_and_why_it_was_refused)
{
	struct record rec = denied_call();

	cr_assert_str_eq(row(&rec),
			 "2023-11-14T22:13:20Z  deny       call        1001"
			 "              0088123456            dial-denied"
			 "           e164=+88123456 country=001 class=satellite"
			 " rule=\"default rempart.conf:42\" code=403"
			 " source=192.0.2.7:5061 call_id=a84b4c76"
			 " - class \"satellite\" is denied");
}

Test(show, the_columns_stand_below_the_heading)
{
	struct record rec = denied_call();
	struct text out = text_init(buf, SHOW_ROW_MAX);
	char head[256];

	show_heading(&out);
	cr_assert_lt(out.len, sizeof(head));
	memcpy(head, buf, out.len);
	head[out.len] = '\0';
	row(&rec);
	cr_assert_eq(strstr(head, "USER") - head, strstr(buf, "1001") - buf);
	cr_assert_eq(strstr(head, "TO ") - head, strstr(buf, "0088") - buf);
	cr_assert_eq(strstr(head, "DETAIL") - head, strstr(buf, "e164") - buf);
}

Test(show, a_long_value_is_not_cut)
{
	struct record rec = denied_call();

	memset(rec.to, '7', sizeof(rec.to) - 1);
	cr_assert(strstr(row(&rec), rec.to));
}

Test(show, an_empty_column_is_a_dash_and_nothing_trails)
{
	struct record rec = {.kind = RECORD_ADMIN, .reason = REASON_STARTED};

	cr_assert_str_eq(row(&rec), "1970-01-01T00:00:00Z  allow      admin"
				    "       -                 -"
				    "                     started");
}

Test(show, who_asked_is_the_source_when_nothing_else_is_known)
{
	struct record rec = {.kind = RECORD_CONNECTION,
			     .verdict = RECORD_VERDICT_DENY,
			     .reason = REASON_TLS_VERSION,
			     .source = reading_addr("192.0.2.7:5061"),
			     .count = 3,
			     .detail = "the phone offered only TLS 1.2"};

	cr_assert(strstr(row(&rec), "  connection  192.0.2.7:5061    -"));
	cr_assert(strstr(buf, "  count=3 - the phone offered only TLS 1.2"));
	cr_assert(!strstr(buf, "source="));
}

Test(show, a_stranger_cannot_write_to_the_terminal_or_add_columns)
{
	struct record rec = {
		.user = "a  b\x1b[2J\r\n\x7f\xc2\x9b",
		.to = "1  deny",
		.call_id = "x source=6.6.6.6",
		.detail = "\x1b]0;x\x07",
	};

	cr_assert(strstr(row(&rec), "  a??b?[2J?????     1??deny  "));
	cr_assert(strstr(buf, "call_id=x?source=6.6.6.6 - ?]0;x?"));
	for (const char *p = buf; *p; p++)
		cr_assert(*p >= ' ' && *p < 0x7f);
}

Test(show, the_worst_record_fits_a_row)
{
	struct record rec = denied_call();

	memset(rec.to, 0x01, sizeof(rec.to));
	memset(rec.user, 0x01, sizeof(rec.user));
	memset(rec.detail, 0x01, sizeof(rec.detail));
	memset(rec.rule, 0x01, sizeof(rec.rule));
	memset(rec.call_id, 0x01, sizeof(rec.call_id));
	row(&rec);
}

Test(show, everything_is_wanted_without_a_filter)
{
	struct record rec = denied_call();

	cr_assert(wants(&(struct show_filter){0}, &rec));
}

Test(show, a_user_is_matched_in_full)
{
	struct record rec = denied_call();

	cr_assert(wants(&(struct show_filter){.user = "1001"}, &rec));
	cr_assert(!wants(&(struct show_filter){.user = "100"}, &rec));
	cr_assert(!wants(&(struct show_filter){.user = "10010"}, &rec));
	rec.user[0] = '\0';
	cr_assert(!wants(&(struct show_filter){.user = "1001"}, &rec));
}

Test(show, a_call_is_found_by_an_id_longer_than_a_record_holds)
{
	struct record rec = denied_call();
	char id[200];

	memset(id, 'i', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	memcpy(rec.call_id, id, sizeof(rec.call_id) - 1);
	cr_assert(wants(&(struct show_filter){.call_id = id}, &rec));
	id[3] = 'j';
	cr_assert(!wants(&(struct show_filter){.call_id = id}, &rec));
}

Test(show, denied_means_denied_or_dropped)
{
	static const bool denied[RECORD_VERDICT_COUNT] = {
		[RECORD_VERDICT_DENY] = true, [RECORD_VERDICT_DROP] = true};
	struct record rec = denied_call();

	for (unsigned i = 0; i < RECORD_VERDICT_COUNT; i++) {
		rec.verdict = (enum record_verdict)i;
		cr_assert_eq(wants(&(struct show_filter){.denied = true}, &rec),
			     denied[i]);
	}
}

Test(show, since_takes_the_instant_itself_and_nothing_older)
{
	struct record rec = denied_call();

	cr_assert(wants(&(struct show_filter){.since_us = NOW_US}, &rec));
	cr_assert(!wants(&(struct show_filter){.since_us = NOW_US + 1}, &rec));
}

Test(show, all_filters_must_agree)
{
	struct record rec = denied_call();
	struct show_filter filter = {.user = "1001",
				     .call_id = "a84b4c76",
				     .denied = true,
				     .since_us = NOW_US};

	cr_assert(wants(&filter, &rec));
	filter.call_id = "other";
	cr_assert(!wants(&filter, &rec));
}

static uint64_t since(const char *text)
{
	uint64_t us = 0;

	cr_assert_eq(show_since(&us, span_str(text), NOW_US), 0, "%s", text);
	return us;
}

Test(show, since_takes_periods)
{
	cr_assert_eq(since("30s"), NOW_US - 30000000ull);
	cr_assert_eq(since("10m"), NOW_US - 600000000ull);
	cr_assert_eq(since("2h"), NOW_US - 7200000000ull);
	cr_assert_eq(since("3d"), NOW_US - 259200000000ull);
	cr_assert_eq(since("0s"), NOW_US);
	cr_assert_eq(since("99999d"), 0, "before the epoch");
}

Test(show, since_takes_times_with_any_offset)
{
	cr_assert_eq(since("2023-11-14T22:13:20Z"), NOW_US);
	cr_assert_eq(since("2023-11-14t22:13:20z"), NOW_US);
	cr_assert_eq(since("2023-11-15T00:13:20+02:00"), NOW_US);
	cr_assert_eq(since("2023-11-14T16:43:20-05:30"), NOW_US);
	cr_assert_eq(since("2023-11-14T22:13:20.5Z"), NOW_US + 500000);
	cr_assert_eq(since("2023-11-14T22:13:20.0000429Z"), NOW_US + 42);
	cr_assert_eq(since("1970-01-01T00:00:00Z"), 0);
	/* RFC 3339 5.7: a leap second. */
	cr_assert_eq(since("2016-12-31T23:59:60Z"), 1483228800000000ull);
}

Test(show, since_refuses_everything_else)
{
	static const char *const bad[] = {"",
					  "s",
					  "10",
					  "10x",
					  "-10m",
					  "+10m",
					  "1.5h",
					  "10 m",
					  "10M",
					  "1h30m",
					  "99999999999999999999d",
					  "18446744073709551615d",
					  "2023-11-14",
					  "2023-11-14T22:13Z",
					  "yesterday"};
	uint64_t us = 17;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(show_since(&us, span_str(bad[i]), NOW_US), EINVAL,
			     "%s", bad[i]);
		cr_assert_eq(us, 17);
	}
}
