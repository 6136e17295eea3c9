/* SPDX-License-Identifier: MIT */
/*
 * Where memory calls are seen: at their own functions, or at the tracepoints of all system calls. Taken by trying: what the
 * kernel says it has, and then whether it takes the programs and attaches them.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/rootfs.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

#if defined(__x86_64__)
#define FUNCTION(call) "__x64_sys_" call
#else
#define FUNCTION(call) "__arm64_sys_" call
#endif

/* As is_memory_call() in bpf/hooks.bpf.h has them, without futex. */
static const char *const returning[] = {
	FUNCTION("madvise"), FUNCTION("mmap"),     FUNCTION("munmap"), FUNCTION("mremap"),
	FUNCTION("brk"),     FUNCTION("mprotect"), FUNCTION("mlock"),  FUNCTION("mlock2"),
	FUNCTION("execve"),  FUNCTION("execveat"), FUNCTION("clone"),  FUNCTION("clone3"),
#if defined(__x86_64__)
	FUNCTION("fork"),    FUNCTION("vfork"),
#endif
};
/* As goes_unseen() has them: only that they are made is seen. */
static const char *const noticed[] = {
	FUNCTION("mlockall"),
	FUNCTION("process_madvise"),
	FUNCTION("fallocate"),
};
#define LOCK_FUNCTION FUNCTION("futex")

/* The same for every session of this process. */
static struct {
	bool known;
	bool offered;
} functions;

/* Where this is 0 the kernel takes such programs, and never runs them. */
static bool ftrace_is_on(void)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	return rootfs_read(&rootfs_real, "/proc/sys/kernel/ftrace_enabled", &text) == 0 &&
	       text.buf[0] == '1';
}

static bool has_member(const struct btf *btf, const char *structure, const char *member)
{
	int id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (unsigned int i = 0; type && i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(type)[i].name_off);

		if (name && !strcmp(name, member))
			return true;
	}
	return false;
}

/*
 * Before Linux 6.14 the ends of calls come from a pool of records (struct fprobe, its member rethook), 28 a CPU here. Threads that
 * wait for mmap_lock exhaust it: of 500 threads that began at once, 1,341 and 1,464 events were lost on 6.12; 15 to 19 at the tracepoints of 6.1.
 */
static bool ends_are_limited(const struct btf *btf)
{
	return has_member(btf, "fprobe", "rethook");
}

void tax_hooks_learn(const struct btf *btf)
{
	if (functions.known)
		return;
	functions.known = true;
	/* The kernel has the first only if it can attach a program to several functions. */
	functions.offered =
		btf__find_by_name_kind(btf, "bpf_kprobe_multi_link", BTF_KIND_STRUCT) > 0 &&
		btf__find_by_name_kind(btf, "fprobe", BTF_KIND_STRUCT) > 0 &&
		btf__find_by_name_kind(btf, LOCK_FUNCTION, BTF_KIND_FUNC) > 0 &&
		!ends_are_limited(btf) && ftrace_is_on();
}

static void leave_out(struct bpf_program *program)
{
	(void)bpf_program__set_autoload(program, false);
}

void tax_hooks_configure(struct tax_session *session)
{
	struct tax_bpf *skeleton = session->skeleton;

	session->hooks = functions.offered ? TAX_AT_FUNCTIONS : TAX_AT_TRACEPOINTS;
	if (session->hooks == TAX_AT_FUNCTIONS) {
		leave_out(skeleton->progs.on_call_enter);
		leave_out(skeleton->progs.on_call_exit);
		skeleton->rodata->at_functions = true;
		/* Where that fails, so does loading. */
		(void)bpf_program__set_attach_target(skeleton->progs.on_lock_enter, 0,
						     LOCK_FUNCTION);
		(void)bpf_program__set_attach_target(skeleton->progs.on_lock_exit, 0,
						     LOCK_FUNCTION);
		return;
	}
	leave_out(skeleton->progs.on_function_enter);
	leave_out(skeleton->progs.on_function_exit);
	leave_out(skeleton->progs.on_lock_enter);
	leave_out(skeleton->progs.on_lock_exit);
}

bool tax_hooks_descend(void)
{
	bool had = functions.offered;

	functions.offered = false;
	return had;
}

static int attach_functions(struct tax_links *links, const struct bpf_program *program,
			    const char *const *names, size_t count, bool returns, struct error *err)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = (const char **)(uintptr_t)names,
		    .cnt = count, .retprobe = returns);
	struct bpf_link *link = bpf_program__attach_kprobe_multi_opts(program, NULL, &options);

	if (!link)
		return tax_error(err, errno, "cannot attach to the functions of memory calls");
	tax_links_keep(links, link);
	return 0;
}

int tax_hooks_attach(struct tax_session *session, struct error *err)
{
	const struct tax_bpf *skeleton = session->skeleton;
	const char *entered[ARRAY_SIZE(returning) + ARRAY_SIZE(noticed)];
	size_t count = 0;
	int r;

	if (session->hooks != TAX_AT_FUNCTIONS)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(returning); i++)
		entered[count++] = returning[i];
	for (size_t i = 0; i < ARRAY_SIZE(noticed); i++)
		entered[count++] = noticed[i];
	r = attach_functions(&session->links, skeleton->progs.on_function_exit, returning,
			     ARRAY_SIZE(returning), true, err);
	return r < 0 ? r
		     : attach_functions(&session->links, skeleton->progs.on_function_enter, entered,
					count, false, err);
}

const char *tax_session_hooks(void)
{
	if (functions.offered)
		return "at their own functions: other system calls are as fast as ever";
	return "at the tracepoints of all system calls, every one of which is slower meanwhile "
	       "(4 to 5% of a redis server)";
}
