/* SPDX-License-Identifier: MIT */
/* launch/drain: reads what a program prints into its outcome. A part of launch/watch. */
#ifndef MADVISOR_LAUNCH_DRAIN_H
#define MADVISOR_LAUNCH_DRAIN_H

#include "launch/child.h"
#include "launch/launch.h"

/* Reads a stream of the child, one of the wires' reading ends; closes it at its end. */
void drain(const struct wires *wires, struct outcome *outcome, int *fd) __attribute__((nonnull));

/*
 * Reads the rest of the dead child's output: one read empties the pipe, another sees its end. Live
 * descendants may hold the pipe open or go on writing, so reads never block and are limited.
 */
void drain_rest(const struct wires *wires, struct outcome *outcome, int *fd)
	__attribute__((nonnull));

#endif
