/* request.c - requests as phones and the PBX write them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

static const char *or_else(const char *value, const char *other)
{
	return value ? value : other;
}

static const char *domain_of(const struct party *who)
{
	return who->is_pbx ? "pbx.example.com" : "example.com";
}

/* A user, or a whole URI. */
static const char *as_uri(struct replay *rp, const struct party *who,
			  const char *text)
{
	if (strchr(text, ':'))
		return text;
	return keepf(rp, "sip:%s@%s", text, domain_of(who));
}

/* `to=@B` is the binding of B as the PBX knows it. */
static const char *target_of(struct replay *rp, const struct party *who,
			     const struct command *cmd, const char *to)
{
	const char *method = cmd->argv[2], *token;

	if (arg(cmd, "ruri"))
		return arg(cmd, "ruri");
	if (!strcmp(method, "REGISTER"))
		return "sip:example.com";
	if (*to != '@')
		return as_uri(rp, who, to);
	token = variable(rp, keepf(rp, "token.%s", to + 1));
	if (!token)
		fail(rp, "%s has not registered", to + 1);
	return keepf(rp, "sip:%s@10.0.0.1", token);
}

static const char *callee(struct replay *rp, const struct party *who,
			  const char *to)
{
	return as_uri(rp, who, *to == '@' ? party_find(rp, to + 1)->user : to);
}

static const char *contact_of(struct replay *rp, const struct party *who)
{
	if (who->is_pbx)
		return "<sip:pbx@10.0.0.2:5060>";
	return keepf(rp, "<sip:%s@%s:%u;transport=tls>", who->user,
		     host_of(rp, who), who->addr.port);
}

static void add_via(struct replay *rp, struct lines *out,
		    const struct party *who, const char *branch)
{
	line_add(rp, out, "Via", "SIP/2.0/%s %s:%u;branch=%s;rport",
		 who->is_pbx ? "UDP" : "TLS", host_of(rp, who), who->addr.port,
		 branch);
}

/* What a method cannot do without. */
static void add_usual(struct replay *rp, struct lines *out,
		      const struct party *who, const struct command *cmd)
{
	const char *method = cmd->argv[2];
	const char *contact =
		or_else(arg(cmd, "contact"),
			carries_contact(method) ? contact_of(rp, who) : "none");
	bool subscribes = !strcmp(method, "SUBSCRIBE");

	if (strcmp(contact, "none") != 0)
		line_add(rp, out, "Contact", "%s", contact);
	if (subscribes || !strcmp(method, "NOTIFY"))
		line_add(rp, out, "Event", "%s",
			 or_else(arg(cmd, "event"), "dialog"));
	if (!strcmp(method, "NOTIFY"))
		line_add(rp, out, "Subscription-State", "%s",
			 or_else(arg(cmd, "state"), "active;expires=599"));
	if (subscribes || !strcmp(method, "REGISTER") || arg(cmd, "expires"))
		line_add(rp, out, "Expires", "%s",
			 or_else(arg(cmd, "expires"), "600"));
}

static void finish(struct replay *rp, struct lines *out, struct party *who,
		   const struct command *cmd)
{
	const char *method = cmd->argv[2];
	const char *uri = keep_text(rp, out->start + strlen(method) + 1,
				    strlen(out->start) - strlen(method) - 9);

	add_usual(rp, out, who, cmd);
	if (arg(cmd, "auth"))
		line_add(rp, out, "Authorization", "%s",
			 auth_value(rp, who, cmd, method, uri));
	if (arg(cmd, "sdp"))
		add_sdp(rp, out, arg(cmd, "sdp"), host_of(rp, who));
	lines_block(rp, out, cmd);
}

/* In the newest dialog, or the one that call=, peer= and local= name. */
static void in_dialog(struct replay *rp, struct lines *out, struct party *who,
		      const struct command *cmd)
{
	struct memory *dlg = memory_find(who, arg(cmd, "call"),
					 arg(cmd, "peer"), arg(cmd, "local"));
	const char *method = cmd->argv[2];

	if (!dlg)
		fail(rp, "%s remembers no such dialog", who->name);
	bool ack = !strcmp(method, "ACK");
	unsigned long cseq = ack ? dlg->invite_cseq : dlg->cseq + 1;
	if (arg(cmd, "cseq"))
		cseq = strtoul(arg(cmd, "cseq"), NULL, 10);
	if (!ack && cseq > dlg->cseq)
		dlg->cseq = cseq;
	if (!strcmp(method, "INVITE"))
		dlg->invite_cseq = cseq;
	out->start = keepf(rp, "%s %s SIP/2.0", method,
			   or_else(arg(cmd, "ruri"), dlg->target));
	add_via(rp, out, who,
		or_else(arg(cmd, "branch"),
			keepf(rp, "z9hG4bK-%s-%s-%s-%lu-%s", who->name,
			      dlg->call_id, dlg->remote_tag, cseq, method)));
	line_add(rp, out, "Max-Forwards", "70");
	if (*or_else(arg(cmd, "route"), dlg->route))
		line_add(rp, out, "Route", "%s",
			 or_else(arg(cmd, "route"), dlg->route));
	line_add(rp, out, "From", "%s;tag=%s", dlg->local,
		 or_else(arg(cmd, "ftag"), dlg->local_tag));
	line_add(rp, out, "To", "%s;tag=%s", dlg->remote,
		 or_else(arg(cmd, "ttag"), dlg->remote_tag));
	line_add(rp, out, "Call-ID", "%s", dlg->call_id);
	line_add(rp, out, "CSeq", "%lu %s", cseq, method);
}

