/* SPDX-License-Identifier: MIT */
#include "stacks/symbolise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/confined.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "stacks/unwind.h"

/*
 * For all readers together, so that no file of a program delays its report by more than ten seconds. A
 * reader stops by itself before, with the stacks that it has read.
 */
#define ALL_NS (9 * NS_PER_SEC)
#define MEMORY_BYTES (8ULL << 30) /* elfutils maps files so that they count as its own memory */

enum {
	TEXT_MAX_BYTES = 64 << 20,
	READERS_MAX = 8,
	/* Of descriptors beyond one for each file: the libraries' own. */
	DESCRIPTORS_SPARE = 256,
	/*
	 * For one frame, or one name: the first of a file may take all of its debug information. Twice as long where the
	 * machine is busy with other work.
	 */
	STEP_SECONDS = 3,
};

/* A reader's progress, in memory shared with madvisor, which sees there what ended the reader. */
struct naming {
	size_t file; /* that is being read: its place in the log's files, and 1; 0: none yet */
	bool naming;
	bool stalled; /* one step took too long, and the reader ended itself */
};

/* Global for the signal handler. */
static volatile struct naming *own_progress;

/* CPU time of this process when its step began. */
static uint64_t step_began_ns;
static volatile sig_atomic_t is_extended;

static uint64_t own_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static void end_stalled(int signal)
{
	if (!is_extended && own_cpu_ns() - step_began_ns < STEP_SECONDS * NS_PER_SEC / 2) {
		is_extended = true;
		alarm(STEP_SECONDS);
		return;
	}
	own_progress->stalled = true;
	_exit(1);
}

static void begin_step(void *context, size_t file, bool naming)
{
	own_progress->file = file + 1;
	own_progress->naming = naming;
	is_extended = false;
	step_began_ns = own_cpu_ns();
	alarm(STEP_SECONDS);
}

static int read_stacks(void *argument, struct strbuf *answer, struct error *err)
{
	const struct unwinding *unwinding = argument;

	own_progress = unwinding->context;
	signal(SIGALRM, end_stalled);
	/* elfutils would ask the network. */
	unsetenv("DEBUGINFOD_URLS");
	unwind_write(argument, answer);
	return 0;
}

static int run_reader(struct unwinding *unwinding, const struct rights *rights, uint64_t time_ns,
		      struct strbuf *text, struct error *err)
{
	const struct stack_log *log = unwinding->log;
	_cleanup_free_ int *keep = xcalloc(log->file_count + 1, sizeof(*keep));
	size_t count = 0;

	for (size_t i = 0; i < log->file_count; i++)
		if (log->files[i].fd >= 0)
			keep[count++] = log->files[i].fd;
	/* A file may be opened twice more: for the process that is walked, and for its debug information. */
	const struct confined confined = {
		.rights = rights,
		.timeout_ns = time_ns,
		.memory_bytes = MEMORY_BYTES,
		.answer_max = TEXT_MAX_BYTES,
		.descriptors = (unsigned int)(3 * log->file_count + DESCRIPTORS_SPARE),
		.keep = keep,
		.keep_count = count,
	};
	/* The reader ends by itself, with partial results, before it is killed. */
	unwinding->deadline_ns = clock_now_ns(&clock_real) + time_ns / 3 * 2;
	*(struct naming *)unwinding->context = (struct naming){ 0 };
	return confined_call(&confined, read_stacks, unwinding, text, err);
}

/*
 * Makes the next reader read less of the file that ended the last one. The reader itself names the
 * file; a wrong name only wastes a try. False if it is not known, or is left out already.
 */
static bool leave_out(const struct unwinding *unwinding, unsigned char *use, const char *why,
		      struct stack_traces *traces)
{
	const struct naming progress = *(const struct naming *)unwinding->context;
	size_t index = progress.file - 1;

	if (!progress.file || index >= unwinding->log->file_count || use[index] == FILE_UNREAD)
		return false;
	bool names_only = progress.naming && use[index] == FILE_READ;
	use[index] = names_only ? FILE_UNNAMED : FILE_UNREAD;
	*ARRAY_PUSH(traces->harmful, traces->harmful_count, traces->harmful_alloc) =
		(struct harmful_file){
			.path = xstrdup(unwinding->log->files[index].path),
			.why = xstrdup(progress.stalled ? "took too long" : why),
			.names_only = names_only,
		};
	return true;
}

