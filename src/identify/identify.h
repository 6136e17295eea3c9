/* SPDX-License-Identifier: MIT */
/*
 * identify/identify: finds which allocator serves a program, from its file or its process.
 *
 * Nothing of the target is run or loaded: files are read, and of a process what /proc shows. What
 * cannot be told is NULL or *_UNKNOWN, never a guess; each claim carries the evidence for it.
 *
 * Layer: alloc/, on libelf. Life cycle: identify_file() or identify_process(), then
 * identification_release(). All texts are owned by the identification; many come from the target,
 * so they are escaped before they are shown.
 */
#ifndef MADVISOR_IDENTIFY_IDENTIFY_H
#define MADVISOR_IDENTIFY_IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "model/result.h"
#include "proc/proc.h"

enum heap_how {
	HEAP_HOW_UNKNOWN,
	HEAP_LIBC,      /* the C library's own */
	HEAP_NEEDED,    /* a library that the program, or another library, needs */
	HEAP_LINKED_IN, /* in the program's file, or in a library's beside other code */
	HEAP_PRELOADED, /* by LD_PRELOAD or /etc/ld.so.preload */
	HEAP_LOADED,    /* by dlopen(): serves only code that looks its functions up by name */
};

enum tristate { TRISTATE_UNKNOWN, TRISTATE_YES, TRISTATE_NO };

/* Owned texts. */
struct text_list {
	char **items;
	size_t count, alloc;
};

struct heap {
	char *serves;    /* its callers: "malloc", "Rust code", … */
	char *allocator; /* "jemalloc"; NULL: not known */
	char *version;   /* NULL: not known */
	enum heap_how how;
	char *object;        /* file that holds it, as the program sees it; NULL: not known */
	char *env_var;       /* that this build reads: "_RJEM_MALLOC_CONF", "MIMALLOC_*"; or NULL */
	char *config_file;   /* that this build reads; NULL: none */
	char *set_with;      /* how a setting is written: "MALLOC_CONF=key:value,…"; or NULL */
	bool nothing_to_set; /* it is known that it reads no environment */
	char *compiled_in;   /* settings in the program itself (malloc_conf); NULL: none found */
	/*
	 * Settings in force: for a file, from madvisor's own environment. Key: the variable, or the
	 * file.
	 */
	struct setting *settings;
	size_t setting_count, setting_alloc;
	/* The variable that chooses between it, others beside it and malloc, by their names; or NULL. */
	char *chosen_by;
	/* Why it is not used, though it is there ("ARROW_DEFAULT_MEMORY_POOL=system"); or NULL. */
	char *unused;
	enum tristate preload_replaceable;
	char *preload_reason; /* why it cannot, or is not known; NULL if it can */
	struct text_list evidence;
};

/* A memory manager above malloc: that of a language or server. */
struct heap_layer {
	char *name;   /* "pymalloc" */
	char *text;   /* which requests it keeps from malloc, and how to change that */
	char *unused; /* the assignment that switches it off ("PYTHONMALLOC=malloc"); or NULL */
};

/* A variable that is set, or a part of its value, that does not do what it says. */
struct without_effect {
	char *variable;
	char *value;  /* all that is set, or the part without effect */
	bool misread; /* it has an effect, but another one: "64M" is read as 64 */
	char *reason;
	char *instead; /* the right spelling, an assignment; NULL: none known */
};

struct identification {
	char *target;      /* as the user named it: a path, or "pid 123" */
	char *path;        /* the program's file */
	pid_t pid;         /* 0: a file */
	const char *kind;  /* "dynamic", "static", "library", "script", "go" */
	char *machine;     /* "x86_64" */
	char *interpreter; /* of a script: the program that runs it; else NULL */
	/*
	 * Of a process: some objects that its file needs are not mapped. It is still being loaded;
	 * if this persists, it runs without them.
	 */
	bool loading;
	struct heap *heaps; /* the program's own choice first */
	size_t heap_count, heap_alloc;
	struct heap_layer *layers;
	size_t layer_count, layer_alloc;
	/*
	 * Of a process: it has written over the environment that it was started with, so what is set
	 * cannot be told.
	 */
	bool environment_overwritten;
	/*
	 * Variables that look like an allocator's, which no heap reads; alloc/ineffective turns those
	 * that are a mistake into rows of `ineffective`.
	 */
	struct setting *unread;
	size_t unread_count, unread_alloc;
	struct without_effect *ineffective;
	size_t ineffective_count, ineffective_alloc;
	struct text_list notes;
};

#define _cleanup_identification_ __attribute__((cleanup(identification_release)))

/*
 * Identifies a file: a path, or if it has no '/' and is not in the current folder, a command in
 * PATH. `environment` (such as environ(7)) is that of a start of the program. ERROR_USAGE: not a
 * program; ERROR_MACHINE: it cannot be read.
 */
int identify_file(const char *name, char *const *environment, struct identification *ret,
		  struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * Identifies a process. ERROR_USAGE: it does not exist, or has no heap; ERROR_MACHINE: no
 * permission to inspect it.
 */
int identify_process(pid_t pid, struct identification *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/* The same for a process that the caller holds, safe against reuse of its pid. */
int identify_held_process(const struct proc *proc, struct identification *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Whether an error of the functions above means that a file of the target made its reader crash or
 * time out. The target may still run, with an unknown allocator.
 */
bool identify_was_broken_off(int code) __attribute__((const));

void identification_release(struct identification *identification);

/* Moves a heap to the end of another identification's, unless that has one of its variable in its object already. */
void identification_take_heap(struct identification *identification, struct heap *heap)
	__attribute__((nonnull));

/*
 * Adds a row to `ineffective`; copies the texts. `instead` may be NULL. The row is borrowed, until
 * the next one is added.
 */
struct without_effect *identification_add_ineffective(struct identification *identification,
						      const char *variable, const char *value,
						      const char *reason, const char *instead)
	__attribute__((nonnull(1, 2, 3, 4), returns_nonnull));

/* Whether LD_PRELOAD replaces the program's own heap: the first one's answer. */
enum tristate identification_preload_replaceable(const struct identification *identification)
	__attribute__((nonnull));

/* "libc", "needed", "linked-in", "preloaded", "loaded"; NULL where not known. */
const char *heap_how_text(enum heap_how how);

/* The document "madvisor.identify/1" for some targets; docs/identify-schema.md. Caller frees. */
char *identification_document(const struct identification *targets, size_t count)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
