/* SPDX-License-Identifier: MIT */
#include "base/rootless.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* The first users of the map: as many, from one number inside on, which is another outside; and whether there are others. */
struct mapped {
	uint64_t inside, outside, count;
	bool others;
};

static bool read_map(const struct rootfs *fs, struct mapped *ret)
{
	_cleanup_strbuf_ struct strbuf map = STRBUF_INIT;
	int end = 0;

	*ret = (struct mapped){ 0 };
	if (rootfs_read(fs, "/proc/self/uid_map", &map) < 0)
		return false;
	if (!map.len)
		return true;
	if (sscanf(map.buf, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %n", &ret->inside, &ret->outside,
		   &ret->count, &end) != 3)
		return false;
	ret->others = map.buf[end] != '\0';
	return true;
}

bool rootless_is(const struct rootfs *fs)
{
	struct mapped first;

	return read_map(fs, &first) && (first.inside || first.outside || first.count != UINT32_MAX);
}

bool rootless_is_alone(const struct rootfs *fs)
{
	struct mapped first;

	return read_map(fs, &first) && !first.inside && first.outside && first.count == 1 &&
	       !first.others;
}

bool rootless_explain(struct error *err)
{
	if (!rootless_is(&rootfs_real))
		return false;
	error_prefix(
		err,
		"in a user namespace (a rootless container) root has no rights over the kernel");
	error_hint(err, ROOTLESS_REMEDY);
	return true;
}
