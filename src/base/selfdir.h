/* SPDX-License-Identifier: MIT */
/* base/selfdir: the executable's own folder, to find files built or installed beside it. */
#ifndef MADVISOR_BASE_SELFDIR_H
#define MADVISOR_BASE_SELFDIR_H

#include <stdbool.h>

/* The directory of the running executable, from /proc/self/exe. Caller frees; NULL where unknown. */
char *self_directory(void) __attribute__((warn_unused_result));

/* Whether the executable lies elsewhere than in the folder that Meson built it in. */
bool self_is_installed(void) __attribute__((warn_unused_result));

/*
 * The real path of one of madvisor's own files beside its executable, as in a build folder, or in
 * ../libexec/madvisor, as installed. mode: as for access(2). Caller frees; NULL if not found.
 */
char *self_companion(const char *name, int mode) __attribute__((nonnull, warn_unused_result));

#endif
