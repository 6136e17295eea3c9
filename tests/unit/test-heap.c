/* SPDX-License-Identifier: MIT */
/* glibc's arenas as a reader from outside sees them: made-up ones, damaged ones, and those of a child. */
#include "heap/glibc-heap.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/rootfs.h"
#include "heap/look.h"

#define PAGE 4096ULL
#define DATA 0x7f0000000000ULL
#define DATA_BYTES (4 * PAGE)
#define BRK 0x550000000000ULL
#define BRK_BYTES (16 * PAGE)
#define SECOND (0x7e0000000000ULL) /* a multiple of 64 MiB */
#define SECOND_BYTES (4 * PAGE)
#define ARENA (DATA + 0x140)

static unsigned char data[DATA_BYTES], brk_heap[BRK_BYTES], second[SECOND_BYTES];

static const struct heap_area areas[] = {
	{ BRK, BRK + BRK_BYTES, true, true, false, true },
	{ SECOND, SECOND + SECOND_BYTES, true, true, false, false },
	{ DATA, DATA + DATA_BYTES, true, true, true, false },
};
static unsigned char *const parts[] = { brk_heap, second, data };

static unsigned char *at(uint64_t address, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		if (address >= areas[i].start && address < areas[i].end &&
		    len <= areas[i].end - address)
			return parts[i] + (address - areas[i].start);
	return NULL;
}

static int read_parts(void *context, uint64_t address, void *ret, size_t len)
{
	const unsigned char *from = at(address, len);

	if (!from)
		return -EFAULT;
	memcpy(ret, from, len);
	return 0;
}

static uint64_t all_resident(void *context, uint64_t start, uint64_t end)
{
	return end - start;
}

static const struct heap_memory memory = {
	.read = read_parts,
	.resident = all_resident,
	.page_bytes = PAGE,
};

static void put(uint64_t address, uint64_t word)
{
	unsigned char *to = at(address, sizeof(word));

	assert_non_null(to);
	memcpy(to, &word, sizeof(word));
}

/* An arena without blocks; offset: of its bins. */
static void put_arena(uint64_t arena, uint64_t offset, uint64_t top, uint64_t next, uint64_t system)
{
	uint64_t bins = arena + offset;

	put(bins - 16, top);
	for (uint64_t i = 0; i < 127; i++) {
		put(bins + 16 * i, bins + 16 * i - 16);
		put(bins + 16 * i + 8, bins + 16 * i - 16);
	}
	put(bins + 2048, next);
	put(bins + 2064, 1);
	put(bins + 2072, system);
	put(bins + 2080, system);
}

static void put_chunk(uint64_t chunk, uint64_t bytes, bool previous_in_use)
{
	put(chunk + 8, bytes | previous_in_use);
}

static void put_free(uint64_t chunk, uint64_t bytes)
{
	put_chunk(chunk, bytes, true);
	put(chunk + bytes, bytes);
}

/* The main arena alone: live 0x100, free 0x4000, live 0x30, top. */
static void put_main(uint64_t offset)
{
	uint64_t top = BRK + 0x4130;

	memset(data, 0, sizeof(data));
	memset(brk_heap, 0, sizeof(brk_heap));
	memset(second, 0, sizeof(second));
	put_arena(ARENA, offset, top, ARENA, BRK_BYTES);
	put_chunk(BRK, 0x100, true);
	put_free(BRK + 0x100, 0x4000);
	put_chunk(BRK + 0x4100, 0x30, false);
	put_chunk(top, BRK_BYTES - 0x4130, true);
}

