/* SPDX-License-Identifier: MIT */
/*
 * machine/host: what machine this is, as far as it matters for a comparison of allocators.
 */
#ifndef MADVISOR_MACHINE_HOST_H
#define MADVISOR_MACHINE_HOST_H

#include "base/rootfs.h"
#include "model/result.h"

/*
 * Fills a zeroed host. Unknown fields stay NULL or 0. machine, libc, cpus (those that this process
 * may run on) and page_bytes are of the running system, whatever the root; all else is read from
 * files below it. The texts belong to the host.
 */
void host_describe(const struct rootfs *fs, struct host *host) __attribute__((nonnull));

/*
 * "none", or the hypervisor in the words of systemd-detect-virt(1): "kvm", "xen", "vmware", "microsoft",
 * "oracle", "amazon", …, "qemu" where the processor is emulated; "vm" for one without a name. NULL where it cannot be told. Owned by the caller.
 */
char *host_virtualization(const struct rootfs *fs) __attribute__((nonnull, warn_unused_result));

/* The word in brackets of a choice such as "always [madvise] never", or NULL. Owned by the caller. */
char *host_chosen(const struct rootfs *fs, const char *path)
	__attribute__((nonnull, warn_unused_result));

#endif
