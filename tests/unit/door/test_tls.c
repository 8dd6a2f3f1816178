/* test_tls.c - files that cannot serve are refused with the file and the
 * reason; what is loaded speaks TLS 1.3 and nothing else */
#include "papers.h"

static struct papers papers;
static struct config_problems problems;

static void set_up(void)
{
	papers = papers_new();
	papers_usual(&papers, "good", "DNS:edge.example.org,IP:192.0.2.1");
}

static void tear_down(void)
{
	papers_free(&papers);
}

TestSuite(tls, .init = set_up, .fini = tear_down);

/* Loads; returns the error and leaves what was found in `problems`. */
static int load(struct config *cfg)
{
	struct door_tls *tls = NULL;
	int err;

	problems = (struct config_problems){0};
	err = door_tls_load(&tls, cfg, &problems);
	cr_assert_eq(err != 0, tls == NULL);
	cr_assert_eq(err == EINVAL, problems.faults > 0);
	door_tls_unref(tls);
	free(cfg);
	return err;
}

static int load_one(const char *name)
{
	return load(papers_config(&papers, (const char *[]){name, NULL}));
}

static bool told(bool warning, const char *file, const char *words)
{
	for (unsigned i = 0; i < problems.count; i++)
		if (problems.list[i].warning == warning &&
		    strstr(problems.list[i].file, file) &&
		    strstr(problems.list[i].text, words))
			return true;
	return false;
}

static void write_file(const char *name, const char *suffix, const char *text)
{
	char path[CONFIG_PATH_MAX];
	FILE *file =
		papers_open(papers_path(&papers, name, suffix, path), 0600);

	fputs(text, file);
	fclose(file);
}

static void move(const char *from, const char *to, const char *suffix)
{
	char a[CONFIG_PATH_MAX], b[CONFIG_PATH_MAX];

	cr_assert_eq(rename(papers_path(&papers, from, suffix, a),
			    papers_path(&papers, to, suffix, b)),
		     0);
}

Test(tls, a_good_pair_loads_without_a_word)
{
	cr_assert_eq(load_one("good"), 0);
	cr_assert_eq(problems.count, 0);
}

Test(tls, a_key_that_group_or_others_reach_is_refused)
{
	static const mode_t MODES[] = {0640, 0604, 0620, 0601, 0666};
	char path[CONFIG_PATH_MAX];

	papers_path(&papers, "good", "key", path);
	for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
		cr_assert_eq(chmod(path, MODES[i]), 0);
		cr_assert_eq(load_one("good"), EINVAL, "mode %o", MODES[i]);
		cr_assert(told(false, "good.key", "chmod 600"));
	}
	cr_assert_eq(chmod(path, 0400), 0);
	cr_assert_eq(load_one("good"), 0);
}

Test(tls, a_key_of_another_certificate_is_refused)
{
	papers_usual(&papers, "other", "DNS:b");
	move("other", "good", "key");
	cr_assert_eq(load_one("good"), EINVAL);
	cr_assert(told(false, "good.key", "does not belong"));
}

Test(tls, an_encrypted_key_is_refused_and_nobody_is_asked)
{
	char path[CONFIG_PATH_MAX];
	EVP_PKEY *key = papers_key(0);
	FILE *file =
		papers_open(papers_path(&papers, "good", "key", path), 0600);

	PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), "secret", 6,
				  NULL, NULL);
	fclose(file);
	EVP_PKEY_free(key);
	cr_assert_eq(load_one("good"), EINVAL);
	cr_assert(told(false, "good.key", "encrypted"));
}