static void figures_are_those_of_the_chunks(void **state)
{
	static struct glibc_heap heap;

	/* As since 2.26, and as without fastbins since 2.43. */
	for (unsigned int i = 0; i < 2; i++) {
		put_main(i ? 24 : 112);
		assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
		assert_int_equal(heap.arenas, 1);
		assert_int_equal(heap.system_bytes, BRK_BYTES);
		assert_int_equal(heap.walked_bytes, BRK_BYTES);
		assert_int_equal(heap.skipped_bytes, 0);
		assert_int_equal(heap.live, 2);
		assert_int_equal(heap.live_bytes, 0x130);
		assert_int_equal(heap.free, 1);
		assert_int_equal(heap.free_bytes, 0x4000);
		assert_int_equal(heap.top_bytes, BRK_BYTES - 0x4130);
		/* The pages from 0x1000 to 0x4000, and those of the top from 0x5000 on. */
		assert_int_equal(heap.trim_bytes, 0x3000 + BRK_BYTES - 0x5000);
		/* 0xf00 on the first page; on that at 0x4000 0x100 of the free one and 0xed0 of the top. */
		assert_int_equal(heap.held_bytes, 0xf00 + 0x100 + 0xed0);
		assert_int_equal(heap.classes[glibc_class_of(0x100)].held_bytes, 0xf00);
		assert_int_equal(heap.classes[glibc_class_of(0x30)].held_bytes, 0x100 + 0xed0);
		assert_false(heap.has_parameters);
	}
}

static void parameters_are_found(void **state)
{
	static struct glibc_heap heap;
	uint64_t mp = DATA + 0x20;

	put_main(112);
	put(mp, 1 << 20);         /* trim_threshold */
	put(mp + 16, 512 << 10);  /* mmap_threshold */
	put(mp + 56, 3ULL << 32); /* n_mmaps */
	put(mp + 64, 65536 | 5ULL << 32);
	put(mp + 72, 1);
	put(mp + 80, 3 * PAGE);
	put(mp + 88, 5 * PAGE);
	put(mp + 96, BRK);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
	assert_true(heap.has_parameters);
	assert_false(heap.has_dynamic_threshold);
	assert_int_equal(heap.mmapped, 3);
	assert_int_equal(heap.mmapped_bytes, 3 * PAGE);
	assert_int_equal(heap.trim_threshold, 1 << 20);
	assert_int_equal(heap.mmap_threshold, 512 << 10);
}

/* Before 2.35, without the words of huge pages. */
static void older_parameters_are_found(void **state)
{
	static struct glibc_heap heap;
	uint64_t mp = DATA + 0x20;

	put_main(112);
	put(mp, 128 << 10);
	put(mp + 16, 256 << 10);
	put(mp + 40, 1 | 65536ULL << 32);
	put(mp + 48, 1);
	put(mp + 56, PAGE);
	put(mp + 64, PAGE);
	put(mp + 72, BRK);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
	assert_true(heap.has_parameters && heap.has_dynamic_threshold);
	assert_int_equal(heap.mmapped, 1);
	assert_int_equal(heap.mmap_threshold, 256 << 10);
}

/* Three blocks of 32 bytes in a fastbin, the last of which ends the list. */
static void fastbins_are_free(void **state)
{
	static struct glibc_heap heap;

	/* Pointers masked since 2.32; plain before. */
	for (unsigned int i = 0; i < 2; i++) {
		put_main(112);
		put_chunk(BRK, 0x40, true);
		for (uint64_t chunk = BRK + 0x40; chunk < BRK + 0x100; chunk += 0x20)
			put_chunk(chunk, 0x20, true);
		uint64_t a = BRK + 0x40, b = BRK + 0x80, c = BRK + 0xe0;
		put(ARENA + 16, a);
		put(a + 16, i ? b : b ^ (a + 16) >> 12);
		put(b + 16, i ? c : c ^ (b + 16) >> 12);
		put(c + 16, i ? 0 : (c + 16) >> 12);
		assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
		assert_int_equal(heap.fastbin, 3);
		assert_int_equal(heap.fastbin_bytes, 0x60);
		assert_int_equal(heap.live, 2 + 3);
		assert_int_equal(heap.free, 1);
		assert_int_equal(heap.classes[glibc_class_of(0x20)].free, 3);
		/* A list in a circle ends as well. */
		put(c + 16, i ? a : a ^ (c + 16) >> 12);
		assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
		assert_int_equal(heap.fastbin, 3);
	}
}

