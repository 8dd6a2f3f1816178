/* engine.c - the SRTP engines by name */
#include "rempart/rtp/engine.h"

#include <string.h>

#include "engines.h"

static const struct {
	const struct rtp_engine *engine;
	int (*start)(void);
} engines[] = {
	{&rtp_engine_openssl, rtp_engine_openssl_start},
	{&rtp_engine_libsrtp2, rtp_engine_libsrtp2_start},
};

const struct rtp_engine *rtp_engine_find(const char *name)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		if (!strcmp(engines[i].engine->name, name))
			return engines[i].start() ? NULL : engines[i].engine;
	}
	return NULL;
}
