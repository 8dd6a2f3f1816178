/* local.c - REGISTER to our own registrar */
#include <string.h>

#include "state.h"

/*
 * RFC 8760 asks a client to pass over algorithms that it does not know, but
 * libre before 3.0 gives up at the first. Those of its phones that say who
 * they are get MD5 alone at once; any other that asks again on the same
 * connection without credentials gets it the second time. Nothing is given
 * away: MD5 would have been taken from them anyway.
 */
static bool gives_up_at_sha256(const struct conn *conn,
			       const struct sip_message *msg)
{
	static const char *const agents[] = {"baresip v0.", "baresip v1.",
					     "baresip v2."};
	struct span agent = sip_message_value(msg, SIP_HEADER_USER_AGENT);

	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
		if (span_istarts(agent, span_str(agents[i])))
			return true;
	return conn->challenged &&
	       !sip_message_has(msg, SIP_HEADER_AUTHORIZATION);
}

static void challenge(struct edge *edge, struct peer from,
		      const struct verdict *why)
{
	struct conn *conn = conn_find(edge, from.conn);
	char nonce_buf[DIGEST_NONCE_TEXT], buf[1024];
	struct text nonce = text_init(nonce_buf, sizeof(nonce_buf));
	struct text lines = text_init(buf, sizeof(buf) - 1);
	struct span binding = {(const char *)&conn->id, sizeof(conn->id)};

	digest_nonce(&nonce, edge->keys.nonce, binding, edge->time.now_us);
	const struct digest_offer offer = {
		.realm = span_str(edge->set.registrar->realm),
		.nonce = text_span(&nonce),
		.stale = registrar_stale(why),
		.md5_only = gives_up_at_sha256(conn, &edge->msg),
	};
	digest_challenge(&lines, SPAN("WWW-Authenticate"), &offer);
	conn->challenged = true;
	buf[lines.len] = '\0';
	record_refusal(edge, from, why);
	reply_now(edge, from, 401, phrase_of(401), buf);
}

/* RFC 3261 10.3: too short an interval is refused with ours. */
static struct verdict check_expires(uint32_t expires_s)
{
	if (expires_s && expires_s < REGISTRAR_EXPIRES_MIN_S) {
		struct verdict brief = verdict_reject(
			REASON_REGISTER_CONTACT, "Expires is under 60 seconds");
		brief.sip_code = 423;
		return brief;
	}
	return verdict_pass();
}

static void put_contacts(struct edge *edge, struct text *out, struct span user)
{
	struct binding *list[BINDING_SLOTS_MAX];
	uint64_t now_us = edge->time.now_us;
	size_t n = bindings_of_user(edge->bindings, user, now_us, list,
				    BINDING_SLOTS_MAX);

	for (size_t i = 0; i < n; i++) {
		text_puts(out, "Contact: <");
		text_puts(out, list[i]->contact_uri);
		text_puts(out, ">;expires=");
		text_u64(out, (list[i]->expires_us - now_us) / US_PER_S);
		text_puts(out, "\r\n");
	}
}

static void accepted(struct edge *edge, struct peer from,
		     const struct registration *reg, uint32_t expires_s)
{
	char buf[SIP_HEAD_MAX];
	struct text lines = text_init(buf, sizeof(buf) - 1);
	struct binding *bnd = register_binding(edge, reg);
	struct record *rec;

	if (reg->wildcard)
		bindings_remove_user(edge->bindings, reg->req.user);
	else if (bnd) /* reserved in this very turn: it cannot be refused */
		(void)binding_commit(edge->bindings, bnd, &reg->req, expires_s,
				     edge->time.now_us);
	put_contacts(edge, &lines, reg->req.user);
	buf[lines.len] = '\0';
	rec = record_begin(edge, RECORD_REGISTER, RECORD_VERDICT_ALLOW,
			   REASON_OK);
	(void)span_copy(rec->user, sizeof(rec->user), reg->req.user);
	record_peer(edge, rec, from);
	record_message(rec, &edge->msg);
	rec->code = 200;
	rec->took_us = record_took_us(edge);
	record_write(edge, rec);
	reply_now(edge, from, 200, "OK", lines.full ? NULL : buf);
}

static struct verdict authenticate(struct edge *edge, struct peer from,
				   struct span user)
{
	struct conn *conn = conn_find(edge, from.conn);
	struct registrar_proof proof = {
		.binding = {(const char *)&conn->id, sizeof(conn->id)},
		.now_us = edge->time.now_us,
		.use = &conn->nonce_use,
	};

	memcpy(proof.nonce_key, edge->keys.nonce, sizeof(proof.nonce_key));
	return registrar_authenticate(edge->set.registrar, &edge->msg,
				      SIP_HEADER_AUTHORIZATION, user, &proof);
}

void on_local_register(struct edge *edge, struct peer from)
{
	struct registration *reg = NULL;
	struct verdict verdict = register_read(edge, from, &reg);
	uint32_t expires_s = 0;

	if (verdict_passes(&verdict)) {
		verdict = authenticate(edge, from, reg->req.user);
		if (verdict.action == ACTION_CHALLENGE) {
			challenge(edge, from, &verdict);
			registration_free(reg);
			return;
		}
	}
	if (verdict_passes(&verdict) && reg->req.contact.host.len) {
		expires_s = reg->expires_s;
		if (expires_s > REGISTRAR_EXPIRES_MAX_S)
			expires_s = REGISTRAR_EXPIRES_MAX_S;
		verdict = check_expires(expires_s);
	}
	if (verdict_passes(&verdict))
		verdict = register_reserve(edge, reg);
	if (verdict_passes(&verdict))
		accepted(edge, from, reg, expires_s);
	else
		refuse(edge, from, &verdict);
	registration_free(reg);
}
