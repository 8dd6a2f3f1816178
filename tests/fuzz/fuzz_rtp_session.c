/* links: rtp */
/* fuzz_rtp_session.c - nothing breaks a session, and no byte that no key has
 * authenticated leaves it */
#include <stdlib.h>
#include <string.h>

#include "rempart/rtp/demux.h"
#include "rempart/rtp/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	BUFFER_BYTES = RTP_PACKET_MAX + RTP_OVERHEAD_MAX,
	RECORD_BYTES = 3, /* what is done, and two of length */
	/* First byte of a record */
	BIT_LEG = 1,
	BIT_RTCP_PORT = 2,
	BIT_OTHER_SOURCE = 4,
	BIT_SEAL = 8, /* as the phone's key would */
	BIT_PORT_OF_ALL = 16,
	BIT_PLAN = 32, /* another plan first */
};

static void require(bool held)
{
	if (!held)
		abort();
}

struct stage {
	struct rtp_session *session;
	struct rtp_demux *demux;
	struct rtp_context *phone;
	struct rtp_plan plan;
	uint64_t now_us;
	uint8_t buffer[BUFFER_BYTES];
};

static const struct rtp_engine *engine(void)
{
	static const struct rtp_engine *found;

	if (!found)
		found = rtp_engine_find("openssl");
	require(found != NULL);
	return found;
}

static struct addr host(uint8_t last, uint16_t port)
{
	return (struct addr){
		.ip = {192, 0, 2, last}, .port = port, .version = 4};
}

static void apply(struct stage *st)
{
	require(!rtp_session_plan(st->session, &st->plan, st->now_us));
	for (unsigned i = 0; i < 2; i++)
		rtp_demux_update(st->demux, st->session, i);
}

static void open_stage(struct stage *st)
{
	const struct rtp_session_settings settings = {
		.id = 1, .engine = engine(), .now_us = 1};
	struct rtp_leg_plan *phone = &st->plan.leg[0];
	struct rtp_leg_plan *pbx = &st->plan.leg[1];

	memset(st, 0, sizeof(*st));
	st->now_us = 1;
	phone->used = phone->secure = phone->mux = true;
	phone->rtp = phone->rtcp = phone->tls = host(1, 4000);
	phone->rx.suite = phone->tx.suite = SUITE_AES_CM_128_HMAC_SHA1_80;
	phone->tx.key_salt[0] = 1;
	pbx->used = pbx->mux = true;
	pbx->rtp = pbx->rtcp = host(2, 5000);
	st->plan.silence_s = 1;
	require(!rtp_session_open(&st->session, &settings));
	require(!rtp_demux_open(&st->demux, 1, settings.seed[0]));
	for (unsigned i = 0; i < 2; i++)
		require(!rtp_demux_add(st->demux, st->session, i));
	apply(st);
	require(!engine()->open(&st->phone, RTP_SEND, phone->rx.suite,
				phone->rx.key_salt));
}

static void close_stage(struct stage *st)
{
	engine()->close(st->phone);
	rtp_demux_close(st->demux);
	rtp_session_close(st->session);
}

static void replan(struct stage *st, uint8_t how)
{
	st->plan.leg[0].mux = how & 1;
	st->plan.leg[1].mux = how & 2;
	st->plan.leg[0].moved = how & 4;
	st->plan.another_source = how & 8;
	st->plan.leg[1].port_strict = how & 16;
	st->plan.echo = how & 32;
	st->plan.leg[1].used = !st->plan.echo;
	st->plan.leg[0].rx.mki_len = how & 64 ? 2 : 0;
	st->plan.leg[1].rtp.version = how & 128 ? 0 : 4;
	apply(st);
}

/* In *p: the same bytes, or sealed as the phone would. False: they cannot be.
 */
static bool seal(struct stage *st, uint8_t *p, size_t *len)
{
	uint8_t sealed[BUFFER_BYTES];
	enum rtp_result result;

	if (rtp_classify(p, *len) == RTP_KIND_RTCP)
		result = engine()->protect_rtcp(st->phone, p, sealed, len,
						sizeof(sealed));
	else
		result = engine()->protect(st->phone, p, sealed, len,
					   sizeof(sealed));
	if (result != RTP_DONE)
		return false;
	memcpy(p, sealed, *len);
	return true;
}

static void arrive(struct stage *st, uint8_t how, const uint8_t *p, size_t len,
		   bool sealed)
{
	const unsigned leg = how & BIT_LEG;
	struct rtp_arrival in = {
		.p = p,
		.len = len,
		.from = leg ? host(2, 5000) : host(1, 4000),
		.leg = leg,
		.rtcp_port = how & BIT_RTCP_PORT,
		.now_us = st->now_us,
	};
	const bool stranger = how & BIT_OTHER_SOURCE;
	struct rtp_session *session = st->session;
	struct rtp_departure out;
	enum rtp_result result;

	if (stranger)
		in.from = host(66, 6000);
	if (how & BIT_PORT_OF_ALL)
		result = rtp_demux_packet(st->demux, &in, &session, &out,
					  st->buffer);
	else
		result = rtp_session_packet(st->session, &in, &out, st->buffer);
	if (result != RTP_DONE) {
		require(!out.len);
		return;
	}
	require(session == st->session);
	/* A key has proven it, or it is the PBX's own address. */
	require(in.leg == 0 ? sealed : !stranger);
	require(out.len <= sizeof(st->buffer));
	require(!out.len || out.p == st->buffer);
	require(!out.len || out.leg == (st->plan.echo ? in.leg : !in.leg));
	require(!out.len || out.to.port >= 1024);
}

static size_t record(struct stage *st, const uint8_t *data, size_t size)
{
	const uint8_t how = data[0];
	size_t len = (size_t)(data[1] << 8 | data[2]) % (BUFFER_BYTES + 9);
	const size_t taken =
		len < size - RECORD_BYTES ? len : size - RECORD_BYTES;
	struct rtp_event event;
	bool sealed;
	uint8_t *exact;

	st->now_us += 200000;
	if (how & BIT_PLAN)
		replan(st, data[2]);
	exact = malloc(BUFFER_BYTES + RTP_OVERHEAD_MAX + 9);
	len = taken;
	memcpy(exact, data + RECORD_BYTES, len);
	sealed = (how & BIT_SEAL) && seal(st, exact, &len);
	exact = realloc(exact, len ? len : 1);
	arrive(st, how, exact, len, sealed);
	while (rtp_session_event(st->session, st->now_us, &event))
		require(event.id == 1 && event.leg < 2);
	free(exact);
	return RECORD_BYTES + taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage *st = malloc(sizeof(*st));

	open_stage(st);
	while (size > RECORD_BYTES) {
		const size_t taken = record(st, data, size);

		data += taken;
		size -= taken;
	}
	for (unsigned leg = 0; leg < 2; leg++)
		(void)rtp_session_figures(st->session, leg);
	close_stage(st);
	free(st);
	return 0;
}
