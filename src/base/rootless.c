/* SPDX-License-Identifier: MIT */
#include "base/rootless.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* The first users of the map: as many, from one number inside on, which is another outside. */
struct mapped {
	uint64_t inside, outside, count;
};

static bool read_map(const struct rootfs *fs, struct mapped *ret)
{
	_cleanup_strbuf_ struct strbuf map = STRBUF_INIT;

	*ret = (struct mapped){ 0 };
	return rootfs_read(fs, "/proc/self/uid_map", &map) == 0 &&
	       (sscanf(map.buf, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ret->inside, &ret->outside,
		       &ret->count) == 3 ||
		!map.len);
}

bool rootless_is(const struct rootfs *fs)
{
	struct mapped first;

	return read_map(fs, &first) && (first.inside || first.outside || first.count != UINT32_MAX);
}

bool rootless_root_is_ordinary(const struct rootfs *fs)
{
	struct mapped first;

	return read_map(fs, &first) && !first.inside && first.outside && first.count;
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
