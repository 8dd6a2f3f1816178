/* mail.c - a message taken apart, apart from the code that is under test */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "replay.h"

static char *trimmed(struct replay *rp, const char *p, size_t len)
{
	while (len && (*p == ' ' || *p == '\t')) {
		p++;
		len--;
	}
	while (len && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	return keep_text(rp, p, len);
}

static bool read_start(struct replay *rp, struct mail *mail)
{
	if (!strncmp(mail->start, "SIP/2.0 ", 8)) {
		mail->code = (unsigned)strtoul(mail->start + 8, NULL, 10);
		const char *method = strrchr(mail_value(mail, "CSeq"), ' ');
		mail->method = method ? method + 1 : "";
		return mail->code >= 100 && mail->code <= 699;
	}
	mail->method = keep_text(rp, mail->start, strcspn(mail->start, " "));
	return mail->method[0] != '\0';
}

bool mail_read(struct replay *rp, struct mail *mail, const char *p, size_t len)
{
	const char *text = keep_text(rp, p, len), *line = text, *end;

	*mail = (struct mail){.start = ""};
	while ((end = strstr(line, "\r\n")) && end != line) {
		const char *colon = memchr(line, ':', (size_t)(end - line));

		if (line == text) {
			mail->start = keep_text(rp, line, (size_t)(end - line));
		} else if (!colon || mail->count == FIELDS_MAX) {
			return false;
		} else {
			mail->fields[mail->count].name =
				trimmed(rp, line, (size_t)(colon - line));
			mail->fields[mail->count++].value = trimmed(
				rp, colon + 1, (size_t)(end - colon - 1));
		}
		line = end + 2;
	}
	if (!end)
		return false;
	mail->body = end + 2;
	mail->body_len = len - (size_t)(end + 2 - text);
	return read_start(rp, mail);
}

const char *mail_value(const struct mail *mail, const char *name)
{
	for (size_t i = 0; i < mail->count; i++)
		if (!strcasecmp(mail->fields[i].name, name))
			return mail->fields[i].value;
	return "";
}

char *mail_list(struct replay *rp, const struct mail *mail, const char *name,
		bool backwards)
{
	char *list = keepf(rp, "%s", "");

	for (size_t i = 0; i < mail->count; i++) {
		char *rest = keepf(rp, "%s", mail->fields[i].value), *value;

		if (strcasecmp(mail->fields[i].name, name))
			continue;
		while ((value = strsep(&rest, ","))) {
			value = trimmed(rp, value, strlen(value));
			if (!*list)
				list = value;
			else if (backwards)
				list = keepf(rp, "%s, %s", value, list);
			else
				list = keepf(rp, "%s, %s", list, value);
		}
	}
	return list;
}

char *tag_of(struct replay *rp, const char *value)
{
	const char *tag = strstr(value, ";tag=");

	return tag ? keep_text(rp, tag + 5, strcspn(tag + 5, ";"))
		   : keepf(rp, "%s", "");
}

char *without_tag(struct replay *rp, const char *value)
{
	const char *tag = strstr(value, ";tag=");

	if (!tag)
		return keepf(rp, "%s", value);
	return keepf(rp, "%.*s%s", (int)(tag - value), value,
		     tag + 5 + strcspn(tag + 5, ";"));
}

char *uri_of(struct replay *rp, const char *value)
{
	const char *open = strchr(value, '<');

	if (open)
		return keep_text(rp, open + 1, strcspn(open + 1, ">"));
	return keep_text(rp, value, strcspn(value, ";"));
}

unsigned long cseq_of(const struct mail *mail)
{
	return strtoul(mail_value(mail, "CSeq"), NULL, 10);
}
