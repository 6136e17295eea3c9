/* SPDX-License-Identifier: MIT */
#include "runtime/channel.h"

#include "runtime/futex.h"

#define SLOT_MASK ((uint64_t)CHANNEL_SLOTS - 1)

/* Looks at an empty channel before the receiver lets other threads run, and before it sleeps. */
enum { LOOKS = 20, YIELDS = 8 };
/*
 * How long the receiver may leave an empty channel alone, in pauses (10 to 50 ns each), and how many messages
 * make a look at it worth the trip. Both in proportion to the capacity where that is small.
 */
enum { PATIENCE_MAX = 64, WORTH_MAX = 64 };
/* Permits go back in lots of this, so that their line does not travel for each message. */
enum { GIVE_AT_MAX = 64 };
/* How far behind the tail pointer a used block may still be appended. */
enum { REUSE_TRIES = 3 };

/* Only before the block is visible to other threads; publishing it orders these stores. */
static void block_clear(struct channel_block *block)
{
	atomic_store_explicit(&block->next, NULL, memory_order_relaxed);
	atomic_store_explicit(&block->released, false, memory_order_relaxed);
	for (unsigned int i = 0; i < CHANNEL_SLOTS; i++)
		atomic_store_explicit(&block->ready[i], 0, memory_order_relaxed);
}

/* The index of the first slot from `from` on that is not ready. */
static unsigned int block_ready_until(struct channel_block *block, unsigned int from)
{
	while (from < CHANNEL_SLOTS &&
	       atomic_load_explicit(&block->ready[from], memory_order_acquire))
		from++;
	return from;
}

static struct channel_block *block_new(uint64_t start, struct source *source)
{
	struct channel_block *block = source_alloc(source, sizeof(*block));

	block->start = start;
	block_clear(block);
	return block;
}

/* Makes `block` the successor of `after` and returns NULL, or returns the existing successor. */
static struct channel_block *block_hang(struct channel_block *after, struct channel_block *block)
{
	struct channel_block *next = NULL;

	block->start = after->start + CHANNEL_SLOTS;
	atomic_compare_exchange_strong_explicit(&after->next, &next, block, memory_order_acq_rel,
						memory_order_acquire);
	return next;
}

/* The successor of the last block known. If another thread appended one, ours goes after it. */
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

	atomic_init(&channel->tail_block, block);
	atomic_init(&channel->asleep, 0);
	semaphore_init(&channel->permits, capacity);
	channel->head = 0;
	channel->ready = 0;
	channel->head_block = channel->oldest_block = block;
	channel->owed = 0;
	channel->give_at = capacity / 8 > GIVE_AT_MAX ? GIVE_AT_MAX : capacity / 8 + 1;
	channel->looked_at = 0;
	channel->patience = 1;
	channel->worth = capacity / 8 > WORTH_MAX ? WORTH_MAX : capacity / 8 + 1;
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
 * sender takes its position and then reads `tail_block`; here `tail_block` is written and then the positions
 * taken are read. So a sender that still got the old block has a position below the one noted here.
 */
static bool tail_advance(struct channel *channel, struct channel_block *from,
			 struct channel_block *to)
{
	struct channel_block *expected = from;

	if (!atomic_compare_exchange_strong(&channel->tail_block, &expected, to))
		return false;
	from->tail_when_left = atomic_load(&channel->permits.taken);
	atomic_store_explicit(&from->released, true, memory_order_release);
	return true;
}

/* The block of a position, from the tail block onwards. */
static __attribute__((noinline)) struct channel_block *block_walk(struct channel *channel,
								  struct channel_block *block,
								  uint64_t position,
								  struct source *source)
{
	uint64_t start = position & ~SLOT_MASK;
	/* Only the first few senders of a block try to move the pointer, to limit contention. */
	bool advance = (start - block->start) / CHANNEL_SLOTS > (position & SLOT_MASK);

