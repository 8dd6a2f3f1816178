/* response.c - which code of the far side goes back (RFC 3261 16.7 step 6) */
#include "rempart/proxy/response.h"

uint16_t response_forward_code(uint16_t code)
{
	return code == 503 ? 500 : code;
}
