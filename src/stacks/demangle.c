/* SPDX-License-Identifier: MIT */
#include "stacks/demangle.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

enum { HASH_LENGTH = 17 }; /* "h" and 16 hexadecimal digits */

/* rustc's escapes for characters that assemblers reject (its legacy symbol names). */
static const struct {
	const char *code;
	const char *text;
} escapes[] = {
	{ "$SP$", "@" },   { "$BP$", "*" },  { "$RF$", "&" },  { "$LT$", "<" },  { "$GT$", ">" },
	{ "$LP$", "(" },   { "$RP$", ")" },  { "$C$", "," },   { "..", "::" },   { "$u20$", " " },
	{ "$u22$", "\"" }, { "$u27$", "'" }, { "$u2b$", "+" }, { "$u3b$", ";" }, { "$u5b$", "[" },
	{ "$u5d$", "]" },  { "$u7b$", "{" }, { "$u7d$", "}" }, { "$u7e$", "~" },
};

static void add_part(struct strbuf *sb, const char *part, size_t len)
{
	const char *end = part + len;

	/* So that a part may begin with an escape. */
	if (len > 1 && part[0] == '_' && part[1] == '$')
		part++;
	while (part < end) {
		size_t taken = 0;

		for (size_t i = 0; i < ARRAY_SIZE(escapes) && !taken; i++) {
			size_t width = strlen(escapes[i].code);

			if ((size_t)(end - part) < width ||
			    memcmp(part, escapes[i].code, width) != 0)
				continue;
			strbuf_addstr(sb, escapes[i].text);
			taken = width;
		}
		if (!taken) {
			strbuf_addch(sb, *part);
			taken = 1;
		}
		part += taken;
	}
}

static bool is_hash(const char *part, size_t len)
{
	if (len != HASH_LENGTH || *part != 'h')
		return false;
	for (size_t i = 1; i < len; i++)
		if (!isxdigit((unsigned char)part[i]) || isupper((unsigned char)part[i]))
			return false;
	return true;
}

/* The next part of "3foo3barE": its length, and where it begins; 0 at the end or if malformed. */
static size_t next_part(const char **at)
{
	char *end;
	size_t len;

	if (!isdigit((unsigned char)**at))
		return 0;
	len = strtoul(*at, &end, 10);
	*at = end;
	return len > 0 && strnlen(end, len) == len ? len : 0;
}

bool demangle_rust(struct strbuf *sb, const char *name)
{
	size_t before = sb->len, len;
	const char *at = name + 3;

	if (strncmp(name, "_ZN", 3) != 0)
		return false;
	while ((len = next_part(&at))) {
		const char *part = at;

		at += len;
		if (is_hash(part, len) && *at == 'E' && (!at[1] || at[1] == '.') &&
		    sb->len > before)
			return true;
		if (sb->len > before)
			strbuf_addstr(sb, "::");
		add_part(sb, part, len);
	}
	strbuf_truncate(sb, before);
	return false;
}

typedef char *demangle_fn(const char *name, char *buffer, size_t *length, int *status);

/* Its interface is that of the C++ ABI (Itanium), the same for all of them. */
static demangle_fn *cxx_demangler(void)
{
	static const char *const libraries[] = { "libstdc++.so.6", "libc++abi.so.1" };
	static demangle_fn *found;
	static bool tried;

	for (size_t i = 0; !tried && i < ARRAY_SIZE(libraries) && !found; i++) {
		void *library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);

		if (library)
			found = (demangle_fn *)dlsym(library, "__cxa_demangle");
	}
	tried = true;
	return found;
}

void demangle(struct strbuf *sb, const char *name)
{
	_cleanup_free_ char *plain = NULL;
	demangle_fn *cxx = NULL;

	if (demangle_rust(sb, name))
		return;
	if (!strncmp(name, "_Z", 2))
		cxx = cxx_demangler();
	if (cxx)
		plain = cxx(name, NULL, NULL, &(int){ 0 });
	strbuf_addstr(sb, plain ? plain : name);
}
