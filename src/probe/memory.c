/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

uint64_t probe_memory_bytes = PROBE_MEMORY_DEFAULT_BYTES;
