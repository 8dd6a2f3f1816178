/* receiver.h - who may be heard: the keys of one sender, old and new */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/base/check.h"
#include "rempart/rtp/engine.h"

/* As an a=crypto line says (RFC 4568 6.1). Secret: wiped by its owner. */
struct rtp_key {
	enum suite suite;
	uint8_t key_salt[RTP_KEY_SALT_MAX];
	uint8_t mki[4];
	uint8_t mki_len;      /* 0: packets carry none */
	uint64_t packets_max; /* lifetime; 0: the suite's own limit */
};

struct rtp_receiver;

MUST_CHECK
int rtp_receiver_open(struct rtp_receiver **out,
		      const struct rtp_engine *engine);
void rtp_receiver_close(struct rtp_receiver *recv);

/*
 * The key from now on (re-INVITE, UPDATE). `moved`: the sender's address or
 * port in its SDP changed.
 * - Same key, not moved: nothing changes, the ROC is kept (RFC 3711 3.3.1).
 * - Same key, moved: the sender may keep its ROC or begin at 0 (RFC 4568 7.1.4;
 *   both are met). Packets are tried with the kept context and, for streams
 *   whose kept ROC is above 0, with one that begins at 0; the tag decides. The
 *   first authentic packet on that one settles it, or RTP_WINDOW on the kept
 *   one (those that were under way come first): the other is closed.
 * - New key: a context that begins at 0; the same SSRC with the ROC that the
 *   old context held, where above 0, is tried as well; the tag decides. The old
 *   key stays valid for what is under way until the first authentic packet
 *   under the new one.
 * Back to the key before, while no RTP of the new one has come: the new one is
 * forgotten. The same key with another MKI or lifetime: these are taken over.
 * At most three contexts, ever. 0, EINVAL or ENOMEM: nothing has changed.
 */
MUST_CHECK
int rtp_receiver_key(struct rtp_receiver *recv, const struct rtp_key *key,
		     bool moved);

/*
 * One packet from `in` to `out` (room for *len bytes), MKI taken off (where the
 * SRTP tag stands behind it: RFC 3711 3.1; behind the ciphertext with GCM: RFC
 * 7714 8.2, 9.2): a packet without the MKI of its key is FORGED. The candidates
 * are tried newest first; nothing has changed unless RTP_DONE. After
 * packets_max packets of a key, RTP and RTCP counted apart: EXHAUSTED.
 */
enum rtp_result rtp_receiver_take(struct rtp_receiver *recv, bool rtcp,
				  const uint8_t *in, uint8_t *out, size_t *len);

/* True when one of its contexts has heard this SSRC. */
bool rtp_receiver_knows(const struct rtp_receiver *recv, uint32_t ssrc);
/* Suite of the key in force; false: none yet. */
bool rtp_receiver_suite(const struct rtp_receiver *recv, enum suite *out);
