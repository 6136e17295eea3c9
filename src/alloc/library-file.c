/* SPDX-License-Identifier: MIT */
#include "alloc/library-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/elf-reader.h"

/* More than any library has. */
enum { WORD_MAX = 64 };
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static const char *const functions[] = {
	"malloc",
	"free",
	"calloc",
	"realloc",
	"posix_memalign",
	"aligned_alloc",
	"memalign",
	"malloc_usable_size",
	"gnu_get_libc_version",
};

unsigned int library_function_bit(const char *function)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i], function))
			return 1u << i;
	return 0;
}

/* Whether files of this machine's programs and the library can share a process. */
static int check_abi(const struct elf_object *object, const char *path, struct error *err)
{
	_cleanup_elf_object_ struct elf_object *self = NULL;
	int r = elf_object_open("/proc/self/exe", &self, err);

	if (r < 0)
		return r;
	if (elf_object_same_abi(self, object))
		return 0;
	const char *theirs = elf_object_machine((struct elf_object *)object);
	r = error_set(err, ERROR_USAGE, ENOEXEC, "%s: is for %s, this machine runs %s", path,
		      theirs, elf_object_machine(self));
	error_hint(err, "name a library built for %s", elf_object_machine(self));
	return r;
}

static int describe(const struct elf_object *object, const char *path, const void *context,
		    struct strbuf *answer, struct error *err)
{
	int r = check_abi(object, path, err);

	if (r < 0)
		return r;
	if (!elf_object_is_library(object)) {
		r = error_set(err, ERROR_USAGE, ENOEXEC, "%s: is not a shared library", path);
		error_hint(err, "name a file such as /usr/lib/libNAME.so");
		return r;
	}
	const struct allocator *allocator = allocator_of(object);
	_cleanup_free_ char *prefix = allocator->prefix ? allocator->prefix(object) : NULL;
	_cleanup_free_ char *version =
		allocator->version ? allocator->version("", path, object) : NULL;
	elf_answer_add(answer, "allocator", allocator->name);
	elf_answer_add(answer, "prefix", prefix);
	elf_answer_add(answer, "version", version);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (elf_object_defines(object, functions[i]))
			elf_answer_add(answer, "defines", functions[i]);
	strbuf_addstr(answer, "end\t\n");
	return 0;
}

int library_file_read(const char *path, const struct rights *rights, struct library_file *ret,
		      struct error *err)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	int r = elf_read(path, rights, describe, NULL, &answer, err);

	*ret = (struct library_file){ 0 };
	if (r < 0)
		return r;
	r = library_file_parse(answer.buf, answer.len, ret);
	return r < 0 ? elf_answer_refuse(path, err) : 0;
}

/* Copies a text of only these characters; a second one is an error. */
static bool take_text(char **ret, const char *value, const char *characters)
{
	size_t len = strlen(value);

	if (*ret || len > WORD_MAX || strspn(value, characters) != len)
		return false;
	*ret = xstrdup(value);
	return true;
}

static bool take_allocator(struct library_file *file, const char *value)
{
	if (file->allocator)
		return false;
	file->allocator =
		strcmp(value, allocator_custom.name) ? allocator_by_name(value) : &allocator_custom;
	return file->allocator;
}

static bool take_line(struct library_file *file, const char *word, const char *value)
{
	if (!strcmp(word, "allocator"))
		return take_allocator(file, value);
	if (!strcmp(word, "prefix"))
		return take_text(&file->prefix, value, LETTERS DIGITS "_");
	if (!strcmp(word, "version"))
		return take_text(&file->version, value, LETTERS DIGITS ".+-_~");
	if (strcmp(word, "defines") || !library_function_bit(value))
		return false;
	file->functions |= library_function_bit(value);
	return true;
}

int library_file_parse(const char *text, size_t len, struct library_file *ret)
{
	_cleanup_free_ char *copy = xstrndup(text, len);
	char *rest = copy, *word, *value;
	bool good = strlen(copy) == len, ended = false;

	*ret = (struct library_file){ 0 };
	while (good && !ended && elf_answer_next(&rest, &word, &value)) {
		ended = !strcmp(word, "end");
		good = ended || take_line(ret, word, value);
	}
	if (good && ended && ret->allocator) {
		if (!ret->prefix)
			ret->prefix = xstrdup("");
		return 0;
	}
	library_file_release(ret);
	return -EBADMSG;
}

void library_file_release(struct library_file *file)
{
	if (!file)
		return;
	free(file->prefix);
	free(file->version);
	*file = (struct library_file){ 0 };
}

static int tell_definition(const struct elf_object *object, const char *path, const void *context,
			   struct strbuf *answer, struct error *err)
{
	return elf_object_defines(object, context) ? 1 : 0;
}

bool library_file_defines(const char *path, const struct rights *rights, const char *function)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;

	return elf_read(path, rights, tell_definition, function, &answer, NULL) == 1;
}

static int tell_options(const struct elf_object *object, const char *path, const void *context,
			struct strbuf *answer, struct error *err)
{
	const struct allocator *allocator = context;
	_cleanup_option_map_ struct option_map found = { 0 };

	allocator->list_options(allocator, path, object, &found);
	for (size_t i = 0; i < found.count; i++)
		elf_answer_add(answer, "option", found.items[i].key);
	return 0;
}

int library_file_options(const char *path, const struct rights *rights,
			 const struct allocator *allocator, struct option_map *ret,
			 struct error *err)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	int r = elf_read(path, rights, tell_options, allocator, &answer, err);
	char *rest = answer.buf, *word, *value;

	while (r >= 0 && elf_answer_next(&rest, &word, &value))
		if (strlen(value) <= WORD_MAX && strspn(value, LETTERS DIGITS "_") == strlen(value))
			option_map_set(ret, value, NULL);
	return r < 0 ? r : 0;
}
