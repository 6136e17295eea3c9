/* SPDX-License-Identifier: MIT */
/*
 * base/confined: a child process for all work on what a target controls: parsing its files, loading its libraries,
 * running a command under them.
 *
 * The child has the rights that it is given and no others: that user, no capabilities, no way to gain any
 * (PR_SET_NO_NEW_PRIVS), standard streams on /dev/null, no descriptors but those it is handed, limits on memory, CPU
 * time, descriptors and what it writes, and a seccomp filter that keeps it from other processes, the network and the
 * kernel's larger interfaces. It is killed with its parent, and when its time is up. Whatever it does, a crash
 * included, is an error in words for the caller.
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
	const struct rights
		*rights; /* whom it becomes; borrowed. NULL: as madvisor, without capabilities */
	uint64_t timeout_ns; /* of its life; 0: 10 s */
	uint64_t memory_bytes; /* private memory that it may write; 0: 1 GiB. None under a sanitizer */
	size_t answer_max;     /* bytes; 0: 1 MiB */
	unsigned int descriptors; /* RLIMIT_NOFILE, the hard limit permitting; 0: 1024 */
	const int *keep;          /* descriptors that it keeps, under their numbers; borrowed */
	size_t keep_count;
	/*
	 * Optional: gives what the child asks for by confined_request(): a descriptor, which is passed on and closed here,
	 * or a negative errno. Runs in the parent, with the parent's rights: it checks what it is asked.
	 */
	int (*serve)(void *context, const void *request, size_t size);
	void *context;
};

enum { CONFINED_REQUEST_MAX = 4608 }; /* a path and what goes with it */

/*
 * What the child does. Returns 0 or a negative errno with `err` filled in; both and the answer reach the parent. It may
 * allocate and open files; it must not touch what it shares with the parent, such as open streams.
 */
typedef int (*confined_work)(void *argument, struct strbuf *answer, struct error *err);

/*
 * Runs `work` in a forked child and appends its answer. The work's own result and error; or, where the child failed
 * (killed, out of time, too long an answer), ERROR_MACHINE -EIO, -ETIMEDOUT, -EFBIG with a message such as "crashed
 * (signal 11, Segmentation fault)" to be prefixed with what it was about. What it says is as untrusted as the target:
 * the message is escaped here, the answer is for the caller to check.
 */
int confined_call(const struct confined *confined, confined_work work, void *argument,
		  struct strbuf *answer, struct error *err)
	__attribute__((nonnull(1, 2, 4), warn_unused_result));

/*
 * In the child, during its work: asks the parent's serve(). A descriptor that the child owns, or a negative errno.
 */
int confined_request(const void *request, size_t size) __attribute__((nonnull, warn_unused_result));

/*
 * Whether it is a child of confined_call() that lives now, in whichever thread: those who kill or count the children of
 * this process leave it alone, and its end is not for them to wait for.
 */
bool confined_is_child(pid_t pid);

/*
 * For a forked child that goes on to run a command (base/spawn): becomes confined for good. Closes all descriptors but
 * 0 to 2 and those in `keep`. parent: getpid() before the fork. Negative errno: then it must end.
 */
int confined_enter(const struct confined *confined, pid_t parent)
	__attribute__((nonnull, warn_unused_result));

/* Takes what a confined child may not do away by seccomp; a part of confined_enter(). Negative errno. */
int confined_filter_install(void) __attribute__((warn_unused_result));

#endif
