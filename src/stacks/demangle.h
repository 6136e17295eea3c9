/* SPDX-License-Identifier: MIT */
/* stacks/demangle: names of functions as their authors wrote them. */
#ifndef MADVISOR_STACKS_DEMANGLE_H
#define MADVISOR_STACKS_DEMANGLE_H

#include <stdbool.h>

#include "base/strbuf.h"

/*
 * Appends the plain form of a symbol's name: of Rust's first scheme ("_ZN…17h<hash>E") by ourselves, of C++ by the
 * C++ library, where that can be loaded; otherwise the name as it is. Names of Rust's second scheme ("_R…")
 * stay as they are.
 */
void demangle(struct strbuf *sb, const char *name) __attribute__((nonnull));
/* Rust's first scheme alone; false, with nothing appended, where it is not. */
bool demangle_rust(struct strbuf *sb, const char *name) __attribute__((nonnull));

#endif
