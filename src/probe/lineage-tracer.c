/* SPDX-License-Identifier: MIT */
/* The tracer of probe/lineage: follows forks, execs and ends, and passes all else on. */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "probe/lineage-internal.h"
#include "probe/tracing.h"
#include "proc/proc.h"

enum { AUXV_MAX_BYTES = 4096, ENVIRONMENT_MAX_BYTES = 4 << 20 };
#define WITNESS "libmadvisor-witness.so"

static const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			    PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

/* A live process. */
struct life {
	pid_t pid;
	struct lineage_image *image; /* NULL: not known, or not yet any */
	uint64_t counted_ns;         /* its CPU time that is already counted */
	bool forked;                 /* not counted in image->processes yet */
};

struct follower {
	struct lineage_board *board;
	struct life *lives;
	size_t count, alloc;
};

static struct life *find(const struct follower *follower, pid_t pid)
{
	for (size_t i = 0; i < follower->count; i++)
		if (follower->lives[i].pid == pid)
			return &follower->lives[i];
	return NULL;
}

/* The process's CPU time, of all its threads; also of a zombie. 0 if it is gone. */
static uint64_t cpu_ns(pid_t pid)
{
	struct timespec now;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static void charge(struct follower *follower, struct life *life)
{
	uint64_t now_ns = cpu_ns(life->pid);

	if (now_ns < life->counted_ns)
		atomic_store(&follower->board->incomplete, true); /* reaped by somebody else */
	else if (life->image)
		life->image->cpu_ns += now_ns - life->counted_ns;
	life->counted_ns = now_ns;
}

static struct lineage_image *add_image(struct follower *follower)
{
	uint64_t count = atomic_load(&follower->board->count);

	if (count == LINEAGE_MAX) {
		atomic_store(&follower->board->incomplete, true);
		return NULL;
	}
	atomic_store(&follower->board->count, count + 1);
	return &follower->board->images[count];
}

/* The process that a thread is of; 0 if it is gone. */
static pid_t process_of(pid_t tid)
{
	_cleanup_proc_ struct proc proc = PROC_INIT;
	struct proc_credentials who;

	return proc_open(&rootfs_real, tid, &proc) < 0 || proc_read_credentials(&proc, &who) < 0
		       ? 0
		       : who.process;
}

/* A process that a fork made. It runs its parent's program. */
static void meet(struct follower *follower, pid_t pid, pid_t parent)
{
	if (find(follower, pid))
		return;
	const struct life *from = parent ? find(follower, parent) : NULL;
	struct lineage_image *image = from ? from->image : NULL;

	*ARRAY_PUSH(follower->lives, follower->count, follower->alloc) =
		(struct life){ .pid = pid, .image = image, .forked = true };
}

/* A thread that is seen for the first time may be a process, whose parent's stop comes next. */
static void meet_unknown(struct follower *follower, pid_t tid)
{
	struct proc_stat stat;

	if (!find(follower, tid) && process_of(tid) == tid && proc_read_stat_of(tid, &stat) == 0)
		meet(follower, tid, stat.parent);
}

static void on_fork(struct follower *follower, pid_t tid)
{
	unsigned long child;

	if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &child) == 0 &&
	    process_of((pid_t)child) == (pid_t)child)
		meet(follower, (pid_t)child, process_of(tid));
}

/*
 * The size of a word in it. A 32-bit program's has pairs of 4 bytes: read as 8, the first has a type and its
 * value, which is not 0, while a 64-bit one's has a type alone.
 */
static size_t word_bytes(const struct strbuf *auxv)
{
	uint64_t first;

	if (auxv->len < sizeof(first))
		return sizeof(long);
	memcpy(&first, auxv->buf, sizeof(first));
	return first > UINT32_MAX ? sizeof(uint32_t) : sizeof(long);
}

/* The 16 bytes of AT_RANDOM, folded; src/witness/witness.c does the same. */
static uint64_t read_key(pid_t pid, const struct strbuf *auxv, size_t word)
{
	uint64_t at, words[2];

	if (!proc_parse_auxv(auxv->buf, auxv->len, word, AT_RANDOM, &at))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		errno = 0;
		words[i] = (uint64_t)ptrace(PTRACE_PEEKDATA, pid,
					    (void *)(uintptr_t)(at + i * sizeof(uint64_t)), NULL);
		if (errno)
			return 0;
	}
	return words[0] ^ words[1];
}

