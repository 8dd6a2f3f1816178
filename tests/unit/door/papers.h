/* papers.h - certificates made at test time, for the tests of this folder */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rempart/config/config.h"
#include "rempart/door/tls.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
/* Criterion takes no note of what the check at exit finds in a worker. */
static inline bool leaks(void)
{
	return __lsan_do_recoverable_leak_check();
}
#else
static inline bool leaks(void)
{
	return false;
}
#endif

enum { DAY_S = 86400 };

struct papers {
	char directory[64];
	EVP_PKEY *ca_key;
	X509 *ca;
};

struct paper {
	const char *name; /* NAME.pem and NAME.key in the directory */
	const char *san;  /* "DNS:a,IP:127.0.0.1", or NULL */
	int from_days, to_days;
	unsigned rsa_bits; /* 0: P-256 */
};

static inline EVP_PKEY *papers_key(unsigned rsa_bits)
{
	EVP_PKEY *key = rsa_bits ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256");

	cr_assert(key);
	return key;
}

static inline void papers_extend(X509 *cert, X509 *issuer, int nid,
				 const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	cr_assert(ext);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

static inline X509 *papers_certificate(EVP_PKEY *key, const char *cn,
				       int from_days, int to_days)
{
	static long serial = 1;
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), (long)from_days * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(cert), (long)to_days * DAY_S + 60);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
				   MBSTRING_ASC, (const unsigned char *)cn, -1,
				   -1, 0);
	return cert;
}

static inline const char *papers_path(const struct papers *papers,
				      const char *name, const char *suffix,
				      char dst[static CONFIG_PATH_MAX])
{
	snprintf(dst, CONFIG_PATH_MAX, "%s/%s.%s", papers->directory, name,
		 suffix);
	return dst;
}

static inline FILE *papers_open(const char *path, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);

	cr_assert(fd >= 0);
	return fdopen(fd, "w");
}

static inline struct papers papers_new(void)
{
	struct papers papers = {.directory = "/tmp/door-test-XXXXXX"};

	cr_assert(mkdtemp(papers.directory));
	papers.ca_key = papers_key(0);
	papers.ca = papers_certificate(papers.ca_key, "Test CA", -1, 3650);
	X509_set_issuer_name(papers.ca, X509_get_subject_name(papers.ca));
	papers_extend(papers.ca, papers.ca, NID_basic_constraints,
		      "critical,CA:TRUE");
	papers_extend(papers.ca, papers.ca, NID_key_usage,
		      "critical,keyCertSign");
	X509_sign(papers.ca, papers.ca_key, EVP_sha256());
	return papers;
}

static inline void papers_free(struct papers *papers)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", papers->directory);
	cr_assert_eq(system(command), 0);
	EVP_PKEY_free(papers->ca_key);
	X509_free(papers->ca);
	/* In a teardown Criterion takes note of a crash only. */
	if (leaks())
		abort();
}

/* Leaf and CA in NAME.pem, the key in NAME.key. */
static inline void papers_issue(struct papers *papers,
				const struct paper *paper)
{
	char path[CONFIG_PATH_MAX];
	EVP_PKEY *key = papers_key(paper->rsa_bits);
	X509 *cert = papers_certificate(key, paper->name, paper->from_days,
					paper->to_days);
	FILE *file;

	X509_set_issuer_name(cert, X509_get_subject_name(papers->ca));
	if (paper->san)
		papers_extend(cert, papers->ca, NID_subject_alt_name,
			      paper->san);
	X509_sign(cert, papers->ca_key, EVP_sha256());

	file = papers_open(papers_path(papers, paper->name, "pem", path), 0644);
	PEM_write_X509(file, cert);
	PEM_write_X509(file, papers->ca);
	fclose(file);
	file = papers_open(papers_path(papers, paper->name, "key", path), 0600);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* A good one for a year. */
static inline void papers_usual(struct papers *papers, const char *name,
				const char *san)
{
	const struct paper paper = {
		.name = name, .san = san, .from_days = -1, .to_days = 365};

	papers_issue(papers, &paper);
}

static inline void papers_add(const struct papers *papers, struct config *cfg,
			      const char *name)
{
	struct config_certificate *files =
		&cfg->certificates[cfg->certificate_count++];

	papers_path(papers, name, "pem", files->certificate);
	papers_path(papers, name, "key", files->key);
}

/* A configuration with these certificates; NULL ends the list. Free it. */
static inline struct config *papers_config(const struct papers *papers,
					   const char *const names[])
{
	struct config *cfg = calloc(1, sizeof(*cfg));

	snprintf(cfg->file, sizeof(cfg->file), "test.conf");
	for (; *names; names++)
		papers_add(papers, cfg, *names);
	return cfg;
}

static inline struct door_tls *papers_load(const struct papers *papers,
					   const char *const names[])
{
	struct config *cfg = papers_config(papers, names);
	struct config_problems *problems = calloc(1, sizeof(*problems));
	struct door_tls *tls = NULL;
	int err = door_tls_load(&tls, cfg, problems);

	cr_assert_eq(err, 0, "%s", problems->list[0].text);
	cr_assert_eq(problems->count, 0, "%s", problems->list[0].text);
	free(problems);
	free(cfg);
	return tls;
}
