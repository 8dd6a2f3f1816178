/* main.c - runs each test in a process of its own, as Criterion does */
#include <criterion/criterion.h>
#include <sys/wait.h>

enum { SUITES_MAX = 16 };

static struct tsan_test *tests;

static struct {
	const char *suite;
	struct tsan_options options;
} suites[SUITES_MAX];

void tsan_add_test(struct tsan_test *test)
{
	test->next = tests;
	tests = test;
}

void tsan_add_suite(const char *suite, struct tsan_options options)
{
	for (size_t i = 0; i < SUITES_MAX; i++)
		if (!suites[i].suite) {
			suites[i].suite = suite;
			suites[i].options = options;
			return;
		}
	abort();
}

static struct tsan_options suite_options(const char *suite)
{
	for (size_t i = 0; i < SUITES_MAX && suites[i].suite; i++)
		if (!strcmp(suites[i].suite, suite))
			return suites[i].options;
	return (struct tsan_options){0};
}

static void run(const struct tsan_test *test)
{
	const struct tsan_options suite = suite_options(test->suite);

	if (suite.init)
		suite.init();
	if (test->options.init)
		test->options.init();
	test->run();
	if (test->options.fini)
		test->options.fini();
	if (suite.fini)
		suite.fini();
	/* Not _exit(): a thread that was left behind is told of at exit. */
	exit(0);
}

static bool passes(const struct tsan_test *test)
{
	const struct tsan_options *want = &test->options;
	int status;

	fflush(NULL);
	pid_t pid = fork();
	if (!pid)
		run(test);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == want->signal;
	return !want->signal && WEXITSTATUS(status) == want->exit_code;
}

int main(void)
{
	unsigned count = 0, failed = 0;

	for (const struct tsan_test *test = tests; test; test = test->next) {
		if (test->options.disabled)
			continue;
		count++;
		if (passes(test))
			continue;
		failed++;
		fprintf(stderr, "FAILED %s/%s\n", test->suite, test->name);
	}
	printf("%u tests under ThreadSanitizer, %u failed\n", count, failed);
	return failed || !count;
}
