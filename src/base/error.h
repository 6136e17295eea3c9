/* SPDX-License-Identifier: MIT */
/*
 * base/error: an error's kind, message and remedy.
 *
 * A function that can fail returns 0 or a negative errno and takes an optional `struct error *` as
 * its last parameter. The kind decides madvisor's exit status; the hint names a remedy. Only cmd/
 * and main turn an error into text on a terminal.
 */
#ifndef MADVISOR_BASE_ERROR_H
#define MADVISOR_BASE_ERROR_H

/* The values are the documented exit statuses of madvisor. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_USAGE = 2,   /* the request is wrong */
	ERROR_TARGET = 3,  /* the measured program failed */
	ERROR_MACHINE = 4, /* this machine lacks something that the request needs */
	ERROR_INTERRUPTED = 130,
};

struct error {
	enum error_kind kind;
	int code;      /* positive errno; 0 while nothing is wrong */
	char *message; /* one line, lower case, no full stop; owned */
	char *hint;    /* the remedy, or NULL; owned */
};

#define ERROR_INIT                        \
	{                                 \
		ERROR_NONE, 0, NULL, NULL \
	}
#define _cleanup_error_ __attribute__((cleanup(error_release)))

/* Stores the error, replacing an older one. Returns -code. err may be NULL. */
int error_set(struct error *err, enum error_kind kind, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds the remedy to the error last set. err may be NULL. */
void error_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "text: " before the message, to name the subject. err may be NULL. */
void error_prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Frees the texts and clears the error. Takes NULL. */
void error_release(struct error *err);

#endif
