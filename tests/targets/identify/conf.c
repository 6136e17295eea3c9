/* SPDX-License-Identifier: MIT */
/* A program's own settings for jemalloc: jemalloc(3), "TUNING". */
extern const char *malloc_conf;
const char *malloc_conf = "narenas:3,dirty_decay_ms:0";
