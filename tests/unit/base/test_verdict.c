/* test_verdict.c - a refusal carries its reason's code, a pass carries none */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "rempart/base/verdict.h"

Test(verdict, nothing_is_a_pass)
{
	const struct verdict none = {0};
	const struct verdict pass = verdict_pass();

	cr_assert(verdict_passes(&none));
	cr_assert(verdict_passes(&pass));
	cr_assert_eq(pass.reason, REASON_OK);
	cr_assert_eq(pass.sip_code, 0);
	cr_assert_str_eq(pass.detail, "");
}

Test(verdict, a_rejection_takes_the_code_of_its_reason)
{
	const struct verdict v = verdict_reject(REASON_LOOP, "seen before");

	cr_assert_not(verdict_passes(&v));
	cr_assert_eq(v.action, ACTION_REJECT);
	cr_assert_eq(v.reason, REASON_LOOP);
	cr_assert_eq(v.sip_code, 482);
	cr_assert_str_eq(v.detail, "seen before");
}

Test(verdict, a_drop_is_silent)
{
	const struct verdict v = verdict_drop(REASON_LOOP, NULL);

	cr_assert_not(verdict_passes(&v));
	cr_assert_eq(v.action, ACTION_DROP);
	cr_assert_eq(v.sip_code, 0);
	cr_assert_str_eq(v.detail, "");
}

Test(verdict, a_long_detail_is_cut)
{
	char longer[2 * VERDICT_DETAIL_MAX];
	struct verdict v;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	v = verdict_reject(REASON_BAD_URI, longer);
	cr_assert_eq(strlen(v.detail), VERDICT_DETAIL_MAX - 1);
}

Test(verdict, rejecting_without_a_code_is_our_mistake, .signal = SIGABRT)
{
	(void)verdict_reject(REASON_KEEPALIVE, NULL);
}
