/* media.c - media: ports and addresses of the relay */
#include <string.h>

#include "advertise.h"
#include "groups.h"

static void set_ip(struct reader *rd, const char *key, const char *text,
		   struct addr *out)
{
	if (addr_parse(out, span_str(text)) || out->port)
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.60s\" is not an address. Write an IPv4 "
			     "or IPv6 address without a port (names are not "
			     "looked up)",
			     key, text);
	out->port = 0;
}

/* An address without a port; absent: what stands in `otherwise`. */
static void read_ip(struct reader *rd, const char *key, struct addr *out,
		    const struct addr *otherwise)
{
	const char *text = reader_text(rd, key);

	*out = *otherwise;
	out->port = 0;
	if (text)
		set_ip(rd, key, text, out);
}

/* One side of the relay, for what both must keep to. */
struct side {
	const char *address, *advertise; /* keys */
	const char *who;		 /* sends to it */
	const struct addr *bound, *seen;
	bool here; /* who sends to it is on this machine */
};

/* Whoever is told a wrong address sends its media nowhere. */
static void check_side(struct reader *rd, const struct side *side)
{
	const char *key = reader_has(rd, side->advertise) ? side->advertise
							  : side->address;
	const struct addr *bound = side->bound, *seen = side->seen;
	bool both = bound->version == 6 && addr_is_any(bound);
	char ip[ADDR_TEXT_MAX];

	if (!bound->version || !seen->version)
		return; /* none, or said so */
	addr_print_ip(ip, seen);
	if (addr_is_any(seen))
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is no address that %s can send to. "
			     "Name one in %s",
			     key, ip, side->who, side->advertise);
	else if (seen->version != bound->version && !both)
		reader_fault(rd, reader_line(rd, key),
			     "%s and %s are of different IP versions. Write "
			     "two addresses of one version",
			     side->address, side->advertise);
	else if (addr_is_loopback(seen) && !side->here && !rd->cfg->demo)
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%s\" is the sender itself when seen from "
			     "%s. Write this machine's address",
			     key, ip, side->who);
}

/* RTP has the even port, RTCP the next one (RFC 3550 11). */
static bool check_even(struct reader *rd, const char *key, unsigned first)
{
	if (first % 2)
		reader_fault(rd, reader_line(rd, key),
			     "%s begins with %u, which is odd: RTP has even "
			     "ports, RTCP the next. Write %u",
			     key, first, first + 1);
	return !(first % 2);
}

/* A shared side takes a stride a thread. Returns its last port; 0: a fault. */
static uint16_t shared_last(struct reader *rd, const char *key, unsigned first)
{
	const struct config_relay *relay = &rd->cfg->relay;
	unsigned last = first + relay->ports - 1;

	if (!check_even(rd, key, first))
		return 0;
	if (last <= UINT16_MAX)
		return (uint16_t)last;
	reader_fault(rd, reader_line(rd, key),
		     "%s: from %u up there are no %u ports, which %u relay "
		     "threads need. Write %u or less",
		     key, first, relay->ports, relay->threads,
		     UINT16_MAX + 1 - relay->ports);
	return 0;
}

/* "20000-29999", or its first port alone. */
static bool parse_range(struct span text, unsigned *first, unsigned *last,
			bool alone)
{
	size_t dash = span_find(text, '-');
	uint64_t low, high;

	alone = alone && dash == text.len;
	if (span_u64(span_of(text.p, dash), UINT16_MAX, &low) || low < 1024)
		return false;
	*first = (unsigned)low;
	if (alone)
		return true;
	if (span_u64(span_skip(text, dash + 1), UINT16_MAX, &high) ||
	    high < low + 1)
		return false;
	*last = (unsigned)high;
	return true;
}

/* single: the first one counts, and what follows it is ours. Both ends stay 0
 * after a fault. */
