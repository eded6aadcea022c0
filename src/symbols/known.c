/* SPDX-License-Identifier: MIT */
/*
 * Reading names. See known.h for the contract.
 */
#include "symbols/known.h"

#include <string.h>

#include "base/pack.h"
#include "format/saved.h"
#include "symbols/symbols_impl.h"

/* --------------------------------------------------------------- reading */

struct reader {
	struct mtr_symbols *s;
	struct mtr_known *k;
	struct mtr_packed c;
	const char **texts;
	size_t n_texts;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Of those that are mapped, or of those that are gone. */
static struct mtr_mapped *find_mapped(struct mtr_symbols *s,
				      const struct mtr_module *m)
{
	const struct mtr_mapped_list *gone = &s->modules.gone;
	struct mtr_mapped *there = mtr_modules_find(&s->modules, m->start);

	if (!m->gone)
		return there && there->shown.start == m->start &&
				       !strcmp(there->path, m->path)
			       ? there
			       : NULL;
	for (size_t i = 0; i < gone->n; i++)
		if (gone->at[i]->shown.start == m->start &&
		    !strcmp(gone->at[i]->path, m->path))
			return gone->at[i];
	return NULL;
}

/* What was settled there need not be here. */
static void settle(struct mtr_symbols *s, struct mtr_known_module *k)
{
	struct mtr_mapped *mapped = find_mapped(s, &k->own);

	k->shown = mapped ? &mapped->shown : &k->own;
	k->number = mapped ? mapped->number : SIZE_MAX;
	if (!mapped)
		return;
	s->files.at[mapped->number].known =
		1 + (size_t)(k - s->known.modules.at);
	k->shown->bias = k->own.bias;
	k->shown->build_id = k->own.build_id;
	k->shown->found = k->own.found;
	k->shown->stripped = k->own.stripped;
}

static void take_module(struct reader *r, struct mtr_known_module *k)
{
	struct mtr_module *m = &k->own;
	struct mtr_packed *c = &r->c;
	const void *id;
	uint64_t flags;

	*k = (struct mtr_known_module){ 0 };
	m->start = mtr_packed_number(c);
	m->end = m->start + mtr_packed_number(c);
	m->bias = mtr_packed_number(c);
	flags = mtr_packed_below(c, 8);
	k->found = m->found = flags & 1;
	m->gone = flags & 2;
	k->stripped = m->stripped = flags & 4;
	m->build_id.n =
		(uint8_t)mtr_packed_below(c, sizeof(m->build_id.bytes) + 1);
	id = mtr_packed_bytes(c, m->build_id.n);
	if (id)
		memcpy(m->build_id.bytes, id, m->build_id.n);
	m->path = mtr_packed_text(c);
	c->bad |= !m->path || m->end < m->start;
	if (c->bad)
		m->path = "";
	m->name = last_part(m->path);
}

static struct mtr_error *take_modules(struct reader *r)
{
	struct mtr_known_modules *v = &r->k->modules;
	enum { MOST = 1 << 16 };
	size_t n = mtr_packed_count(&r->c, 6);

	if (n > MOST)
		return mtr_part_senseless(MTR_SAVED_NAMES);
	if (!mtr_known_modules_reserve(v, n))
		return mtr_error_nomem();
	while (v->n < n)
		take_module(r, &v->at[v->n++]);
	if (r->c.bad)
		return mtr_part_senseless(MTR_SAVED_NAMES);
	/* they do not move any more */
	for (size_t i = 0; i < n; i++)
		settle(r->s, &v->at[i]);
	return NULL;
}

static struct mtr_error *take_texts(struct reader *r)
{
	r->n_texts = mtr_packed_count(&r->c, 2);
	r->texts = calloc(r->n_texts + 1, sizeof(*r->texts));
	if (!r->texts)
		return mtr_error_nomem();
	for (size_t i = 1; i <= r->n_texts; i++)
		r->texts[i] = mtr_packed_text(&r->c);
	return NULL;
}

static const char *take_text(struct reader *r)
{
	return r->texts[mtr_packed_below(&r->c, r->n_texts + 1)];
}

static const struct mtr_module *take_which(struct reader *r)
{
	uint64_t i = mtr_packed_below(&r->c, r->k->modules.n + 1);

	return i ? r->k->modules.at[i - 1].shown : NULL;
}

static struct mtr_error *take_frames(struct reader *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mtr_frame *f = mtr_frames_push(&r->k->frames);

		if (!f)
			return mtr_error_nomem();
		*f = (struct mtr_frame){ 0 };
		f->function = take_text(r);
		f->file = take_text(r);
		f->line = (int)mtr_packed_signed(&r->c);
		f->module = take_which(r);
		f->inlined = mtr_packed_below(&r->c, 2);
	}
	return NULL;
}