static void outside(struct replay *rp, struct lines *out, struct party *who,
		    const struct command *cmd)
{
	const char *method = cmd->argv[2];
	const char *to = or_else(arg(cmd, "to"), who->user);
	const char *call_id = or_else(arg(cmd, "call"), "call-1");
	const char *cseq = or_else(arg(cmd, "cseq"), "1");
	const char *ttag = arg(cmd, "ttag");
	const char *from =
		as_uri(rp, who, or_else(arg(cmd, "from"), who->user));

	out->start =
		keepf(rp, "%s %s SIP/2.0", method, target_of(rp, who, cmd, to));
	add_via(rp, out, who,
		or_else(arg(cmd, "branch"),
			keepf(rp, "z9hG4bK-%s-%s-%s-%s", who->name, call_id,
			      cseq, method)));
	line_add(rp, out, "Max-Forwards", "%s",
		 or_else(arg(cmd, "hops"), "70"));
	if (arg(cmd, "route"))
		line_add(rp, out, "Route", "%s", arg(cmd, "route"));
	line_add(rp, out, "From", "<%s>;tag=%s", from,
		 or_else(arg(cmd, "ftag"), keepf(rp, "f-%s", who->name)));
	line_add(rp, out, "To", "<%s>%s%s", callee(rp, who, to),
		 ttag ? ";tag=" : "", or_else(ttag, ""));
	line_add(rp, out, "Call-ID", "%s", call_id);
	line_add(rp, out, "CSeq", "%s %s", cseq, method);
}

char *request_text(struct replay *rp, struct party *who,
		   const struct command *cmd, size_t *len)
{
	struct lines out = {0};

	if (flag(cmd, "in"))
		in_dialog(rp, &out, who, cmd);
	else
		outside(rp, &out, who, cmd);
	finish(rp, &out, who, cmd);
	return lines_text(rp, &out, len);
}

/* ---- what goes with an INVITE that was sent */

static const struct mail *last_invite(struct replay *rp,
				      const struct party *who,
				      const struct command *cmd)
{
	const char *call_id = arg(cmd, "call");
	const struct mail *found = NULL;

	for (const struct heard *h = who->sent.first; h; h = h->next)
		if (!h->mail.code && !strcmp(h->mail.method, "INVITE") &&
		    (!call_id ||
		     !strcmp(mail_value(&h->mail, "Call-ID"), call_id)))
			found = &h->mail;
	if (!found)
		fail(rp, "%s has sent no such INVITE", who->name);
	return found;
}

/* Its Via, Request-URI, Route, From, Call-ID and CSeq number. */
static void of_invite(struct replay *rp, struct lines *out,
		      const struct mail *invite, const char *method,
		      const char *to)
{
	const char *route = mail_value(invite, "Route");

	out->start = keepf(rp, "%s %s", method, invite->start + 7);
	line_add(rp, out, "Via", "%s", mail_value(invite, "Via"));
	line_add(rp, out, "Max-Forwards", "70");
	if (*route)
		line_add(rp, out, "Route", "%s", route);
	line_add(rp, out, "From", "%s", mail_value(invite, "From"));
	line_add(rp, out, "To", "%s", to);
	line_add(rp, out, "Call-ID", "%s", mail_value(invite, "Call-ID"));
	line_add(rp, out, "CSeq", "%lu %s", cseq_of(invite), method);
}

char *cancel_text(struct replay *rp, struct party *who,
		  const struct command *cmd, size_t *len)
{
	const struct mail *invite = last_invite(rp, who, cmd);
	struct lines out = {0};

	of_invite(rp, &out, invite, "CANCEL", mail_value(invite, "To"));
	lines_block(rp, &out, cmd);
	return lines_text(rp, &out, len);
}

/* RFC 3261 17.1.1.3: the ACK to a final answer that is no 2xx. */
char *hop_ack_text(struct replay *rp, struct party *who,
		   const struct command *cmd, size_t *len)
{
	const struct mail *invite = last_invite(rp, who, cmd);
	const struct mail *answer = NULL;
	struct lines out = {0};

	for (const struct heard *h = who->inbox.first; h; h = h->next)
		if (h->expected && h->kind == HEARD_MAIL &&
		    h->mail.code >= 300 &&
		    !strcmp(mail_value(&h->mail, "Call-ID"),
			    mail_value(invite, "Call-ID")) &&
		    cseq_of(&h->mail) == cseq_of(invite))
			answer = &h->mail;
	if (!answer)
		fail(rp, "%s has no answer to acknowledge", who->name);
	of_invite(rp, &out, invite, "ACK", mail_value(answer, "To"));
	lines_block(rp, &out, cmd);
	return lines_text(rp, &out, len);
}
