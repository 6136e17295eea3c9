/* SPDX-License-Identifier: MIT */
#include "run/failure.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

static char *describe_status(const struct outcome *outcome)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (outcome->exit_status > 128)
		strbuf_addf(&text, "killed by signal %d (%s)", outcome->exit_status - 128,
			    strsignal(outcome->exit_status - 128));
	else
		strbuf_addf(&text, "failed with exit status %d", outcome->exit_status);
	if (outcome->err_text.len) {
		const char *words = outcome->err_text.buf;
		size_t len = outcome->err_text.len;

		while (len && words[len - 1] == '\n')
			len--;
		_cleanup_free_ char *trimmed = xstrndup(words, len);
		strbuf_addf(&text, ": %s", trimmed);
	}
	if (outcome->probe_note)
		strbuf_addf(&text, " (note: %s)", outcome->probe_note);
	return strbuf_detach(&text);
}

char *failure_describe(const struct launch *launch, const struct outcome *outcome, bool ignore_status)
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
