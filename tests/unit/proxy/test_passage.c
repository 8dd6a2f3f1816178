/* test_passage.c - the table of passages keeps its ceiling, its copies and its
 * spirals apart, and leaks nothing */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "rempart/proxy/passage.h"
#include "message.h"

static struct passages *open_set(size_t max)
{
	struct passages *set = NULL;

	cr_assert_eq(passages_open(&set, max), 0);
	return set;
}

/* Nothing of it is left. */
static void close_set(struct passages *set)
{
	passages_close(set);
	assert_no_leak();
}

static struct passage *open_passage(struct passages *set, uint64_t number,
				    struct spec spec)
{
	struct packet pkt;
	struct passage *pas = NULL;

	cr_assert_eq(passage_new(set, number, PASSAGE_INVITE,
				 packet_make(&pkt, spec), &pas),
		     0);
	/* What it keeps are copies. */
	memset(&pkt, 'x', sizeof(pkt));
	return pas;
}

Test(passage, keeps_copies_of_what_the_request_said)
{
	struct passages *set = open_set(4);
	struct passage *pas = open_passage(
		set, 9,
		(struct spec){.cseq = 314,
			      .lines = "Contact: \"A\" <sip:alice@192.0.2.7"
				       ":4444;ob>;+sip.instance=\"x\"\r\n"
				       "Record-Route: <sip:a;lr>, <sip:b;lr>"
				       "\r\nRecord-Route: <sip:c;lr>\r\n"});

	cr_expect_eq(pas->number, 9);
	cr_expect_str_eq(pas->call_id, "call-1");
	cr_expect_str_eq(pas->from_tag, "alice");
	cr_expect_str_eq(pas->caller_target, "sip:alice@192.0.2.7:4444;ob");
	cr_expect_str_eq(pas->caller_route, "<sip:a;lr>,<sip:b;lr>,<sip:c;lr>");
	cr_expect_eq(pas->first_cseq, 314);
	cr_expect_null(pas->dialogs);
	close_set(set);
}

Test(passage, without_contact_and_record_route_has_empty_strings)
{
	struct passages *set = open_set(4);
	struct passage *pas = open_passage(set, 1, (struct spec){0});

	cr_expect_str_eq(pas->caller_target, "");
	cr_expect_str_eq(pas->caller_route, "");
	close_set(set);
}

Test(passage, a_number_stands_once)
{
	struct passages *set = open_set(4);
	struct packet pkt;
	const struct sip_message *req = packet_make(&pkt, (struct spec){0});
	struct passage *pas = NULL, *other = NULL;

	cr_assert_eq(passage_new(set, 5, PASSAGE_INVITE, req, &pas), 0);
	cr_assert_eq(passage_new(set, 5, PASSAGE_INVITE, req, &other), EEXIST);
	cr_assert_null(other);
	cr_assert_eq(passages_count(set), 1);
	close_set(set);
}

Test(passage, the_ceiling_holds_and_a_freed_place_is_used_again)
{
	struct passages *set = open_set(2);
	struct packet pkt;
	const struct sip_message *req = packet_make(&pkt, (struct spec){0});
	struct passage *pas = NULL, *third = NULL;

	cr_assert_eq(passage_new(set, 1, PASSAGE_INVITE, req, &pas), 0);
	cr_assert_eq(passage_new(set, 2, PASSAGE_INVITE, req, &pas), 0);
	cr_assert_eq(passage_new(set, 3, PASSAGE_INVITE, req, &third), ENOSPC);
	cr_assert_null(third);
	passage_free(set, passage_find(set, 1));
	cr_assert_null(passage_find(set, 1));
	cr_assert_eq(passage_new(set, 3, PASSAGE_INVITE, req, &third), 0);
	cr_assert_eq(passages_count(set), 2);
	close_set(set);
}

Test(passage, an_impossible_ceiling_is_refused)
{
	struct passages *set = NULL;

	cr_assert_eq(passages_open(&set, SIZE_MAX), EINVAL);
	cr_assert_null(set);
}

Test(passage, is_found_by_number_among_many)
{
	enum { MANY = 500 };
	struct passages *set = open_set(MANY);

	/* Numbers that differ in their high bits only, and in the low. */
	for (uint64_t i = 0; i < MANY; i++) {
		uint64_t number = i % 2 ? i << 40 : i;
		(void)open_passage(set, number, (struct spec){0});
	}
	for (uint64_t i = 0; i < MANY; i++) {
		uint64_t number = i % 2 ? i << 40 : i;
		struct passage *pas = passage_find(set, number);

		cr_assert_not_null(pas);
		cr_assert_eq(pas->number, number);
	}
	cr_assert_null(passage_find(set, MANY + 1));
	close_set(set);
}

