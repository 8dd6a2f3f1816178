/* hello.c - tells TLS from clear text, and why a handshake failed */
#include "hello.h"

#include <ctype.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rempart/door/tls.h"

enum {
	RECORD_HANDSHAKE = 22,
	MESSAGE_CLIENT_HELLO = 1,
	HELLO_HEADER_BYTES = 4,
	/* An SSL 2.0 record: high bit, length, then the message's type. */
	SSL2_LENGTH_BIT = 0x80,
};

/* The set in the SSL's app data. */
enum offered {
	OFFERED_SSL3 = 1 << 0,
	OFFERED_TLS1_0 = 1 << 1,
	OFFERED_TLS1_1 = 1 << 2,
	OFFERED_TLS1_2 = 1 << 3,
	OFFERED_TLS1_3 = 1 << 4,
	OFFERED_OTHER = 1 << 5,
};

static const struct {
	unsigned version, bit;
	const char *name;
} VERSIONS[] = {
	{TLS1_2_VERSION, OFFERED_TLS1_2, "TLS 1.2"},
	{TLS1_1_VERSION, OFFERED_TLS1_1, "TLS 1.1"},
	{TLS1_VERSION, OFFERED_TLS1_0, "TLS 1.0"},
	{SSL3_VERSION, OFFERED_SSL3, "SSL 3.0"},
	{TLS1_3_VERSION, OFFERED_TLS1_3, "TLS 1.3"},
};

enum { VERSION_COUNT = sizeof(VERSIONS) / sizeof(VERSIONS[0]) };

static bool is_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isprint(p[i]) && !isspace(p[i]))
			return false;
	return len > 0;
}

/* "..." with what cannot be shown as a dot. */
static void look_text(char detail[static HELLO_DETAIL_MAX], const uint8_t *p,
		      size_t len)
{
	char shown[HELLO_LOOK_BYTES + 1];

	if (len > HELLO_LOOK_BYTES)
		len = HELLO_LOOK_BYTES;
	for (size_t i = 0; i < len; i++)
		shown[i] = isprint(p[i]) && p[i] != '"' ? (char)p[i] : '.';
	shown[len] = '\0';
	(void)snprintf(detail, HELLO_DETAIL_MAX,
		       "clear text on the TLS port, it begins \"%s\": set the "
		       "phone's transport to TLS",
		       shown);
}

static void look_noise(char detail[static HELLO_DETAIL_MAX], const uint8_t *p,
		       size_t len)
{
	(void)snprintf(detail, HELLO_DETAIL_MAX,
		       "not a TLS ClientHello: the first of %zu bytes seen is "
		       "0x%02x",
		       len, p[0]);
}

enum hello_look door_hello_look(const uint8_t *p, size_t len,
				enum reason *reason,
				char detail[static HELLO_DETAIL_MAX])
{
	/* Type, legacy_record_version 3.x, then the message's type. */
	const bool record = len < 1 || p[0] == RECORD_HANDSHAKE;
	const bool version = len < 2 || p[1] == SSL3_VERSION_MAJOR;
	const bool message = len < 6 || p[5] == MESSAGE_CLIENT_HELLO;
	size_t record_bytes;
	size_t hello_bytes;

	if (!record && is_text(p, len)) {
		*reason = REASON_TLS_CLEAR_TEXT;
		look_text(detail, p, len);
		return HELLO_REFUSED;
	}
	if (!record && p[0] & SSL2_LENGTH_BIT && len >= 3 &&
	    p[2] == MESSAGE_CLIENT_HELLO) {
		*reason = REASON_TLS_VERSION;
		(void)snprintf(detail, HELLO_DETAIL_MAX,
			       "an SSL 2.0 hello: TLS 1.3 is needed");
		return HELLO_REFUSED;
	}
	if (!record && p[0] & SSL2_LENGTH_BIT && len < 3)
		return HELLO_MORE;
	if (!record || !version || !message) {
		*reason = REASON_TLS_FAILED;
		look_noise(detail, p, len);
		return HELLO_REFUSED;
	}
	if (len < HELLO_FIRST_BYTES)
		return HELLO_MORE;
	/* The header must stand whole in its first record, or its length is
	 * not where we look. Only tools made to slip past filters cut there. */
	record_bytes = (size_t)p[3] << 8 | p[4];
	if (record_bytes < HELLO_HEADER_BYTES) {
		*reason = REASON_TLS_FAILED;
		(void)snprintf(detail, HELLO_DETAIL_MAX,
			       "a ClientHello cut into records of %zu bytes",
			       record_bytes);
		return HELLO_REFUSED;
	}
	hello_bytes = (size_t)p[6] << 16 | (size_t)p[7] << 8 | p[8];
	if (hello_bytes > HELLO_BYTES_MAX) {
		*reason = REASON_TLS_FAILED;
		(void)snprintf(detail, HELLO_DETAIL_MAX,
			       "a ClientHello of %zu bytes", hello_bytes);
		return HELLO_REFUSED;
	}
	return HELLO_TLS;
}

static unsigned version_bit(unsigned version)
{
	for (unsigned i = 0; i < VERSION_COUNT; i++)
		if (VERSIONS[i].version == version)
			return VERSIONS[i].bit;
	return OFFERED_OTHER; /* GREASE, RFC 8701 */
}

