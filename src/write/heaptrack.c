/* SPDX-License-Identifier: MIT */
/*
 * heaptrack's format, version 3, as heaptrack_print and heaptrack_gui read it:
 *a line for each thing, numbers in hex, and tables that number from 1 on by the
 * order of their lines.
 *
 *	v 10400 3		who wrote it, and the version of the format
 *	X app			the program
 *	s 4 main		string: its length, and what it is
 *	i 401010 1 2 3 a	address, module, function, file, line; then the
 *				last three of what it is inlined into
 *	t 1 0			call: address, and that of its caller
 *	a 64 1			request: size, call; these number from 0 on
 *	+ 0			it is allocated
 *	c 0			milliseconds
 *
 * Of a heap there is no more to say than that each block was allocated: what
 * heaptrack calls leaked is what is live.
 */
#include "write/export.h"

#include "report/resident.h"

struct request {
	uint32_t call;
	uint64_t size, count;
};

static uint64_t request_hash(struct request r)
{
	return mtr_hash_number(r.size, mtr_hash_number(r.call, 0));
}

static bool request_is(const struct request *a, struct request b)
{
	return a->size == b.size && a->call == b.call;
}

MTR_MAP(request_map, struct request, struct request, request_hash, request_is);

struct heaptrack {
	const struct mtr_export *e;
	struct mtr_out *out;
	struct mtr_export_strings strings;
	uint32_t n_places, n_calls;
	/* their numbers, 0: not written yet. Of each site, whole and without
	 * wrappers: */
	uint32_t *places;
	/* of each frame of a stack, the same: */
	uint32_t *calls;
	/* of each site that has no stack: */
	uint32_t *alone;
	bool failed; /* there is no memory */
};

/* --------------------------------------------------------------- the tables */

static void put(struct heaptrack *h, uint64_t n)
{
	mtr_out_char(h->out, ' ');
	mtr_out_hex(h->out, n);
}

/* Its number, 1 for the first. */
static uint32_t string(struct heaptrack *h, const char *text)
{
	struct mtr_strbuf shown = { 0 };
	uint32_t ret = 0;
	bool is_new = false;

	mtr_strbuf_add_shown(&shown, text);
	if (shown.failed ||
	    !mtr_export_string(&h->strings, mtr_strbuf_text(&shown), &ret,
			       &is_new))
		h->failed = true;
	if (is_new) {
		mtr_out_char(h->out, 's');
		put(h, shown.len);
		mtr_out_char(h->out, ' ');
		mtr_out_bytes(h->out, mtr_strbuf_text(&shown), shown.len);
		mtr_out_char(h->out, '\n');
	}
	mtr_strbuf_fini(&shown);
	return ret + 1;
}

struct place {
	uint32_t function, file;
	int line;
};

static struct place place_of(struct heaptrack *h, const struct mtr_site *site,
			     const struct mtr_frame *f)
{
	struct place ret = { .line = f->line };
	struct mtr_strbuf name = { 0 };

	mtr_export_name(h->e, &name, site, f);
	h->failed |= name.failed;
	ret.function = string(h, mtr_strbuf_text(&name));
	mtr_strbuf_fini(&name);
	if (f->file)
		ret.file = string(h, f->file);
	return ret;
}

/* Strings come before the line that names them. */
static void write_place(struct heaptrack *h, const struct mtr_site *site,
			uint32_t skip)
{
	enum { MOST = 64 }; /* functions inlined into each other */
	const struct mtr_frame *f = &h->e->s->frames.at[site->first];
	uint32_t module = f->module ? string(h, f->module->path) : 0;
	struct place places[MOST];
	uint32_t n = 0;

	for (uint32_t i = skip; i < site->n && n < MOST; i++)
		places[n++] = place_of(h, site, &f[i]);
	mtr_out_char(h->out, 'i');
	put(h, site->pc);
	put(h, module);
	for (uint32_t i = 0; i < n; i++) {
		put(h, places[i].function);
		put(h, places[i].file);
		put(h, places[i].line > 0 ? places[i].line : 0);
	}
	mtr_out_char(h->out, '\n');
}

