/*
 * packets.c - datagrams in, judged and turned, and out again
 *
 * Nothing is allocated here and nothing is locked. What a turn sends waits in
 * the outbox, so that what leaves on one socket leaves with one call: about
 * three of the four microseconds of a packet are the kernel's.
 */
#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "inside.h"

void relay_packets_prepare(struct relay_thread *thread)
{
	struct relay_inbox *in = &thread->inbox;

	for (unsigned i = 0; i < RELAY_BATCH; i++) {
		in->iov[i].iov_base = in->bytes[i];
		in->iov[i].iov_len = sizeof(in->bytes[i]);
		in->msgs[i].msg_hdr.msg_iov = &in->iov[i];
		in->msgs[i].msg_hdr.msg_iovlen = 1;
		in->msgs[i].msg_hdr.msg_name = &in->from[i];
		in->msgs[i].msg_hdr.msg_control = &in->control[i];
	}
}

/* ---- out */

static void send_one(struct relay_thread *thread, const struct relay_socket *at)
{
	const struct relay_parcel *parcel = &thread->outbox.parcels[at->first];

	if (sendto(at->fd, parcel->bytes, parcel->len, MSG_DONTWAIT,
		   (const struct sockaddr *)&parcel->name,
		   parcel->name_len) >= 0)
		thread->tally.sent++;
}

static void send_many(struct relay_thread *thread,
		      const struct relay_socket *at)
{
	struct relay_outbox *out = &thread->outbox;
	unsigned place = at->first;
	unsigned done = 0;

	for (unsigned i = 0; i < at->waiting; i++) {
		struct relay_parcel *parcel = &out->parcels[place];

		out->iov[i] = (struct iovec){parcel->bytes, parcel->len};
		out->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &parcel->name,
			.msg_namelen = parcel->name_len,
			.msg_iov = &out->iov[i],
			.msg_iovlen = 1,
		};
		place = parcel->next;
	}
	while (done < at->waiting) {
		const int n = sendmmsg(at->fd, out->msgs + done,
				       at->waiting - done, MSG_DONTWAIT);

		/* The first of them cannot be sent, now or there: a packet of
		 * 20 ms is not worth a second try. */
		if (n <= 0) {
			done++;
			continue;
		}
		done += (unsigned)n;
		thread->tally.sent += (unsigned)n;
	}
}

static struct relay_socket *socket_of(struct relay_thread *thread,
				      const struct relay_parcel *parcel)
{
	struct relay_session *session = parcel->session;
	const unsigned leg = parcel->leg;

	if (rtp_session_plan_now(session->rtp)->leg[leg].shared)
		return &thread->shared[session->upstream[leg]][session->line]
				      [parcel->rtcp];
	return &session->own[leg][parcel->rtcp];
}

/* Joins what leaves on its socket; or it leaves nowhere. */
static void post(struct relay_thread *thread, unsigned place)
{
	struct relay_outbox *out = &thread->outbox;
	struct relay_parcel *parcel = &out->parcels[place];
	struct relay_socket *at = socket_of(thread, parcel);

	if (at->fd < 0)
		return;
	parcel->name_len = relay_socket_name(at, &parcel->name, &parcel->to);
	if (!parcel->name_len)
		return;
	if (at->waiting++) {
		out->parcels[at->last].next = place;
	} else {
		at->first = place;
		out->sockets[out->socket_count++] = at;
	}
	at->last = place;
}

void relay_packets_flush(struct relay_thread *thread)
{
	struct relay_outbox *out = &thread->outbox;

	for (unsigned i = 0; i < out->count; i++)
		post(thread, i);
	for (unsigned i = 0; i < out->socket_count; i++) {
		struct relay_socket *at = out->sockets[i];

		if (at->waiting == 1)
			send_one(thread, at);
		else
			send_many(thread, at);
		at->waiting = 0;
	}
	out->count = out->socket_count = 0;
}

/* Where the session's departure of now is written. */
static struct relay_parcel *next_parcel(struct relay_thread *thread)
{
	if (thread->outbox.count == RELAY_BATCH)
		relay_packets_flush(thread);
	return &thread->outbox.parcels[thread->outbox.count];
}

