/* SPDX-License-Identifier: MIT */
/* What stacks are made of: mappings over time, names, the reader's lines, and files that are made to harm it. */
#include "stacks/symbolise.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "shrinking.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "stacks/address-space.h"
#include "stacks/demangle.h"
#include "stacks/unwind.h"

enum { TRIES_MAX = 2000, FILES = 3000 };

static struct tax_stack *add_stack(struct stack_log *log, uint64_t ns, uint32_t tgid,
				   uint64_t weight)
{
	struct tax_stack *stack = xcalloc(1, sizeof(*stack));

	stack->ns = ns;
	stack->tgid = tgid;
	stack->weight = weight;
	stack->kind = TAX_CALL_DONTNEED;
	snprintf(stack->comm, sizeof(stack->comm), "test");
	*ARRAY_PUSH(log->stacks, log->stack_count, log->stack_alloc) = stack;
	return stack;
}

static struct mapping_event *add_event(struct stack_log *log, uint64_t ns, uint32_t tgid,
				       enum mapping_change change)
{
	struct mapping_event *event = ARRAY_PUSH(log->events, log->event_count, log->event_alloc);

	event->ns = ns;
	event->tgid = tgid;
	event->change = change;
	return event;
}

static void map(struct stack_log *log, uint64_t ns, uint32_t tgid, uint64_t start, uint64_t bytes,
		uint64_t offset, uint32_t file)
{
	struct mapping_event *event = add_event(log, ns, tgid, MAPPING_ADDED);

	event->start = start;
	event->bytes = bytes;
	event->offset = offset;
	event->file = file;
}

static const struct address_space *space_of(const struct address_spaces *spaces, size_t stack)
{
	return &spaces->items[spaces->of_stack[stack]];
}

static const struct mapped_code *mapping_at(const struct address_space *space, uint64_t address)
{
	for (size_t i = 0; i < space->count; i++)
		if (space->mappings[i].start <= address && address < space->mappings[i].end)
			return &space->mappings[i];
	return NULL;
}

static void a_stack_sees_the_mappings_of_its_moment(void **state)
{
	struct stack_log *log = stack_log_new();
	struct address_spaces spaces;

	map(log, 10, 1, 0x1000, 0x3000, 0, 5);
	map(log, 30, 1, 0x2000, 0x1000, 0x700, 6);
	add_event(log, 50, 1, MAPPING_CLEARED);
	map(log, 51, 1, 0x9000, 0x1000, 0, 7);
	/* In no order: they come from several CPUs. */
	add_stack(log, 60, 1, 4);
	add_stack(log, 20, 1, 1);
	add_stack(log, 40, 1, 2);
	add_stack(log, 5, 1, 8);
	address_spaces_replay(log, &spaces);
	assert_null(mapping_at(space_of(&spaces, 0), 0x1000));
	assert_int_equal(mapping_at(space_of(&spaces, 0), 0x9fff)->file, 7);
	assert_int_equal(mapping_at(space_of(&spaces, 1), 0x2000)->file, 5);
	assert_int_equal(space_of(&spaces, 1)->count, 1);
	assert_int_equal(mapping_at(space_of(&spaces, 2), 0x1fff)->file, 5);
	assert_int_equal(mapping_at(space_of(&spaces, 2), 0x2000)->file, 6);
	assert_int_equal(mapping_at(space_of(&spaces, 2), 0x3000)->file, 5);
	assert_int_equal(mapping_at(space_of(&spaces, 2), 0x3000)->offset, 0x2000);
	assert_int_equal(space_of(&spaces, 2)->count, 3);
	assert_int_equal(space_of(&spaces, 2)->weight, 2);
	assert_int_equal(space_of(&spaces, 3)->count, 0);
	address_spaces_release(&spaces);
	stack_log_free(log);
}

