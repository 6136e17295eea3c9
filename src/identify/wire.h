/* SPDX-License-Identifier: MIT */
/*
 * identify/wire: serialises an identification, to send it from the confined child to its parent.
 *
 * The format is private to this file and in the machine's byte order. The reader checks everything:
 * the target may control the child. Numbers have 32 bits; a text is its length plus one and its
 * bytes, or 0 for NULL. pid, target and path are left out: the parent has them.
 */
#ifndef MADVISOR_IDENTIFY_WIRE_H
#define MADVISOR_IDENTIFY_WIRE_H

#include <stddef.h>

#include "base/strbuf.h"
#include "identify/identify.h"

enum {
	WIRE_TEXT_MAX = 64 << 10, /* bytes of a text; longer ones are cut */
	WIRE_ITEMS_MAX = 4096,    /* of a list; further ones are left out */
	WIRE_MAX = 1 << 20,       /* bytes in all that are read */
};

void wire_write(const struct identification *found, struct strbuf *out) __attribute__((nonnull));

/*
 * 0, and the caller releases *ret; or -EBADMSG for bytes that wire_write() would not write, and
 * *ret is empty.
 */
int wire_read(const char *bytes, size_t len, struct identification *ret)
	__attribute__((nonnull, warn_unused_result));

#endif
