/* ports.c - pairs of UDP ports from a range, given out in turn */
#include "rempart/relay/ports.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inside.h"

struct relay_ports {
	struct addr ip;
	uint16_t first;
	unsigned pairs;
	unsigned head, ready; /* of the queue */
	bool *out;	      /* pair by pair */
	uint16_t queue[];     /* pairs that are not out, the longest first */
};

static uint16_t port_of(const struct relay_ports *ports, unsigned pair)
{
	return (uint16_t)(ports->first + 2 * pair);
}

/* Both, or none. */
static int bind_pair(struct relay_pair *out, const struct addr *ip,
		     uint16_t port)
{
	struct relay_pair pair = {.rtp = -1, .rtcp = -1, .port = port};
	struct addr at = *ip;
	int err;

	at.port = port;
	err = relay_socket_bind(&pair.rtp, &at);
	if (err)
		return err;
	at.port = (uint16_t)(port + 1);
	err = relay_socket_bind(&pair.rtcp, &at);
	if (err) {
		(void)close(pair.rtp);
		return err;
	}
	*out = pair;
	return 0;
}

static void push(struct relay_ports *ports, unsigned pair)
{
	assert(ports->ready < ports->pairs);
	ports->queue[(ports->head + ports->ready++) % ports->pairs] =
		(uint16_t)pair;
}

static unsigned pop(struct relay_ports *ports)
{
	const unsigned pair = ports->queue[ports->head];

	assert(ports->ready);
	ports->head = (ports->head + 1) % ports->pairs;
	ports->ready--;
	return pair;
}

static struct relay_ports *make(const struct addr *ip, uint16_t first,
				unsigned pairs)
{
	struct relay_ports *ports =
		calloc(1, sizeof(*ports) + pairs * sizeof(ports->queue[0]));

	if (!ports)
		return NULL;
	ports->out = calloc(pairs, sizeof(*ports->out));
	if (!ports->out) {
		free(ports);
		return NULL;
	}
	ports->ip = *ip;
	ports->first = first;
	ports->pairs = pairs;
	for (unsigned i = 0; i < pairs; i++)
		push(ports, i);
	return ports;
}

struct found {
	unsigned in_use;
	uint16_t first; /* of those */
};

static int try_each(const struct relay_ports *ports, struct found *found)
{
	for (unsigned i = 0; i < ports->pairs; i++) {
		struct relay_pair pair;
		int err = bind_pair(&pair, &ports->ip, port_of(ports, i));

		if (!err) {
			(void)close(pair.rtp);
			(void)close(pair.rtcp);
			continue;
		}
		if (err != EADDRINUSE)
			return err;
		if (!found->in_use++)
			found->first = port_of(ports, i);
	}
	return found->in_use == ports->pairs ? EADDRINUSE : 0;
}

static void say(const struct relay_ports *ports, const struct found *found,
		int err, char why[static 256])
{
	const unsigned last = ports->first + 2 * ports->pairs - 1;
	char text[ADDR_TEXT_MAX];

	addr_print_ip(text, &ports->ip);
	if (err && err != EADDRINUSE)
		(void)snprintf(why, 256, "%s: ports %u-%u: %s", text,
			       ports->first, last, relay_socket_words(err));
	else if (found->in_use == 1)
		(void)snprintf(why, 256,
			       "%s: ports %u-%u: 1 pair is in use, %u", text,
			       ports->first, last, found->first);
	else if (found->in_use)
		(void)snprintf(why, 256,
			       "%s: ports %u-%u: %u pairs are in use, the "
			       "first is %u",
			       text, ports->first, last, found->in_use,
			       found->first);
}

int relay_ports_open(struct relay_ports **out, const struct addr *ip,
		     uint16_t first, uint16_t last, char why[static 256])
{
	const unsigned even = first + first % 2u;
	const unsigned pairs = last > even ? (last - even + 1) / 2 : 0;
	struct found found = {0};
	struct relay_ports *ports;
	int err;

	why[0] = '\0';
	if (!first || !pairs) {
		(void)snprintf(why, 256,
			       "ports %u-%u: no pair of an even "
			       "port and the next one",
			       first, last);
		return EINVAL;
	}
	ports = make(ip, (uint16_t)even, pairs);
	if (!ports) {
		(void)snprintf(why, 256, "ports %u-%u: out of memory", first,
			       last);
		return ENOMEM;
	}
	err = try_each(ports, &found);
	say(ports, &found, err, why);
	if (err) {
		relay_ports_close(ports);
		return err;
	}
	*out = ports;
	return 0;
}

void relay_ports_close(struct relay_ports *ports)
{
	if (!ports)
		return;
	free(ports->out);
	free(ports);
}

int relay_ports_take(struct relay_ports *ports, struct relay_pair *out)
{
	for (unsigned left = ports->ready; left; left--) {
		const unsigned pair = pop(ports);
		int err = bind_pair(out, &ports->ip, port_of(ports, pair));

		if (!err) {
			ports->out[pair] = true;
			return 0;
		}
		/* Another program may give it back: its turn comes again. */
		push(ports, pair);
		if (err != EADDRINUSE)
			return err;
	}
	return ENOSPC;
}

void relay_ports_give_back(struct relay_ports *ports, uint16_t port)
{
	const unsigned pair = (unsigned)(port - ports->first) / 2;

	assert(port >= ports->first && port % 2 == 0 && pair < ports->pairs);
	assert(ports->out[pair]);
	ports->out[pair] = false;
	push(ports, pair);
}

struct relay_ports_counts relay_ports_counts(const struct relay_ports *ports)
{
	return (struct relay_ports_counts){
		.pairs = ports->pairs,
		.out = ports->pairs - ports->ready,
	};
}

bool relay_ports_ephemeral(uint16_t first, uint16_t last, uint16_t *low,
			   uint16_t *high)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned from = 0;
	unsigned to = 0;
	int read = 0;

	if (!file)
		return false;
	read = fscanf(file, "%u %u", &from, &to);
	(void)fclose(file);
	if (read != 2 || to > UINT16_MAX || first > to || last < from)
		return false;
	*low = (uint16_t)from;
	*high = (uint16_t)to;
	return true;
}
