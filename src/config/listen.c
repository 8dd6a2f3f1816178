/* listen.c - listen: where phones come in, under which name and proof, and the
 * other way in for those that have TLS 1.2 only */
#include <errno.h>
#include <stdio.h>

#include "advertise.h"
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

/* "10.20.40.0/24"; host bits stay as they are. EINVAL for anything else. */
static int parse_net(struct addr *net, unsigned *bits, struct span s)
{
	size_t slash = span_find(s, '/');
	struct span count = span_skip(s, slash + 1);
	uint64_t value;

	/* Three digits: /0024 is no way to write a length. */
	if (slash == s.len || !count.len || count.len > 3 ||
	    names_address(net, span_of(s.p, slash), 0) || net->port ||
	    span_u64(count, net->version == 4 ? 32 : 128, &value))
		return EINVAL;
	*bits = (unsigned)value;
	return 0;
}

/* One subnet of an array into the next place of a list. */
static void add_net(struct reader *rd, const char *key, const char *text,
		    struct addr_nets *list)
{
	unsigned line = reader_line(rd, key);
	struct addr net, prefix;
	char clean[ADDR_TEXT_MAX];
	unsigned bits;

	if (parse_net(&net, &bits, span_str(text))) {
		reader_fault(rd, line,
			     "%s: \"%.64s\" is not a subnet. Write "
			     "10.20.40.0/24 or 2001:db8:40::/64, and one "
			     "address as 10.20.40.7/32",
			     key, text);
		return;
	}
	if (!bits) {
		reader_fault(rd, line,
			     "%s: \"%.64s\" is everybody, and this is for "
			     "named phones only. Write the subnets that these "
			     "phones are in",
			     key, text);
		return;
	}
	prefix = addr_prefix(&net, net.version == 4 ? bits : 0,
			     net.version == 4 ? 0 : bits);
	if (!addr_ip_eq(&prefix, &net)) {
		addr_print_ip(clean, &prefix);
		reader_fault(rd, line,
			     "%s: \"%.64s\" is an address inside of a subnet. "
			     "Write %s/%u, or one address with /%d",
			     key, text, clean, bits,
			     net.version == 4 ? 32 : 128);
		return;
	}
	list->net[list->count] = net;
	list->bits[list->count++] = (uint8_t)bits;
}

static void read_nets(struct reader *rd, const char *key,
		      struct addr_nets *list)
{
	const config_setting_t *array = reader_many(rd, key);

	for (int i = 0; array && i < config_setting_length(array); i++)
		add_net(rd, key, config_setting_get_string_elem(array, i),
			list);
}

/* Where no phone out in the internet calls from: RFC 1918, RFC 6598, RFC 3927,
 * RFC 1122 3.2.1.3, RFC 4193, RFC 4291 2.5.6 and 2.5.3. */
static const struct addr_nets local_nets = {
	.net =
		{
			{.version = 4, .ip = {10}},
			{.version = 4, .ip = {172, 16}},
			{.version = 4, .ip = {192, 168}},
			{.version = 4, .ip = {100, 64}},
			{.version = 4, .ip = {169, 254}},
			{.version = 4, .ip = {127}},
			{.version = 6, .ip = {0xfc}},
			{.version = 6, .ip = {0xfe, 0x80}},
			{.version = 6, .ip = {[15] = 1}},
		},
	.bits = {8, 12, 16, 10, 16, 8, 7, 10, 128},
	.count = 9,
};

static void read_way(struct reader *rd, const char *group, const char *name,
		     struct advertise_way *out)
{
	snprintf(out->key, sizeof(out->key), "%s.%s", group, name);
	out->text = reader_text(rd, out->key);
	if (!reader_has(rd, out->key))
		reader_fault(rd, reader_line(rd, group),
			     "%s is missing. Write both outside and inside, or "
			     "one text instead of the group",
			     out->key);
}

void advertise_read(struct reader *rd, const char *key, struct advertise *out)
{
	char from[SCHEMA_KEY_MAX];

	*out = (struct advertise){0};
	if (!reader_group(rd, key)) {
		snprintf(out->outside.key, sizeof(out->outside.key), "%s", key);
		out->outside.text = reader_text(rd, key);
		return;
	}
	read_way(rd, key, "outside", &out->outside);
	read_way(rd, key, "inside", &out->inside);
	snprintf(from, sizeof(from), "%s.inside_from", key);
	if (reader_has(rd, from))
		read_nets(rd, from, &out->inside_from);
	else
		out->inside_from = local_nets;
}

/* Loopback stands for a test or a local tunnel, if we listen there too. */
static void check_advertise(struct reader *rd, const char *key,
			    const char *host)
{
	const struct config *cfg = rd->cfg;

	if (cfg->demo)
		return;
	if (names_is_any(host))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.80s\" is no address that a phone can "
			     "reach. Write a name or an address, or leave it "
			     "out",
			     key, host);
	else if (names_is_loopback(host) && !addr_is_loopback(&cfg->listen))
		reader_fault(
			rd, reader_line(rd, key),
			"%s = \"%.80s\" is the phone itself when seen from "
			"a phone. Write the name or address by which "
			"phones reach this machine",
			key, host);
}

