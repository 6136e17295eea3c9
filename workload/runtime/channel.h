/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/channel: a bounded channel from many senders to one receiver.
 *
 * The structure that async and standard-library channels use. Messages are 64-bit values (a number, or
 * a pointer to a payload) in a linked list of blocks of 32 slots. A sender takes a permit from the
 * semaphore, whose number is the message's position, walks to its block (extending the list where it
 * ends), writes its slot and sets the slot's ready flag. The receiver reads in order of position, gives
 * permits back a few at a time, and sleeps on a futex when there is nothing.
 *
 * Order: positions are total, so each sender's messages arrive in the order sent. Bound: never more than
 * `capacity` messages are on their way; up to an eighth less while the receiver holds back permits,
 * which it does only as long as it is receiving.
 *
 * Blocks are memory of the case: they come from the caller's `struct source`. The receiver hangs a block
 * that has been read up at the list's end again, or frees it if that end is far, so that a channel in
 * steady flow allocates few. It takes a block back when (1) a sender has moved the shared tail pointer
 * past it and marked it released, and (2) everything up to the position noted at that moment has been
 * received: a sender that could still walk over the block took its position before that moment, and is
 * done with the block once its message is in.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_CHANNEL_H
#define MADVISOR_WORKLOAD_RUNTIME_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/semaphore.h"
#include "source.h"

#define CHANNEL_SLOTS 32
#define CHANNEL_CAPACITY_MAX SEMAPHORE_PERMITS_MAX

struct channel_block {
	uint64_t start; /* position of slot 0, a multiple of 32 */
	_Atomic(struct channel_block *) next;
	uint64_t tail_when_left; /* valid once released */
	_Atomic bool released;
	_Atomic uint8_t ready[CHANNEL_SLOTS]; /* 1: the slot is written */
	uint64_t values[CHANNEL_SLOTS];
};

struct channel {
	CACHE_APART struct semaphore permits;       /* permits.taken: the next position */
	_Atomic(struct channel_block *) tail_block; /* near the end of the list */
	/* Written by the receiver when it goes to sleep; read by each sender. */
	CACHE_APART _Atomic uint32_t asleep;
	/* The receiver's own. */
	CACHE_APART uint64_t head;
	uint32_t ready; /* slots of the head block below this were ready when last looked at */
	struct channel_block *head_block, *oldest_block;
	uint32_t owed, give_at; /* permits not yet given back, and when to */
	uint64_t looked_at;     /* head at the last look at an empty channel */
	uint32_t worth;         /* messages that make a look worth it */
	uint32_t patience;      /* pauses between two looks at an empty channel */
};

/* capacity: 1 to CHANNEL_CAPACITY_MAX. Life: init, any number of sends and receives, release. */
void channel_init(struct channel *channel, uint32_t capacity, struct source *source);
/* No thread may be using it. Messages not received are dropped. */
void channel_release(struct channel *channel, struct source *source);

/* Any thread, with its own source. Waits while `capacity` messages are on their way. */
void channel_send(struct channel *channel, uint64_t value, struct source *source);
/* One thread at a time. Waits for a message. */
uint64_t channel_receive(struct channel *channel, struct source *source);
/* As channel_receive, but false if the channel is empty. */
bool channel_try_receive(struct channel *channel, struct source *source, uint64_t *ret_value);

#endif
