/* copy.c - heap copies of what a message says, for passages and dialogs */
#include <stdlib.h>

#include "rempart/base/text.h"
#include "rempart/sip/uri.h"
#include "copy.h"

char *copy_span(struct span s)
{
	char *copy = malloc(s.len + 1);

	if (copy)
		(void)span_copy(copy, s.len + 1, s);
	return copy;
}

char *copy_contact(const struct sip_message *msg)
{
	struct sip_values walk = {0};
	struct sip_address contact;
	struct span value;

	if (!sip_values_next(msg, SIP_HEADER_CONTACT, &walk, &value))
		return copy_span(SPAN(""));
	if (sip_address_parse(&contact, value))
		return copy_span(SPAN(""));
	return copy_span(contact.uri.text);
}

/* With the commas between them and the NUL. */
static size_t record_route_bytes(const struct sip_message *msg)
{
	struct sip_values walk = {0};
	struct span value;
	size_t bytes = 1;

	while (sip_values_next(msg, SIP_HEADER_RECORD_ROUTE, &walk, &value))
		bytes += value.len + 1;
	return bytes;
}

char *copy_record_route(const struct sip_message *msg)
{
	size_t bytes = record_route_bytes(msg);
	struct sip_values walk = {0};
	struct span value;
	char *copy = malloc(bytes);

	if (!copy)
		return NULL;

	struct text txt = text_init(copy, bytes);
	while (sip_values_next(msg, SIP_HEADER_RECORD_ROUTE, &walk, &value)) {
		if (txt.len)
			text_putc(&txt, ',');
		text_put(&txt, value);
	}
	text_putc(&txt, '\0');
	return copy;
}
