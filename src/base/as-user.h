/* SPDX-License-Identifier: MIT */
/*
 * base/as-user: runs work in a child process as another user, for root's work in a user's folders.
 *
 * A user can redirect root by a path under the user's control. A child with the user's rights can
 * access only the user's files, and the files that it creates belong to the user.
 */
#ifndef MADVISOR_BASE_AS_USER_H
#define MADVISOR_BASE_AS_USER_H

#include "base/error.h"
#include "base/rights.h"

struct as_user_answer {
	char *text; /* owned, or NULL; 4 KiB at most */
	int fd;     /* owned, or -1: a file that the work opened */
};

#define AS_USER_ANSWER_INIT \
	{                   \
		NULL, -1    \
	}

/* 0, or a negative errno with *err set. Its changes to memory stay in the child. */
typedef int (*as_user_work)(void *argument, struct as_user_answer *answer, struct error *err);

/*
 * Runs the work in a child as that user, and returns its result, error and answer. rights NULL:
 * runs it in this process, as the current user. If the child dies, or takes more than a minute:
 * -EIO or -ETIMEDOUT with ERROR_MACHINE.
 */
int as_user_call(const struct rights *rights, as_user_work work, void *argument,
		 struct as_user_answer *answer, struct error *err)
	__attribute__((nonnull(2, 4), warn_unused_result));

#endif