static struct mtr_error *take_sites(struct reader *r)
{
	struct mtr_known_sites *v = &r->k->sites;
	size_t n = mtr_packed_count(&r->c, 7);
	uint64_t pc = 0;

	if (!mtr_known_sites_reserve(v, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < n && !r->c.bad; i++) {
		uint64_t step = mtr_packed_number(&r->c);
		size_t frames = mtr_packed_count(&r->c, 5);

		if (step > UINT64_MAX - pc || !frames ||
		    r->k->frames.n > UINT32_MAX - frames)
			return mtr_part_senseless(MTR_SAVED_NAMES);
		pc += step;
		v->at[v->n++] =
			(struct mtr_known_site){ pc, (uint32_t)r->k->frames.n,
						 (uint32_t)frames };
		MTR_TRY(take_frames(r, frames));
	}
	return NULL;
}

/* In order, each behind the one before. */
static struct mtr_error *take_data(struct reader *r)
{
	struct mtr_data_list *v = &r->k->data;
	size_t n = mtr_packed_count(&r->c, 6);

	if (!mtr_data_list_reserve(v, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < n && !r->c.bad; i++) {
		struct mtr_data *d = &v->at[v->n];
		const struct mtr_data *before = v->n ? d - 1 : NULL;

		*d = (struct mtr_data){ 0 };
		d->of_thread = mtr_packed_below(&r->c, 2);
		d->start = mtr_packed_number(&r->c);
		d->size = mtr_packed_number(&r->c);
		d->name = take_text(r);
		d->symbol = take_text(r);
		d->module = take_which(r);
		if (!d->module || d->size > UINT64_MAX - d->start ||
		    (before && (before->of_thread > d->of_thread ||
				(before->of_thread == d->of_thread &&
				 before->start > d->start))))
			return mtr_part_senseless(MTR_SAVED_NAMES);
		v->n++;
	}
	return NULL;
}

static struct mtr_error *take_blocks(struct reader *r)
{
	struct mtr_known_blocks *v = &r->k->blocks;
	size_t n = mtr_packed_count(&r->c, 4);

	if (!mtr_known_blocks_reserve(v, n))
		return mtr_error_nomem();
	for (size_t i = 0; i < n && !r->c.bad; i++) {
		struct mtr_known_block *b = &v->at[v->n];
		uint64_t size;

		b->tp = mtr_packed_number(&r->c);
		b->block.start = mtr_packed_number(&r->c);
		size = mtr_packed_number(&r->c);
		b->block.end = b->block.start + size;
		b->block.module = take_which(r);
		if (!b->block.module || b->block.end < b->block.start)
			return mtr_part_senseless(MTR_SAVED_NAMES);
		v->n++;
	}
	return NULL;
}

static struct mtr_error *take_all(struct reader *r)
{
	MTR_TRY(take_modules(r));
	MTR_TRY(take_texts(r));
	MTR_TRY(take_sites(r));
	MTR_TRY(take_data(r));
	MTR_TRY(take_blocks(r));
	return r->c.bad ? mtr_part_senseless(MTR_SAVED_NAMES) : NULL;
}

struct mtr_error *mtr_known_load(struct mtr_symbols *s)
{
	struct reader r = { .s = s, .k = &s->known };
	struct mtr_error *error;
	const void *at;
	size_t bytes;

