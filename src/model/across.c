/* SPDX-License-Identifier: MIT */
#include "model/across.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/judge.h"
#include "model/summarise.h"
#include "stats/ratio.h"

static const char *const kind_names[] = {
	[ACROSS_MACHINE] = "machine",
	[ACROSS_KERNEL] = "kernel",
	[ACROSS_ALLOCATOR] = "allocator",
	[ACROSS_COMMAND] = "command",
};

const char *across_kind_name(enum across_kind kind)
{
	return kind_names[kind];
}

int across_kind_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++)
		if (!strcmp(kind_names[i], name))
			return (int)i;
	return -1;
}

/* The differences of one kind, a line each. */
struct differences {
	struct strbuf lines[ACROSS_KINDS];
};

static void add_text(struct differences *differences, enum across_kind kind, const char *what,
		     const char *now, const char *then)
{
	struct strbuf *sb = &differences->lines[kind];

	now = now ? now : "not known";
	then = then ? then : "not known";
	if (strcmp(now, then) != 0)
		strbuf_addf(sb, "%s%s: %s, was %s", sb->len ? "; " : "", what, now, then);
}

static void add_number(struct differences *differences, enum across_kind kind, const char *what,
		       uint64_t now, uint64_t then)
{
	_cleanup_free_ char *a = xasprintf("%llu", (unsigned long long)now);
	_cleanup_free_ char *b = xasprintf("%llu", (unsigned long long)then);

	add_text(differences, kind, what, a, b);
}

static void find_host(struct differences *differences, const struct result *now,
		      const struct result *then)
{
	const struct host *a = &now->host, *b = &then->host;

	add_text(differences, ACROSS_MACHINE, "CPU", a->cpu_model, b->cpu_model);
	add_text(differences, ACROSS_MACHINE, "architecture", a->machine, b->machine);
	add_number(differences, ACROSS_MACHINE, "number of CPUs", a->cpus, b->cpus);
	add_text(differences, ACROSS_MACHINE, "virtualization", a->virtualization,
		 b->virtualization);
	add_text(differences, ACROSS_MACHINE, "pinned to CPUs", now->command.cpus,
		 then->command.cpus);
	add_text(differences, ACROSS_KERNEL, "kernel", a->kernel, b->kernel);
	add_text(differences, ACROSS_KERNEL, "THP", a->thp, b->thp);
}

static void find_allocators(struct differences *differences, const struct result *now,
			    const struct result *then)
{
	size_t a = result_find_role(now, ROLE_BASELINE), b = result_find_role(then, ROLE_BASELINE);

	add_text(differences, ACROSS_ALLOCATOR, "baseline",
		 a == SIZE_MAX ? NULL : now->contenders[a].name,
		 b == SIZE_MAX ? NULL : then->contenders[b].name);
	for (size_t i = 0; i < now->contender_count; i++) {
		const struct contender *mine = &now->contenders[i];
		size_t found = result_find_contender(then, mine->name);

		if (mine->role == ROLE_TWIN || mine->role == ROLE_LIMIT || found == SIZE_MAX)
			continue;
		const struct contender *theirs = &then->contenders[found];
		_cleanup_free_ char *x = xasprintf("%s %s", mine->allocator ? mine->allocator : "?",
						   mine->version ? mine->version : "?");
		_cleanup_free_ char *y =
			xasprintf("%s %s", theirs->allocator ? theirs->allocator : "?",
				  theirs->version ? theirs->version : "?");
		add_text(differences, ACROSS_ALLOCATOR, mine->name, x, y);
	}
}

static void find_command(struct differences *differences, const struct result *now,
			 const struct result *then)
{
	add_text(differences, ACROSS_COMMAND, "kind", result_kind_name(now->kind),
		 result_kind_name(then->kind));
	add_text(differences, ACROSS_COMMAND, "judged by",
		 result_metric_label(now, now->command.metric),
		 result_metric_label(then, then->command.metric));
	for (size_t i = 0; i < now->case_count; i++) {
		size_t found = result_find_case(then, now->cases[i].name);

		if (found != SIZE_MAX)
			add_text(differences, ACROSS_COMMAND, now->cases[i].name,
				 now->cases[i].description, then->cases[found].description);
	}
}

/* What the user has allowed goes into across->despite; anything else is an error. */
static int refuse_differences(const struct differences *differences,
			      const bool allowed[ACROSS_KINDS], struct across *across,
			      struct error *err)
{
	_cleanup_strbuf_ struct strbuf bad = STRBUF_INIT, names = STRBUF_INIT;

	for (int kind = 0; kind < ACROSS_KINDS; kind++) {
		const struct strbuf *line = &differences->lines[kind];

		if (!line->len)
			continue;
		struct strbuf *sb = allowed[kind] ? &across->despite : &bad;
		strbuf_addf(sb, "%sanother %s (%s)", sb->len ? ", " : "", kind_names[kind],
			    line->buf);
		if (!allowed[kind])
			strbuf_addf(&names, "%s%s", names.len ? "," : "", kind_names[kind]);
	}
	if (!bad.len)
		return 0;
	error_set(err, ERROR_USAGE, EINVAL, "the earlier result is of %s", bad.buf);
	error_hint(err,
		   "measure both here, or with `compare --baseline-build` in one session; "
		   "--despite %s compares them all the same",
		   names.buf);
	return -EINVAL;
}