static void children_share_until_they_differ(void **state)
{
	struct stack_log *log = stack_log_new();
	struct address_spaces spaces;

	map(log, 10, 1, 0x1000, 0x1000, 0, 5);
	add_event(log, 20, 2, MAPPING_FORKED)->parent = 1;
	add_event(log, 20, 3, MAPPING_FORKED)->parent = 1;
	map(log, 30, 3, 0x5000, 0x1000, 0, 6);
	for (uint32_t tgid = 1; tgid <= 3; tgid++)
		add_stack(log, 40, tgid, 10);
	add_event(log, 50, 1, MAPPING_CLEARED);
	add_stack(log, 60, 2, 10);
	address_spaces_replay(log, &spaces);
	assert_int_equal(spaces.of_stack[0], spaces.of_stack[1]);
	assert_int_not_equal(spaces.of_stack[0], spaces.of_stack[2]);
	assert_int_equal(space_of(&spaces, 2)->count, 2);
	assert_int_equal(space_of(&spaces, 0)->count, 1);
	/* The parent's exec takes nothing away from the child. */
	assert_int_equal(spaces.of_stack[3], spaces.of_stack[1]);
	assert_int_equal(space_of(&spaces, 3)->weight, 30);
	address_spaces_release(&spaces);
	stack_log_free(log);
}

/* What /proc told of a process when stacks of it and records of others were there already. */
static void what_was_read_late_holds_from_the_beginning(void **state)
{
	struct stack_log *log = stack_log_new();
	struct address_spaces spaces;

	map(log, 100, 1, 0x1000, 0x1000, 0, 5);
	map(log, 0, 2, 0x7000, 0x1000, 0, 6);
	map(log, 110, 2, 0x8000, 0x1000, 0, 6);
	add_stack(log, 50, 2, 1);
	add_stack(log, 120, 2, 1);
	address_spaces_replay(log, &spaces);
	assert_int_equal(space_of(&spaces, 0)->count, 1);
	assert_non_null(mapping_at(space_of(&spaces, 0), 0x7000));
	assert_int_equal(space_of(&spaces, 1)->count, 2);
	address_spaces_release(&spaces);
	stack_log_free(log);
}

static void mappings_that_make_no_sense_are_left_out(void **state)
{
	struct stack_log *log = stack_log_new();
	struct address_spaces spaces;

	map(log, 1, 1, 0x1000, 0, 0, 0);
	map(log, 1, 1, UINT64_MAX - 5, 0x1000, 0, 0);
	add_stack(log, 2, 1, 1);
	address_spaces_replay(log, &spaces);
	assert_int_equal(space_of(&spaces, 0)->count, 0);
	address_spaces_release(&spaces);
	stack_log_free(log);
}

static void expect_name(const char *name, const char *wanted)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	assert_int_equal(demangle_rust(&got, name), wanted != NULL);
	assert_string_equal(got.buf, wanted ? wanted : "");
}

static void rust_names_are_plain(void **state)
{
	expect_name("_ZN1m7produce17h7e31ce468411c57aE", "m::produce");
	expect_name(
		"_ZN9hashbrown3raw21RawTable$LT$T$C$A$GT$14reserve_rehash17he8589f159bfab87dE.llvm."
		"13712580046731428787",
		"hashbrown::raw::RawTable<T,A>::reserve_rehash");
	expect_name("_ZN66_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..ops..drop..Drop$GT$4drop"
		    "17h0123456789abcdefE",
		    "<alloc::vec::Vec<T> as core::ops::drop::Drop>::drop");
	/* C++, C, and what is cut off or lies about its lengths. */
	expect_name("_ZN6Engine5closeEv", NULL);
	expect_name("main", NULL);
	expect_name("_ZN", NULL);
	expect_name("_ZN1m", NULL);
	expect_name("_ZN1m7produce17h7e31ce468411c57a", NULL);
	expect_name("_ZN99999999999999999999m17h7e31ce468411c57aE", NULL);
	expect_name("_ZN17h7e31ce468411c57aE", NULL);
}

static void names_that_nobody_knows_stay(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	demangle(&got, "_RNvCskwGfYPst2Cb_3foo3bar");
	strbuf_addch(&got, ' ');
	demangle(&got, "_Z");
	strbuf_addch(&got, ' ');
	demangle(&got, "push_block");
	assert_string_equal(got.buf, "_RNvCskwGfYPst2Cb_3foo3bar _Z push_block");
}

