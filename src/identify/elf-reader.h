/* SPDX-License-Identifier: MIT */
/*
 * identify/elf-reader: asks an ELF file in a confined child (base/confined), for a file may be made to harm its reader,
 * or change while it is read. Nothing of it is loaded or run.
 *
 * The answer is as little to be trusted as the file. By convention it is lines "word\tvalue".
 */
#ifndef MADVISOR_IDENTIFY_ELF_READER_H
#define MADVISOR_IDENTIFY_ELF_READER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/rights.h"
#include "base/strbuf.h"
#include "identify/elf-object.h"

/* Asks an opened file; runs in the child. 0 or more with the answer written, or a negative errno with the error. */
typedef int (*elf_question)(const struct elf_object *object, const char *path, const void *context,
			    struct strbuf *answer, struct error *err);

/*
 * Opens the file in a child, and lets it answer; returns what the question does. The child has these rights (NULL: the
 * caller's); root reads a file that others can write as nobody. Errors are those of elf_object_open() and of the
 * question; ERROR_MACHINE where the child crashed or took longer than five seconds.
 */
int elf_read(const char *path, const struct rights *rights, elf_question question,
	     const void *context, struct strbuf *answer, struct error *err)
	__attribute__((nonnull(1, 3, 5), warn_unused_result));

/* Adds a line to an answer; not a value (NULL: none) that would break it. */
void elf_answer_add(struct strbuf *answer, const char *word, const char *value)
	__attribute__((nonnull(1, 2)));
/* The next line of an answer, taken apart in place; false at the end, and at what is no such line. */
bool elf_answer_next(char **rest, char **ret_word, char **ret_value) __attribute__((nonnull));
/* The error for an answer that makes no sense: -EBADMSG. */
int elf_answer_refuse(const char *path, struct error *err) __attribute__((nonnull(1)));

#endif
