/* SPDX-License-Identifier: MIT */
/*
 * base/rootless: a user namespace other than the machine's first, as of a rootless container. Whoever is root there, with all
 * capabilities, has none of the rights over the kernel that BPF and perf events need.
 *
 * Source: user_namespaces(7).
 */
#ifndef MADVISOR_BASE_ROOTLESS_H
#define MADVISOR_BASE_ROOTLESS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/rootfs.h"

/* Whether this process is in one: its map of users is not the one of all users. */
bool rootless_is(const struct rootfs *fs) __attribute__((nonnull));
/*
 * Whether it is in one that has no user but root, who is an ordinary user of the machine: there is nobody else to become, and no
 * more rights than that user's.
 */
bool rootless_is_alone(const struct rootfs *fs) __attribute__((nonnull));
/*
 * Adds that to an error that was set for a lack of rights, with the remedy, if this process is in one; false, and nothing is
 * changed, where it is not. err may be NULL.
 */
bool rootless_explain(struct error *err);

/* What helps against it. */
#define ROOTLESS_REMEDY \
	"look from the machine itself, as its root: sudo madvisor explain --cgroup GROUP, or -p PID"

#endif
