/* SPDX-License-Identifier: MIT */
#include "identify/loader-words.h"

#include <stdbool.h>
#include <string.h>

#include "base/array.h"

/* The options with a value, in the next word or behind '='. */
static const char *const valued[] = { "--library-path",
				      "--preload",
				      "--argv0",
				      "--audit",
				      "--inhibit-rpath",
				      "--glibc-hwcaps-mask",
				      "--glibc-hwcaps-prepend" };

static const char *next_word(const char **at, const char *end)
{
	const char *word = *at;

	if (word >= end)
		return NULL;
	*at = word + strlen(word) + 1;
	return word;
}

/* Whether the word is this option; *value: what is behind '=', or NULL. */
static bool is_option(const char *word, const char *option, const char **value)
{
	size_t len = strlen(option);

	if (strncmp(word, option, len) != 0 || (word[len] && word[len] != '='))
		return false;
	*value = word[len] ? word + len + 1 : NULL;
	return true;
}

void loader_words_parse(const char *text, size_t len, struct loader_words *ret)
{
	const char *at = text, *end = text + len, *word;

	*ret = (struct loader_words){ 0 };
	(void)next_word(&at, end);
	while ((word = next_word(&at, end))) {
		const char *value = NULL;
		size_t i = 0;

		if (!strcmp(word, "--")) {
			ret->program = next_word(&at, end);
			return;
		}
		if (strncmp(word, "--", 2) != 0) {
			ret->program = word;
			return;
		}
		while (i < ARRAY_SIZE(valued) && !is_option(word, valued[i], &value))
			i++;
		if (i == ARRAY_SIZE(valued))
			continue;
		if (!value)
			value = next_word(&at, end);
		if (i == 0)
			ret->library_path = value;
		else if (i == 1)
			ret->preload = value;
	}
}