static int parse(const char *text, struct stack_traces *ret)
{
	_cleanup_free_ char *copy = xstrdup(text);

	return stack_traces_parse(copy, strlen(copy), ret);
}

#define FRAMES                                        \
	"frame\tfree\t/lib/libje.so\t\t0\t0\t0\n"     \
	"frame\t\t/lib/libje.so\t\t0\t0\t4660\n"      \
	"frame\tpush\t/bin/p\tchannel.c\t123\t1\t0\n" \
	"frame\t\t\t\t0\t0\t0\n"

static void lines_become_stacks(void **state)
{
	struct stack_traces traces;

	assert_int_equal(parse(FRAMES "stack\tp\t0\t0\t0\t30\t1\t1,0,2\n"
				      "stack\tp\t0\t0\t0\t50\t1\t3\n"
				      "stack\tp\t0\t0\t0\t40\t1\t1,0,2\n"
				      "stack\tq\t0\t0\t1\t40\t1\t1,0,2\n"
				      "cut\t/lib/a.so\t0\t10\ncut\t/lib/b.so\t1\t30\nend\t7\n",
			       &traces),
			 0);
	assert_int_equal(traces.frame_count, 4);
	assert_string_equal(traces.frames[0].function, "free");
	assert_null(traces.frames[1].function);
	assert_int_equal(traces.frames[1].offset, 4660);
	assert_string_equal(traces.frames[2].file, "channel.c");
	assert_int_equal(traces.frames[2].line, 123);
	assert_true(traces.frames[2].inlined);
	assert_null(traces.frames[3].module);
	assert_int_equal(traces.trace_count, 3);
	/* The same stack twice is one; most pages come first. */
	assert_int_equal(traces.traces[0].pages, 70);
	assert_int_equal(traces.traces[0].samples, 2);
	assert_int_equal(traces.traces[0].frame_count, 3);
	assert_int_equal(traces.traces[0].frames[2], 2);
	assert_int_equal(traces.traces[1].pages, 50);
	assert_string_equal(traces.traces[2].process, "q");
	assert_true(traces.traces[2].cut);
	assert_string_equal(traces.cut_in, "/lib/b.so");
	assert_true(traces.too_deep);
	assert_int_equal(traces.unread, 7);
	stack_traces_release(&traces);
}

static void other_lines_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"end\t",
		"end\t7",
		"end\n",
		FRAMES,
		"what\t1\nend\t0\n",
		"frame\tfree\nend\t0\n",
		"frame\tfree\t/lib\t\t-1\t0\t0\nend\t0\n",
		"frame\tfree\t/lib\t\t0\t2\t0\nend\t0\n",
		FRAMES "stack\tp\t0\t0\t0\t30\t1\t4\nend\t0\n",
		FRAMES "stack\tp\t0\t0\t0\t30\t1\t\nend\t0\n",
		FRAMES "stack\tp\t0\t0\t0\t30\t1\nend\t0\n",
		FRAMES "stack\tp\t0\t0\t0\t30\t1\t1,,2\nend\t0\n",
		FRAMES "stack\tp\t99\t0\t0\t30\t1\t1\nend\t0\n",
		FRAMES "stack\tp\t0\t0\t0\t99999999999999999999\t1\t1\nend\t0\n",
		FRAMES "cut\t/lib\t0\tmany\nend\t0\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct stack_traces traces;

		if (parse(bad[i], &traces) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(traces.frame_count, 0);
		assert_int_equal(traces.trace_count, 0);
	}
}

/* A copy of this program in memory. */
static int copy_self(size_t *ret_bytes)
{
	_cleanup_close_ int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("copy", MFD_CLOEXEC);
	char chunk[65536];
	ssize_t n;

	assert_true(self >= 0 && fd >= 0);
	*ret_bytes = 0;
	while ((n = read(self, chunk, sizeof(chunk))) > 0) {
		assert_int_equal(write(fd, chunk, (size_t)n), n);
		*ret_bytes += (size_t)n;
	}
	return fd;
}