static void read_range(struct reader *rd, const char *key, bool single,
		       uint16_t ends[static 2])
{
	const char *text = reader_text(rd, key);
	unsigned first, last = 0;

	if (!parse_range(span_str(text), &first, &last, single)) {
		reader_fault(rd, reader_line(rd, key),
			     "%s = \"%.40s\" is no range of ports. Write the "
			     "first and the last, from 1024 up, as "
			     "\"20000-29999\"",
			     key, text);
		return;
	}
	if (single)
		last = shared_last(rd, key, first);
	else if (!check_even(rd, key, first))
		last = 0;
	if (last) {
		ends[0] = (uint16_t)first;
		ends[1] = (uint16_t)last;
	}
}

/* Whether phones reach us by an address that none of our sockets has. */
static bool is_behind_nat(const struct reader *rd)
{
	const struct config *cfg = rd->cfg;
	struct addr named;

	return reader_group(rd, "listen.phones.advertise") ||
	       (cfg->proxy.advertise_named && cfg->listen.version &&
		!addr_is_any(&cfg->listen) &&
		!addr_parse(&named, span_str(cfg->proxy.advertise.host)) &&
		!addr_ip_eq(&named, &cfg->listen));
}

/* One way, or one for each side of a NAT. */
static void read_way(struct reader *rd, const struct advertise_way *way,
		     struct addr *out)
{
	const struct config *cfg = rd->cfg;

	if (way->text)
		set_ip(rd, way->key, way->text, out);
	check_side(rd, &(struct side){
			       .address = "media.phones.address",
			       .advertise = way->key,
			       .who = "a phone",
			       .bound = &cfg->relay.phones,
			       .seen = out,
			       .here = addr_is_loopback(&cfg->listen),
		       });
}

static void read_phones_seen(struct reader *rd)
{
	static const char key[] = "media.phones.advertise";
	struct config_relay *relay = &rd->cfg->relay;
	struct advertise advertise;

	/* A wildcard's address is where each connection ends. */
	if (!addr_is_any(&relay->phones))
		relay->phones_seen = relay->phones;
	relay->phones_seen.port = 0;
	advertise_read(rd, key, &advertise);
	read_way(rd, &advertise.outside, &relay->phones_seen);
	if (advertise.inside.text)
		read_way(rd, &advertise.inside, &relay->phones_inside);
	relay->inside_from = advertise.inside_from;
	if (!reader_has(rd, key) && is_behind_nat(rd))
		reader_warn(rd, reader_line(rd, "listen.phones.advertise"),
			    "phones reach this edge through a NAT, and are "
			    "told its address behind that NAT for media. Name "
			    "the one before it in %s",
			    key);
}

static void read_phones(struct reader *rd)
{
	static const char port[] = "media.phones.port";
	struct config_relay *relay = &rd->cfg->relay;
	uint16_t ends[2] = {0};

	read_ip(rd, "media.phones.address", &relay->phones, &rd->cfg->listen);
	read_phones_seen(rd);
	relay->threads = reader_number(rd, "media.threads");
	relay->ports = (uint16_t)(relay->threads * CONFIG_MEDIA_STRIDE);
	relay->phones.port = (uint16_t)reader_number(rd, port);
	if (!shared_last(rd, port, relay->phones.port))
		relay->phones.port = 0;
	read_range(rd, "media.phones.emergency_ports", false, ends);
	relay->emergency_first = ends[0];
	relay->emergency_last = ends[1];
}

static void read_upstream_addresses(struct reader *rd)
{
	static const char address[] = "media.upstream.address";
	static const char advertise[] = "media.upstream.advertise";
	struct config *cfg = rd->cfg;
	struct media_settings *set = &cfg->media;
	const struct addr *pbx = &cfg->proxy.upstream;
	const char *key = reader_has(rd, advertise) ? advertise : address;

	read_ip(rd, address, &set->upstream_bound, &cfg->proxy.upstream_bind);
	read_ip(rd, advertise, &set->upstream_seen, &set->upstream_bound);
	if (!reader_has(rd, address) && !reader_has(rd, advertise))
		return; /* upstream.local has been judged */
	check_side(rd, &(struct side){
			       .address = address,
			       .advertise = advertise,
			       .who = "the PBX",
			       .bound = &set->upstream_bound,
			       .seen = &set->upstream_seen,
			       .here = addr_is_loopback(pbx),
		       });
	if (pbx->version && set->upstream_seen.version &&
	    pbx->version != set->upstream_seen.version)
		reader_fault(rd, reader_line(rd, key),
			     "media.upstream and upstream.uri are of different "
			     "IP versions. Write addresses of one version");
}

