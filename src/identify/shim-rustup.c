/* SPDX-License-Identifier: MIT */
/* identify/shim: the programs that are rustup under another name. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/process.h"
#include "identify/shim-internal.h"

/* The text between the quotes behind a key at the start of a line: key = "text". Caller frees. */
static char *quoted_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		const char *s = line + len + strspn(line + len, " \t");
		if (*s++ != '=')
			continue;
		s += strspn(s, " \t");
		char quote = *s;
		const char *end = quote == '"' || quote == '\'' ? strchr(s + 1, quote) : NULL;
		if (end)
			return xstrndup(s + 1, (size_t)(end - s - 1));
	}
	return NULL;
}

/* A toolchain may be named without its host: "stable" is the folder "stable-x86_64-unknown-linux-gnu". */
static char *toolchain_program(const struct shim_question *question, const char *home,
			       const char *name)
{
	_cleanup_free_ char *toolchains = xasprintf("%s/toolchains", home);
	_cleanup_free_ char *begin = xasprintf("%s-", name);
	DIR *folder = shim_is_plain(name) ? opendir(toolchains) : NULL;
	char *file = NULL;

	for (struct dirent *entry; folder && !file && (entry = readdir(folder));) {
		bool is_named = !strcmp(entry->d_name, name) ||
				(!strncmp(entry->d_name, begin, strlen(begin)) &&
				 strstr(entry->d_name, "-linux-"));

		if (!is_named)
			continue;
		file = xasprintf("%s/%s/bin/%s", toolchains, entry->d_name, question->name);
		if (!shim_is_program(file)) {
			free(file);
			file = NULL;
		}
	}
	if (folder)
		closedir(folder);
	return file;
}

/* rust-toolchain.toml has `channel = "…"`; rust-toolchain may be the bare name. */
static char *toolchain_of_folder(void)
{
	static const char *const names[] = { "rust-toolchain", "rust-toolchain.toml" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *path = shim_find_above(names[i]);

		if (!path || !shim_read(path, &text))
			continue;
		char *channel = quoted_value(text.buf, "channel");
		if (channel || strchr(text.buf, '['))
			return channel;
		return xstrndup(text.buf, strcspn(text.buf, " \t\r\n"));
	}
	return NULL;
}

/* `rustup override set` keeps lines "/folder" = "toolchain". Caller frees. */
static char *toolchain_override(const char *settings)
{
	const char *overrides = strstr(settings, "[overrides]");
	char here[PATH_MAX];

	if (!overrides || !getcwd(here, sizeof(here)))
		return NULL;
	for (;;) {
		_cleanup_free_ char *key = xasprintf("\"%s\"", here);
		char *toolchain = quoted_value(overrides, key), *slash = strrchr(here, '/');

		if (toolchain || !slash || !here[1])
			return toolchain;
		slash[slash == here] = '\0';
	}
}

char *shim_of_rustup(const struct shim_question *question)
{
	const char *set = environment_value(question->environment, "RUSTUP_TOOLCHAIN");
	const char *own = environment_value(question->environment, "RUSTUP_HOME");
	const char *user = environment_value(question->environment, "HOME");
	_cleanup_strbuf_ struct strbuf settings = STRBUF_INIT;

	_cleanup_free_ char *home = own ? xstrdup(own) : xasprintf("%s/.rustup", user ? user : "");
	if (set && *set)
		return toolchain_program(question, home, set);
	_cleanup_free_ char *path = xasprintf("%s/settings.toml", home);
	const char *text = shim_read(path, &settings) ? settings.buf : "";
	_cleanup_free_ char *chosen = toolchain_override(text);
	if (!chosen)
		chosen = toolchain_of_folder();
	if (!chosen)
		chosen = quoted_value(text, "default_toolchain");
	return chosen ? toolchain_program(question, home, chosen) : NULL;
}
