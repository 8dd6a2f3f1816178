/* links: config */
/* fuzz_config.c - any text is parsed, or refused with a fault; no file is
 * opened for it */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rempart/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig's scanner loses the open string of a text that ends inside it:
 * bounded by the text, and nothing that its caller can free. */
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig.so\n";
}

static void run(const char *text, bool demo)
{
	static struct config_problems problems;
	struct config *cfg = NULL;
	const struct config_text src = {
		.text = text,
		.name = "fuzz.conf",
		.directory = "/fuzz",
		.demo = demo,
	};
	int err = config_parse(&cfg, &src, &problems);

	if (err ? !problems.faults || cfg : problems.faults || !cfg)
		abort();
	if (!err && !cfg->sdp.suite_count)
		abort();
	config_free(cfg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	run(text, false);
	run(text, true);
	free(text);
	return 0;
}