static int check(const struct result *now, const struct result *then,
		 const bool allowed[ACROSS_KINDS], struct across *across, struct error *err)
{
	struct differences differences = { { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT } };

	find_host(&differences, now, then);
	find_allocators(&differences, now, then);
	find_command(&differences, now, then);
	int r = refuse_differences(&differences, allowed, across, err);
	for (int kind = 0; kind < ACROSS_KINDS; kind++)
		strbuf_release(&differences.lines[kind]);
	return r;
}

static struct ratio ratio_of(const struct summary *summary)
{
	return (struct ratio){
		.estimate = summary->ratio,
		.low = summary->ratio_low,
		.high = summary->ratio_high,
		.log_error = NAN,
		.pairs = summary->rounds,
	};
}

/* The earlier summary of the same comparison, or NULL. */
static const struct summary *find_earlier(const struct across *across, const struct summary *now)
{
	const struct result *then = across->then;
	size_t case_index = result_find_case(then, across->now->cases[now->case_index].name);
	size_t contender_index =
		result_find_contender(then, across->now->contenders[now->contender_index].name);

	return case_index == SIZE_MAX || contender_index == SIZE_MAX
		       ? NULL
		       : result_find_summary(then, case_index, contender_index, now->metric);
}

/* Two noise floors add up, as factors. */
static double joint_floor_pct(const struct across *across, const struct summary *now,
			      const struct summary *then)
{
	double a = result_noise_floor_pct(across->now, now->case_index, now->metric);
	double b = result_noise_floor_pct(across->then, then->case_index, then->metric);

	return 100 * ((1 + a / 100) * (1 + b / 100) - 1);
}

static void compare(const struct across *across, const struct summary *now,
		    const struct summary *then, struct across_row *ret)
{
	const struct ratio a = ratio_of(now), b = ratio_of(then);
	struct ratio change = ratio_change(&a, &b);

	*ret = (struct across_row){
		.case_index = now->case_index,
		.contender_index = now->contender_index,
		.now = now->ratio,
		.then = then->ratio,
		.change = change.estimate,
		.change_low = change.low,
		.change_high = change.high,
		.noise_floor_pct = joint_floor_pct(across, now, then),
		.rounds = now->rounds < then->rounds ? now->rounds : then->rounds,
	};
	ret->verdict = verdict_of(&change, across->now->command.margin_pct, ret->noise_floor_pct,
				  result_metric_better(across->now, now->metric) == BETTER_HIGHER);
}

static void find_rows(struct across *across)
{
	const struct result *now = across->now;

	for (size_t i = 0; i < now->summary_count; i++) {
		const struct summary *summary = &now->summaries[i];

		if (summary->metric != across->metric || isnan(summary->ratio) ||
		    now->contenders[summary->contender_index].role != ROLE_CONTENDER)
			continue;
		const struct summary *earlier = find_earlier(across, summary);
		if (earlier && !isnan(earlier->ratio))
			compare(across, summary, earlier,
				ARRAY_PUSH(across->rows, across->row_count, across->row_alloc));
	}
}

int across_compare(const struct result *now, const struct result *then,
		   const bool allowed[ACROSS_KINDS], struct across *ret, struct error *err)
{
	*ret = (struct across){
		.now = now,
		.then = then,
		.metric = now->command.metric,
		.despite = STRBUF_INIT,
	};
	int r = check(now, then, allowed, ret, err);
	if (r < 0)
		return r;
	find_rows(ret);
	if (ret->row_count)
		return 0;
	error_set(err, ERROR_USAGE, EINVAL,
		  "the two results have no contender of the same name in a case of the same name");
	error_hint(err, "only ratios to a baseline can be compared: measure at least one contender "
			"beside it, such as --contenders glibc");
	return -EINVAL;
}

void across_release(struct across *across)
{
	free(across->rows);
	strbuf_release(&across->despite);
	across->rows = NULL;
	across->row_count = 0;
}

static void get_figures(const struct gate *gate, size_t case_index, void *context,
			struct gate_figures *ret)
{
	const struct across *across = context;
	const struct summary *now =
		result_find_summary(across->now, case_index, gate->contender_index, gate->metric);
	const struct summary *then = now ? find_earlier(across, now) : NULL;
	struct across_row row;

	if (!then)
		return;
	compare(across, now, then, &row);
	*ret = (struct gate_figures){ row.change, row.change_low, row.change_high,
				      row.noise_floor_pct, row.rounds };
}

void across_judge_gates(const struct across *across, struct result *now)
{
	for (size_t i = 0; i < now->gate_count; i++) {
		now->gates[i].across = true;
		gate_judge_by(&now->gates[i], now->case_count, get_figures, (void *)across);
	}
}
