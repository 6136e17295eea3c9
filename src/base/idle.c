/* SPDX-License-Identifier: MIT */
#include "base/idle.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 1
#define LOWEST_NICE 19

static struct {
	pthread_mutex_t lock;
	pthread_cond_t over;
	pthread_t guard;
	pid_t thread; /* the one at idle priority; 0: none */
	int policy;   /* what it had */
	int nice;
	bool has_guard;
	bool alive; /* it has told so since the guard looked last */
	enum idle_state state;
} idle = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int set_policy(int policy, int nice)
{
	const struct sched_param param = { .sched_priority = 0 };

	if (sched_setscheduler(idle.thread, policy, &param) < 0)
		return -errno;
	/* The nice value has no meaning for SCHED_IDLE. */
	if (policy != SCHED_IDLE && setpriority(PRIO_PROCESS, (id_t)idle.thread, nice) < 0)
		return -errno;
	return 0;
}

static void raise_it(void)
{
	if (idle.state == IDLE_IDLE && set_policy(SCHED_OTHER, LOWEST_NICE) == 0)
		idle.state = IDLE_LOWEST;
	else if (idle.state == IDLE_LOWEST && set_policy(idle.policy, idle.nice) == 0)
		idle.state = IDLE_OFF;
}

/* At the former priority, so that it runs whatever the CPUs are busy with. */
static void *guard(void *unused)
{
	struct timespec until;

	pthread_mutex_lock(&idle.lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	while (idle.thread) {
		until.tv_sec += PATIENCE_S;
		while (idle.thread &&
		       pthread_cond_timedwait(&idle.over, &idle.lock, &until) != ETIMEDOUT)
			;
		if (idle.thread && !idle.alive)
			raise_it();
		idle.alive = false;
	}
	pthread_mutex_unlock(&idle.lock);
	return unused;
}

static bool start_guard(void)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int r;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&idle.over, &attr);
	pthread_condattr_destroy(&attr);
	idle.alive = true;
	/* Signals are for the other thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&idle.guard, NULL, guard, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		pthread_cond_destroy(&idle.over);
	return r == 0;
}

void idle_begin(void)
{
	if (idle.has_guard || geteuid() != 0)
		return;
	idle.thread = gettid();
	idle.policy = sched_getscheduler(0);
	idle.nice = getpriority(PRIO_PROCESS, (id_t)idle.thread);
	idle.has_guard = start_guard();
	if (!idle.has_guard)
		return;
	pthread_mutex_lock(&idle.lock);
	if (set_policy(SCHED_IDLE, 0) == 0)
		idle.state = IDLE_IDLE;
	pthread_mutex_unlock(&idle.lock);
}

void idle_child(void)
{
	const struct sched_param param = { .sched_priority = 0 };

	if (idle.has_guard && sched_setscheduler(0, SCHED_OTHER, &param) == 0)
		(void)setpriority(PRIO_PROCESS, 0, LOWEST_NICE);
}

void idle_alive(void)
{
	if (!idle.has_guard)
		return;
	pthread_mutex_lock(&idle.lock);
	idle.alive = true;
	if (idle.state == IDLE_LOWEST && set_policy(SCHED_IDLE, 0) == 0)
		idle.state = IDLE_IDLE;
	pthread_mutex_unlock(&idle.lock);
}

void idle_end(void)
{
	if (!idle.has_guard)
		return;
	pthread_mutex_lock(&idle.lock);
	if (idle.state != IDLE_OFF)
		(void)set_policy(idle.policy, idle.nice);
	idle.state = IDLE_OFF;
	idle.thread = 0;
	pthread_cond_signal(&idle.over);
	pthread_mutex_unlock(&idle.lock);
	pthread_join(idle.guard, NULL);
	pthread_cond_destroy(&idle.over);
	idle.has_guard = false;
}

enum idle_state idle_state(void)
{
	enum idle_state state;

	pthread_mutex_lock(&idle.lock);
	state = idle.state;
	pthread_mutex_unlock(&idle.lock);
	return state;
}
