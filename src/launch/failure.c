/* SPDX-License-Identifier: MIT */
#include "launch/failure.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

/* Limit on the output quoted in a message. */
enum { SHOWN_BYTES = 1024 };

void failure_add_last_words(struct strbuf *text, const struct outcome *outcome)
{
	const struct strbuf *said = outcome->err_text.len ? &outcome->err_text : &outcome->out.tail;
	const char *words = said->buf;
	size_t len = said->len;

	while (len && words[len - 1] == '\n')
		len--;
	if (said == &outcome->out.tail && len > SHOWN_BYTES) {
		const char *newline = memchr(words + len - SHOWN_BYTES, '\n', SHOWN_BYTES);
		const char *from = newline ? newline + 1 : words + len - SHOWN_BYTES;

		len -= (size_t)(from - words);
		words = from;
	}
	_cleanup_free_ char *trimmed = xstrndup(words, len);
	if (*trimmed)
		strbuf_addf(text, ": %s", trimmed);
}

static char *describe_status(const struct outcome *outcome)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (outcome->exit_status > 128)
		strbuf_addf(&text, "killed by signal %d (%s)", outcome->exit_status - 128,
			    strsignal(outcome->exit_status - 128));
	else
		strbuf_addf(&text, "failed with exit status %d", outcome->exit_status);
	failure_add_last_words(&text, outcome);
	if (outcome->probe_note)
		strbuf_addf(&text, " (note: %s)", outcome->probe_note);
	return strbuf_detach(&text);
}

char *failure_describe(const struct launch *launch, const struct outcome *outcome,
		       bool ignore_status)
{
	_cleanup_strbuf_ struct strbuf limit = STRBUF_INIT;

	switch (outcome->end) {
	case LAUNCH_TIMEOUT:
		return xasprintf("stopped: not done after %g s (--timeout)",
				 (double)launch->timeout_ns / (double)NS_PER_SEC);
	case LAUNCH_MEMORY:
		format_bytes(&limit, (double)launch->memory_max_bytes);
		return xasprintf("stopped: used more memory than %s (--memory-max)", limit.buf);
	case LAUNCH_INTERRUPTED:
		return xstrdup("interrupted");
	case LAUNCH_EXITED:
		break;
	}
	if (outcome->exit_status == 0 || (ignore_status && outcome->exit_status <= 128))
		return NULL;
	return describe_status(outcome);
}

const char *failure_remedy(const struct outcome *outcome, bool ignore_status)
{
	switch (outcome->end) {
	case LAUNCH_TIMEOUT:
		return "let it take longer with --timeout, or give it less to do";
	case LAUNCH_MEMORY:
		return "let it use more with --memory-max, or give it less to do";
	case LAUNCH_INTERRUPTED:
	case LAUNCH_EXITED:
		break;
	}
	if (outcome->exit_status > 128)
		return "it must run by itself first: a run that a signal ends never counts";
	return ignore_status
		       ? "it must run by itself first"
		       : "it must run by itself first; --ignore-failure lets an exit status other "
			 "than 0 count";
}
