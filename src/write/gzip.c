/* SPDX-License-Identifier: MIT */
/*
 * See gzip.h for the contract.
 */
#include "write/gzip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#ifdef HAVE_ZLIB
#include <zlib.h>

struct mtr_gzip {
	struct mtr_out out;
	struct mtr_out *to;
	z_stream z;
};

/* All that is there now; until the stream ends, if that is asked for. */
static int put(struct mtr_gzip *g, int flush)
{
	char room[1 << 14];
	int code;

	do {
		g->z.next_out = (Bytef *)room;
		g->z.avail_out = sizeof(room);
		code = deflate(&g->z, flush);
		if (code == Z_STREAM_ERROR)
			return EINVAL;
		mtr_out_bytes(g->to, room, sizeof(room) - g->z.avail_out);
	} while (!g->z.avail_out || (flush == Z_FINISH && code == Z_OK));
	return g->to->error;
}

static int take(void *to, const char *bytes, size_t n)
{
	struct mtr_gzip *g = to;

	g->z.next_in = (Bytef *)bytes;
	g->z.avail_in = n;
	return put(g, Z_NO_FLUSH);
}

struct mtr_error *mtr_gzip_create(struct mtr_out *to, struct mtr_gzip **ret)
{
	enum { LEVEL = 4, GZIP = 16, MEMORY = 8 };
	struct mtr_gzip *g = calloc(1, sizeof(*g));

	*ret = NULL;
	if (!g)
		return mtr_error_nomem();
	g->to = to;
	g->out.take = take;
	g->out.to = g;
	if (deflateInit2(&g->z, LEVEL, Z_DEFLATED, GZIP + MAX_WBITS, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		free(g);
		return mtr_error_nomem();
	}
	*ret = g;
	return NULL;
}

struct mtr_out *mtr_gzip_out(struct mtr_gzip *g)
{
	return &g->out;
}

void mtr_gzip_finish(struct mtr_gzip *g)
{
	mtr_out_flush(&g->out);
	if (!g->out.error)
		g->out.error = put(g, Z_FINISH);
	if (g->out.error && !g->to->error)
		g->to->error = g->out.error;
}

void mtr_gzip_destroy(struct mtr_gzip *g)
{
	if (!g)
		return;
	deflateEnd(&g->z);
	free(g);
}

#else

struct mtr_error *mtr_gzip_create(struct mtr_out *to, struct mtr_gzip **ret)
{
	(void)to;
	*ret = NULL;
	return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
			       "this malloc_tracer was built without zlib, "
			       "which this format needs");
}

struct mtr_out *mtr_gzip_out(struct mtr_gzip *g)
{
	(void)g;
	return NULL;
}

void mtr_gzip_finish(struct mtr_gzip *g)
{
	(void)g;
}

void mtr_gzip_destroy(struct mtr_gzip *g)
{
	(void)g;
}
#endif
