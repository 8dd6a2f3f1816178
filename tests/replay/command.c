/* command.c - the commands of a scenario but for `expect` */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

enum { US_PER_MS = 1000, US_PER_S = 1000000 };

const char *arg(const struct command *cmd, const char *key)
{
	size_t len = strlen(key);

	for (int i = 1; i < cmd->argc; i++)
		if (!strncmp(cmd->argv[i], key, len) &&
		    cmd->argv[i][len] == '=')
			return cmd->argv[i] + len + 1;
	return NULL;
}

bool flag(const struct command *cmd, const char *word)
{
	for (int i = 1; i < cmd->argc; i++)
		if (!strcmp(cmd->argv[i], word))
			return true;
	return false;
}

uint64_t time_of(const struct replay *rp, const char *text)
{
	char *unit;
	uint64_t value = strtoull(text, &unit, 10);

	if (unit != text && !strcmp(unit, "ms"))
		return value * US_PER_MS;
	if (unit != text && !strcmp(unit, "s"))
		return value * US_PER_S;
	fail(rp, "%s is no time: write 500ms or 32s", text);
}

static void need(const struct replay *rp, const struct command *cmd, int argc)
{
	if (cmd->argc < argc)
		fail(rp, "%s: something is missing", cmd->argv[0]);
}

static struct addr address(const struct replay *rp, const char *text)
{
	struct addr addr;

	if (addr_parse(&addr, span_str(text)))
		fail(rp, "%s is no address", text);
	return addr;
}

static void connect_(struct replay *rp, const struct command *cmd)
{
	struct party *who = NULL;
	const char *user;

	need(rp, cmd, 4);
	world_start(rp);
	for (size_t i = 0; i < rp->party_count; i++)
		if (!strcmp(rp->parties[i].name, cmd->argv[1]))
			who = &rp->parties[i];
	if (!who)
		who = party_add(rp, cmd->argv[1]);
	who->addr = address(rp, cmd->argv[3]);
	user = arg(cmd, "user");
	if (user)
		memcpy(who->user, user, strnlen(user, 63));
	world_connect(rp, who);
}

static char *text_of(struct replay *rp, struct party *who,
		     const struct command *cmd, size_t *len)
{
	const char *what = cmd->argc > 2 ? cmd->argv[2] : "raw";

	if (!strcmp(what, "raw"))
		return raw_text(rp, cmd, len);
	if (!strcmp(what, "forward"))
		return forward_text(rp, who, cmd, len);
	if (!strcmp(what, "CANCEL") && !flag(cmd, "in"))
		return cancel_text(rp, who, cmd, len);
	if (!strcmp(what, "ACK") && flag(cmd, "hop"))
		return hop_ack_text(rp, who, cmd, len);
	if (*what >= '1' && *what <= '6')
		return response_text(rp, who, cmd, len);
	return request_text(rp, who, cmd, len);
}

static void send_(struct replay *rp, const struct command *cmd)
{
	struct party *who;
	size_t len;

	need(rp, cmd, 2);
	who = party_find(rp, cmd->argv[1]);
	char *text = text_of(rp, who, cmd, &len);
	world_say(rp, who, text, len, flag(cmd, "slowly"));
}

/* The same bytes once more: `again A`, `again A 200`, `again A INVITE`. */
static void again(struct replay *rp, const struct command *cmd)
{
	const struct heard *found = NULL, *said;
	struct party *who;

	need(rp, cmd, 2);
	who = party_find(rp, cmd->argv[1]);
	for (said = who->sent.first; said; said = said->next) {
		const char *want = cmd->argc > 2 ? cmd->argv[2] : "";
		const char *code = keepf(rp, "SIP/2.0 %s", want);

		if (!strncmp(said->text, want, strlen(want)) ||
		    !strncmp(said->text, code, strlen(code)))
			found = said;
	}
	if (!found)
		fail(rp, "%s has said nothing of that kind", who->name);
	world_say(rp, who, found->text, found->len, false);
}

