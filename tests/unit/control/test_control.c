/* The control socket answers one line from who may ask, and a client that
 * sends garbage, hangs, crowds or is somebody else harms nobody. */
#include <sys/wait.h>

#include "desk.h"

enum { NOBODY = 65534 };

Test(control, a_question_gets_an_answer_with_an_end)
{
	struct desk desk;

	desk_start(&desk);
	cr_assert(client_asks(&desk, "calls end 17\n", TABLE));
	cr_assert_str_eq(desk.last, "calls end 17");
	cr_assert_eq(control_wait_ms(desk.control), -1);
	desk_end(&desk);
}

Test(control, a_question_may_come_byte_by_byte)
{
	static const char line[] = "phones\n";
	struct desk desk;

	desk_start(&desk);

	int fd = client_new(desk.path);
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		cr_assert_eq(desk.asked, 0);
		client_say(fd, line + i, 1);
		control_turn(desk.control);
		control_turn(desk.control);
	}
	cr_assert_eq(desk.asked, 1);

	char *got = client_end(&desk, fd);
	cr_assert_str_eq(got, TABLE);
	free(got);
	desk_end(&desk);
}

Test(control, a_long_answer_arrives_whole)
{
	struct desk desk;

	desk_start(&desk);

	int fd = client_new(desk.path);
	client_say(fd, "long\n", 5);

	char *got = client_end(&desk, fd);
	cr_assert_eq(strlen(got), LONG_ANSWER + 2);
	cr_assert_str_eq(got + LONG_ANSWER - 2, "x\n.\n");
	free(got);
	desk_end(&desk);
}

Test(control, want_of_memory_is_said)
{
	struct desk desk;

	desk_start(&desk);
	cr_assert(client_asks(&desk, "nothing\n",
			      "error\tcannot answer now, try again\n.\n"));
	desk_end(&desk);
}

Test(control, garbage_is_refused_and_never_asked)
{
	static const char *const lines[] = {"\x01\n", "sta\ttus\n",
					    "\xff\xfe\n", "stat\x7f\n",
					    "\x1b[2J\n"};
	char big[CONTROL_REQUEST_MAX];
	struct desk desk;

	desk_start(&desk);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_assert(client_asks(&desk, lines[i], UNKNOWN), "%zu", i);

	int fd = client_new(desk.path);
	client_say(fd, "sta\0us\n", 7);
	char *got = client_end(&desk, fd);
	cr_assert_str_eq(got, UNKNOWN);
	free(got);

	memset(big, 'a', sizeof(big));
	fd = client_new(desk.path);
	client_say(fd, big, sizeof(big));
	got = client_end(&desk, fd);
	cr_assert_str_eq(got, "error\ttoo long a request\n.\n");
	free(got);

	cr_assert_eq(desk.asked, 0);
	cr_assert(client_asks(&desk, "status\n", TABLE));
	desk_end(&desk);
}

Test(control, the_longest_line_is_a_question)
{
	char line[CONTROL_REQUEST_MAX + 1];
	struct desk desk;

	desk_start(&desk);
	memset(line, 'a', sizeof(line));
	line[CONTROL_REQUEST_MAX - 1] = '\n';
	line[CONTROL_REQUEST_MAX] = '\0';
	cr_assert(client_asks(&desk, line, TABLE));
	cr_assert_eq(strlen(desk.last), CONTROL_REQUEST_MAX - 1);
	desk_end(&desk);
}

Test(control, who_leaves_before_the_end_frees_the_place)
{
	struct desk desk;

	desk_start(&desk);
	for (int i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++) {
		int fd = client_new(desk.path);

		if (i % 3)
			client_say(fd, i % 3 == 1 ? "half" : "long\n",
				   i % 3 == 1 ? 4 : 5);
		control_turn(desk.control);
		control_turn(desk.control);
		close(fd);
		control_turn(desk.control);
	}
	cr_assert_eq(control_wait_ms(desk.control), -1);
	cr_assert(client_asks(&desk, "status\n", TABLE));
	desk_end(&desk);
}

Test(control, one_client_too_many_is_told_so)
{
	struct desk desk;
	int fds[CONTROL_CLIENTS_MAX];

	desk_start(&desk);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		fds[i] = client_new(desk.path);
	control_turn(desk.control);

	int fd = client_new(desk.path);
	char *got = client_end(&desk, fd);
	cr_assert_str_eq(got, "error\ttoo many clients at once\n.\n");
	free(got);

	close(fds[3]);
	control_turn(desk.control);
	cr_assert(client_asks(&desk, "status\n", TABLE));
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (i != 3)
			close(fds[i]);
	desk_end(&desk);
}

/* Two that hang, side by side: before asking, and with an answer that is not
 * taken. A third is served meanwhile. */
Test(control, who_hangs_is_closed_and_holds_nobody_up)
{
	struct desk desk;
	char *got;

	desk_start(&desk);

	int silent = client_new(desk.path), deaf = client_new(desk.path);
	client_say(silent, "stat", 4);
	client_say(deaf, "long\n", 5);
	control_turn(desk.control);
	control_turn(desk.control);
	cr_assert(client_asks(&desk, "status\n", TABLE));

	int wait_ms = control_wait_ms(desk.control);
	cr_assert(wait_ms > 0 && wait_ms <= CONTROL_CLIENT_S * 1000);
	got = client_end(&desk, silent);
	cr_assert_str_empty(got);
	free(got);
	while (control_wait_ms(desk.control) >= 0) {
		(void)poll(NULL, 0, control_wait_ms(desk.control));
		control_turn(desk.control);
	}
	got = client_end(&desk, deaf);
	cr_assert(strlen(got) < LONG_ANSWER);
	free(got);
	desk_end(&desk);
}

/* As another user, past a mode that somebody has loosened. */
static int ask_as_nobody(const char *path)
{
	char buf[128] = "";
	size_t len = 0;
	ssize_t n;

	if (setgid(NOBODY) || setuid(NOBODY))
		return 1;

	int fd = client_new(path);
	(void)!send(fd, "status\n", 7, MSG_NOSIGNAL);
	while ((n = recv(fd, buf + len, sizeof(buf) - 1 - len, 0)) > 0)
		len += (size_t)n;
	return strncmp(buf, "error\tonly root and", 19) ? 2 : 0;
}

Test(control, another_user_is_refused)
{
	struct desk desk;
	int status = 0;

	if (geteuid())
		cr_skip("only root can be somebody else");
	desk_start(&desk);
	cr_assert_eq(chmod(desk.directory, 0755), 0);
	cr_assert_eq(chmod(desk.path, 0666), 0);

	pid_t pid = fork();
	if (!pid)
		_exit(ask_as_nobody(desk.path));
	while (!waitpid(pid, &status, WNOHANG)) {
		struct pollfd wait = {control_fd(desk.control), POLLIN, 0};

		(void)poll(&wait, 1, 10);
		control_turn(desk.control);
	}
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
	cr_assert_eq(desk.asked, 0);
	desk_end(&desk);
}
