/* passwd.c - rempart passwd: a row of registrar.users from a password */
#include <errno.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "rempart/base/check.h"
#include "rempart/cmd/commands.h"
#include "rempart/config/config.h"
#include "rempart/sip/digest.h"

enum {
	PASSWORD_MIN = 12, /* PCI DSS 4.0.1 8.3.6 */
	PASSWORD_MAX_BYTES = 256,
	GENERATED_LEN = 20, /* 116 bits */
	EXIT_WRONG_USAGE = 2,
};

static void print_help(FILE *out)
{
	fprintf(out,
		"usage: rempart passwd [--realm REALM] [--generate] USER\n"
		"\n"
		"Prints a row for registrar.users with the HA1 of a password.\n"
		"The password is asked for twice on a terminal, or is the\n"
		"first line of the standard input. It has at least %d\n"
		"characters. It is not stored; whoever has the row can log in\n"
		"as that user, so keep the file from others.\n"
		"\n"
		"  --realm REALM  the registrar.realm of the file (default:\n"
		"                 \"%s\"); a row fits one realm only\n"
		"  --generate     make a random password of %d characters and\n"
		"                 print it on the standard error\n"
		"  --help         print this text\n"
		"\n"
		"Exit status: 0 a row was printed, 1 not, 2 wrong usage.\n",
		PASSWORD_MIN, CONFIG_REALM_DEFAULT, GENERATED_LEN);
}

/* What was chosen on the command line. */
struct request {
	const char *user;
	const char *realm;
	bool generate;
};

/* Ends the wait, so that the echo comes back before the program goes. */
static void on_signal(int sig)
{
	(void)sig;
}

/*
 * With a mask, signals are blocked but for the time of waiting: one that
 * comes between the prompt and read(2) would be lost, and the program stay.
 */
MUST_CHECK
static ssize_t read_byte(char *dst, const sigset_t *mask)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	if (mask && ppoll(&in, 1, NULL, mask) < 0)
		return -1;
	return read(STDIN_FILENO, dst, 1);
}

/*
 * One line without its end, byte by byte: what follows it on a pipe is not
 * ours, and no buffer of stdio keeps a copy. 0, EINTR after a signal, ENODATA
 * (end of input before any line), E2BIG, EINVAL or EIO.
 */
MUST_CHECK
static int read_line(char dst[static PASSWORD_MAX_BYTES + 1],
		     const sigset_t *mask)
{
	size_t len = 0;
	ssize_t n;
	char c;

	while ((n = read_byte(&c, mask)) == 1 && c != '\n') {
		if (len == PASSWORD_MAX_BYTES)
			return E2BIG;
		dst[len++] = c;
	}
	if (n < 0)
		return errno == EINTR ? EINTR : EIO;
	if (!n && !len)
		return ENODATA;
	if (len && dst[len - 1] == '\r')
		len--;
	dst[len] = '\0';
	/* A NUL would hide what stands behind it. */
	return memchr(dst, '\0', len) ? EINVAL : 0;
}

MUST_CHECK
static int prompt(char dst[static PASSWORD_MAX_BYTES + 1], const char *text,
		  const sigset_t *mask)
{
	fputs(text, stderr);

	int err = read_line(dst, mask);

	fputc('\n', stderr);
	return err;
}

/* Twice, for a slip cannot be seen. EKEYREJECTED: they differ. */
MUST_CHECK
static int prompt_twice(char dst[static PASSWORD_MAX_BYTES + 1],
			const sigset_t *mask)
{
	char again[PASSWORD_MAX_BYTES + 1] = "";
	int err = prompt(dst, "Password: ", mask);

	if (!err)
		err = prompt(again, "Once more: ", mask);
	if (!err && strcmp(dst, again) != 0)
		err = EKEYREJECTED;
	OPENSSL_cleanse(again, sizeof(again));
	return err;
}

MUST_CHECK
static int ask_without_echo(char dst[static PASSWORD_MAX_BYTES + 1],
			    const sigset_t *mask)
{
	struct termios before, silent;
	int err;

	if (tcgetattr(STDIN_FILENO, &before))
		return errno;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent))
		err = errno;
	else
		err = prompt_twice(dst, mask);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return err;
}

/* A signal or a stop must not leave the terminal without echo. */
MUST_CHECK
static int ask_on_terminal(char dst[static PASSWORD_MAX_BYTES + 1])
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };
	const struct sigaction on = {.sa_handler = on_signal};
	struct sigaction old[CAUGHT];
	sigset_t blocked, mask;

	sigemptyset(&blocked);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaddset(&blocked, caught[i]);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &on, &old[i]);

	int err = ask_without_echo(dst, &mask);

	/* One that is still pending then does what it always does. */
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &old[i], NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return err;
}

