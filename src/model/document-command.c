/* SPDX-License-Identifier: MIT */
/* The command line of a document's experiment, and the machine it ran on. */
#include "model/document-command.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "model/document-internal.h"

int document_read_host(const struct node *root, struct host *host)
{
	struct node node;
	int r = node_object(root, "host", &node);

#define HOST_TEXT(field) \
	r = r < 0 ? r : node_text_or_null(&node, #field, DOCUMENT_TEXT_MAX, &host->field);
#define HOST_COUNT(field)                                                         \
	if (r >= 0) {                                                             \
		uint64_t count = 0;                                               \
		uint64_t max = sizeof(host->field) < 8 ? UINT32_MAX : 1ull << 53; \
		r = node_count_or_null(&node, #field, max, &count);               \
		host->field = (typeof(host->field))count;                         \
	}
#include "model/host.def"
#undef HOST_TEXT
#undef HOST_COUNT
	return r;
}

static int read_seed(const struct node *command, uint64_t *ret)
{
	_cleanup_free_ char *digits = NULL;
	int r = node_text(command, "seed", 20, &digits);

	if (r < 0)
		return r;
	if (parse_u64(digits, ret) < 0)
		return node_bad(command, "seed", "is not a decimal number of 64 bits");
	return 0;
}

static int read_further_metric(const struct node *row, void *ctx)
{
	struct command *command = ctx;
	struct own_metric *own = &command->own_metrics[command->own_metric_count];
	const char *expected =
		metric_info((enum metric_id)(METRIC_CUSTOM + command->own_metric_count))->key;
	_cleanup_free_ char *key = NULL;
	int r = node_text(row, "metric", DOCUMENT_NAME_MAX, &key);

	if (r < 0)
		return r;
	if (strcmp(key, expected) != 0)
		return node_bad(row, "metric", "is not %s, whose turn it is", expected);
	command->own_metric_count++;
	if ((r = node_text_or_null(row, "name", DOCUMENT_NAME_MAX, &own->name)) < 0)
		return r;
	return node_bool(row, "higher_is_better", &own->higher_is_better);
}

/* Documents of versions with only one own metric lack this list. */
static int read_own_metrics(const struct node *node, struct command *command)
{
	struct own_metric *first = &command->own_metrics[0];
	int r = node_text_or_null(node, "metric_name", DOCUMENT_NAME_MAX, &first->name);

	command->own_metric_count = first->name ? 1 : 0;
	if (r < 0 ||
	    (r = node_bool(node, "metric_higher_is_better", &first->higher_is_better)) < 0 ||
	    !json_object_get(node->json, "further_metrics"))
		return r;
	if (!first->name && node_length(node, "further_metrics"))
		return node_bad(node, "further_metrics", "has rows, but metric_name is null");
	return node_each(node, "further_metrics", METRIC_OWN_COUNT - 1, read_further_metric,
			 command);
}

/* Documents of versions without a choice of metric mean wall time, as a new result does. */
static int read_metric_choice(const struct node *node, struct command *command)
{
	_cleanup_free_ char *key = NULL;
	int r = node_text_or_null(node, "metric", DOCUMENT_NAME_MAX, &key);

	if (r < 0 || !key)
		return r;
	enum metric_id id = metric_by_key(key);
	if (id == METRIC_COUNT)
		return node_bad(node, "metric", "is no metric");
	command->metric = id;
	return read_own_metrics(node, command);
}

int document_read_command(const struct node *root, struct command *command)
{
	struct node node;
	uint64_t rounds = 0;
	int r = node_object(root, "command", &node);

	if (r < 0 || (r = node_text(&node, "name", DOCUMENT_NAME_MAX, &command->name)) < 0 ||
	    (r = node_text_list(&node, "argv", DOCUMENT_ARGV_MAX, &command->argv)) < 0 ||
	    (r = node_text_or_null(&node, "started", 64, &command->started)) < 0 ||
	    (r = node_number_or_null(&node, "elapsed_ns", 0, 1e18, &command->elapsed_ns)) < 0 ||
	    (r = read_seed(&node, &command->seed)) < 0 ||
	    (r = node_count_or_null(&node, "rounds_planned", 1000000, &rounds)) < 0 ||
	    (r = node_number_or_null(&node, "confidence", 0, 1, &command->confidence)) < 0 ||
	    (r = node_number_or_null(&node, "margin_pct", 0, 1000, &command->margin_pct)) < 0 ||
	    (r = node_text_or_null(&node, "cpus", DOCUMENT_NAME_MAX, &command->cpus)) < 0 ||
	    (r = node_text_or_null(&node, "probe", DOCUMENT_NAME_MAX, &command->probe)) < 0 ||
	    (r = node_text_or_null(&node, "probe_lost", DOCUMENT_TEXT_MAX, &command->probe_lost)) <
		    0 ||
	    (r = node_text_or_null(&node, "probe_hooks", DOCUMENT_TEXT_MAX,
				   &command->probe_hooks)) < 0 ||
	    (r = node_text_or_null(&node, "stopped", DOCUMENT_NAME_MAX, &command->stopped)) < 0 ||
	    (r = read_metric_choice(&node, command)) < 0)
		return r;
	command->rounds_planned = (unsigned int)rounds;
	return 0;
}