/* `bytes A \r\n\r\n`: just that. */
static void bytes(struct replay *rp, const struct command *cmd)
{
	char *out, *to;
	const char *p;

	need(rp, cmd, 3);
	p = cmd->argv[2];
	out = to = keep(rp, strlen(p) + 1);
	for (; *p; p++) {
		char c = *p;

		if (c == '\\' && p[1]) {
			p++;
			c = *p == 'r'	? '\r'
			    : *p == 'n' ? '\n'
			    : *p == '0' ? '\0'
					: *p;
		}
		*to++ = c;
	}
	world_say(rp, party_find(rp, cmd->argv[1]), out, (size_t)(to - out),
		  flag(cmd, "slowly"));
}

static void datagram(struct replay *rp, const struct command *cmd)
{
	struct addr from;
	size_t len;

	need(rp, cmd, 3);
	world_start(rp);
	from = address(rp, cmd->argv[2]);
	char *text = raw_text(rp, cmd, &len);
	world_datagram(rp, &from, text, len);
}

static void run_log(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 2);
	rp->log_full = !strcmp(cmd->argv[1], "full");
}

static void run_pbx(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 2);
	rp->upstream_down = !strcmp(cmd->argv[1], "unreachable");
}

static void run_set(struct replay *rp, const struct command *cmd)
{
	settings_change(rp, cmd);
}

static void advance(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 2);
	world_start(rp);
	world_advance(rp, time_of(rp, cmd->argv[1]));
}

static void reload(struct replay *rp, const struct command *cmd)
{
	(void)cmd;
	world_reload(rp);
}

static void restart(struct replay *rp, const struct command *cmd)
{
	(void)cmd;
	world_restart(rp);
}

static void disconnect(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 2);
	world_disconnect(rp, party_find(rp, cmd->argv[1]));
}

static void let(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 3);
	variable_set(rp, cmd->argv[1], cmd->argv[2]);
}

static void dialog(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 2);
	open_dialog(rp, cmd);
}

/* `ctl end CALL`: as `rempart ctl calls end` does, by its Call-ID. */
static void ctl(struct replay *rp, const struct command *cmd)
{
	static char buf[64 * EDGE_LIST_ROW_MAX];
	struct text rows = text_init(buf, sizeof(buf) - 1);
	const char *found;

	need(rp, cmd, 3);
	edge_list_calls(rp->edge, &rows);
	buf[rows.len] = '\0';
	found = strstr(buf, keepf(rp, "\t%s\t\n", cmd->argv[2]));
	while (found && found > buf && found[-1] != '\n')
		found--;
	if (!found || edge_end_call(rp->edge, strtoull(found, NULL, 10)))
		fail(rp, "there is no call %s", cmd->argv[2]);
	relay_tell(rp);
}

static void chaos(struct replay *rp, const struct command *cmd)
{
	need(rp, cmd, 3);
	world_start(rp);
	chaos_run(rp, strtoull(cmd->argv[1], NULL, 10),
		  (unsigned)strtoul(cmd->argv[2], NULL, 10),
		  flag(cmd, "counted"));
}

void command_run(struct replay *rp, struct command *cmd)
{
	static const struct {
		const char *name;
		void (*run)(struct replay *rp, const struct command *cmd);
	} table[] = {
		{"set", run_set},	{"connect", connect_},
		{"send", send_},	{"again", again},
		{"bytes", bytes},	{"datagram", datagram},
		{"expect", expect},	{"advance", advance},
		{"log", run_log},	{"pbx", run_pbx},
		{"reload", reload},	{"restart", restart},
		{"let", let},		{"disconnect", disconnect},
		{"media", relay_event}, {"chaos", chaos},
		{"ctl", ctl},		{"dialog", dialog},
		{"relay", relay_run},
	};

	/* An expectation's patterns are expanded as they are matched. */
	if (strcmp(cmd->argv[0], "expect") != 0)
		for (int i = 1; i < cmd->argc; i++)
			cmd->argv[i] = expand(rp, cmd->argv[i]);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!strcmp(table[i].name, cmd->argv[0])) {
			table[i].run(rp, cmd);
			return;
		}
	}
	fail(rp, "%s: no such command", cmd->argv[0]);
}
