/* main.c - runs one scenario: replay MACROS SCENARIO */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/policy/number.h"

#include "replay.h"

static void prepare(struct replay *rp)
{
	struct party *pbx;

	rp->seed = 20240601;
	rp->time.now_us = 1000000000;
	rp->time.wall_us = 1800000000000000;
	memset(rp->keys.token, 0x11, sizeof(rp->keys.token));
	memset(rp->keys.proof, 0x22, sizeof(rp->keys.proof));
	memset(rp->keys.nonce, 0x33, sizeof(rp->keys.nonce));
	settings_default(&rp->next);
	pbx = party_add(rp, "pbx");
	pbx->is_pbx = true;
	memcpy(pbx->user, "1002", 5);
	if (addr_parse(&pbx->addr, SPAN("10.0.0.2:5060")))
		fail(rp, "address");
}

int main(int argc, char **argv)
{
	struct replay *rp = calloc(1, sizeof(*rp));

	if (!rp || argc != 3 || !number_open()) {
		fprintf(stderr, "replay MACROS SCENARIO\n");
		free(rp);
		return 2;
	}
	rp->records = calloc(RECORDS_MAX, sizeof(*rp->records));
	if (!rp->records)
		fail(rp, "no memory");
	prepare(rp);
	script_run(rp, argv[1]);
	script_run(rp, argv[2]);
	nothing_left(rp);
	world_end(rp);
	free(rp->records);
	keep_free(rp);
	free(rp);
	return 0;
}
