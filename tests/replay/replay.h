/* replay.h - what the files of the replay harness share */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rempart/edge/edge.h"

/*
 * The edge with a fake clock, fake connections and a fake PBX, driven by a
 * scenario file: README.md beside this file is the language. One scenario a
 * process; memory is kept until its end, and a failure ends the process.
 */
enum {
	PARTIES_MAX = 16,
	FIELDS_MAX = 160,
	WORDS_MAX = 48,
	MACROS_MAX = 64,
	MACRO_DEPTH_MAX = 8,
	RECORDS_MAX = 65536,
	USERS_MAX = 16,
	RULES_MAX = 8,
	SESSIONS_MAX = 8192,
};

/* A message as its lines; all text ends in NUL. */
struct mail {
	const char *start;
	struct {
		const char *name, *value;
	} fields[FIELDS_MAX];
	size_t count;
	const char *body;
	size_t body_len;
	unsigned code;	    /* 0: a request */
	const char *method; /* of a response: the one in CSeq */
};

enum heard_kind { HEARD_MAIL, HEARD_CRLF, HEARD_CLOSED };

/* One thing that reached a party, or (sent) that it said. */
struct heard {
	struct heard *next;
	enum heard_kind kind;
	struct mail mail;
	const char *text;
	size_t len;
	uint64_t at_us;
	bool expected; /* an expect has taken it */
};

struct heard_list {
	struct heard *first, *last;
};

/* What a party keeps of a dialog (RFC 3261 12). */
struct memory {
	struct memory *next;
	const char *call_id;
	const char *local, *remote; /* From and To values without tag */
	const char *local_tag, *remote_tag;
	const char *target;
	const char *route; /* comma separated, in sending order */
	bool confirmed;
	unsigned long cseq, invite_cseq;
};

struct party {
	char name[16];
	bool is_pbx;
	char user[64];
	struct addr addr;
	uint64_t conn; /* 0: not connected */
	bool closing;
	struct heard_list inbox, sent;
	struct memory *dialogs;
};

struct variable {
	struct variable *next;
	const char *name, *value;
};

struct settings {
	struct proxy_settings proxy;
	struct registrar_settings registrar;
	struct sdp_settings sdp;
	struct media_settings media;
	unsigned media_ports; /* sessions that the relay has room for; 0: all */
	char echo[32];
	struct registrar_user users[USERS_MAX];
	struct number_settings numbering;
	struct limits_settings limits;
	struct dial_settings dial;
	struct addr emergency_net;
	uint8_t emergency_bits; /* 0: none */
	/* one list, of the lines `set allow ...` and `set deny ...` */
	struct dial_list list;
	struct dial_rule rules[RULES_MAX];
	struct dial_match matches[RULES_MAX];
};

struct session {
	uint64_t id;
	unsigned line, plans;
	struct rtp_plan plan;
	bool closed, told;
};

struct command {
	const char *file;
	int line;
	int argc;
	char *argv[WORDS_MAX];
	char **block; /* lines without their tab */
	size_t block_len;
};

struct macro {
	const char *name;
	struct script *script;
	size_t first, end; /* lines */
};

struct script {
	const char *file;
	char **lines;
	size_t count;
};

struct kept;

struct replay {
	struct kept *kept;
	struct edge *edge;
	struct edge_keys keys;
	struct edge_time time;
	uint64_t seed;
	uint32_t generation;
	struct settings next;  /* what `set` writes */
	struct settings *used; /* what the edge has */
	bool log_full;
	bool upstream_down;
	bool relay_silent;
	struct record slot;
	struct record *records;
	size_t record_count, record_seen;
	struct party parties[PARTIES_MAX];
	size_t party_count;
	struct session sessions[SESSIONS_MAX];
	size_t session_count, closed_count;
	struct variable *variables;
	struct macro macros[MACROS_MAX];
	size_t macro_count;
	unsigned depth;
	const struct command *command; /* under work */
	const struct command *callers[MACRO_DEPTH_MAX];
};

/* ---- arena.c: memory that lives as long as the scenario */
void *keep(struct replay *rp, size_t len);
char *keep_text(struct replay *rp, const char *p, size_t len);
__attribute__((format(printf, 2, 3))) char *keepf(struct replay *rp,
						  const char *format, ...);
void keep_free(struct replay *rp);
/* Prints file:line and what was wrong, and ends the process. */
__attribute__((format(printf, 2, 3))) _Noreturn void
fail(const struct replay *rp, const char *format, ...);

/* ---- mail.c */
bool mail_read(struct replay *rp, struct mail *mail, const char *p, size_t len);
/* First value, "" when there is none; names as the edge writes them. */
const char *mail_value(const struct mail *mail, const char *name);
/* All values of a header in order (or from the last), comma separated. */
char *mail_list(struct replay *rp, const struct mail *mail, const char *name,
		bool backwards);
char *tag_of(struct replay *rp, const char *value);
char *without_tag(struct replay *rp, const char *value);
/* What stands in <> or, without them, before the parameters. */
char *uri_of(struct replay *rp, const char *value);
unsigned long cseq_of(const struct mail *mail);

