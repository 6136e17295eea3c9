/* SPDX-License-Identifier: MIT */
/*
 * mpsc: threads send messages through a bounded channel to one receiver.
 *
 * Up to 8 bytes the message itself goes through the channel; above that, a buffer that the sender
 * allocates and writes and the receiver checks and frees. Each message carries its sender and its number
 * there, and the receiver holds every sender to its sequence: nothing lost, doubled or reordered.
 *
 * Latency is from just before the send to the receipt, of every 64th message of a sender. The time of a
 * sampled send is kept beside the channel, so that messages do not grow by it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "crew.h"
#include "kernel.h"
#include "now.h"
#include "payload.h"
#include "runtime/channel.h"

#define INLINE_BYTES 8
#define SAMPLE_EVERY 64
#define MARK_SENDER_SHIFT 56

struct sender {
	CACHE_APART struct source source;
	uint64_t next; /* number of the next message */
};

struct mpsc {
	struct channel channel;
	const struct workload_case *c;
	struct payload_plan plan;
	struct crew crew;
	enum source_kind kind;
	uint64_t quota;      /* messages a sender sends in this run */
	uint64_t *times;     /* of sampled sends, `time_slots` a sender; owned */
	uint64_t time_slots; /* a power of two */
	size_t times_bytes;
	struct source main_source; /* of the channel's first block */
	/* The receiver's. */
	CACHE_APART struct source source;
	uint64_t wrong; /* messages that were not what they should be */
	uint64_t received;
	uint64_t expected[CASE_SENDERS_MAX]; /* the next number of each sender */
	struct histogram latency;
	struct sender senders[CASE_SENDERS_MAX];
};

static inline uint64_t *time_slot(struct mpsc *mpsc, uint64_t sender, uint64_t number)
{
	uint64_t slot = number / SAMPLE_EVERY & (mpsc->time_slots - 1);

	return &mpsc->times[sender * mpsc->time_slots + slot];
}

static void send_all(struct mpsc *mpsc, unsigned int index)
{
	struct sender *sender = &mpsc->senders[index];
	uint64_t name = (uint64_t)index << MARK_SENDER_SHIFT, end = sender->next + mpsc->quota;
	bool boxed = mpsc->c->size_max > INLINE_BYTES;

	for (uint64_t number = sender->next; number < end; number++) {
		uint64_t value = name | number;
		if (boxed)
			value = (uintptr_t)payload_make(&mpsc->plan, &sender->source,
							payload_size(&mpsc->plan, number), value);
		if (number % SAMPLE_EVERY == 0)
			*time_slot(mpsc, index, number) = now_ns();
		channel_send(&mpsc->channel, value, &sender->source);
	}
	sender->next = end;
}

/* Books one message by its mark; false if it is not that sender's next one. */
static inline bool receive_mark(struct mpsc *mpsc, uint64_t mark)
{
	uint64_t sender = mark >> MARK_SENDER_SHIFT;
	uint64_t number = mark & ((UINT64_C(1) << MARK_SENDER_SHIFT) - 1);

	if (number % SAMPLE_EVERY == 0)
		histogram_add(&mpsc->latency, now_since(*time_slot(mpsc, sender, number)));
	return mpsc->expected[sender]++ == number;
}

static inline bool receive_buffer(struct mpsc *mpsc, void *buffer)
{
	uint64_t mark;

	memcpy(&mark, buffer, sizeof(mark));
	if (mark >> MARK_SENDER_SHIFT >= mpsc->c->senders)
		return false; /* not even a mark: better lost than freed */
	bool good = receive_mark(mpsc, mark);
	size_t size = payload_size(&mpsc->plan, mark & ((UINT64_C(1) << MARK_SENDER_SHIFT) - 1));
	return payload_drop(&mpsc->plan, &mpsc->source, buffer, size, mark) && good;
}

static void receive_all(struct mpsc *mpsc)
{
	uint64_t count = mpsc->quota * mpsc->c->senders;
	bool boxed = mpsc->c->size_max > INLINE_BYTES;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t value = channel_receive(&mpsc->channel, &mpsc->source);
		bool good = boxed ? receive_buffer(mpsc, (void *)(uintptr_t)value)
				  : receive_mark(mpsc, value);
		mpsc->wrong += !good;
	}
	mpsc->received += count;
}

