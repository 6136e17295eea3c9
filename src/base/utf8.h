/* SPDX-License-Identifier: MIT */
/* base/utf8: finds printable characters. Pure. */
#ifndef MADVISOR_BASE_UTF8_H
#define MADVISOR_BASE_UTF8_H

#include <stddef.h>

/*
 * Length in bytes of the printable character that s starts with, or 0 where s starts with a control
 * character (C0, DEL, C1), a bidirectional control (they can reorder a line on a terminal), an
 * invisible one (zero width, tags, fillers: they can hide text), an invalid or overlong sequence,
 * or the end. Source of the encoding's rules: RFC 3629.
 */
size_t utf8_printable_len(const char *s) __attribute__((nonnull, pure));

#endif
