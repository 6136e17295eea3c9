/* SPDX-License-Identifier: MIT */
/*
 * Does what an observer that stops the program could spoil, and says what it sees: the output and
 * the exit status must be the same with and without the observer.
 *
 *   traced-life WHAT      see the table at the end
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char self[4096];

static void sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

/* Something that the observer stops for. */
static void use_memory(void)
{
	void *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		err(1, "mmap");
	madvise(pages, 8192, MADV_DONTNEED);
	munmap(pages, 8192);
}

static const char *name_of(int status)
{
	static char text[64];

	if (WIFEXITED(status))
		snprintf(text, sizeof(text), "exited %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "killed by %d", WTERMSIG(status));
	else if (WIFSTOPPED(status))
		snprintf(text, sizeof(text), "stopped by %d", WSTOPSIG(status));
	else
		snprintf(text, sizeof(text), "continued");
	return text;
}

static void wait_and_print(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WUNTRACED | WCONTINUED) != pid)
		err(1, "waitpid");
	printf("child %s\n", name_of(status));
}

static void *count_up(void *counter)
{
	for (;;) {
		use_memory();
		__atomic_fetch_add((unsigned long *)counter, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static unsigned long moved(const unsigned long *counter, long ms)
{
	unsigned long before = __atomic_load_n(counter, __ATOMIC_RELAXED);

	sleep_ms(ms);
	return __atomic_load_n(counter, __ATOMIC_RELAXED) - before;
}

/* A child of two threads is stopped and continued, as a shell does it. */
static int job_control(int stop_signal)
{
	unsigned long *counter =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		/* A process group without a parent outside it would not be stopped by SIGTSTP. */
		setpgid(0, 0);
		if (pthread_create(&thread, NULL, count_up, counter))
			_exit(9);
		count_up(counter);
	}
	setpgid(pid, pid);
	while (!moved(counter, 5))
		;
	for (int i = 0; i < 3; i++) {
		kill(pid, stop_signal);
		wait_and_print(pid);
		printf("while stopped: %s\n", moved(counter, 50) ? "runs" : "stands");
		kill(pid, SIGCONT);
		wait_and_print(pid);
		while (!moved(counter, 5))
			;
		puts("runs again");
	}
	/* The end of a stopped process. */
	kill(pid, stop_signal);
	wait_and_print(pid);
	kill(pid, SIGKILL);
	wait_and_print(pid);
	return 0;
}

static int stop(void)
{
	return job_control(SIGSTOP);
}

static int tstp(void)
{
	return job_control(SIGTSTP);
}

static volatile sig_atomic_t handled[65];
static volatile int last_value, last_code;

static void on_signal(int number, siginfo_t *info, void *context)
{
	handled[number]++;
	last_value = info->si_value.sival_int;
	last_code = info->si_code;
	use_memory();
}

/* Handlers, their information, and the interrupted calls that come back. */
static int signals(void)
{
	const int numbers[] = { SIGUSR1, SIGTRAP, SIGCHLD,  SIGTSTP, SIGCONT,
				SIGURG,  SIGALRM, SIGRTMIN, SIGRTMAX };
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct timespec long_time = { 10, 0 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaction(numbers[i], &action, NULL);
		for (int k = 1; k <= 3; k++) {
			sigqueue(getpid(), numbers[i], (union sigval){ 1000 + k });
			printf("signal %d: handled %d, value %d, code %d\n", numbers[i],
			       (int)handled[numbers[i]], last_value, last_code);
		}
	}
	raise(SIGTRAP);
	printf("raised SIGTRAP: %d, code %d\n", (int)handled[SIGTRAP], last_code);
#if defined(__x86_64__)
	__asm__ volatile("int3");
	printf("int3: %d, code %d\n", (int)handled[SIGTRAP], last_code);
#elif defined(__aarch64__)
	puts("int3: not here");
#endif
	alarm(1);
	int r = nanosleep(&long_time, NULL);
	printf("sleep: %d %s\n", r, r < 0 ? strerrorname_np(errno) : "");
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR2);
	return 0;
}

/* A child without a handler, killed by every deadly signal. */
static int deaths(void)
{
	for (int number = 1; number < 32; number++) {
		if (number == SIGSTOP || number == SIGTSTP || number == SIGTTIN ||
		    number == SIGTTOU)
			continue;
		pid_t pid = fork();

		if (pid == 0) {
			use_memory();
			raise(number);
			use_memory();
			_exit(7);
		}
		printf("%d: ", number);
		wait_and_print(pid);
	}
	return 0;
}

static volatile int turn, shared;

/* The child writes to its parent's memory, then ends or runs another program. */
static int vforks(void)
{
	for (turn = 1; turn <= 20; turn++) {
		pid_t pid = vfork();

		if (pid == 0) {
			shared = turn;
			if (turn % 2)
				execl(self, self, "exit", (char *)NULL);
			_exit(shared);
		}
		printf("shared %d, ", shared);
		wait_and_print(pid);
	}
	return 0;
}

static void *exec_here(void *unused)
{
	printf("exec, thread is leader: %d\n", syscall(SYS_gettid) == getpid());
	fflush(stdout);
	execl(self, self, "single", (char *)NULL);
	err(1, "exec");
}

static void *use_and_wait(void *unused)
{
	for (;;)
		use_memory();
	return unused;
}

/* All other threads die, and the one that execs becomes the leader. */
static int exec_thread(void)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, use_and_wait, NULL))
			return 9;
	sleep_ms(20);
	if (pthread_create(&thread, NULL, exec_here, NULL))
		return 9;
	pause();
	return 9;
}