/* Caches of 2.26, 2.30 and 2.42, with two blocks of 0x100 each. */
static void blocks_in_caches_are_not_live(void **state)
{
	static const struct {
		uint64_t chunk, bins, count_bytes;
	} forms[] = { { 0x250, 64, 1 }, { 0x290, 64, 2 }, { 0x300, 76, 2 } };
	static struct glibc_heap heap;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		uint64_t cache = BRK, a = BRK + forms[i].chunk, b = a + 0x100, rest = b + 0x100;
		size_t bin = (0x100 - 0x20) / 16;

		put_main(112);
		memset(brk_heap, 0, 0x4100);
		put_chunk(cache, forms[i].chunk, true);
		put_chunk(a, 0x100, true);
		put_chunk(b, 0x100, true);
		put_free(rest, BRK + 0x4100 - rest);
		put(cache + 16 + forms[i].bins * forms[i].count_bytes + 8 * bin, a + 16);
		put(a + 16, (b + 16) ^ (i ? (a + 16) >> 12 : 0));
		put(b + 16, i ? (b + 16) >> 12 : 0);
		assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
		assert_int_equal(heap.tcaches, 1);
		assert_int_equal(heap.tcache, 2);
		assert_int_equal(heap.tcache_bytes, 0x200);
		assert_int_equal(heap.live, 2);
		assert_int_equal(heap.classes[glibc_class_of(0x100)].cached, 2);
		assert_int_equal(heap.walked_bytes, BRK_BYTES);
		/* A block of another size than its bin's: it is no cache. */
		put_chunk(a, 0x110, true);
		put_chunk(a + 0x110, 0xf0, true);
		assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
		assert_int_equal(heap.tcaches, 0);
		assert_int_equal(heap.tcache, 0);
	}
}

/* Behind heap_info of 0x30 bytes; live 0x200, top. */
static void put_second(uint64_t attached)
{
	uint64_t arena = SECOND + 0x30, first = SECOND + 0x8d0;

	put(ARENA + 112 + 2048, arena);
	put_arena(arena, 112, first + 0x200, ARENA, SECOND_BYTES);
	put(arena + 112 + 2064, attached);
	put(SECOND, arena);
	put(SECOND + 16, SECOND_BYTES);
	put_chunk(first, 0x200, true);
	put_chunk(first + 0x200, SECOND_BYTES - 0x8d0 - 0x200, true);
}

static void further_arenas_are_read(void **state)
{
	static struct glibc_heap heap;

	for (uint64_t attached = 0; attached < 2; attached++) {
		put_main(112);
		put_second(attached);
		assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
		assert_int_equal(heap.arenas, 2);
		assert_int_equal(heap.idle_arenas, !attached);
		assert_int_equal(heap.live_bytes, 0x130 + 0x200);
		/* malloc_trim() leaves the ends of further arenas. */
		assert_int_equal(heap.other_top_bytes, SECOND_BYTES - PAGE);
		assert_int_equal(heap.trim_bytes, 0x3000 + BRK_BYTES - 0x5000);
		assert_true(heap.secondary_bytes >= SECOND_BYTES - PAGE &&
			    heap.secondary_bytes <= SECOND_BYTES);
		assert_true(attached ? heap.idle_arena_bytes == 0
				     : heap.idle_arena_bytes >= SECOND_BYTES - PAGE);
	}
}

static void a_chain_of_heaps_in_a_circle_ends(void **state)
{
	static struct glibc_heap heap;

	put_main(112);
	put_second(1);
	put(SECOND + 8, SECOND);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
	assert_int_equal(heap.heaps, 2);
}

static void a_ring_that_does_not_close_is_none(void **state)
{
	static struct glibc_heap heap;

	put_main(112);
	put_second(1);
	put(SECOND + 0x30 + 112 + 2048, SECOND + 0x30);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), -ENOENT);
}

