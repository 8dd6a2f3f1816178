/* criterion.h - the part of Criterion that our tests of threads use, for
 * ThreadSanitizer: the real one maps its arena where TSan has its shadow.
 * These tests prove the same as under Criterion, and that no data race is in
 * what threads share. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tsan_options {
	void (*init)(void);
	void (*fini)(void);
	double timeout; /* ctest has its own */
	int signal;
	int exit_code;
	bool disabled;
};

struct tsan_test {
	const char *suite, *name;
	void (*run)(void);
	struct tsan_options options;
	struct tsan_test *next;
};

void tsan_add_test(struct tsan_test *test);
void tsan_add_suite(const char *suite, struct tsan_options options);

#define TestSuite(s, ...)                                                      \
	__attribute__((constructor)) static void tsan_suite_##s(void)          \
	{                                                                      \
		tsan_add_suite(#s, (struct tsan_options){__VA_ARGS__});        \
	}                                                                      \
	struct tsan_options

#define Test(s, n, ...)                                                        \
	static void tsan_run_##s##_##n(void);                                  \
	__attribute__((constructor)) static void tsan_add_##s##_##n(void)      \
	{                                                                      \
		static struct tsan_test test = {                               \
			#s, #n, tsan_run_##s##_##n, {__VA_ARGS__}, NULL};      \
		tsan_add_test(&test);                                          \
	}                                                                      \
	static void tsan_run_##s##_##n(void)

#define TSAN_CHECK(cond, text, ...)                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: %s ", __FILE__, __LINE__,      \
				text);                                         \
			fprintf(stderr, " " __VA_ARGS__);                      \
			fputc('\n', stderr);                                   \
			_exit(1);                                              \
		}                                                              \
	} while (0)

#define cr_assert(c, ...) TSAN_CHECK((c), #c, __VA_ARGS__)
#define cr_assert_not(c, ...) TSAN_CHECK(!(c), "not " #c, __VA_ARGS__)
#define cr_assert_null(p, ...) TSAN_CHECK(!(p), "no " #p, __VA_ARGS__)
#define cr_assert_not_null(p, ...) TSAN_CHECK((p), #p, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)                                                \
	TSAN_CHECK((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)                                               \
	TSAN_CHECK((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) TSAN_CHECK((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)                                               \
	TSAN_CHECK((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) TSAN_CHECK((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)                                               \
	TSAN_CHECK((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)                                            \
	TSAN_CHECK(!strcmp((a), (b)), #a " is " #b, __VA_ARGS__)
#define cr_assert_fail(...) TSAN_CHECK(false, "fail", __VA_ARGS__)
#define cr_skip_test(...)                                                      \
	do {                                                                   \
		fprintf(stderr, "skipped: " __VA_ARGS__);                      \
		fputc('\n', stderr);                                           \
		_exit(0);                                                      \
	} while (0)
