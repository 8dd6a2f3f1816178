/* The control socket's file is private from its first moment, takes the place
 * of a dead edge's only, and goes with the edge that made it. */
#include "desk.h"

Test(listen, the_file_is_private_and_goes)
{
	struct desk desk;
	struct stat st;
	mode_t mask = umask(0);

	desk_start(&desk);
	cr_assert_eq(lstat(desk.path, &st), 0);
	cr_assert(S_ISSOCK(st.st_mode));
	cr_assert_eq(st.st_mode & 07777, 0600);
	control_close(desk.control);
	cr_assert_eq(lstat(desk.path, &st), -1);
	desk.control = NULL;
	desk_end(&desk);
	umask(mask);
}

Test(listen, a_dead_edge_is_succeeded)
{
	struct desk desk;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char why[256];

	desk_init(&desk);
	memcpy(addr.sun_path, desk.path, strlen(desk.path) + 1);

	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	cr_assert_eq(desk_open(&desk, why), 0);
	cr_assert(client_asks(&desk, "status\n", TABLE));
	desk_end(&desk);
}

Test(listen, a_living_edge_is_not)
{
	struct desk desk, second;
	char why[256];

	desk_start(&desk);
	second = desk;
	cr_assert_eq(desk_open(&second, why), EADDRINUSE);
	cr_assert(strstr(why, "another edge answers"));
	cr_assert(strstr(why, desk.path));
	cr_assert(client_asks(&desk, "status\n", TABLE));
	desk_end(&desk);
}

Test(listen, another_file_stays)
{
	struct desk desk;
	struct stat st;
	char why[256];

	desk_init(&desk);

	FILE *file = fopen(desk.path, "w");
	cr_assert(file);
	fclose(file);
	cr_assert_eq(desk_open(&desk, why), EEXIST);
	cr_assert_eq(lstat(desk.path, &st), 0);
	cr_assert(S_ISREG(st.st_mode));
	cr_assert_eq(unlink(desk.path), 0);

	/* Nor is a link followed to somebody's socket. */
	cr_assert_eq(symlink("elsewhere", desk.path), 0);
	cr_assert_eq(desk_open(&desk, why), EEXIST);
	desk_end(&desk);
}

Test(listen, a_path_that_does_not_fit_is_named)
{
	struct desk desk;
	char why[256] = "", path[CONTROL_PATH_MAX + 1];
	struct control_settings set = {path, desk_answer, &desk};

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(control_open(&desk.control, &set, why), ENAMETOOLONG);
	cr_assert(strstr(why, "aaa"));

	set.path = "/nonexistent/ctl";
	cr_assert_eq(control_open(&desk.control, &set, why), ENOENT);
	cr_assert(strstr(why, "/nonexistent/ctl"));
}

Test(listen, the_file_of_a_successor_stays)
{
	struct desk desk;
	struct stat st;

	desk_start(&desk);

	struct desk second = desk;
	char why[256];
	cr_assert_eq(unlink(desk.path), 0);
	cr_assert_eq(desk_open(&second, why), 0);
	control_close(desk.control);
	cr_assert_eq(lstat(desk.path, &st), 0);
	cr_assert(client_asks(&second, "status\n", TABLE));
	desk_end(&second);
}
