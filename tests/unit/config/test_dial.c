/* test_dial.c - proves what the rules of a file decide: a text of rules and a
 * text of expectations, one line a call */
#include "fixture.h"

static const char rules[] =
	"numbering = {\n" /* 7 */
	"  country = \"FR\"; outside_prefix = \"0\";\n"
	"  internal = [ \"[1-4]xxx\", \"6xx\" ];\n"
	"  short = [ \"03xxx\" ];\n" /* 10 */
	"  features = [ \"*97\", \"*8\", \"**[1-4]xxx\", \"*72N\", "
	"\"*21*N#\" ];\n"
	"};\n"
	"groups = {\n"
	"  staff = { users = [ \"1001-1099\", \"alice\" ]; dial = \"office\"; "
	"};\n"
	"  sales = { users = [ \"1100-1149\" ]; dial = \"europe\"; };\n" /* 15
									  */
	"  lobby = { users = [ \"1900\" ]; dial = \"inside\"; };\n"
	"  boss = { users = [ \"1\" ]; dial = \"world\"; };\n"
	"};\n"
	"dial_default = \"inside\";\n"
	"dial = {\n" /* 20 */
	"  inside = ( { allow = [ \"internal\", \"toll-free\" ]; } );\n"
	"  office = ( { deny = [ \"premium\", \"shared-cost\", \"satellite\" "
	"]; "
	"},\n"
	"             { deny = [ \"=+33123450000\", \"4999\" ]; },\n"
	"             { allow = [ \"internal\", \"domestic\", \"toll-free\", "
	"\"short\" ]; },\n"
	"             { allow = [ \"BE\", \"CH\" ]; note = \"near\"; },\n" /* 25
									    */
	"             { allow = [ \"+1212555\" ]; note = \"supplier\"; } );\n"
	"  europe = ( { use = \"office\"; },\n"
	"             { deny = [ \"+4420\" ]; },\n"
	"             { allow = [ \"zone:EU\", \"GB\" ]; } );\n"
	"  world  = ( { deny = [ \"satellite\" ]; },\n" /* 30 */
	"             { allow = [ \"any\" ]; } );\n"
	"};\n";

