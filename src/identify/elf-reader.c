/* SPDX-License-Identifier: MIT */
#include "identify/elf-reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/confined.h"
#include "base/trusted.h"
#include "base/units.h"

#define PATIENCE_NS (5 * NS_PER_SEC)

struct file_reading {
	const char *path;
	elf_question question;
	const void *context;
};

static int read_file(void *argument, struct strbuf *answer, struct error *err)
{
	const struct file_reading *reading = argument;
	_cleanup_elf_object_ struct elf_object *object = NULL;
	int r = elf_object_open(reading->path, &object, err);

	return r < 0 ? r : reading->question(object, reading->path, reading->context, answer, err);
}

/* Only root may be able to read root's files; files that others can write are read as nobody. */
static const struct rights *reader_of(const char *path, const struct rights *rights)
{
	if (geteuid() == 0 && rights->uid == 0 && !trusted_path(path, 0, NULL))
		return &rights_nobody;
	return rights;
}

int elf_read(const char *path, const struct rights *rights, elf_question question,
	     const void *context, struct strbuf *answer, struct error *err)
{
	struct file_reading reading = { path, question, context };
	_cleanup_error_ struct error why = ERROR_INIT;
	const struct confined confined = {
		.rights = reader_of(path, rights ? rights : &caller_get()->rights),
		.timeout_ns = PATIENCE_NS,
	};
	int r = confined_call(&confined, read_file, &reading, answer, &why);

	if (r >= 0)
		return r;
	/* An error about the file names it; that of a dead reader needs the name added. */
	if (why.kind == ERROR_MACHINE) {
		error_set(err, ERROR_MACHINE, -r, "%s: its reader %s", path, why.message);
		error_hint(err, "name another file: this one cannot be read");
	} else if (err) {
		*err = why;
		why = (struct error)ERROR_INIT;
	}
	return r;
}

void elf_answer_add(struct strbuf *answer, const char *word, const char *value)
{
	if (value && !strpbrk(value, "\n\t"))
		strbuf_addf(answer, "%s\t%s\n", word, value);
}

bool elf_answer_next(char **rest, char **ret_word, char **ret_value)
{
	char *line = *rest && **rest ? strsep(rest, "\n") : NULL;

	*ret_word = line ? strsep(&line, "\t") : NULL;
	*ret_value = line;
	return *ret_word && *ret_value;
}

int elf_answer_refuse(const char *path, struct error *err)
{
	int r = error_set(err, ERROR_MACHINE, EBADMSG, "%s: its reader gave no proper answer",
			  path);

	error_hint(err, "name another file: this one cannot be read");
	return r;
}
