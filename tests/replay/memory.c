/* memory.c - the dialogs as the phones and the PBX remember them */
#include <string.h>

#include "replay.h"

static bool makes_dialog(const char *method, unsigned code)
{
	if (code <= 100 || code >= 300)
		return false;
	return !strcmp(method, "INVITE") ||
	       (code >= 200 &&
		(!strcmp(method, "SUBSCRIBE") || !strcmp(method, "REFER")));
}

struct memory *memory_find(struct party *who, const char *call_id,
			   const char *remote_tag, const char *local_tag)
{
	for (struct memory *dlg = who->dialogs; dlg; dlg = dlg->next) {
		if (call_id && strcmp(dlg->call_id, call_id) != 0)
			continue;
		if (local_tag && strcmp(dlg->local_tag, local_tag) != 0)
			continue;
		if (!remote_tag || !strcmp(dlg->remote_tag, remote_tag))
			return dlg;
	}
	return NULL;
}

static struct memory *find_both(struct party *who, const char *call_id,
				const char *local_tag, const char *remote_tag)
{
	for (struct memory *dlg = who->dialogs; dlg; dlg = dlg->next)
		if (!strcmp(dlg->call_id, call_id) &&
		    !strcmp(dlg->local_tag, local_tag) &&
		    !strcmp(dlg->remote_tag, remote_tag))
			return dlg;
	return NULL;
}

/* The newest is found first; scenarios know it by %{route.A}, %{totag.A}. */
static void to_front(struct replay *rp, struct party *who, struct memory *dlg)
{
	struct memory **link = &who->dialogs;

	while (*link && *link != dlg)
		link = &(*link)->next;
	if (*link)
		*link = dlg->next;
	dlg->next = who->dialogs;
	who->dialogs = dlg;
	variable_set(rp, keepf(rp, "route.%s", who->name), dlg->route);
	variable_set(rp, keepf(rp, "totag.%s", who->name), dlg->remote_tag);
}

static bool is_refresh(const char *method)
{
	return !strcmp(method, "INVITE") || !strcmp(method, "UPDATE") ||
	       !strcmp(method, "SUBSCRIBE") || !strcmp(method, "NOTIFY");
}

static void request_received(struct replay *rp, struct party *who,
			     const struct mail *mail)
{
	const char *contact = mail_value(mail, "Contact");
	struct memory *dlg = find_both(who, mail_value(mail, "Call-ID"),
				       tag_of(rp, mail_value(mail, "To")),
				       tag_of(rp, mail_value(mail, "From")));

	if (dlg && *contact && is_refresh(mail->method))
		dlg->target = uri_of(rp, contact);
}

/* A caller's side (RFC 3261 12.1.2). */
static void response_received(struct replay *rp, struct party *who,
			      const struct mail *mail)
{
	const char *call_id = mail_value(mail, "Call-ID");
	const char *from = mail_value(mail, "From");
	const char *to = mail_value(mail, "To");
	const char *contact = mail_value(mail, "Contact");
	struct memory *dlg =
		find_both(who, call_id, tag_of(rp, from), tag_of(rp, to));
	bool final = mail->code >= 200;

	if (!makes_dialog(mail->method, mail->code) || !*tag_of(rp, to))
		return;
	if (!dlg) {
		dlg = keep(rp, sizeof(*dlg));
		dlg->call_id = call_id;
		dlg->local = without_tag(rp, from);
		dlg->remote = without_tag(rp, to);
		dlg->local_tag = tag_of(rp, from);
		dlg->remote_tag = tag_of(rp, to);
		dlg->target = "";
		dlg->route = "";
	}
	if (*contact)
		dlg->target = uri_of(rp, contact);
	/* A re-INVITE's answer leaves the route set. */
	if (!dlg->confirmed)
		dlg->route = mail_list(rp, mail, "Record-Route", true);
	to_front(rp, who, dlg);
	dlg->confirmed |= final;
	if (cseq_of(mail) > dlg->cseq)
		dlg->cseq = cseq_of(mail);
	if (!strcmp(mail->method, "INVITE"))
		dlg->invite_cseq = cseq_of(mail);
}

void memory_of_received(struct replay *rp, struct party *who,
			const struct mail *mail)
{
	if (mail->code)
		response_received(rp, who, mail);
	else
		request_received(rp, who, mail);
}

/* The called side (RFC 3261 12.1.1). */
void memory_of_answer(struct replay *rp, struct party *who,
		      const struct mail *req, unsigned code, const char *tag)
{
	const char *call_id = mail_value(req, "Call-ID");
	const char *remote_tag = tag_of(rp, mail_value(req, "From"));
	struct memory *dlg = find_both(who, call_id, tag, remote_tag);

	if (!makes_dialog(req->method, code))
		return;
	if (!dlg) {
		dlg = keep(rp, sizeof(*dlg));
		dlg->call_id = call_id;
		dlg->local = without_tag(rp, mail_value(req, "To"));
		dlg->remote = without_tag(rp, mail_value(req, "From"));
		dlg->local_tag = tag;
		dlg->remote_tag = remote_tag;
		dlg->target = uri_of(rp, mail_value(req, "Contact"));
		dlg->route = mail_list(rp, req, "Record-Route", false);
	}
	dlg->confirmed |= code >= 200;
	to_front(rp, who, dlg);
}
