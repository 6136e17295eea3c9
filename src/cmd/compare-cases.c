/* SPDX-License-Identifier: MIT */
#include "cmd/compare-cases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/quote.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* The texts of one command: a combination of parameters, for one of two builds. */
struct variant {
	const struct compare_options *compare;
	size_t combination;
	const char *build;   /* in place of {build}; NULL: it stays */
	const char *program; /* in place of the command's first word; NULL: it stays */
};

/* A text with parameters and build put in. Caller frees. NULL stays NULL. */
static char *substitute(const struct variant *variant, const char *text)
{
	char *plain = scan_substitute(&variant->compare->scan, variant->combination, text);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	const char *rest = plain, *at;

	if (!plain || !variant->build)
		return plain;
	while ((at = strstr(rest, COMPARE_BUILD))) {
		strbuf_add(&sb, rest, (size_t)(at - rest));
		strbuf_addstr(&sb, variant->build);
		rest = at + strlen(COMPARE_BUILD);
	}
	strbuf_addstr(&sb, rest);
	free(plain);
	return strbuf_detach(&sb);
}

/* The words of a command as one line for a shell. Caller frees. */
static char *join(char *const *words)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; words[i]; i++)
		strbuf_addf(&sb, "%s%s", i ? " " : "", words[i]);
	return strbuf_detach(&sb);
}

/* The command, in a shell or as it is. Free with strv_free(). */
static char **build_argv(const struct variant *variant)
{
	const struct compare_options *compare = variant->compare;
	char **argv = NULL;
	size_t count = 0, alloc = 0;

	if (compare->shell) {
		_cleanup_free_ char *line = join(compare->command);

		*ARRAY_PUSH(argv, count, alloc) = xstrdup(compare->shell);
		*ARRAY_PUSH(argv, count, alloc) = xstrdup("-c");
		*ARRAY_PUSH(argv, count, alloc) = substitute(variant, line);
	} else {
		for (size_t i = 0; compare->command[i]; i++)
			*ARRAY_PUSH(argv, count, alloc) =
				i == 0 && variant->program
					? xstrdup(variant->program)
					: substitute(variant, compare->command[i]);
	}
	*ARRAY_PUSH(argv, count, alloc) = NULL;
	return argv;
}

/* The words of a server's command line, quoted as for a shell (wordexp(3)). Free with strv_free(). */
static int split_server(const struct variant *variant, char ***ret, struct error *err)
{
	_cleanup_free_ char *line = substitute(variant, variant->compare->server);
	wordexp_t words;
	size_t count = 0, alloc = 0;

	*ret = NULL;
	int code = wordexp(line, &words, WRDE_NOCMD | WRDE_UNDEF);
	if (code == 0 && words.we_wordc > 0) {
		for (size_t i = 0; i < words.we_wordc; i++)
			*ARRAY_PUSH(*ret, count, alloc) = xstrdup(
				i == 0 && variant->program ? variant->program : words.we_wordv[i]);
		*ARRAY_PUSH(*ret, count, alloc) = NULL;
		wordfree(&words);
		return 0;
	}
	error_set(err, ERROR_USAGE, EINVAL, "--server '%s': %s", line,
		  code == WRDE_BADVAL   ? "an unknown variable"
		  : code == WRDE_SYNTAX ? "a quote is not closed"
		  : code == 0           ? "there is no command"
			      : "it holds a character that is a shell's alone, such as | or >");
	error_hint(err, "quote it, or let a shell run the server: sh -c 'exec …'");
	return -EINVAL;
}

static int build_case(const struct variant *variant, struct compare_case *ret, struct error *err)
{
	const struct compare_options *compare = variant->compare;
	char **argv = NULL;
	int r = 0;

	if (compare->server)
		r = split_server(variant, &argv, err);
	else
		argv = build_argv(variant);
	if (r < 0)
		return r;
	*ret = (struct compare_case){
		.argv = (const char *const *)argv,
		.prepare = substitute(variant, compare->prepare),
		.conclude = substitute(variant, compare->conclude),
		.load = substitute(variant, compare->load),
	};
	return 0;
}

/* Of two builds the command is shown with {build} in the place of either. */
static char *describe(const struct compare_options *compare, const struct compare_case *one)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	size_t skipped = compare->baseline_build && !compare->build ? 1 : 0;

	if (skipped)
		strbuf_addstr(&line, one->argv[1] ? COMPARE_BUILD " " : COMPARE_BUILD);
	quote_words(&line, one->argv + skipped);
	return one->load ? xasprintf("%s, under: %s", line.buf, one->load) : strbuf_detach(&line);
}

static int add_case(struct compare_options *compare, size_t combination, struct error *err)
{
	struct case_info *item = result_add_case(&compare->measure.result);
	_cleanup_free_ char *suffix = scan_describe(&compare->scan, combination);
	const struct variant variant = { compare, combination, compare->build, NULL };
	/* A server's line with {build} in it has no words: braces are a shell's. */
	const struct variant plain = { compare, combination,
				       compare->server ? compare->build : NULL, NULL };
	const struct variant old = { compare, combination, compare->baseline_build,
				     compare->build ? NULL : compare->baseline_build };
	struct compare_case shown = { 0 };
	int r = build_case(&variant, &compare->cases[combination], err);

	if (r == 0 && compare->baseline_cases)
		r = build_case(&old, &compare->baseline_cases[combination], err);
	if (r == 0)
		r = build_case(&plain, &shown, err);
	if (r == 0)
		item->description = describe(compare, &shown);
	compare_case_release(&shown);
	item->name = xasprintf("%s%s", compare->name ? compare->name : "command", suffix);
	scan_add_parameters(&compare->scan, combination, item);
	return r;
}

/* Room for so many cases; the new ones are empty. */
static struct compare_case *grow(struct compare_case *cases, size_t before, size_t count)
{
	cases = xreallocarray(cases, count, sizeof(*cases));
	memset(&cases[before], 0, (count - before) * sizeof(*cases));
	return cases;
}

/* The cases of the combinations that have none yet. */
static int add_cases(struct compare_options *compare, struct error *err)
{
	size_t before = compare->case_count;
	int r = 0;

	compare->case_count = scan_combinations(&compare->scan);
	compare->cases = grow(compare->cases, before, compare->case_count);
	if (compare->baseline_build)
		compare->baseline_cases =
			grow(compare->baseline_cases, before, compare->case_count);
	for (size_t i = before; r == 0 && i < compare->case_count; i++)
		r = add_case(compare, i, err);
	return r;
}

int compare_build_cases(struct compare_options *compare, struct error *err)
{
	return add_cases(compare, err);
}

int compare_add_value(struct compare_options *compare, uint64_t value, struct error *err)
{
	scan_add_value(&compare->scan, value);
	return add_cases(compare, err);
}

const char *compare_build_text(const struct compare_options *compare, bool old)
{
	if (old)
		return compare->baseline_build;
	return compare->build ? compare->build : compare->cases[0].argv[0];
}
