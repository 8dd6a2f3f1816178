/* run.c - `rempart run`: wires the threads, reloads on SIGHUP, stops cleanly */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "rempart/cmd/commands.h"
#include "rempart/config/config.h"
#include "rempart/control/control.h"
#include "rempart/core/core.h"
#include "rempart/door/door.h"
#include "rempart/observe/scribe.h"
#include "rempart/policy/number.h"

#include "demo.h"
#include "keys.h"

static const char DEFAULT_FILE[] = "/etc/rempart/rempart.conf";

enum { OTHER_FDS = 256 };

struct options {
	const char *config; /* NULL: the embedded default */
	struct demo_options demo;
	bool quiet;
};

/* Everything that runs; each part in the order of its start. */
struct node {
	struct options opt;
	struct config *cfg;
	struct door_tls *tls;
	struct scribe *scribe;
	struct door *door;
	struct door *legacy; /* NULL: none */
	struct core *core;
	struct control *control; /* NULL: none */
};

static int usage(FILE *out)
{
	fprintf(out,
		"usage: rempart run [--config FILE] [--quiet]\n"
		"       rempart run --demo DIRECTORY [--port PORT] "
		"[--media-port PORT]\n"
		"                   [--quiet]\n\n"
		"  --config FILE     the configuration; default %s,\n"
		"                    and without that file the embedded "
		"default\n"
		"  --demo DIRECTORY  the embedded default, with its state and "
		"certificate there\n"
		"  --port PORT       where the embedded default listens (%d)\n"
		"  --media-port PORT and where its media comes in, an even "
		"port (%d)\n"
		"  --quiet           no decision lines on standard output\n\n"
		"SIGHUP reloads the configuration, SIGTERM and SIGINT stop.\n",
		DEFAULT_FILE, DEMO_PORT, DEMO_MEDIA_PORT);
	return out == stdout ? 0 : 2;
}

static int read_port(uint16_t *out, const char *arg)
{
	uint64_t port;

	if (span_u64(span_str(arg), UINT16_MAX, &port) || !port)
		return EINVAL;
	*out = (uint16_t)port;
	return 0;
}

/* Returns 0, or the exit status plus 1. */
static int read_options(struct options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"demo", required_argument, NULL, 'd'},
		{"port", required_argument, NULL, 'p'},
		{"media-port", required_argument, NULL, 'm'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool demo = false;
	int c;

	opt->demo.port = DEMO_PORT;
	opt->demo.media_port = DEMO_MEDIA_PORT;
	demo_directory(opt->demo.directory);
	while ((c = getopt_long(argc, argv, "c:d:p:m:qh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			opt->config = optarg;
			break;
		case 'd':
			demo = true;
			snprintf(opt->demo.directory, CONFIG_PATH_MAX, "%s",
				 optarg);
			break;
		case 'p':
		case 'm':
			if (read_port(c == 'p' ? &opt->demo.port
					       : &opt->demo.media_port,
				      optarg))
				return usage(stderr) + 1;
			break;
		case 'q':
			opt->quiet = true;
			break;
		case 'h':
			return usage(stdout) + 1;
		default:
			return usage(stderr) + 1;
		}
	}
	if (optind < argc || (demo && opt->config))
		return usage(stderr) + 1;
	if (!demo && !opt->config && !access(DEFAULT_FILE, F_OK))
		opt->config = DEFAULT_FILE;
	return 0;
}

/* Loads configuration and certificates; says on stderr what is wrong. */
static int load(const struct options *opt, struct config **cfg,
		struct door_tls **tls, char why[static 256])
{
	struct config_problems *problems = calloc(1, sizeof(*problems));
	int err;

	if (!problems)
		return ENOMEM;
	why[0] = '\0';
	if (opt->config)
		err = config_load(cfg, opt->config, problems);
	else
		err = demo_config(cfg, &opt->demo, problems, why);
	if (!err) {
		err = door_tls_load(tls, *cfg, problems);
		if (err) {
			config_free(*cfg);
			*cfg = NULL;
		}
	}
	config_print_problems(stderr, problems);
	for (unsigned i = 0; i < problems->count && err && !why[0]; i++)
		if (!problems->list[i].warning)
			snprintf(why, 256, "%.100s:%u: %.140s",
				 problems->list[i].file, problems->list[i].line,
				 problems->list[i].text);
	free(problems);
	if (err && !why[0])
		snprintf(why, 256, "%s", strerror(err));
	return err;
}

/* A file a port: the pools, and a shared side or two for each thread. */
static rlim_t media_fds(const struct config *cfg)
{
	const struct media_settings *media = &cfg->media;
	const struct config_relay *relay = &cfg->relay;
	rlim_t pools = (rlim_t)(relay->emergency_last - relay->emergency_first);

	if (cfg->proxy.has_upstream)
		pools += (rlim_t)(media->upstream_last - media->upstream_first);
	return pools + 2 * (rlim_t)relay->ports + 2;
}

static void raise_fd_limit(const struct config *cfg)
{
	struct rlimit limit;
	/* Each listener has its own count. */
	rlim_t need = (rlim_t)cfg->connections_max * (1 + cfg->has_legacy) +
		      media_fds(cfg) + OTHER_FDS;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < need)
		fprintf(stderr,
			"rempart: warning: limits.connections (%u) and media's "
			"ports (%llu) need more files than the %llu that this "
			"process may open: raise LimitNOFILE (ulimit -n)\n",
			cfg->connections_max,
			(unsigned long long)media_fds(cfg),
			(unsigned long long)limit.rlim_cur);
}