/* Where this program's own code lies in its file. */
static void find_code(uint64_t *ret_offset, uint64_t *ret_bytes)
{
	_cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t code = (uint64_t)(uintptr_t)find_code;
	unsigned long long start, end, offset;
	char line[4096];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%llx-%llx %*s %llx", &start, &end, &offset) != 3 ||
		    code < start || code >= end)
			continue;
		*ret_offset = offset;
		*ret_bytes = end - start;
		return;
	}
	fail_msg("this program's code is not mapped");
}

/* A log with one stack, of a program whose code is that file. Takes the descriptor. */
static struct stack_log *log_of(int fd)
{
	uint64_t offset, bytes;

	struct stack_log *log = stack_log_new();
	struct mapped_file *file = ARRAY_PUSH(log->files, log->file_count, log->file_alloc);
	struct tax_stack *stack;

	*file = (struct mapped_file){ xstrdup("/copy"), 0, 1, fd };
	find_code(&offset, &bytes);
	map(log, 1, 1, 0x400000, bytes, offset, 0);
	stack = add_stack(log, 2, 1, 1);
	stack->stack_bytes = sizeof(stack->stack);
	for (size_t i = 0; i < ARRAY_SIZE(stack->regs); i++)
		stack->regs[i] = 0x400000 + bytes / 2;
	for (size_t i = 0; i < sizeof(stack->stack); i += 8) {
		uint64_t address = 0x400000 + (i * 37) % bytes;

		memcpy(stack->stack + i, &address, sizeof(address));
	}
	return log;
}

/* Bytes changed in the headers, the tables' places, and anywhere. */
static void damage(int fd, size_t bytes, uint64_t seed)
{
	struct random random;
	unsigned char byte;

	random_init(&random, seed);
	for (int i = 0; i < 40; i++) {
		size_t range = i < 10 ? 1024 : bytes;
		off_t at = (off_t)random_below(&random, range);

		byte = (unsigned char)random_below(&random, 256);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
}

/* Nothing can be said of it but where it was. */
static void a_file_that_cannot_be_read_is_still_named(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct stack_traces traces;
	struct stack_log *log;

	if (symbolise_check(NULL) < 0)
		skip();
	log = log_of(-1);
	assert_int_equal(symbolise(log, &rights_nobody, &traces, &err), 0);
	assert_int_equal(traces.trace_count, 1);
	assert_true(traces.traces[0].cut);
	assert_null(traces.frames[0].function);
	assert_string_equal(traces.frames[0].module, "/copy");
	assert_int_equal(traces.unread, 0);
	stack_traces_release(&traces);
	stack_log_free(log);
}

/* The descriptors of a log can be many, and their numbers high. */
static void a_file_among_thousands_is_read(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct stack_traces traces;
	struct rlimit limit;
	size_t bytes;

	if (symbolise_check(NULL) < 0)
		skip();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	const struct rlimit before = limit;
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < 2 * FILES)
		skip();
	struct stack_log *log = log_of(copy_self(&bytes));
	for (int i = 1; i < FILES; i++)
		*ARRAY_PUSH(log->files, log->file_count, log->file_alloc) = (struct mapped_file){
			.path = xstrdup("/other"),
			.inode = 1,
			.fd = fcntl(log->files[0].fd, F_DUPFD_CLOEXEC, 3),
		};
	/* The one that is read is the last that was opened. */
	struct mapped_file first = log->files[0];
	log->files[0].fd = log->files[FILES - 1].fd;
	log->files[FILES - 1].fd = first.fd;
	assert_true(log->files[0].fd >= FILES - 1);
	assert_int_equal(symbolise(log, &rights_nobody, &traces, &err), 0);
	assert_non_null(traces.frames[0].function);
	assert_int_equal(traces.harmful_count, 0);
	stack_traces_release(&traces);
	stack_log_free(log);
	setrlimit(RLIMIT_NOFILE, &before);
}

