/* SPDX-License-Identifier: MIT */
/*
 * alloc/info: parses allocator.info, which allocators/build writes beside a library: lines
 * "key=value". Pure; the contents are as untrusted as the folder.
 */
#ifndef MADVISOR_ALLOC_INFO_H
#define MADVISOR_ALLOC_INFO_H

#define INFO_FILE "allocator.info"

/*
 * The value of the first line "key=value". Caller frees; NULL without such a line, or if its value
 * has an unprintable character.
 */
char *info_value(const char *text, const char *key) __attribute__((nonnull, warn_unused_result));

/*
 * The library that the file at info_path names, in the same folder. Caller frees; NULL if it names
 * no library, or one in another folder.
 */
char *info_library_path(const char *info_path, const char *text)
	__attribute__((nonnull, warn_unused_result));

#endif