Test(tls, an_expired_certificate_is_a_fault_a_near_end_a_warning)
{
	papers_issue(&papers, &(struct paper){.name = "old",
					      .san = "DNS:a",
					      .from_days = -9,
					      .to_days = -2});
	cr_assert_eq(load_one("old"), EINVAL);
	cr_assert(told(false, "old.pem", "expired"));

	papers_issue(&papers, &(struct paper){.name = "near",
					      .san = "DNS:a",
					      .from_days = -9,
					      .to_days = 29});
	cr_assert_eq(load_one("near"), 0);
	cr_assert(told(true, "near.pem", "expires in 29 days"));

	papers_issue(&papers, &(struct paper){.name = "far",
					      .san = "DNS:a",
					      .from_days = -9,
					      .to_days = 31});
	cr_assert_eq(load_one("far"), 0);
	cr_assert_eq(problems.count, 0);
}

Test(tls, what_phones_would_refuse_is_warned_of)
{
	papers_issue(&papers, &(struct paper){.name = "early",
					      .from_days = 2,
					      .to_days = 99});
	cr_assert_eq(load_one("early"), 0);
	cr_assert(told(true, "early.pem", "not valid yet"));
	cr_assert(told(true, "early.pem", "subjectAltName"));
}

Test(tls, files_that_are_missing_or_foreign_are_named)
{
	cr_assert_eq(load_one("absent"), EINVAL);
	cr_assert(told(false, "absent.pem", "No such file"));
	cr_assert(told(false, "absent.key", "No such file"));

	write_file("foreign", "pem", "hello\n");
	write_file("foreign", "key", "");
	cr_assert_eq(load_one("foreign"), EINVAL);
	cr_assert(told(false, "foreign.pem", "no PEM certificate"));
	cr_assert(told(false, "foreign.key", "no PEM private key"));

	write_file("broken", "pem",
		   "-----BEGIN CERTIFICATE-----\nAAAA\n"
		   "-----END CERTIFICATE-----\n");
	write_file("broken", "key",
		   "-----BEGIN PRIVATE KEY-----\nAAAA\n"
		   "-----END PRIVATE KEY-----\n");
	cr_assert_eq(load_one("broken"), EINVAL);
	cr_assert(told(false, "broken.pem", "certificate 1 cannot be read"));
	cr_assert(told(false, "broken.key", "no PEM private key"));
}

Test(tls, a_directory_or_a_fifo_in_a_files_place_is_told)
{
	char path[CONFIG_PATH_MAX];

	cr_assert_eq(mkdir(papers_path(&papers, "odd", "pem", path), 0700), 0);
	cr_assert_eq(mkfifo(papers_path(&papers, "odd", "key", path), 0600), 0);
	cr_assert_eq(load_one("odd"), EINVAL);
	cr_assert(told(false, "odd.pem", "Is a directory"));
	cr_assert(told(false, "odd.key", "not a regular file"));
}

Test(tls, a_weak_rsa_key_is_refused_a_usual_one_serves)
{
	struct paper paper = {
		.name = "rsa", .san = "DNS:a", .from_days = -1, .to_days = 99};

	paper.rsa_bits = 1024;
	papers_issue(&papers, &paper);
	cr_assert_eq(load_one("rsa"), EINVAL);
	cr_assert(told(false, "rsa.pem", "2048"));
	paper.rsa_bits = 2048;
	papers_issue(&papers, &paper);
	cr_assert_eq(load_one("rsa"), 0);
}

Test(tls, one_run_tells_the_faults_of_all_files)
{
	papers_issue(&papers, &(struct paper){.name = "old",
					      .san = "DNS:a",
					      .from_days = -9,
					      .to_days = -2});
	cr_assert_eq(
		load(papers_config(&papers, (const char *[]){"old", "good",
							     "absent", NULL})),
		EINVAL);
	cr_assert(told(false, "old.pem", "expired"));
	cr_assert(told(false, "absent.pem", "No such file"));
	cr_assert(told(false, "absent.key", "No such file"));
}

static int load_advertised(const char *host, bool named)
{
	struct config *cfg =
		papers_config(&papers, (const char *[]){"good", NULL});

	snprintf(cfg->proxy.advertise.host, PROXY_HOST_MAX, "%s", host);
	cfg->proxy.advertise_named = named;
	return load(cfg);
}

