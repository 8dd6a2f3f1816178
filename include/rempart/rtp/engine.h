/* engine.h - SRTP for one direction: protect or unprotect (RFC 3711, 7714) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/base/suite.h"
#include "rempart/rtp/packet.h"

enum {
	RTP_KEY_SALT_MAX = 46, /* key and salt of the longest suite */
	/* SSRCs of one context: each hold of some phones takes a new one; one
	 * more is refused, so that memory stays bounded. */
	RTP_SSRC_MAX = 32,
	RTP_WINDOW = 128, /* replay window, packets: RFC 3711 3.3.2 asks 64 */
};

enum rtp_result {
	RTP_DONE,
	RTP_FORGED,    /* no key of ours authenticates it */
	RTP_REPLAYED,  /* its index was used, or is older than the window */
	RTP_MALFORMED, /* no RTP or RTCP, or too short or long */
	RTP_NO_ROOM,   /* RTP_SSRC_MAX, or out too small */
	RTP_EXHAUSTED, /* the key's last packet has been */
};

enum rtp_way { RTP_RECEIVE, RTP_SEND };

/*
 * A context: one key, one way, RTP and RTCP, up to RTP_SSRC_MAX streams. Of
 * one thread. The master key is wiped once the session keys are derived, those
 * on close.
 */
struct rtp_context;

/*
 * One a file. Packets go from `in` to `out` (cap bytes; the two do not
 * overlap). Nothing of the context changes unless RTP_DONE is returned, and
 * nothing of `out` may be used then. No allocation but in open.
 */
struct rtp_engine {
	const char *name;
	/* key_salt: suite_key_bytes + suite_salt_bytes. 0, EINVAL, ENOMEM. */
	int (*open)(struct rtp_context **out, enum rtp_way way,
		    enum suite suite, const uint8_t *key_salt);
	void (*close)(struct rtp_context *ctx); /* NULL is allowed */
	/*
	 * SEND. Index: the sequence number with the rollover counter that the
	 * context keeps for that SSRC (RFC 3711 3.3.1; starts at 0). An index
	 * that was used, or is older than RTP_WINDOW: REPLAYED. Never wraps
	 * 2^48: EXHAUSTED. *len: in, out.
	 */
	enum rtp_result (*protect)(struct rtp_context *ctx, const uint8_t *in,
				   uint8_t *out, size_t *len, size_t cap);
	/* The same for a compound RTCP packet; own index of 31 bits, from 1
	 * up, never twice. */
	enum rtp_result (*protect_rtcp)(struct rtp_context *ctx,
					const uint8_t *in, uint8_t *out,
					size_t *len, size_t cap);
	/* RECEIVE. Commits the index only after the tag holds. */
	enum rtp_result (*unprotect)(struct rtp_context *ctx, const uint8_t *in,
				     uint8_t *out, size_t *len, size_t cap);
	enum rtp_result (*unprotect_rtcp)(struct rtp_context *ctx,
					  const uint8_t *in, uint8_t *out,
					  size_t *len, size_t cap);
	/* The rollover counter with which an SSRC that this context has not
	 * seen yet is begun (both ways). 0 or ENOSPC, EEXIST. */
	int (*begin)(struct rtp_context *ctx, uint32_t ssrc, uint32_t roc);
	/* Of an SSRC that was seen; false: it was not. */
	bool (*roc)(const struct rtp_context *ctx, uint32_t ssrc,
		    uint32_t *out);
};

/* "openssl", "libsrtp2"; NULL: no such engine. The first call of each sets it
 * up and must be made before threads start; NULL too when that fails. */
const struct rtp_engine *rtp_engine_find(const char *name);
