/* SPDX-License-Identifier: MIT */
/*
 * Writing names: each module and each text once, what is known by its address
 * in the order of addresses. See saved.h.
 */
#include "symbols/saved.h"

#include <string.h>

#include "base/map.h"
#include "format/saved.h"

struct text {
	const char *text;
	uint32_t number;
};

static uint64_t text_hash(const char *text)
{
	return mtr_hash_text(text, 0);
}

static bool text_is(const struct text *t, const char *text)
{
	return strcmp(t->text, text) == 0;
}

MTR_MAP(texts, struct text, const char *, text_hash, text_is);

struct placed {
	const struct mtr_module *module;
	uint32_t number;
};

static uint64_t module_hash(const struct mtr_module *m)
{
	return mtr_hash_number((uintptr_t)m, 0);
}

static bool module_is(const struct placed *p, const struct mtr_module *m)
{
	return p->module == m;
}

MTR_MAP(placeds, struct placed, const struct mtr_module *, module_hash,
	module_is);

struct saver {
	struct texts texts;
	struct placeds modules;
	struct mtr_pack sites, data;
	bool no_memory;
};

/* 1 + its number; 0: none. */
static uint32_t text_number(struct saver *s, const char *text)
{
	struct text *t;
	bool is_new;

	if (!text)
		return 0;
	t = texts_put(&s->texts, text, &is_new);
	if (!t) {
		s->no_memory = true;
		return 0;
	}
	if (is_new)
		*t = (struct text){ text, (uint32_t)s->texts.n };
	return t->number;
}

static uint32_t module_number(struct saver *s, const struct mtr_module *m)
{
	struct placed *p;
	bool is_new;

	if (!m)
		return 0;
	p = placeds_put(&s->modules, m, &is_new);
	if (!p) {
		s->no_memory = true;
		return 0;
	}
	if (is_new)
		*p = (struct placed){ m, (uint32_t)s->modules.n };
	return p->number;
}

static int by_pc(const void *a, const void *b)
{
	const struct mtr_named *x = a, *y = b;

	return (x->pc > y->pc) - (x->pc < y->pc);
}

static void put_sites(struct saver *s, struct mtr_all_names *names)
{
	struct mtr_pack *p = &s->sites;
	uint64_t before = 0;

	if (names->n_sites)
		qsort(names->sites, names->n_sites, sizeof(*names->sites),
		      by_pc);
	mtr_pack_number(p, names->n_sites);
	for (size_t i = 0; i < names->n_sites; i++) {
		const struct mtr_named *site = &names->sites[i];

		mtr_pack_number(p, site->pc - before);
		mtr_pack_number(p, site->n);
		before = site->pc;
		for (size_t j = 0; j < site->n; j++) {
			const struct mtr_frame *f = &site->frames[j];

			mtr_pack_number(p, text_number(s, f->function));
			mtr_pack_number(p, text_number(s, f->file));
			mtr_pack_signed(p, f->line);
			mtr_pack_number(p, module_number(s, f->module));
			mtr_pack_number(p, f->inlined);
		}
	}
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_data *x = a, *y = b;

	if (x->of_thread != y->of_thread)
		return x->of_thread - y->of_thread;
	return (x->start > y->start) - (x->start < y->start);
}

static void put_data(struct saver *s, struct mtr_all_names *names)
{
	struct mtr_pack *p = &s->data;

	if (names->n_data)
		qsort(names->data, names->n_data, sizeof(*names->data),
		      by_start);
	mtr_pack_number(p, names->n_data);
	for (size_t i = 0; i < names->n_data; i++) {
		const struct mtr_data *d = &names->data[i];

		mtr_pack_number(p, d->of_thread);
		mtr_pack_number(p, d->start);
		mtr_pack_number(p, d->size);
		mtr_pack_number(p, text_number(s, d->name));
		mtr_pack_number(p, text_number(s, d->symbol));
		mtr_pack_number(p, module_number(s, d->module));
	}
	mtr_pack_number(p, names->n_blocks);
	for (size_t i = 0; i < names->n_blocks; i++) {
		const struct mtr_tls_block *b = &names->blocks[i].block;

		mtr_pack_number(p, names->blocks[i].tp);
		mtr_pack_number(p, b->start);
		mtr_pack_number(p, b->end - b->start);
		mtr_pack_number(p, module_number(s, b->module));
	}
}

static void put_modules(const struct saver *s, struct mtr_pack *p)
{
	mtr_pack_number(p, s->modules.n);
	for (size_t i = 0; i < s->modules.n; i++) {
		const struct mtr_module *m = s->modules.at[i].module;

		mtr_pack_number(p, m->start);
		mtr_pack_number(p, m->end - m->start);
		mtr_pack_number(p, m->bias);
		mtr_pack_number(p, (unsigned)m->found | m->gone << 1 |
					   m->stripped << 2);
		mtr_pack_number(p, m->build_id.n);
		mtr_pack_bytes(p, m->build_id.bytes, m->build_id.n);
		mtr_pack_text(p, m->path);
	}
}

static struct mtr_error *put_all(struct saver *s, struct mtr_all_names *names,
				 struct mtr_save *save)
{
	struct mtr_pack p = { 0 };

	put_sites(s, names);
	put_data(s, names);
	put_modules(s, &p);
	mtr_pack_number(&p, s->texts.n);
	for (size_t i = 0; i < s->texts.n; i++)
		mtr_pack_text(&p, s->texts.at[i].text);
	mtr_pack_bytes(&p, s->sites.at, s->sites.n);
	mtr_pack_bytes(&p, s->data.at, s->data.n);
	p.failed |= s->no_memory || s->sites.failed || s->data.failed;
	return mtr_save_pack(save, MTR_SAVED_NAMES, &p);
}

struct mtr_error *mtr_names_save(struct mtr_all_names *names,
				 struct mtr_save *save)
{
	struct saver s = { 0 };
	struct mtr_error *error = put_all(&s, names, save);

	texts_fini(&s.texts);
	placeds_fini(&s.modules);
	mtr_pack_fini(&s.sites);
	mtr_pack_fini(&s.data);
	return error;
}
