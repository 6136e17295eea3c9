/* SPDX-License-Identifier: MIT */
/* base/selfdir: where this executable stands, to find what was built or installed beside it. */
#ifndef MADVISOR_BASE_SELFDIR_H
#define MADVISOR_BASE_SELFDIR_H

/* The directory of the running executable, from /proc/self/exe. Caller frees; NULL where unknown. */
char *self_directory(void) __attribute__((warn_unused_result));

/*
 * A file of madvisor's own beside its executable, as in a build folder, or in ../libexec/madvisor, as installed: its real
 * path. mode: as access(2) takes it. Caller frees; NULL where there is none.
 */
char *self_companion(const char *name, int mode) __attribute__((nonnull, warn_unused_result));

#endif
