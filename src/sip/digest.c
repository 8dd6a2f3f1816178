/* digest.c - reads, makes and compares what digest authentication exchanges */
#include "rempart/sip/digest.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

enum {
	NC_DIGITS = 8, /* RFC 7616 3.4: nc is exactly 8LHEX */
	TIME_BYTES = 8,
	PROOF_BYTES = 16, /* of the HMAC: 128 bits cannot be guessed */
	NONCE_BYTES = TIME_BYTES + PROOF_BYTES,
};

/* The parameters that we read; any other is an extension and ignored. */
enum field {
	FIELD_USERNAME,
	FIELD_REALM,
	FIELD_NONCE,
	FIELD_URI,
	FIELD_RESPONSE,
	FIELD_CNONCE,
	FIELD_NC,
	FIELD_QOP,
	FIELD_REQUIRED, /* all above must be there */
	FIELD_OPAQUE = FIELD_REQUIRED,
	FIELD_ALGORITHM,
	FIELD_USERHASH,
	FIELD_USERNAME_STAR,
	FIELD_COUNT
};

struct fields {
	struct span value[FIELD_COUNT];
	bool seen[FIELD_COUNT];
};

const char *digest_algorithm_name(enum digest_algorithm alg)
{
	static const char *const names[DIGEST_ALGORITHM_COUNT] = {
		[DIGEST_MD5] = "MD5",
		[DIGEST_SHA256] = "SHA-256",
	};

	assert(alg < DIGEST_ALGORITHM_COUNT);
	return names[alg];
}

static void put_hex(char dst[static DIGEST_HEX_MAX], const uint8_t *bytes,
		    size_t len)
{
	struct text txt = text_init(dst, DIGEST_HEX_MAX - 1);

	text_hex(&txt, bytes, len);
	assert(!txt.full);
	dst[txt.len] = '\0';
}

/* H(parts[0] ":" parts[1] ":" ...) in hex. */
static int hash_joined(char dst[static DIGEST_HEX_MAX],
		       enum digest_algorithm alg, const struct span *parts,
		       size_t count)
{
	const EVP_MD *type = alg == DIGEST_MD5 ? EVP_md5() : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int err = EIO;

	if (!ctx || EVP_DigestInit_ex(ctx, type, NULL) != 1)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (i && EVP_DigestUpdate(ctx, ":", 1) != 1)
			goto out;
		if (EVP_DigestUpdate(ctx, parts[i].p, parts[i].len) != 1)
			goto out;
	}
	if (EVP_DigestFinal_ex(ctx, hash, &len) != 1)
		goto out;
	put_hex(dst, hash, len);
	err = 0;
out:
	/* SSL_get_error() would take what is left here for its own. */
	if (err)
		ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(hash, sizeof(hash));
	return err;
}

int digest_ha1(char dst[static DIGEST_HEX_MAX], enum digest_algorithm alg,
	       struct span user, struct span realm, struct span password)
{
	const struct span parts[] = {user, realm, password};

	assert(alg < DIGEST_ALGORITHM_COUNT);
	return hash_joined(dst, alg, parts, 3);
}

static enum field field_find(struct span name)
{
	static const char *const names[FIELD_COUNT] = {
		[FIELD_USERNAME] = "username",
		[FIELD_REALM] = "realm",
		[FIELD_NONCE] = "nonce",
		[FIELD_URI] = "uri",
		[FIELD_RESPONSE] = "response",
		[FIELD_CNONCE] = "cnonce",
		[FIELD_NC] = "nc",
		[FIELD_QOP] = "qop",
		[FIELD_OPAQUE] = "opaque",
		[FIELD_ALGORITHM] = "algorithm",
		[FIELD_USERHASH] = "userhash",
		[FIELD_USERNAME_STAR] = "username*",
	};
	int i;

	for (i = 0; i < FIELD_COUNT; i++) {
		if (span_ieq(name, span_str(names[i])))
			break;
	}
	return (enum field)i;
}

/* RFC 3261 25.1 token, without the separators. */
static bool is_token(struct span s)
{
	static const char separators[] = "()<>@,;:\\\"/[]?={} \t";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x21 || c > 0x7e || strchr(separators, c))
			return false;
	}
	return s.len > 0;
}

/*
 * The inside of a quoted string; *rest goes on behind it. No escapes: two
 * ways to write one user are one too many for what others compare as bytes.
 */
