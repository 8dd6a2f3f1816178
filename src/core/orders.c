/* orders.c - what the control thread asks of the core's */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core_int.h"

bool order_put(struct core *core, enum core_message_kind kind,
	       const struct config *cfg, const char *detail)
{
	struct core_message *msg = ring_reserve(core->orders);

	if (!msg)
		return false;
	msg->kind = kind;
	msg->cfg = cfg;
	snprintf(msg->detail, sizeof(msg->detail), "%s", detail);
	ring_commit(core->orders);
	return true;
}

/* The core answers in the order in which it was asked. */
static const struct core_answer *wait_answer(struct core *core)
{
	struct pollfd wait = {ring_fd(core->answers), POLLIN, 0};
	const struct core_answer *answer;

	while (!(answer = ring_peek(core->answers))) {
		if (ring_sleep(core->answers))
			(void)poll(&wait, 1, -1);
		ring_awake(core->answers);
	}
	return answer;
}

char *core_ask(struct core *core, const char *question)
{
	if (!order_put(core, CORE_ASK, NULL, question))
		return NULL;

	char *text = wait_answer(core)->text;
	ring_release(core->answers);
	return text;
}

int core_reload(struct core *core, const struct config *cfg,
		char why[static 256])
{
	if (!order_put(core, CORE_RELOAD, cfg, "")) {
		snprintf(why, 256, "the core does not keep up");
		return EAGAIN;
	}

	const struct core_answer *answer = wait_answer(core);
	int err = answer->err;
	memcpy(why, answer->why, sizeof(answer->why));
	ring_release(core->answers);
	return err;
}

void core_reload_refused(struct core *core, const char *detail)
{
	/* 16 in one turn: one record is enough */
	(void)order_put(core, CORE_RELOAD_REFUSED, NULL, detail);
}