static void damaged_headers_are_passed_over(void **state)
{
	static struct glibc_heap heap;

	put_main(112);
	/* Forty blocks, one of which has lost its size. */
	for (uint64_t i = 0; i < 40; i++)
		put_chunk(BRK + 0x4100 + 0x40 * i, 0x40, i > 0);
	put_chunk(BRK + 0x4b00, BRK_BYTES - 0x4b00, true);
	put(ARENA + 96, BRK + 0x4b00);
	put(BRK + 0x4100 + 0x40 * 20 + 8, UINT64_MAX);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), 0);
	assert_int_equal(heap.skipped_bytes, 0x40);
	assert_int_equal(heap.live, 1 + 39);
	assert_int_equal(heap.walked_bytes, BRK_BYTES - 0x40);
}

static void what_is_no_heap_gives_no_figures(void **state)
{
	static struct glibc_heap heap;

	memset(data, 0, sizeof(data));
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), -ENOENT);
	put_main(112);
	/* One head of a list that leads back on one side alone. */
	put(ARENA + 112 + 160, BRK);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), -ENOENT);
	/* An arena that has taken nothing. */
	put_main(112);
	put(ARENA + 112 + 2072, 0);
	assert_int_equal(glibc_heap_read(&memory, areas, 3, &heap), -ENOENT);
	/* Without areas. */
	assert_int_equal(glibc_heap_read(&memory, NULL, 0, &heap), -ENOENT);
}

static bool no_time(void *context)
{
	return false;
}

static void a_look_without_time_says_so(void **state)
{
	static struct glibc_heap heap;
	struct heap_memory slow = memory;

	put_main(112);
	slow.has_time = no_time;
	int r = glibc_heap_read(&slow, areas, 3, &heap);
	assert_true(r == -ENOENT || heap.out_of_time);
}

static void every_size_has_a_class(void **state)
{
	size_t last = 0;

	for (uint64_t bytes = 16; bytes < 1 << 20; bytes += 16) {
		size_t class = glibc_class_of(bytes);

		assert_true(class == last || class == last + 1);
		assert_true(bytes <= glibc_class_bytes(class));
		assert_true(class == 0 || bytes > glibc_class_bytes(class - 1));
		last = class;
	}
	assert_int_equal(glibc_class_of(UINT64_MAX), GLIBC_CLASSES - 1);
	assert_int_equal(glibc_class_of(0), 0);
}

static void mappings_are_added_up(void **state)
{
	static const char text[] =
		"5500-5700 rw-p 00000000 fd:00 12 /bin/a\nSize: 2048 kB\nRss: 8 kB\nVmFlags: rd wr\n"
		"5700-5900 rw-p 00000000 00:00 0\nRss: 4 kB\n"
		"6000-9000 rw-p 00000000 00:00 0  [heap]\nRss: 100 kB\nLazyFree: 40 kB\nAnonHugePages: 0 kB\n"
		"a000-b000 rw-p 00000000 00:00 0\nRss: 2048 kB\nAnonHugePages: 2048 kB\nSwap: 12 kB\n"
		"b000-c000 rw-s 00000000 00:05 9  /dev/shm/x\nRss: 16 kB\nLocked: 16 kB\n"
		"c000-d000 rw-p 00000000 00:00 0  [stack]\nRss: 99999999999999999999 kB\nRss: x kB\nRss: 12 kB\n";
	struct memory_kinds kinds;
	struct heap_areas found = { 0 };

	smaps_parse(text, &kinds, &found);
	assert_int_equal(found.count, 6);
	assert_true(found.items[0].is_file && found.items[1].is_file && !found.items[3].is_file);
	assert_true(found.items[2].is_brk && !found.items[2].is_file);
	assert_false(found.items[4].is_private);
	assert_int_equal(kinds.resident_bytes[MEMORY_BRK], 100 << 10);
	assert_int_equal(kinds.resident_bytes[MEMORY_FILE], 8 << 10);
	assert_int_equal(kinds.resident_bytes[MEMORY_ANONYMOUS], (4 + 2048) << 10);
	assert_int_equal(kinds.resident_bytes[MEMORY_SHARED], 16 << 10);
	assert_int_equal(kinds.resident_bytes[MEMORY_STACK], 12 << 10);
	assert_int_equal(kinds.all_resident_bytes, (100 + 8 + 4 + 2048 + 16 + 12) << 10);
	assert_int_equal(kinds.lazy_bytes, 40 << 10);
	assert_int_equal(kinds.huge_bytes, 2048 << 10);
	assert_int_equal(kinds.swapped_bytes, 12 << 10);
	assert_int_equal(kinds.locked_bytes, 16 << 10);
	free(found.items);
}

