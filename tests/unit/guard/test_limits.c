/* test_limits.c - who passes, who does not, and what is said to them */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "limits_help.h"

static void check_refusal(struct verdict v, enum reason reason, uint16_t code,
			  uint32_t retry_after_s)
{
	cr_assert_eq(v.action, ACTION_REJECT);
	cr_assert_eq(v.reason, reason, "%s", reason_name(v.reason));
	cr_assert_eq(v.sip_code, code, "%u", v.sip_code);
	cr_assert_eq(v.retry_after_s, retry_after_s, "%u", v.retry_after_s);
}

/* ---- settings */

Test(limits, the_defaults_are_those_of_the_manual)
{
	struct limits_settings rules;
	const struct {
		const struct bucket_rule *is;
		const char *text;
	} rows[] = {
		{&rules.messages, "50/1s burst 200"},
		{&rules.registers_user, "60/1m burst 60"},
		{&rules.registers_source, "100/1s burst 1000"},
		{&rules.calls_user, "30/1m burst 10"},
		{&rules.new_work, "2000/1s burst 4000"},
	};

	limits_defaults(&rules);
	cr_assert_str_eq(rules.where, "limits (default)");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct bucket_rule rule = ruled(rows[i].text);

		cr_assert_eq(rows[i].is->token_us, rule.token_us, "row %zu", i);
		cr_assert_eq(rows[i].is->depth_us, rule.depth_us, "row %zu", i);
	}
}

Test(limits, a_rule_is_read_as_it_is_written)
{
	static const struct {
		const char *text;
		uint64_t token_us, burst;
	} rows[] = {
		{"50/1s burst 200", 20000, 200},
		{"50/s burst 200", 20000, 200},
		{"20/1m burst 20", 3000000, 20},
		{"  20/1m \t burst  20 \t", 3000000, 20},
		{"20/min burst 20", 3000000, 20},
		{"1/1h burst 1", 3600000000, 1},
		{"1/60m burst 1", 3600000000, 1},
		{"1/3600s burst 100000", 3600000000, 100000},
		{"1000000/1s burst 1", 1, 1},
		{"007/7s burst 1", 1000000, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct bucket_rule rule = ruled(rows[i].text);

		cr_assert_eq(rule.token_us, rows[i].token_us, "%s",
			     rows[i].text);
		cr_assert_eq(rule.depth_us, rows[i].token_us * rows[i].burst,
			     "%s", rows[i].text);
	}
}

Test(limits, a_limit_cannot_be_absent_or_written_otherwise)
{
	static const char *const rows[] = {
		"",
		"off",
		"none",
		"0",
		"50",
		"50/1s burst",
		"50/1s burst ",
		"50/1s burst 0",
		"0/1s burst 1",
		"50/0s burst 1",
		"50/1sburst 1",
		"50/1s burst1",
		"50/1s burst 200x",
		"50/1s burst 200 off",
		"50/1s Burst 200",
		"50/1s burst -1",
		"-50/1s burst 200",
		"+50/1s burst 200",
		"50 /1s burst 200",
		"50/1 burst 200",
		"50/1d burst 200",
		"50/1ms burst 200",
		"50/2h burst 200",
		"50/61m burst 200",
		"50/3601s burst 200",
		"50/1s burst 100001",
		"1000001/1s burst 1",
		"50/1s burst 4294967297",
		"4294967297/1s burst 1",
		"50/99999999999999999999999h burst 1",
		"5.5/1s burst 200",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bucket_rule rule = {7, 7};
		const int err = limits_parse(&rule, span_str(rows[i]));

		cr_assert_eq(err, EINVAL, "%s", rows[i]);
		cr_assert_eq(rule.token_us, 7, "%s", rows[i]);
	}
	struct bucket_rule rule = {7, 7};

	cr_assert_eq(limits_parse(&rule, span_of("50/1s burst 2\0", 14)),
		     EINVAL);
	cr_assert_eq(limits_parse(&rule, (struct span){0}), EINVAL);
}

/* ---- who passes */

Test(limits, 300_phones_behind_one_address_return_at_once)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	unsigned passed = 0;

	/* each is challenged and comes again */
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned n = 0; n < 300; n++) {
			const struct verdict v = limits_new_work(
				set, &rules, false, START_US + round * 20000);

			cr_assert(verdict_passes(&v));
			passed += registers(set, &rules, n, 1,
					    START_US + round * 20000);
		}
	}
	cr_assert_eq(passed, 600);
	limits_close(set);
}

