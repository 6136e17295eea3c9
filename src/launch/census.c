/* SPDX-License-Identifier: MIT */
#include "launch/census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/spawn.h"
#include "base/units.h"
#include "launch/census-internal.h"
#include "launch/offspring.h"

enum { ENVIRONMENT_MAX = 4 << 20 };

/* After the first COST_FREE_NS, sampling takes at most 1/COST_PART of the time. */
#define COST_PART 50
#define COST_FREE_NS (50 * NS_PER_MS)
/* Upper bound on the pause however costly a sample is: programs between two samples are missed. */
#define PAUSE_MOST_NS (500 * NS_PER_MS)
/* How long a program may take to load its libraries. */
#define LOADING_NS (20 * NS_PER_MS)
/* Libraries that its file names but that are not loaded by then are taken as unused. */
#define LOADED_NS (500 * NS_PER_MS)

struct census *census_new(void)
{
	return xcalloc(1, sizeof(struct census));
}

static void begin(struct census *census, pid_t root)
{
	census->root = root;
	census->began_ns = census->next_ns = clock_now_ns(&clock_real);
	/* Work between fork and exec is not counted. */
	if (!root || relative_read(root, &census->root_before) < 0)
		census->root_before = (struct relative){ 0 };
}

void census_begin(struct census *census, pid_t root, pid_t helper)
{
	census->helper = helper;
	begin(census, root);
}

void census_begin_running(struct census *census, const struct running *running)
{
	census->running = running;
	begin(census, running->folder || running->roots.count != 1 ? 0 : running->roots.pids[0]);
}

static uint64_t digest_of(const struct strbuf *text)
{
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, text->buf, text->len);
	return digest_value(&digest);
}

/* Data read of a process whose program may be new. */
struct first_look {
	struct proc proc;
	struct census_program file; /* device and inode: 0 if access is denied */
	struct strbuf environment;
};

/* Adds a program with the data read of its process. */
static size_t add_program(struct census *census, const struct relative *process,
			  const struct first_look *looked)
{
	struct census_program *program =
		ARRAY_PUSH(census->programs, census->program_count, census->program_alloc);

	*program = looked->file;
	program->pid = process->pid;
	if (!looked->file.inode || proc_read_link(&looked->proc, "exe", &program->path) < 0)
		program->path = xstrdup(process->name);
	program->environment = proc_parse_environ(looked->environment.buf, looked->environment.len);
	return census->program_count - 1;
}

/* False if it has released its memory: it is exiting, and its program cannot be determined. */
static bool look_at_process(const struct relative *process, struct first_look *ret)
{
	int r = census_hold(process->pid, process->started, &ret->proc);
	/* The environment first: after the memory is released it reads as an empty file. */
	int read = r < 0 ? r : proc_read(&ret->proc, "environ", ENVIRONMENT_MAX, &ret->environment);

	if (r == 0)
		r = process_file(&ret->proc, &ret->file.device, &ret->file.inode);
	if (r == -ENOENT || r == -ESRCH)
		return false;
	if (r < 0 || read < 0) {
		/* Access denied: tell programs apart by process name. */
		ret->file = (struct census_program){ 0 };
		strbuf_truncate(&ret->environment, 0);
		strbuf_addstr(&ret->environment, process->name);
	}
	return true;
}

static size_t find_or_add_program(struct census *census, const struct relative *process,
				  const struct first_look *looked, uint64_t now_ns)
{
	uint64_t digest = digest_of(&looked->environment);

	for (size_t i = 0; i < census->program_count; i++)
		if (census->programs[i].device == looked->file.device &&
		    census->programs[i].inode == looked->file.inode &&
		    census->states[i].environment_digest == digest)
			return i;
	struct program_state *state =
		ARRAY_PUSH(census->states, census->state_count, census->state_alloc);
	state->environment_digest = digest;
	state->seen_ns = now_ns;
	state->next_ns = now_ns + LOADING_NS;
	return add_program(census, process, looked);
}

/* The program that this process runs; false if it cannot be determined. */
static bool find_program(struct census *census, const struct relative *process, uint64_t now_ns,
			 size_t *ret)
{
	struct first_look looked = { .proc = PROC_INIT, .environment = STRBUF_INIT };
	bool found = look_at_process(process, &looked);

	if (found)
		*ret = find_or_add_program(census, process, &looked, now_ns);
	strbuf_release(&looked.environment);
	proc_close(&looked.proc);
	return found;
}

struct member *census_find_member(const struct census *census, const struct relative *process)
{
	for (size_t i = census->member_count; i-- > 0;)
		if (census->members[i].pid == process->pid &&
		    census->members[i].started == process->started)
			return &census->members[i];
	return NULL;
}