static void damaged_files_do_no_harm(void **state)
{
	if (symbolise_check(NULL) < 0)
		skip();
	for (uint64_t seed = 0; seed < 40; seed++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct stack_traces traces;
		size_t bytes;
		int fd = copy_self(&bytes);

		if (seed)
			damage(fd, bytes, seed);
		if (seed % 8 == 7)
			assert_int_equal(ftruncate(fd, (off_t)(bytes / (seed + 1))), 0);
		struct stack_log *log = log_of(fd);
		int r = symbolise(log, &rights_nobody, &traces, &err);
		/* A crash of the reader is an error with its reason, and nothing more. */
		assert_true(r == 0 || err.message);
		if (!seed) {
			assert_int_equal(traces.trace_count, 1);
			assert_non_null(traces.frames[0].function);
		}
		stack_traces_release(&traces);
		stack_log_free(log);
	}
}

/* The file of one of the fuzzer's inputs, and where in it the code runs. */
static struct stack_log *log_of_input(const char *name)
{
	_cleanup_free_ char *path =
		xasprintf("%s/tests/fuzz/corpus/unwind/%s", getenv("MADVISOR_SOURCE"), name);
	_cleanup_strbuf_ struct strbuf input = STRBUF_INIT;
	const size_t before = 32; /* fuzz-unwind.c: struct control */
	uint16_t counter;

	assert_int_equal(strbuf_read_file(&input, path, 1 << 20), 0);
	int fd = memfd_create("input", MFD_CLOEXEC);
	assert_int_equal(write(fd, input.buf + before, input.len - before), input.len - before);
	memcpy(&counter, input.buf, sizeof(counter));

	struct stack_log *log = stack_log_new();
	struct mapped_file *file = ARRAY_PUSH(log->files, log->file_count, log->file_alloc);
	*file = (struct mapped_file){ xstrdup("/input"), 0, 1, fd };
	map(log, 1, 1, 0x400000, 0x1000, 0, 0);
	struct tax_stack *stack = add_stack(log, 2, 1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(stack->regs); i++)
		stack->regs[i] = 0x400000 + counter;
	return log;
}

/* The first frame's function. Caller frees. */
static char *function_in(const char *name, uint64_t deadline_ns)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct stack_log *log = log_of_input(name);
	struct stack_traces traces;
	const struct unwinding unwinding = {
		.log = log,
		.deadline_ns = clock_now_ns(&clock_real) + deadline_ns,
	};

	unwind_write(&unwinding, &text);
	assert_int_equal(stack_traces_parse(text.buf, text.len, &traces), 0);
	char *function = TAKE_PTR(traces.frames[0].function);
	stack_traces_release(&traces);
	stack_log_free(log);
	return function;
}

static void a_tree_that_never_ends_ends_in_time(void **state)
{
	static const char *const names[] = { "nested", "circular" };

	if (symbolise_check(NULL) < 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t start_ns = clock_now_ns(&clock_real);

		alarm(60); /* ends the test where the walk has no end */
		_cleanup_free_ char *function = function_in(names[i], NS_PER_SEC / 5);
		alarm(0);
		/* The symbol's name is had without the tree. */
		assert_string_equal(function, "entry");
		assert_true(clock_now_ns(&clock_real) - start_ns < 20 * NS_PER_SEC);
	}
}

static void a_name_is_qualified_by_the_tree(void **state)
{
	if (symbolise_check(NULL) < 0)
		skip();
	_cleanup_free_ char *function = function_in("qualified", 20 * NS_PER_SEC);
	assert_string_equal(function, "alloc::vec::push");
}

/* Where a function's code lies in the file of a library. */
static uint64_t find_function(int fd, const char *name)
{
	size_t bytes = (size_t)lseek(fd, 0, SEEK_END);
	const char *image = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
	uint64_t found = 0;

	assert_true(image != MAP_FAILED);
	const Elf64_Shdr *sections = (const Elf64_Shdr *)(image + header->e_shoff);
	for (size_t i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_type != SHT_DYNSYM)
			continue;
		const Elf64_Sym *symbols = (const Elf64_Sym *)(image + sections[i].sh_offset);
		const char *names = image + sections[sections[i].sh_link].sh_offset;
		for (size_t k = 0; k < sections[i].sh_size / sizeof(*symbols); k++) {
			const Elf64_Shdr *section = &sections[symbols[k].st_shndx];

			if (!strcmp(names + symbols[k].st_name, name))
				found = symbols[k].st_value - section->sh_addr + section->sh_offset;
		}
	}
	munmap((void *)image, bytes);
	assert_true(found);
	return found;
}

