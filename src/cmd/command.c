/* SPDX-License-Identifier: MIT */
#include "cmd/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/show.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"

static struct {
	const struct command_entry *const *commands;
	size_t count;
} all;

void command_set_table(const struct command_entry *const *table, size_t count)
{
	all.commands = table;
	all.count = count;
}

const struct command_entry *const *command_table(size_t *ret_count)
{
	*ret_count = all.count;
	return all.commands;
}

/* Messages may quote file names and another program's words, which may have several lines. */
static void print_escaped(const char *prefix, const char *text)
{
	_cleanup_strbuf_ struct strbuf escaped = STRBUF_INIT;
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy, *line;

	strbuf_addstr(&escaped, prefix);
	while ((line = strsep(&rest, "\n"))) {
		show_text(&escaped, line, show_utf8());
		strbuf_addstr(&escaped, rest ? "\n  | " : "\n");
	}
	fputs(escaped.buf, stderr);
}

static void print_error(const char *prefix, const struct error *err)
{
	print_escaped(prefix, err->message ? err->message : "failed for an unknown reason");
	if (err->hint)
		print_escaped("  hint: ", err->hint);
}

int command_fail(struct error *err)
{
	int status = err->kind == ERROR_NONE ? ERROR_MACHINE : (int)err->kind;

	print_error("madvisor: ", err);
	error_release(err);
	return status;
}

void command_warn(struct error *err)
{
	print_error("madvisor: warning: ", err);
	error_release(err);
}

void command_note(const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	print_escaped("madvisor: note: ", text.buf);
}

void command_say(const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	print_escaped("", text.buf);
}

size_t terminal_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* Narrower than this no table stands. */
#define COLUMNS_MIN 20

size_t output_columns(int fd)
{
	const char *text = getenv("COLUMNS");
	uint64_t columns;

	if (isatty(fd))
		return terminal_columns(fd);
	return text && parse_u64(text, &columns) == 0 && columns >= COLUMNS_MIN &&
			       columns <= UINT16_MAX
		       ? (size_t)columns
		       : 0;
}