Test(passage, a_walk_sees_each_once_and_may_free_it)
{
	struct passages *set = open_set(64);
	struct table_walk walk = {0};
	uint64_t seen = 0;
	struct passage *pas;

	for (uint64_t i = 0; i < 64; i++)
		(void)open_passage(set, i, (struct spec){0});
	while ((pas = passage_walk(set, &walk))) {
		cr_assert_not(seen >> pas->number & 1);
		seen |= (uint64_t)1 << pas->number;
		if (pas->number % 2)
			passage_free(set, pas);
	}
	cr_assert_eq(seen, UINT64_MAX);
	cr_assert_eq(passages_count(set), 32);
	close_set(set);
}

Test(passage, a_spiral_is_a_second_passage)
{
	struct passages *set = open_set(4);
	struct passage *out = open_passage(set, 1, (struct spec){0});
	struct passage *back = open_passage(
		set, 2,
		(struct spec){.lines = "Record-Route: <sip:pbx;lr>\r\n"});
	struct packet pkt;
	struct dialog *dlg = NULL, *other = NULL;
	unsigned end = 9;

	const struct sip_message *answer =
		packet_make(&pkt, (struct spec){.code = 200, .to_tag = "bob"});
	cr_assert_eq(dialog_from_response(back, answer, SPAN(""), &dlg), 0);

	const struct sip_message *bye = packet_make(
		&pkt,
		(struct spec){.method = "BYE", .to_tag = "bob", .cseq = 2});
	cr_assert(dialog_match(back, bye, &end, &other));
	cr_assert_eq(other, dlg);
	cr_assert_eq(end, 0);
	cr_assert_not(dialog_match(out, bye, &end, &other),
		      "the first passage has no such dialog");
	passage_free(set, back);
	cr_assert_eq(passage_find(set, 1), out);
	close_set(set);
}

Test(passage, close_without_a_set_is_allowed)
{
	passages_close(NULL);
	passage_free(NULL, NULL);
}

/*
 * Random opens, forks, matches and frees, against a model that is two arrays.
 */
enum { MODEL_PASSAGES = 12, MODEL_TAGS = 24, MODEL_STEPS = 20000 };

struct model {
	struct passages *set;
	uint64_t seed;
	bool open[MODEL_PASSAGES];
	bool tag[MODEL_PASSAGES][MODEL_TAGS];
	bool confirmed[MODEL_PASSAGES][MODEL_TAGS];
	unsigned age[MODEL_PASSAGES][MODEL_TAGS]; /* when it was opened */
	unsigned clock;
	unsigned refused;
	unsigned replaced;
};

static unsigned draw(struct model *mdl, unsigned below)
{
	mdl->seed ^= mdl->seed << 13;
	mdl->seed ^= mdl->seed >> 7;
	mdl->seed ^= mdl->seed << 17;
	return (unsigned)(mdl->seed >> 33) % below;
}

static unsigned tags_of(const struct model *mdl, unsigned number)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MODEL_TAGS; i++)
		count += mdl->tag[number][i];
	return count;
}

static unsigned open_count(const struct model *mdl)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MODEL_PASSAGES; i++)
		count += mdl->open[i];
	return count;
}

static void step_open(struct model *mdl, unsigned number)
{
	enum passage_kind kind =
		number % 2 ? PASSAGE_SUBSCRIBE : PASSAGE_INVITE;
	struct packet pkt;
	struct passage *pas = NULL;
	const struct sip_message *req = packet_make(
		&pkt,
		(struct spec){.method = number % 2 ? "SUBSCRIBE" : "INVITE"});
	int want = 0;

	if (mdl->open[number])
		want = EEXIST;
	else if (open_count(mdl) == MODEL_PASSAGES - 2)
		want = ENOSPC;
	cr_assert_eq(passage_new(mdl->set, number, kind, req, &pas), want);
	mdl->open[number] |= !want;
}

static void step_close(struct model *mdl, unsigned number)
{
	passage_free(mdl->set, passage_find(mdl->set, number));
	mdl->open[number] = false;
	memset(mdl->tag[number], 0, sizeof(mdl->tag[number]));
	memset(mdl->confirmed[number], 0, sizeof(mdl->confirmed[number]));
}

static int fork_by(struct passage *pas, bool notify, unsigned code,
		   const char *tag, struct dialog **dlg)
{
	struct packet pkt;

	if (notify)
		return dialog_from_notify(
			pas,
			packet_make(&pkt, (struct spec){.method = "NOTIFY",
							.from_tag = tag,
							.to_tag = "alice"}),
			SPAN("<sip:r;lr>"), dlg);
	return dialog_from_response(
		pas,
		packet_make(&pkt, (struct spec){.code = code, .to_tag = tag}),
		SPAN(""), dlg);
}

