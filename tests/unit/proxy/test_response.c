/* test_response.c - a 503 of one server is not the answer of all */
#include <criterion/criterion.h>

#include "rempart/proxy/response.h"

Test(response, a_503_leaves_as_500)
{
	cr_assert_eq(response_forward_code(503), 500);
	for (unsigned code = 100; code < 700; code++)
		if (code != 503)
			cr_assert_eq(response_forward_code((uint16_t)code),
				     code);
}