/* user, as dialled, verdict, reason, class, country, rule ("-": none) */
static const char expectations[] =
	/* inside */
	"1001 1002 allow ok internal - dial.office:3\n"
	"1001 4998 allow ok internal - dial.office:3\n"
	"1001 4999 deny dial-denied internal - dial.office:2\n"
	"1001 612 allow ok internal - dial.office:3\n"
	"1001 5123 deny number-unreadable unknown - numbering+/etc/r.conf:5\n"
	"1001 alice allow ok internal - dial.office:3\n"
	"1900 1002 allow ok internal - dial.inside:1\n"
	"1900 bob.smith allow ok internal - dial.inside:1\n"
	"1900 1-0-0-2 allow ok internal - dial.inside:1\n"
	"1900 %31002 allow ok internal - dial.inside:1\n"
	"9999 1002 allow ok internal - dial.inside:1\n"
	"9999 00800123456 allow ok toll-free FR dial.inside:1\n"
	"9999 00123456789 deny dial-no-rule domestic-fixed FR dial.inside\n"
	/* the office: who is in it */
	"1001 00123456789 allow ok domestic-fixed FR dial.office:3\n"
	"1099 00123456789 allow ok domestic-fixed FR dial.office:3\n"
	"alice 00123456789 allow ok domestic-fixed FR dial.office:3\n"
	"1000 00123456789 deny dial-no-rule domestic-fixed FR dial.inside\n"
	"10010 00123456789 deny dial-no-rule domestic-fixed FR dial.inside\n"
	"Alice 00123456789 deny dial-no-rule domestic-fixed FR dial.inside\n"
	"1900 00123456789 deny dial-no-rule domestic-fixed FR dial.inside\n"
	/* the office: the country */
	"1001 00612345678 allow ok domestic-mobile FR dial.office:3\n"
	"1001 00750123456 allow ok domestic-mobile FR dial.office:3\n"
	"1001 00912345678 allow ok domestic-fixed FR dial.office:3\n"
	"1001 00800123456 allow ok toll-free FR dial.office:3\n"
	"1001 +33123456789 allow ok domestic-fixed FR dial.office:3\n"
	"1001 00033123456789 allow ok domestic-fixed FR dial.office:3\n"
	"1001 tel:+33-1-23-45-67-89 allow ok domestic-fixed FR dial.office:3\n"
	"1001 tel:00123456789;phone-context=+33 allow ok domestic-fixed FR "
	"dial.office:3\n"
	"1001 sip:00123456789@edge.example;user=phone allow ok "
	"domestic-fixed FR dial.office:3\n"
	"1001 sips:+33123456789@edge.example allow ok domestic-fixed FR "
	"dial.office:3\n"
	"1001 0012345.67.89 allow ok domestic-fixed FR dial.office:3\n"
	"1001 %300123456789 allow ok domestic-fixed FR dial.office:3\n"
	"1001 00123450000 deny dial-denied domestic-fixed FR dial.office:2\n"
	"1001 +33123450000 deny dial-denied domestic-fixed FR dial.office:2\n"
	"1001 00123450001 allow ok domestic-fixed FR dial.office:3\n"
	"1001 00899123456 deny dial-denied premium FR dial.office:1\n"
	"1001 +33899123456 deny dial-denied premium FR dial.office:1\n"
	"1001 00033899123456 deny dial-denied premium FR dial.office:1\n"
	"1001 00826123456 deny dial-denied shared-cost FR dial.office:1\n"
	"1001 03179 allow ok short - dial.office:3\n"
	"1900 03179 deny dial-no-rule short - dial.inside\n"
	/* the office: abroad */
	"1001 00032475123456 allow ok international BE dial.office:4\n"
	"1001 00041446681800 allow ok international CH dial.office:4\n"
	"1001 +32475123456 allow ok international BE dial.office:4\n"
	"1001 0003290012345 deny dial-denied premium BE dial.office:1\n"
	"1001 00012125551234 allow ok international US dial.office:5\n"
	"1001 +12125551234 allow ok international US dial.office:5\n"
	"1001 00012125541234 deny dial-no-rule international US dial.office\n"
	"1001 00049301234567 deny dial-no-rule international DE dial.office\n"
	"1001 000442079460000 deny dial-no-rule international GB dial.office\n"
	"1001 000262262123456 deny dial-no-rule international RE dial.office\n"
	/* what looks like a neighbour */
	"1001 +18765551234 deny dial-no-rule international JM dial.office\n"
	"1001 +18095551234 deny dial-no-rule international DO dial.office\n"
	"1001 +12645551234 deny dial-no-rule international AI dial.office\n"
	"1001 +14735551234 deny dial-no-rule international GD dial.office\n"
	"1001 +77011234567 deny dial-no-rule international KZ dial.office\n"
	"1001 +74951234567 deny dial-no-rule international RU dial.office\n"
	"1001 +37060112345 deny dial-no-rule international LT dial.office\n"
	"1001 +423 deny number-unreadable unknown - numbering+/etc/r.conf:5\n"
	/* satellites and global networks */
	"1001 000881612345678 deny dial-denied satellite 001 dial.office:1\n"
	"1001 +881612345678 deny dial-denied satellite 001 dial.office:1\n"
	"1001 +870773111632 deny dial-denied satellite 001 dial.office:1\n"
	"1001 +882161234567 deny dial-denied satellite 001 dial.office:1\n"
	"1001 +883510012345 deny dial-denied satellite 001 dial.office:1\n"
	"1001 +979123456789 deny dial-denied satellite 001 dial.office:1\n"
	"1 +881612345678 deny dial-denied satellite 001 dial.world:1\n"
	/* Europe uses the office */
	"1100 1002 allow ok internal - dial.office:3\n"
	"1149 00899123456 deny dial-denied premium FR dial.office:1\n"
	"1100 00123450000 deny dial-denied domestic-fixed FR dial.office:2\n"
	"1100 00032475123456 allow ok international BE dial.office:4\n"
	"1100 00049301234567 allow ok international DE dial.europe:3\n"
	"1100 0003904123456 allow ok international IT dial.europe:3\n"
	"1100 00034911234567 allow ok international ES dial.europe:3\n"
	"1100 000353112345678 allow ok international IE dial.europe:3\n"
	"1100 00030210123456 allow ok international GR dial.europe:3\n"
	"1100 000385112345678 allow ok international HR dial.europe:3\n"
	"1100 000441212345678 allow ok international GB dial.europe:3\n"
	"1100 000442079460000 deny dial-denied international GB dial.europe:2\n"
	"1100 000447012345678 deny dial-no-rule personal GB dial.europe\n"
	"1100 000449098790000 deny dial-denied premium GB dial.office:1\n"
	"1100 00012125551234 allow ok international US dial.office:5\n"
	"1100 00012025551234 deny dial-no-rule international US dial.europe\n"
	"1100 00047221234567 deny dial-no-rule international NO dial.europe\n"
	"1100 000441534123456 deny dial-no-rule international JE dial.europe\n"
	"1100 +18765551234 deny dial-no-rule international JM dial.europe\n"
	"1150 00049301234567 deny dial-no-rule international DE dial.inside\n"
	/* anything */
	"1 +18765551234 allow ok international JM dial.world:2\n"
	"1 00899123456 allow ok premium FR dial.world:2\n"
	"1 000447012345678 allow ok personal GB dial.world:2\n"
	"1 03179 allow ok short - dial.world:2\n"
	"1 ++33123456789 deny number-unreadable unknown - "
	"numbering+/etc/r.conf:5\n"
	"1 0033123w deny number-unreadable unknown - numbering+/etc/r.conf:5\n"
	"1 %00 deny number-unreadable unknown - numbering+/etc/r.conf:5\n"
	"1 + deny number-unreadable unknown - numbering+/etc/r.conf:5\n"
	"1 +999123456789 deny number-unreadable unknown - "
	"numbering+/etc/r.conf:5\n"
	"1 00123456789012345678 deny number-unreadable unknown - "
	"numbering+/etc/r.conf:5\n"
	"1 tel:123;phone-context=+49 deny number-unreadable unknown - "
	"numbering+/etc/r.conf:5\n"
	"1 sip:00123456789:secret@edge.example deny number-unreadable unknown "
	"- numbering+/etc/r.conf:5\n"
	/* feature codes */
	"1900 *97 allow ok feature - numbering.features+*97\n"
	"1900 *8 allow ok feature - numbering.features+*8\n"
	"1900 **1001 allow ok feature - numbering.features+**[1-4]xxx\n"
	"1900 %2a97 allow ok feature - numbering.features+*97\n"
	"1900 **5001 deny feature-not-listed feature - numbering.features\n"
	"1900 *98 deny feature-not-listed feature - numbering.features\n"
	"1900 *970 deny feature-not-listed feature - numbering.features\n"
	"1 #31# deny feature-not-listed feature - numbering.features\n"
	"1 *67000881612345678 deny feature-not-listed feature - "
	"numbering.features\n"
	"1001 *721002 allow ok internal - dial.office:3\n"
	"1001 *7200123456789 allow ok domestic-fixed FR dial.office:3\n"
	"1900 *7200123456789 deny dial-no-rule domestic-fixed FR dial.inside\n"
	"1001 *72000881612345678 deny dial-denied satellite 001 "
	"dial.office:1\n"
	"1001 *21*00899123456# deny dial-denied premium FR dial.office:1\n"
	"1001 *21*1002%23 allow ok internal - dial.office:3\n"
	"1001 *72112 allow ok emergency - emergency+numbers\n"
	/* emergencies */
	"1900 112 allow emergency emergency - emergency+numbers\n"
	"1900 0112 allow emergency emergency - emergency+numbers\n"
	"1900 15 allow emergency emergency - emergency+numbers\n"
	"1900 015 allow emergency emergency - emergency+numbers\n"
	"9999 18 allow emergency emergency - emergency+numbers\n"
	"9999 urn:service:sos allow emergency emergency - "
	"emergency+numbers\n"
	"9999 urn:service:sos.police allow emergency emergency - "
	"emergency+numbers\n"
	"1900 +112 deny dial-no-rule international US dial.inside\n";

