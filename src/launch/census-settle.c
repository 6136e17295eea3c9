/* SPDX-License-Identifier: MIT */
/* launch/census: divides the kernel's work among the programs. */
#include <stdlib.h>
#include <string.h>

#include "launch/census-internal.h"

/* Page faults that no sample attributed: of children that ended in between, and the root's last. */
static void count_unseen(struct census *census)
{
	const struct relative *before = &census->root_before, *after = &census->root_after;
	double of_children = (double)after->children_faults - (double)before->children_faults;
	const struct member *root = after->pid ? census_find_member(census, after) : NULL;

	for (size_t i = 0; i < census->member_count; i++)
		if (!census->members[i].alive && &census->members[i] != root)
			of_children -= (double)census->members[i].counted;
	census->unseen = of_children > 0 ? of_children : 0;
	if (!after->pid)
		return;
	double rest = (double)(after->faults - (root ? root->faults : before->faults));
	if (root && !strcmp(root->name, after->name)) {
		census->states[root->program].weight += rest;
	} else {
		census->unseen += rest;
		census->root_unseen += rest;
	}
}

static void weigh_faults(struct census *census)
{
	for (size_t i = 0; i < census->program_count; i++)
		census->states[i].weight = census->states[i].faults;
	count_unseen(census);
}

static const struct member *member_by_pid(const struct census *census, pid_t pid)
{
	for (size_t i = census->member_count; i-- > 0;)
		if (census->members[i].pid == pid)
			return &census->members[i];
	return NULL;
}

static void weigh_shares(struct census *census, const struct process_share *shares, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct process_share *share = &shares[i];
		const struct member *member = share->pid ? member_by_pid(census, share->pid) : NULL;

		/* Renamed before its end: exec since the last sample; counts as unseen. */
		if (member &&
		    (member->alive || !*share->name || !strcmp(member->name, share->name))) {
			census->states[member->program].weight += share->tax_ns;
			continue;
		}
		census->unseen += share->tax_ns;
		if (share->pid == census->root)
			census->root_unseen += share->tax_ns;
	}
}

static double add_up(const struct census *census)
{
	double total = census->unseen;

	for (size_t i = 0; i < census->state_count; i++)
		total += census->states[i].weight;
	return total;
}

static int compare_programs(const void *a, const void *b)
{
	const struct census_program *x = a, *y = b;

	return x->share_pct == y->share_pct ? 0 : x->share_pct > y->share_pct ? -1 : 1;
}

void census_settle(struct census *census, const struct process_share *shares, size_t share_count)
{
	weigh_shares(census, shares, share_count);
	census->total = add_up(census);
	if (!(census->total > 0)) {
		weigh_faults(census);
		census->total = add_up(census);
	}
	for (size_t i = 0; i < census->program_count && census->total > 0; i++)
		census->programs[i].share_pct = 100 * census->states[i].weight / census->total;
	if (!census->program_count)
		return;
	/* With no work at all, the root's program, which is at the front, is the first. */
	qsort(census->programs, census->program_count, sizeof(*census->programs), compare_programs);
	if (census->programs[0].share_pct * census->total >= 100 * census->unseen)
		census->first = &census->programs[0];
}

struct census_program *census_first(struct census *census)
{
	return census->first;
}

struct census_program *census_programs(struct census *census, size_t *ret_count,
				       double *ret_unseen_pct)
{
	*ret_count = census->program_count;
	*ret_unseen_pct = census->total > 0 ? 100 * census->unseen / census->total : 0;
	return census->programs;
}

bool census_is_root(const struct census *census, const char *name)
{
	return census->root_unseen > census->total / 2 && census->root_after.pid &&
	       !strncmp(census->root_after.name, name, sizeof(census->root_after.name) - 1);
}
