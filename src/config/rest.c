/*
 * rest.c - the small groups: node, domains, log, state, control, limits and
 * emergency
 */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "groups.h"
#include "names.h"

/* Same name twice is no fault: a default may equal another. */
static void add_domain(struct config *cfg, const char *host)
{
	struct proxy_settings *proxy = &cfg->proxy;

	for (unsigned i = 0; i < proxy->domain_count; i++) {
		if (!strcasecmp(proxy->domains[i], host))
			return;
	}
	if (host[0] && proxy->domain_count < PROXY_DOMAINS_MAX)
		span_copy(proxy->domains[proxy->domain_count++], PROXY_HOST_MAX,
			  span_str(host));
}

static void default_domains(struct reader *rd)
{
	struct config *cfg = rd->cfg;
	char ip[ADDR_TEXT_MAX] = "";

	if (cfg->proxy.has_upstream) {
		addr_print_ip(ip, &cfg->proxy.upstream);
		add_domain(cfg, cfg->proxy.upstream_domain);
		add_domain(cfg, ip);
	}
	add_domain(cfg, cfg->proxy.advertise.host);
	add_domain(cfg, cfg->proxy.advertise_inside.host);
	if (!cfg->proxy.domain_count && !cfg->demo)
		reader_warn(rd, 0,
			    "domains is empty and nothing gives it a default. "
			    "Name what phones use as SIP server in domains or "
			    "in listen.phones.advertise");
}

static void read_domains(struct reader *rd)
{
	static const char key[] = "domains";
	const config_setting_t *array = reader_many(rd, key);

	if (!array) {
		default_domains(rd);
		return;
	}
	for (int i = 0; i < config_setting_length(array); i++) {
		const char *text = config_setting_get_string_elem(array, i);
		char host[PROXY_HOST_MAX];

		if (names_host(host, span_str(text)))
			reader_fault(rd, reader_line(rd, key),
				     "domains: \"%.80s\" is not a host. Write "
				     "a name or an address without sip: and "
				     "without a port",
				     text);
		else
			add_domain(rd->cfg, host);
	}
}

static void read_node(struct reader *rd)
{
	struct config *cfg = rd->cfg;
	const char *text = reader_text(rd, "node");
	char host[256] = "";

	if (!text && !gethostname(host, sizeof(host) - 1) && host[0])
		text = host;
	span_copy(cfg->node, sizeof(cfg->node),
		  span_str(text ? text : "rempart"));
}

static void read_directory(struct reader *rd, char dst[static CONFIG_PATH_MAX],
			   const char *key)
{
	reader_path(rd, dst, reader_line(rd, key), reader_text(rd, key));
}

/* sun_path is short (unix(7)). A directory that is too long for the default is
 * no fault: the edge serves phones without it. */
static void read_socket(struct reader *rd)
{
	static const char key[] = "control.socket";
	const char *text = reader_text(rd, key);
	unsigned line = reader_line(rd, key);
	char path[CONFIG_PATH_MAX] = "";
	size_t len;

	if (text) {
		reader_path(rd, path, line, text);
	} else {
		(void)span_copy(path, sizeof(path) - sizeof("/ctl"),
				span_str(rd->cfg->state_directory));
		len = strlen(path);
		memcpy(path + len, "/ctl", sizeof("/ctl"));
	}
	if (span_copy(rd->cfg->control_socket, CONFIG_SOCKET_MAX,
		      span_str(path)))
		return;
	rd->cfg->control_socket[0] = '\0';
	if (text)
		reader_fault(rd, line,
			     "control.socket is longer than %d bytes with its "
			     "directory. Name a shorter path",
			     CONFIG_SOCKET_MAX - 1);
	else
		reader_warn(rd, reader_line(rd, "state.directory"),
			    "state.directory is too long for a socket in it: "
			    "rempart ctl cannot be used. Name a short path in "
			    "control.socket");
}

void group_rest(struct reader *rd)
{
	struct config *cfg = rd->cfg;

	read_node(rd);
	read_domains(rd);
	read_directory(rd, cfg->log_directory, "log.directory");
	cfg->log_max_mib = reader_number(rd, "log.max_mib");
	read_directory(rd, cfg->state_directory, "state.directory");
	read_socket(rd);
}

static void read_pace(struct reader *rd, struct bucket_rule *rule,
		      const char *key)
{
	const char *text = reader_text(rd, key);

	if (limits_parse(rule, span_str(text)))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.40s\" is no pace that can hold. Write "
			     "it as \"50/s burst 200\" or \"30/min burst 10\": "
			     "up to an hour, with a burst of 1 to %d",
			     key, text, BUCKET_BURST_MAX);
}

static void read_connections(struct reader *rd)
{
	static const char all[] = "limits.connections";
	static const char source[] = "limits.connections_per_source";
	struct config *cfg = rd->cfg;

	cfg->connections_max = reader_number(rd, all);
	cfg->connections_per_source = reader_number(rd, source);
	if (cfg->connections_per_source <= cfg->connections_max)
		return;
	if (reader_has(rd, source))
		reader_warn(rd, reader_line(rd, source),
			    "%s is above %s and limits nothing. Lower it, or "
			    "one source can take every connection",
			    source, all);
	cfg->connections_per_source = cfg->connections_max;
}

/* Calls beyond these ports would be refused, and these above all must not. */
static void check_emergency_ports(struct reader *rd)
{
	static const char ports[] = "media.phones.emergency_ports";
	static const char site[] = "emergency.per_site";
	const struct config_relay *relay = &rd->cfg->relay;
	unsigned calls = rd->cfg->emergency_per_site;
	unsigned pairs =
		(relay->emergency_last - relay->emergency_first + 1u) / 2;

	if (relay->emergency_last && pairs < calls)
		reader_warn(rd, reader_line(rd, ports),
			    "%s has room for %u emergency calls without SRTP, "
			    "and %s is %u. Widen it to %u ports",
			    ports, pairs, site, calls, 2 * calls);
}

void group_limits(struct reader *rd)
{
	struct limits_settings *limits = &rd->cfg->limits;

	read_connections(rd);
	read_pace(rd, &limits->messages, "limits.messages");
	read_pace(rd, &limits->registers_user, "limits.registers_per_user");
	read_pace(rd, &limits->registers_source, "limits.registers_per_source");
	read_pace(rd, &limits->calls_user, "limits.calls_per_user");
	read_pace(rd, &limits->new_work, "limits.new_work");

	char where[128];

	reader_where(rd, where, "limits");
	(void)span_copy(limits->where, sizeof(limits->where), span_str(where));
	rd->cfg->emergency_per_device =
		reader_number(rd, "emergency.per_device");
	rd->cfg->emergency_per_site = reader_number(rd, "emergency.per_site");
	check_emergency_ports(rd);
}
