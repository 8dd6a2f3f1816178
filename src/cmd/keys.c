/* keys.c - the node's key, made at the first start and kept */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"

enum { KEY_BYTES = 32, PATH_MAX_BYTES = 768 };

int make_directory(const char *path)
{
	char buf[PATH_MAX_BYTES];

	if (!span_copy(buf, sizeof(buf), span_str(path)))
		return ENAMETOOLONG;
	for (char *p = buf + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(buf, 0755) && errno != EEXIST)
			return errno;
		*p = '/';
	}
	return mkdir(buf, 0700) && errno != EEXIST ? errno : 0;
}

static int read_key(const char *path, uint8_t key[static KEY_BYTES],
		    char why[static 256])
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno;
	if (fstat(fd, &st) || st.st_mode & 077) {
		snprintf(why, 256, "%.160s: others can read it; chmod 600 it",
			 path);
		close(fd);
		return EPERM;
	}
	ssize_t n = read(fd, key, KEY_BYTES);
	close(fd);
	if (n == KEY_BYTES)
		return 0;
	snprintf(
		why, 256,
		"%.160s: not 32 bytes; remove it and a new one is made (phones "
		"register again)",
		path);
	return EINVAL;
}

/* Written aside and renamed: a crash leaves no half key. */
static int make_key(const char *path, uint8_t key[static KEY_BYTES])
{
	char aside[PATH_MAX_BYTES + 8];

	if (getrandom(key, KEY_BYTES, 0) != KEY_BYTES)
		return EIO;
	snprintf(aside, sizeof(aside), "%s.new", path);
	(void)unlink(aside);
	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int err = write(fd, key, KEY_BYTES) != KEY_BYTES || fsync(fd) ? EIO : 0;
	close(fd);
	if (!err && rename(aside, path))
		err = errno;
	return err;
}

static int derive(uint8_t out[static KEY_BYTES],
		  const uint8_t key[static KEY_BYTES], const char *label)
{
	unsigned len = KEY_BYTES;

	return HMAC(EVP_sha256(), key, KEY_BYTES, (const unsigned char *)label,
		    strlen(label), out, &len)
		       ? 0
		       : EIO;
}

int keys_load(struct edge_keys *out, const char *directory,
	      char why[static 256])
{
	char path[PATH_MAX_BYTES];
	uint8_t key[KEY_BYTES];
	int err = make_directory(directory);

	why[0] = '\0';
	snprintf(path, sizeof(path), "%s/node.key", directory);
	if (!err)
		err = read_key(path, key, why);
	if (err == ENOENT)
		err = make_key(path, key);
	if (!err)
		err = derive(out->token, key, "rempart token 1");
	if (!err)
		err = derive(out->proof, key, "rempart proof 1");
	if (!err)
		err = derive(out->nonce, key, "rempart nonce 1");
	OPENSSL_cleanse(key, sizeof(key));
	if (err && !why[0])
		snprintf(why, 256, "%.160s: %s", path, strerror(err));
	return err;
}
