/* SPDX-License-Identifier: MIT */
/*
 * What identify reads of others: a program's file (an ELF file or a script, as a whole through
 * program_file_find), and the dynamic loader's cache. Whatever the bytes are: an answer whose document
 * is JSON, or an error with a hint.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "identify/cache.h"
#include "identify/elf.h"
#include "identify/file.h"
#include "identify/identify.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool refuse_path(const char *path, void *context)
{
	*(size_t *)context += strlen(path);
	return false;
}

static bool visit_symbol(const struct elf_symbol *symbol, void *context)
{
	const struct elf_object *object = context;
	const char *text = elf_pointed_text(object, symbol->value);

	if (text && strlen(text) > (size_t)INT32_MAX)
		abort();
	if (elf_constant_of(object, symbol->value) < -1)
		abort();
	return false;
}

static void check_file(const char *path)
{
	char *environment[] = { (char[]){ "LD_PRELOAD=libnone.so" },
				(char[]){ "MALLOC_CONF=narenas:1" }, NULL };
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_program_file_ struct program_file file;
	struct identification found = { 0 };
	int r = program_file_find(path, environment, &file, &err);

	/* Here, not in a confined child, so that a crash is seen. */
	if (r == 0)
		r = file_identify(path, file.program, TAKE_FD(file.fd), environment, &found, &err);
	if (r < 0) {
		if (!err.message || !err.hint ||
		    (err.kind != ERROR_USAGE && err.kind != ERROR_MACHINE))
			abort();
		return;
	}
	if (file.is_script)
		program_file_describe_script(&file, &found);
	_cleanup_free_ char *text = identification_document(&found, 1);
	json_t *document = json_loads(text, 0, NULL);
	if (!document || !found.kind)
		abort();
	json_decref(document);
	identification_release(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("input", MFD_CLOEXEC);
	_cleanup_elf_object_ struct elf_object *object = NULL;
	size_t total = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);
	loader_cache_find((const char *)data, size, "libc.so.6", refuse_path, &total);
	if (elf_object_open(path, &object, NULL) == 0)
		elf_object_find_symbol(object, visit_symbol, object);
	check_file(path);
	return 0;
}
