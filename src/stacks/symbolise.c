/* SPDX-License-Identifier: MIT */
#include "stacks/symbolise.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "stacks/unwind.h"

#define TIME_NS (20 * NS_PER_SEC)     /* for what the child can stop by itself */
#define PATIENCE_NS (30 * NS_PER_SEC) /* then it is killed */

enum {
	TEXT_MAX_BYTES = 64 << 20,
	CPU_SECONDS = 30,
	DESCRIPTORS_MAX = 65536,
};

static bool is_kept(const struct stack_log *log, int fd, int out)
{
	if (fd == out)
		return true;
	for (size_t i = 0; i < log->file_count; i++)
		if (log->files[i].fd == fd)
			return true;
	return false;
}

/* Without madvisor's rights, its descriptors, and the way to the network that elfutils would take. */
static int become_harmless(const struct stack_log *log, uid_t uid, gid_t gid, int out)
{
	const struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS }, none = { 0, 0 };
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = { 0 };
	struct rlimit descriptors;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0)
		return -errno;
	for (int fd = 0; fd < (int)descriptors.rlim_cur && fd < DESCRIPTORS_MAX; fd++)
		if (!is_kept(log, fd, out))
			close(fd);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	unsetenv("DEBUGINFOD_URLS");
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
			       setresuid(uid, uid, uid) < 0))
		return -errno;
	if (syscall(SYS_capset, &header, &nothing) < 0)
		return -errno;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}

static void child_main(const struct stack_log *log, uid_t uid, gid_t gid, int out)
{
	FILE *stream;

	if (become_harmless(log, uid, gid, out) < 0)
		_exit(1);
	stream = fdopen(out, "w");
	if (!stream)
		_exit(1);
	unwind_write(log, clock_now_ns(&clock_real) + TIME_NS, stream);
	_exit(fclose(stream) == 0 ? 0 : 1);
}

/* Until the child has said all, or talks too much or too long. */
static void listen_to(int fd, struct strbuf *text)
{
	static char chunk[65536];
	uint64_t end_ns = clock_now_ns(&clock_real) + PATIENCE_NS;

	for (;;) {
		struct pollfd item = { fd, POLLIN, 0 };
		uint64_t now_ns = clock_now_ns(&clock_real);
		ssize_t n;

		if (now_ns >= end_ns || text->len > TEXT_MAX_BYTES)
			return;
		if (poll(&item, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			strbuf_add(text, chunk, (size_t)n);
		else if (n == 0 || errno != EINTR)
			return;
	}
}

static int run_child(const struct stack_log *log, uid_t uid, gid_t gid, struct strbuf *text,
		     int *ret_status)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child_main(log, uid, gid, ends[1]);
	}
	int code = errno;
	close(ends[1]);
	if (pid > 0) {
		listen_to(ends[0], text);
		kill(pid, SIGKILL); /* which does nothing to one that has ended */
		while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return pid < 0 ? -code : 0;
}

int symbolise(const struct stack_log *log, uid_t uid, gid_t gid, struct stack_traces *ret,
	      struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int status = 0, r = symbolise_check(err);

	*ret = (struct stack_traces){ 0 };
	if (r < 0 || !log->stack_count)
		return r;
	r = run_child(log, uid, gid, &text, &status);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "stacks cannot be read: %s", strerror(-r));
	r = stack_traces_parse(text.buf, text.len, ret);
	if (r < 0 && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		return error_set(
			err, ERROR_MACHINE, -r,
			"stacks cannot be read: a file of the program made their reader crash (%s)",
			strsignal(WTERMSIG(status)));
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r,
				 "stacks cannot be read: their reader took too long or failed");
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
	trace->kind = (uint32_t)next_number(&rest, TAX_CALLS + TAX_FAULTS - 1, &bad);
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

/* Remembers the cause of most. */
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
	free(traces->frames);
	free(traces->traces);
	free(traces->cut_in);
	*traces = (struct stack_traces){ 0 };
}