	MTR_TRY(mtr_target_part(s->target, MTR_SAVED_NAMES, &at, &bytes));
	if (!at)
		return NULL;
	r.c = mtr_packed_begin(at, bytes);
	error = take_all(&r);
	free(r.texts);
	return error;
}

void mtr_known_fini(struct mtr_known *k)
{
	mtr_known_modules_fini(&k->modules);
	mtr_known_sites_fini(&k->sites);
	mtr_frames_fini(&k->frames);
	mtr_data_list_fini(&k->data);
	mtr_known_blocks_fini(&k->blocks);
}

/* --------------------------------------------------------------- look-ups */

/* That of @m, which is a mapping's or its own. */
static const struct mtr_known_module *module_of(const struct mtr_symbols *s,
						const struct mtr_module *m)
{
	const struct mtr_known_modules *v = &s->known.modules;
	const char *at = (const char *)m, *first = (const char *)v->at;
	const struct mtr_mapped *mapped;
	size_t i;

	if (v->n && at >= first && at < (const char *)(v->at + v->n))
		return &v->at[(size_t)(at - first) / sizeof(*v->at)];
	mapped = (const void *)(at - offsetof(struct mtr_mapped, shown));
	i = s->files.at[mapped->number].known;
	return i ? &v->at[i - 1] : NULL;
}

/* Its file is here, and was read. */
static bool is_here(struct mtr_symbols *s, const struct mtr_known_module *k)
{
	struct mtr_module_file *m;

	if (k->number == SIZE_MAX)
		return false;
	m = &s->files.at[k->number];
	mtr_symbols_load(s, m);
	return s->files.at[m->whole].dwfl;
}

/* Is what is known of @m to be taken, rather than asked for here? */
static bool is_taken(struct mtr_symbols *s, const struct mtr_module *m)
{
	const struct mtr_known_module *k = m ? module_of(s, m) : NULL;

	if (!k || (k->found && !(k->stripped && s->known.eager)))
		return true;
	return !is_here(s, k);
}

const struct mtr_frame *mtr_known_frames(struct mtr_symbols *s, uint64_t pc,
					 size_t *n)
{
	const struct mtr_known_sites *v = &s->known.sites;
	const struct mtr_frame *frames;
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].pc < pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == v->n || v->at[low].pc != pc)
		return NULL;
	*n = v->at[low].n;
	frames = s->known.frames.at + v->at[low].first;
	return is_taken(s, frames[*n - 1].module) ? frames : NULL;
}

/* The last one that begins at or before @addr, of its kind, or NULL. */
static const struct mtr_data *data_before(const struct mtr_data_list *v,
					  uint64_t addr, bool of_thread)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct mtr_data *d = &v->at[middle];

		if (d->of_thread < of_thread ||
		    (d->of_thread == of_thread && d->start <= addr))
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || v->at[low - 1].of_thread != of_thread)
		return NULL;
	return &v->at[low - 1];
}

static bool data_holds(const struct mtr_data *d, uint64_t addr)
{
	return addr - d->start < d->size;
}

/* Where there is no name, .start is 0 and the offset the module's. */
static bool data_take(struct mtr_symbols *s, const struct mtr_data *d,
		      uint64_t addr, struct mtr_data *ret)
{
	if (!is_taken(s, d->module))
		return false;
	*ret = *d;
	ret->offset = addr - d->start;
	if (d->name)
		return true;
	ret->start = ret->size = 0;
	ret->offset = d->of_thread ? addr : addr - d->module->bias;
	return true;
}

bool mtr_known_data(struct mtr_symbols *s, uint64_t addr, struct mtr_data *ret)
{
	const struct mtr_data *d = data_before(&s->known.data, addr, false);

	return d && data_holds(d, addr) && data_take(s, d, addr, ret);
}

/* Modules may have some at the same offset. */
bool mtr_known_tls(struct mtr_symbols *s, const struct mtr_module *m,
		   uint64_t offset, struct mtr_data *ret)
{
	enum { NEAR = 256 };
	const struct mtr_data *d = data_before(&s->known.data, offset, true);

	for (int i = 0; d && i < NEAR && d >= s->known.data.at && d->of_thread;
	     d--, i++)
		if (d->module == m && data_holds(d, offset))
			return data_take(s, d, offset, ret);
	return false;
}

struct mtr_error *mtr_known_tls_blocks(const struct mtr_known *k, uint64_t tp,
				       struct mtr_tls_blocks *ret)
{
	for (size_t i = 0; i < k->blocks.n; i++) {
		struct mtr_tls_block *slot;

		if (k->blocks.at[i].tp != tp)
			continue;
		slot = mtr_tls_blocks_push(ret);
		if (!slot)
			return mtr_error_nomem();
		*slot = k->blocks.at[i].block;
	}
	return NULL;
}
