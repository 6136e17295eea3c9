/* SPDX-License-Identifier: MIT */
/*
 * identify/scope: the objects of a program in the dynamic loader's symbol search order: the
 * program, preloaded objects, needed objects, breadth first. Nothing is loaded or run.
 *
 * scope.c keeps the order; loader.c finds out what is in it.
 *
 * Sources: ld.so(8); System V ABI, "Dynamic Linking"; musl's ldso/dynlink.c for programs with its
 * loader.
 */
#ifndef MADVISOR_IDENTIFY_SCOPE_H
#define MADVISOR_IDENTIFY_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "identify/elf-object.h"
#include "identify/trace.h"

#define LD_PRELOAD "LD_PRELOAD"
#define LD_SO_PRELOAD "/etc/ld.so.preload"

enum scope_origin {
	SCOPE_PROGRAM,
	SCOPE_PRELOADED,
	SCOPE_NEEDED,
	SCOPE_LOADED, /* by dlopen(): outside the order */
};

struct scope_entry {
	char *name;                /* as requested: "libc.so.6"; for the program its path */
	char *path;                /* as the program sees it; NULL where it was not found */
	struct elf_object *object; /* NULL where it was not found, or could not be read */
	struct traces traces;      /* of the object */
	enum scope_origin origin;
	size_t parent; /* the object that needs it; itself for the program and preloaded ones */
	dev_t device;
	ino_t inode;
};

/* A library that should be preloaded, and is not. */
struct scope_refusal {
	char *name;       /* as requested */
	const char *from; /* "LD_PRELOAD" or "/etc/ld.so.preload". Static. */
	char *why;
};

struct scope {
	struct scope_entry *items;
	size_t count, alloc;
	struct scope_refusal *refused;
	size_t refused_count, refused_alloc;
	bool is_musl;
};

/* Where the program would run. All is borrowed. */
struct scope_world {
	int root;                 /* a descriptor of its "/"; -1: madvisor's own */
	const char *library_path; /* LD_LIBRARY_PATH; NULL: not set */
	const char *preload;      /* LD_PRELOAD; NULL: not set */
	bool secure; /* secure mode (setuid and the like): the loader ignores LD_* variables */
};

/*
 * Opens a file below the world's root, symbolic links included: they cannot lead out of it.
 * -ENOENT, -EACCES, -ENOEXEC (not a regular ELF file), …; sets no error text. device and inode may
 * be NULL.
 */
int scope_open(const struct scope_world *world, const char *path, struct elf_object **ret,
	       dev_t *device, ino_t *inode) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* The same for any regular file: a descriptor to read it, or a negative errno. */
int scope_open_file(const struct scope_world *world, const char *path)
	__attribute__((nonnull, warn_unused_result));
/* The same for any kind of file: a descriptor with O_PATH, or a negative errno. */
int scope_open_path(const struct scope_world *world, const char *path)
	__attribute__((nonnull, warn_unused_result));

/*
 * Fills the scope for a program; takes ownership of its object. path: the program's own, as it sees
 * it itself ($ORIGIN). A library that is not found gets an entry without an object.
 */
void scope_resolve(struct scope *scope, const struct scope_world *world, const char *path,
		   struct elf_object *program) __attribute__((nonnull));

/*
 * Adds an entry at that place. Takes ownership of object (NULL: not found); collects its traces.
 */
struct scope_entry *scope_insert(struct scope *scope, size_t place, const char *name,
				 const char *path, struct elf_object *object,
				 enum scope_origin origin) __attribute__((nonnull(1, 3)));
void scope_remove(struct scope *scope, size_t place) __attribute__((nonnull));
/* Notes why a library was not preloaded; copies name and why. */
void scope_refuse(struct scope *scope, const char *name, const char *from, const char *why)
	__attribute__((nonnull));

/* The first entry of the order that defines the function for others, or NULL. */
struct scope_entry *scope_definer(const struct scope *scope, const char *function)
	__attribute__((nonnull));

void scope_release(struct scope *scope);

#endif
