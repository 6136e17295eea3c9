/* SPDX-License-Identifier: MIT */
/*
 * identify/elf-reader: reads an ELF file in a confined child (base/confined), because a file may be
 * crafted to harm its reader, or change while it is read. Nothing of it is loaded or run.
 *
 * The answer is as untrusted as the file. By convention it is lines "word\tvalue".
 */
#ifndef MADVISOR_IDENTIFY_ELF_READER_H
#define MADVISOR_IDENTIFY_ELF_READER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/rights.h"
#include "base/strbuf.h"
#include "identify/elf-object.h"

/* Queries an open file in the child. At least 0 with the answer, or a negative errno and *err. */
typedef int (*elf_question)(const struct elf_object *object, const char *path, const void *context,
			    struct strbuf *answer, struct error *err);

/*
 * Opens the file in a child, runs the query there and returns its result. The child has these
 * rights (NULL: the caller's); under root, a file that others can write is read as user nobody.
 * Errors are those of elf_object_open() and of the query; ERROR_MACHINE: the child crashed or took
 * longer than five seconds.
 */
int elf_read(const char *path, const struct rights *rights, elf_question question,
	     const void *context, struct strbuf *answer, struct error *err)
	__attribute__((nonnull(1, 3, 5), warn_unused_result));

/* Adds a line to an answer; a value that is NULL or would break the format is left out. */
void elf_answer_add(struct strbuf *answer, const char *word, const char *value)
	__attribute__((nonnull(1, 2)));
/* Splits the next line of an answer in place; false at the end, and at a malformed line. */
bool elf_answer_next(char **rest, char **ret_word, char **ret_value) __attribute__((nonnull));
/* The error for a malformed answer: -EBADMSG. */
int elf_answer_refuse(const char *path, struct error *err) __attribute__((nonnull(1)));

#endif
