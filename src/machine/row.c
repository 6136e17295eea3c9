/* SPDX-License-Identifier: MIT */
/* Helpers of capability*.c: read the machine's files and add rows. */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "machine/capability-internal.h"

struct capability *add_capability(struct capabilities *list, enum capability_group group,
				  const char *name, enum capability_state state, char *detail)
{
	struct capability *item = ARRAY_PUSH(list->items, list->count, list->alloc);

	item->group = group;
	item->name = name;
	item->state = state;
	item->detail = detail;
	return item;
}

void row(const struct capability_look *in, enum capability_group group, const char *name,
	 enum capability_state state, const char *detail, ...)
{
	va_list ap;

	va_start(ap, detail);
	add_capability(in->list, group, name, state, xvasprintf(detail, ap));
	va_end(ap);
}

void remedy(const struct capability_look *in, const char *fmt, ...)
{
	struct capability *item = &in->list->items[in->list->count - 1];
	va_list ap;

	va_start(ap, fmt);
	free(item->remedy);
	item->remedy = xvasprintf(fmt, ap);
	va_end(ap);
}

bool file_exists(const struct rootfs *fs, const char *path)
{
	_cleanup_free_ char *full = xasprintf("%s%s", fs->root, path);

	return access(full, F_OK) == 0;
}

bool read_number(const struct rootfs *fs, const char *path, long *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *end;

	if (rootfs_read(fs, path, &text) < 0 || !text.len)
		return false;
	*ret = strtol(text.buf, &end, 10);
	return *end == '\0';
}

bool may(const struct capability_look *in, int capability)
{
	return in->privileges & (UINT64_C(1) << capability);
}
