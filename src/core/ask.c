/* ask.c - what an administrator asks of the running edge, and its answer */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core_int.h"

enum { ANSWER_MIN = 4096 };

static size_t table_bytes(size_t rows)
{
	if (rows > EDGE_LIST_MAX)
		rows = EDGE_LIST_MAX;
	return (rows + 2) * EDGE_LIST_ROW_MAX + ANSWER_MIN;
}

static void put_status(struct core *core, struct text *out)
{
	const struct config *cfg = core->set.cfg;
	struct edge_counts counts = edge_counts(core->edge);
	struct edge_live live = edge_live(core->edge);
	const struct relay_counts relay = relay_counts(core->relay);
	const uint64_t numbers[] = {live.up_s,	       live.phones,
				    live.calls,	       counts.connections,
				    counts.exchanges,  counts.bindings,
				    counts.passages,   counts.records_waiting,
				    relay.sessions,    relay.received,
				    relay.refused,     relay.unknown,
				    relay.kernel_drops};

	text_puts(out, "version\tnode\tfile\tconfig\tup_s#\tphones#\tcalls#\t"
		       "connections#\trequests#\tbindings#\tdialogs#\t"
		       "records_waiting#\tmedia_lines#\tmedia_packets#\t"
		       "media_refused#\tmedia_unknown#\tmedia_dropped#"
		       "\t\n" REMPART_VERSION "\t");
	text_puts(out, cfg->node);
	text_putc(out, '\t');
	text_puts(out, cfg->file[0] ? cfg->file : "embedded default");
	text_putc(out, '\t');
	text_puts(out, cfg->hash);
	text_putc(out, '\t');
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		text_u64(out, numbers[i]);
		text_putc(out, '\t');
	}
	text_putc(out, '\n');
}

static void end_call(struct core *core, struct text *out, struct span id)
{
	uint64_t number;

	if (span_u64(id, UINT64_MAX, &number))
		text_puts(out, "error\tID is a number, as calls shows it\n");
	else if (edge_end_call(core->edge, number))
		text_puts(out, "error\tthere is no such call\n");
	else
		text_puts(out, "ok\n");
}

static void trace_begin(struct core *core, struct text *out, struct span call)
{
	struct edge_time time = core_now();
	const char *call_id = NULL;
	uint64_t number;
	int err;

	/* A number may also be a Call-ID that looks like one. */
	if (!span_u64(call, UINT64_MAX, &number))
		call_id = edge_call_id(core->edge, number);
	if (call_id)
		call = span_str(call_id);
	err = trace_start(&core->trace, time.wall_us, call, time.now_us);
	if (err) {
		text_puts(out, err == EBUSY ? "error\tanother trace is running"
					    : "error\tcannot trace: ");
		text_puts(out, err == EBUSY    ? "\n"
			       : err == EINVAL ? "no such Call-ID\n"
					       : "no memory\n");
		return;
	}
	edge_trace(core->edge, true);
	text_puts(out, "ok\n");
	text_u64(out, core->trace.id);
	text_putc(out, '\n');
}

static void trace_go_on(struct core *core, struct text *out, struct span id,
			bool stop)
{
	uint64_t number;

	if (span_u64(id, UINT64_MAX, &number) || !number ||
	    number != core->trace.id) {
		text_puts(out, "error\tthis trace has ended\n");
		return;
	}
	if (!stop) {
		trace_fetch(&core->trace, out, core_now().now_us);
		return;
	}
	edge_trace(core->edge, false);
	trace_stop(&core->trace);
	text_puts(out, "ok\n");
}

/* False: nothing of it. */
static bool answer_trace(struct core *core, struct text *out,
			 struct span question)
{
	const struct span start = SPAN("trace start "),
			  next = SPAN("trace next "),
			  stop = SPAN("trace stop ");

	if (span_starts(question, start))
		trace_begin(core, out, span_skip(question, start.len));
	else if (span_starts(question, next))
		trace_go_on(core, out, span_skip(question, next.len), false);
	else if (span_starts(question, stop))
		trace_go_on(core, out, span_skip(question, stop.len), true);
	else
		return false;
	return true;
}

static void put_answer(struct core *core, struct text *out,
		       struct span question)
{
	const struct span end = SPAN("calls end ");

	if (span_eq(question, SPAN("status"))) {
		text_puts(out, "ok\n");
		put_status(core, out);
	} else if (span_eq(question, SPAN("phones"))) {
		text_puts(out, "ok\n");
		edge_list_phones(core->edge, out);
	} else if (span_eq(question, SPAN("calls"))) {
		text_puts(out, "ok\n");
		edge_list_calls(core->edge, out);
	} else if (span_starts(question, end)) {
		end_call(core, out, span_skip(question, end.len));
	} else if (!answer_trace(core, out, question)) {
		text_puts(out, "error\tunknown request\n");
	}
}

/* NULL: no memory. */
static char *answer_of(struct core *core, const char *question)
{
	struct edge_counts counts = edge_counts(core->edge);
	size_t cap = table_bytes(counts.connections > counts.passages
					 ? counts.connections
					 : counts.passages) +
		     core->trace.rows.len;
	char *buf = malloc(cap), *fitted;
	struct text out = text_init(buf, cap - 1);

	if (!buf)
		return NULL;
	put_answer(core, &out, span_str(question));
	buf[out.len] = '\0';
	fitted = realloc(buf, out.len + 1);
	return fitted ? fitted : buf;
}

void ask_answer(struct core *core, const char *question)
{
	struct core_answer *answer = ring_reserve(core->answers);

	if (!answer)
		return; /* cannot be: control waits for each answer */
	answer->text = answer_of(core, question);
	ring_commit(core->answers);
}

void ask_seen(void *arg, const struct edge_seen *seen)
{
	struct core *core = arg;

	if (!trace_message(&core->trace, seen, core_now()))
		edge_trace(core->edge, false);
}
