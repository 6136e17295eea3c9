/* SPDX-License-Identifier: MIT */
#include "alloc/retention.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum { TEXT_MAX_BYTES = 1 << 20, NUMBERS = 7 };
/* More than a process can have. */
#define MOST 0x1p52

/* "-" or a whole number. */
static bool take_number(const char **text, double *ret)
{
	char *end;

	if (**text != ' ')
		return false;
	const char *word = *text + 1;
	if (*word == '-' && (word[1] == ' ' || word[1] == '\n')) {
		*ret = NAN;
		*text = word + 1;
		return true;
	}
	if (!strchr("-0123456789", *word) || !*word)
		return false;
	long long value = strtoll(word, &end, 10);
	if (end == word || (double)value > MOST || value < -1)
		return false;
	*ret = (double)value;
	*text = end;
	return true;
}

static const char *known_allocator(const char *word, size_t len)
{
	static const char *const names[] = { "jemalloc", "tcmalloc" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (len == strlen(names[i]) && !memcmp(word, names[i], len))
			return names[i];
	return NULL;
}

static bool parse_line(const char *line, struct retention *ret)
{
	char *end;
	unsigned long long pid = strtoull(line, &end, 10);

	if (end == line || *end != ' ' || pid > INT32_MAX)
		return false;
	const char *word = end + 1, *text = word + strcspn(word, " \n");
	ret->pid = pid;
	ret->allocator = known_allocator(word, (size_t)(text - word));
	double *const numbers[NUMBERS] = { &ret->resident, &ret->live,   &ret->taken,
					   &ret->freeable, &ret->cached, &ret->background,
					   &ret->decay_ms };
	for (size_t i = 0; i < NUMBERS; i++)
		if (!take_number(&text, numbers[i]))
			return false;
	/* Only the last one may be negative. */
	for (size_t i = 0; i < NUMBERS - 1; i++)
		if (*numbers[i] < 0)
			return false;
	return ret->allocator && *text == '\n' && !isnan(ret->resident);
}

int retention_parse(const char *text, struct retention *ret)
{
	bool found = false;

	while (*text) {
		const char *end = strchrnul(text, '\n');
		struct retention one;

		if (parse_line(text, &one) && (!found || one.resident > ret->resident)) {
			*ret = one;
			found = true;
		}
		text = *end ? end + 1 : end;
	}
	return found ? 0 : -ENODATA;
}

int retention_read(const struct witness *witness, struct retention *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (lseek(witness->fd, 0, SEEK_SET) < 0)
		return -errno;
	int r = strbuf_read_fd(&text, witness->fd, TEXT_MAX_BYTES);
	if (r < 0 && !text.len)
		return r;
	return retention_parse(text.buf, ret);
}

char **retention_environment(const struct witness *witness, char *const *environment)
{
	_cleanup_free_ char *file = xasprintf("MADVISOR_RETAINED=%s", witness->file);
	char **preloaded = witness_preload(witness, environment);
	char **asked = environment_with(preloaded, (const char *const[]){ file, NULL });

	strv_free(preloaded);
	return asked;
}