Test(limits, a_source_has_a_limit_and_so_has_a_user_of_it)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	unsigned passed = 0;

	for (unsigned n = 0; n < 2000; n++)
		passed += registers(set, &rules, n, 1, START_US);
	cr_assert_eq(passed, 1000, "of one source: %u", passed);
	passed = 0;
	for (unsigned n = 0; n < 90; n++)
		passed += registers(set, &rules, 7, 2, START_US);
	cr_assert_eq(passed, 60, "of one user there: %u", passed);
	/* that user elsewhere, and others there, are nobody's victims */
	cr_assert(registers(set, &rules, 7, 3, START_US));
	cr_assert(registers(set, &rules, 8, 2, START_US));
	limits_close(set);
}

Test(limits, a_port_is_no_source_and_a_64_is_one)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	struct addr source = from(1);
	unsigned passed = 0;

	rules.registers_source = ruled("1/1s burst 5");
	for (uint16_t port = 1; port <= 10; port++) {
		struct verdict v;

		source.port = port;
		v = limits_register(set, &rules, user(port), &source, START_US);
		passed += verdict_passes(&v);
	}
	cr_assert_eq(passed, 5);
	source = (struct addr){.version = 6, .ip = {0x20, 1, 0xd, 0xb8}};
	passed = 0;
	for (uint8_t host = 1; host <= 10; host++) {
		struct verdict v;

		source.ip[15] = host;
		source.ip[8] = host;
		v = limits_register(set, &rules, user(host), &source, START_US);
		passed += verdict_passes(&v);
	}
	cr_assert_eq(passed, 5);
	source.ip[7] = 1;
	const struct verdict next =
		limits_register(set, &rules, user(1), &source, START_US);

	cr_assert(verdict_passes(&next), "the next /64 is another source");
	/* the same bytes as those of the first one */
	source = from(1);
	source.version = 6;
	const struct verdict other =
		limits_register(set, &rules, user(1), &source, START_US);

	cr_assert(verdict_passes(&other), "IPv6 is not IPv4");
	limits_close(set);
}

/* Either limit alone refuses, and then the other one is not touched. */
Test(limits, a_refused_register_spends_no_token)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);

	rules.registers_user = ruled("1/1m burst 1");
	rules.registers_source = ruled("1/1m burst 3");
	cr_assert(registers(set, &rules, 1, 1, START_US));
	for (unsigned i = 0; i < 50; i++)
		cr_assert_not(registers(set, &rules, 1, 1, START_US));
	cr_assert(registers(set, &rules, 2, 1, START_US));
	cr_assert(registers(set, &rules, 3, 1, START_US));
	/* now the source has none; user 4 keeps its one */
	cr_assert_not(registers(set, &rules, 4, 1, START_US));
	rules.registers_source = ruled("1/1m burst 100");
	cr_assert(registers(set, &rules, 4, 1, START_US));
	limits_close(set);
}

Test(limits, calls_are_counted_by_user_and_apart_from_registrations)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	unsigned passed = 0;

	for (unsigned i = 0; i < 50; i++)
		passed += calls(set, &rules, 1, START_US);
	cr_assert_eq(passed, 10);
	cr_assert(calls(set, &rules, 2, START_US));
	cr_assert(registers(set, &rules, 1, 1, START_US));
	limits_close(set);
}

Test(limits, names_are_compared_by_their_bytes_and_any_length_will_do)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	static char name[20000];
	struct verdict v;

	rules.calls_user = ruled("1/1m burst 1");
	memset(name, 'a', sizeof(name));
	v = limits_call(set, &rules, span_of(name, sizeof(name)), START_US);
	cr_assert(verdict_passes(&v));
	v = limits_call(set, &rules, span_of(name, sizeof(name) - 1), START_US);
	cr_assert(verdict_passes(&v));
	v = limits_call(set, &rules, (struct span){0}, START_US);
	cr_assert(verdict_passes(&v));
	v = limits_call(set, &rules, SPAN("\0"), START_US);
	cr_assert(verdict_passes(&v));
	v = limits_call(set, &rules, span_of(name, sizeof(name)), START_US);
	cr_assert_not(verdict_passes(&v));
	limits_close(set);
}

/* ---- what is said to the others */

