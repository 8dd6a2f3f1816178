/* response.c - answers, and what a proxy at the PBX passes on */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "replay.h"

static const char *phrase(unsigned code)
{
	switch (code) {
	case 100:
		return "Trying";
	case 180:
		return "Ringing";
	case 183:
		return "Session Progress";
	case 200:
		return "OK";
	case 401:
		return "Unauthorized";
	case 407:
		return "Proxy Authentication Required";
	case 486:
		return "Busy Here";
	case 487:
		return "Request Terminated";
	default:
		return "Answer";
	}
}

/* The last request that was expected: re=METHOD, call=, nr= narrow it. */
static const struct mail *last_request(struct replay *rp,
				       const struct party *who,
				       const struct command *cmd)
{
	const char *method = arg(cmd, "re"), *call_id = arg(cmd, "call");
	const struct mail *found = NULL;

	for (const struct heard *h = who->inbox.first; h; h = h->next) {
		if (!h->expected || h->kind != HEARD_MAIL || h->mail.code ||
		    !strcmp(h->mail.method, "ACK"))
			continue;
		if (method && strcmp(h->mail.method, method) != 0)
			continue;
		if (call_id &&
		    strcmp(mail_value(&h->mail, "Call-ID"), call_id) != 0)
			continue;
		found = &h->mail;
	}
	if (!found)
		fail(rp, "%s has no such request to answer", who->name);
	return found;
}

static void copy_all(struct replay *rp, struct lines *out,
		     const struct mail *mail, const char *name)
{
	for (size_t i = 0; i < mail->count; i++)
		if (!strcasecmp(mail->fields[i].name, name))
			line_add(rp, out, name, "%s", mail->fields[i].value);
}

static void add_contact(struct replay *rp, struct lines *out,
			const struct party *who, const struct command *cmd,
			const struct mail *req)
{
	const char *contact = arg(cmd, "contact");
	const char *expires = arg(cmd, "expires");

	if (!expires)
		expires = mail_value(req, "Expires");
	if (contact) {
		if (strcmp(contact, "none") != 0)
			line_add(rp, out, "Contact", "%s", contact);
		return;
	}
	if (!strcmp(req->method, "REGISTER")) {
		contact = mail_value(req, "Contact");
		if (*contact && strcmp(contact, "*") && strcmp(expires, "0"))
			line_add(rp, out, "Contact", "<%s>;expires=%s",
				 uri_of(rp, contact), expires);
		return;
	}
	if (who->is_pbx)
		line_add(rp, out, "Contact", "<sip:pbx@10.0.0.2:5060>");
	else
		line_add(rp, out, "Contact", "<sip:%s@%s:%u;transport=tls>",
			 who->user, host_of(rp, who), who->addr.port);
}

char *response_text(struct replay *rp, struct party *who,
		    const struct command *cmd, size_t *len)
{
	unsigned code = (unsigned)strtoul(cmd->argv[2], NULL, 10);
	const struct mail *req = last_request(rp, who, cmd);
	const char *to = mail_value(req, "To");
	const char *tag = arg(cmd, "tag");
	struct lines out = {0};

	if (!tag)
		tag = keepf(rp, "t-%s", who->name);
	out.start = keepf(rp, "SIP/2.0 %u %s", code, phrase(code));
	copy_all(rp, &out, req, "Via");
	if (code > 100 && code < 300)
		copy_all(rp, &out, req, "Record-Route");
	line_add(rp, &out, "From", "%s", mail_value(req, "From"));
	if (code > 100 && !*tag_of(rp, to)) {
		line_add(rp, &out, "To", "%s;tag=%s", to, tag);
		memory_of_answer(rp, who, req, code, tag);
	} else {
		line_add(rp, &out, "To", "%s", to);
	}
	line_add(rp, &out, "Call-ID", "%s", mail_value(req, "Call-ID"));
	line_add(rp, &out, "CSeq", "%s", mail_value(req, "CSeq"));
	if (code > 100 && code < 300 && carries_contact(req->method))
		add_contact(rp, &out, who, cmd, req);
	if (!strcmp(req->method, "SUBSCRIBE") && code >= 200 && code < 300)
		line_add(rp, &out, "Expires", "%s",
			 arg(cmd, "expires") ? arg(cmd, "expires")
					     : mail_value(req, "Expires"));
	if (arg(cmd, "sdp"))
		add_sdp(rp, &out, arg(cmd, "sdp"), host_of(rp, who));
	lines_block(rp, &out, cmd);
	return lines_text(rp, &out, len);
}