struct row {
	char user[16], to[64], verdict[8], reason[24], cls[24], country[8],
		rule[48];
};

/* "dial.office:3" for "dial.office rule 3 FILE:LINE"; blanks as '+'. */
static void short_rule(char dst[static DIAL_WHERE_MAX], const char *rule)
{
	unsigned number;
	char list[48];

	if (sscanf(rule, "%47s rule %u /etc/r.conf:", list, &number) == 2)
		snprintf(dst, DIAL_WHERE_MAX, "%s:%u", list, number);
	else if (sscanf(rule, "dial.%40s /etc/r.conf:%u", list, &number) == 2)
		snprintf(dst, DIAL_WHERE_MAX, "dial.%s", list);
	else
		snprintf(dst, DIAL_WHERE_MAX, "%s", rule);
	for (char *p = dst; *p; p++)
		*p = *p == ' ' ? '+' : *p;
}

static void parse_target(struct sip_uri *out, const char *to)
{
	*out = (struct sip_uri){.text = span_str(to), .user = span_str(to)};
	if (strchr(to, ':'))
		cr_assert_eq(sip_uri_parse(out, span_str(to)), 0, "%s", to);
}

static bool holds(const struct config *cfg, const struct row *row)
{
	struct dial_decision got;
	struct sip_uri target;
	char rule[DIAL_WHERE_MAX];

	parse_target(&target, row->to);
	dial_decide(&got, &(struct dial_call){
				  .dial = &cfg->dial,
				  .numbering = &cfg->numbering,
				  .user = span_str(row->user),
				  .target = &target,
				  .wall_s = 1,
			  });
	short_rule(rule, got.rule);

	const char *verdict = verdict_passes(&got.verdict) ? "allow" : "deny";
	const char *country = got.number.country;
	bool same =
		!strcmp(verdict, row->verdict) &&
		!strcmp(reason_name(got.verdict.reason), row->reason) &&
		!strcmp(number_class_name(got.number.cls), row->cls) &&
		(row->country[0] == '-' || !strcmp(country, row->country)) &&
		!strcmp(rule, row->rule);

	if (!same)
		fprintf(stderr, "%s %s: %s %s %s %s %s %s\n", row->user,
			row->to, verdict, reason_name(got.verdict.reason),
			number_class_name(got.number.cls), country, rule,
			got.verdict.detail);
	return same;
}

