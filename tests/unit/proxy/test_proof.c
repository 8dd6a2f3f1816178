/* test_proof.c - a proof holds for its own dialog and side, and no changed
 * character passes */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "../sip/broken_mac.h"

#include "rempart/proxy/proof.h"
#include "rempart/sip/uri.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";

static const struct proof ONE_PHONE = {
	.passage = 0x0102030405060708u,
	.side = 1,
	.time_s = 1700000000,
	.name_count = 1,
	.names = {"rpabcdefghijklmnop"},
};

#define CALL_ID SPAN("call-1@phone")
#define TAG SPAN("alice")

struct written {
	char buf[PROOF_TEXT_MAX];
	size_t len;
};

static struct mac *node_key, *other_key;

static void setup(void)
{
	uint8_t key[MAC_KEY_BYTES];

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	cr_assert_eq(mac_open(&node_key, key), 0);
	key[31] ^= 1;
	cr_assert_eq(mac_open(&other_key, key), 0);
}

static void teardown(void)
{
	mac_close(node_key);
	mac_close(other_key);
}

TestSuite(proof, .init = setup, .fini = teardown);

static struct written write_proof(const struct proof *proof,
				  struct span call_id, struct span tag)
{
	struct written txt;
	struct text out = text_init(txt.buf, sizeof(txt.buf));

	proof_write(&out, proof, node_key, call_id, tag);
	cr_assert_not(out.full);
	txt.len = out.len;
	return txt;
}

static int read_proof(struct proof *out, const struct written *txt)
{
	return proof_read(out, span_of(txt->buf, txt->len), node_key, CALL_ID,
			  TAG);
}

/* The proof as bytes, to be changed and written again. */
static size_t bytes_of(uint8_t *dst, size_t cap, const struct written *txt)
{
	size_t len = 0;

	cr_assert_eq(text_base64url_decode(dst, cap, &len,
					   span_of(txt->buf, txt->len)),
		     0);
	return len;
}

static struct written of_bytes(const uint8_t *bytes, size_t len)
{
	struct written txt;
	struct text out = text_init(txt.buf, sizeof(txt.buf));

	text_base64url(&out, bytes, len);
	cr_assert_not(out.full);
	txt.len = out.len;
	return txt;
}

static void assert_same(const struct proof *a, const struct proof *b)
{
	cr_assert_eq(a->passage, b->passage);
	cr_assert_eq(a->side, b->side);
	cr_assert_eq(a->time_s, b->time_s);
	cr_assert_eq(a->name_count, b->name_count);
	for (unsigned i = 0; i < a->name_count; i++)
		cr_assert_str_eq(a->names[i], b->names[i]);
}

/* Computed apart from this code: proofs must hold over an upgrade. */
Test(proof, has_the_form_that_was_agreed)
{
	struct written txt = write_proof(&ONE_PHONE, CALL_ID, TAG);

	cr_assert(span_eq(
		span_of(txt.buf, txt.len),
		SPAN("AQIDBAUGBwgBZVPxAAEScnBhYmNkZWZnaGlqa2xtbm9w-2Ome62CN6v"
		     "TKdTC7qzglQ")));
}

Test(proof, reads_what_it_wrote)
{
	for (unsigned count = 0; count <= PROOF_NAMES_MAX; count++) {
		for (uint8_t side = 0; side <= 1; side++) {
			struct proof proof = {.passage = UINT64_MAX,
					      .side = side,
					      .time_s = UINT32_MAX,
					      .name_count = count};
			struct proof back;

			for (unsigned i = 0; i < count; i++)
				strcpy(proof.names[i], "rpzzzzzzzzzzzzzzzz");
			struct written txt = write_proof(&proof, CALL_ID, TAG);
			cr_assert_eq(read_proof(&back, &txt), 0);
			assert_same(&back, &proof);
		}
	}
}

Test(proof, is_a_sip_user_part_as_it_stands)
{
	struct written txt = write_proof(&ONE_PHONE, CALL_ID, TAG);
	char buf[PROOF_TEXT_MAX + 32];
	struct text uri = text_init(buf, sizeof(buf));
	struct sip_uri parsed;

	text_puts(&uri, "sip:");
	text_put(&uri, span_of(txt.buf, txt.len));
	text_puts(&uri, "@192.0.2.1:5061;lr");
	cr_assert_eq(sip_uri_parse(&parsed, text_span(&uri)), 0);
	cr_assert(span_eq(parsed.user, span_of(txt.buf, txt.len)));
}

Test(proof, every_flipped_character_is_refused)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);

	for (size_t i = 0; i < good.len; i++) {
		for (const char *c = ALPHABET; *c; c++) {
			struct written bad = good;
			struct proof out;

			if (*c == good.buf[i])
				continue;
			bad.buf[i] = *c;
			cr_assert_neq(read_proof(&out, &bad), 0,
				      "character %zu as %c", i, *c);
		}
	}
}

Test(proof, every_flipped_bit_is_refused)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	uint8_t bytes[PROOF_TEXT_MAX];
	size_t len = bytes_of(bytes, sizeof(bytes), &good);

	for (size_t bit = 0; bit < 8 * len; bit++) {
		struct proof out;

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		struct written bad = of_bytes(bytes, len);
		cr_assert_neq(read_proof(&out, &bad), 0, "bit %zu", bit);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

Test(proof, the_other_side_is_refused)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	uint8_t bytes[PROOF_TEXT_MAX];
	size_t len = bytes_of(bytes, sizeof(bytes), &good);
	struct proof out = {0};

	cr_assert_eq(bytes[8], 1);
	bytes[8] = 0;
	struct written bad = of_bytes(bytes, len);
	cr_assert_eq(read_proof(&out, &bad), EACCES);
	cr_assert_eq(out.side, 0, "filled for the record");
	cr_assert_eq(out.passage, ONE_PHONE.passage);
}

