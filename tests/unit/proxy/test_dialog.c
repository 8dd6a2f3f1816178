/* test_dialog.c - which messages open a dialog, and which requests belong to it
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "rempart/proxy/passage.h"
#include "call.h"

/* ---- opening */

Test(dialog, a_200_opens_a_confirmed_dialog)
{
	struct call call = call_answered();
	const struct dialog *dlg = call.dlg;

	cr_expect(dlg->confirmed);
	cr_expect_str_eq(dlg->to_tag, "bob");
	cr_expect_str_eq(dlg->target[0], ALICE_URI);
	cr_expect_str_eq(dlg->target[1], BOB_URI);
	cr_expect_str_eq(dlg->route[0], ALICE_ROUTE);
	cr_expect_str_eq(dlg->route[1], BOB_ROUTE);
	cr_expect(dlg->cseq_known[0]);
	cr_expect_eq(dlg->cseq[0], 10);
	cr_expect_not(dlg->cseq_known[1]);
	cr_expect_eq(dlg->cseq_offset[0], 0);
	cr_expect_eq(call.pas->dialog_count, 1);
	call_end(&call);
}

Test(dialog, early_then_confirmed_is_one_dialog)
{
	struct call call = call_start(PASSAGE_INVITE);
	struct dialog *early = answer(&call, 180, "bob", NULL);

	cr_expect_not(early->confirmed);
	cr_expect_str_eq(early->target[1], "");
	struct dialog *dlg =
		answer(&call, 200, "bob", "Contact: <" BOB_URI ">\r\n");
	cr_expect_eq(dlg, early);
	cr_expect(dlg->confirmed);
	cr_expect_str_eq(dlg->target[1], BOB_URI);
	cr_expect_eq(call.pas->dialog_count, 1);
	call_end(&call);
}

Test(dialog, a_2xx_computes_the_route_set_again)
{
	struct call call = call_start(PASSAGE_INVITE);
	struct packet pkt;
	struct dialog *dlg = answer(&call, 183, "bob", NULL);

	const struct sip_message *res =
		packet_make(&pkt, (struct spec){.code = 200, .to_tag = "bob"});
	cr_assert_eq(
		dialog_from_response(call.pas, res, SPAN("<sip:n;lr>"), &dlg),
		0);
	cr_expect_str_eq(dlg->route[1], "<sip:n;lr>");
	call_end(&call);
}

Test(dialog, a_repeated_200_does_not_undo_a_target_refresh)
{
	struct call call = call_answered();

	cr_assert_eq(dialog_set_target(call.dlg, 1, SPAN("sip:bob@new")), 0);
	(void)answer(&call, 200, "bob", "Contact: <" BOB_URI ">\r\n");
	cr_expect_str_eq(call.dlg->target[1], "sip:bob@new");
	(void)answer(&call, 180, "bob", "Contact: <" BOB_URI ">\r\n");
	cr_expect(call.dlg->confirmed, "a late 180 takes nothing back");
	call_end(&call);
}

Test(dialog, forks_are_dialogs_of_their_own)
{
	struct call call = call_start(PASSAGE_INVITE);
	struct dialog *desk =
		answer(&call, 180, "desk", "Contact: <sip:d@h1>\r\n");
	struct dialog *mobile =
		answer(&call, 180, "mobile", "Contact: <sip:m@h2>\r\n");

	cr_assert_neq(desk, mobile);
	(void)answer(&call, 200, "mobile", NULL);
	cr_expect(mobile->confirmed);
	cr_expect_not(desk->confirmed);
	cr_expect_str_eq(desk->target[1], "sip:d@h1");
	cr_expect_str_eq(mobile->target[1], "sip:m@h2");
	dialog_free(call.pas, desk);
	cr_expect_eq(call.pas->dialog_count, 1);
	cr_expect_null(dialog_find(call.pas, SPAN("desk")));
	cr_expect_eq(dialog_find(call.pas, SPAN("mobile")), mobile);
	call_end(&call);
}

Test(dialog, forks_beyond_the_ceiling_are_refused)
{
	struct call call = call_start(PASSAGE_INVITE);
	struct dialog *dlg = NULL;
	struct packet pkt;
	char tag[16];

	for (unsigned i = 0; i < PASSAGE_DIALOGS_MAX; i++) {
		snprintf(tag, sizeof(tag), "fork%u", i);
		(void)answer(&call, 180, tag, NULL);
	}
	const struct sip_message *one_more = packet_make(
		&pkt, (struct spec){.code = 180, .to_tag = "one-more"});
	cr_assert_eq(dialog_from_response(call.pas, one_more, SPAN(""), &dlg),
		     ENOSPC);
	cr_assert_null(dlg);
	cr_assert_eq(call.pas->dialog_count, PASSAGE_DIALOGS_MAX);
	(void)answer(&call, 200, "fork3", NULL);
	dialog_free(call.pas, dialog_find(call.pas, SPAN("fork0")));
	(void)answer(&call, 200, "one-more", NULL);
	call_end(&call);
}

Test(dialog, an_answer_takes_the_place_of_the_oldest_that_only_rang)
{
	struct call call = call_start(PASSAGE_INVITE);
	char tag[16];

	(void)answer(&call, 200, "first", NULL);
	for (unsigned i = 1; i < PASSAGE_DIALOGS_MAX; i++) {
		snprintf(tag, sizeof(tag), "fork%u", i);
		(void)answer(&call, 180, tag, NULL);
	}
	(void)answer(&call, 200, "one-more", NULL);
	cr_assert_eq(call.pas->dialog_count, PASSAGE_DIALOGS_MAX);
	cr_assert_not_null(dialog_find(call.pas, SPAN("first")));
	cr_assert_null(dialog_find(call.pas, SPAN("fork1")));
	cr_assert_not_null(dialog_find(call.pas, SPAN("fork2")));
	call_end(&call);
}

