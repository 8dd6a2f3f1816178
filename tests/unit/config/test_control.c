/* Proves where the control socket stands: named, or in the state's directory,
 * and never at a path that a socket's address has no room for. */
#include "fixture.h"

#define LONG_40 "0123456789012345678901234567890123456789"

Test(control, it_stands_in_the_directory_of_the_state)
{
	struct config *cfg = good(LISTEN UPSTREAM);

	cr_assert_str_eq(cfg->control_socket, "/var/lib/rempart/ctl");
	config_free(cfg);
	cfg = good("state = { directory = \"s\"; };\n" LISTEN UPSTREAM);
	cr_assert_str_eq(cfg->control_socket, "/etc/s/ctl");
	config_free(cfg);
}

Test(control, it_stands_where_it_is_named)
{
	struct config *cfg =
		good("control = { socket = \"/run/x\"; };\n" LISTEN UPSTREAM);

	cr_assert_str_eq(cfg->control_socket, "/run/x");
	config_free(cfg);
	cfg = good("control = { socket = \"x\"; };\n" LISTEN UPSTREAM);
	cr_assert_str_eq(cfg->control_socket, "/etc/x");
	config_free(cfg);
}

Test(control, a_name_of_107_bytes_fits_and_one_more_does_not)
{
	struct config *cfg =
		good("control = { socket = \"/" LONG_40 LONG_40
		     "01234567890123456789012345\"; };\n" LISTEN UPSTREAM);

	cr_assert_eq(strlen(cfg->control_socket), 107);
	config_free(cfg);
	bad(LISTEN UPSTREAM "control = { socket = \"/" LONG_40 LONG_40
			    "012345678901234567890123456\"; };\n",
	    5, "control.socket");
	/* 105 bytes, and "/etc/" before them */
	bad(LISTEN UPSTREAM "control = { socket = \"" LONG_40 LONG_40
			    "0123456789012345678901234\"; };\n",
	    5, "control.socket is longer");
}

Test(control, a_state_too_deep_for_a_socket_is_no_fault)
{
	struct config *cfg =
		good("state = { directory = \"/" LONG_40 LONG_40 LONG_40
		     "\"; };\n" LISTEN UPSTREAM);

	cr_assert_str_empty(cfg->control_socket);
	cr_assert_not_null(find(true, "rempart ctl cannot be used"));
	config_free(cfg);
}
