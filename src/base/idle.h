/* SPDX-License-Identifier: MIT */
/*
 * base/idle: the calling thread at idle priority, so that it takes CPU time that no other thread wants.
 *
 * A machine whose CPUs are all busy leaves an idle thread about 0.3% of one (the scheduler's weights are 3 and 1024). So
 * that it gets on even there, it must call idle_alive() now and then: a thread that has not done so for a second is raised
 * to the lowest ordinary priority, and after a further second to the one that it had before.
 */
#ifndef MADVISOR_BASE_IDLE_H
#define MADVISOR_BASE_IDLE_H

enum idle_state {
	IDLE_OFF,    /* as before idle_begin() */
	IDLE_IDLE,   /* SCHED_IDLE */
	IDLE_LOWEST, /* SCHED_OTHER, nice 19 */
};

/* Does nothing without root's rights, which it takes to go back, or if it has begun already. */
void idle_begin(void);
/* In a child process, which inherits the priority: at the lowest ordinary one, so that its deadlines hold. Async-signal-safe. */
void idle_child(void);
/* The thread gets on: a raised one goes back to idle priority. */
void idle_alive(void);
/* Back to the former priority. Does nothing without idle_begin(). */
void idle_end(void);
enum idle_state idle_state(void);

#endif
