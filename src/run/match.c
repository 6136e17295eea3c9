/* SPDX-License-Identifier: MIT */
#include "run/match.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Shorter lines are matched in this process: quadratic time is short for them. */
#define SHORT_LINE_BYTES 4096

static bool ends_line(char c)
{
	return c == '\n' || c == '\r';
}

struct stretch match_line_before(const char *text, size_t end)
{
	if (end > 0 && ends_line(text[end - 1]))
		end--;
	struct stretch line = { end, end };
	while (line.start > 0 && !ends_line(text[line.start - 1]))
		line.start--;
	return line;
}

bool match_has_line_above(const char *text, size_t len, size_t bytes)
{
	struct stretch line = { len, len };

	for (size_t end = len; end > 0; end = line.start) {
		line = match_line_before(text, end);
		if (line.end - line.start > bytes)
			return true;
	}
	return false;
}

/*
 * The first group of the last match in one line. Uses glibc's re_search(), which takes a length, as
 * lines have no NUL at their end, and a start offset, so that ^ matches only at the start of the
 * line.
 */
static bool match_line(const regex_t *regex, const char *line, size_t len, struct stretch *ret)
{
	struct re_pattern_buffer pattern = *regex; /* notes that the registers are allocated */
	struct re_registers groups = { 0 };
	regoff_t end = (regoff_t)len, at = 0;
	bool found = false;

	pattern.regs_allocated = REGS_UNALLOCATED;
	while ((at < end || !at) && re_search(&pattern, line, end, at, end - at, &groups) >= 0) {
		at = groups.end[0] > groups.start[0] ? groups.end[0] : groups.end[0] + 1;
		if (groups.start[1] < 0)
			continue;
		*ret = (struct stretch){ (size_t)groups.start[1], (size_t)groups.end[1] };
		found = true;
	}
	free(groups.start);
	free(groups.end);
	return found;
}

/* Searches from the end, so that a long output is rarely read in full. */
static int match_here(const regex_t *regex, const char *text, size_t len, struct stretch *ret)
{
	struct stretch line = { len, len };

	for (size_t end = len; end > 0; end = line.start) {
		line = match_line_before(text, end);
		if (line.end - line.start > MATCH_LINE_BYTES_MAX)
			continue;
		if (match_line(regex, text + line.start, line.end - line.start, ret)) {
			ret->start += line.start;
			ret->end += line.start;
			return 0;
		}
	}
	return -ENODATA;
}

struct answer {
	int status;
	struct stretch group;
};

__attribute__((noreturn)) static void answer_in_time(int fd, const regex_t *regex, const char *text,
						     size_t len)
{
	struct answer answer = { 0 };
	const struct itimerval limit = { .it_value = { .tv_sec = MATCH_SECONDS_MAX } };
	sigset_t blocked;

	signal(SIGPROF, SIG_DFL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGPROF);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	setitimer(ITIMER_PROF, &limit, NULL);
	answer.status = match_here(regex, text, len, &answer.group);
	_exit(write(fd, &answer, sizeof(answer)) == sizeof(answer) ? 0 : 1);
}

static ssize_t read_answer(int fd, struct answer *answer)
{
	ssize_t n;

	do
		n = read(fd, answer, sizeof(*answer)); /* so few bytes come at once: pipe(7) */
	while (n < 0 && errno == EINTR);
	return n;
}

static int match_in_child(const regex_t *regex, const char *text, size_t len, struct stretch *ret)
{
	struct answer answer = { 0 };
	int pair[2], status;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_close_ int from_child = pair[0];
	int to_parent = pair[1];
	pid_t child = fork();
	if (child == 0)
		answer_in_time(to_parent, regex, text, len);
	int r = child < 0 ? -errno : 0;
	close(to_parent);
	if (r < 0)
		return r;
	ssize_t n = read_answer(from_child, &answer);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(answer))
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? -ETIME : -EIO;
	*ret = answer.group;
	return answer.status;
}

int match_last(const regex_t *regex, const char *text, size_t len, struct stretch *ret)
{
	return match_has_line_above(text, len, SHORT_LINE_BYTES)
		       ? match_in_child(regex, text, len, ret)
		       : match_here(regex, text, len, ret);
}
