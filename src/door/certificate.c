/*
 * certificate.c - reads a PEM chain and its private key
 *
 * Everything that an administrator can get wrong here is told with the file
 * and the mend; nothing is ever asked from a terminal.
 */
#include "certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_BYTES_MAX = 256 * 1024, /* a chain of ten is 20 KiB */
	CHAIN_MAX = 10,		     /* OpenSSL's peers verify no more */
	WARN_DAYS = 30,
};

struct pem_file {
	const char *path;
	char *bytes;
	size_t len;
	struct stat st;
};

void door_problem(struct config_problems *problems, bool warning,
		  const char *file, const char *fmt, ...)
{
	struct config_problem *problem;
	va_list ap;

	if (!warning)
		problems->faults++;
	if (problems->count >= CONFIG_PROBLEMS_MAX)
		return;
	problem = &problems->list[problems->count++];
	*problem = (struct config_problem){.warning = warning};
	(void)snprintf(problem->file, sizeof(problem->file), "%s", file);
	va_start(ap, fmt);
	(void)vsnprintf(problem->text, sizeof(problem->text), fmt, ap);
	va_end(ap);
}

/* OpenSSL's own words for what just failed; clears its queue. */
static const char *openssl_words(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return words ? words : "unknown error";
}

static void pem_close(struct pem_file *file)
{
	OPENSSL_clear_free(file->bytes, FILE_BYTES_MAX);
	file->bytes = NULL;
}

static int pem_read(struct pem_file *file, int fd)
{
	ssize_t n;

	if (fstat(fd, &file->st))
		return errno;
	if (S_ISDIR(file->st.st_mode))
		return EISDIR;
	if (!S_ISREG(file->st.st_mode))
		return EBADF;
	if (file->st.st_size >= FILE_BYTES_MAX)
		return EFBIG;
	file->bytes = OPENSSL_malloc(FILE_BYTES_MAX);
	if (!file->bytes)
		return ENOMEM;
	do {
		n = read(fd, file->bytes + file->len,
			 FILE_BYTES_MAX - file->len);
		if (n > 0)
			file->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return errno;
	return file->len < FILE_BYTES_MAX ? 0 : EFBIG;
}

static int pem_open(struct pem_file *file, const char *path,
		    struct config_problems *problems)
{
	/* O_NONBLOCK: a FIFO in the place of a key must not hang us. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	*file = (struct pem_file){.path = path};
	err = fd < 0 ? errno : pem_read(file, fd);
	if (fd >= 0)
		(void)close(fd);
	if (!err)
		return 0;
	pem_close(file);
	if (err == ENOMEM)
		return ENOMEM;
	door_problem(problems, false, path, "cannot be read: %s",
		     err == EBADF ? "not a regular file" : strerror(err));
	return EINVAL;
}

/* Never asks: without a passphrase an encrypted key is refused. */
static int passphrase_h(char *buf, int size, int writing, void *arg)
{
	bool *asked = arg;

	(void)writing;
	if (size > 0)
		buf[0] = '\0';
	*asked = true;
	return -1;
}

static int key_judge_file(const struct pem_file *file,
			  struct config_problems *problems)
{
	const uid_t owner = file->st.st_uid;

	if (file->st.st_mode & 077) {
		door_problem(problems, false, file->path,
			     "the private key can be reached by group or "
			     "others (mode %04o): chmod 600",
			     (unsigned)(file->st.st_mode & 07777));
		return EINVAL;
	}
	if (owner != 0 && owner != geteuid())
		door_problem(problems, true, file->path,
			     "the private key belongs to another user (uid "
			     "%u), who can read and replace it: chown it to "
			     "the user that Rempart runs as",
			     (unsigned)owner);
	return 0;
}

static int key_parse(EVP_PKEY **out, const struct pem_file *file,
		     struct config_problems *problems)
{
	BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->len);
	bool asked = false;
	EVP_PKEY *key;

	if (!bio)
		return ENOMEM;
	key = PEM_read_bio_PrivateKey(bio, NULL, passphrase_h, &asked);
	BIO_free(bio);
	if (key) {
		*out = key;
		return 0;
	}
	if (asked)
		door_problem(problems, false, file->path,
			     "the private key is encrypted and nobody can be "
			     "asked for its passphrase: openssl pkey -in OLD "
			     "-out NEW, then chmod 600 NEW");
	else
		door_problem(problems, false, file->path,
			     "holds no PEM private key that can be used (%s)",
			     openssl_words());
	ERR_clear_error();
	return EINVAL;
}

static int key_load(EVP_PKEY **out, const char *path,
		    struct config_problems *problems)
{
	struct pem_file file;
	int err = pem_open(&file, path, problems);

	if (err)
		return err;
	err = key_judge_file(&file, problems);
	if (!err)
		err = key_parse(out, &file, problems);
	pem_close(&file);
	return err;
}

/* The next certificate: 0 and *out (NULL at the end), or EINVAL. */
static int chain_next(X509 **out, BIO *bio)
{
	unsigned long code;

	*out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (*out)
		return 0;
	code = ERR_peek_last_error();
	if (ERR_GET_LIB(code) != ERR_LIB_PEM ||
	    ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
		return EINVAL;
	ERR_clear_error();
	return 0;
}

static int chain_parse(STACK_OF(X509) * chain, const struct pem_file *file,
		       struct config_problems *problems)
{
	BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->len);
	X509 *certificate = NULL;
	int err = bio ? 0 : ENOMEM;

	while (!err) {
		err = chain_next(&certificate, bio);
		if (err || !certificate)
			break;
		if (sk_X509_num(chain) < CHAIN_MAX &&
		    sk_X509_push(chain, certificate))
			continue;
		X509_free(certificate);
		err = E2BIG;
	}
	BIO_free(bio);
	if (err == ENOMEM || (!err && sk_X509_num(chain)))
		return err;
	if (err == E2BIG)
		door_problem(problems, false, file->path,
			     "holds more than %d certificates: leave this "
			     "listener's own and its intermediates",
			     CHAIN_MAX);
	else if (err)
		door_problem(problems, false, file->path,
			     "certificate %d cannot be read (%s)",
			     sk_X509_num(chain) + 1, openssl_words());
	else
		door_problem(problems, false, file->path,
			     "holds no PEM certificate");
	return EINVAL;
}

static int chain_load(STACK_OF(X509) * chain, const char *path,
		      struct config_problems *problems)
{
	struct pem_file file;
	int err = pem_open(&file, path, problems);

	if (err)
		return err;
	err = chain_parse(chain, &file, problems);
	pem_close(&file);
	return err;
}

/* Dates of one certificate of the chain; only the first must hold. */
static int judge_dates(const X509 *certificate, int at, const char *path,
		       struct config_problems *problems)
{
	int days = 0;
	int seconds = 0;
	time_t now = time(NULL);

	if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0)
		door_problem(problems, true, path,
			     "certificate %d is not valid yet: phones will "
			     "refuse it (is the clock right?)",
			     at + 1);
	if (!ASN1_TIME_diff(&days, &seconds, NULL,
			    X509_get0_notAfter(certificate))) {
		ERR_clear_error();
		door_problem(problems, false, path,
			     "certificate %d has no readable end date", at + 1);
		return EINVAL;
	}
	if (days < 0 || (!days && seconds <= 0)) {
		door_problem(problems, at > 0, path,
			     "certificate %d expired %d days ago: renew it",
			     at + 1, -days);
		return at ? 0 : EINVAL;
	}
	if (days < WARN_DAYS)
		door_problem(problems, true, path,
			     "certificate %d expires in %d days: renew it",
			     at + 1, days);
	return 0;
}