Test(proof, another_call_id_tag_or_key_is_refused)
{
	const struct written txt = write_proof(&ONE_PHONE, CALL_ID, TAG);
	const struct span user = span_of(txt.buf, txt.len);
	struct proof out;

	cr_expect_eq(
		proof_read(&out, user, node_key, SPAN("call-2@phone"), TAG),
		EACCES);
	cr_expect_eq(proof_read(&out, user, node_key, CALL_ID, SPAN("bob")),
		     EACCES);
	cr_expect_eq(proof_read(&out, user, node_key, CALL_ID, SPAN("")),
		     EACCES);
	cr_expect_eq(proof_read(&out, user, other_key, CALL_ID, TAG), EACCES);
	cr_expect_eq(proof_read(&out, user, node_key, CALL_ID, TAG), 0);
}

Test(proof, no_byte_moves_from_call_id_to_tag)
{
	struct written txt = write_proof(&ONE_PHONE, SPAN("ab"), SPAN("c"));
	const struct span user = span_of(txt.buf, txt.len);
	struct proof out;

	cr_expect_eq(proof_read(&out, user, node_key, SPAN("a"), SPAN("bc")),
		     EACCES);
	cr_expect_eq(proof_read(&out, user, node_key, SPAN("abc"), SPAN("")),
		     EACCES);
	cr_expect_eq(proof_read(&out, user, node_key, SPAN("ab"), SPAN("c")),
		     0);
}

Test(proof, what_has_not_its_form_is_einval_and_writes_nothing)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	struct proof out = {.passage = 77};

	for (size_t len = 0; len < good.len; len++) {
		struct written cut = good;
		cut.len = len;
		cr_expect_neq(read_proof(&out, &cut), 0, "%zu", len);
		if (len < 40)
			cr_expect_eq(out.passage, 77, "%zu", len);
		out.passage = 77;
	}
	cr_expect_eq(proof_read(&out, SPAN("alice"), node_key, CALL_ID, TAG),
		     EINVAL);
	cr_expect_eq(out.passage, 77);

	char longer[PROOF_TEXT_MAX + 1];
	memset(longer, 'A', sizeof(longer));
	cr_expect_eq(proof_read(&out, span_of(longer, sizeof(longer)), node_key,
				CALL_ID, TAG),
		     EINVAL);
	cr_expect_eq(out.passage, 77);
}

Test(proof, padding_after_it_is_refused)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	uint8_t bytes[PROOF_TEXT_MAX];
	size_t len = bytes_of(bytes, sizeof(bytes), &good);
	struct proof out;

	bytes[len++] = 0;
	struct written more = of_bytes(bytes, len);
	cr_assert_eq(read_proof(&out, &more), EINVAL);
}

Test(proof, a_nul_inside_a_name_is_no_proof)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	uint8_t bytes[PROOF_TEXT_MAX];
	size_t len = bytes_of(bytes, sizeof(bytes), &good);
	struct proof out;

	bytes[20] = 0;
	struct written bad = of_bytes(bytes, len);
	cr_assert_eq(read_proof(&out, &bad), EINVAL);
}

Test(proof, a_third_side_or_a_longer_name_is_no_proof)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	uint8_t bytes[PROOF_TEXT_MAX];
	size_t len = bytes_of(bytes, sizeof(bytes), &good);
	struct proof out;

	bytes[8] = 2;
	struct written bad = of_bytes(bytes, len);
	cr_expect_eq(read_proof(&out, &bad), EINVAL);

	bytes[8] = 1;
	cr_assert_eq(bytes[14], PROOF_NAME_MAX);
	bytes[14]++;
	bytes[len++] = 'x';
	bad = of_bytes(bytes, len);
	cr_expect_eq(read_proof(&out, &bad), EINVAL);
}

Test(proof, that_does_not_fit_is_seen)
{
	char buf[20];
	struct text out = text_init(buf, sizeof(buf));

	proof_write(&out, &ONE_PHONE, node_key, CALL_ID, TAG);
	cr_assert(out.full);
}

Test(proof, a_call_id_of_any_length_counts_whole)
{
	static char call_id[16000];

	memset(call_id, 'x', sizeof(call_id));
	struct span whole = span_of(call_id, sizeof(call_id));
	struct written txt = write_proof(&ONE_PHONE, whole, TAG);
	const struct span user = span_of(txt.buf, txt.len);
	struct proof out;

	cr_expect_eq(proof_read(&out, user, node_key, whole, TAG), 0);
	call_id[sizeof(call_id) - 1] = 'y';
	cr_expect_eq(proof_read(&out, user, node_key, whole, TAG), EACCES);
}

/* The right proof is at hand in the MAC's buffer, and still not written. */
Test(proof, is_neither_written_nor_accepted_while_the_crypto_library_fails)
{
	const struct written good = write_proof(&ONE_PHONE, CALL_ID, TAG);
	char buf[PROOF_TEXT_MAX];
	struct proof read;

	for (int call = BROKEN_INIT; call < BROKEN_COUNT; call++) {
		struct text out = text_init(buf, sizeof(buf));

		broken = (enum broken)call;
		proof_write(&out, &ONE_PHONE, node_key, CALL_ID, TAG);
		cr_expect(out.full, "%d", call);
		cr_expect_eq(out.len, 0, "%d", call);
		cr_expect_eq(read_proof(&read, &good), EACCES, "%d", call);
		broken = BROKEN_NOTHING;
		cr_expect_eq(read_proof(&read, &good), 0, "%d", call);
	}
}