static int quoted(struct span *rest, struct span *value)
{
	struct span in = span_skip(*rest, 1);
	size_t len = span_find(in, '"');

	if (len == in.len)
		return EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c < 0x20 || c == 0x7f || c == '\\')
			return EINVAL;
	}
	*value = span_of(in.p, len);
	*rest = span_trim(span_skip(in, len + 1));
	return 0;
}

/* An unquoted value up to the comma. Some phones leave the quotes of uri or
 * username out, so more than a token is taken. */
static int unquoted(struct span *rest, struct span *value)
{
	size_t len = span_find(*rest, ',');

	*value = span_trim(span_of(rest->p, len));
	*rest = span_skip(*rest, len);
	for (size_t i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->p[i];

		if (c < 0x21 || c == 0x7f || c == '"' || c == '\\')
			return EINVAL;
	}
	return value->len ? 0 : EINVAL;
}

/* name=value; *rest is left at the comma or at the end. */
static int param_next(struct span *rest, struct span *name, struct span *value)
{
	size_t eq = span_find(*rest, '=');

	if (eq == rest->len)
		return EINVAL;
	*name = span_trim(span_of(rest->p, eq));
	*rest = span_trim(span_skip(*rest, eq + 1));
	if (!is_token(*name))
		return EINVAL;
	if (rest->len && rest->p[0] == '"')
		return quoted(rest, value);
	return unquoted(rest, value);
}

static int fields_read(struct fields *all, struct span rest)
{
	bool more;

	do {
		struct span name;
		struct span value = {0};
		int err = param_next(&rest, &name, &value);
		enum field field;

		if (err)
			return err;
		field = field_find(name);
		if (field < FIELD_COUNT) {
			/* Given twice, two readers may take two values. */
			if (all->seen[field])
				return EINVAL;
			all->seen[field] = true;
			all->value[field] = value;
		}
		more = rest.len > 0;
		if (more && rest.p[0] != ',')
			return EINVAL;
		rest = span_trim(span_skip(rest, 1));
	} while (more);
	return 0;
}

static bool is_nc(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') &&
		    !(c >= 'A' && c <= 'F'))
			return false;
	}
	return s.len == NC_DIGITS;
}

static int algorithm_find(struct span name, enum digest_algorithm *out)
{
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
		enum digest_algorithm alg = (enum digest_algorithm)i;

		if (span_ieq(name, span_str(digest_algorithm_name(alg)))) {
			*out = alg;
			return 0;
		}
	}
	return ENOTSUP;
}

/*
 * What must be there, and what we do not offer. Without qop (RFC 2069) no nc
 * and no cnonce enter the response: whoever saw it once could send it again
 * as long as the nonce lives. All our challenges carry qop, so an answer
 * without it is a downgrade (RFC 7616 3.4 makes it mandatory).
 */
static int fields_check(const struct fields *all, enum digest_algorithm *alg)
{
	const struct span *value = all->value;

	if (all->seen[FIELD_USERNAME_STAR] ||
	    (all->seen[FIELD_USERHASH] &&
	     !span_ieq(value[FIELD_USERHASH], SPAN("false"))))
		return ENOTSUP;
	for (int i = 0; i < FIELD_REQUIRED; i++) {
		if (!value[i].len)
			return EINVAL;
	}
	if (!is_nc(value[FIELD_NC]))
		return EINVAL;
	if (!span_ieq(value[FIELD_QOP], SPAN("auth")))
		return ENOTSUP;
	if (!all->seen[FIELD_ALGORITHM]) {
		*alg = DIGEST_MD5;
		return 0;
	}
	return algorithm_find(value[FIELD_ALGORITHM], alg);
}

int digest_parse(struct digest_credentials *out, struct span value)
{
	static const struct span scheme = {"Digest", 6};
	struct fields all = {0};
	enum digest_algorithm alg = DIGEST_MD5;
	struct span s = span_trim(value);
	int err;

	if (!span_istarts(s, scheme) || s.len == scheme.len)
		return EINVAL;
	if (s.p[scheme.len] != ' ' && s.p[scheme.len] != '\t')
		return EINVAL;
	err = fields_read(&all, span_trim(span_skip(s, scheme.len)));
	if (!err)
		err = fields_check(&all, &alg);
	if (err)
		return err;
	*out = (struct digest_credentials){
		.algorithm = alg,
		.username = all.value[FIELD_USERNAME],
		.realm = all.value[FIELD_REALM],
		.nonce = all.value[FIELD_NONCE],
		.uri = all.value[FIELD_URI],
		.response = all.value[FIELD_RESPONSE],
		.cnonce = all.value[FIELD_CNONCE],
		.nc = all.value[FIELD_NC],
		.qop = all.value[FIELD_QOP],
		.opaque = all.value[FIELD_OPAQUE],
	};
	return 0;
}

