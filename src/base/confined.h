/* SPDX-License-Identifier: MIT */
/*
 * base/confined: a sandboxed child process for work on untrusted input: parsing a target's files,
 * loading its libraries, running a command under them.
 *
 * The child has only the rights it is given: that user, no capabilities, no way to gain any
 * (PR_SET_NO_NEW_PRIVS), standard streams on /dev/null, only the descriptors passed to it, limits
 * on memory, CPU time, descriptors and output, and a seccomp filter against other processes, the
 * network and the kernel's larger interfaces. It is killed with its parent, and at its timeout. The
 * caller gets every failure, also a crash, as an error with a message.
 *
 * Sources: prctl(2), seccomp(2), setrlimit(2), credentials(7).
 */
#ifndef MADVISOR_BASE_CONFINED_H
#define MADVISOR_BASE_CONFINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/rights.h"
#include "base/strbuf.h"

struct confined {
	const struct rights *
		rights; /* the child's; borrowed. NULL: as madvisor, without capabilities; so too in a rootless container that has no other user */
	uint64_t timeout_ns;   /* of its life; 0: 10 s */
	uint64_t memory_bytes; /* private writable memory; 0: 1 GiB. No limit under a sanitizer */
	size_t answer_max;     /* bytes; 0: 1 MiB */
	unsigned int descriptors; /* RLIMIT_NOFILE, the hard limit permitting; 0: 1024 */
	const int *keep;          /* descriptors that stay open, under their numbers; borrowed */
	size_t keep_count;
	/*
	 * Optional: answers confined_request() of the child: returns a descriptor, which is passed
	 * on and closed here, or a negative errno. Runs in the parent, with the parent's rights, so
	 * it must check the request.
	 */
	int (*serve)(void *context, const void *request, size_t size);
	void *context;
};

enum { CONFINED_REQUEST_MAX = 4608 }; /* a path and its header */

/*
 * The child's work. Returns 0 or a negative errno with `err` filled in; both and the answer reach
 * the parent. It may allocate and open files; it must not touch objects shared with the parent,
 * such as open streams.
 */
typedef int (*confined_work)(void *argument, struct strbuf *answer, struct error *err);

/*
 * Runs `work` in a forked child and appends its answer. Returns the work's own result and error;
 * or, if the child failed (killed, timed out, answer too long), ERROR_MACHINE -EIO, -ETIMEDOUT,
 * -EFBIG with a message such as "crashed (signal 11, Segmentation fault)", to be prefixed with the
 * subject. The child's output is as untrusted as the target: the message is escaped here, the
 * caller checks the answer.
 */
int confined_call(const struct confined *confined, confined_work work, void *argument,
		  struct strbuf *answer, struct error *err)
	__attribute__((nonnull(1, 2, 4), warn_unused_result));

/*
 * In the child, during its work: asks the parent's serve(). A descriptor that the child owns, or a negative errno.
 */
int confined_request(const void *request, size_t size) __attribute__((nonnull, warn_unused_result));

/*
 * Whether it is a live child of confined_call(), of any thread: code that kills, counts or reaps
 * the children of this process must skip it.
 */
bool confined_is_child(pid_t pid);

/*
 * For a forked child that will exec a command (base/spawn): becomes confined for good. Closes all
 * descriptors but 0 to 2 and those in `keep`. parent: getpid() before the fork. Negative errno: the
 * child must exit.
 */
int confined_enter(const struct confined *confined, pid_t parent)
	__attribute__((nonnull, warn_unused_result));

/* Installs the child's seccomp filter; a part of confined_enter(). Negative errno. */
int confined_filter_install(void) __attribute__((warn_unused_result));

#endif
