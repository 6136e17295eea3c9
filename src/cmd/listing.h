/* SPDX-License-Identifier: MIT */
/*
 * cmd/listing: what `list` and `doctor` say: tables, printed for people one after another, or as members of one JSON document
 * (docs/list-schema.md). Both are made from the same cells, which are texts or null there.
 *
 * Life cycle: listing_init(), any number of tables and facts, listing_finish().
 */
#ifndef MADVISOR_CMD_LISTING_H
#define MADVISOR_CMD_LISTING_H

#include <stdbool.h>

#include "cmd/table.h"

struct json_t;

/* argp's key of --format; and the row of the option. */
#define LISTING_FORMAT 0x5000
#define LISTING_FORMAT_OPTION                                                                      \
	{                                                                                          \
		"format", LISTING_FORMAT, "FORMAT", 0, "text, or json: one document for programs", \
			0                                                                          \
	}

struct listing {
	struct json_t *document; /* NULL: for people */
};

/* Whether the argument of --format says json. Ends the program on what is no format. */
bool listing_format_is_json(const char *arg) __attribute__((nonnull));

/* schema: as "madvisor.list/1". */
void listing_init(struct listing *listing, const char *schema, bool json) __attribute__((nonnull));
/* Members of the document alone. */
void listing_add_text(struct listing *listing, const char *key, const char *text)
	__attribute__((nonnull));
void listing_add_truth(struct listing *listing, const char *key, bool truth)
	__attribute__((nonnull));
/* Prints the table, below its title if it has one, or keeps it as the member `key`. Frees it. */
void listing_add_table(struct listing *listing, const char *key, const char *title,
		       struct text_table *table) __attribute__((nonnull(1, 2, 4)));
/* Prints the document, if it is one. */
void listing_finish(struct listing *listing) __attribute__((nonnull));

#endif
