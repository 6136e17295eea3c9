/* SPDX-License-Identifier: MIT */
/*
 * base/as-user: work in a child process that has become another user, for what root does in a user's folders.
 *
 * Root that follows a path which a user controls can be led anywhere. A child with that user's rights reaches what the
 * user reaches and nothing else, and what it makes belongs to the user.
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

/* 0, or a negative errno with *err set. What it changes in memory stays in the child. */
typedef int (*as_user_work)(void *argument, struct as_user_answer *answer, struct error *err);

/*
 * Does the work in a child that has become that user, and hands on its result, its error and its answer. rights NULL: does
 * it here, as whoever madvisor is. A child that dies, or takes more than a minute, is -EIO or -ETIMEDOUT with ERROR_MACHINE.
 */
int as_user_call(const struct rights *rights, as_user_work work, void *argument,
		 struct as_user_answer *answer, struct error *err)
	__attribute__((nonnull(2, 4), warn_unused_result));

#endif