Test(limits, each_refusal_has_its_reason_its_code_and_its_key)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	const struct addr source = from(1);
	struct bucket conn = {0};
	struct verdict v;

	rules.messages = rules.registers_user = rules.calls_user =
		rules.new_work = ruled("1/1m burst 1");
	v = limits_message(&conn, &rules, START_US);
	cr_assert(verdict_passes(&v));
	v = limits_message(&conn, &rules, START_US);
	check_refusal(v, REASON_LIMIT_MESSAGES, 503, 60);
	cr_assert_str_eq(v.detail,
			 "limits.messages: one every 60 s after a burst of 1");

	v = limits_register(set, &rules, user(1), &source, START_US);
	cr_assert(verdict_passes(&v));
	v = limits_register(set, &rules, user(1), &source, START_US);
	check_refusal(v, REASON_LIMIT_REGISTER, 503, 60);
	cr_assert(strstr(v.detail, "limits.registers_per_user: "));
	rules.registers_source = ruled("1/1s burst 1");
	v = limits_register(set, &rules, user(2), &source, START_US);
	check_refusal(v, REASON_LIMIT_REGISTER, 503, 1);
	cr_assert(strstr(v.detail, "limits.registers_per_source: "));

	v = limits_call(set, &rules, user(1), START_US);
	cr_assert(verdict_passes(&v));
	v = limits_call(set, &rules, user(1), START_US);
	check_refusal(v, REASON_LIMIT_CALLS, 480, 60);
	cr_assert(strstr(v.detail, "limits.calls_per_user: "));

	v = limits_new_work(set, &rules, false, START_US);
	cr_assert(verdict_passes(&v));
	v = limits_new_work(set, &rules, false, START_US);
	check_refusal(v, REASON_LIMIT_NEW_WORK, 503, 60);
	v = limits_new_work(set, &rules, true, START_US);
	check_refusal(v, REASON_LIMIT_NEW_WORK, 480, 60);
	cr_assert(strstr(v.detail, "limits.new_work: "));
	limits_close(set);
}

Test(limits, the_detail_has_a_time_in_its_own_unit)
{
	struct limits_settings rules;
	struct bucket conn = {0};
	struct verdict v = {0};
	static const char *const rows[][2] = {
		{"2000/1s burst 1", "one every 500 us"},
		{"50/1s burst 1", "one every 20 ms"},
		{"2/3s burst 1", "one every 1500 ms"},
		{"20/1m burst 1", "one every 3 s"},
	};

	limits_defaults(&rules);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		conn = (struct bucket){0};
		rules.messages = ruled(rows[i][0]);
		v = limits_message(&conn, &rules, START_US);
		cr_assert(verdict_passes(&v));
		v = limits_message(&conn, &rules, START_US);
		cr_assert(strstr(v.detail, rows[i][1]), "%s", v.detail);
	}
}

/* To the second: who comes back then passes, who comes a second earlier does
 * not. At any time, for any rule. */
Test(limits, retry_after_is_true_to_the_second)
{
	static const char *const texts[] = {
		"20/1m burst 3", "7/10s burst 1", "1/1h burst 2",
		"50/1s burst 9", "1/1s burst 1",  "3/7m burst 30",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct limits_settings rules;
		struct limits *set = opened(&rules);
		uint64_t now_us = START_US;
		uint64_t seed = i;

		rules.calls_user = ruled(texts[i]);
		for (unsigned n = 0; n < 300; n++) {
			struct verdict v =
				limits_call(set, &rules, user(1), now_us);

			if (verdict_passes(&v)) {
				now_us += draw(&seed) % 1000;
				continue;
			}
			cr_assert_geq(v.retry_after_s, 1);
			if (v.retry_after_s > 1)
				cr_assert_not(calls(
					set, &rules, 1,
					now_us + (v.retry_after_s - 1) * S));
			now_us += v.retry_after_s * S;
			cr_assert(calls(set, &rules, 1, now_us), "%s",
				  texts[i]);
		}
		limits_close(set);
	}
}

/* ---- other rules, other clocks */

Test(limits, a_reload_to_other_rules_holds_at_once)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);
	unsigned passed = 0;

	rules.calls_user = ruled("1/1h burst 100");
	for (unsigned i = 0; i < 100; i++)
		cr_assert(calls(set, &rules, 1, START_US));
	cr_assert_not(calls(set, &rules, 1, START_US));

	/* a hundred hours of debt are not carried over */
	rules.calls_user = ruled("1/1s burst 5");
	cr_assert_not(calls(set, &rules, 1, START_US));
	cr_assert(calls(set, &rules, 1, START_US + S));

	rules.calls_user = ruled("1/1s burst 50");
	for (unsigned i = 0; i < 60; i++)
		passed += calls(set, &rules, 1, START_US + S);
	cr_assert_eq(passed, 45);
	limits_close(set);
}

Test(limits, no_limit_in_the_rules_keeps_nothing)
{
	struct limits_settings rules;
	struct limits *set = opened(&rules);

	rules.calls_user = (struct bucket_rule){0};
	for (unsigned i = 0; i < 100000; i++)
		cr_assert(calls(set, &rules, 1, START_US));
	limits_defaults(&rules);
	cr_assert(calls(set, &rules, 1, START_US));
	limits_close(set);
}

Test(limits, closing_nothing_is_allowed)
{
	limits_close(NULL);
}
