/* SPDX-License-Identifier: MIT */
#include "identify/links.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/elf-reader.h"
#include "identify/elf.h"

/* More than any library has. */
enum { LINKS_MAX = 1024 };

/* Expands $ORIGIN in a search folder: ld.so(8). Other tokens stay, so that folder is not found. */
static void tell_folder(struct strbuf *answer, const char *folder, size_t len, const char *origin)
{
	static const char *const tokens[] = { "${ORIGIN}", "$ORIGIN" };
	_cleanup_strbuf_ struct strbuf whole = STRBUF_INIT;

	for (size_t i = 0; i < len; i++) {
		size_t skip = 0;

		for (size_t t = 0; t < ARRAY_SIZE(tokens) && !skip; t++)
			if (!strncmp(folder + i, tokens[t], strlen(tokens[t])))
				skip = strlen(tokens[t]);
		if (skip) {
			strbuf_addstr(&whole, origin);
			i += skip - 1;
		} else {
			strbuf_addch(&whole, folder[i]);
		}
	}
	elf_answer_add(answer, "folder", whole.len ? whole.buf : ".");
}

static void tell_folders(struct strbuf *answer, const char *list, const char *origin)
{
	for (const char *at = list; at && *at; at += strspn(at, ":")) {
		size_t len = strcspn(at, ":");

		tell_folder(answer, at, len, origin);
		at += len;
	}
}

static int tell_links(const struct elf_object *object, const char *path, const void *context,
		      struct strbuf *answer, struct error *err)
{
	_cleanup_free_ char *origin = path_folder(path);
	const char *needed;

	tell_folders(answer, elf_dynamic_text(object, DT_RPATH), origin);
	tell_folders(answer, elf_dynamic_text(object, DT_RUNPATH), origin);
	for (size_t i = 0; (needed = elf_object_needed(object, i)); i++)
		elf_answer_add(answer, "needed", needed);
	strbuf_addstr(answer, "end\t\n");
	return 0;
}

int elf_links_read(const char *path, const struct rights *rights, struct elf_links *ret,
		   struct error *err)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	int r = elf_read(path, rights, tell_links, NULL, &answer, err);

	*ret = (struct elf_links){ 0 };
	if (r < 0)
		return r;
	r = elf_links_parse(answer.buf, answer.len, ret);
	return r < 0 ? elf_answer_refuse(path, err) : 0;
}

int elf_links_parse(const char *text, size_t len, struct elf_links *ret)
{
	_cleanup_free_ char *copy = xstrndup(text, len);
	char *rest = copy, *word, *value;
	size_t folders = 0, folders_alloc = 0, needed = 0, needed_alloc = 0;
	bool good = strlen(copy) == len, ended = false;

	*ret = (struct elf_links){ 0 };
	while (good && !ended && elf_answer_next(&rest, &word, &value)) {
		ended = !strcmp(word, "end");
		if (ended)
			break;
		good = *value && strlen(value) < PATH_MAX && folders + needed < LINKS_MAX;
		if (good && !strcmp(word, "folder"))
			*ARRAY_PUSH(ret->folders, folders, folders_alloc) = xstrdup(value);
		else if (good && !strcmp(word, "needed"))
			*ARRAY_PUSH(ret->needed, needed, needed_alloc) = xstrdup(value);
		else
			good = false;
	}
	*ARRAY_PUSH(ret->folders, folders, folders_alloc) = NULL;
	*ARRAY_PUSH(ret->needed, needed, needed_alloc) = NULL;
	if (good && ended)
		return 0;
	elf_links_release(ret);
	return -EBADMSG;
}

void elf_links_release(struct elf_links *links)
{
	if (!links)
		return;
	strv_free(links->folders);
	strv_free(links->needed);
	*links = (struct elf_links){ 0 };
}
