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
	s = mtr_symtab_push(t);
	if (s)
		*s = (struct mtr_symbol){ start, end, 0, name, weakness };
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

/* By start, the larger first, the better name last: a search from behind meets
 * the innermost first. */
static int by_start(const void *a, const void *b)
{
	const struct mtr_symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return -by_name(x, y);
}

void mtr_symtab_sort(struct mtr_symtab *t)
{
	uint64_t reach = 0;

	if (t->n)
		qsort(t->at, t->n, sizeof(*t->at), by_start);
	for (size_t i = 0; i < t->n; i++) {
		if (t->at[i].end > reach)
			reach = t->at[i].end;
		t->at[i].reach = reach;
	}
}

const char *mtr_symtab_find(const struct mtr_symtab *t, uint64_t addr)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->at[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low > 0 && t->at[low - 1].reach > addr; low--)
		if (addr < t->at[low - 1].end)
			return t->at[low - 1].name;
	return NULL;
}