void open_dialog(struct replay *rp, const struct command *cmd)
{
	struct party *who = party_find(rp, cmd->argv[1]);
	const char *tag = arg(cmd, "tag");

	memory_of_answer(rp, who, last_request(rp, who, cmd), 200,
			 tag ? tag : keepf(rp, "t-%s", who->name));
}

/* ---- a proxy */

static const struct mail *last_of(struct replay *rp, const struct party *who,
				  const struct command *cmd)
{
	const char *what = cmd->argc > 3 ? cmd->argv[3] : "";
	unsigned code = (unsigned)strtoul(what, NULL, 10);
	const struct mail *found = NULL;

	for (const struct heard *h = who->inbox.first; h; h = h->next)
		if (h->expected && h->kind == HEARD_MAIL &&
		    (code ? h->mail.code == code
			  : !h->mail.code && !strcmp(h->mail.method, what)))
			found = &h->mail;
	if (!found)
		fail(rp, "%s has no %s to forward", who->name, what);
	return found;
}

/* Via on top, one hop less, its own Route off, Record-Route if asked. */
static void forward_request_(struct replay *rp, struct lines *out,
			     const struct command *cmd, const struct mail *mail)
{
	const char *ruri = arg(cmd, "ruri");
	bool route_done = false;

	out->start = keepf(rp, "%s", mail->start);
	if (ruri)
		out->start = keepf(rp, "%s %s SIP/2.0", mail->method, ruri);
	line_add(rp, out, "Via", "SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-p%s",
		 strstr(mail_value(mail, "Via"), "branch=") + 14);
	if (flag(cmd, "rr"))
		line_add(rp, out, "Record-Route", "<sip:10.0.0.2;lr>");
	for (size_t i = 0; i < mail->count; i++) {
		const char *name = mail->fields[i].name;
		const char *value = mail->fields[i].value;

		if (!strcmp(name, "Content-Length"))
			continue;
		if (!strcmp(name, "Max-Forwards")) {
			line_add(rp, out, name, "%lu",
				 strtoul(value, NULL, 10) - 1);
			continue;
		}
		if (!strcmp(name, "Route") && !route_done) {
			route_done = true;
			if (!strncmp(value, "<sip:10.0.0.2;lr>", 17))
				value += value[17] ? 19 : 17;
			if (!*value)
				continue;
		}
		line_add(rp, out, name, "%s", value);
	}
}

/* Without the topmost Via. */
static void forward_response(struct replay *rp, struct lines *out,
			     const struct mail *mail)
{
	bool via_done = false;

	out->start = keepf(rp, "%s", mail->start);
	for (size_t i = 0; i < mail->count; i++) {
		const char *name = mail->fields[i].name;

		if (!strcmp(name, "Content-Length"))
			continue;
		if (!strcmp(name, "Via") && !via_done)
			via_done = true;
		else
			line_add(rp, out, name, "%s", mail->fields[i].value);
	}
}

char *forward_text(struct replay *rp, struct party *who,
		   const struct command *cmd, size_t *len)
{
	const struct mail *mail = last_of(rp, who, cmd);
	struct lines out = {0};

	if (mail->code)
		forward_response(rp, &out, mail);
	else
		forward_request_(rp, &out, cmd, mail);
	out.body = mail->body;
	lines_block(rp, &out, cmd);
	return lines_text(rp, &out, len);
}
