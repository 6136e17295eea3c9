/* SPDX-License-Identifier: MIT */
/*
 * cmd/progress: shows on standard error what an experiment is about to run, where that takes long, and how far it is: on a
 * terminal in a line that changes, elsewhere in lines that are few enough for a log.
 */
#ifndef MADVISOR_CMD_PROGRESS_H
#define MADVISOR_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/experiment.h"

enum progress_mode {
	PROGRESS_AUTO,   /* elsewhere a line every 30 s, the first one after 30 s */
	PROGRESS_ALWAYS, /* elsewhere a line every 10 s from the beginning on */
	PROGRESS_NEVER,
};

struct progress_display {
	const struct clock *clock; /* borrowed */
	enum progress_mode mode;
	bool terminal;
	bool shown;       /* the changing line stands on the screen */
	uint64_t last_ns; /* when something was shown, or may be thought so; 0: never */
};

/* "auto", "always", "never". -EINVAL with ERROR_USAGE. */
int progress_mode_parse(const char *text, enum progress_mode *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void progress_display_init(struct progress_display *display, enum progress_mode mode,
			   const struct clock *clock) __attribute__((nonnull));
/* A line that stays, where it will take longer than a person waits without asking; with PROGRESS_ALWAYS in any case. */
void progress_display_outlook(struct progress_display *display, const struct outlook *outlook)
	__attribute__((nonnull));
void progress_display_update(struct progress_display *display, const struct progress *progress)
	__attribute__((nonnull));
/* Wipes the changing line, before anything else is printed. */
void progress_display_clear(struct progress_display *display) __attribute__((nonnull));

#endif
