/* SPDX-License-Identifier: MIT */
#include "proc/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

/* Fields of /proc/PID/stat by their numbers in proc(5). */
enum {
	FIELD_PARENT = 4,
	FIELD_GROUP = 5,
	FIELD_FLAGS = 9,
	FIELD_MINOR_FAULTS = 10,
	FIELD_CHILDREN_MINOR_FAULTS = 11,
	FIELD_MAJOR_FAULTS = 12,
	FIELD_CHILDREN_MAJOR_FAULTS = 13,
	FIELD_USER_TICKS = 14,
	FIELD_SYS_TICKS = 15,
	FIELD_CHILDREN_USER_TICKS = 16,
	FIELD_CHILDREN_SYS_TICKS = 17,
	FIELD_THREADS = 20,
	FIELD_STARTED = 22,
	FIELD_RSS_PAGES = 24,
	FIELD_STACK_START = 28, /* the last that every kernel has */
	FIELD_HEAP_START = 47,
	FIELD_COUNT,
};

/* include/linux/sched.h; the same since Linux 2.6 */
static const uint64_t PF_FORKNOEXEC = 0x40, PF_KTHREAD = 0x200000;

/* " 17 4242 -1 ...": the numbers from FIELD_PARENT on. Returns how many fields there are, names included. */
static int read_fields(const char *text, uint64_t fields[static FIELD_COUNT])
{
	int count = FIELD_PARENT;

	for (; count < FIELD_COUNT; count++) {
		char *end;

		if (*text != ' ' || !(isdigit((unsigned char)text[1]) || text[1] == '-'))
			break;
		fields[count] = strtoull(text + 1, &end, 10);
		if (end == text + 1)
			break;
		text = end;
	}
	return count;
}

int proc_parse_stat(const char *text, struct proc_stat *ret)
{
	/* The name in parentheses may hold anything, parentheses and spaces included. */
	const char *name = strchr(text, '('), *rest = strrchr(text, ')');
	uint64_t fields[FIELD_COUNT] = { 0 };
	int pid;

	if (!name || !rest || rest < name || sscanf(text, "%d", &pid) != 1 || rest[1] != ' ' ||
	    !isalpha((unsigned char)rest[2]) || read_fields(rest + 3, fields) <= FIELD_STACK_START)
		return -EINVAL;
	*ret = (struct proc_stat){
		.pid = pid,
		.parent = (pid_t)fields[FIELD_PARENT],
		.group = (pid_t)fields[FIELD_GROUP],
		.state = rest[2],
		.ended = rest[2] == 'Z' || rest[2] == 'X',
		.forked_not_execed = fields[FIELD_FLAGS] & PF_FORKNOEXEC,
		.of_kernel = fields[FIELD_FLAGS] & PF_KTHREAD,
		.minor_faults = fields[FIELD_MINOR_FAULTS],
		.major_faults = fields[FIELD_MAJOR_FAULTS],
		.children_minor_faults = fields[FIELD_CHILDREN_MINOR_FAULTS],
		.children_major_faults = fields[FIELD_CHILDREN_MAJOR_FAULTS],
		.user_ticks = fields[FIELD_USER_TICKS],
		.sys_ticks = fields[FIELD_SYS_TICKS],
		.children_user_ticks = fields[FIELD_CHILDREN_USER_TICKS],
		.children_sys_ticks = fields[FIELD_CHILDREN_SYS_TICKS],
		.threads = fields[FIELD_THREADS],
		.started = fields[FIELD_STARTED],
		.rss_pages = fields[FIELD_RSS_PAGES],
		.stack_start = fields[FIELD_STACK_START],
		.heap_start = fields[FIELD_HEAP_START],
	};
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(rest - name - 1), name + 1);
	return 0;
}

int proc_parse_statm(const char *text, uint64_t *ret_rss_pages)
{
	return sscanf(text, "%*u %" SCNu64, ret_rss_pages) == 1 ? 0 : -EINVAL;
}

/* The text after "key:" at the start of a line; NULL without one. */
static const char *find_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

static bool find_number(const char *text, const char *key, uint64_t *ret)
{
	const char *value = find_value(text, key);

	return value && sscanf(value, " %" SCNu64, ret) == 1;
}

