/* SPDX-License-Identifier: MIT */
#include "case-list.h"

#include "base/array.h"
#include "nearest.h"

/* The seed suite first and in its order; `full` is the seed and more. */
const struct named_case named_cases[] = {
	{ "spawn/local", "seed,full",
	  "10,000 tasks spawned by a task, run and freed by all workers" },
	{ "spawn/remote", "seed,quick,full", "10,000 tasks spawned by a thread outside the pool" },
	{ "spawn/chain", "seed,full", "10,000 tasks, each spawned by the one before" },
	{ "mpsc/8/senders=1", "seed,quick,full", "8-byte messages inline: the channel alone" },
	{ "mpsc/8/senders=5", "seed,full", "8-byte messages inline, five senders" },
	{ "mpsc/1K/senders=1", "seed,full", "1 KiB buffers, allocated here and freed there" },
	{ "mpsc/4K/senders=1", "seed,full", "4 KiB buffers, one sender" },
	{ "mpsc/16K/senders=1", "seed,full", "16 KiB buffers, one sender" },
	{ "mpsc/32K/senders=1", "seed,quick,full", "32 KiB buffers, one sender" },
	{ "mpsc/16K/senders=5", "seed,quick,full", "16 KiB buffers, five senders" },
	{ "mpsc/32K/senders=5", "seed,full", "32 KiB buffers, five senders" },
	{ "churn/single", "seed,full",
	  "a 16 KiB buffer allocated, written and freed, over and over" },
	{ "churn/multi", "seed,quick,full", "the same on every CPU, no buffer shared" },
	{ "mpsc/64K/senders=1", "full", "64 KiB buffers: above most thread caches" },
	{ "mpsc/136K/senders=1", "full", "136 KiB: just above glibc's first mmap threshold" },
	{ "mpsc/1M/senders=1", "full", "1 MiB buffers, one sender" },
	{ "mpsc/64K/senders=5", "full", "64 KiB buffers, five senders" },
	{ "mpsc/1K-64K/senders=5", "full", "buffers of many sizes, five senders" },
	{ "mpsc/16K/senders=5/init=calloc", "full", "zeroed buffers: who zeroes, and when" },
	{ "mpsc/32K/senders=1/init=calloc", "full", "zeroed buffers, one sender" },
	{ "mpsc/16K/senders=5/read=yes", "full", "the receiver reads every byte" },
	{ "mpsc/16K/senders=5/capacity=100", "full",
	  "a shallow queue: buffers stay in the caches" },
	{ "churn/single/size=64-1K/live=1000", "full", "small buffers of many sizes, one thread" },
	{ "churn/single/size=1K-64K/live=64", "full", "buffers of many sizes, one thread" },
	{ "churn/multi/size=1K-64K/live=64", "full", "buffers of many sizes, a thread a CPU" },
	{ "churn/multi/size=64K-1M/live=16", "full",
	  "large buffers of many sizes, a thread a CPU" },
	{ "churn/single/live=64", "full",
	  "16 KiB buffers, 64 kept, one of them replaced at a time" },
	{ "churn/single/size=136K", "full", "one buffer above the mmap threshold at a time" },
	{ "churn/single/size=8M/live=2", "full", "8 MiB: where some allocators purge at once" },
	{ "churn/single/init=calloc", "full", "zeroed buffers, one thread" },
	{ "classic/larson", "classic,full",
	  "a server's blocks, replaced at random, handed on between threads" },
	{ "classic/xmalloc-test", "classic,full",
	  "half the threads allocate, the other half frees" },
	{ "classic/cache-scratch", "classic,full",
	  "false sharing of lines that another thread allocated" },
	{ "classic/cache-thrash", "classic,full",
	  "false sharing of lines that each thread allocates" },
	{ "classic/sh6bench", "classic,full",
	  "small blocks freed newest first and oldest first by turns" },
	{ "classic/sh8bench", "classic,full", "the same, where other threads free some" },
	{ "classic/mstress", "classic,full",
	  "sizes by doublings, long and short lives, blocks that wander" },
	{ "classic/glibc-simple", "classic,full",
	  "400 blocks of 16 bytes allocated, then freed in that order" },
	{ "classic/glibc-thread", "classic,full",
	  "1,024 blocks a thread, replaced at random, small ones mostly" },
	{ "classic/alloc-test", "classic,full",
	  "random sizes and lives, four in five of them short, every byte used" },
	{ "spawn/local/task-size=1K", "full", "tasks that carry a large future" },
};

const size_t named_case_count = ARRAY_SIZE(named_cases);

void case_list_print(struct strbuf *sb)
{
	for (size_t i = 0; i < named_case_count; i++)
		strbuf_addf(sb, "%s\t%s\t%s\n", named_cases[i].name, named_cases[i].suites,
			    named_cases[i].description);
}

const char *case_list_nearest(const char *name)
{
	const char *words[ARRAY_SIZE(named_cases)];

	for (size_t i = 0; i < named_case_count; i++)
		words[i] = named_cases[i].name;
	return nearest_word(name, words, named_case_count);
}
