/* SPDX-License-Identifier: MIT */
/*
 * base/digest: a fast 64-bit hash of long byte streams; not cryptographic, and not to be stored: it
 * may change with the version and the machine.
 *
 * It does not depend on how the stream is cut into pieces.
 */
#ifndef MADVISOR_BASE_DIGEST_H
#define MADVISOR_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LANES = 4, DIGEST_BLOCK_BYTES = DIGEST_LANES * sizeof(uint64_t) };

struct digest {
	uint64_t lanes[DIGEST_LANES];
	unsigned char rest[DIGEST_BLOCK_BYTES]; /* an incomplete block */
	size_t rest_len;
	uint64_t bytes; /* all that was added */
};

void digest_init(struct digest *digest) __attribute__((nonnull));
void digest_add(struct digest *digest, const void *bytes, size_t len) __attribute__((nonnull(1)));
/* The digest of all bytes so far; more may be added. */
uint64_t digest_value(const struct digest *digest) __attribute__((nonnull, pure));

#endif
