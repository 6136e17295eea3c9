/* SPDX-License-Identifier: MIT */
/*
 * identify/links: the libraries that an ELF file needs, and its own search folders for them.
 *
 * A confined child reads them; the parser of its answer is pure and checks everything.
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
/* Parses an answer of elf_links_read()'s child: -EBADMSG if it is malformed. */
int elf_links_parse(const char *text, size_t len, struct elf_links *ret)
	__attribute__((nonnull, warn_unused_result));
void elf_links_release(struct elf_links *links);

#endif
