/* SPDX-License-Identifier: MIT */
/*
 * identify/identify: which allocator serves a program, told from its file or its process.
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
	HEAP_LOADED,    /* while the program ran: it serves those who asked for it by name */
};

enum tristate { TRISTATE_UNKNOWN, TRISTATE_YES, TRISTATE_NO };

/* Owned texts. */
struct text_list {
	char **items;
	size_t count, alloc;
};

struct heap {
	char *serves;    /* whom: "malloc", "Rust code", … */
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
	 * What is set: for a file, in madvisor's own environment. Key: the variable, or the file.
	 */
	struct setting *settings;
	size_t setting_count, setting_alloc;
	enum tristate preload_replaceable;
	char *preload_reason; /* why not, or why it is not known; NULL where it can */
	struct text_list evidence;
};

/* A memory manager above malloc: that of a language or server. */
struct heap_layer {
	char *name; /* "pymalloc" */
	char *text; /* what it takes away from malloc, and how to change that */
};

struct identification {
	char *target;      /* as it was named: a path, or "pid 123" */
	char *path;        /* the program's file */
	pid_t pid;         /* 0: a file */
	const char *kind;  /* "dynamic", "static", "library", "script", "go" */
	char *machine;     /* "x86_64" */
	char *interpreter; /* of a script: the program that runs it; else NULL */
	/*
	 * Of a process: some of what its file needs is not mapped. It is still being loaded, unless this
	 * stays so, or it goes without.
	 */
	bool loading;
	struct heap *heaps; /* the program's own choice first */
	size_t heap_count, heap_alloc;
	struct heap_layer *layers;
	size_t layer_count, layer_alloc;
	struct text_list notes;
};

#define _cleanup_identification_ __attribute__((cleanup(identification_release)))

/*
 * Identifies a file: a path, or where it has no '/' and is not in the current folder, a command in
 * PATH. `environment` (such as environ(7)) is what the program would be started with. ERROR_USAGE
 * where it is no program; ERROR_MACHINE where it cannot be read.
 */
int identify_file(const char *name, char *const *environment, struct identification *ret,
		  struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * Identifies a process. ERROR_USAGE: there is none, or it has no heap; ERROR_MACHINE: it may not be
 * looked at.
 */
int identify_process(pid_t pid, struct identification *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/* The same for one that the caller holds: what is said is of that very process. */
int identify_held_process(const struct proc *proc, struct identification *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Whether such a failure of the above is one of looking: a file of the target made its reader crash, or take too long. Then
 * the target may well run, and it is only not known what serves it.
 */
bool identify_was_broken_off(int code) __attribute__((const));

void identification_release(struct identification *identification);

/* Whether LD_PRELOAD replaces the program's own heap: the first one's answer. */
enum tristate identification_preload_replaceable(const struct identification *identification)
	__attribute__((nonnull));

/* "libc", "needed", "linked-in", "preloaded", "loaded"; NULL where not known. */
const char *heap_how_text(enum heap_how how);

/* The document "madvisor.identify/1" for some targets; docs/identify-schema.md. Caller frees. */
char *identification_document(const struct identification *targets, size_t count)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