/* One reader after the other, each with less to read. */
static int run_readers(struct unwinding *unwinding, unsigned char *use, const struct rights *rights,
		       struct strbuf *text, struct stack_traces *traces, struct error *err)
{
	uint64_t end_ns = clock_now_ns(&clock_real) + ALL_NS;

	for (int readers = 1;; readers++) {
		_cleanup_error_ struct error why = ERROR_INIT;
		uint64_t now_ns = clock_now_ns(&clock_real);
		uint64_t left_ns = now_ns < end_ns ? end_ns - now_ns : 0;
		int r = run_reader(unwinding, rights, left_ns, text, &why);

		if (r >= 0)
			return 0;
		now_ns = clock_now_ns(&clock_real);
		if (readers < READERS_MAX && now_ns + NS_PER_SEC < end_ns &&
		    leave_out(unwinding, use, why.message, traces)) {
			strbuf_truncate(text, 0);
			continue;
		}
		return error_set(err, ERROR_MACHINE, -r,
				 "stacks cannot be read: the reader of the program's files %s",
				 why.message);
	}
}

int symbolise(const struct stack_log *log, const struct rights *rights, struct stack_traces *ret,
	      struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ unsigned char *use = xcalloc(log->file_count + 1, 1);
	struct stack_traces harmed = { 0 };
	int r = symbolise_check(err);

	*ret = (struct stack_traces){ 0 };
	if (r < 0 || !log->stack_count)
		return r;
	struct naming *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return error_set(err, ERROR_MACHINE, errno, "stacks cannot be read: %s",
				 strerror(errno));
	struct unwinding unwinding = {
		.log = log,
		.use = use,
		.begin_step = begin_step,
		.context = progress,
	};
	r = run_readers(&unwinding, use, rights, &text, &harmed, err);
	munmap(progress, sizeof(*progress));
	if (r == 0 && stack_traces_parse(text.buf, text.len, ret) < 0)
		r = error_set(err, ERROR_MACHINE, EBADMSG,
			      "stacks cannot be read: the reader of the program's files gave no "
			      "proper answer");
	if (r < 0) {
		stack_traces_release(&harmed);
		return r;
	}
	ret->harmful = harmed.harmful;
	ret->harmful_count = harmed.harmful_count;
	return 0;
}

static const char *next_field(char **rest)
{
	return *rest ? strsep(rest, "\t") : "";
}

/* Empty is unknown. */
static char *next_text(char **rest)
{
	const char *text = next_field(rest);

	return *text ? xstrdup(text) : NULL;
}

static uint64_t next_number(char **rest, uint64_t max, bool *ret_bad)
{
	uint64_t value = 0;

	if (parse_u64(next_field(rest), &value) < 0 || value > max) {
		*ret_bad = true;
		return 0;
	}
	return value;
}

static bool take_frame(struct stack_traces *traces, char *rest)
{
	struct stack_frame *frame =
		ARRAY_PUSH(traces->frames, traces->frame_count, traces->frame_alloc);
	bool bad = false;

	frame->function = next_text(&rest);
	frame->module = next_text(&rest);
	frame->file = next_text(&rest);
	frame->line = (unsigned int)next_number(&rest, UINT32_MAX, &bad);
	frame->inlined = next_number(&rest, 1, &bad);
	frame->offset = next_number(&rest, UINT64_MAX, &bad);
	return !bad;
}

static bool take_stack(struct stack_traces *traces, char *rest)
{
	struct stack_trace *trace =
		ARRAY_PUSH(traces->traces, traces->trace_count, traces->trace_alloc);
	size_t alloc = 0;
	bool bad = false;

	trace->process = xstrdup(next_field(&rest));
	trace->kind = (uint32_t)next_number(&rest, TAX_STACK_KINDS - 1, &bad);
	trace->area = (uint32_t)next_number(&rest, TAX_AREAS - 1, &bad);
	trace->cut = next_number(&rest, 1, &bad);
	trace->pages = next_number(&rest, UINT64_MAX >> 16, &bad);
	trace->samples = next_number(&rest, UINT32_MAX, &bad);
	for (char *numbers = rest; numbers && !bad;) {
		const char *number = strsep(&numbers, ",");
		uint64_t index = 0;

		bad = parse_u64(number, &index) < 0 || index >= traces->frame_count;
		*ARRAY_PUSH(trace->frames, trace->frame_count, alloc) = (uint32_t)index;
	}
	return !bad && trace->frame_count;
}

