/* SPDX-License-Identifier: MIT */
/*
 * madvisor-launcher TALK FAILED NAME ARGUMENT...: runs one measured program and stamps its start and its end.
 *
 * Two reasons for a separate process between madvisor and the program:
 *   - It is idle when the program ends, so the stamp is prompt; madvisor reads pipes and /proc.
 *   - A process inherits the peak memory of the one that it was forked from: exec keeps the maximum
 *     (setmax_mm_hiwater_rss() in the kernel's fs/exec.c). The launcher takes some 100 KiB:
 *     it is linked without a C library, and makes system calls itself.
 * It runs with the program's rights. It wakes nobody between the two stamps: a message at the start
 * would let madvisor run beside the exec, often on the same CPU.
 *
 * TALK: the socket of launcher/protocol.h. FAILED: a pipe that gets the errno of a failed exec, and is closed by exec.
 * NAME: a path, or a name to look up in the PATH of the environment. ARGUMENT: argv[0] and so on.
 */
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/signal.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <stddef.h>
#include <stdint.h>

#include "launcher/protocol.h"

enum { PATH_BYTES = 4096 };
/* Used if PATH is not set, as in execvp(3). */
#define DEFAULT_PATH "/bin:/usr/bin"
#define NS_PER_S INT64_C(1000000000)

#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* The kernel leaves argc, argv and the environment on the stack: System V ABI, "Process Initialization". */
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call launcher_main\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	and sp, x0, #-16\n"
	"	bl launcher_main\n");
#else
#error "say how this machine calls its kernel"
#endif

#define CALL0(number) call(number, 0, 0, 0, 0, 0, 0)
#define CALL1(number, a) call(number, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(number, a, b) call(number, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(number, a, b, c) call(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(number, a, b, c, d) call(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL5(number, a, b, c, d, e) \
	call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

static __attribute__((noreturn)) void leave(int status)
{
	for (;;)
		CALL1(__NR_exit_group, status);
}

