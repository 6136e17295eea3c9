/* SPDX-License-Identifier: MIT */
/* cmd/progress: shows the progress of an experiment on standard error. */
#ifndef MADVISOR_CMD_PROGRESS_H
#define MADVISOR_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/experiment.h"

enum progress_mode {
	PROGRESS_AUTO,   /* a line that changes, on a terminal; nothing elsewhere */
	PROGRESS_ALWAYS, /* elsewhere a new line every few seconds, for logs */
	PROGRESS_NEVER,
};

struct progress_display {
	enum progress_mode mode;
	bool terminal;
	bool shown;       /* the changing line stands on the screen */
	uint64_t last_ns; /* when something was shown */
};

/* "auto", "always", "never". -EINVAL with ERROR_USAGE. */
int progress_mode_parse(const char *text, enum progress_mode *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void progress_display_init(struct progress_display *display, enum progress_mode mode)
	__attribute__((nonnull));
void progress_display_update(struct progress_display *display, const struct progress *progress)
	__attribute__((nonnull));
/* Wipes the changing line, before anything else is printed. */
void progress_display_clear(struct progress_display *display) __attribute__((nonnull));

#endif
