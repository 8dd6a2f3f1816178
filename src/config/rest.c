/* rest.c - the small groups: media, node, domains, log, state and control
 */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "groups.h"
#include "names.h"

/* The suite whose name begins like a mistyped one, best first. */
static const char *nearest_suite(const char *name)
{
	const char *best = suite_name(SUITE_AEAD_AES_256_GCM);
	size_t best_len = 0;

	for (int i = 0; i < SUITE_COUNT; i++) {
		const char *known = suite_name((enum suite)i);
		size_t len = 0;

		while (name[len] && name[len] == known[len])
			len++;
		if (len > best_len) {
			best_len = len;
			best = known;
		}
	}
	return best;
}

/* RFC 3711 7.5: a tag of 32 bits is for voice on narrow links only. */
static bool is_short_tag(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && !strcmp(name + len - 3, "_32");
}

static void add_suite(struct reader *rd, unsigned line, struct span name)
{
	struct sdp_settings *sdp = &rd->cfg->sdp;
	char text[64];
	enum suite suite;

	span_copy(text, sizeof(text), name);
	if (!suite_find(name, &suite)) {
		reader_fault(rd, line,
			     "media.suites: \"%s\" is not an SRTP suite that "
			     "is served. Did you mean %s?",
			     text, nearest_suite(text));
		return;
	}
	for (unsigned i = 0; i < sdp->suite_count; i++) {
		if (sdp->suites[i] == suite) {
			reader_fault(rd, line,
				     "media.suites names %s twice. Take one "
				     "out",
				     text);
			return;
		}
	}
	if (is_short_tag(text))
		reader_warn(rd, line,
			    "media.suites: %s has an authentication tag of "
			    "only 32 bits. Use its _80 form unless a phone has "
			    "nothing else",
			    text);
	sdp->suites[sdp->suite_count++] = suite;
}

void group_media(struct reader *rd)
{
	static const char key[] = "media.suites";
	const config_setting_t *array = reader_many(rd, key);
	struct span rest = span_str(reader_text(rd, key));

	for (int i = 0; array && i < config_setting_length(array); i++) {
		const char *name = config_setting_get_string_elem(array, i);

		add_suite(rd, reader_line(rd, key), span_str(name));
	}
	while (!array && rest.len) {
		size_t end = span_find(rest, ' ');

		add_suite(rd, 0, span_of(rest.p, end));
		rest = span_skip(rest, end + 1);
	}
}

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
