/* SPDX-License-Identifier: MIT */
/*
 * identify/running: a process. What its file promises is compared with what is mapped. Runs in a confined child, which
 * reads the process through identify/door.
 */
#ifndef MADVISOR_IDENTIFY_RUNNING_H
#define MADVISOR_IDENTIFY_RUNNING_H

#include "identify/identify.h"

/*
 * program_path: where its file was when it started, as the process sees it. *ret is to be zero; target, pid and path are
 * the caller's.
 */
int running_identify(pid_t pid, const char *program_path, struct identification *ret,
		     struct error *err) __attribute__((nonnull(2, 3), warn_unused_result));

#endif
