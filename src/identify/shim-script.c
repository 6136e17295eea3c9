/* SPDX-License-Identifier: MIT */
/* identify/shim: scripts of pyenv and its like, and of asdf. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "identify/process.h"
#include "identify/shim-internal.h"

/* Managers of one make. The versions are folders in HOME/versions. */
static const struct like_pyenv {
	const char *name, *variable, *file, *prefix;
} like_pyenv[] = {
	{ "pyenv", "PYENV_VERSION", ".python-version", "python-" },
	{ "rbenv", "RBENV_VERSION", ".ruby-version", "ruby-" },
	{ "nodenv", "NODENV_VERSION", ".node-version", "node-" },
	{ "goenv", "GOENV_VERSION", ".go-version", "go-" },
	{ "jenv", "JENV_VERSION", ".java-version", "java-" },
	{ "plenv", "PLENV_VERSION", ".perl-version", "perl-" },
};

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789.")] == '\0';
}

/* The latest installed version that begins with it: "3.11" means 3.11.7. Caller frees. */
static char *latest_of(const char *versions, const char *begin)
{
	_cleanup_free_ char *dotted = xasprintf("%s.", begin);
	DIR *folder = opendir(versions);
	char *latest = NULL;
	size_t len = strlen(dotted);

	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		const char *name = entry->d_name;

		if (strncmp(name, dotted, len) != 0 || !is_number(name + len) ||
		    (latest && strverscmp(name, latest) < 0))
			continue;
		free(latest);
		latest = xstrdup(name);
	}
	if (folder)
		closedir(folder);
	return latest;
}

static char *program_of_version(const struct shim_question *question, const char *home,
				const struct like_pyenv *kind, const char *version)
{
	_cleanup_free_ char *versions = xasprintf("%s/versions", home);
	size_t prefix = strlen(kind->prefix);

	if (!strcmp(version, "system"))
		return shim_find_system(question);
	if (!shim_is_plain(version))
		return NULL;
	_cleanup_free_ char *file = xasprintf("%s/%s/bin/%s", versions, version, question->name);
	if (shim_is_program(file))
		return TAKE_PTR(file);
	if (!strncmp(version, kind->prefix, prefix))
		version += prefix;
	_cleanup_free_ char *latest = latest_of(versions, version);
	free(file);
	file = xasprintf("%s/%s/bin/%s", versions, latest ? latest : version, question->name);
	return shim_is_program(file) ? TAKE_PTR(file) : NULL;
}

/* Words of a version file; a '#' begins a comment. In $PYENV_VERSION a colon is between versions. */
static char *first_with_program(const struct shim_question *question, const char *home,
				const struct like_pyenv *kind, char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "#")] = '\0';
		for (char *word; (word = strsep(&line, ": \t\r"));) {
			char *file = *word ? program_of_version(question, home, kind, word) : NULL;

			if (file)
				return file;
		}
	}
	return NULL;
}

static char *follow_like_pyenv(const struct shim_question *question, const char *home,
			       const struct like_pyenv *kind)
{
	const char *variable = environment_value(question->environment, kind->variable);
	_cleanup_free_ char *global = xasprintf("%s/version", home);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (variable && *variable) {
		strbuf_addstr(&text, variable);
	} else {
		_cleanup_free_ char *local = shim_find_above(kind->file);

		if (!shim_read(local ? local : global, &text))
			return shim_find_system(question);
	}
	return first_with_program(question, home, kind, text.buf);
}

/* Of "NAME VERSION…" lines, that of a plugin: the versions behind it. Caller frees. */
static char *tool_versions(const char *text, const char *plugin)
{
	size_t len = strlen(plugin);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, plugin, len) && isblank((unsigned char)line[len]))
			return xstrndup(line + len, strcspn(line + len, "\n#"));
	}
	return NULL;
}

static char *asdf_versions(const struct shim_question *question, const char *plugin)
{
	const char *user = environment_value(question->environment, "HOME");
	_cleanup_free_ char *variable = xasprintf("ASDF_%s_VERSION", plugin);
	_cleanup_free_ char *local = shim_find_above(".tool-versions");
	_cleanup_free_ char *global = xasprintf("%s/.tool-versions", user ? user : "");
	const char *const files[] = { local, global };
	char *versions = NULL;

	for (char *c = variable; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	const char *set = environment_value(question->environment, variable);
	if (set && *set)
		return xstrdup(set);
	for (size_t i = 0; !versions && i < ARRAY_SIZE(files); i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (files[i] && shim_read(files[i], &text))
			versions = tool_versions(text.buf, plugin);
	}
	return versions;
}

static char *asdf_program(const struct shim_question *question, const char *home,
			  const char *plugin)
{
	static const char *const folders[] = { "bin", "go/bin" };
	_cleanup_free_ char *versions = asdf_versions(question, plugin);
	char *word, *rest = versions;

	while (rest && (word = strsep(&rest, " \t\r"))) {
		if (!strcmp(word, "system"))
			return shim_find_system(question);
		for (size_t i = 0; shim_is_plain(word) && i < ARRAY_SIZE(folders); i++) {
			char *file = xasprintf("%s/installs/%s/%s/%s/%s", home, plugin, word,
					       folders[i], question->name);

			if (shim_is_program(file))
				return file;
			free(file);
		}
	}
	return NULL;
}

/* The shim names the plugins that have such a program. */
static char *follow_asdf(const struct shim_question *question, const char *home, const char *text)
{
	static const char mark[] = "# asdf-plugin: ";
	char *file = NULL;

	for (const char *s = text; !file && (s = strstr(s, mark));) {
		s += strlen(mark);
		_cleanup_free_ char *plugin = xstrndup(s, strcspn(s, " \n"));
		if (shim_is_plain(plugin) && !strchr(plugin, '/'))
			file = asdf_program(question, home, plugin);
	}
	return file;
}

char *shim_of_script(const struct shim_question *question, const char **ret_manager)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!shim_read(question->found, &text) || strncmp(text.buf, "#!", 2) != 0)
		return NULL;
	/* The manager's own folder is the one that shims/ is in. */
	_cleanup_free_ char *shims = path_folder(question->found);
	_cleanup_free_ char *home = path_folder(shims);
	for (size_t i = 0; i < ARRAY_SIZE(like_pyenv); i++) {
		_cleanup_free_ char *call = xasprintf("/%s\" exec ", like_pyenv[i].name);

		if (!strstr(text.buf, call))
			continue;
		*ret_manager = like_pyenv[i].name;
		return follow_like_pyenv(question, home, &like_pyenv[i]);
	}
	*ret_manager = "asdf";
	return strstr(text.buf, "asdf") ? follow_asdf(question, home, text.buf) : NULL;
}

const char *shim_manager_named(const char *text, size_t len)
{
	static const char *const others[] = { "asdf", "rustup" };

	for (size_t i = 0; i < ARRAY_SIZE(like_pyenv); i++)
		if (strlen(like_pyenv[i].name) == len && !strncmp(text, like_pyenv[i].name, len))
			return like_pyenv[i].name;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strlen(others[i]) == len && !strncmp(text, others[i], len))
			return others[i];
	return NULL;
}
