/* test_number.c - labelled numbers of 48 countries, those of tables that were
 * read, and what looks like other numbers than it is, have the country, class
 * and E.164 form that plans say */
#include "rows.h"

static const char *const examples[] = {
#include "numbers.csv"
};

/* Read where the last column says. The class is the regulator's; where the
 * product answers another, the column has why. */
static const char *const regulators[] = {
#include "regulators.csv"
};

static const char *const lookalikes[] = {
#include "lookalikes.csv"
};

static void open_metadata(void)
{
	cr_assert(number_open());
}

TestSuite(number, .init = open_metadata);

static void expect_rows(const char *const *cells, size_t count)
{
	size_t wrong = 0;

	cr_assert_eq(count % COLUMNS, 0);
	for (size_t i = COLUMNS; i < count; i += COLUMNS)
		wrong += !row_holds(cells + i);
	cr_expect_eq(wrong, 0, "%zu rows differ", wrong);
}

Test(number, every_example_of_48_countries_has_its_class_and_e164)
{
	size_t count = sizeof(examples) / sizeof(examples[0]);

	cr_assert_geq(count / COLUMNS, 1500);
	expect_rows(examples, count);
}

Test(number, what_regulators_say_of_a_range_is_the_class_of_its_numbers)
{
	size_t count = sizeof(regulators) / sizeof(regulators[0]);

	cr_assert_geq(count / COLUMNS, 200);
	for (size_t i = COLUMNS; i < count; i += COLUMNS)
		cr_assert(strlen(regulators[i + SOURCE]) > 20);
	expect_rows(regulators, count);
}

Test(number, what_looks_like_another_number_is_what_the_plans_say)
{
	expect_rows(lookalikes, sizeof(lookalikes) / sizeof(lookalikes[0]));
}

Test(number, every_class_is_found_by_its_name)
{
	for (unsigned i = 0; i < NUMBER_CLASS_COUNT; i++) {
		const char *name = number_class_name((enum number_class)i);
		enum number_class found = NUMBER_CLASS_COUNT;

		cr_expect(number_class_find(span_str(name), &found));
		cr_expect_eq((unsigned)found, i);
	}
	enum number_class untouched = NUMBER_PREMIUM;
	cr_expect_not(number_class_find(SPAN("domestic"), &untouched));
	cr_expect_not(number_class_find(SPAN("premiu"), &untouched));
	cr_expect_eq(untouched, NUMBER_PREMIUM);
}
