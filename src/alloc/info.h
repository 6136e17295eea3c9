/* SPDX-License-Identifier: MIT */
/*
 * alloc/info: allocator.info, the note beside a library that allocators/build made: lines "key=value". Pure; whoever
 * can write the folder can write anything into it.
 */
#ifndef MADVISOR_ALLOC_INFO_H
#define MADVISOR_ALLOC_INFO_H

#define INFO_FILE "allocator.info"

/*
 * The value of the first line "key=value". Caller frees; NULL where there is no such line, or its value has a character
 * that cannot be printed.
 */
char *info_value(const char *text, const char *key) __attribute__((nonnull, warn_unused_result));

/*
 * The library that the note at info_path names: a file in the note's own folder. Caller frees; NULL where it names none,
 * or something elsewhere.
 */
char *info_library_path(const char *info_path, const char *text)
	__attribute__((nonnull, warn_unused_result));

#endif
