/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

int error_set(struct error *err, enum error_kind kind, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -code;
	va_start(ap, fmt);
	char *message = xvasprintf(fmt, ap);
	va_end(ap);
	error_release(err);
	err->kind = kind;
	err->code = code;
	err->message = message;
	return -code;
}

void error_hint(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	char *hint = xvasprintf(fmt, ap);
	va_end(ap);
	free(err->hint);
	err->hint = hint;
}

void error_prefix(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || !err->message)
		return;
	va_start(ap, fmt);
	char *prefix = xvasprintf(fmt, ap);
	va_end(ap);
	char *message = xasprintf("%s: %s", prefix, err->message);
	free(prefix);
	free(err->message);
	err->message = message;
}

void error_release(struct error *err)
{
	if (!err)
		return;
	free(err->message);
	free(err->hint);
	*err = (struct error)ERROR_INIT;
}