static bool runs(const struct census *census, const struct relative *process, size_t program)
{
	_cleanup_proc_ struct proc proc = PROC_INIT;
	dev_t device;
	ino_t inode;

	return census_hold(process->pid, process->started, &proc) == 0 &&
	       process_file(&proc, &device, &inode) == 0 &&
	       device == census->programs[program].device &&
	       inode == census->programs[program].inode;
}

/*
 * The parent of a child that has not called exec and so has the parent's stack address. Equal
 * addresses also occur by chance or without address randomisation (`setarch -R`), so the file is
 * compared too.
 */
static const struct member *find_twin(const struct census *census, const struct relative *process)
{
	for (size_t i = census->member_count; process->stack_start && i-- > 0;)
		if (census->members[i].pid == process->parent &&
		    census->members[i].stack_start == process->stack_start &&
		    runs(census, process, census->members[i].program))
			return &census->members[i];
	return NULL;
}

/* Its file could not be read, for example in the middle of an exec: worth another try. */
static bool is_nameless(const struct census *census, const struct member *member)
{
	return !census->programs[member->program].inode;
}

/*
 * Exec puts the stack at a new random address. If randomisation is off, or the address cannot be
 * read, a new name leads to a check of the file. An exiting process has no memory but keeps its
 * name.
 */
static bool has_execed(const struct census *census, const struct member *member,
		       const struct relative *process)
{
	return (process->stack_start && process->stack_start != member->stack_start) ||
	       (strcmp(process->name, member->name) != 0 &&
		!runs(census, process, member->program));
}

/* since_exec: the faults since its last exec, counted for another program, move to this one. */
static void set_program(struct census *census, struct member *member, size_t program,
			bool since_exec)
{
	if (program == member->program)
		return;
	if (since_exec) {
		census->states[member->program].faults -= (double)member->since_exec;
		census->programs[member->program].processes--;
		census->states[program].faults += (double)member->since_exec;
	} else {
		member->since_exec = 0;
	}
	census->programs[program].processes++;
	member->program = program;
}

/* Whether all that it did so far counts: it is of a command, or was started by a process that was watched. */
static bool is_born_here(const struct census *census, const struct relative *process)
{
	for (size_t i = 0; census->running && i < census->member_count; i++)
		if (census->began && census->members[i].pid == process->parent)
			return true;
	return !census->running;
}

static void note_process(struct census *census, const struct relative *process, uint64_t now_ns)
{
	struct member *member = census_find_member(census, process);
	size_t program;
	uint64_t before = member || is_born_here(census, process) ? 0 : process->faults;

	if (!member) {
		const struct member *twin = find_twin(census, process);

		if (twin)
			program = twin->program;
		else if (!find_program(census, process, now_ns, &program))
			return;
		member = ARRAY_PUSH(census->members, census->member_count, census->member_alloc);
		*member = (struct member){
			.pid = process->pid,
			.started = process->started,
			.program = program,
			.faults = before,
		};
		census->programs[program].processes++;
	} else if (has_execed(census, member, process)) {
		if (!find_program(census, process, now_ns, &program))
			return;
		set_program(census, member, program, false);
	} else if (is_nameless(census, member) && find_program(census, process, now_ns, &program)) {
		set_program(census, member, program, true);
	}
	uint64_t grown = process->faults > member->faults ? process->faults - member->faults : 0;
	member->faults = process->faults;
	member->counted += grown;
	member->since_exec += grown;
	member->alive = true;
	if (process->stack_start)
		member->stack_start = process->stack_start;
	memcpy(member->name, process->name, sizeof(member->name));
	census->states[member->program].faults += (double)grown;
}

/* The next time is at twice its present age: long-lived programs are identified rarely. */
static uint64_t later(const struct program_state *state, uint64_t now_ns)
{
	uint64_t age_ns = now_ns - state->seen_ns;

	return now_ns + (age_ns > LOADING_NS ? age_ns : LOADING_NS);
}

static void take_answer(struct census *census, uint64_t now_ns)
{
	struct inquiry *inquiry = &census->inquiry;
	struct census_program *program = &census->programs[inquiry->program];
	struct program_state *state = &census->states[inquiry->program];

	inquiry_collect(inquiry);
	if (inquiry->r == 0) {
		identification_release(&program->found);
		program->found = inquiry->found;
		program->known = !program->found.loading;
		program->pid = inquiry->proc.pid;
		state->asked_ns = now_ns;
	}
	if (inquiry->r == 0 || inquiry->err.message) {
		free(program->failure);
		program->failure = inquiry->r < 0 ? TAKE_PTR(inquiry->err.message) : NULL;
	}
	error_release(&inquiry->err);
	state->next_ns =
		inquiry->r == 0 && !program->known ? now_ns + LOADING_NS : later(state, now_ns);
}

