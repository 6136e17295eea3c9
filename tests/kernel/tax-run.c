/* SPDX-License-Identifier: MIT */
/*
 * Watches processes that run already, by BPF, and prints everything that was counted: for tests.
 *
 *   tax-run [-p PID]... [-k PERIOD] [-m BYTES] [-s] [-u] [COMMAND [ARGUMENT...]]
 *
 * Prints "ready" when it is attached. Ends when its standard input ends; with a COMMAND, which it watches from its
 * exec on, when that has ended. -k: of faults that are timed; -m: bound of the tables; -u: no bound of the time for forks; -s: with stacks.
 * Lines: "name value", "row TID TGID COMM refaults N calls N observer NS", "stack PROCESS KIND CUT PAGES SAMPLES ;FRAME:LINE;..." from the outermost frame on.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/units.h"
#include "probe/bpf.h"
#include "stacks/symbolise.h"

static const char *const call_names[TAX_CALLS] = {
	[TAX_CALL_DONTNEED] = "dontneed", [TAX_CALL_FREE] = "free",     [TAX_CALL_HUGE] = "huge",
	[TAX_CALL_POPULATE] = "populate", [TAX_CALL_ADVICE] = "advice", [TAX_CALL_MMAP] = "mmap",
	[TAX_CALL_MUNMAP] = "munmap",     [TAX_CALL_MREMAP] = "mremap", [TAX_CALL_BRK] = "brk",
	[TAX_CALL_MPROTECT] = "mprotect", [TAX_CALL_EXEC] = "exec",     [TAX_CALL_FORK] = "fork",
	[TAX_CALL_FUTEX] = "futex",       [TAX_CALL_WAIT] = "wait",
};

static void fail(const struct error *error)
{
	fprintf(stderr, "error: %s\n", error->message);
	if (error->hint)
		fprintf(stderr, "hint: %s\n", error->hint);
	exit(error->kind);
}

static pid_t start_waiting(char **argv, int *ret_gate)
{
	int gate[2];
	char byte;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) == 1)
			execvp(argv[0], argv);
		_exit(127);
	}
	close(gate[0]);
	*ret_gate = gate[1];
	return pid;
}

static void wait_for_end(struct tax_session *session, pid_t pid, int gate)
{
	char byte;
	struct rusage usage;
	int status;

	puts("ready");
	fflush(stdout);
	if (pid) {
		if (write(gate, "", 1) != 1)
			err(1, "the command");
		while (wait4(pid, &status, WNOHANG, &usage) == 0) {
			tax_session_tick(session);
			usleep(10000);
		}
		printf("cpu_us %ld\n", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L +
					       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	}
	while (!pid) {
		struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

		tax_session_tick(session);
		if (poll(&input, 1, 10) > 0 && read(STDIN_FILENO, &byte, 1) <= 0)
			break;
	}
}

static void print_histogram(const char *name, const struct tax_histogram *histogram)
{
	printf("%s_histogram", name);
	for (int i = 0; i < TAX_HISTOGRAM_BUCKETS; i++)
		printf(" %" PRIu64, (uint64_t)histogram->buckets[i]);
	putchar('\n');
}

static void print_losses(const struct tax_snapshot *snapshot)
{
	const struct tax_losses *losses = &snapshot->losses;

	printf("lost_threads %" PRIu64 "\n", (uint64_t)losses->threads);
	printf("lost_rows %" PRIu64 "\n", (uint64_t)losses->rows);
	printf("lost_processes %" PRIu64 "\n", (uint64_t)losses->processes);
	printf("lost_chunks %" PRIu64 "\n", (uint64_t)losses->chunks);
	printf("lost_ranges %" PRIu64 "\n", (uint64_t)losses->ranges);
	printf("lost_forks %" PRIu64 "\n", (uint64_t)losses->forks);
	printf("lost_spaces %" PRIu64 "\n", (uint64_t)losses->forgotten);
	printf("lost_unseen %" PRIu64 "\n", (uint64_t)losses->unseen);
	printf("lost_huge %" PRIu64 "\n", (uint64_t)losses->huge);
	printf("lost_stacks %" PRIu64 "\n", (uint64_t)losses->stacks);
	printf("lost_ends %" PRIu64 "\n", (uint64_t)losses->ends);
	printf("missed_events %" PRIu64 "\n", snapshot->missed_events);
	printf("missed_waits %" PRIu64 "\n", snapshot->missed_waits);
	printf("chunks_taken %" PRIu64 "\n", (uint64_t)snapshot->audit.taken);
	printf("chunks_freed %" PRIu64 "\n", (uint64_t)snapshot->audit.freed);
	printf("chunks_misowned %" PRIu64 "\n", (uint64_t)snapshot->audit.misowned);
}

static uint64_t calls_of(const struct tax_row *row)
{
	uint64_t sum = 0;

	for (int i = 0; i < TAX_CALLS; i++)
		sum += row->calls[i].calls;
	return sum;
}

static void print_rows(const struct tax_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->row_count; i++) {
		const struct tax_row *row = &snapshot->rows[i];

		printf("row %u %u %s refaults %" PRIu64 " calls %" PRIu64 " observer %" PRIu64 "\n",
		       row->tid, row->tgid, row->comm, tax_row_refaults(row), calls_of(row),
		       (uint64_t)row->observer_ns);
	}
}

static void print_frames(const struct stack_traces *traces, const struct stack_trace *trace)
{
	for (size_t i = trace->frame_count; i-- > 0;) {
		const struct stack_frame *frame = &traces->frames[trace->frames[i]];
		const char *module = frame->module ? path_name(frame->module) : "";
		if (frame->function)
			printf(";%s", frame->function);
		else
			printf(";%s+0x%" PRIx64, module, frame->offset);
		if (frame->line)
			printf(":%u", frame->line);
	}
}

static void print_stacks(struct stack_log *log)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	struct stack_traces traces;

	if (symbolise(log, &rights_nobody, &traces, &error) < 0)
		fail(&error);
	printf("taken_stacks %zu\n", log->stack_count);
	for (size_t i = 0; i < traces.trace_count; i++) {
		const struct stack_trace *trace = &traces.traces[i];

		printf("stack %s %u %d %" PRIu64 " %" PRIu64 " ", trace->process, trace->kind,
		       trace->cut, trace->pages, trace->samples);
		print_frames(&traces, trace);
		putchar('\n');
	}
	printf("unread_stacks %" PRIu64 "\n", traces.unread);
	if (traces.cut_in)
		printf("cut_in %s%s\n", traces.cut_in, traces.too_deep ? " (too deep)" : "");
	stack_traces_release(&traces);
}

static void print(const struct tax_snapshot *snapshot)
{
	const struct tax_row *total = &snapshot->total;
	uint64_t weights = 0, squared = 0, huge = 0;
	struct metrics metrics;

	metrics_init(&metrics);
	tax_snapshot_metrics(snapshot, &metrics);
	for (int id = 0; id < METRIC_COUNT; id++)
		if (metrics_has(&metrics, (enum metric_id)id))
			printf("%s %.0f\n", metric_info((enum metric_id)id)->key,
			       metrics.value[id]);
	for (int i = 0; i < TAX_CALLS; i++) {
		printf("%s_calls_all %" PRIu64 "\n", call_names[i],
		       (uint64_t)total->calls[i].calls);
		print_histogram(call_names[i], &snapshot->histograms[i]);
	}
	for (int i = 0; i < TAX_STRATA; i++) {
		weights += total->samples[i].weights;
		squared += total->samples[i].squared_weights;
		huge += i < TAX_FAULTS ? total->huge_faults[i] : 0;
	}
	printf("timed_weights %" PRIu64 "\ntimed_squared_weights %" PRIu64 "\n", weights, squared);
	printf("outside_ns %.0f\noutside_error_ns %.0f\n", snapshot->outside.ns,
	       snapshot->outside.error_ns);
	printf("kernel_faults %" PRIu64 "\n", (uint64_t)total->kernel_faults);
	printf("huge_faults %" PRIu64 "\n", huge);
	printf("populated_pages %" PRIu64 "\n", (uint64_t)total->populated_pages);
	printf("lock_waits %" PRIu64 "\n", (uint64_t)total->lock_waits);
	printf("tlb_received %" PRIu64 "\n", (uint64_t)total->tlb_received);
	printf("verified_insns %" PRIu64 "\n", snapshot->verified_insns);
	printf("hooks %s\n", snapshot->hooks == TAX_AT_FUNCTIONS ? "functions" : "tracepoints");
	print_losses(snapshot);
	print_rows(snapshot);
}

static uint64_t number(const char *text)
{
	uint64_t value;

	if (parse_u64(text, &value) < 0)
		errx(2, "not a number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	struct tax_options options = TAX_OPTIONS_INIT;
	struct tax_session *session;
	struct tax_snapshot snapshot;
	_cleanup_free_ pid_t *pids = NULL;
	size_t allocated = 0;
	struct stack_log *log;
	int option, gate = -1;

	while ((option = getopt(argc, argv, "+p:k:m:su")) != -1) {
		if (option == 'p')
			*ARRAY_PUSH(pids, options.pid_count, allocated) = (pid_t)number(optarg);
		else if (option == 'k')
			options.period = (unsigned int)number(optarg);
		else if (option == 'm')
			options.memory_bytes = number(optarg);
		else if (option == 'u')
			options.unbounded = true;
		else if (option == 's')
			options.stacks = true;
		else
			return 2;
	}
	options.pids = pids;
	if (optind < argc)
		options.waiting_pid = start_waiting(argv + optind, &gate);
	if (tax_session_open(&options, &session, &error) < 0)
		fail(&error);
	wait_for_end(session, options.waiting_pid, gate);
	tax_session_detach(session);
	if (tax_session_read(session, &snapshot) < 0)
		errx(1, "the counts cannot be read");
	print(&snapshot);
	tax_snapshot_release(&snapshot);
	log = tax_session_take_stacks(session);
	if (log)
		print_stacks(log);
	stack_log_free(log);
	tax_session_close(session);
	return 0;
}
