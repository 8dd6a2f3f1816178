/* test_dialog_check.c - a request inside a dialog passes only with its route
 * set, target and CSeq */
#include <criterion/criterion.h>

#include "rempart/proxy/passage.h"
#include "call.h"

static enum reason judge(struct call *call, unsigned end, const char *method,
			 unsigned cseq)
{
	struct span route = end ? SPAN(ALICE_ROUTE) : SPAN(BOB_ROUTE);
	struct verdict verdict = dialog_check(
		call->dlg, end, inside(call, end, method, cseq), route, true);

	cr_assert_eq(verdict_passes(&verdict), verdict.reason == REASON_OK);
	return verdict.reason;
}

static enum reason judge_and_commit(struct call *call, unsigned end,
				    const char *method, unsigned cseq)
{
	enum reason reason = judge(call, end, method, cseq);

	if (reason == REASON_OK)
		dialog_commit(call->dlg, end, inside(call, end, method, cseq));
	return reason;
}

static enum reason judge_route(struct call *call, unsigned end,
			       const char *route)
{
	struct verdict verdict =
		dialog_check(call->dlg, end, inside(call, end, "BYE", 99),
			     span_str(route), true);

	return verdict.reason;
}

static enum reason judge_target(struct call *call, const char *ruri, bool check)
{
	const struct sip_message *req =
		packet_make(&call->pkt, (struct spec){.method = "BYE",
						      .ruri = ruri,
						      .to_tag = "bob",
						      .cseq = 99});

	return dialog_check(call->dlg, 0, req, SPAN(BOB_ROUTE), check).reason;
}

/* ---- route set */

Test(dialog, the_route_set_comes_back_value_by_value)
{
	struct call call = call_answered();

	cr_expect_eq(judge_route(&call, 0, BOB_ROUTE), REASON_OK);
	cr_expect_eq(judge_route(&call, 0,
				 "<sip:pbx.test;lr>,<sip:inner.test:5080;lr>"),
		     REASON_OK);
	cr_expect_eq(judge_route(&call, 0,
				 "<sip:PBX.Test;lr> , "
				 "<sip:INNER.test:5080;lr>;x=1"),
		     REASON_OK);
	cr_expect_eq(judge_route(&call, 1, ALICE_ROUTE), REASON_OK);
	call_end(&call);
}

Test(dialog, any_other_route_is_refused)
{
	static const char *const others[] = {
		"",
		"<sip:pbx.test;lr>",
		"<sip:inner.test:5080;lr>",
		"<sip:inner.test:5080;lr>, <sip:pbx.test;lr>",
		(BOB_ROUTE ", <sip:evil.test;lr>"),
		("<sip:evil.test;lr>, " BOB_ROUTE),
		"<sip:pbx.test;lr>, <sip:inner.test;lr>",
		"<sip:pbx.test;lr>, <sip:inner.test:5081;lr>",
		"<sip:pbx.test>, <sip:inner.test:5080;lr>",
		"<sip:pbx.test;LR>, <sip:inner.test:5080;lr>",
		"<sip:pbx.test;lr;maddr=1.2.3.4>, <sip:inner.test:5080;lr>",
		"<sips:pbx.test;lr>, <sip:inner.test:5080;lr>",
		"<sip:x@pbx.test;lr>, <sip:inner.test:5080;lr>",
		ALICE_ROUTE,
	};
	struct call call = call_answered();

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_eq(judge_route(&call, 0, others[i]),
			     REASON_DIALOG_ROUTE, "%s", others[i]);
	cr_expect_eq(judge_route(&call, 1, BOB_ROUTE), REASON_DIALOG_ROUTE);
	call_end(&call);
}

Test(dialog, the_user_of_a_route_counts_with_its_case)
{
	struct call call = call_start(PASSAGE_INVITE);
	struct packet pkt;
	const struct sip_message *res =
		packet_make(&pkt, (struct spec){.code = 200, .to_tag = "bob"});

	cr_assert_eq(dialog_from_response(call.pas, res, SPAN("<sip:Tok@p;lr>"),
					  &call.dlg),
		     0);
	cr_assert_eq(dialog_set_target(call.dlg, 1, SPAN(BOB_URI)), 0);
	cr_expect_eq(judge_route(&call, 0, "<sip:Tok@P;lr>"), REASON_OK);
	cr_expect_eq(judge_route(&call, 0, "<sip:tok@p;lr>"),
		     REASON_DIALOG_ROUTE);
	call_end(&call);
}