static void depart(struct relay_thread *thread, struct relay_session *session,
		   const struct rtp_departure *departure)
{
	struct relay_outbox *out = &thread->outbox;
	struct relay_parcel *parcel = &out->parcels[out->count++];

	assert(departure->p == parcel->bytes &&
	       departure->len <= sizeof(parcel->bytes));
	parcel->session = session;
	parcel->leg = departure->leg;
	parcel->rtcp = departure->rtcp_port;
	parcel->to = departure->to;
	parcel->len = departure->len;
	/* Its sockets are asked for when all of the turn are written. */
	__builtin_prefetch(session);
	__builtin_prefetch(&session->own[1]);
}

/* ---- in */

static unsigned receive(struct relay_thread *thread, struct relay_socket *at,
			unsigned max, bool crowded)
{
	struct relay_inbox *in = &thread->inbox;
	int n;

	for (unsigned i = 0; i < max; i++) {
		in->msgs[i].msg_hdr.msg_namelen = sizeof(in->from[i]);
		in->msgs[i].msg_hdr.msg_controllen =
			crowded ? sizeof(in->control[i]) : 0;
	}
	n = recvmmsg(at->fd, in->msgs, max, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return 0;
	thread->tally.received += (unsigned)n;
	return (unsigned)n;
}

static struct rtp_arrival arrival(const struct relay_thread *thread, unsigned i)
{
	return (struct rtp_arrival){
		.p = thread->inbox.bytes[i],
		.len = thread->inbox.msgs[i].msg_len,
		.from = addr_from_sockaddr(&thread->inbox.from[i]),
		.now_us = thread->now_us,
	};
}

void relay_packets_own(struct relay_thread *thread,
		       struct relay_session *session, unsigned leg, bool rtcp)
{
	const struct rtp_leg_plan *plan =
		&rtp_session_plan_now(session->rtp)->leg[leg];
	const unsigned count = receive(thread, &session->own[leg][rtcp],
				       RELAY_OWN_BATCH, false);

	/* The leg is not heard here. */
	if (plan->shared) {
		thread->tally.refused += count;
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		struct rtp_arrival in = arrival(thread, i);
		struct rtp_departure out;

		in.leg = leg;
		in.rtcp_port = rtcp;
		if (rtp_session_packet(session->rtp, &in, &out,
				       next_parcel(thread)->bytes) != RTP_DONE)
			thread->tally.refused++;
		else if (out.len)
			depart(thread, session, &out);
	}
}

/* The kernel's count, of 32 bits, stands by a datagram once there is one. */
static void count_drops(struct relay_thread *thread, struct relay_socket *at,
			struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	uint32_t drops;

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET ||
	    cmsg->cmsg_type != SO_RXQ_OVFL)
		return;
	memcpy(&drops, CMSG_DATA(cmsg), sizeof(drops));
	thread->tally.kernel_drops += (uint32_t)(drops - at->drops);
	at->drops = drops;
}

static void refuse(struct relay_thread *thread, enum rtp_result result)
{
	if (result == RTP_REPLAYED)
		thread->tally.refused++;
	else
		thread->tally.unknown++;
}

void relay_packets_shared(struct relay_thread *thread, unsigned side,
			  unsigned line, bool rtcp)
{
	struct relay_socket *at = &thread->shared[side][line][rtcp];
	const unsigned count = receive(thread, at, RELAY_BATCH, true);

	if (count)
		count_drops(thread, at, &thread->inbox.msgs[count - 1].msg_hdr);
	for (unsigned i = 0; i < count; i++) {
		struct rtp_arrival in = arrival(thread, i);
		struct rtp_session *session;
		struct rtp_departure out;
		enum rtp_result result;

		in.rtcp_port = rtcp;
		result = rtp_demux_packet(thread->demux[side][line], &in,
					  &session, &out,
					  next_parcel(thread)->bytes);
		if (result != RTP_DONE)
			refuse(thread, result);
		else if (out.len)
			depart(thread, rtp_session_owner(session), &out);
	}
}