static uint32_t place_number(struct heaptrack *h, uint32_t site, bool whole)
{
	const struct mtr_site *at = &h->e->s->sites.at[site];
	uint32_t skip = whole ? 0 : at->owner - at->first;
	uint32_t *number = &h->places[2 * (size_t)site + (skip > 0)];

	if (!*number) {
		write_place(h, at, skip);
		*number = ++h->n_places;
	}
	return *number;
}

static uint32_t write_call(struct heaptrack *h, uint32_t place, uint32_t parent)
{
	mtr_out_char(h->out, 't');
	put(h, place);
	put(h, parent);
	mtr_out_char(h->out, '\n');
	return ++h->n_calls;
}

/* That of a whole frame, with all further out. */
static uint32_t call_number(struct heaptrack *h, uint32_t call)
{
	const struct mtr_calls *calls = &h->e->s->stacks.calls;
	uint32_t way[MTR_STACK_FRAMES_MAX], parent = 0;
	unsigned n = 0;

	for (; call && n < MTR_STACK_FRAMES_MAX; call = calls->at[call].parent)
		way[n++] = call;
	for (; n > 0; n--) {
		uint32_t *number = &h->calls[2 * (size_t)way[n - 1]];

		if (!*number)
			*number = write_call(
				h,
				place_number(h, calls->at[way[n - 1]].site,
					     true),
				parent);
		parent = *number;
	}
	return parent;
}

/* The frame of @stack that its blocks are attributed to. */
static uint32_t owner_call(const struct mtr_heap_view *s,
			   const struct mtr_stack *stack)
{
	const struct mtr_calls *calls = &s->stacks.calls;
	uint32_t call = stack->call;

	while (call && calls->at[call].site != stack->owner)
		call = calls->at[call].parent;
	return call ? call : stack->call;
}

/* Where the blocks of a stack, or of @site alone, were asked for. */
static uint32_t leaf_number(struct heaptrack *h, const struct mtr_stack *stack,
			    const struct mtr_site *site)
{
	const struct mtr_heap_view *s = h->e->s;
	uint32_t call = stack ? owner_call(s, stack) : 0;
	uint32_t at = stack ? s->stacks.calls.at[call].site
			    : (uint32_t)(site - s->sites.at);
	uint32_t *number =
		stack ? &h->calls[2 * (size_t)call + 1] : &h->alone[at];

	if (*number)
		return *number;
	if (stack && s->sites.at[at].owner == s->sites.at[at].first)
		*number = call_number(h, call);
	else
		*number = write_call(
			h, place_number(h, at, false),
			stack ? call_number(h, s->stacks.calls.at[call].parent)
			      : 0);
	return *number;
}

/* -------------------------------------------------------------- the requests
 */

static bool add_request(struct request_map *v, struct request r)
{
	bool is_new;
	struct request *slot;

	if (!r.count)
		return true;
	slot = request_map_put(v, r, &is_new);
	if (!slot)
		return false;
	if (is_new)
		*slot = r;
	else
		slot->count += r.count;
	return true;
}

/* The blocks themselves. */
static bool add_blocks(struct heaptrack *h, struct request_map *v)
{
	const struct mtr_heap_view *s = h->e->s;

	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];
		struct request r = { .size = b->size, .count = 1 };

		if (!mtr_filter_passes(h->e->filter, b))
			continue;
		r.call = leaf_number(h, mtr_heap_view_stack(s, b),
				     &s->sites.at[mtr_heap_view_site(s, b)]);
		if (!add_request(v, r))
			return false;
	}
	return true;
}

