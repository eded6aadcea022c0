/* SPDX-License-Identifier: MIT */
/*
 * See save.h for the contract.
 */
#include "snapshot/save.h"

#include <string.h>

#include "format/saved.h"
#include "heap/saved.h"
#include "symbols/saved.h"

MTR_VECTOR(thread_blocks, struct mtr_thread_block);

struct saver {
	const struct mtr_heap_view *s;
	struct mtr_all_names names;
	struct mtr_data_list data;
	struct thread_blocks blocks;
};

/* As mtr_symbols_resolve() was asked. */
static struct mtr_error *collect_sites(struct saver *v)
{
	const struct mtr_heap_view *s = v->s;

	v->names.sites = calloc(s->sites.n + 1, sizeof(*v->names.sites));
	if (!v->names.sites)
		return mtr_error_nomem();
	for (size_t i = 0; i < s->sites.n; i++) {
		const struct mtr_site *site = &s->sites.at[i];
		const struct mtr_frame *frames = &s->frames.at[site->first];

		v->names.sites[v->names.n_sites++] =
			(struct mtr_named){ site->pc + frames->exact, frames,
					    site->n };
	}
	return NULL;
}

/* A word without a name is one of its own. */
static struct mtr_error *add_data(struct saver *v, struct mtr_data *d,
				  uint64_t addr)
{
	struct mtr_data *slot;

	if (!d->module)
		return NULL;
	if (!d->name) {
		d->start = addr;
		d->size = sizeof(addr);
	}
	slot = mtr_data_list_push(&v->data);
	if (!slot)
		return mtr_error_nomem();
	*slot = *d;
	return NULL;
}

static bool is_in(const struct mtr_data *d, uint64_t addr)
{
	return d->name && addr - d->start < d->size;
}

static struct mtr_error *collect_data(struct saver *v,
				      const struct mtr_addresses *data)
{
	struct mtr_data d = { 0 };

	for (size_t i = 0; i < data->n; i++) {
		if (is_in(&d, data->at[i]))
			continue;
		MTR_TRY(mtr_symbols_data(v->s->symbols, data->at[i], &d));
		MTR_TRY(add_data(v, &d, data->at[i]));
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_thread_block *x = a, *y = b;

	return (x->block.start > y->block.start) -
	       (x->block.start < y->block.start);
}

static struct mtr_error *add_blocks(struct saver *v, uint64_t tp,
				    const struct mtr_tls_blocks *blocks)
{
	for (size_t i = 0; i < blocks->n; i++) {
		struct mtr_thread_block *slot = thread_blocks_push(&v->blocks);

		if (!slot)
			return mtr_error_nomem();
		*slot = (struct mtr_thread_block){ tp, blocks->at[i] };
	}
	return NULL;
}

static struct mtr_error *collect_blocks(struct saver *v)
{
	struct mtr_tls_blocks blocks = { 0 };
	const struct mtr_threads *threads;
	struct mtr_error *error = mtr_target_threads(v->s->target, &threads);

	for (size_t i = 0; !error && i < threads->n; i++) {
		uint64_t tp = threads->at[i].tp;

		error = mtr_symbols_tls_blocks(v->s->symbols, tp, &blocks);
		if (!error)
			error = add_blocks(v, tp, &blocks);
	}
	mtr_tls_blocks_fini(&blocks);
	if (v->blocks.n)
		qsort(v->blocks.at, v->blocks.n, sizeof(*v->blocks.at),
		      by_start);
	return error;
}

/* Both ascend. */
static struct mtr_error *collect_own(struct saver *v,
				     const struct mtr_addresses *own)
{
	struct mtr_data d = { 0 };
	size_t b = 0;

	for (size_t i = 0; i < own->n && b < v->blocks.n;) {
		const struct mtr_tls_block *at = &v->blocks.at[b].block;
		uint64_t offset = own->at[i] - at->start;

		if (own->at[i] >= at->end) {
			b++;
			d.name = NULL;
			continue;
		}
		i++;
		if (offset >= at->end - at->start || is_in(&d, offset))
			continue;
		MTR_TRY(mtr_symbols_tls(v->s->symbols, at->module, offset, &d));
		MTR_TRY(add_data(v, &d, offset));
	}
	return NULL;
}

static struct mtr_error *save_names(struct saver *v,
				    const struct mtr_addresses *data,
				    const struct mtr_addresses *own,
				    struct mtr_save *save)
{
	MTR_TRY(collect_sites(v));
	if (data)
		MTR_TRY(collect_data(v, data));
	if (own) {
		MTR_TRY(collect_blocks(v));
		MTR_TRY(collect_own(v, own));
	}
	v->names.data = v->data.at;
	v->names.n_data = v->data.n;
	v->names.blocks = v->blocks.at;
	v->names.n_blocks = v->blocks.n;
	return mtr_names_save(&v->names, save);
}

static struct mtr_error *save_types(const struct mtr_types *types,
				    size_t blocks, struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	if (!types->of)
		return NULL;
	mtr_pack_number(&p, types->names.n);
	for (size_t i = 1; i < types->names.n; i++)
		mtr_pack_text(&p, types->names.at[i]);
	mtr_pack_number(&p, blocks);
	for (size_t i = 0; i < blocks; i++)
		mtr_pack_number(&p, types->of[i]);
	return mtr_save_pack(save, MTR_SAVED_TYPES, &p);
}

static struct mtr_error *save_warnings(const struct mtr_heap_view *s,
				       struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	if (!s->read_warnings)
		return NULL;
	mtr_pack_number(&p, s->read_warnings);
	for (size_t i = 0; i < s->read_warnings; i++)
		mtr_pack_text(&p, s->warnings.at[i]);
	return mtr_save_pack(save, MTR_SAVED_WARNINGS, &p);
}

struct mtr_error *mtr_heap_view_save(const struct mtr_heap_view *s,
				     const struct mtr_addresses *data,
				     const struct mtr_addresses *own,
				     struct mtr_save *save)
{
	struct saver v = { .s = s };
	struct mtr_error *error = mtr_save_target(save, s->target);

	if (!error)
		error = mtr_heap_save(&s->heap, save);
	if (!error)
		error = mtr_stacks_save(&s->stacks, &s->heap, save);
	if (!error)
		error = save_types(&s->types, s->heap.blocks.n, save);
	if (!error)
		error = save_warnings(s, save);
	if (!error)
		error = save_names(&v, data, own, save);
	free(v.names.sites);
	mtr_data_list_fini(&v.data);
	thread_blocks_fini(&v.blocks);
	return error;
}