/* ---- pattern.c */
const char *variable(const struct replay *rp, const char *name);
void variable_set(struct replay *rp, const char *name, const char *value);
/* %{name} replaced by its value. */
char *expand(struct replay *rp, const char *text);
/* `*` is any run, `\*` a star, %{name=} a run to keep, %{name} its value. */
bool expect_match(struct replay *rp, const char *pattern, const char *text);

/* ---- world.c: the edge and all that is around it */
void world_start(struct replay *rp);
void world_restart(struct replay *rp);
void world_reload(struct replay *rp);
void world_end(struct replay *rp);
void world_advance(struct replay *rp, uint64_t us);
/* One step towards until_us, at most; false when it is reached. */
bool world_step(struct replay *rp, uint64_t until_us);
struct party *party_find(struct replay *rp, const char *name);
struct party *party_add(struct replay *rp, const char *name);
void world_connect(struct replay *rp, struct party *who);
void world_disconnect(struct replay *rp, struct party *who);
void world_datagram(struct replay *rp, const struct addr *from, const char *p,
		    size_t len);
/* Also kept as sent when it is a message. */
void world_say(struct replay *rp, struct party *who, const char *p, size_t len,
	       bool slowly);
/* Bytes of a connection that nobody remembers as said. */
void world_bytes(struct replay *rp, struct party *who, const char *p,
		 size_t len);
struct heard *inbox_next(struct party *who);

/* ---- settings.c */
void settings_default(struct settings *set);
void settings_change(struct replay *rp, const struct command *cmd);
struct edge_settings settings_of(struct settings *set);

/* ---- script.c */
void script_run(struct replay *rp, const char *file);
/* One command without a block. */
void script_line(struct replay *rp, const char *line);

/* ---- command.c */
void command_run(struct replay *rp, struct command *cmd);
/* Value of the word `key=value`, or NULL. */
const char *arg(const struct command *cmd, const char *key);
bool flag(const struct command *cmd, const char *word);
uint64_t time_of(const struct replay *rp, const char *text);

/* ---- expect.c */
void expect_ends(const struct replay *rp);
void expect(struct replay *rp, const struct command *cmd);
void nothing_left(struct replay *rp);
/* Each side sees our addresses alone, but in emergencies. */
void expect_own_addresses(struct replay *rp, const struct party *who,
			  const struct heard *heard);

/* ---- lines.c: a message being put together */
struct lines {
	const char *start;
	const char *raw[FIELDS_MAX];
	size_t count;
	const char *body;
	bool has_length;
};
__attribute__((format(printf, 4, 5))) void line_add(struct replay *rp,
						    struct lines *out,
						    const char *name,
						    const char *format, ...);
/* The command's block: headers that replace, add (+) or remove (!), and after
 * an empty line the body. */
void lines_block(struct replay *rp, struct lines *out,
		 const struct command *cmd);
char *lines_text(struct replay *rp, struct lines *out, size_t *len);
/* The block as the whole message. */
char *raw_text(struct replay *rp, const struct command *cmd, size_t *len);
/* Bodies for chaos, by number; the first is of use to anybody. */
enum { SDP_KINDS = 16 };
const char *sdp_kind(bool pbx, unsigned n);
void add_sdp(struct replay *rp, struct lines *out, const char *kind,
	     const char *host);
bool carries_contact(const char *method);
const char *host_of(struct replay *rp, const struct party *who);

/* ---- request.c, response.c */
char *request_text(struct replay *rp, struct party *who,
		   const struct command *cmd, size_t *len);
char *cancel_text(struct replay *rp, struct party *who,
		  const struct command *cmd, size_t *len);
char *hop_ack_text(struct replay *rp, struct party *who,
		   const struct command *cmd, size_t *len);
char *response_text(struct replay *rp, struct party *who,
		    const struct command *cmd, size_t *len);
/* `dialog pbx tag=x`: as if the last request had been answered with that tag,
 * for a NOTIFY that comes before the 200 (RFC 6665 4.1.2.4). */
void open_dialog(struct replay *rp, const struct command *cmd);
/* What a proxy at the PBX makes of the message that it received. */
char *forward_text(struct replay *rp, struct party *who,
		   const struct command *cmd, size_t *len);

/* ---- memory.c */
void memory_of_received(struct replay *rp, struct party *who,
			const struct mail *mail);
void memory_of_answer(struct replay *rp, struct party *who,
		      const struct mail *req, unsigned code, const char *tag);
struct memory *memory_find(struct party *who, const char *call_id,
			   const char *remote_tag, const char *local_tag);

/* ---- auth.c */
/* The Authorization value for the newest challenge that `who` received. */
char *auth_value(struct replay *rp, struct party *who,
		 const struct command *cmd, const char *method,
		 const char *uri);

/* ---- chaos.c */
/* counted: the log is never full, and each call must have its end there. */
void chaos_run(struct replay *rp, uint64_t seed, unsigned events, bool counted);

/* ---- relay.c */
void relay_bind(struct edge_io *io);
void relay_tell(struct replay *rp);
void relay_forget(struct replay *rp);
void relay_event(struct replay *rp, const struct command *cmd);
void relay_tell_event(struct replay *rp, const struct rtp_event *event);
void relay_run(struct replay *rp, const struct command *cmd);
void relay_expect(struct replay *rp, const struct command *cmd);
size_t relay_open_sessions(const struct replay *rp);
