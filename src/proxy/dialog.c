/*
 * dialog.c - the dialogs of one passage (RFC 3261 12, RFC 6665 4.4.1)
 *
 * Ends are numbered: 0 sent the first request, 1 received it. A request
 * inside a dialog is judged first (dialog_check) and counts only once it is
 * forwarded (dialog_commit).
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "rempart/base/text.h"
#include "rempart/proxy/passage.h"
#include "copy.h"
#include "route.h"

static void dialog_release(struct dialog *dlg)
{
	free(dlg->to_tag);
	for (unsigned end = 0; end < 2; end++) {
		free(dlg->target[end]);
		free(dlg->route[end]);
	}
	free(dlg);
}

static void string_replace(char **old, char *new)
{
	free(*old);
	*old = new;
}

static void invite_seen(struct dialog *dlg, unsigned end, uint32_t cseq)
{
	unsigned slot = dlg->invite_count[end]++ % DIALOG_INVITES_MAX;

	dlg->invite_cseq[end][slot] = cseq;
}

static bool invite_was_seen(const struct dialog *dlg, unsigned end,
			    uint32_t cseq)
{
	for (unsigned i = 0; i < DIALOG_INVITES_MAX; i++)
		if (i < dlg->invite_count[end] &&
		    dlg->invite_cseq[end][i] == cseq)
			return true;
	return false;
}

/* With the route set and target towards end 1 still empty. */
static int dialog_open(struct passage *pas, struct span tag,
		       struct dialog **out)
{
	if (pas->dialog_count >= PASSAGE_DIALOGS_MAX)
		return ENOSPC;

	struct dialog *dlg = calloc(1, sizeof(*dlg));
	if (!dlg)
		return ENOMEM;
	dlg->to_tag = copy_span(tag);
	dlg->target[0] = copy_span(span_str(pas->caller_target));
	dlg->route[0] = copy_span(span_str(pas->caller_route));
	dlg->target[1] = copy_span(SPAN(""));
	dlg->route[1] = copy_span(SPAN(""));
	if (!dlg->to_tag || !dlg->target[0] || !dlg->route[0] ||
	    !dlg->target[1] || !dlg->route[1]) {
		dialog_release(dlg);
		return ENOMEM;
	}
	dlg->cseq[0] = pas->first_cseq;
	dlg->cseq_known[0] = true;
	if (pas->kind == PASSAGE_INVITE)
		invite_seen(dlg, 0, pas->first_cseq);

	dlg->next = pas->dialogs;
	pas->dialogs = dlg;
	pas->dialog_count++;
	*out = dlg;
	return 0;
}

/* Finds or opens the dialog of end 1's tag; takes its route set and Contact
 * from what end 1 sent. */
static int dialog_learn(struct passage *pas, struct span tag,
			const struct sip_message *msg, struct span route,
			struct dialog **out)
{
	struct dialog *dlg = dialog_find(pas, tag);
	char *new_route = copy_span(route);
	char *new_target = copy_contact(msg);
	int err = 0;

	if (!new_route || !new_target)
		err = ENOMEM;
	else if (!dlg)
		err = dialog_open(pas, tag, &dlg);
	if (err)
		goto out;

	string_replace(&dlg->route[1], new_route);
	new_route = NULL;
	if (*new_target) {
		string_replace(&dlg->target[1], new_target);
		new_target = NULL;
	}
	*out = dlg;
out:
	free(new_route);
	free(new_target);
	return err;
}

/* An answer is worth more than one that only rang: the oldest of those goes. */
static void make_room(struct passage *pas)
{
	struct dialog *oldest = NULL;

	if (pas->dialog_count < PASSAGE_DIALOGS_MAX)
		return;
	for (struct dialog *dlg = pas->dialogs; dlg; dlg = dlg->next)
		if (!dlg->confirmed)
			oldest = dlg;
	if (oldest)
		dialog_free(pas, oldest);
}

int dialog_from_response(struct passage *pas, const struct sip_message *res,
			 struct span route, struct dialog **out)
{
	if (!res->to_tag.len || res->code <= 100 || res->code >= 300)
		return EINVAL;

	struct dialog *dlg = dialog_find(pas, res->to_tag);
	if (!dlg && res->code >= 200)
		make_room(pas);
	bool settled = dlg && dlg->confirmed && pas->kind == PASSAGE_INVITE;
	if (!settled) {
		/* The 2xx too: RFC 3261 13.2.2.4 computes the route set of an
		 * early dialog again. */
		int err = dialog_learn(pas, res->to_tag, res, route, &dlg);
		if (err)
			return err;
	}
	if (res->code >= 200)
		dlg->confirmed = true;
	*out = dlg;
	return 0;
}

static bool notify_fits(const struct passage *pas,
			const struct sip_message *notify)
{
	return pas->kind == PASSAGE_SUBSCRIBE && notify->is_request &&
	       notify->method == SIP_METHOD_NOTIFY && notify->from_tag.len &&
	       span_eq(notify->call_id, span_str(pas->call_id)) &&
	       span_eq(notify->to_tag, span_str(pas->from_tag));
}

