/* listen.c - listen.phones: where phones come in, under which name and proof */
#include "groups.h"
#include "names.h"

enum { SIPS_PORT = 5061 }; /* RFC 3261 19.1.2 */

static void read_address(struct reader *rd)
{
	static const char key[] = "listen.phones.address";
	struct config *cfg = rd->cfg;
	const char *text = reader_text(rd, key);

	if (names_address(&cfg->listen, span_str(text), SIPS_PORT)) {
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.64s\" is not an address. Write ip:port, "
			     "such as 0.0.0.0:5061 (names are not looked up)",
			     key, text);
		return;
	}
	/* Any free port is for tests, never for phones. */
	if (!cfg->listen.port && !cfg->demo && !addr_is_loopback(&cfg->listen))
		reader_fault(rd, reader_line(rd, key),
			     "%s has port 0. Write the port that phones use, "
			     "such as 5061",
			     key);
}

/* Loopback stands for a test or a local tunnel, if we listen there too. */
static void check_advertise(struct reader *rd, unsigned line, const char *host)
{
	const struct config *cfg = rd->cfg;

	if (cfg->demo)
		return;
	if (names_is_any(host))
		reader_fault(rd, line,
			     "listen.phones.advertise = \"%s\" is no address "
			     "that a phone can reach. Write a name or an "
			     "address, or leave it out",
			     host);
	else if (names_is_loopback(host) && !addr_is_loopback(&cfg->listen))
		reader_fault(rd, line,
			     "listen.phones.advertise = \"%s\" is the phone "
			     "itself when seen from a phone. Write the name or "
			     "address by which phones reach this machine",
			     host);
}

static void read_advertise(struct reader *rd)
{
	static const char key[] = "listen.phones.advertise";
	struct config *cfg = rd->cfg;
	struct proxy_name *name = &cfg->proxy.advertise;
	const char *text = reader_text(rd, key);
	char ip[ADDR_TEXT_MAX];

	if (text && names_host_port(name, span_str(text))) {
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.80s\" is neither a host nor host:port. "
			     "Write a name such as edge.example.com",
			     key, text);
		return;
	}
	cfg->proxy.advertise_named = text != NULL;
	if (text)
		check_advertise(rd, reader_line(rd, key), name->host);
	else if (cfg->listen.version && !addr_is_any(&cfg->listen))
		span_copy(name->host, sizeof(name->host),
			  span_of(ip, addr_print_ip(ip, &cfg->listen)));

	/* A port of our own is what phones dial, unless it is mapped. */
	if (name->host[0] && !name->port && cfg->listen.port != SIPS_PORT)
		name->port = cfg->listen.port;
}

static void add_pair(struct reader *rd, unsigned line, const char *certificate,
		     const char *key)
{
	struct config *cfg = rd->cfg;

	if (!certificate || !key) {
		reader_fault(rd, line,
			     "a certificate and its key belong together and "
			     "%s is missing. Name both PEM files",
			     certificate ? "the key" : "the certificate");
		return;
	}
	if (cfg->certificate_count == CONFIG_CERTIFICATES_MAX) {
		reader_fault(rd, line,
			     "there are more than %d certificates. Put several "
			     "names into one",
			     CONFIG_CERTIFICATES_MAX);
		return;
	}

	struct config_certificate *pair =
		&cfg->certificates[cfg->certificate_count++];

	reader_path(rd, pair->certificate, line, certificate);
	reader_path(rd, pair->key, line, key);
}

static void read_certificates(struct reader *rd)
{
	static const char first[] = "listen.phones.certificate";
	static const char first_key[] = "listen.phones.key";
	static const char more[] = "listen.phones.certificates";
	bool has_pair = reader_has(rd, first) || reader_has(rd, first_key);
	const config_setting_t *list = reader_many(rd, more);

	if (has_pair)
		add_pair(rd,
			 reader_line(rd,
				     reader_has(rd, first) ? first : first_key),
			 reader_text(rd, first), reader_text(rd, first_key));
	for (int i = 0; list && i < config_setting_length(list); i++) {
		const config_setting_t *one =
			config_setting_get_elem(list, (unsigned)i);

		if (!config_setting_is_group(one))
			continue; /* the schema check said so */
		add_pair(
			rd, config_setting_source_line(one),
			reader_member(one, "listen.phones.certificates[]."
					   "certificate"),
			reader_member(one, "listen.phones.certificates[].key"));
	}
	if (!has_pair && !reader_has(rd, more) && !rd->cfg->demo)
		reader_fault(rd, reader_line(rd, first),
			     "%s is missing. Name a PEM file there and its key "
			     "in %s: phones are served over TLS only",
			     first, first_key);
}

void group_listen(struct reader *rd)
{
	read_address(rd);
	read_advertise(rd);
	read_certificates(rd);
}