static struct door_settings door_settings_of(const struct config *cfg)
{
	return (struct door_settings){
		.listen = cfg->listen,
		.connections_max = cfg->connections_max,
		.connections_per_source = cfg->connections_per_source,
	};
}

static struct door_settings legacy_settings_of(const struct config *cfg)
{
	struct door_settings set = door_settings_of(cfg);

	assert(cfg->has_legacy && cfg->legacy_only.count);
	set.listen = cfg->legacy;
	set.only = cfg->legacy_only;
	return set;
}

static int start_legacy(struct node *node, char why[static 256])
{
	if (!node->cfg->has_legacy)
		return 0;

	struct door_settings set = legacy_settings_of(node->cfg);

	return door_start(&node->legacy, &set, door_tls_legacy(node->tls), why);
}

static int start(struct node *node, char why[static 256])
{
	struct config *cfg = node->cfg;
	struct log_settings log = {cfg->log_directory, cfg->node,
				   cfg->log_max_mib};
	struct door_settings door = door_settings_of(cfg);
	struct core_settings core = {.cfg = cfg};
	int err = keys_load(&core.keys, cfg->state_directory, why);

	if (!err)
		err = scribe_start(&node->scribe, &log, !node->opt.quiet, why);
	if (!err)
		err = door_start(&node->door, &door, node->tls, why);
	if (!err)
		err = start_legacy(node, why);
	core.door = node->door;
	core.legacy = node->legacy;
	core.scribe = node->scribe;
	if (!err)
		err = core_start(&node->core, &core, why);
	explicit_bzero(&core.keys, sizeof(core.keys));
	return err;
}

static void stop(struct node *node)
{
	control_close(node->control);
	if (node->core)
		core_stop(node->core);
	if (node->door)
		door_stop(node->door);
	if (node->legacy)
		door_stop(node->legacy);
	if (node->scribe)
		scribe_stop(node->scribe);
	door_tls_unref(node->tls);
	config_free(node->cfg);
}

/* What a running process cannot move. NULL: nothing of it changed. */
static const char *needs_restart(const struct config *a, const struct config *b)
{
	if (!addr_eq(&a->listen, &b->listen))
		return "listen.phones.address";
	if (a->has_legacy != b->has_legacy || !addr_eq(&a->legacy, &b->legacy))
		return "listen.legacy";
	if (strcmp(a->log_directory, b->log_directory) ||
	    a->log_max_mib != b->log_max_mib || strcmp(a->node, b->node))
		return "node, log.directory or log.max_mib";
	if (strcmp(a->state_directory, b->state_directory))
		return "state.directory";
	if (strcmp(a->control_socket, b->control_socket))
		return "control.socket";
	return NULL;
}

