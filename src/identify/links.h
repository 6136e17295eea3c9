/* SPDX-License-Identifier: MIT */
/*
 * identify/links: which libraries an ELF file needs, and where it has the loader look for them first.
 *
 * Read by a confined child; the parser of its answer is pure and takes nothing for granted.
 */
#ifndef MADVISOR_IDENTIFY_LINKS_H
#define MADVISOR_IDENTIFY_LINKS_H

#include <stddef.h>

#include "base/error.h"
#include "base/rights.h"

/* Texts are owned; both lists are NULL-terminated. */
struct elf_links {
	char **folders; /* of DT_RPATH and DT_RUNPATH, with $ORIGIN replaced; other tokens stay */
	char **needed;  /* "libc.so.6" */
};

/* Reads any ELF object, with these rights, as elf_read() does and with its errors. */
int elf_links_read(const char *path, const struct rights *rights, struct elf_links *ret,
		   struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));
/* An answer as elf_links_read() gets it: -EBADMSG where it makes no sense. */
int elf_links_parse(const char *text, size_t len, struct elf_links *ret)
	__attribute__((nonnull, warn_unused_result));
void elf_links_release(struct elf_links *links);

#endif