	while (block->start != start) {
		struct channel_block *next =
			atomic_load_explicit(&block->next, memory_order_acquire);
		if (!next)
			next = block_grow(block, source);
		advance = advance && block_ready_until(block, 0) == CHANNEL_SLOTS &&
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
	uint64_t position = semaphore_take(&channel->permits);
	struct channel_block *block = atomic_load(&channel->tail_block);

	if (block->start != (position & ~SLOT_MASK))
		block = block_walk(channel, block, position, source);
	block->values[position & SLOT_MASK] = value;
	atomic_store_explicit(&block->ready[position & SLOT_MASK], 1, memory_order_release);
	/* Ordered after the position was taken; pairs with receiver_sleep(). */
	if (__builtin_expect(atomic_load(&channel->asleep), 0))
		receiver_wake(channel);
}

/* Appends a block, no longer in use, to the end of the list, or frees it. */
static void block_recycle(struct channel *channel, struct channel_block *block,
			  struct source *source)
{
	struct channel_block *at = atomic_load_explicit(&channel->tail_block, memory_order_acquire);

	block_clear(block);
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

		if (!atomic_load_explicit(&block->released, memory_order_acquire) ||
		    block->tail_when_left > channel->head)
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
	unsigned int slot = channel->head & SLOT_MASK;
	channel->ready = block_ready_until(block, slot);
	return channel->ready > slot;
}

static bool receive(struct channel *channel, struct source *source, uint64_t *ret_value)
{
	unsigned int slot = channel->head & SLOT_MASK;

	if (slot >= channel->ready && !head_look(channel, source))
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

/* Nothing more to give soon: senders short of a permit must not wait for the lot to fill. */
static void give_all(struct channel *channel)
{
	semaphore_give(&channel->permits, channel->owed, true);
	channel->owed = 0;
}

bool channel_try_receive(struct channel *channel, struct source *source, uint64_t *ret_value)
{
	if (receive(channel, source, ret_value))
		return true;
	give_all(channel);
	return false;
}

/*
 * Sequentially consistent: a sender takes a position and then reads `asleep`; here `asleep` is written and
 * then the positions taken are read. So either the sender sees that we sleep, or we see that it has taken a position;
 * its message is then on its way, and the sender may just need the CPU for it.
 */
static void receiver_sleep(struct channel *channel)
{
	atomic_store(&channel->asleep, 1);
	if (atomic_load(&channel->permits.taken) != channel->head) {
		atomic_store_explicit(&channel->asleep, 0, memory_order_relaxed);
		sched_yield();
		return;
	}
	while (atomic_load_explicit(&channel->asleep, memory_order_acquire))
		futex_wait(&channel->asleep, 1);
}

/*
 * Every look at the ready flags takes their cache line away from the senders, who want it back for the
 * next message. A receiver that is faster than its senders would so slow them down. It therefore
 * leaves an empty channel alone for a while: longer if the last look found few messages and they come fast
 * enough for a wait to be worth it, not at all if they come slowly.
 */
static void pause_between_looks(struct channel *channel)
{
	for (uint32_t i = 0; i < channel->patience; i++)
		cpu_relax();
}

static void adapt_patience(struct channel *channel)
{
	uint64_t found = channel->head - channel->looked_at;
	bool fast = found * (PATIENCE_MAX / channel->patience) >= channel->worth;

	channel->looked_at = channel->head;
	if (found < channel->worth && fast && channel->patience < PATIENCE_MAX)
		channel->patience *= 2;
	else if ((found > 4 * channel->worth || !fast) && channel->patience > 1)
		channel->patience /= 2;
}

uint64_t channel_receive(struct channel *channel, struct source *source)
{
	uint64_t value;

	if (receive(channel, source, &value))
		return value;
	adapt_patience(channel);
	for (int i = 0;; i++) {
		if (i == LOOKS)
			give_all(channel);
		if (i < LOOKS)
			pause_between_looks(channel);
		else if (i < LOOKS + YIELDS)
			sched_yield();
		else
			receiver_sleep(channel);
		if (receive(channel, source, &value))
			return value;
	}
}