/* A log with one stack of two functions: the inner one in that file, the outer one nowhere. */
static struct stack_log *log_in(const char *path, const char *function)
{
	struct stack_log *log = stack_log_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	*ARRAY_PUSH(log->files, log->file_count, log->file_alloc) =
		(struct mapped_file){ .path = xstrdup(path), .inode = 1, .fd = fd };
	uint64_t offset = find_function(fd, function);
	map(log, 1, 1, 0x400000, 0x10000, offset / 4096 * 4096, 0);
	struct tax_stack *stack = add_stack(log, 2, 1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(stack->regs); i++)
		stack->regs[i] = 0x400000 + offset % 4096 + 16;
	return log;
}

/* The reader that hangs costs the names of that file, and the next one says the rest. */
static void endless_debug_information_costs_the_names_of_its_file(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct stack_traces traces;
	struct stack_log *log;

	if (symbolise_check(NULL) < 0)
		skip();
	log = log_in(FIXTURE_DIR "/libfixture-endless.so", "endless_function");
	uint64_t start_ns = clock_now_ns(&clock_real);
	assert_int_equal(symbolise(log, &rights_nobody, &traces, &err), 0);
	assert_true(clock_now_ns(&clock_real) - start_ns < 20 * NS_PER_SEC);
	assert_int_equal(traces.trace_count, 1);
	assert_null(traces.frames[0].function);
	assert_string_equal(traces.frames[0].module, log->files[0].path);
	assert_int_equal(traces.harmful_count, 1);
	assert_string_equal(traces.harmful[0].path, log->files[0].path);
	assert_string_equal(traces.harmful[0].why, "took too long");
	assert_true(traces.harmful[0].names_only);
	stack_traces_release(&traces);
	stack_log_free(log);
}

/* Reading what is no longer there ends the reader by SIGBUS: the stacks are there all the same. */
static void a_file_that_shrinks_while_it_is_read_ends_no_more_than_its_reader(void **state)
{
	size_t harmed = 0, bytes;

	if (symbolise_check(NULL) < 0)
		skip();
	_cleanup_close_ int fd = copy_self(&bytes);
	_cleanup_free_ char *contents = xcalloc(bytes, 1);
	assert_int_equal(pread(fd, contents, bytes, 0), bytes);
	struct shrinking shrinking = { .fd = fd, .contents = contents, .bytes = bytes };
	shrinking_start(&shrinking);
	for (int tries = 0; tries < TRIES_MAX && !harmed; tries++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct stack_log *log = log_of(fcntl(fd, F_DUPFD_CLOEXEC, 3));
		struct stack_traces traces;

		if (symbolise(log, &rights_nobody, &traces, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(traces.trace_count, 1);
		for (size_t i = 0; i < traces.harmful_count; i++)
			harmed += strstr(traces.harmful[i].why, "Bus error") != NULL;
		stack_traces_release(&traces);
		stack_log_free(log);
	}
	shrinking_stop(&shrinking);
	assert_true(harmed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_sees_the_mappings_of_its_moment),
		cmocka_unit_test(children_share_until_they_differ),
		cmocka_unit_test(what_was_read_late_holds_from_the_beginning),
		cmocka_unit_test(mappings_that_make_no_sense_are_left_out),
		cmocka_unit_test(rust_names_are_plain),
		cmocka_unit_test(names_that_nobody_knows_stay),
		cmocka_unit_test(lines_become_stacks),
		cmocka_unit_test(other_lines_are_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_is_still_named),
		cmocka_unit_test(a_file_among_thousands_is_read),
		cmocka_unit_test(damaged_files_do_no_harm),
		cmocka_unit_test(a_tree_that_never_ends_ends_in_time),
		cmocka_unit_test(a_name_is_qualified_by_the_tree),
		cmocka_unit_test(endless_debug_information_costs_the_names_of_its_file),
		cmocka_unit_test(a_file_that_shrinks_while_it_is_read_ends_no_more_than_its_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
