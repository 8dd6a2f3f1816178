/* auth.c - digest credentials as a phone computes them (RFC 7616, RFC 8760) */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "replay.h"

static char *hex_hash(struct replay *rp, bool sha256, const char *text)
{
	const EVP_MD *md = sha256 ? EVP_sha256() : EVP_md5();
	unsigned char hash[EVP_MAX_MD_SIZE];
	char *out = keepf(rp, "%s", "");
	unsigned len = 0;

	if (!EVP_Digest(text, strlen(text), hash, &len, md, NULL))
		fail(rp, "EVP_Digest");
	for (unsigned i = 0; i < len; i++)
		out = keepf(rp, "%s%02x", out, hash[i]);
	return out;
}

static char *quoted(struct replay *rp, const char *value, const char *name)
{
	const char *at = strstr(value, keepf(rp, "%s=\"", name));

	if (!at)
		return keepf(rp, "%s", "");
	at += strlen(name) + 2;
	return keep_text(rp, at, strcspn(at, "\""));
}

/* The newest challenge of the algorithm that alg= asks for. */
static const char *challenge(struct replay *rp, const struct party *who,
			     const char *alg)
{
	const char *found = NULL;

	for (const struct heard *h = who->inbox.first; h; h = h->next) {
		if (!h->expected || h->kind != HEARD_MAIL ||
		    (h->mail.code != 401 && h->mail.code != 407))
			continue;
		for (size_t i = 0; i < h->mail.count; i++)
			if (strcasestr(h->mail.fields[i].name, "uthenticate") &&
			    strstr(h->mail.fields[i].value,
				   keepf(rp, "algorithm=%s", alg)))
				found = h->mail.fields[i].value;
	}
	if (!found)
		fail(rp, "%s was not challenged for %s", who->name, alg);
	return found;
}

char *auth_value(struct replay *rp, struct party *who,
		 const struct command *cmd, const char *method, const char *uri)
{
	const char *alg = arg(cmd, "alg") ? arg(cmd, "alg") : "SHA-256";
	bool sha256 = !strcmp(alg, "SHA-256");
	const char *user =
		arg(cmd, "authuser") ? arg(cmd, "authuser") : who->user;
	const char *asked = challenge(rp, who, alg);
	const char *realm = quoted(rp, asked, "realm");
	const char *nonce = arg(cmd, "nonce") ? arg(cmd, "nonce")
					      : quoted(rp, asked, "nonce");
	const char *nc = arg(cmd, "nc") ? arg(cmd, "nc") : "00000001";
	char *ha1 =
		hex_hash(rp, sha256,
			 keepf(rp, "%s:%s:%s", user, realm, arg(cmd, "auth")));
	char *ha2 = hex_hash(rp, sha256, keepf(rp, "%s:%s", method, uri));
	char *response = hex_hash(
		rp, sha256,
		keepf(rp, "%s:%s:%s:c0ffee:auth:%s", ha1, nonce, nc, ha2));

	return keepf(rp,
		     "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
		     "uri=\"%s\", algorithm=%s, qop=auth, nc=%s, "
		     "cnonce=\"c0ffee\", response=\"%s\"",
		     user, realm, nonce, uri, alg, nc, response);
}
