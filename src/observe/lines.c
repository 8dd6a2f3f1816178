/* lines.c - a file of the log line by line, in constant memory */
#include "lines.h"

#include <errno.h>

void lines_init(struct lines *src, FILE *in)
{
	src->in = in;
}

int lines_next(struct lines *src, struct span *line, enum lines_shape *shape)
{
	size_t len = 0; /* also of what is not kept */
	int c;

	errno = 0;
	/* Nobody else reads this file meanwhile. */
	while ((c = getc_unlocked(src->in)) != EOF && c != '\n') {
		if (len < sizeof(src->buf))
			src->buf[len] = (char)c;
		len++;
	}
	if (c == EOF && ferror(src->in))
		return errno ? errno : EIO;

	*line = span_of(src->buf, len);
	if (len >= sizeof(src->buf)) {
		*shape = LINES_LONG;
		*line = span_of(src->buf, 0);
	} else if (c == '\n') {
		*shape = LINES_WHOLE;
	} else {
		*shape = len ? LINES_TORN : LINES_END;
	}
	return 0;
}