/* The last member of the crew receives. A source belongs to its thread, so that is where it is made. */
static void mpsc_job(void *context, unsigned int index)
{
	struct mpsc *mpsc = context;
	bool receiver = index == mpsc->c->senders;
	struct source *source = receiver ? &mpsc->source : &mpsc->senders[index].source;

	if (!source->pool)
		source_init(source, mpsc->kind);
	if (receiver)
		receive_all(mpsc);
	else
		send_all(mpsc, index);
}

/* A slot must outlive its message: all messages on the way, and the two at the ends. */
static void times_init(struct mpsc *mpsc, const struct workload_case *c)
{
	uint64_t needed = c->capacity / SAMPLE_EVERY + 3;

	mpsc->time_slots = UINT64_C(1) << (64 - __builtin_clzll(needed - 1));
	mpsc->times_bytes = mpsc->time_slots * c->senders * sizeof(*mpsc->times);
	mpsc->times = memory_map(mpsc->times_bytes);
}

static void mpsc_close(void *state)
{
	struct mpsc *mpsc = state;

	crew_stop(&mpsc->crew);
	channel_release(&mpsc->channel, &mpsc->main_source);
	for (uint64_t i = 0; i < mpsc->c->senders; i++)
		source_release(&mpsc->senders[i].source);
	source_release(&mpsc->source);
	source_release(&mpsc->main_source);
	payload_plan_release(&mpsc->plan);
	memory_unmap(mpsc->times, mpsc->times_bytes);
	memory_unmap(mpsc, sizeof(*mpsc));
}

static int mpsc_open(const struct workload_case *c, enum source_kind kind, void **ret_state,
		     struct error *err)
{
	struct mpsc *mpsc = memory_map(sizeof(*mpsc));

	mpsc->c = c;
	mpsc->kind = kind;
	payload_plan_init(&mpsc->plan, c);
	times_init(mpsc, c);
	source_init(&mpsc->main_source, kind);
	channel_init(&mpsc->channel, (uint32_t)c->capacity, &mpsc->main_source);
	int r = crew_start(&mpsc->crew, (unsigned int)c->senders + 1, mpsc_job, mpsc);
	if (r < 0) {
		mpsc_close(mpsc);
		return error_set(err, ERROR_MACHINE, -r, "cannot start %" PRIu64 " threads: %s",
				 c->senders + 1, strerror(-r));
	}
	*ret_state = mpsc;
	return 0;
}

static void mpsc_run(void *state, uint64_t iterations)
{
	struct mpsc *mpsc = state;

	mpsc->quota = iterations * mpsc->c->messages;
	crew_run(&mpsc->crew);
}

static int mpsc_check(void *state, struct error *err)
{
	struct mpsc *mpsc = state;
	uint64_t sent = 0, value;

	for (uint64_t i = 0; i < mpsc->c->senders; i++)
		sent += mpsc->senders[i].next;
	if (mpsc->wrong || sent != mpsc->received)
		return error_set(err, ERROR_TARGET, EBADMSG,
				 "of %" PRIu64 " messages sent, %" PRIu64
				 " were received and %" PRIu64 " of them were wrong",
				 sent, mpsc->received, mpsc->wrong);
	if (channel_try_receive(&mpsc->channel, &mpsc->main_source, &value))
		return error_set(err, ERROR_TARGET, EBADMSG,
				 "a message came after the last one that was sent");
	return 0;
}

static void mpsc_settle(void *state)
{
	(void)state; /* crew_run() returns when all of the crew is done */
}

static void mpsc_latency_reset(void *state)
{
	histogram_clear(&((struct mpsc *)state)->latency);
}

static void mpsc_latency_merge(void *state, struct histogram *into)
{
	histogram_merge(into, &((struct mpsc *)state)->latency);
}

static uint64_t mpsc_operations(const void *state)
{
	const struct workload_case *c = ((const struct mpsc *)state)->c;

	return c->messages * c->senders;
}

const struct kernel kernel_mpsc = {
	.family = FAMILY_MPSC,
	.latency_of = "send to receive, every 64th message of a sender",
	.open = mpsc_open,
	.run = mpsc_run,
	.settle = mpsc_settle,
	.check = mpsc_check,
	.latency_reset = mpsc_latency_reset,
	.latency_merge = mpsc_latency_merge,
	.operations = mpsc_operations,
	.close = mpsc_close,
};