Test(dialog, what_makes_no_dialog_opens_none)
{
	static const struct spec none[] = {
		{.code = 180},
		{.code = 200},
		{.code = 100, .to_tag = "bob"},
		{.code = 302,
		 .to_tag = "bob",
		 .lines = "Contact: <sip:evil@h>\r\n"},
		{.code = 486, .to_tag = "bob"},
		{.code = 603, .to_tag = "bob"},
	};
	struct call call = call_start(PASSAGE_INVITE);
	struct dialog *dlg = NULL;
	struct packet pkt;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_eq(dialog_from_response(call.pas,
						  packet_make(&pkt, none[i]),
						  SPAN(""), &dlg),
			     EINVAL, "%u", none[i].code);
	cr_expect_null(dlg);
	cr_expect_eq(call.pas->dialog_count, 0);
	call_end(&call);
}

static const struct sip_message *first_notify(struct packet *pkt,
					      const char *tag)
{
	return packet_make(
		pkt, (struct spec){.method = "NOTIFY",
				   .cseq = 700,
				   .from_tag = tag,
				   .to_tag = "alice",
				   .lines = "Contact: <" BOB_URI ">\r\n"});
}

Test(dialog, notify_first_then_2xx_is_one_dialog)
{
	struct call call = call_start(PASSAGE_SUBSCRIBE);
	struct packet pkt;
	struct dialog *dlg = NULL;
	const struct sip_message *notify = first_notify(&pkt, "bob");

	cr_assert_eq(
		dialog_from_notify(call.pas, notify, SPAN(BOB_ROUTE), &dlg), 0);
	cr_expect(dlg->confirmed);
	cr_expect_str_eq(dlg->target[1], BOB_URI);
	cr_expect_str_eq(dlg->route[1], BOB_ROUTE);
	cr_expect_not(dlg->cseq_known[1]);
	dialog_commit(dlg, 1, notify);
	cr_expect_eq(dlg->cseq[1], 700);

	cr_expect_eq(answer(&call, 200, "bob", NULL), dlg);
	cr_expect_eq(call.pas->dialog_count, 1);
	cr_expect_eq(dlg->cseq[1], 700);
	cr_expect_str_eq(dlg->target[1], BOB_URI);
	call_end(&call);
}

Test(dialog, notify_of_another_fork_is_a_dialog_of_its_own)
{
	struct call call = call_start(PASSAGE_SUBSCRIBE);
	struct packet pkt;
	struct dialog *dlg = answer(&call, 200, "bob", NULL), *fork = NULL;

	cr_assert_eq(dialog_from_notify(call.pas, first_notify(&pkt, "carol"),
					SPAN(""), &fork),
		     0);
	cr_expect_neq(fork, dlg);
	cr_expect_eq(call.pas->dialog_count, 2);
	call_end(&call);
}

Test(dialog, a_notify_for_something_else_opens_none)
{
	static const struct spec others[] = {
		{.method = "NOTIFY", .from_tag = "b", .to_tag = "not-alice"},
		{.method = "NOTIFY", .from_tag = "b"},
		{.method = "NOTIFY",
		 .from_tag = "b",
		 .to_tag = "alice",
		 .call_id = "call-2"},
		{.method = "BYE", .from_tag = "b", .to_tag = "alice"},
	};
	struct call sub = call_start(PASSAGE_SUBSCRIBE);
	struct call inv = call_start(PASSAGE_INVITE);
	struct dialog *dlg = NULL;
	struct packet pkt;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_eq(dialog_from_notify(sub.pas,
						packet_make(&pkt, others[i]),
						SPAN(""), &dlg),
			     EINVAL, "%zu", i);
	cr_expect_eq(dialog_from_notify(inv.pas, first_notify(&pkt, "b"),
					SPAN(""), &dlg),
		     EINVAL);
	cr_expect_null(dlg);
	call_end(&sub);
	call_end(&inv);
}

/* ---- matching */

Test(dialog, both_ends_are_recognised)
{
	struct call call = call_answered();
	struct dialog *dlg = NULL;
	unsigned end = 9;

	cr_expect(dialog_match(call.pas, inside(&call, 0, "BYE", 11), &end,
			       &dlg));
	cr_expect_eq(end, 0);
	cr_expect_eq(dlg, call.dlg);
	cr_expect(
		dialog_match(call.pas, inside(&call, 1, "BYE", 1), &end, &dlg));
	cr_expect_eq(end, 1);
	cr_expect_eq(dlg, call.dlg);
	call_end(&call);
}

Test(dialog, other_tags_or_call_id_match_nothing)
{
	static const struct spec others[] = {
		{.method = "BYE", .to_tag = "carol"},
		{.method = "BYE", .to_tag = "BOB"},
		{.method = "BYE", .to_tag = "alice"},
		{.method = "BYE"},
		{.method = "BYE", .from_tag = "bob"},
		{.method = "BYE", .from_tag = "bob", .to_tag = "bob"},
		{.method = "BYE", .from_tag = "eve", .to_tag = "bob"},
		{.method = "BYE", .to_tag = "bob", .call_id = "call-2"},
	};
	struct call call = call_answered();

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct packet pkt;
		struct dialog *dlg = NULL;
		unsigned end = 9;

		cr_expect_not(dialog_match(call.pas,
					   packet_make(&pkt, others[i]), &end,
					   &dlg),
			      "%zu", i);
		cr_expect_null(dlg);
		cr_expect_eq(end, 9);
	}
	call_end(&call);
}
