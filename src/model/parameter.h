/* SPDX-License-Identifier: MIT */
/*
 * model/parameter: the parameters of a case: "senders" is 5, "size" is 16384 bytes. Part of the
 * result document, so that reports need not parse the names of cases.
 */
#ifndef MADVISOR_MODEL_PARAMETER_H
#define MADVISOR_MODEL_PARAMETER_H

struct parameter {
	char *name;    /* unique within its case: "senders" */
	char *text;    /* its value as a text, "calloc"; NULL where it is a number */
	double number; /* its value as a number, 5; NAN where it is a text */
	char *unit;    /* "bytes"; NULL for a count and for a text without one */
};

/* Copies all. A value that is a plain finite decimal number of up to 15 digits becomes one. `unit` may be NULL. */
void parameter_init(struct parameter *parameter, const char *name, const char *value,
		    const char *unit) __attribute__((nonnull(1, 2, 3)));
void parameter_release(struct parameter *parameter) __attribute__((nonnull));

#endif
