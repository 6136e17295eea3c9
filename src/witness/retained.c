/* SPDX-License-Identifier: MIT */
/*
 * At the end of a process, asks its allocator what it keeps, and appends one line to the file named in MADVISOR_RETAINED:
 *
 *     PID ALLOCATOR RESIDENT LIVE TAKEN FREEABLE CACHED BACKGROUND DECAY_MS
 *
 * Numbers, in bytes where nothing else is said; '-' for what the allocator does not tell. A process that ends by _exit(2) or
 * a signal tells nothing. Nothing here allocates.
 *
 * RESIDENT is of the process; LIVE what the program has; TAKEN what the allocator keeps resident for it; FREEABLE whole free
 * pages that the allocator could give back; CACHED free blocks in threads' caches; BACKGROUND whether threads of the
 * allocator's own give pages back.
 *
 * Sources: jemalloc(3), mallctl "epoch", "stats.*", "opt.*" (5.0 and later; 4096 is MALLCTL_ARENAS_ALL);
 * gperftools/malloc_extension_c.h and its property names.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define UNKNOWN INT64_MIN

struct told_words {
	const char *allocator;
	int64_t resident, live, taken, freeable, cached, background, decay_ms;
};

typedef int (*mallctl_function)(const char *name, void *old, size_t *old_len, void *new,
				size_t new_len);
typedef int (*property_function)(const char *name, size_t *value);

static int64_t read_size(mallctl_function mallctl, const char *name)
{
	size_t value = 0, len = sizeof(value);

	return mallctl(name, &value, &len, NULL, 0) == 0 && len == sizeof(value) ? (int64_t)value
										 : UNKNOWN;
}

static int64_t read_bool(mallctl_function mallctl, const char *name)
{
	bool value = false;
	size_t len = sizeof(value);

	return mallctl(name, &value, &len, NULL, 0) == 0 && len == sizeof(value) ? value : UNKNOWN;
}

/* All arenas together. */
static int64_t read_pages(mallctl_function mallctl, const char *name)
{
	int64_t pages = read_size(mallctl, name), bytes = read_size(mallctl, "arenas.page");

	return pages < 0 || bytes < 0 ? UNKNOWN : pages * bytes;
}

static bool ask_jemalloc(struct told_words *words)
{
	static const char *const names[] = { "mallctl", "je_mallctl", "_rjem_mallctl" };
	mallctl_function mallctl = NULL;
	uint64_t epoch = 1;
	size_t len = sizeof(epoch);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !mallctl; i++)
		*(void **)&mallctl = dlsym(RTLD_DEFAULT, names[i]);
	if (!mallctl || mallctl("epoch", &epoch, &len, &epoch, sizeof(epoch)) != 0)
		return false;
	words->allocator = "jemalloc";
	words->live = read_size(mallctl, "stats.allocated");
	words->taken = read_size(mallctl, "stats.resident");
	words->freeable = read_pages(mallctl, "stats.arenas.4096.pdirty");
	words->background = read_bool(mallctl, "background_thread");
	words->decay_ms = read_size(mallctl, "opt.dirty_decay_ms");
	return true;
}

static int64_t read_property(property_function get, const char *name)
{
	size_t value = 0;

	return get(name, &value) ? (int64_t)value : UNKNOWN;
}

static bool ask_tcmalloc(struct told_words *words)
{
	property_function get;

	*(void **)&get = dlsym(RTLD_DEFAULT, "MallocExtension_GetNumericProperty");
	if (!get)
		return false;
	int64_t heap = read_property(get, "generic.heap_size");
	int64_t unmapped = read_property(get, "tcmalloc.pageheap_unmapped_bytes");
	words->allocator = "tcmalloc";
	words->live = read_property(get, "generic.current_allocated_bytes");
	words->taken = heap < 0 || unmapped < 0 ? UNKNOWN : heap - unmapped;
	words->freeable = read_property(get, "tcmalloc.pageheap_free_bytes");
	words->cached = read_property(get, "tcmalloc.current_total_thread_cache_bytes");
	return true;
}

static int64_t own_resident(void)
{
	char text[128];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	const char *second = strchr(text, ' ');
	return second ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : UNKNOWN;
}

static size_t add_number(char *line, size_t len, size_t room, int64_t value)
{
	int n = value == UNKNOWN ? snprintf(line + len, room - len, " -")
				 : snprintf(line + len, room - len, " %lld", (long long)value);

	return n > 0 && (size_t)n < room - len ? len + (size_t)n : len;
}

__attribute__((destructor)) static void tell_what_is_kept(void)
{
	const char *file = getenv("MADVISOR_RETAINED");
	struct told_words words = { NULL,    UNKNOWN, UNKNOWN, UNKNOWN,
				    UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN };
	char line[256];

	if (!file || (!ask_jemalloc(&words) && !ask_tcmalloc(&words)))
		return;
	words.resident = own_resident();
	const int64_t numbers[] = { words.resident, words.live,       words.taken,   words.freeable,
				    words.cached,   words.background, words.decay_ms };
	size_t len = (size_t)snprintf(line, sizeof(line), "%d %s", (int)getpid(), words.allocator);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		len = add_number(line, len, sizeof(line) - 1, numbers[i]);
	line[len++] = '\n';
	int fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (write(fd, line, len) < 0) {
		/* The reader of the file notices a missing line. */
	}
	close(fd);
}
