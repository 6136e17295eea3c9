/* SPDX-License-Identifier: MIT */
#include "stacks/stack-log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/xalloc.h"

#define FIRST (TAX_CALLS + TAX_FAULT_FIRST)
#define MAP (TAX_STACK_CALL + TAX_CALL_MMAP)

/* One without a stack; its program counter tells it from others. */
static struct tax_stack *add(struct stack_log *log, uint32_t kind, uint64_t ns, uint64_t address)
{
	struct tax_stack *stack = xcalloc(1, sizeof(*stack));

	stack->kind = kind;
	stack->ns = ns;
	stack->tgid = 7;
	stack->weight = 3;
	stack->address = address;
	stack->bytes = kind == MAP ? 0x10000 : 0;
	stack->area = TAX_AREA_ANONYMOUS;
	stack->regs[0] = ns;
	*ARRAY_PUSH(log->stacks, log->stack_count, log->stack_alloc) = stack;
	return stack;
}

static void a_touch_gets_the_stack_of_the_last_call_that_mapped_it(void **state)
{
	struct stack_log *log = stack_log_new();

	add(log, MAP, 10, 0x100000);
	add(log, MAP, 20, 0x100000);
	add(log, MAP, 40, 0x100000); /* only later */
	add(log, FIRST, 30, 0x10ffff);
	add(log, FIRST, 30, 0x110000); /* beyond */
	add(log, FIRST, 30, 0x100000)->tgid = 8;
	stack_log_settle(log);
	assert_int_equal(log->stacks[3]->area, TAX_AREA_MAPPED);
	assert_int_equal(log->stacks[3]->kind, FIRST);
	assert_int_equal(log->stacks[3]->weight, 3);
	assert_int_equal(log->stacks[3]->regs[0], 20);
	assert_int_equal(log->stacks[4]->area, TAX_AREA_ANONYMOUS);
	assert_int_equal(log->stacks[5]->area, TAX_AREA_ANONYMOUS);
	stack_log_free(log);
}

static void code_is_told_by_its_file(void **state)
{
	struct stack_log *log = stack_log_new();
	struct tax_stack *code = add(log, FIRST, 1, 0x1000), *other = add(log, FIRST, 1, 0x2000),
			 *shared = add(log, FIRST, 1, 0x3000);

	*ARRAY_PUSH(log->files, log->file_count, log->file_alloc) =
		(struct mapped_file){ .path = xstrdup("/lib/l.so"), .inode = 5, .fd = -1 };
	*ARRAY_PUSH(log->files, log->file_count, log->file_alloc) =
		(struct mapped_file){ .path = xstrdup("[vdso]"), .fd = -1 };
	code->area = other->area = shared->area = TAX_AREA_FILE;
	code->inode = 5;
	other->inode = 6;
	stack_log_settle(log);
	assert_int_equal(log->stacks[0]->area, TAX_AREA_CODE);
	assert_int_equal(log->stacks[1]->area, TAX_AREA_FILE);
	assert_int_equal(log->stacks[2]->area, TAX_AREA_FILE);
	stack_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_touch_gets_the_stack_of_the_last_call_that_mapped_it),
		cmocka_unit_test(code_is_told_by_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