/* Keeps the cause with the most pages. */
static bool take_cut(struct stack_traces *traces, char *rest, uint64_t *most)
{
	_cleanup_free_ char *module = next_text(&rest);
	bool bad = false;
	bool too_deep = next_number(&rest, 1, &bad);
	uint64_t pages = next_number(&rest, UINT64_MAX, &bad);

	if (!bad && pages > *most) {
		*most = pages;
		free(traces->cut_in);
		traces->cut_in = TAKE_PTR(module);
		traces->too_deep = too_deep;
	}
	return !bad;
}

static int compare_frames(const struct stack_trace *x, const struct stack_trace *y)
{
	if (x->frame_count != y->frame_count)
		return x->frame_count < y->frame_count ? -1 : 1;
	return memcmp(x->frames, y->frames, x->frame_count * sizeof(*x->frames));
}

static int compare_same(const void *a, const void *b)
{
	const struct stack_trace *x = a, *y = b;
	int order = strcmp(x->process, y->process);

	if (order)
		return order;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	if (x->cut != y->cut)
		return x->cut ? 1 : -1;
	return compare_frames(x, y);
}

static int compare_pages(const void *a, const void *b)
{
	const struct stack_trace *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return compare_same(a, b);
}

static void release_trace(struct stack_trace *trace)
{
	free(trace->process);
	free(trace->frames);
}

static void merge(struct stack_traces *traces)
{
	size_t kept = 0;

	if (!traces->trace_count)
		return;
	qsort(traces->traces, traces->trace_count, sizeof(*traces->traces), compare_same);
	for (size_t i = 1; i < traces->trace_count; i++) {
		struct stack_trace *last = &traces->traces[kept], *next = &traces->traces[i];

		if (compare_same(last, next) != 0) {
			traces->traces[++kept] = *next;
			continue;
		}
		last->pages += next->pages;
		last->samples += next->samples;
		release_trace(next);
	}
	traces->trace_count = kept + 1;
	qsort(traces->traces, traces->trace_count, sizeof(*traces->traces), compare_pages);
}

int stack_traces_parse(char *text, size_t len, struct stack_traces *ret)
{
	uint64_t most = 0;
	char *rest = text;
	bool good = strlen(text) == len, ended = false;

	*ret = (struct stack_traces){ 0 };
	while (good && !ended && rest && *rest) {
		char *line = strsep(&rest, "\n");
		const char *what = strsep(&line, "\t");

		if (!strcmp(what, "frame"))
			good = take_frame(ret, line);
		else if (!strcmp(what, "stack"))
			good = take_stack(ret, line);
		else if (!strcmp(what, "cut"))
			good = take_cut(ret, line, &most);
		else if (!strcmp(what, "end"))
			ended = rest != NULL && line && parse_u64(line, &ret->unread) == 0;
		else
			good = false;
	}
	if (good && ended) {
		merge(ret);
		return 0;
	}
	stack_traces_release(ret);
	return -EBADMSG;
}

void stack_traces_release(struct stack_traces *traces)
{
	if (!traces)
		return;
	for (size_t i = 0; i < traces->frame_count; i++) {
		free(traces->frames[i].function);
		free(traces->frames[i].module);
		free(traces->frames[i].file);
	}
	for (size_t i = 0; i < traces->trace_count; i++)
		release_trace(&traces->traces[i]);
	for (size_t i = 0; i < traces->harmful_count; i++) {
		free(traces->harmful[i].path);
		free(traces->harmful[i].why);
	}
	free(traces->harmful);
	free(traces->frames);
	free(traces->traces);
	free(traces->cut_in);
	*traces = (struct stack_traces){ 0 };
}
