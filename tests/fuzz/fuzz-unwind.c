/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the file that a stack's code is in, and any addresses on the stack. The reader must end in time, and write
 * what stack_traces_parse() takes. libdw itself may crash on such files, which a child is there for; its faults show
 * here as they do there.
 *
 * An input is CONTROL_BYTES that say where the code runs and what is on the stack, then the file. The seeds are of a
 * small shared library, with debug information, compressed, and without:
 *
 *   g++ -O2 -fPIC -shared -nostdlib -fno-exceptions -fasynchronous-unwind-tables -Wl,-z,noseparate-code
 *   -Wl,--build-id=none -Wl,-z,norelro, and -g, -gdwarf-4 -gz, or -s
 *
 * and of three whose debug information was written by hand, in assembler: a function that is its own declaration
 * (circular), entries whose next sibling is their own first child (nested), and a name in two namespaces (qualified).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "stacks/stack-log.h"
#include "stacks/symbolise.h"
#include "stacks/unwind.h"

#define CODE UINT64_C(0x400000)
#define STACK UINT64_C(0x7f0000000000)
#define DEADLINE_NS (20 * NS_PER_MS) /* or inputs that use it up take all the time there is */
#define LONGEST_NS (5 * NS_PER_SEC)  /* under sanitizers, on a busy machine */

#if defined(__x86_64__)
enum { STACK_POINTER = 19, PROGRAM_COUNTER = 16 }; /* struct pt_regs */
#else
enum { STACK_POINTER = 31, PROGRAM_COUNTER = 32 }; /* struct user_pt_regs */
#endif

/* Places are bytes from the start of the code. */
struct control {
	uint16_t counter;
	uint16_t mapping_page; /* of the file */
	uint16_t registers;    /* what they hold but for the two: bytes above the stack pointer */
	uint16_t kind;
	uint16_t on_stack[12];
};

enum { CONTROL_BYTES = sizeof(struct control) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* As in the child: nothing is asked of the network. */
	unsetenv("DEBUGINFOD_URLS");
	return 0;
}

static void add_stack(struct stack_log *log, const struct control *control)
{
	struct tax_stack *stack = xcalloc(1, sizeof(*stack));

	stack->ns = 2;
	stack->tgid = 1;
	stack->weight = 1;
	stack->kind = control->kind % TAX_STACK_KINDS;
	stack->stack_bytes = sizeof(stack->stack);
	memcpy(stack->comm, "a\tb\n", 4);
	for (size_t i = 0; i < ARRAY_SIZE(stack->regs); i++)
		stack->regs[i] = STACK + control->registers;
	stack->regs[STACK_POINTER] = STACK;
	stack->regs[PROGRAM_COUNTER] = CODE + control->counter;
	for (size_t i = 0; i < sizeof(stack->stack) / 8; i++) {
		uint16_t place = control->on_stack[i % ARRAY_SIZE(control->on_stack)];
		/* Odd ones are places on the stack: frame pointers. */
		uint64_t word = (place & 1 ? STACK : CODE) + place;

		memcpy(stack->stack + 8 * i, &word, sizeof(word));
	}
	*ARRAY_PUSH(log->stacks, log->stack_count, log->stack_alloc) = stack;
}

static struct stack_log *log_of(int fd, size_t bytes, const struct control *control)
{
	struct stack_log *log = stack_log_new();
	struct mapped_file *file = ARRAY_PUSH(log->files, log->file_count, log->file_alloc);
	struct mapping_event *event = ARRAY_PUSH(log->events, log->event_count, log->event_alloc);

	*file = (struct mapped_file){ xstrdup("/no/such/file"), 0, 1, fd };
	*event = (struct mapping_event){
		.ns = 1,
		.change = MAPPING_ADDED,
		.tgid = 1,
		.start = CODE,
		.bytes = bytes + 4096,
		.offset = 4096u * (control->mapping_page % 16),
	};
	add_stack(log, control);
	return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stack_traces traces;
	struct control control;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (size < CONTROL_BYTES || symbolise_check(NULL) < 0)
		return 0;
	memcpy(&control, data, CONTROL_BYTES);
	data += CONTROL_BYTES;
	size -= CONTROL_BYTES;
	int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	struct stack_log *log = log_of(fd, size, &control);
	uint64_t start_ns = clock_now_ns(&clock_real);
	const struct unwinding unwinding = { .log = log, .deadline_ns = start_ns + DEADLINE_NS };

	unwind_write(&unwinding, &text);
	if (clock_now_ns(&clock_real) - start_ns > LONGEST_NS)
		abort();
	if (stack_traces_parse(text.buf, text.len, &traces) < 0 ||
	    traces.trace_count + traces.unread != 1)
		abort();
	stack_traces_release(&traces);
	stack_log_free(log);
	return 0;
}