/* No letter or digit that is taken for another when read aloud or typed. */
MUST_CHECK
static int generate(char dst[static PASSWORD_MAX_BYTES + 1])
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz"
				       "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	enum { LETTERS = sizeof(alphabet) - 1, FAIR = 256 - 256 % LETTERS };
	size_t len = 0;

	while (len < GENERATED_LEN) {
		unsigned char byte;

		if (RAND_bytes(&byte, 1) != 1)
			return EIO;
		/* The rest of 256 would favour the first letters. */
		if (byte < FAIR)
			dst[len++] = alphabet[byte % LETTERS];
		OPENSSL_cleanse(&byte, 1);
	}
	dst[len] = '\0';
	return 0;
}

/* Characters, where a phone's user sees one: UTF-8 continuations aside. */
static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

/* NULL, or why a password is refused. */
static const char *judge(const char *password)
{
	if (count_characters(password) < PASSWORD_MIN)
		return "the password is shorter than 12 characters. Choose a "
		       "longer one, or use --generate";
	if (has_control(password))
		return "the password holds a control character. Choose one "
		       "that a phone can be given";
	return NULL;
}

MUST_CHECK
static int print_row(const struct request *req, const char *password)
{
	const struct span user = span_str(req->user);
	const struct span realm = span_str(req->realm);
	const struct span secret = span_str(password);
	char sha256[DIGEST_HEX_MAX], md5[DIGEST_HEX_MAX];
	int err = digest_ha1(sha256, DIGEST_SHA256, user, realm, secret);

	if (!err)
		err = digest_ha1(md5, DIGEST_MD5, user, realm, secret);
	if (!err)
		printf("{ name = \"%s\"; ha1_sha256 = \"%s\"; ha1_md5 = "
		       "\"%s\"; }\n",
		       req->user, sha256, md5);
	OPENSSL_cleanse(sha256, sizeof(sha256));
	OPENSSL_cleanse(md5, sizeof(md5));
	return err;
}

static int complain(const char *what)
{
	fprintf(stderr, "rempart passwd: %s\n", what);
	return EXIT_FAILURE;
}

static const char *explain(int err)
{
	switch (err) {
	case EINTR:
		return "interrupted";
	case ENODATA:
		return "no password was given";
	case E2BIG:
		return "the password is longer than 256 bytes";
	case EINVAL:
		return "the password holds a NUL byte";
	case EKEYREJECTED:
		return "the two passwords differ";
	default:
		return strerror(err);
	}
}

static int make_row(const struct request *req,
		    char password[static PASSWORD_MAX_BYTES + 1])
{
	const char *refused;
	int err;

	if (req->generate)
		err = generate(password);
	else if (isatty(STDIN_FILENO))
		err = ask_on_terminal(password);
	else
		err = read_line(password, NULL);
	if (err)
		return complain(explain(err));
	refused = judge(password);
	if (refused)
		return complain(refused);
	if (req->generate)
		fprintf(stderr, "%s\n", password);
	err = print_row(req, password);
	if (err)
		return complain(explain(err));
	/* A row that a full disk swallowed is no row. */
	if (fflush(stdout))
		return complain(strerror(errno));
	return EXIT_SUCCESS;
}

/* 0, or the exit status of wrong usage. -1: help was printed. */
static int read_options(struct request *req, int argc, char **argv)
{
	enum { OPT_REALM = 256, OPT_GENERATE, OPT_HELP };
	static const struct option options[] = {
		{"realm", required_argument, NULL, OPT_REALM},
		{"generate", no_argument, NULL, OPT_GENERATE},
		{"help", no_argument, NULL, OPT_HELP},
		{NULL, 0, NULL, 0},
	};
	int opt;

	optind = 0; /* main may have read options of its own */
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_REALM:
			req->realm = optarg;
			break;
		case OPT_GENERATE:
			req->generate = true;
			break;
		case OPT_HELP:
		case 'h':
			print_help(stdout);
			return -1;
		default:
			print_help(stderr);
			return EXIT_WRONG_USAGE;
		}
	}
	if (optind != argc - 1) {
		print_help(stderr);
		return EXIT_WRONG_USAGE;
	}
	req->user = argv[optind];
	return 0;
}

int command_passwd(int argc, char **argv)
{
	struct request req = {.realm = CONFIG_REALM_DEFAULT};
	char password[PASSWORD_MAX_BYTES + 1] = "";
	int status = read_options(&req, argc, argv);

	if (status)
		return status < 0 ? EXIT_SUCCESS : status;
	if (!config_is_user_name(req.user))
		return complain("the user name is not served. Use at most 63 "
				"letters, digits and - _ . + * ~");
	if (!config_is_realm(req.realm))
		return complain("the realm is not served. Use at most 127 "
				"characters of plain ASCII without \" and \\");
	status = make_row(&req, password);
	OPENSSL_cleanse(password, sizeof(password));
	return status;
}
