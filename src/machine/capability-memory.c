/* SPDX-License-Identifier: MIT */
/* How this machine hands out memory, and how much there is. */
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "machine/capability-internal.h"
#include "base/cgroup.h"
#include "machine/host.h"

#define THP_DIR "/sys/kernel/mm/transparent_hugepage"

/* Less than this and the larger cases do not fit beside the system. */
static const uint64_t AVAILABLE_LOW_BYTES = UINT64_C(1) << 30;

static bool meminfo_bytes(const struct capability_look *in, const char *key, uint64_t *ret)
{
	if (rootfs_read_field_u64(in->fs, "/proc/meminfo", key, ret) < 0)
		return false;
	*ret *= 1024;
	return true;
}

static void inspect_amount(const struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf detail = STRBUF_INIT;
	uint64_t total, available;

	if (!meminfo_bytes(in, "MemTotal", &total) ||
	    !meminfo_bytes(in, "MemAvailable", &available))
		return;
	format_bytes(&detail, (double)available);
	strbuf_addstr(&detail, " available of ");
	format_bytes(&detail, (double)total);
	bool low = available < AVAILABLE_LOW_BYTES;
	row(in, CAPABILITIES_MEMORY, "memory", low ? CAPABILITY_PARTLY : CAPABILITY_YES, "%s",
	    detail.buf);
	if (low)
		remedy(in, "stop other work, or bound the cases: --memory-max");
}

static void inspect_swap(const struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf detail = STRBUF_INIT;
	uint64_t total, free_bytes;

	if (!meminfo_bytes(in, "SwapTotal", &total) || !meminfo_bytes(in, "SwapFree", &free_bytes))
		return;
	if (total == 0) {
		row(in, CAPABILITIES_MEMORY, "swap", CAPABILITY_YES, "none");
		return;
	}
	bool used = free_bytes < total;
	format_bytes(&detail, (double)(total - free_bytes));
	strbuf_addstr(&detail, " in use of ");
	format_bytes(&detail, (double)total);
	row(in, CAPABILITIES_MEMORY, "swap", used ? CAPABILITY_PARTLY : CAPABILITY_YES, "%s%s",
	    detail.buf, used ? ": a page that is swapped out comes back by a major fault" : "");
	if (used)
		remedy(in, "sudo swapoff -a && sudo swapon -a");
}

static void inspect_limit(const struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf detail = STRBUF_INIT;
	uint64_t bytes;

	if (!cgroup_memory_max(in->fs, &bytes))
		return;
	format_bytes(&detail, (double)bytes);
	row(in, CAPABILITIES_MEMORY, "memory limit", CAPABILITY_FACT, "%s, from its control group",
	    detail.buf);
}

/* Documentation/mm/overcommit-accounting.rst */
static void inspect_overcommit(const struct capability_look *in)
{
	long mode;

	if (!read_number(in->fs, "/proc/sys/vm/overcommit_memory", &mode))
		return;
	if (mode != 2) {
		row(in, CAPABILITIES_MEMORY, "overcommit", CAPABILITY_YES, "%s (%ld)",
		    mode == 1 ? "always" : "heuristic", mode);
		return;
	}
	row(in, CAPABILITIES_MEMORY, "overcommit", CAPABILITY_PARTLY,
	    "never (2): allocators that reserve address space in advance may fail");
	remedy(in, "sudo sysctl vm.overcommit_memory=0");
}

/* Documentation/admin-guide/mm/transhuge.rst */
static void inspect_thp(const struct capability_look *in)
{
	static const char name[] = "transparent huge pages";
	_cleanup_free_ char *enabled = host_chosen(in->fs, THP_DIR "/enabled");
	_cleanup_free_ char *defrag = host_chosen(in->fs, THP_DIR "/defrag");
	_cleanup_free_ char *shmem = host_chosen(in->fs, THP_DIR "/shmem_enabled");

	if (!enabled) {
		row(in, CAPABILITIES_MEMORY, name, CAPABILITY_FACT, "this kernel has none");
		return;
	}
	row(in, CAPABILITIES_MEMORY, name, CAPABILITY_FACT, "%s, defrag %s, shared memory %s%s",
	    enabled, defrag ? defrag : "unknown", shmem ? shmem : "unknown",
	    !strcmp(enabled, "always") ? ": one fault may bring a huge page, and memory may grow"
				       : "");
}

static void inspect_page_size(const struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf detail = STRBUF_INIT;

	format_bytes(&detail, (double)sysconf(_SC_PAGESIZE));
	row(in, CAPABILITIES_MEMORY, "page size", CAPABILITY_FACT, "%s", detail.buf);
}

void inspect_memory(const struct capability_look *in)
{
	inspect_amount(in);
	inspect_swap(in);
	inspect_limit(in);
	inspect_overcommit(in);
	inspect_thp(in);
	inspect_page_size(in);
}