Test(dial, every_expectation_holds)
{
	char text[sizeof(LISTEN) + sizeof(UPSTREAM) + sizeof(rules)];
	unsigned rows = 0, wrong = 0;

	snprintf(text, sizeof(text), LISTEN UPSTREAM "%s", rules);

	struct config *cfg = good(text);

	for (const char *line = expectations; *line;
	     line = strchr(line, '\n') + 1) {
		struct row row;

		cr_assert_eq(sscanf(line, "%15s %63s %7s %23s %23s %7s %47s",
				    row.user, row.to, row.verdict, row.reason,
				    row.cls, row.country, row.rule),
			     7, "%.60s", line);
		wrong += !holds(cfg, &row);
		rows++;
	}
	cr_assert_eq(wrong, 0, "%u of %u", wrong, rows);
	cr_assert_geq(rows, 100);
	config_free(cfg);
}

Test(dial, a_rule_is_named_with_its_line)
{
	char text[sizeof(LISTEN) + sizeof(UPSTREAM) + sizeof(rules)];

	snprintf(text, sizeof(text), LISTEN UPSTREAM "%s", rules);

	struct config *cfg = good(text);
	const struct dial_settings *dial = &cfg->dial;

	cr_assert_eq(dial->list_count, 4);
	cr_assert_eq(dial->group_count, 4);
	cr_assert_str_eq(dial->lists[1].rules[3].where,
			 "dial.office rule 4 /etc/r.conf:23");
	cr_assert_str_eq(dial->lists[3].where, "dial.world /etc/r.conf:28");
	cr_assert_str_eq(dial->groups[0].where, "groups.staff /etc/r.conf:12");
	cr_assert_eq(dial->fallback_list, 0);
	cr_assert_eq(dial->lists[2].rules[2].match_count, 28, "27 and GB");
	config_free(cfg);
}
