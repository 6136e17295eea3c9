/* SPDX-License-Identifier: MIT */
#include "runtime/channel.h"

#include "runtime/futex.h"

#define ALL_READY ((UINT64_C(1) << CHANNEL_SLOTS) - 1)
#define RELEASED (UINT64_C(1) << CHANNEL_SLOTS)
#define SLOT_MASK ((uint64_t)CHANNEL_SLOTS - 1)

/* Looks at an empty channel before the receiver lets other threads run, and before it sleeps. */
enum { LOOKS = 40, YIELDS = 8 };
/* Pauses between two looks, and how many messages a look should find to be worth the trip. */
enum { PATIENCE_MAX = 32, WORTH_A_LOOK = 8 };
/* Permits go back in lots of this, so that their line does not travel for each message. */
enum { GIVE_AT_MAX = 64 };
/* How far behind the tail pointer a used block may still be hung up. */
enum { REUSE_TRIES = 3 };

static struct channel_block *block_new(uint64_t start, struct source *source)
{
	struct channel_block *block = source_alloc(source, sizeof(*block));

	block->start = start;
	atomic_init(&block->next, NULL);
	atomic_init(&block->ready, 0);
	return block;
}

/* Makes `block` the successor of `after` if that has none; otherwise returns the one it has. */
static struct channel_block *block_hang(struct channel_block *after, struct channel_block *block)
{
	struct channel_block *next = NULL;

	block->start = after->start + CHANNEL_SLOTS;
	atomic_compare_exchange_strong_explicit(&after->next, &next, block, memory_order_acq_rel,
						memory_order_acquire);
	return next;
}

/* The successor of the last block known. A block that another thread beat us to goes behind that. */
static __attribute__((noinline)) struct channel_block *block_grow(struct channel_block *last,
								  struct source *source)
{
	struct channel_block *block = block_new(0, source);
	struct channel_block *next = block_hang(last, block);

	for (struct channel_block *at = next; at; at = block_hang(at, block))
		cpu_relax();
	return next ? next : block;
}

void channel_init(struct channel *channel, uint32_t capacity, struct source *source)
{
	struct channel_block *block = block_new(0, source);

	atomic_init(&channel->tail, 0);
	atomic_init(&channel->tail_block, block);
	atomic_init(&channel->asleep, 0);
	semaphore_init(&channel->permits, capacity);
	channel->head = 0;
	channel->ready = 0;
	channel->head_block = channel->oldest_block = block;
	channel->owed = 0;
	channel->give_at = capacity / 8 > GIVE_AT_MAX ? GIVE_AT_MAX : capacity / 8 + 1;
	channel->patience = 1;
}

void channel_release(struct channel *channel, struct source *source)
{
	struct channel_block *block = channel->oldest_block;

	while (block) {
		struct channel_block *next = atomic_load(&block->next);
		source_free(source, block, sizeof(*block));
		block = next;
	}
	channel->oldest_block = channel->head_block = NULL;
}

/*
 * Moves the shared tail pointer off a fully written block. Sequentially consistent throughout: a
 * sender adds to `tail` and then reads `tail_block`; here `tail_block` is written and then `tail` is
 * read. So a sender that still got the old block has a position below the one noted here.
 */
static bool tail_advance(struct channel *channel, struct channel_block *from,
			 struct channel_block *to)
{
	struct channel_block *expected = from;

	if (!atomic_compare_exchange_strong(&channel->tail_block, &expected, to))
		return false;
	from->tail_when_left = atomic_load(&channel->tail);
	atomic_fetch_or_explicit(&from->ready, RELEASED, memory_order_release);
	return true;
}

/* The block of a position, from the tail block onwards. */
static __attribute__((noinline)) struct channel_block *block_walk(struct channel *channel,
								  struct channel_block *block,
								  uint64_t position,
								  struct source *source)
{
	uint64_t start = position & ~SLOT_MASK;
	/* Only the first few senders of a block try to move the pointer, lest all fight for it. */
	bool advance = (start - block->start) / CHANNEL_SLOTS > (position & SLOT_MASK);

	while (block->start != start) {
		struct channel_block *next =
			atomic_load_explicit(&block->next, memory_order_acquire);
		if (!next)
			next = block_grow(block, source);
		advance = advance &&
			  (atomic_load_explicit(&block->ready, memory_order_acquire) & ALL_READY) ==
				  ALL_READY &&
			  tail_advance(channel, block, next);
		block = next;
	}
	return block;
}

static __attribute__((noinline, cold)) void receiver_wake(struct channel *channel)
{
	if (atomic_exchange(&channel->asleep, 0))
		futex_wake(&channel->asleep, 1);
}