/* As many blocks as a row has, which have that value together. */
static bool add_row(struct heaptrack *h, struct request_map *v,
		    const struct mtr_profile_row *row)
{
	enum mtr_value what =
		h->e->value == MTR_VALUE_BLOCKS ? MTR_VALUE_BYTES : h->e->value;
	uint64_t value = mtr_profile_value(row, what), n = row->sum.blocks;
	struct request r = { .call = leaf_number(h, row->stack, row->site) };

	if (!n)
		return true;
	r.size = value / n + 1;
	r.count = value % n;
	if (!add_request(v, r))
		return false;
	r.size--;
	r.count = n - r.count;
	return add_request(v, r);
}

static bool add_rows(struct heaptrack *h, struct request_map *v)
{
	for (size_t i = 0; i < h->e->profile->rows.n; i++)
		if (!add_row(h, v, &h->e->profile->rows.at[i]))
			return false;
	return true;
}

/* heaptrack is fast where calls come in their order. */
static int compare(const void *a, const void *b)
{
	const struct request *x = a, *y = b;

	if (x->call != y->call)
		return x->call < y->call ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

static void write_requests(struct heaptrack *h, struct request *at, size_t n)
{
	if (n)
		qsort(at, n, sizeof(*at), compare);
	for (size_t i = 0; i < n; i++) {
		mtr_out_char(h->out, 'a');
		put(h, at[i].size);
		put(h, at[i].call);
		mtr_out_char(h->out, '\n');
	}
	for (size_t i = 0; i < n; i++)
		for (uint64_t k = 0; k < at[i].count && !h->out->error; k++) {
			mtr_out_char(h->out, '+');
			put(h, i);
			mtr_out_char(h->out, '\n');
		}
}

/* Each block, where that is what is asked for and each has a stack. */
static bool wants_blocks(const struct mtr_export *e)
{
	return (e->value == MTR_VALUE_BYTES || e->value == MTR_VALUE_BLOCKS) &&
	       !e->s->heap.descriptor.sample;
}

/* ---------------------------------------------------------------- the whole */

static void write_head(struct heaptrack *h)
{
	const struct mtr_heap_view *s = h->e->s;
	const char *exe = s->target ? mtr_target_exe(s->target) : NULL;
	struct mtr_strbuf shown = { 0 };

	mtr_strbuf_add_shown(&shown, exe ? exe : s->name);
	mtr_out_text(h->out, "v 10400 3\nX ");
	mtr_out_text(h->out, mtr_strbuf_text(&shown));
	mtr_out_text(h->out, "\nI 1000 0\n");
	mtr_strbuf_fini(&shown);
}

static void write_end(struct heaptrack *h)
{
	enum { PAGE = 0x1000 };
	struct mtr_resident resident;

	mtr_resident_find(h->e->s, &resident);
	mtr_out_text(h->out, "c 0\nR");
	put(h, resident.bytes / PAGE);
	mtr_out_char(h->out, '\n');
}

struct mtr_error *mtr_export_heaptrack(const struct mtr_export *e)
{
	const struct mtr_heap_view *s = e->s;
	mtr_auto_free uint32_t *places =
		calloc(2 * s->sites.n + 2, sizeof(*places));
	mtr_auto_free uint32_t *calls =
		calloc(2 * s->stacks.calls.n + 2, sizeof(*calls));
	mtr_auto_free uint32_t *alone = calloc(s->sites.n + 1, sizeof(*alone));
	struct heaptrack h = { .e = e,
			       .out = e->out,
			       .places = places,
			       .calls = calls,
			       .alone = alone };
	struct request_map requests = { 0 };

	if (!places || !calls || !alone)
		return mtr_error_nomem();
	write_head(&h);
	if (wants_blocks(e) ? add_blocks(&h, &requests)
			    : add_rows(&h, &requests))
		write_requests(&h, requests.at, requests.n);
	else
		h.failed = true;
	write_end(&h);
	request_map_fini(&requests);
	mtr_export_strings_free(&h.strings);
	return h.failed ? mtr_error_nomem() : NULL;
}
