/* SPDX-License-Identifier: MIT */
/*
 * identify/loader-words: the command line of a dynamic loader that was started as a program:
 * "ld-linux-x86-64.so.2 --preload LIST PROGRAM …". Pure.
 *
 * Sources: ld.so(8) and ld.so --help of glibc 2.36; musl 1.2 ldso/dynlink.c.
 */
#ifndef MADVISOR_IDENTIFY_LOADER_WORDS_H
#define MADVISOR_IDENTIFY_LOADER_WORDS_H

#include <stddef.h>

/* Texts are borrowed from the command line. NULL: not given. */
struct loader_words {
	const char *program;
	const char *preload;      /* --preload: libraries, behind those of LD_PRELOAD */
	const char *library_path; /* --library-path: in place of LD_LIBRARY_PATH */
};

/* Parses /proc/PID/cmdline: words, each with a NUL behind it; text[len] must be NUL, too. */
void loader_words_parse(const char *text, size_t len, struct loader_words *ret)
	__attribute__((nonnull));

#endif
