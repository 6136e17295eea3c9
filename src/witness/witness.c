/* SPDX-License-Identifier: MIT */
/*
 * witness: a shared library preloaded beside a contender, in untimed runs, to report which object serves
 * malloc in each program that starts there. It runs only before main() and at exit.
 *
 * It appends lines to the file named in MADVISOR_WITNESS, with tabs between the fields:
 *
 *   start KEY OBJECT PROGRAM   a program has started, and malloc is bound to OBJECT
 *   end KEY OBJECT CPU_NS      a process that ran it is at its exit(3), after so much CPU time in it
 *
 * KEY tells programs apart: see probe/lineage.h. A process that a fork made has its parent's KEY, and speaks at its end
 * alone. One that ends by _exit(2), by exec or by a signal does not speak at its end.
 *
 * It must not allocate: the allocator may not be ready yet, or have torn itself down.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, NUMBER_BYTES = 24 };

static char file[PATH_BYTES]; /* kept, as programs may clear their environment */
static pid_t started_pid;
static uint64_t started_ns;

/* The 16 bytes of AT_RANDOM, folded: neither of the secrets that are made of them can be told. */
static uint64_t read_key(void)
{
	uint64_t words[2] = { 0, 0 };
	unsigned long at = getauxval(AT_RANDOM);

	if (at)
		memcpy(words, (const void *)at, sizeof(words));
	return words[0] ^ words[1];
}

static uint64_t cpu_ns(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Writes a number in this base, without stdio. Returns its start. */
static const char *format(char text[NUMBER_BYTES], uint64_t number, unsigned int base)
{
	char *at = text + NUMBER_BYTES - 1;

	*at = '\0';
	do
		*--at = "0123456789abcdef"[number % base];
	while (number /= base);
	return at;
}

/* One write(2), so that lines of several processes do not mix. */
static void append_line(const char *const fields[4])
{
	char line[2 * PATH_BYTES + 64];
	size_t len = 0;
	int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	for (int i = 0; i < 4; i++) {
		size_t field_len = strnlen(fields[i], PATH_BYTES);

		memcpy(line + len, fields[i], field_len);
		len += field_len;
		line[len++] = i < 3 ? '\t' : '\n';
	}
	if (write(fd, line, len) < 0) {
		/* The reader of the file notices a missing line. */
	}
	close(fd);
}

/*
 * The object that malloc is bound to; false if it cannot be determined. In a program that is not
 * position-independent and takes malloc's address, the symbol is found at an entry of the program's
 * own jump table, where it is undefined: then the first definition behind this library counts,
 * which comes first in LD_PRELOAD.
 */
static int find_server(Dl_info *ret)
{
	const ElfW(Sym) *symbol = NULL;
	void *function = dlsym(RTLD_DEFAULT, "malloc");

	if (!function || !dladdr1(function, ret, (void **)&symbol, RTLD_DL_SYMENT))
		return 0;
	if (!symbol || symbol->st_shndx != SHN_UNDEF)
		return 1;
	function = dlsym(RTLD_NEXT, "malloc");
	return function && dladdr(function, ret);
}

static void testify(const char *kind, const char *last)
{
	char key[NUMBER_BYTES], program[PATH_BYTES];
	Dl_info info;

	if (!find_server(&info) || !info.dli_fname)
		return;
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[len > 0 ? len : 0] = '\0';
	/* The program's own name is as typed at its start; its /proc link has the full path. */
	const char *object = strchr(info.dli_fname, '/') ? info.dli_fname : program;
	append_line((const char *const[]){ kind, format(key, read_key(), 16), object,
					   last ? last : program });
}

__attribute__((constructor)) static void testify_start(void)
{
	const char *named = getenv("MADVISOR_WITNESS");

	if (!named || strlen(named) >= sizeof(file))
		return;
	memcpy(file, named, strlen(named) + 1);
	started_pid = getpid();
	started_ns = cpu_ns();
	testify("start", NULL);
}

/* The CPU clock goes on through exec, and starts again at 0 in a fork. */
__attribute__((destructor)) static void testify_end(void)
{
	char number[NUMBER_BYTES];
	uint64_t before_ns = getpid() == started_pid ? started_ns : 0;

	if (*file)
		testify("end", format(number, cpu_ns() - before_ns, 10));
}
