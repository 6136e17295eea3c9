/* SPDX-License-Identifier: MIT */
/*
 * identify/wire: an identification on its way from the confined child that made it.
 *
 * Sources: none; the format is of this file alone, in the byte order of the machine, and changes with it. All that is
 * read is checked: the child may be under the control of what it looked at. Numbers are of 32 bits; a text is its
 * length plus one and its bytes, or 0 for none. pid, target and path are the parent's, and not in it.
 */
#ifndef MADVISOR_IDENTIFY_WIRE_H
#define MADVISOR_IDENTIFY_WIRE_H

#include <stddef.h>

#include "base/strbuf.h"
#include "identify/identify.h"

enum {
	WIRE_TEXT_MAX = 64 << 10, /* bytes of a text; longer ones are cut */
	WIRE_ITEMS_MAX = 4096,    /* of a list; what is beyond is left out */
	WIRE_MAX = 1 << 20,       /* bytes in all that are worth reading */
};

void wire_write(const struct identification *found, struct strbuf *out) __attribute__((nonnull));

/*
 * 0, and *ret is the caller's to release; or -EBADMSG for bytes that wire_write() would not write, and *ret is empty.
 */
int wire_read(const char *bytes, size_t len, struct identification *ret)
	__attribute__((nonnull, warn_unused_result));

#endif