static void read_name(struct reader *rd, const struct advertise_way *way,
		      struct proxy_name *name)
{
	if (!way->text)
		return;
	if (names_host_port(name, span_str(way->text)))
		reader_fault(rd, reader_line(rd, way->key),
			     "%s = \"%.80s\" is neither a host nor host:port. "
			     "Write a name such as edge.example.com",
			     way->key, way->text);
	else
		check_advertise(rd, way->key, name->host);
}

/* A port of our own is what phones dial, unless it is mapped. */
static void own_port(const struct config *cfg, struct proxy_name *name)
{
	if (name->host[0] && !name->port && cfg->listen.port != SIPS_PORT)
		name->port = cfg->listen.port;
}

static bool is_same_name(const struct proxy_name *a, const struct proxy_name *b)
{
	return span_ieq(span_str(a->host), span_str(b->host)) &&
	       (a->port ? a->port : SIPS_PORT) ==
		       (b->port ? b->port : SIPS_PORT);
}

static void read_advertise(struct reader *rd)
{
	static const char key[] = "listen.phones.advertise";
	struct config *cfg = rd->cfg;
	struct proxy_name *name = &cfg->proxy.advertise;
	struct proxy_name *inside = &cfg->proxy.advertise_inside;
	struct advertise advertise;
	char ip[ADDR_TEXT_MAX];

	advertise_read(rd, key, &advertise);
	read_name(rd, &advertise.outside, name);
	read_name(rd, &advertise.inside, inside);
	cfg->proxy.inside_from = advertise.inside_from;
	cfg->proxy.advertise_named = advertise.outside.text != NULL;
	if (!reader_has(rd, key) && cfg->listen.version &&
	    !addr_is_any(&cfg->listen))
		span_copy(name->host, sizeof(name->host),
			  span_of(ip, addr_print_ip(ip, &cfg->listen)));
	own_port(cfg, name);
	own_port(cfg, inside);
	if (inside->host[0] && is_same_name(inside, name))
		reader_fault(rd, reader_line(rd, advertise.inside.key),
			     "%s is the same as outside. Write %s = \"%.80s\" "
			     "for all phones",
			     advertise.inside.key, key, advertise.inside.text);
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

/* Two sockets cannot share a port where one of them has all addresses. */
static bool is_same_place(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && a->version == b->version &&
	       (addr_ip_eq(a, b) || addr_is_any(a) || addr_is_any(b));
}

static void read_legacy_address(struct reader *rd)
{
	static const char key[] = "listen.legacy.address";
	struct config *cfg = rd->cfg;
	const char *text = reader_text(rd, key);

	if (!text)
		return;
	if (names_address(&cfg->legacy, span_str(text), 0) || !cfg->legacy.port)
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.64s\" is not an address with its port. "
			     "Write ip:port, such as 0.0.0.0:5071 (names are "
			     "not looked up)",
			     key, text);
	else if (is_same_place(&cfg->legacy, &cfg->listen))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.64s\" is where listen.phones listens. "
			     "Write another port: TLS 1.2 never comes in "
			     "beside TLS 1.3",
			     key, text);
}

/* Who may call emergencies without a registration: nobody, unless named. */
static void read_emergency_from(struct reader *rd)
{
	static const char key[] = "emergency.from";

	if (!reader_has(rd, key))
		return;
	read_nets(rd, key, &rd->cfg->emergency_from);
	reader_warn(rd, reader_line(rd, key),
		    "%s lets phones of %u subnet%s call emergency numbers "
		    "without a registration, one call at a time",
		    key, rd->cfg->emergency_from.count,
		    rd->cfg->emergency_from.count == 1 ? "" : "s");
}

static void read_legacy(struct reader *rd)
{
	static const char *const keys[] = {"listen.legacy.address",
					   "listen.legacy.tls_min",
					   "listen.legacy.only"};
	static const char group[] = "listen.legacy";

	if (!reader_group(rd, group))
		return; /* none, or the schema check said so */
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!reader_has(rd, keys[i]))
			reader_fault(rd, reader_line(rd, group),
				     "%s is missing. A listener for TLS 1.2 "
				     "names its address, tls_min = \"1.2\" and "
				     "the subnets that may use it",
				     keys[i]);
	rd->cfg->has_legacy = true;
	read_legacy_address(rd);
	read_nets(rd, "listen.legacy.only", &rd->cfg->legacy_only);
	reader_warn(rd, reader_line(rd, group),
		    "%s lets phones of %u subnet%s in with TLS 1.2. Take it "
		    "out when the last of them speaks TLS 1.3",
		    group, rd->cfg->legacy_only.count,
		    rd->cfg->legacy_only.count == 1 ? "" : "s");
}

void group_listen(struct reader *rd)
{
	read_emergency_from(rd);
	read_address(rd);
	read_advertise(rd);
	read_certificates(rd);
	read_legacy(rd);
}
