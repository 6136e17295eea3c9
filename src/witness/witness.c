/* SPDX-License-Identifier: MIT */
/*
 * witness: a shared library preloaded beside a contender, once, to report which object serves
 * malloc in the user's own program. It runs only before main(), and only in untimed runs.
 *
 * It appends one line to the file named in MADVISOR_WITNESS: the object that `malloc` is bound to, and the
 * program it was loaded into, separated by a tab. Every process that the program starts adds a line.
 * It must not allocate: the allocator may not be ready yet.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* One write(2), so that lines of several processes do not mix. */
static void append_line(const char *file, const char *object, const char *program)
{
	char line[2 * PATH_BYTES + 2];
	size_t object_len = strnlen(object, PATH_BYTES), program_len = strnlen(program, PATH_BYTES);
	int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	memcpy(line, object, object_len);
	line[object_len] = '\t';
	memcpy(line + object_len + 1, program, program_len);
	line[object_len + 1 + program_len] = '\n';
	if (write(fd, line, object_len + program_len + 2) < 0) {
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

__attribute__((constructor)) static void testify(void)
{
	const char *file = getenv("MADVISOR_WITNESS");
	char program[PATH_BYTES];
	Dl_info info;

	if (!file || !find_server(&info) || !info.dli_fname)
		return;
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[len > 0 ? len : 0] = '\0';
	/* The program's own name is as typed at its start; its /proc link has the full path. */
	append_line(file, strchr(info.dli_fname, '/') ? info.dli_fname : program, program);
}