/* The time is of one length, so no byte of it can move into the name of the
 * connection, which is of any. */
static int nonce_proof(uint8_t dst[static MAC_BYTES], struct mac *key,
		       struct span binding,
		       const uint8_t time[static TIME_BYTES])
{
	const struct span parts[] = {span_of((const char *)time, TIME_BYTES),
				     binding};

	return mac_make(key, dst, parts, 2);
}

void digest_nonce(struct text *out, struct mac *key, struct span binding,
		  uint64_t now_us)
{
	uint8_t raw[TIME_BYTES + MAC_BYTES];

	for (int i = 0; i < TIME_BYTES; i++)
		raw[i] = (uint8_t)(now_us >> (56 - 8 * i));
	if (nonce_proof(raw + TIME_BYTES, key, binding, raw)) {
		out->full = true;
		return;
	}
	text_base64url(out, raw, NONCE_BYTES);
}

static bool nonce_decode(uint8_t raw[static NONCE_BYTES], struct span nonce)
{
	size_t len = 0;

	return !text_base64url_decode(raw, NONCE_BYTES, &len, nonce) &&
	       len == NONCE_BYTES;
}

static uint64_t nonce_time(const uint8_t raw[static NONCE_BYTES])
{
	uint64_t us = 0;

	for (int i = 0; i < TIME_BYTES; i++)
		us = us << 8 | raw[i];
	return us;
}

uint64_t digest_nonce_us(struct span nonce)
{
	uint8_t raw[NONCE_BYTES];

	return nonce_decode(raw, nonce) ? nonce_time(raw) : 0;
}

enum digest_nonce_state digest_nonce_check(struct span nonce, struct mac *key,
					   struct span binding, uint64_t now_us,
					   uint64_t life_us)
{
	uint8_t raw[NONCE_BYTES];
	uint8_t proof[MAC_BYTES];
	uint64_t made_us;

	if (!nonce_decode(raw, nonce) || nonce_proof(proof, key, binding, raw))
		return DIGEST_NONCE_FORGED;
	if (CRYPTO_memcmp(raw + TIME_BYTES, proof, PROOF_BYTES) != 0)
		return DIGEST_NONCE_FORGED;
	made_us = nonce_time(raw);
	/* Ours, but from before the clock began anew: its age is unknown. */
	if (made_us > now_us || now_us - made_us > life_us)
		return DIGEST_NONCE_STALE;
	return DIGEST_NONCE_GOOD;
}

/* RFC 7616 3.4.1. The uri is taken as the client wrote it. */
bool digest_matches(const struct digest_credentials *cred, const char *ha1,
		    struct span method)
{
	const struct span a2[] = {method, cred->uri};
	char ha2[DIGEST_HEX_MAX];
	char want[DIGEST_HEX_MAX];
	bool same = false;

	if (hash_joined(ha2, cred->algorithm, a2, 2))
		return false;
	const struct span parts[] = {span_str(ha1), cred->nonce, cred->nc,
				     cred->cnonce,  cred->qop,	 span_str(ha2)};

	if (hash_joined(want, cred->algorithm, parts, 6))
		return false;
	if (cred->response.len == strlen(want))
		same = CRYPTO_memcmp(cred->response.p, want, strlen(want)) == 0;
	OPENSSL_cleanse(want, sizeof(want));
	return same;
}

static bool quotable(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			return false;
	}
	return true;
}

void digest_challenge(struct text *out, struct span header_name,
		      const struct digest_offer *offer)
{
	/* The first that a client knows is the one it takes (RFC 8760 2.4). */
	static const enum digest_algorithm order[] = {DIGEST_SHA256,
						      DIGEST_MD5};

	if (!quotable(offer->realm) || !quotable(offer->nonce)) {
		out->full = true;
		return;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (offer->md5_only && order[i] != DIGEST_MD5)
			continue;
		text_put(out, header_name);
		text_puts(out, ": Digest realm=\"");
		text_put(out, offer->realm);
		text_puts(out, "\", nonce=\"");
		text_put(out, offer->nonce);
		text_puts(out, "\", qop=\"auth\", algorithm=");
		text_puts(out, digest_algorithm_name(order[i]));
		if (offer->stale)
			text_puts(out, ", stale=true");
		text_puts(out, "\r\n");
	}
}
