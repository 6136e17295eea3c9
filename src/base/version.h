/* SPDX-License-Identifier: MIT */
/* base/version: the order of versions such as "5.3.1". Pure. */
#ifndef MADVISOR_BASE_VERSION_H
#define MADVISOR_BASE_VERSION_H

/*
 * As strcmp(3): "5.10" is after "5.9", and "5.3" equals "5.3.0". If the numbers are equal, suffixes
 * ("-dev", "-rc2") are compared as text. NULL is before everything.
 */
int version_compare(const char *a, const char *b) __attribute__((pure));

#endif
