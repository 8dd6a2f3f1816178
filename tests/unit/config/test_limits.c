/* test_limits.c - proves that limits are on unless they are written off, and
 * that a pace is read as it is written */
#include "fixture.h"

#define AT 5

static void same(const struct bucket_rule *got, uint32_t count, uint32_t per_s,
		 uint32_t burst)
{
	struct bucket_rule want;

	cr_assert_eq(bucket_rule_init(&want, count, per_s, burst), 0);
	cr_assert_eq(got->token_us, want.token_us);
	cr_assert_eq(got->depth_us, want.depth_us);
}

Test(limits, the_defaults_are_those_of_the_guard)
{
	struct config *cfg = good(LISTEN UPSTREAM);
	struct limits_settings usual;

	limits_defaults(&usual);
	same(&cfg->limits.messages, 50, 1, 200);
	cr_assert_eq(memcmp(&cfg->limits.messages, &usual.messages,
			    sizeof(usual.messages)),
		     0);
	cr_assert_eq(memcmp(&cfg->limits.registers_user, &usual.registers_user,
			    sizeof(usual.messages)),
		     0);
	cr_assert_eq(memcmp(&cfg->limits.registers_source,
			    &usual.registers_source, sizeof(usual.messages)),
		     0);
	cr_assert_eq(memcmp(&cfg->limits.calls_user, &usual.calls_user,
			    sizeof(usual.messages)),
		     0);
	cr_assert_eq(memcmp(&cfg->limits.new_work, &usual.new_work,
			    sizeof(usual.messages)),
		     0);
	cr_assert_str_eq(cfg->limits.where, "limits (default)");
	cr_assert_eq(cfg->emergency_per_device, 2);
	cr_assert_eq(cfg->emergency_per_site, 20);
	config_free(cfg);
}

Test(limits, every_written_value_is_taken)
{
	struct config *cfg =
		good(LISTEN UPSTREAM
		     "limits = { messages = \"50/1s burst 200\"; "
		     "registers_per_user = \"6/min\"; registers_per_source = "
		     "\"1/10s burst 7\"; calls_per_user = \"100/h burst 5\"; "
		     "new_work = \"100000/s burst 1\"; };\n"
		     "emergency = { per_device = 1; per_site = 10000; };");

	same(&cfg->limits.messages, 50, 1, 200);
	same(&cfg->limits.registers_user, 6, 60, 6);
	same(&cfg->limits.registers_source, 1, 10, 7);
	same(&cfg->limits.calls_user, 100, 3600, 5);
	same(&cfg->limits.new_work, 100000, 1, 1);
	cr_assert_str_eq(cfg->limits.where, "limits /etc/r.conf:5");
	cr_assert_eq(cfg->emergency_per_device, 1);
	cr_assert_eq(cfg->emergency_per_site, 10000);
	config_free(cfg);
}

Test(limits, what_is_no_pace_is_refused)
{
	static const struct {
		const char *pace, *what;
	} rows[] = {
		{"fast", "is no pace"},
		{"off", "is no pace"},
		{"50/", "is no pace"},
		{"50/d", "is no pace"},
		{"50/sec", "is no pace"},
		{"50 /s", "is no pace"},
		{"50/s burst", "is no pace"},
		{"50/s burst 5x", "is no pace"},
		{"50/s, burst 5", "is no pace"},
		{"-5/s", "is no pace"},
		{"/s", "It must have 3 to 40"},
		{"0/s", "is no pace"},
		{"5/0s", "is no pace"},
		{"5/s burst 0", "is no pace"},
		{"5/s burst 100001", "is no pace"},
		{"5/2h", "is no pace"},
		{"99999999999999999999999/s", "is no pace"},
		{"5/99999999999999999999s", "is no pace"},
		{"2000000/s burst 5", "is no pace"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text),
			 LISTEN UPSTREAM "limits = {\nmessages = \"%s\"; };",
			 rows[i].pace);
		bad(text, AT + 1, rows[i].what);
	}
	bad(LISTEN UPSTREAM "emergency = { per_device = 0; };", AT, "1 to 100");
}