static void read_upstream(struct reader *rd)
{
	struct config *cfg = rd->cfg;
	struct media_settings *set = &cfg->media;
	uint16_t ends[2] = {0};

	if (!cfg->proxy.has_upstream && reader_has(rd, "media.upstream"))
		reader_warn(rd, reader_line(rd, "media.upstream"),
			    "media.upstream means nothing without an upstream. "
			    "Take it out");
	read_upstream_addresses(rd);
	set->upstream_strict = reader_flag(rd, "media.upstream.strict_port");
	set->upstream_single =
		!strcmp(reader_text(rd, "media.upstream.mode"), "single");
	read_range(rd, "media.upstream.ports", set->upstream_single, ends);
	set->upstream_first = ends[0];
	set->upstream_last = ends[1];
	cfg->relay.upstream = set->upstream_bound;
	if (set->upstream_single)
		cfg->relay.upstream.port = set->upstream_first;
}

/* Ports for one purpose; last 0: none, or faulty and said so. */
struct pool {
	const char *key;
	const struct addr *at;
	unsigned first, last;
};

static bool share_numbers(const struct pool *a, const struct pool *b)
{
	return a->last && b->last && a->first <= b->last && b->first <= a->last;
}

static bool share_address(const struct pool *a, const struct pool *b)
{
	return addr_ip_eq(a->at, b->at) || addr_is_any(a->at) ||
	       addr_is_any(b->at);
}

static void fault_overlap(struct reader *rd, const struct pool *a,
			  const struct pool *b)
{
	reader_fault(rd, reader_line(rd, a->key),
		     "%s (%u to %u) overlaps %s (%u to %u). Choose others for "
		     "one of the two",
		     a->key, a->first, a->last, b->key, b->first, b->last);
}

/* Two users of one port would hear each other's media, or none. */
static void check_overlaps(struct reader *rd)
{
	const struct config *cfg = rd->cfg;
	const struct config_relay *relay = &cfg->relay;
	const struct media_settings *set = &cfg->media;
	unsigned port = relay->phones.port;
	const struct addr *local = &cfg->proxy.upstream_bind;
	const struct pool phones = {"media.phones.port", &relay->phones, port,
				    port ? port + relay->ports - 1 : 0};
	const struct pool emergency = {"media.phones.emergency_ports",
				       &relay->phones, relay->emergency_first,
				       relay->emergency_last};
	const struct pool upstream = {"media.upstream.ports", &relay->upstream,
				      set->upstream_first, set->upstream_last};
	const struct pool sip = {"upstream.local", local, local->port,
				 local->port};

	if (share_numbers(&emergency, &phones))
		fault_overlap(rd, &emergency, &phones);
	if (!cfg->proxy.has_upstream)
		return;
	if (share_numbers(&upstream, &phones) &&
	    share_address(&upstream, &phones))
		fault_overlap(rd, &upstream, &phones);
	/* Whatever their addresses: a pair goes back to its pool by number. */
	if (share_numbers(&upstream, &emergency))
		fault_overlap(rd, &upstream, &emergency);
	/* A range does without the port of SIP, shared ports cannot. */
	if (share_numbers(&phones, &sip) && share_address(&phones, &sip))
		fault_overlap(rd, &phones, &sip);
	if (set->upstream_single && share_numbers(&upstream, &sip) &&
	    share_address(&upstream, &sip))
		fault_overlap(rd, &upstream, &sip);
}

void group_media(struct reader *rd)
{
	struct config *cfg = rd->cfg;

	read_phones(rd);
	read_upstream(rd);
	cfg->media.timeout_s = reader_number(rd, "media.timeout_s");
	span_copy(cfg->relay.engine, sizeof(cfg->relay.engine),
		  span_str(reader_text(rd, "media.engine")));
	check_overlaps(rd);
}