int proc_parse_status(const char *text, struct proc_status *ret)
{
	uint64_t rss_kib, peak_kib, voluntary, involuntary;

	if (!find_number(text, "voluntary_ctxt_switches", &voluntary) ||
	    !find_number(text, "nonvoluntary_ctxt_switches", &involuntary))
		return -EINVAL;
	if (!find_number(text, "VmRSS", &rss_kib) || !find_number(text, "VmHWM", &peak_kib))
		return -ENODATA;
	*ret = (struct proc_status){
		.rss_bytes = rss_kib * 1024,
		.peak_bytes = peak_kib * 1024,
		.context_switches = voluntary + involuntary,
	};
	return 0;
}

static void read_groups(const char *value, struct proc_credentials *ret)
{
	while (ret->group_count < PROC_GROUPS_MAX) {
		char *end;

		value += strspn(value, " \t");
		if (!isdigit((unsigned char)*value))
			return;
		ret->groups[ret->group_count++] = (gid_t)strtoul(value, &end, 10);
		value = end;
	}
}

int proc_parse_credentials(const char *text, struct proc_credentials *ret)
{
	const char *uids = find_value(text, "Uid"), *gids = find_value(text, "Gid");
	const char *groups = find_value(text, "Groups"), *process = find_value(text, "Tgid");
	const char *capabilities = find_value(text, "CapEff");

	*ret = (struct proc_credentials){ 0 };
	if (!uids || !gids || !groups || !process || !capabilities ||
	    sscanf(uids, " %u %u", &ret->real_uid, &ret->effective_uid) != 2 ||
	    sscanf(gids, " %u %u", &ret->real_gid, &ret->effective_gid) != 2 ||
	    sscanf(process, " %d", &ret->process) != 1 ||
	    sscanf(capabilities, " %" SCNx64, &ret->capabilities) != 1)
		return -EINVAL;
	read_groups(groups, ret);
	return 0;
}

/* All tunables that there are take less; a hostile environment may hold any number of entries. */
#define TUNABLES_MAX 16384

/*
 * glibc's loader ends each tunable that it knows in place (2.36 elf/dl-tunables.c, parse_tunables()): the rest of the variable
 * then stands as entries of their own.
 */
static bool is_rest_of_tunables(const char *entry, const char *before)
{
	return before && strlen(before) < TUNABLES_MAX &&
	       !strncmp(before, "GLIBC_TUNABLES=", strlen("GLIBC_TUNABLES=")) &&
	       !strncmp(entry, "glibc.", strlen("glibc."));
}

char **proc_parse_environ(const char *text, size_t len)
{
	char **items = NULL;
	size_t count = 0, alloc = 0;

	for (size_t at = 0; at < len;) {
		size_t part = strnlen(text + at, len - at);
		_cleanup_free_ char *entry = xstrndup(text + at, part);
		char **last = count ? &items[count - 1] : NULL;

		if (is_rest_of_tunables(entry, last ? *last : NULL)) {
			char *whole = xasprintf("%s:%s", *last, entry);

			free(*last);
			*last = whole;
		} else if (strchr(entry, '=')) {
			*ARRAY_PUSH(items, count, alloc) = entry;
			entry = NULL;
		}
		at += part + 1;
	}
	*ARRAY_PUSH(items, count, alloc) = NULL;
	return items;
}

bool proc_environ_is_overwritten(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t part = strnlen(text + at, len - at);

		if (!part || (!at && !memchr(text, '=', part)))
			return true;
		at += part + 1;
	}
	return false;
}

static uint64_t word_at(const char *bytes, size_t word_bytes)
{
	uint64_t wide;
	uint32_t narrow;

	if (word_bytes == sizeof(narrow)) {
		memcpy(&narrow, bytes, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, bytes, sizeof(wide));
	return wide;
}

bool proc_parse_auxv(const char *bytes, size_t len, size_t word_bytes, uint64_t type, uint64_t *ret)
{
	for (size_t at = 0; at + 2 * word_bytes <= len; at += 2 * word_bytes) {
		if (word_at(bytes + at, word_bytes) != type)
			continue;
		*ret = word_at(bytes + at + word_bytes, word_bytes);
		return true;
	}
	return false;
}