void channel_send(struct channel *channel, uint64_t value, struct source *source)
{
	semaphore_take(&channel->permits);
	uint64_t position = atomic_fetch_add(&channel->tail, 1);
	struct channel_block *block = atomic_load(&channel->tail_block);

	if (block->start != (position & ~SLOT_MASK))
		block = block_walk(channel, block, position, source);
	block->values[position & SLOT_MASK] = value;
	/* Pairs with receiver_sleep(): either it sees the bit, or we see that it sleeps. */
	atomic_fetch_or(&block->ready, UINT64_C(1) << (position & SLOT_MASK));
	if (__builtin_expect(atomic_load(&channel->asleep), 0))
		receiver_wake(channel);
}

/* A block that nobody looks at any more: hang it up at the end, or free it. */
static void block_recycle(struct channel *channel, struct channel_block *block,
			  struct source *source)
{
	struct channel_block *at = atomic_load_explicit(&channel->tail_block, memory_order_acquire);

	atomic_store_explicit(&block->next, NULL, memory_order_relaxed);
	atomic_store_explicit(&block->ready, 0, memory_order_relaxed);
	for (int i = 0; at && i < REUSE_TRIES; i++) {
		at = block_hang(at, block);
		if (!at)
			return;
	}
	source_free(source, block, sizeof(*block));
}

/* Takes back the blocks behind the head that all senders have left. */
static void blocks_reclaim(struct channel *channel, struct source *source)
{
	while (channel->oldest_block != channel->head_block) {
		struct channel_block *block = channel->oldest_block;
		uint64_t ready = atomic_load_explicit(&block->ready, memory_order_acquire);

		if (!(ready & RELEASED) || block->tail_when_left > channel->head)
			return;
		channel->oldest_block = atomic_load_explicit(&block->next, memory_order_relaxed);
		block_recycle(channel, block, source);
	}
}

/* The slow part of looking for the next message: new block, or new ready bits. */
static __attribute__((noinline)) bool head_look(struct channel *channel, struct source *source)
{
	struct channel_block *block = channel->head_block;

	if (block->start != (channel->head & ~SLOT_MASK)) {
		block = atomic_load_explicit(&block->next, memory_order_acquire);
		if (!block)
			return false;
		channel->head_block = block;
		blocks_reclaim(channel, source);
	}
	channel->ready = atomic_load_explicit(&block->ready, memory_order_acquire);
	return channel->ready >> (channel->head & SLOT_MASK) & 1;
}

static bool receive(struct channel *channel, struct source *source, uint64_t *ret_value)
{
	unsigned int slot = channel->head & SLOT_MASK;

	if (!(channel->ready >> slot & 1) && !head_look(channel, source))
		return false;
	*ret_value = channel->head_block->values[slot];
	channel->head++;
	if (slot == SLOT_MASK)
		channel->ready = 0;
	if (++channel->owed >= channel->give_at) {
		semaphore_give(&channel->permits, channel->owed, false);
		channel->owed = 0;
	}
	return true;
}

bool channel_try_receive(struct channel *channel, struct source *source, uint64_t *ret_value)
{
	if (receive(channel, source, ret_value))
		return true;
	/* Nothing more to give soon: senders short of a permit must not wait for the lot to fill. */
	semaphore_give(&channel->permits, channel->owed, true);
	channel->owed = 0;
	return false;
}

/* Whether the next message is there, read so that a sender's look at `asleep` is ordered with it. */
static bool head_ready(struct channel *channel)
{
	struct channel_block *block = channel->head_block;

	if (block->start != (channel->head & ~SLOT_MASK))
		block = atomic_load(&block->next);
	return block && (atomic_load(&block->ready) >> (channel->head & SLOT_MASK) & 1);
}

static void receiver_sleep(struct channel *channel)
{
	atomic_store(&channel->asleep, 1);
	if (head_ready(channel)) {
		atomic_store_explicit(&channel->asleep, 0, memory_order_relaxed);
		return;
	}
	while (atomic_load_explicit(&channel->asleep, memory_order_acquire))
		futex_wait(&channel->asleep, 1);
}

/*
 * Every look at the ready bits takes their cache line away from the senders, who want it back for the next
 * message. A receiver that is faster than its senders would so slow them down; it therefore leaves
 * an empty channel alone for some pauses, more of them the fewer messages a look finds.
 */
static void pause_between_looks(struct channel *channel)
{
	for (uint32_t i = 0; i < channel->patience; i++)
		cpu_relax();
}

static void adapt_patience(struct channel *channel)
{
	int found = __builtin_popcountll(channel->ready >> (channel->head & SLOT_MASK) & ALL_READY);

	if (found < WORTH_A_LOOK && channel->patience < PATIENCE_MAX)
		channel->patience++;
	else if (found > 2 * WORTH_A_LOOK && channel->patience > 1)
		channel->patience--;
}

uint64_t channel_receive(struct channel *channel, struct source *source)
{
	uint64_t value;

	if (channel_try_receive(channel, source, &value))
		return value;
	for (int i = 0;; i++) {
		if (i < LOOKS)
			pause_between_looks(channel);
		else if (i < LOOKS + YIELDS)
			sched_yield();
		else
			receiver_sleep(channel);
		if (receive(channel, source, &value)) {
			adapt_patience(channel);
			return value;
		}
	}
}
