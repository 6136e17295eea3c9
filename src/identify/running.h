/* SPDX-License-Identifier: MIT */
/*
 * identify/running: identifies a process: compares the objects that its file needs with those
 * mapped. Runs in a confined child, which reads the process through identify/door.
 */
#ifndef MADVISOR_IDENTIFY_RUNNING_H
#define MADVISOR_IDENTIFY_RUNNING_H

#include "identify/identify.h"

/*
 * program_path: path of its file at its start, as the process sees it. *ret must be zero; the
 * caller sets target, pid and path.
 */
int running_identify(pid_t pid, const char *program_path, struct identification *ret,
		     struct error *err) __attribute__((nonnull(2, 3), warn_unused_result));

#endif
