/* SPDX-License-Identifier: MIT */
/*
 * An identification as a confined child writes it, which may be under the control of what it looked at. Whatever the bytes
 * are: a refusal, or an identification whose document is JSON and that comes back the same when it is written again.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *bytes = xmalloc(size ? size : 1);
	_cleanup_identification_ struct identification found = { 0 }, again = { 0 };
	_cleanup_strbuf_ struct strbuf written = STRBUF_INIT;

	if (size)
		memcpy(bytes, data, size);
	if (wire_read(bytes, size, &found) < 0)
		return 0;
	_cleanup_free_ char *text = identification_document(&found, 1);
	json_t *document = json_loads(text, 0, NULL);
	if (!document)
		abort();
	json_decref(document);
	wire_write(&found, &written);
	if (written.len != size || memcmp(written.buf, bytes, size) != 0 ||
	    wire_read(written.buf, written.len, &again) < 0)
		abort();
	return 0;
}