static bool names_witness(const struct proc *proc)
{
	static const char preload[] = "LD_PRELOAD=";
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *at, *end;

	if (proc_read(proc, "environ", ENVIRONMENT_MAX_BYTES, &text) < 0 && !text.len)
		return false;
	end = text.buf + text.len;
	for (at = text.buf; at < end; at += strnlen(at, (size_t)(end - at)) + 1) {
		size_t len = strnlen(at, (size_t)(end - at));

		if (len >= strlen(preload) && !memcmp(at, preload, strlen(preload)) &&
		    memmem(at, len, WITNESS, strlen(WITNESS)))
			return true;
	}
	return false;
}

static void take_path(struct lineage_image *image, const struct proc *proc)
{
	_cleanup_free_ char *path = NULL;

	if (proc_read_link(proc, "exe", &path) < 0)
		return;
	size_t len = strlen(path), most = sizeof(image->path) - 1;
	memcpy(image->path, len > most ? path + len - most : path, len > most ? most : len);
}

static void look_at(struct lineage_image *image, pid_t pid)
{
	_cleanup_strbuf_ struct strbuf auxv = STRBUF_INIT;
	_cleanup_proc_ struct proc proc = PROC_INIT;
	uint64_t value;

	if (proc_open(&rootfs_real, pid, &proc) < 0)
		return;
	take_path(image, &proc);
	image->is_preloaded = names_witness(&proc);
	if (proc_read(&proc, "auxv", AUXV_MAX_BYTES, &auxv) < 0)
		return;
	size_t word = word_bytes(&auxv);
	image->is_foreign = word != sizeof(long);
	image->key = read_key(pid, &auxv, word);
	image->is_static = !proc_parse_auxv(auxv.buf, auxv.len, word, AT_BASE, &value) || !value;
	image->is_secure = proc_parse_auxv(auxv.buf, auxv.len, word, AT_SECURE, &value) && value;
}

/* The process's number is that of its one thread from now on. */
static void on_exec(struct follower *follower, pid_t pid)
{
	struct life *life = find(follower, pid);

	if (!life) {
		meet(follower, pid, 0);
		life = find(follower, pid);
	}
	charge(follower, life);
	life->forked = false;
	life->image = add_image(follower);
	if (!life->image)
		return;
	life->image->processes = 1;
	look_at(life->image, pid);
}

/* A thread has ended; with a process's first thread the whole process has. It is still a zombie. */
static void on_end(struct follower *follower, pid_t tid)
{
	struct life *life = find(follower, tid);

	if (!life)
		return;
	charge(follower, life);
	if (life->forked && life->image)
		life->image->processes++;
	*life = follower->lives[--follower->count];
}

static void on_stop(struct follower *follower, pid_t tid, int status)
{
	switch (status >> 16) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_fork(follower, tid);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(follower, tid);
		break;
	case PTRACE_EVENT_STOP:
		meet_unknown(follower, tid);
		break;
	default:
		break;
	}
	tracing_resume(tid, status);
}

/* Looks before it collects: a zombie that is collected may be gone the next moment. */
static bool follow_one(struct follower *follower)
{
	siginfo_t info = { 0 };
	int status;

	if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL) < 0)
		return errno == EINTR;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
		on_end(follower, info.si_pid);
	if (waitpid(info.si_pid, &status, __WALL | WNOHANG) != info.si_pid)
		return true;
	if (WIFSTOPPED(status))
		on_stop(follower, info.si_pid, status);
	else
		on_end(follower, info.si_pid); /* killed meanwhile */
	return true;
}

void lineage_main(void *context, int ready_fd)
{
	const struct lineage_orders *orders = context;
	struct follower follower = { .board = orders->board };
	int code = 0;

	meet(&follower, orders->pid, 0);
	if (ptrace(PTRACE_SEIZE, orders->pid, NULL, options) < 0)
		code = errno;
	if (write(ready_fd, &code, sizeof(code)) != sizeof(code) || code)
		_exit(1);
	close(ready_fd);
	while (follow_one(&follower))
		;
	_exit(0); /* ECHILD: nothing traced is left */
}