Test(dialog, an_empty_route_set_wants_an_empty_route)
{
	struct call call = call_start(PASSAGE_INVITE);
	struct packet pkt;
	const struct sip_message *res =
		packet_make(&pkt, (struct spec){.code = 200, .to_tag = "bob"});

	cr_assert_eq(dialog_from_response(call.pas, res, SPAN(""), &call.dlg),
		     0);
	cr_assert_eq(dialog_set_target(call.dlg, 1, SPAN(BOB_URI)), 0);
	cr_expect_eq(judge_route(&call, 0, ""), REASON_OK);
	cr_expect_eq(judge_route(&call, 0, "  "), REASON_OK);
	cr_expect_eq(judge_route(&call, 0, "<sip:evil;lr>"),
		     REASON_DIALOG_ROUTE);
	call_end(&call);
}

/* ---- target */

Test(dialog, the_request_uri_is_the_remote_target)
{
	struct call call = call_answered();

	cr_expect_eq(judge_target(&call, BOB_URI, true), REASON_OK);
	cr_expect_eq(judge_target(&call, BOB_URI ";ob", true), REASON_OK);
	cr_expect_eq(judge_target(&call, "sip:b%6fb@198.51.100.9:5070", true),
		     REASON_OK);
	cr_expect_eq(judge_target(&call, BOB_URI ";maddr=1.2.3.4", true),
		     REASON_OK);
	call_end(&call);
}

Test(dialog, another_target_is_refused_from_phones_only)
{
	static const char *const others[] = {
		"sip:eve@198.51.100.9:5070", "sip:bob@198.51.100.10:5070",
		"sip:bob@198.51.100.9:5071", "sip:bob@198.51.100.9",
		"sip:198.51.100.9:5070",     ALICE_URI,
	};
	struct call call = call_answered();

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cr_expect_eq(judge_target(&call, others[i], true),
			     REASON_DIALOG_TARGET, "%s", others[i]);
		cr_expect_eq(judge_target(&call, others[i], false), REASON_OK);
	}
	call_end(&call);
}

Test(dialog, an_end_without_contact_is_no_target)
{
	struct call call = call_start(PASSAGE_INVITE);

	call.dlg = answer(&call, 183, "bob", NULL);
	cr_expect_eq(judge_target(&call, BOB_URI, true), REASON_DIALOG_TARGET);
	call_end(&call);
}

Test(dialog, a_target_refresh_moves_one_end_and_empty_leaves_it)
{
	struct call call = call_answered();

	cr_assert_eq(dialog_set_target(call.dlg, 1, SPAN("sip:bob@new:7")), 0);
	cr_assert_eq(dialog_set_target(call.dlg, 1, SPAN("")), 0);
	cr_expect_eq(judge_target(&call, "sip:bob@new:7", true), REASON_OK);
	cr_expect_eq(judge_target(&call, BOB_URI, true), REASON_DIALOG_TARGET);
	cr_expect_str_eq(call.dlg->target[0], ALICE_URI);
	call_end(&call);
}

/* ---- CSeq */

Test(dialog, a_lower_or_equal_cseq_is_refused)
{
	struct call call = call_answered();

	cr_expect_eq(judge(&call, 0, "INFO", 9), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "INFO", 10), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "INVITE", 10), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "INFO", 11), REASON_OK);
	call_end(&call);
}

Test(dialog, a_refused_cseq_says_both_numbers)
{
	struct call call = call_answered();
	struct verdict verdict =
		dialog_check(call.dlg, 0, inside(&call, 0, "INFO", 9),
			     SPAN(BOB_ROUTE), true);

	cr_expect_eq(verdict.action, ACTION_REJECT);
	cr_expect_eq(verdict.sip_code, 500);
	cr_expect_str_eq(verdict.detail, "CSeq 9 does not follow 10");
	call_end(&call);
}

Test(dialog, a_check_alone_changes_nothing)
{
	struct call call = call_answered();

	cr_expect_eq(judge(&call, 0, "INVITE", 50), REASON_OK);
	cr_expect_eq(judge(&call, 0, "INFO", 11), REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 50), REASON_DIALOG_CSEQ);
	call_end(&call);
}

Test(dialog, each_end_counts_for_itself)
{
	struct call call = call_answered();

	cr_expect_eq(judge_and_commit(&call, 1, "INFO", 3), REASON_OK);
	cr_expect_eq(judge_and_commit(&call, 1, "INFO", 3), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge_and_commit(&call, 0, "INFO", 2000), REASON_OK);
	cr_expect_eq(judge_and_commit(&call, 1, "INFO", 4), REASON_OK);
	cr_expect_eq(call.dlg->cseq[0], 2000);
	cr_expect_eq(call.dlg->cseq[1], 4);
	call_end(&call);
}