static void answers_are_checked(void **state)
{
	static struct memory_look look, read_back;

	look.state = HEAP_READ;
	look.heap.live_bytes = 12345;
	assert_int_equal(memory_look_parse((const char *)&look, sizeof(look), &read_back), 0);
	assert_int_equal(read_back.heap.live_bytes, 12345);
	assert_int_equal(memory_look_parse((const char *)&look, sizeof(look) - 1, &read_back),
			 -EBADMSG);
	look.heap.live_bytes = UINT64_MAX;
	assert_int_equal(memory_look_parse((const char *)&look, sizeof(look), &read_back),
			 -EBADMSG);
	look.heap.live_bytes = 0;
	memset(&look.heap.has_parameters, 2, 1);
	assert_int_equal(memory_look_parse((const char *)&look, sizeof(look), &read_back),
			 -EBADMSG);
	memset(&look.heap.has_parameters, 1, 1);
	memset(&look.state, 7, sizeof(look.state));
	assert_int_equal(memory_look_parse((const char *)&look, sizeof(look), &read_back),
			 -EBADMSG);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void *kept[20000];

/* Leaves gaps, tells what mallinfo2(3) says, and waits to be killed. */
static void hold(int out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		kept[i] = malloc(24 + i * 37 % 3000);
		memset(kept[i], 1, 24);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (i % 3)
			free(kept[i]);
	const struct mallinfo2 info = mallinfo2();
	if (write(out, &info, sizeof(info)) != sizeof(info))
		_exit(1);
	for (;;)
		pause();
}

static void assert_near(uint64_t ours, size_t theirs)
{
	assert_true((double)ours >= 0.99 * (double)theirs && (double)ours <= 1.01 * (double)theirs);
}

static void a_process_is_read_from_outside(void **state)
{
	static struct memory_look look;
	struct error err = ERROR_INIT;
	struct proc proc = PROC_INIT;
	struct mallinfo2 info;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		hold(ends[1]);
	assert_int_equal(read(ends[0], &info, sizeof(info)), sizeof(info));
	assert_int_equal(proc_open(&rootfs_real, pid, &proc), 0);
	int r = memory_look(&proc, NULL, &look, &err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	proc_close(&proc);
	close(ends[0]);
	close(ends[1]);
	if (r < 0)
		print_error("%s\n", err.message);
	assert_int_equal(r, 0);
	assert_int_equal(look.state, HEAP_READ);
	assert_int_equal(look.heap.skipped_bytes, 0);
	assert_near(look.heap.system_bytes, info.arena);
	assert_near(look.heap.live_bytes + look.heap.tcache_bytes, info.uordblks);
	assert_near(look.heap.free_bytes + look.heap.fastbin_bytes + look.heap.top_bytes,
		    info.fordblks);
	assert_true(look.kinds.all_resident_bytes >= look.heap.live_bytes);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_those_of_the_chunks),
		cmocka_unit_test(parameters_are_found),
		cmocka_unit_test(older_parameters_are_found),
		cmocka_unit_test(fastbins_are_free),
		cmocka_unit_test(blocks_in_caches_are_not_live),
		cmocka_unit_test(further_arenas_are_read),
		cmocka_unit_test(a_chain_of_heaps_in_a_circle_ends),
		cmocka_unit_test(a_ring_that_does_not_close_is_none),
		cmocka_unit_test(damaged_headers_are_passed_over),
		cmocka_unit_test(what_is_no_heap_gives_no_figures),
		cmocka_unit_test(a_look_without_time_says_so),
		cmocka_unit_test(every_size_has_a_class),
		cmocka_unit_test(mappings_are_added_up),
		cmocka_unit_test(answers_are_checked),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		cmocka_unit_test(a_process_is_read_from_outside),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
