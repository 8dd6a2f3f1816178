/* test_record.c - kinds and verdicts have the names that customers read */
#include <criterion/criterion.h>
#include <signal.h>

#include "rempart/base/record.h"

Test(record, names_stand_by_their_identifiers)
{
	cr_assert_str_eq(record_kind_name(RECORD_CALL), "call");
	cr_assert_str_eq(record_kind_name(RECORD_ADMIN), "admin");
	cr_assert_str_eq(record_verdict_name(RECORD_VERDICT_ALLOW), "allow");
	cr_assert_str_eq(record_verdict_name(RECORD_VERDICT_END), "end");
}

Test(record, every_kind_and_verdict_has_a_name)
{
	for (unsigned i = 0; i < RECORD_KIND_COUNT; i++)
		cr_assert(*record_kind_name((enum record_kind)i));
	for (unsigned i = 0; i < RECORD_VERDICT_COUNT; i++)
		cr_assert(*record_verdict_name((enum record_verdict)i));
}

Test(record, a_kind_outside_the_table_is_our_mistake, .signal = SIGABRT)
{
	(void)record_kind_name(RECORD_KIND_COUNT);
}
