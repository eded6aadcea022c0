/* SPDX-License-Identifier: MIT */
/*
 * See diff_lines.h for the contract.
 */
#include "report/diff_lines.h"

#include <string.h>

/* A function's, in a file that is told by the last part of its path: builds may
 * lie in different directories. */
struct family_key {
	const char *function, *file;
	uint32_t pair;
};

struct family {
	struct family_key key;
	size_t n[MTR_SIDES];	 /* lines */
	size_t first[MTR_SIDES]; /* of these, when they are sorted */
};

static uint64_t family_hash(struct family_key key)
{
	return mtr_hash_text(key.function, mtr_hash_text(key.file, key.pair));
}

static bool family_is(const struct family *f, struct family_key key)
{
	return f->key.pair == key.pair &&
	       strcmp(f->key.function, key.function) == 0 &&
	       strcmp(f->key.file, key.file) == 0;
}

MTR_MAP(mtr_line_families, struct family, struct family_key, family_hash,
	family_is);

struct mtr_moved_line {
	const struct mtr_group *group;
	enum mtr_side side;
	uint32_t family;
	int line;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static struct mtr_moved_line *lines_push(struct mtr_moved_lines *v)
{
	void *at = v->at;

	if (!mtr_vector_reserve(&at, &v->room, v->n + 1, sizeof(*v->at)))
		return NULL;
	v->at = at;
	return &v->at[v->n++];
}

bool mtr_moved_lines_add(struct mtr_moved_lines *v, enum mtr_side side,
			 const struct mtr_group *g,
			 const struct mtr_frame *owner, uint32_t pair)
{
	struct family_key key = { owner->function, last_part(owner->file),
				  pair };
	struct mtr_moved_line *line;
	struct family *f;
	bool is_new;

	if (!v->families)
		v->families = calloc(1, sizeof(*v->families));
	if (!v->families)
		return false;
	f = mtr_line_families_put(v->families, key, &is_new);
	line = f ? lines_push(v) : NULL;
	if (!line)
		return false;
	f->key = key;
	f->n[side]++;
	*line = (struct mtr_moved_line){
		.group = g,
		.side = side,
		.family = (uint32_t)(f - v->families->at),
		.line = owner->line,
	};
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct mtr_moved_line *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void mtr_moved_lines_settle(struct mtr_moved_lines *v)
{
	size_t first = 0;

	if (!v->n)
		return;
	qsort(v->at, v->n, sizeof(*v->at), by_place);
	for (size_t i = 0; i < v->families->n; i++) {
		struct family *f = &v->families->at[i];

		for (int side = 0; side < MTR_SIDES; side++) {
			f->first[side] = first;
			first += f->n[side];
		}
	}
}

void mtr_moved_lines_key(const struct mtr_moved_lines *v, size_t i,
			 struct mtr_strbuf *text, struct mtr_moved_key *ret)
{
	const struct mtr_moved_line *line = &v->at[i];
	const struct family *f = &v->families->at[line->family];
	size_t nth = i - f->first[line->side];

	*ret = (struct mtr_moved_key){
		.group = line->group,
		.side = line->side,
		.pair = f->key.pair,
		.alone = !f->n[MTR_OLD] || !f->n[MTR_NEW],
		.folded = f->n[MTR_OLD] != f->n[MTR_NEW],
	};
	ret->folded &= !ret->alone;
	if (ret->folded)
		mtr_strbuf_printf(text, "%s: %s", f->key.file, f->key.function);
	else if (ret->alone)
		mtr_strbuf_add(text, line->group->key);
	else
		mtr_strbuf_add(text, v->at[f->first[MTR_NEW] + nth].group->key);
}

void mtr_moved_lines_fini(struct mtr_moved_lines *v)
{
	if (v->families)
		mtr_line_families_fini(v->families);
	free(v->families);
	free(v->at);
	*v = (struct mtr_moved_lines){ 0 };
}
