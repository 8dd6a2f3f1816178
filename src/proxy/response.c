/* response.c - the best of several final answers (RFC 3261 16.7 step 6) */
#include "rempart/proxy/response.h"

enum rank {
	RANK_GLOBAL,   /* 6xx: no other branch may succeed */
	RANK_REDIRECT, /* 3xx */
	RANK_REPAIR,   /* 4xx that tell the caller how to try again */
	RANK_CLIENT,   /* other 4xx */
	RANK_SERVER,   /* 5xx */
	RANK_OVERLOAD, /* 503 says nothing about the callee */
	RANK_NONE,     /* no final answer yet */
};

static enum rank client_rank(uint16_t code)
{
	switch (code) {
	case 401:
	case 407:
	case 415:
	case 420:
	case 484:
		return RANK_REPAIR;
	default:
		return RANK_CLIENT;
	}
}

static enum rank code_rank(uint16_t code)
{
	switch (code / 100) {
	case 6:
		return RANK_GLOBAL;
	case 3:
		return RANK_REDIRECT;
	case 4:
		return client_rank(code);
	case 5:
		return code == 503 ? RANK_OVERLOAD : RANK_SERVER;
	default:
		return RANK_NONE;
	}
}

size_t response_best(const uint16_t *codes, size_t n)
{
	enum rank best_rank = RANK_NONE;
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		enum rank rank = code_rank(codes[i]);

		if (rank < best_rank) {
			best_rank = rank;
			best = i;
		}
	}
	return best;
}

uint16_t response_forward_code(uint16_t code)
{
	return code == 503 ? 500 : code;
}