static int64_t now_ns(void)
{
	struct __kernel_timespec now = { 0 };

	CALL2(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void tell(int talk, const void *message, size_t size)
{
	while (CALL3(__NR_write, talk, message, size) == -EINTR)
		;
}

/* Which launcher this is, and which process is the target. */
static void tell_hello(int talk, long target)
{
	static const char version[] = MADVISOR_VERSION;
	struct launcher_hello hello = {
		.magic = LAUNCHER_MAGIC,
		.protocol = LAUNCHER_PROTOCOL,
		.program = target,
	};

	for (size_t i = 0; i < sizeof(version) - 1 && i < sizeof(hello.version) - 1; i++)
		hello.version[i] = version[i];
	tell(talk, &hello, sizeof(hello));
}

/* Waits for a byte from madvisor; false if madvisor has died or sent another byte. */
static int hear(int talk, char expected)
{
	char byte = 0;
	long n;

	while ((n = CALL3(__NR_read, talk, &byte, 1)) == -EINTR)
		;
	return n == 1 && byte == expected;
}

static const char *find_path(char *const *env)
{
	for (; *env; env++) {
		const char *item = *env;

		if (item[0] == 'P' && item[1] == 'A' && item[2] == 'T' && item[3] == 'H' &&
		    item[4] == '=')
			return item + 5;
	}
	return DEFAULT_PATH;
}

/*
 * Joins a folder of PATH, up to its ':', and a name; empty if too long. Returns the folder's
 * length.
 */
static size_t join(const char *folder, const char *name, char into[PATH_BYTES])
{
	size_t len = 0, at = 0;

	for (; folder[len] && folder[len] != ':'; len++)
		if (at < PATH_BYTES - 1)
			into[at++] = folder[len];
	if (at && at < PATH_BYTES - 1)
		into[at++] = '/';
	while (*name && at < PATH_BYTES - 1)
		into[at++] = *name++;
	into[*name || len >= PATH_BYTES ? 0 : at] = '\0';
	return len;
}

static int has_slash(const char *name)
{
	for (; *name; name++)
		if (*name == '/')
			return 1;
	return 0;
}

/*
 * As execvpe(3), but ENOEXEC is an error, without the retry in a shell, which would read a program
 * for another machine as a script. Returns an errno.
 */
static int exec_program(const char *name, char *const *argv, char *const *env)
{
	static char path[PATH_BYTES];
	const char *folder = find_path(env);
	int code = ENOENT;

	if (has_slash(name))
		return (int)-CALL3(__NR_execve, name, argv, env);
	for (;;) {
		size_t len = join(folder, name, path);
		int failed = path[0] ? (int)-CALL3(__NR_execve, path, argv, env) : ENOENT;

		if (failed != ENOENT && failed != ENOTDIR && failed != EACCES)
			return failed;
		if (failed == EACCES)
			code = EACCES; /* another folder may have it */
		if (!folder[len])
			return code;
		folder += len + 1;
	}
}

/*
 * The target leaves its start in a pipe that nobody waits at. No memory is shared for it: under the filter of
 * the ptrace probe, which nothing traces here, mmap(2) fails.
 */
static __attribute__((noreturn)) void be_target(int talk, int failed, long launcher, long madvisor,
						int start_fd, char **argv, char **env)
{
	int64_t start_ns;

	CALL2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
	/*
	 * Under Yama's ptrace_scope 1 a process's ancestors alone may trace it or read its memory: this adds
	 * madvisor's children, which do both. It holds for the one process that calls it, over exec, and not for its
	 * children (Documentation/admin-guide/LSM/Yama.rst). Without Yama: EINVAL.
	 */
	CALL2(__NR_prctl, PR_SET_PTRACER, madvisor);
	CALL2(__NR_setpgid, 0, 0);
	if (CALL0(__NR_getppid) != launcher || !hear(talk, LAUNCHER_GO))
		leave(1);
	CALL3(__NR_fcntl, talk, F_SETFD, FD_CLOEXEC);
	CALL3(__NR_fcntl, failed, F_SETFD, FD_CLOEXEC);
	start_ns = now_ns();
	CALL3(__NR_write, start_fd, &start_ns, sizeof(start_ns));
	int code = exec_program(argv[0], argv + 1, env);
	CALL3(__NR_write, failed, &code, sizeof(code));
	leave(code == ENOENT ? 127 : 126);
}

static int number_of(const char *text)
{
	int number = 0;

	while (*text >= '0' && *text <= '9')
		number = number * 10 + (*text++ - '0');
	return number;
}

/* Waits for the target without reaping it, so that madvisor can still read its /proc files. */
static int64_t wait_for(long target)
{
	long r;

	while ((r = CALL5(__NR_waitid, P_PID, target, NULL, WEXITED | WNOWAIT, NULL)) == -EINTR)
		;
	return now_ns();
}

static void reap(long target, struct launcher_word *word)
{
	int status = 0;
	long r;

	word->kind = LAUNCHER_USAGE;
	while ((r = CALL4(__NR_wait4, target, &status, 0, word->usage)) == -EINTR)
		;
	word->value = r < 0 ? -1 : status;
}

__attribute__((noreturn, used)) void launcher_main(long *stack);

void launcher_main(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1), **env = argv + argc + 1;
	struct launcher_word word = { .kind = LAUNCHER_END };

	if (argc < 5)
		leave(2);
	int talk = number_of(argv[1]), failed = number_of(argv[2]), start[2];
	long self = CALL0(__NR_getpid), madvisor = CALL0(__NR_getppid);
	long target = CALL2(__NR_pipe2, start, O_CLOEXEC);
	if (target == 0)
		target = CALL5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	if (target == 0)
		be_target(talk, failed, self, madvisor, start[1], argv + 3, env);
	if (target < 0) {
		int code = (int)-target;

		CALL3(__NR_write, failed, &code, sizeof(code));
		leave(1);
	}
	/* Only the program holds its streams' ends: it may close them and live on. */
	for (int fd = 0; fd < talk || fd < failed || fd <= start[1]; fd++)
		if (fd != talk && fd != start[0])
			CALL1(__NR_close, fd);
	CALL1(__NR_close, failed);
	tell_hello(talk, target);
	word.value = wait_for(target);
	/* Nothing there if the target never came so far. */
	if (CALL3(__NR_read, start[0], &word.start_ns, sizeof(word.start_ns)) !=
	    sizeof(word.start_ns))
		word.start_ns = 0;
	tell(talk, &word, sizeof(word));
	if (!hear(talk, LAUNCHER_REAP))
		leave(1);
	reap(target, &word);
	tell(talk, &word, sizeof(word));
	leave(0);
}