int dialog_from_notify(struct passage *pas, const struct sip_message *notify,
		       struct span route, struct dialog **out)
{
	if (!notify_fits(pas, notify))
		return EINVAL;

	struct dialog *dlg = dialog_find(pas, notify->from_tag);
	if (!dlg) {
		int err = dialog_learn(pas, notify->from_tag, notify, route,
				       &dlg);
		if (err)
			return err;
	}
	dlg->confirmed = true;
	*out = dlg;
	return 0;
}

struct dialog *dialog_find(struct passage *pas, struct span to_tag)
{
	struct dialog *dlg = pas->dialogs;

	while (dlg && !span_eq(span_str(dlg->to_tag), to_tag))
		dlg = dlg->next;
	return dlg;
}

void dialog_free(struct passage *pas, struct dialog *dlg)
{
	struct dialog **link = &pas->dialogs;

	if (!dlg)
		return;
	while (*link && *link != dlg)
		link = &(*link)->next;
	assert(*link);
	*link = dlg->next;
	pas->dialog_count--;
	dialog_release(dlg);
}

bool dialog_match(struct passage *pas, const struct sip_message *req,
		  unsigned *from_end, struct dialog **out)
{
	const struct span caller_tag = span_str(pas->from_tag);
	struct dialog *dlg = NULL;
	unsigned end = 0;

	/* An empty tag names nobody: of both, one could be the caller's. */
	if (!req->from_tag.len || !req->to_tag.len)
		return false;
	if (!span_eq(req->call_id, span_str(pas->call_id)))
		return false;
	if (span_eq(req->from_tag, caller_tag))
		dlg = dialog_find(pas, req->to_tag);
	if (!dlg && span_eq(req->to_tag, caller_tag)) {
		dlg = dialog_find(pas, req->from_tag);
		end = 1;
	}
	if (!dlg)
		return false;

	*from_end = end;
	*out = dlg;
	return true;
}

/* An end without a known target has none that could be asked for. */
static bool target_same(const struct sip_message *req, const char *target)
{
	struct sip_uri uri;

	if (sip_uri_parse(&uri, span_str(target)))
		return false;
	return sip_uri_same_target(&req->ruri, &uri);
}

static bool follows_an_invite(enum sip_method method)
{
	return method == SIP_METHOD_ACK || method == SIP_METHOD_CANCEL;
}

static struct verdict cseq_refused(uint32_t cseq, const char *why,
				   uint32_t last)
{
	char detail[VERDICT_DETAIL_MAX];
	struct text txt = text_init(detail, sizeof(detail));

	text_puts(&txt, "CSeq ");
	text_u64(&txt, cseq);
	text_puts(&txt, why);
	text_u64(&txt, last);
	text_putc(&txt, '\0');
	return verdict_reject(REASON_DIALOG_CSEQ, detail);
}

static struct verdict cseq_check(const struct dialog *dlg, unsigned end,
				 const struct sip_message *req)
{
	if (follows_an_invite(req->method)) {
		if (invite_was_seen(dlg, end, req->cseq))
			return verdict_pass();
		return cseq_refused(req->cseq, " is no INVITE's; last was ",
				    dlg->cseq[end]);
	}
	if (dlg->cseq_known[end] && req->cseq <= dlg->cseq[end])
		return cseq_refused(req->cseq, " does not follow ",
				    dlg->cseq[end]);
	return verdict_pass();
}

struct verdict dialog_check(const struct dialog *dlg, unsigned from_end,
			    const struct sip_message *req, struct span route,
			    bool check_target)
{
	assert(from_end <= 1);
	const unsigned far_end = 1 - from_end;

	if (!route_same(span_str(dlg->route[far_end]), route))
		return verdict_reject(REASON_DIALOG_ROUTE, NULL);
	if (check_target && !target_same(req, dlg->target[far_end]))
		return verdict_reject(REASON_DIALOG_TARGET, NULL);
	return cseq_check(dlg, from_end, req);
}

void dialog_commit(struct dialog *dlg, unsigned from_end,
		   const struct sip_message *req)
{
	assert(from_end <= 1);

	if (follows_an_invite(req->method))
		return;
	/* Never back, whatever was forwarded. */
	if (dlg->cseq_known[from_end] && req->cseq <= dlg->cseq[from_end])
		return;
	dlg->cseq[from_end] = req->cseq;
	dlg->cseq_known[from_end] = true;
	if (req->method == SIP_METHOD_INVITE)
		invite_seen(dlg, from_end, req->cseq);
}

int dialog_set_target(struct dialog *dlg, unsigned end, struct span uri)
{
	assert(end <= 1);

	if (!uri.len)
		return 0;

	char *target = copy_span(uri);
	if (!target)
		return ENOMEM;
	string_replace(&dlg->target[end], target);
	return 0;
}
