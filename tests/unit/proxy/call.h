/* call.h - a call between two ends, for the tests of dialogs */
#pragma once

#include <criterion/criterion.h>

#include "rempart/proxy/passage.h"
#include "message.h"

/* An ordinary call: alice (end 0) called bob (end 1), who answered. */
struct call {
	struct passages *set;
	struct passage *pas;
	struct dialog *dlg;
	struct packet pkt;
};

#define ALICE_URI "sip:alice@192.0.2.7:4444"
#define BOB_URI "sip:bob@198.51.100.9:5070"
#define BOB_ROUTE "<sip:pbx.test;lr>, <sip:inner.test:5080;lr>"
#define ALICE_ROUTE "<sip:relay.test;lr>"

static inline struct call call_start(enum passage_kind kind)
{
	struct call call = {0};
	const char *method = kind == PASSAGE_INVITE ? "INVITE" : "SUBSCRIBE";
	struct packet pkt;
	const struct sip_message *req = packet_make(
		&pkt,
		(struct spec){.method = method,
			      .cseq = 10,
			      .lines = "Contact: <" ALICE_URI ">\r\n"
				       "Record-Route: " ALICE_ROUTE "\r\n"});

	cr_assert_eq(passages_open(&call.set, 4), 0);
	cr_assert_eq(passage_new(call.set, 1, kind, req, &call.pas), 0);
	return call;
}

static inline struct dialog *answer(struct call *call, unsigned code,
				    const char *tag, const char *lines)
{
	struct packet pkt;
	struct dialog *dlg = NULL;
	const struct sip_message *res =
		packet_make(&pkt, (struct spec){.code = code,
						.to_tag = tag,
						.cseq = 10,
						.lines = lines});

	cr_assert_eq(
		dialog_from_response(call->pas, res, SPAN(BOB_ROUTE), &dlg), 0);
	return dlg;
}

static inline struct call call_answered(void)
{
	struct call call = call_start(PASSAGE_INVITE);

	call.dlg = answer(&call, 200, "bob", "Contact: <" BOB_URI ">\r\n");
	return call;
}

static inline void call_end(struct call *call)
{
	passages_close(call->set);
	memset(call, 0, sizeof(*call));
	assert_no_leak();
}

/* A request of that end inside the dialog. */
static inline const struct sip_message *inside(struct call *call, unsigned end,
					       const char *method,
					       unsigned cseq)
{
	struct spec spec = {.method = method,
			    .cseq = cseq,
			    .ruri = end ? ALICE_URI : BOB_URI,
			    .from_tag = end ? "bob" : "alice",
			    .to_tag = end ? "alice" : "bob"};

	return packet_make(&call->pkt, spec);
}