Test(dialog, an_ack_equals_the_invite)
{
	struct call call = call_answered();

	cr_expect_eq(judge_and_commit(&call, 0, "ACK", 10), REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 10), REASON_OK, "repeated");
	cr_expect_eq(judge(&call, 0, "ACK", 9), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "ACK", 11), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 1, "ACK", 10), REASON_DIALOG_CSEQ);
	cr_expect_eq(call.dlg->cseq[0], 10);
	call_end(&call);
}

Test(dialog, an_ack_without_any_invite_is_refused)
{
	struct call call = call_start(PASSAGE_SUBSCRIBE);

	call.dlg = answer(&call, 200, "bob", "Contact: <" BOB_URI ">\r\n");
	cr_expect_eq(judge(&call, 0, "ACK", 10), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge_and_commit(&call, 0, "INFO", 11), REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 11), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "CANCEL", 11), REASON_DIALOG_CSEQ);

	/* Nor does an empty place of the ring stand for one. */
	(void)inside(&call, 0, "ACK", 1);
	call.pkt.msg.cseq = 0;
	cr_expect_eq(
		dialog_check(call.dlg, 0, &call.pkt.msg, SPAN(BOB_ROUTE), true)
			.reason,
		REASON_DIALOG_CSEQ);
	call_end(&call);
}

Test(dialog, prack_and_update_pass_while_the_invite_is_pending)
{
	struct call call = call_start(PASSAGE_INVITE);

	call.dlg = answer(&call, 183, "bob", "Contact: <" BOB_URI ">\r\n");
	cr_expect_eq(judge_and_commit(&call, 0, "PRACK", 11), REASON_OK);
	cr_expect_eq(judge_and_commit(&call, 0, "UPDATE", 12), REASON_OK);
	cr_expect_eq(judge_and_commit(&call, 1, "UPDATE", 1), REASON_OK);
	(void)answer(&call, 200, "bob", NULL);
	cr_expect_eq(judge_and_commit(&call, 0, "ACK", 10), REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 12), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge_and_commit(&call, 0, "BYE", 13), REASON_OK);
	call_end(&call);
}

Test(dialog, a_re_invite_is_cancelled_and_acked_by_its_own_number)
{
	struct call call = call_answered();

	cr_expect_eq(judge_and_commit(&call, 1, "INVITE", 5), REASON_OK);
	cr_expect_eq(judge_and_commit(&call, 1, "CANCEL", 5), REASON_OK);
	cr_expect_eq(judge(&call, 1, "CANCEL", 6), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "CANCEL", 5), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge_and_commit(&call, 1, "ACK", 5), REASON_OK);
	call_end(&call);
}

/* The 2xx of an earlier INVITE may be repeated after a later one began. */
Test(dialog, the_last_invites_may_still_be_acked)
{
	struct call call = call_answered();

	for (unsigned i = 1; i < DIALOG_INVITES_MAX; i++)
		cr_expect_eq(judge_and_commit(&call, 0, "INVITE", 10 + i),
			     REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 10), REASON_OK);
	cr_expect_eq(judge_and_commit(&call, 0, "INVITE", 50), REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 10), REASON_DIALOG_CSEQ);
	cr_expect_eq(judge(&call, 0, "ACK", 11), REASON_OK);
	cr_expect_eq(judge(&call, 0, "ACK", 50), REASON_OK);
	call_end(&call);
}

Test(dialog, a_commit_never_goes_back)
{
	struct call call = call_answered();

	dialog_commit(call.dlg, 0, inside(&call, 0, "INFO", 30));
	dialog_commit(call.dlg, 0, inside(&call, 0, "INFO", 20));
	dialog_commit(call.dlg, 0, inside(&call, 0, "ACK", 40));
	cr_expect_eq(call.dlg->cseq[0], 30);
	call_end(&call);
}

Test(dialog, the_first_of_several_faults_is_named)
{
	struct call call = call_answered();
	const struct sip_message *req =
		packet_make(&call.pkt, (struct spec){.method = "BYE",
						     .ruri = "sip:eve@h",
						     .to_tag = "bob",
						     .cseq = 1});

	cr_expect_eq(dialog_check(call.dlg, 0, req, SPAN(""), true).reason,
		     REASON_DIALOG_ROUTE);
	cr_expect_eq(
		dialog_check(call.dlg, 0, req, SPAN(BOB_ROUTE), true).reason,
		REASON_DIALOG_TARGET);
	cr_expect_eq(
		dialog_check(call.dlg, 0, req, SPAN(BOB_ROUTE), false).reason,
		REASON_DIALOG_CSEQ);
	call_end(&call);
}
