/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <string.h>

/* The golden ratio as a fraction of 2^64: odd, and without a pattern in its bits. */
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

/*
 * One to one for each of its two arguments: a difference never gets lost within a lane. Four independent
 * lanes, because a multiplication takes longer than the machine needs to begin the next.
 */
static uint64_t mix(uint64_t lane, uint64_t word)
{
	lane = (lane ^ word) * FACTOR;
	return lane << 29 | lane >> 35;
}

static void add_block(uint64_t lanes[DIGEST_LANES], const unsigned char *block)
{
	uint64_t words[DIGEST_LANES];

	memcpy(words, block, sizeof(words));
	for (int i = 0; i < DIGEST_LANES; i++)
		lanes[i] = mix(lanes[i], words[i]);
}

void digest_init(struct digest *digest)
{
	*digest = (struct digest){ .lanes = { 1, 2, 3, 4 } };
}

static size_t fill_rest(struct digest *digest, const unsigned char *from, size_t len)
{
	size_t room = sizeof(digest->rest) - digest->rest_len;
	size_t taken = len < room ? len : room;

	memcpy(digest->rest + digest->rest_len, from, taken);
	digest->rest_len += taken;
	return taken;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
	const unsigned char *from = bytes, *end = from + len;

	if (!len)
		return;
	digest->bytes += len;
	if (digest->rest_len) {
		from += fill_rest(digest, from, len);
		if (digest->rest_len < sizeof(digest->rest))
			return;
		add_block(digest->lanes, digest->rest);
		digest->rest_len = 0;
	}
	for (; end - from >= DIGEST_BLOCK_BYTES; from += DIGEST_BLOCK_BYTES)
		add_block(digest->lanes, from);
	fill_rest(digest, from, (size_t)(end - from));
}

uint64_t digest_value(const struct digest *digest)
{
	unsigned char block[DIGEST_BLOCK_BYTES] = { 0 };
	uint64_t lanes[DIGEST_LANES], value = digest->bytes;

	memcpy(lanes, digest->lanes, sizeof(lanes));
	memcpy(block, digest->rest, digest->rest_len);
	add_block(lanes, block);
	for (int i = 0; i < DIGEST_LANES; i++)
		value = mix(value ^ value >> 32, lanes[i]);
	return value ^ value >> 32;
}
