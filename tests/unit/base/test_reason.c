/* test_reason.c - every reason has a stable name, a text and a code that SIP
 * knows */
#include <criterion/criterion.h>
#include <ctype.h>
#include <signal.h>
#include <string.h>

#include "rempart/base/reason.h"

Test(reason, names_are_labels_and_never_repeat)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const char *name = reason_name((enum reason)i);

		cr_assert(*name);
		for (const char *c = name; *c; c++)
			cr_assert(islower(*c) || isdigit(*c) || *c == '-', "%s",
				  name);
		for (unsigned j = 0; j < i; j++)
			cr_assert_str_neq(name, reason_name((enum reason)j));
	}
}

Test(reason, codes_are_none_or_final_refusals)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const unsigned code = reason_code((enum reason)i);

		cr_assert(!code || (code >= 400 && code < 700), "%s",
			  reason_name((enum reason)i));
	}
}

Test(reason, texts_stand_in_one_quoted_line)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const char *text = reason_text((enum reason)i);

		cr_assert(*text);
		for (const char *c = text; *c; c++)
			cr_assert(isprint(*c) && *c != '"' && *c != '\\', "%s",
				  text);
	}
}

Test(reason, the_columns_belong_to_one_row)
{
	cr_assert_str_eq(reason_name(REASON_OK), "ok");
	cr_assert_eq(reason_code(REASON_OK), 0);
	cr_assert_str_eq(reason_name(REASON_LOOP), "loop");
	cr_assert_eq(reason_code(REASON_LOOP), 482);
	cr_assert_str_eq(reason_text(REASON_LOOP), "Loop Detected");
	cr_assert_str_eq(reason_name(REASON_INTERNAL), "internal");
}

Test(reason, a_reason_outside_the_table_is_our_mistake, .signal = SIGABRT)
{
	(void)reason_name(REASON_COUNT);
}