static int single(void)
{
	use_memory();
	printf("leader: %d\n", syscall(SYS_gettid) == getpid());
	return 5;
}

static void *use_some(void *unused)
{
	for (int i = 0; i < 20; i++)
		use_memory();
	return unused;
}

static int many_threads(void)
{
	enum { THREADS = 500 };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, use_some, NULL))
			errx(9, "thread %d cannot start", i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	puts("done");
	return 0;
}

static int many_children(void)
{
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			use_memory();
			_exit(i & 127);
		}
		if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != (i & 127))
			errx(9, "child %d: %s", i, name_of(status));
	}
	puts("done");
	return 0;
}

/* The leader ends, the other threads live on and have the last word. */
static void *outlive(void *unused)
{
	sleep_ms(50);
	use_memory();
	puts("outlived");
	exit(6);
}

static int leader_ends(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, outlive, NULL))
		return 9;
	pthread_exit(NULL);
	return 9;
}

static int trace_itself(void)
{
	long r = ptrace(PTRACE_TRACEME, 0, NULL, NULL);

	printf("ptrace: %s\n", r < 0 ? strerrorname_np(errno) : "allowed");
	return r < 0 ? 4 : 0;
}

static int segv(void)
{
	use_memory();
	*(volatile int *)NULL = 1; /* NOLINT: the point of it */
	return 0;
}

static int leave(void)
{
	return 3;
}

/* Until somebody kills it, with children that do the same. */
static int endless(void)
{
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			break;
	use_and_wait(NULL);
	return 9;
}

static const struct {
	const char *name;
	int (*run)(void);
} lives[] = {
	{ "stop", stop },
	{ "tstp", tstp },
	{ "signals", signals },
	{ "deaths", deaths },
	{ "vfork", vforks },
	{ "exec-thread", exec_thread },
	{ "single", single },
	{ "threads", many_threads },
	{ "children", many_children },
	{ "leader-ends", leader_ends },
	{ "ptrace", trace_itself },
	{ "segv", segv },
	{ "exit", leave },
	{ "endless", endless },
};

int main(int argc, char **argv)
{
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		err(1, "/proc/self/exe");
	for (size_t i = 0; argc > 1 && i < sizeof(lives) / sizeof(lives[0]); i++)
		if (!strcmp(argv[1], lives[i].name)) {
			setvbuf(stdout, NULL, _IOLBF, 0);
			return lives[i].run();
		}
	fputs("usage: traced-life WHAT\n", stderr);
	return 2;
}