static void reload_doors(struct node *node, const struct config *cfg,
			 struct door_tls *tls)
{
	struct door_settings door = door_settings_of(cfg);

	door_reload(node->door, &door, tls);
	if (!node->legacy)
		return;
	door = legacy_settings_of(cfg);
	door_reload(node->legacy, &door, door_tls_legacy(tls));
}

static int reload(struct node *node, char why[static 256])
{
	struct config *cfg = NULL;
	struct door_tls *tls = NULL;
	int err = load(&node->opt, &cfg, &tls, why);

	if (!err) {
		const char *fixed = needs_restart(node->cfg, cfg);
		if (fixed) {
			snprintf(why, 256, "%s needs a restart", fixed);
			err = EINVAL;
		}
	}
	if (err) {
		core_reload_refused(node->core, why);
	} else {
		/* The doors first: who reads the record of a reload may
		 * count on the new certificate. */
		reload_doors(node, cfg, tls);
		err = core_reload(node->core, cfg, why);
		if (err)
			reload_doors(node, node->cfg, node->tls);
	}
	fprintf(stderr,
		err ? "rempart: reload refused, the old configuration "
		      "stays: %s\n"
		    : "rempart: reloaded%s\n",
		err ? why : "");
	door_tls_unref(err ? tls : node->tls);
	config_free(err ? cfg : node->cfg);
	if (!err) {
		node->tls = tls;
		node->cfg = cfg;
	}
	return err;
}

/* A question of the control socket. */
static char *answer(const char *question, void *arg)
{
	struct node *node = arg;
	char why[256], line[320];

	if (strcmp(question, "reload"))
		return core_ask(node->core, question);
	if (!reload(node, why))
		return strdup("ok\n");
	snprintf(line, sizeof(line),
		 "error\trefused, the old configuration stays: %s\n", why);
	return strdup(line);
}

static int start_control(struct node *node, char why[static 256])
{
	const struct control_settings set = {
		.path = node->cfg->control_socket,
		.ask = answer,
		.arg = node,
	};

	return set.path[0] ? control_open(&node->control, &set, why) : 0;
}

/* False: it is time to stop. */
static bool take_signal(struct node *node, int fd)
{
	struct signalfd_siginfo info;
	char why[256];

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGHUP)
		return false;
	(void)!reload(node, why);
	return true;
}

/* The control thread from here on: signals and the control socket. */
static int serve(struct node *node, const sigset_t *signals)
{
	struct control *control = node->control;
	struct pollfd wait[2] = {
		{signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC), POLLIN, 0},
		{control ? control_fd(control) : -1, POLLIN, 0},
	};

	if (wait[0].fd < 0) {
		perror("rempart: signalfd");
		return 1;
	}
	do {
		(void)poll(wait, 2, control ? control_wait_ms(control) : -1);
		if (control)
			control_turn(control);
	} while (take_signal(node, wait[0].fd));
	close(wait[0].fd);
	return 0;
}

int command_run(int argc, char **argv)
{
	struct node node = {0};
	sigset_t signals;
	char why[256] = "";
	int status = read_options(&node.opt, argc, argv);

	if (status)
		return status - 1;
	/* Before any thread: all of them inherit the mask. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);

	if (!number_open()) {
		fprintf(stderr, "rempart: libphonenumber has no metadata: "
				"reinstall libphonenumber8\n");
		return 1;
	}
	int err = load(&node.opt, &node.cfg, &node.tls, why);
	if (!err) {
		raise_fd_limit(node.cfg);
		err = start(&node, why);
	}
	if (!err)
		err = start_control(&node, why);
	if (err) {
		fprintf(stderr, "rempart: cannot start: %s\n", why);
		stop(&node);
		return 1;
	}
	if (!node.opt.config)
		demo_banner(node.cfg, node.opt.demo.directory);
	status = serve(&node, &signals);
	stop(&node);
	return status;
}