Test(tls, the_advertised_name_must_stand_in_a_certificate)
{
	cr_assert_eq(load_advertised("edge.example.org", true), 0);
	cr_assert_eq(load_advertised("192.0.2.1", true), 0);
	cr_assert_eq(load_advertised("192.0.2.2", true), EINVAL);
	cr_assert(told(false, "test.conf", "192.0.2.2"));
	cr_assert_eq(load_advertised("other.example.org", true), EINVAL);
	cr_assert(told(false, "test.conf", "edge.example.org"));
}

static int load_both(const char *outside, const char *inside)
{
	struct config *cfg =
		papers_config(&papers, (const char *[]){"good", NULL});

	snprintf(cfg->proxy.advertise.host, PROXY_HOST_MAX, "%s", outside);
	snprintf(cfg->proxy.advertise_inside.host, PROXY_HOST_MAX, "%s",
		 inside);
	cfg->proxy.advertise_named = true;
	return load(cfg);
}

Test(tls, the_names_of_both_sides_of_a_nat_must_stand_in_one)
{
	cr_assert_eq(load_both("edge.example.org", "192.0.2.1"), 0);
	cr_assert_eq(load_both("edge.example.org", "10.10.0.2"), EINVAL);
	cr_assert(told(false, "test.conf", "10.10.0.2"));
	cr_assert_eq(load_both("other.example.org", "192.0.2.1"), EINVAL);
	cr_assert(told(false, "test.conf", "other.example.org"));
	cr_assert_eq(load_both("other.example.org", "10.10.0.2"), EINVAL);
	cr_assert(told(false, "test.conf", "other.example.org"));
	cr_assert(told(false, "test.conf", "10.10.0.2"));
}

Test(tls, a_derived_name_in_no_certificate_is_a_warning)
{
	cr_assert_eq(load_advertised("192.0.2.2", false), 0);
	cr_assert(told(true, "test.conf", "192.0.2.2"));
}

Test(tls, no_certificate_at_all_is_a_fault)
{
	cr_assert_eq(load(papers_config(&papers, (const char *[]){NULL})),
		     EINVAL);
	cr_assert(told(false, "test.conf", "no certificate"));
}

Test(tls, a_full_list_of_problems_still_counts_faults)
{
	struct config *cfg =
		papers_config(&papers, (const char *[]){"absent", NULL});
	struct door_tls *tls = NULL;

	problems = (struct config_problems){.count = CONFIG_PROBLEMS_MAX};
	cr_assert_eq(door_tls_load(&tls, cfg, &problems), EINVAL);
	cr_assert_eq(problems.count, CONFIG_PROBLEMS_MAX);
	cr_assert_eq(problems.faults, 2);
	free(cfg);
}

Test(tls, a_connection_has_one_version_no_tickets_and_lean_buffers)
{
	struct door_tls *tls =
		papers_load(&papers, (const char *[]){"good", NULL});
	SSL *ssl = door_tls_new(tls, 0);

	cr_assert(ssl);
	cr_assert_eq(SSL_get_min_proto_version(ssl), TLS1_3_VERSION);
	cr_assert_eq(SSL_get_max_proto_version(ssl), TLS1_3_VERSION);
	cr_assert_eq(SSL_get_num_tickets(ssl), 0);
	cr_assert_eq(SSL_get_max_early_data(ssl), 0);
	cr_assert(SSL_get_options(ssl) & SSL_OP_NO_COMPRESSION);
	cr_assert(SSL_get_mode(ssl) & SSL_MODE_RELEASE_BUFFERS);
	cr_assert(SSL_get_mode(ssl) & SSL_MODE_ENABLE_PARTIAL_WRITE);
	cr_assert(SSL_get_mode(ssl) & SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* The SSL holds its context, not the whole. */
	door_tls_unref(tls);
	cr_assert(SSL_get_certificate(ssl));
	SSL_free(ssl);
}
