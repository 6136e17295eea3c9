/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "prove.h"

static void format_figures(struct strbuf *sb, const struct measured *measured)
{
	const struct {
		const char *name;
		uint64_t value;
	} figures[] = {
		{ "iterations", measured->iterations },
		{ "ops", measured->operations },
		{ "wall_ns", measured->wall_ns },
		{ "user_ns", measured->user_ns },
		{ "sys_ns", measured->sys_ns },
		{ "cpu_ns", measured->user_ns + measured->sys_ns },
		{ "minor_faults", measured->minor_faults },
		{ "major_faults", measured->major_faults },
		{ "context_switches", measured->context_switches },
	};

	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		strbuf_addf(sb, "%s %" PRIu64 "\n", figures[i].name, figures[i].value);
}

void report_format(struct strbuf *sb, const struct measured *measured, enum source_kind source)
{
	format_figures(sb, measured);
	if (measured->wall_ns)
		strbuf_addf(sb, "ops_per_s %.1f\n",
			    (double)measured->operations * 1e9 / (double)measured->wall_ns);
	if (measured->latency.count) {
		strbuf_addf(sb, "latency_p50_ns %" PRIu64 "\n",
			    histogram_quantile(&measured->latency, 0.50));
		strbuf_addf(sb, "latency_p99_ns %" PRIu64 "\n",
			    histogram_quantile(&measured->latency, 0.99));
	}
	if (measured->peak_rss_bytes)
		strbuf_addf(sb, "peak_rss_bytes %" PRIu64 "\n", measured->peak_rss_bytes);
	strbuf_addf(sb, "source %s\n", source == SOURCE_POOL ? "pool" : "malloc");
	prove(sb);
}

int report_write(const struct strbuf *text, int fd, struct error *err)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd < 0 ? STDOUT_FILENO : fd, text->buf + done, text->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERROR_MACHINE, errno, "cannot write the figures: %s",
					 strerror(errno));
		done += (size_t)n;
	}
	return 0;
}
