/* SPDX-License-Identifier: MIT */
#include "report/format/page.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/units.h"
#include "base/xalloc.h"
#include "model/document.h"

/* zlib.h: 15 bits of window, and 16 for the header of gzip. */
#define GZIP_WINDOW_BITS (15 + 16)
#define MEMORY_LEVEL 8

/* Into a buffer that the caller frees. */
static unsigned char *compress_text(const struct strbuf *text, size_t *ret_len)
{
	z_stream stream = { 0 };

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* exhausted memory, as in xmalloc() */
	size_t room = deflateBound(&stream, text->len);
	unsigned char *packed = xmalloc(room);
	stream.next_in = (unsigned char *)text->buf;
	stream.avail_in = (uInt)text->len;
	stream.next_out = packed;
	stream.avail_out = (uInt)room;
	int status = deflate(&stream, Z_FINISH);
	*ret_len = stream.total_out;
	deflateEnd(&stream);
	if (status != Z_STREAM_END)
		abort();
	return packed;
}

/* RFC 4648, 4. */
static void add_base64(struct strbuf *out, const unsigned char *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		if (i + 1 < len)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < len)
			group |= bytes[i + 2];
		strbuf_addch(out, digits[group >> 18]);
		strbuf_addch(out, digits[group >> 12 & 63]);
		strbuf_addch(out, i + 1 < len ? digits[group >> 6 & 63] : '=');
		strbuf_addch(out, i + 2 < len ? digits[group & 63] : '=');
	}
}

void page_add_document(struct strbuf *out, const struct result *result)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *kind = result_kind_name(result->kind);
	size_t len;

	document_write(result, &text);
	/* More than a page can hold: zlib counts in 32 bits. */
	if (text.len > UINT32_MAX / 4)
		return;
	unsigned char *packed = compress_text(&text, &len);
	strbuf_addf(
		out,
		"<p><a class=\"download\" download=\"madvisor-%s.json.gz\" href=\"data:application/gzip;base64,",
		kind);
	add_base64(out, packed, len);
	free(packed);
	strbuf_addstr(
		out,
		"\">The whole result</a>, for <code>madvisor report</code> and other programs: ");
	format_bytes(out, (double)text.len);
	strbuf_addstr(out, " of JSON, compressed in this page.</p>\n");
}