static int chain_judge(STACK_OF(X509) * chain, const struct door_names *names,
		       const char *path, struct config_problems *problems)
{
	int err = 0;

	for (int i = 0; i < sk_X509_num(chain); i++)
		if (judge_dates(sk_X509_value(chain, i), i, path, problems))
			err = EINVAL;
	if (!names->count)
		door_problem(problems, true, path,
			     "has no DNS or IP name (subjectAltName): phones "
			     "that check names will refuse it");
	if (!X509_check_purpose(sk_X509_value(chain, 0),
				X509_PURPOSE_SSL_SERVER, 0))
		door_problem(problems, true, path,
			     "may not be used by a TLS server (key usage): "
			     "phones will refuse it");
	ERR_clear_error();
	return err;
}

/* Chain and key into the context; the chain without its first goes along. */
static int pair_use(struct door_certificate *certificate,
		    STACK_OF(X509) * chain, EVP_PKEY *key,
		    const struct config_certificate *files,
		    struct config_problems *problems)
{
	X509 *leaf = sk_X509_value(chain, 0);
	STACK_OF(X509) * rest;
	int err = 0;

	if (!X509_check_private_key(leaf, key)) {
		ERR_clear_error();
		door_problem(problems, false, files->key,
			     "does not belong to the first certificate of "
			     "%.120s: give the pair that was made together",
			     files->certificate);
		return EINVAL;
	}
	rest = sk_X509_dup(chain);
	if (!rest)
		return ENOMEM;
	(void)sk_X509_shift(rest);
	if (!SSL_CTX_use_cert_and_key(certificate->ctx, leaf, key, rest, 1)) {
		door_problem(problems, false, files->certificate,
			     "cannot be used (%s): make EC P-256 or RSA of "
			     "2048 bits or more, signed with SHA-256",
			     openssl_words());
		err = EINVAL;
	}
	sk_X509_free(rest);
	return err;
}

int door_certificate_load(struct door_certificate *certificate,
			  const struct config_certificate *files,
			  struct config_problems *problems)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	EVP_PKEY *key = NULL;
	int err;
	int err_key;

	if (!chain)
		return ENOMEM;
	ERR_clear_error();
	err = chain_load(chain, files->certificate, problems);
	if (!err)
		err = door_names_read(&certificate->names,
				      sk_X509_value(chain, 0));
	if (!err)
		err = chain_judge(chain, &certificate->names,
				  files->certificate, problems);
	/* Both files are judged, so that one run tells all. */
	err_key = key_load(&key, files->key, problems);
	if (!err)
		err = err_key;
	if (!err)
		err = pair_use(certificate, chain, key, files, problems);
	EVP_PKEY_free(key);
	sk_X509_pop_free(chain, X509_free);
	return err;
}