/* Identifies the program of a process, if its mapped code has changed since the last time. */
static void ask(struct census *census, const struct member *member, uint64_t now_ns)
{
	struct census_program *program = &census->programs[member->program];
	struct program_state *state = &census->states[member->program];
	uint64_t digest = process_code_digest(member);

	state->next_ns = later(state, now_ns);
	if (state->asked_ns && digest && digest == state->code_digest) {
		if (!program->known && now_ns - state->asked_ns >= LOADED_NS)
			program->known = true;
		else if (!program->known)
			state->next_ns = now_ns + LOADING_NS;
		return;
	}
	state->code_digest = digest;
	if (inquiry_start(&census->inquiry, member) < 0)
		state->code_digest = 0;
}

/* A process of the program that is due and has the most faults. */
static const struct member *next_to_ask(const struct census *census, uint64_t now_ns)
{
	const struct member *found = NULL;

	for (size_t i = 0; i < census->member_count; i++) {
		const struct member *member = &census->members[i];
		const struct program_state *state = &census->states[member->program];

		if (member->alive && census->programs[member->program].inode &&
		    state->next_ns <= now_ns &&
		    (!found || state->faults > census->states[found->program].faults))
			found = member;
	}
	return found;
}

static size_t list_running(const struct running *running, struct relative **ret)
{
	_cleanup_free_ struct proc_stat *list = NULL;
	size_t count = running_list(running, &list);

	*ret = xcalloc(count + 1, sizeof(**ret));
	for (size_t i = 0; i < count; i++)
		relative_of_stat(&list[i], &(*ret)[i]);
	return count;
}

static void look(struct census *census, uint64_t now_ns)
{
	_cleanup_free_ struct relative *list = NULL;
	size_t count = census->running ? list_running(census->running, &list)
				       : offspring_list(census->root, census->helper, &list);

	for (size_t i = 0; i < census->member_count; i++)
		census->members[i].alive = false;
	for (size_t i = 0; i < count; i++) {
		if (list[i].pid == census->root)
			census->root_after = list[i];
		if (!list[i].ended)
			note_process(census, &list[i], now_ns);
	}
	census->began = true;
}

/* CPU time: a wait for a CPU on a busy machine does not count as cost. */
static uint64_t own_cpu_ns(void)
{
	struct timespec cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return (uint64_t)cpu.tv_sec * NS_PER_SEC + (uint64_t)cpu.tv_nsec;
}

void census_look(struct census *census, uint64_t now_ns)
{
	if (now_ns < census->next_ns)
		return;
	uint64_t before_ns = own_cpu_ns();

	look(census, now_ns);
	if (census->inquiry.running && atomic_load(&census->inquiry.done))
		take_answer(census, now_ns);
	const struct member *member = census->inquiry.running ? NULL : next_to_ask(census, now_ns);
	if (member)
		ask(census, member, now_ns);
	uint64_t took_ns = own_cpu_ns() - before_ns, pause_ns = took_ns * COST_PART;
	uint64_t allowed_ns = COST_FREE_NS + (now_ns - census->began_ns) / COST_PART;

	census->spent_ns += took_ns;
	if (census->spent_ns < allowed_ns)
		pause_ns = 0;
	census->next_ns = now_ns + (pause_ns < PAUSE_MOST_NS ? pause_ns : PAUSE_MOST_NS);
}

pid_t census_busiest(const struct census *census)
{
	const struct member *found = NULL;

	for (size_t i = 0; i < census->member_count; i++)
		if (census->members[i].alive &&
		    (!found || census->members[i].counted > found->counted))
			found = &census->members[i];
	return found ? found->pid : census->root;
}

void census_end(struct census *census)
{
	uint64_t now_ns = clock_now_ns(&clock_real);

	look(census, now_ns);
	if (census->inquiry.running)
		take_answer(census, now_ns);
}

void census_free(struct census *census)
{
	if (!census)
		return;
	if (census->inquiry.running) {
		inquiry_collect(&census->inquiry);
		if (census->inquiry.r == 0)
			identification_release(&census->inquiry.found);
		error_release(&census->inquiry.err);
	}
	for (size_t i = 0; i < census->program_count; i++) {
		struct census_program *program = &census->programs[i];

		free(program->path);
		free(program->failure);
		strv_free(program->environment);
		identification_release(&program->found);
	}
	free(census->programs);
	free(census->states);
	free(census->members);
	free(census);
}