/* RFC 8446 4.2.1: a length byte, then two bytes a version. */
static unsigned versions_offered(const unsigned char *p, size_t len)
{
	unsigned offered = 0;

	for (size_t i = 1; i + 1 < len; i += 2)
		offered |= version_bit((unsigned)p[i] << 8 | p[i + 1]);
	return offered;
}

int door_hello_h(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *p;
	size_t len;
	unsigned offered;

	(void)alert;
	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &p,
				      &len))
		offered = versions_offered(p, len);
	else
		offered =
			version_bit(SSL_client_hello_get0_legacy_version(ssl));
	SSL_set_app_data(ssl, (void *)(uintptr_t)offered);
	return SSL_CLIENT_HELLO_SUCCESS;
}

static void words_version(char detail[static HELLO_DETAIL_MAX],
			  unsigned offered, bool legacy)
{
	char list[64] = "";
	size_t len = 0;

	for (unsigned i = 0; i < VERSION_COUNT; i++) {
		if (!(offered & VERSIONS[i].bit))
			continue;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					len ? ", " : "", VERSIONS[i].name);
	}
	(void)snprintf(detail, HELLO_DETAIL_MAX,
		       "the phone offered only %s: TLS %s is needed (newer "
		       "firmware, or its setting for TLS)",
		       len ? list : "an unknown TLS version",
		       legacy ? "1.2" : "1.3");
}

static void words_alert(char detail[static HELLO_DETAIL_MAX], int alert)
{
	const char *name = SSL_alert_desc_string_long(alert);
	const char *what = "the phone ended the handshake";

	switch (alert) {
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_CERTIFICATE_UNKNOWN:
		what = "the phone does not trust the certificate";
		break;
	case SSL_AD_CERTIFICATE_EXPIRED:
		what = "the phone holds the certificate for expired: its "
		       "clock, or the certificate's dates";
		break;
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
		what = "the phone cannot use this kind of certificate";
		break;
	default:
		break;
	}
	(void)snprintf(detail, HELLO_DETAIL_MAX, "%s (%s)", what, name);
}

static enum reason failure_shared(int code, bool legacy,
				  char detail[static 160])
{
	const char *what;

	switch (code) {
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_CIPHERS_SPECIFIED:
		/* TLS 1.2 has its key exchange in the suite, too. */
		what = legacy ? "no common cipher suite: ECDHE over X25519 or "
				"P-256 with AES-GCM or CHACHA20-POLY1305 is "
				"needed"
			      : "no common cipher suite: "
				"TLS_AES_256_GCM_SHA384, "
				"TLS_CHACHA20_POLY1305_SHA256 or "
				"TLS_AES_128_GCM_SHA256 is needed";
		break;
	case SSL_R_NO_SHARED_GROUPS:
	case SSL_R_NO_SUITABLE_GROUPS:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_MISSING_SUPPORTED_GROUPS_EXTENSION:
		what = "no common key exchange group: X25519 or P-256 is "
		       "needed";
		break;
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SUITABLE_DIGEST_ALGORITHM:
		what = "no common signature algorithm: the phone cannot use "
		       "this kind of certificate";
		break;
	default:
		return REASON_OK;
	}
	(void)snprintf(detail, 160, "%s", what);
	return REASON_TLS_NO_SHARED;
}

static enum reason failure_ssl(int code, unsigned offered, bool legacy,
			       char detail[static 160])
{
	switch (code) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_UNKNOWN_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
		words_version(detail, offered, legacy);
		return REASON_TLS_VERSION;
	case SSL_R_WRONG_VERSION_NUMBER:
		if (offered)
			break; /* a bad record later on */
			       /* fall through */
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		(void)snprintf(detail, 160, "clear text on the TLS port");
		return REASON_TLS_CLEAR_TEXT;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		(void)snprintf(detail, 160, "closed inside the handshake");
		return REASON_TLS_CLOSED;
	default:
		break;
	}
	if (code > SSL_AD_REASON_OFFSET) {
		words_alert(detail, code - SSL_AD_REASON_OFFSET);
		return REASON_TLS_ALERT;
	}
	return failure_shared(code, legacy, detail);
}

enum reason door_tls_failure(SSL *ssl, char detail[static 160])
{
	/* The first entry is the cause, later ones its consequences. */
	const unsigned long error = ERR_peek_error();
	const unsigned offered = (unsigned)(uintptr_t)SSL_get_app_data(ssl);
	const bool legacy = SSL_get_min_proto_version(ssl) == TLS1_2_VERSION;
	enum reason reason = REASON_OK;
	const char *words;

	if (!error) {
		(void)snprintf(detail, 160, "closed inside the handshake");
		return REASON_TLS_CLOSED;
	}
	if (ERR_GET_LIB(error) == ERR_LIB_SSL)
		reason = failure_ssl(ERR_GET_REASON(error), offered, legacy,
				     detail);
	else if (ERR_SYSTEM_ERROR(error)) {
		(void)snprintf(detail, 160, "closed inside the handshake (%s)",
			       "reset");
		reason = REASON_TLS_CLOSED;
	}
	if (reason == REASON_OK) {
		words = ERR_reason_error_string(error);
		(void)snprintf(detail, 160, "the handshake failed: %s",
			       words ? words : "unknown error");
		reason = REASON_TLS_FAILED;
	}
	ERR_clear_error();
	return reason;
}
