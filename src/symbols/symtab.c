/* SPDX-License-Identifier: MIT */
/*
 * A sorted array of functions. See symtab.h for the contract.
 */
#include "symbols/symtab.h"

#include <string.h>

bool mtr_symtab_add(struct mtr_symtab *t, uint64_t start, uint64_t size,
		    int weakness, const char *name)
{
	struct mtr_symbol *s;
	uint64_t end;

	if (!size || !name[0] || __builtin_add_overflow(start, size, &end))
		return true;
	s = mtr_symbol_list_push(&t->list);
	if (s)
		*s = (struct mtr_symbol){ start, end, name, weakness };
	return s != NULL;
}

/* strdup before __strdup: the name that people know. */
static int by_name(const struct mtr_symbol *a, const struct mtr_symbol *b)
{
	size_t x = strspn(a->name, "_"), y = strspn(b->name, "_");

	if (x != y)
		return x < y ? -1 : 1;
	if (a->weakness != b->weakness)
		return a->weakness < b->weakness ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* The better name last: that is the one that spans keep. */
static int by_start(const void *a, const void *b)
{
	const struct mtr_symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return -by_name(x, y);
}

bool mtr_symtab_sort(struct mtr_symtab *t)
{
	struct mtr_extents extents = { 0 };
	bool ok = mtr_extents_reserve(&extents, t->list.n);

	if (ok && t->list.n)
		qsort(t->list.at, t->list.n, sizeof(*t->list.at), by_start);
	for (size_t i = 0; ok && i < t->list.n; i++)
		extents.at[extents.n++] =
			(struct mtr_extent){ t->list.at[i].start,
					     t->list.at[i].end, i };
	ok = ok && mtr_spans_make(&extents, &t->spans);
	mtr_extents_fini(&extents);
	return ok;
}

const struct mtr_symbol *mtr_symtab_at(const struct mtr_symtab *t,
				       uint64_t addr)
{
	size_t item = mtr_spans_find(t->spans.at, t->spans.n, addr);

	return item == MTR_SPAN_NONE ? NULL : &t->list.at[item];
}

const char *mtr_symtab_find(const struct mtr_symtab *t, uint64_t addr)
{
	const struct mtr_symbol *s = mtr_symtab_at(t, addr);

	return s ? s->name : NULL;
}

void mtr_symtab_fini(struct mtr_symtab *t)
{
	mtr_symbol_list_fini(&t->list);
	mtr_spans_fini(&t->spans);
}
