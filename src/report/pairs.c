/* SPDX-License-Identifier: MIT */
/*
 * Pairs are looked for by one key after the other. See pairs.h for the
 * contract.
 */
#include "report/pairs.h"

#include <string.h>

/* ------------------------------------------------------------------- keys */

/* What a module is known by, if nothing surer tells: a piece of a text. */
struct key {
	const char *text;
	size_t bytes;
};

typedef struct key key_of(const struct mtr_module *m);

static struct key path_key(const struct mtr_module *m)
{
	return (struct key){ m->path, strlen(m->path) };
}

static struct key name_key(const struct mtr_module *m)
{
	return (struct key){ m->name, strlen(m->name) };
}

/* "libx" of libx.so.1 and libx.so.2 */
static struct key stem_key(const struct mtr_module *m)
{
	const char *end = strstr(m->name, ".so");

	return (struct key){ m->name,
			     end ? (size_t)(end - m->name) : strlen(m->name) };
}

/* Who alone has that key, on one side. */
struct owner {
	struct key key;
	struct mtr_paired *of[MTR_SIDES];
	bool twice;
};

static uint64_t key_hash(struct key key)
{
	return mtr_hash_bytes(key.text, key.bytes, 0);
}

static bool key_is(const struct owner *o, struct key key)
{
	return o->key.bytes == key.bytes &&
	       memcmp(o->key.text, key.text, key.bytes) == 0;
}

MTR_MAP(owners, struct owner, struct key, key_hash, key_is);

/* ------------------------------------------------------------------ pairs */

static void join(struct mtr_pairs *p, struct mtr_paired *old,
		 struct mtr_paired *now)
{
	struct mtr_pair *pair = &p->list.at[old->pair];

	/* that of @now stays, with nothing in it that anybody finds */
	pair->module[MTR_NEW] = now->module;
	pair->same = mtr_module_same(old->module, now->module);
	pair->named = mtr_pair_has_names(old->module) ==
		      mtr_pair_has_names(now->module);
	now->pair = old->pair;
}

static bool is_alone(const struct mtr_pairs *p, const struct mtr_paired *m)
{
	const struct mtr_pair *pair = &p->list.at[m->pair];

	return !pair->module[MTR_OLD] || !pair->module[MTR_NEW];
}

/* False: no memory. */
static bool owners_add(struct mtr_pairs *p, enum mtr_side side, key_of *key,
		       struct owners *v)
{
	struct mtr_paired_map *map = &p->sides[side];

	for (size_t i = 0; i < map->n; i++) {
		struct mtr_paired *m = &map->at[i];
		struct owner *o;
		bool is_new;

		if (!is_alone(p, m))
			continue;
		o = owners_put(v, key(m->module), &is_new);
		if (!o)
			return false;
		o->key = key(m->module);
		o->twice |= o->of[side] != NULL;
		o->of[side] = m;
	}
	return true;
}

static bool join_by(struct mtr_pairs *p, key_of *key)
{
	struct owners v = { 0 };
	bool ok = owners_add(p, MTR_OLD, key, &v) &&
		  owners_add(p, MTR_NEW, key, &v);

	for (size_t i = 0; ok && i < v.n; i++) {
		struct owner *o = &v.at[i];

		if (!o->twice && o->of[MTR_OLD] && o->of[MTR_NEW])
			join(p, o->of[MTR_OLD], o->of[MTR_NEW]);
	}
	owners_fini(&v);
	return ok;
}

static void join_same(struct mtr_pairs *p)
{
	struct mtr_paired_map *map = &p->sides[MTR_OLD];

	for (size_t i = 0; i < map->n; i++) {
		struct mtr_paired *now = mtr_paired_map_find(&p->sides[MTR_NEW],
							     map->at[i].module);

		if (now)
			join(p, &map->at[i], now);
	}
}

static struct mtr_paired *executable(struct mtr_pairs *p, enum mtr_side side,
				     const char *exe)
{
	struct mtr_paired_map *map = &p->sides[side];

	for (size_t i = 0; exe && i < map->n; i++)
		if (is_alone(p, &map->at[i]) &&
		    strcmp(map->at[i].module->path, exe) == 0)
			return &map->at[i];
	return NULL;
}

void mtr_pair_name(struct mtr_strbuf *b, const struct mtr_pair *p)
{
	const struct mtr_module *old = p->module[MTR_OLD];
	const char *name = mtr_pair_any(p)->name;

	if (old && !p->same && strcmp(old->name, name) != 0)
		mtr_strbuf_printf(b, "%s, then ", old->name);
	mtr_strbuf_add(b, name);
}

static bool list_begin(struct mtr_pairs *p)
{
	struct mtr_pair *none =
		p->list.n ? p->list.at : mtr_pair_list_push(&p->list);

	if (!none)
		return false;
	*none = (struct mtr_pair){ .same = true, .named = true };
	return true;
}

bool mtr_pairs_add(struct mtr_pairs *p, enum mtr_side side,
		   const struct mtr_module *m)
{
	struct mtr_paired *paired;
	struct mtr_pair *pair;
	bool is_new;

	if (!m)
		return true;
	if (!list_begin(p))
		return false;
	paired = mtr_paired_map_put(&p->sides[side], m, &is_new);
	if (!paired || !is_new)
		return paired;
	*paired = (struct mtr_paired){ m, (uint32_t)p->list.n };
	pair = mtr_pair_list_push(&p->list);
	if (!pair)
		return false;
	*pair = (struct mtr_pair){ .named = true };
	pair->module[side] = m;
	return true;
}

struct mtr_error *mtr_pairs_settle(struct mtr_pairs *p,
				   const char *const exes[MTR_SIDES])
{
	struct mtr_paired *a, *b;

	if (!list_begin(p))
		return mtr_error_nomem();
	join_same(p);
	if (!join_by(p, path_key) || !join_by(p, name_key) ||
	    !join_by(p, stem_key))
		return mtr_error_nomem();
	a = executable(p, MTR_OLD, exes[MTR_OLD]);
	b = executable(p, MTR_NEW, exes[MTR_NEW]);
	if (a && b)
		join(p, a, b);
	return NULL;
}

void mtr_pairs_fini(struct mtr_pairs *p)
{
	for (int i = 0; i < MTR_SIDES; i++)
		mtr_paired_map_fini(&p->sides[i]);
	mtr_pair_list_fini(&p->list);
}

uint32_t mtr_pairs_find(const struct mtr_pairs *p, enum mtr_side side,
			const struct mtr_module *m)
{
	const struct mtr_paired *paired =
		m ? mtr_paired_map_find(&p->sides[side], m) : NULL;

	return paired ? paired->pair : 0;
}
