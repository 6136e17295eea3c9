/* SPDX-License-Identifier: MIT */
#include "cmd/progress.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/show.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "cmd/command.h"

enum {
	TERMINAL_PERIOD_NS = 100 * 1000 * 1000,
};
#define LOG_PERIOD_NS (10 * NS_PER_SEC)
#define HEARTBEAT_PERIOD_NS (30 * NS_PER_SEC)
/* Shorter runs are over before anyone asks. */
#define LONG_NS (10 * NS_PER_SEC)

int progress_mode_parse(const char *text, enum progress_mode *ret, struct error *err)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(text, names[i])) {
			*ret = (enum progress_mode)i;
			return 0;
		}
	}
	error_set(err, ERROR_USAGE, EINVAL, "not a progress mode: '%s'", text);
	error_hint(err, "choose auto, always or never");
	return -EINVAL;
}

void progress_display_init(struct progress_display *display, enum progress_mode mode,
			   const struct clock *clock)
{
	*display = (struct progress_display){ .mode = mode,
					      .clock = clock,
					      .terminal = isatty(STDERR_FILENO) == 1 };
	if (mode == PROGRESS_AUTO && !display->terminal)
		display->last_ns = clock_now_ns(clock);
}

static uint64_t period_ns(const struct progress_display *display)
{
	if (display->terminal)
		return TERMINAL_PERIOD_NS;
	return display->mode == PROGRESS_ALWAYS ? LOG_PERIOD_NS : HEARTBEAT_PERIOD_NS;
}

static void add_duration(struct strbuf *sb, uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_SEC;

	if (seconds >= 60)
		strbuf_addf(sb, "%llum%02llus", (unsigned long long)(seconds / 60),
			    (unsigned long long)(seconds % 60));
	else
		strbuf_addf(sb, "%llus", (unsigned long long)seconds);
}

/* Share of the work that is done, by the count of trials or by the budget; 0 where unknown. */
static double share_done(const struct progress *progress)
{
	double share = 0;

	if (progress->total)
		share = (double)progress->done / (double)progress->total;
	if (progress->budget_ns) {
		double spent = (double)progress->elapsed_ns / (double)progress->budget_ns;

		share = spent > share ? spent : share;
	}
	return share < 1 ? share : 1;
}

static void describe(struct strbuf *sb, const struct progress *progress)
{
	double share = share_done(progress);

	if (share > 0)
		strbuf_addf(sb, "%3.0f%%  ", 100 * share);
	strbuf_addstr(sb, progress->phase);
	if (progress->round)
		strbuf_addf(sb, " round %u", progress->round);
	strbuf_addf(sb, "  %s", progress->case_name);
	if (progress->contender_name)
		strbuf_addf(sb, "  %s", progress->contender_name);
	strbuf_addstr(sb, "  ");
	add_duration(sb, progress->elapsed_ns);
	if (share > 0.02) {
		strbuf_addstr(sb, ", about ");
		add_duration(sb, (uint64_t)((double)progress->elapsed_ns * (1 - share) / share));
		strbuf_addstr(sb, " left");
	}
}

void progress_display_update(struct progress_display *display, const struct progress *progress)
{
	_cleanup_strbuf_ struct strbuf raw = STRBUF_INIT, line = STRBUF_INIT;
	uint64_t now_ns = clock_now_ns(display->clock);

	if (display->mode == PROGRESS_NEVER ||
	    (display->last_ns && now_ns - display->last_ns < period_ns(display)))
		return;
	describe(&raw, progress);
	show_text(&line, raw.buf, show_utf8());
	display->last_ns = now_ns;
	if (!display->terminal) {
		fprintf(stderr, "%s\n", line.buf);
		return;
	}
	size_t columns = terminal_columns(STDERR_FILENO);
	if (line.len >= columns)
		strbuf_truncate(&line, columns - 1);
	fprintf(stderr, "\r%s\033[K", line.buf);
	fflush(stderr);
	display->shown = true;
}

/* "up to 100 rounds of 26 runs, 2 cases: at most about 12m30s" */
static void describe_outlook(struct strbuf *sb, const struct outlook *outlook)
{
	if (outlook->rounds)
		strbuf_addf(sb, "%s%u round%s of ", outlook->open_ended ? "up to " : "",
			    outlook->rounds, outlook->rounds == 1 ? "" : "s");
	else
		strbuf_addstr(sb, "as many rounds as fit, each of ");
	strbuf_addf(sb, "%zu run%s", outlook->runs, outlook->runs == 1 ? "" : "s");
	if (outlook->case_count > 1)
		strbuf_addf(sb, ", %zu cases", outlook->case_count);
	if (!outlook->expected_ns)
		return;
	strbuf_addstr(sb, outlook->open_ended ? ": at most about " : ": about ");
	add_duration(sb, outlook->expected_ns);
}

void progress_display_outlook(struct progress_display *display, const struct outlook *outlook)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	uint64_t least_ns = display->terminal ? LONG_NS : HEARTBEAT_PERIOD_NS;

	if (display->mode == PROGRESS_NEVER ||
	    (display->mode == PROGRESS_AUTO && outlook->expected_ns < least_ns))
		return;
	progress_display_clear(display);
	describe_outlook(&line, outlook);
	fprintf(stderr, "madvisor: %s\n", line.buf);
}

void progress_display_clear(struct progress_display *display)
{
	if (!display->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	display->shown = false;
}
