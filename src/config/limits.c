/* limits.c - limits and emergency: how much at once, and how fast */
#include "groups.h"

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
}
