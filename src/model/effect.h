/* SPDX-License-Identifier: MIT */
/*
 * model/effect: in which part of a process tree a contender served malloc, by CPU time, and which
 * programs ran without it.
 */
#ifndef MADVISOR_MODEL_EFFECT_H
#define MADVISOR_MODEL_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result;

/* Below this share without the contender, nothing needs to be said. */
#define EFFECT_SAID_PCT 5.0
/* Above this share there is no verdict: what was compared was mostly the same program. */
#define EFFECT_WITHHELD_PCT 50.0

/* Why a program ran without the contender. */
enum effect_reason {
	EFFECT_OWN,         /* its own allocator is linked in: `allocator`, such as Go's */
	EFFECT_STATIC,      /* linked statically: no loader reads LD_PRELOAD */
	EFFECT_PRIVILEGED,  /* set-user-ID or with capabilities: the loader ignores LD_PRELOAD */
	EFFECT_FOREIGN,     /* for another kind of machine: 32 bits */
	EFFECT_ENVIRONMENT, /* started without the contender's LD_PRELOAD */
	EFFECT_OTHER,       /* another object serves malloc */
	EFFECT_SILENT,      /* it said nothing, for a reason that is not known */
	EFFECT_REASONS,
};

/* A program that ran without the contender. */
struct effect_program {
	char *path; /* of its file; NULL: not known */
	enum effect_reason reason;
	char *object;    /* EFFECT_OTHER: what serves malloc; or NULL */
	char *allocator; /* EFFECT_OWN: its name, "go"; or NULL */
	char *set_with;  /* EFFECT_OWN: how that is set, "GOGC=percent, …"; or NULL */
	uint64_t processes;
	double cpu_pct; /* of the tree's */
};

struct effect {
	size_t case_index;
	size_t contender_index;
	uint64_t processes; /* of the tree; a process counts once for each program it runs; 0: not known */
	uint64_t without;   /* of these, without the contender */
	double cpu_ns;      /* of the tree, in the check round */
	double without_pct; /* of that, without the contender; NAN: not known */
	char *source;       /* how the shares were obtained: "ptrace", "witness"; NULL: not known */
	struct effect_program *programs; /* most CPU time first */
	size_t program_count, program_alloc;
};

void effect_program_release(struct effect_program *program) __attribute__((nonnull));
void effect_release(struct effect *effect) __attribute__((nonnull));

/* The row, or NULL. Borrowed. */
const struct effect *result_find_effect(const struct result *result, size_t case_index,
					size_t contender_index) __attribute__((nonnull, pure));
/* Whether there is no verdict on the contender in the case, for too small an effect. */
bool result_withheld(const struct result *result, size_t case_index, size_t contender_index)
	__attribute__((nonnull, pure));

/* "static", … and back; -1 for an unknown one. Static strings. */
const char *effect_reason_name(enum effect_reason reason) __attribute__((returns_nonnull, const));
int effect_reason_by_name(const char *name) __attribute__((nonnull, pure));

#endif