/* The early dialog that was opened first, or MODEL_TAGS. */
static unsigned oldest_early(const struct model *mdl, unsigned number)
{
	unsigned best = MODEL_TAGS;

	for (unsigned i = 0; i < MODEL_TAGS; i++) {
		if (!mdl->tag[number][i] || mdl->confirmed[number][i])
			continue;
		if (best == MODEL_TAGS ||
		    mdl->age[number][i] < mdl->age[number][best])
			best = i;
	}
	return best;
}

static void step_fork(struct model *mdl, unsigned number, unsigned tag)
{
	struct passage *pas = passage_find(mdl->set, number);
	struct dialog *dlg = NULL;
	unsigned code = draw(mdl, 4) ? 180 : 200;
	bool notify = number % 2 && draw(mdl, 2);
	char name[8];
	int want = 0;

	cr_assert_eq(pas != NULL, mdl->open[number]);
	if (!pas)
		return;
	snprintf(name, sizeof(name), "t%u", tag);
	if (!mdl->tag[number][tag] &&
	    tags_of(mdl, number) == PASSAGE_DIALOGS_MAX) {
		unsigned gone = notify || code != 200
					? MODEL_TAGS
					: oldest_early(mdl, number);

		want = gone == MODEL_TAGS ? ENOSPC : 0;
		if (!want) {
			mdl->tag[number][gone] = false;
			mdl->replaced++;
		}
	}
	cr_assert_eq(fork_by(pas, notify, code, name, &dlg), want);
	if (want) {
		mdl->refused++;
		cr_assert_null(dlg);
		return;
	}
	if (!mdl->tag[number][tag])
		mdl->age[number][tag] = mdl->clock++;
	mdl->tag[number][tag] = true;
	mdl->confirmed[number][tag] |= notify || code == 200;
	cr_assert_str_eq(dlg->to_tag, name);
	cr_assert_eq(dlg->confirmed, mdl->confirmed[number][tag]);
}

static void step_match(struct model *mdl, unsigned number, unsigned tag)
{
	struct passage *pas = passage_find(mdl->set, number);
	bool from_callee = draw(mdl, 2);
	struct packet pkt;
	struct dialog *dlg = NULL;
	unsigned end = 9;
	char name[8];

	if (!pas)
		return;
	snprintf(name, sizeof(name), "t%u", tag);
	const struct sip_message *req = packet_make(
		&pkt, (struct spec){.method = "BYE",
				    .from_tag = from_callee ? name : "alice",
				    .to_tag = from_callee ? "alice" : name});
	cr_assert_eq(dialog_match(pas, req, &end, &dlg), mdl->tag[number][tag]);
	if (dlg) {
		cr_assert_str_eq(dlg->to_tag, name);
		cr_assert_eq(end, from_callee);
	}
}

static void step_end_dialog(struct model *mdl, unsigned number, unsigned tag)
{
	struct passage *pas = passage_find(mdl->set, number);
	char name[8];

	if (!pas)
		return;
	snprintf(name, sizeof(name), "t%u", tag);
	struct dialog *dlg = dialog_find(pas, span_str(name));
	cr_assert_eq(dlg != NULL, mdl->tag[number][tag]);
	dialog_free(pas, dlg);
	mdl->tag[number][tag] = false;
	mdl->confirmed[number][tag] = false;
}

static void model_step(struct model *mdl)
{
	unsigned number = draw(mdl, MODEL_PASSAGES);
	unsigned tag = draw(mdl, MODEL_TAGS);

	switch (draw(mdl, 40)) {
	case 0:
		step_close(mdl, number);
		break;
	case 1:
	case 2:
		step_open(mdl, number);
		break;
	case 3:
	case 4:
		step_end_dialog(mdl, number, tag);
		break;
	default:
		if (draw(mdl, 2))
			step_fork(mdl, number, tag);
		else
			step_match(mdl, number, tag);
	}
}

static void model_compare(const struct model *mdl)
{
	cr_assert_eq(passages_count(mdl->set), open_count(mdl));
	for (unsigned i = 0; i < MODEL_PASSAGES; i++) {
		struct passage *pas = passage_find(mdl->set, i);

		cr_assert_eq(pas != NULL, mdl->open[i]);
		if (pas)
			cr_assert_eq(pas->dialog_count, tags_of(mdl, i));
	}
}

Test(passage, behaves_like_a_simple_model)
{
	struct model mdl = {.set = open_set(MODEL_PASSAGES - 2),
			    .seed = 0x5eed5eed5eed5eedu};

	for (unsigned i = 0; i < MODEL_STEPS; i++) {
		model_step(&mdl);
		model_compare(&mdl);
	}
	cr_assert_gt(mdl.refused, 20, "the walk reached the ceiling");
	cr_assert_gt(mdl.replaced, 0);
	close_set(mdl.set);
}
