/* SPDX-License-Identifier: MIT */
/*
 * Compilation units, their functions, and what was inlined into those. See
 * scopes.h for the contract.
 */
#include "symbols/scopes.h"

#include <dwarf.h>
#include <elfutils/version.h>
#include <string.h>

/* Nested deeper than this is damage. */
enum { MAX_DEPTH = 64, MAX_INLINED = 256 };

/* Addresses that a DIE covers: a function may have several such pieces. */
struct extent {
	Dwarf_Addr low, high;
	Dwarf_Die die;
};

MTR_VECTOR(extents, struct extent);

struct unit {
	Dwarf_Off offset;
	struct extents functions; /* by address */
	bool deep;		  /* all of them, local ones too */
};

MTR_VECTOR(units, struct unit);

struct mtr_scopes {
	Dwarf *dwarf;
	struct units units;   /* those asked for so far, by offset */
	struct extents index; /* of all units, by address; see find_unit */
	bool indexed;
};

MTR_VECTOR(dies, Dwarf_Die);

struct mtr_error *mtr_scopes_create(Dwarf *dwarf, struct mtr_scopes **ret)
{
	struct mtr_scopes *s = calloc(1, sizeof(*s));

	if (!s)
		return mtr_error_nomem();
	s->dwarf = dwarf;
	*ret = s;
	return NULL;
}

void mtr_scopes_destroy(struct mtr_scopes *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->units.n; i++)
		extents_fini(&s->units.at[i].functions);
	units_fini(&s->units);
	extents_fini(&s->index);
	free(s);
}

/*
 * The next DIE on the same level. A sibling must lie further on: one that
 * points back would make a loop.
 */
static bool next_sibling(Dwarf_Die *die)
{
	Dwarf_Off before = dwarf_dieoffset(die);

	return dwarf_siblingof(die, die) == 0 && dwarf_dieoffset(die) > before;
}

/*
 * Linkers leave functions that they dropped at address 0, or at 1 in lists of
 * ranges. No code is there: the ELF header is.
 */
static struct mtr_error *add_extents(struct extents *v, Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		struct extent *e;

		if (low <= 1 || high <= low)
			continue;
		e = extents_push(v);
		if (!e)
			return mtr_error_nomem();
		*e = (struct extent){ low, high, *die };
	}
	return NULL;
}

static int by_low(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return (x->low > y->low) - (x->low < y->low);
}

static void sort_extents(struct extents *v)
{
	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_low);
}

/* The last one that begins at or before @addr, if it reaches that far. */
static const struct extent *find_extent(const struct extents *v,
					Dwarf_Addr addr)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].low <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || addr >= v->at[low - 1].high)
		return NULL;
	return &v->at[low - 1];
}

/* What else than functions may hold them. */
static bool holds_functions(int tag, bool deep)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		return deep;
	default:
		return false;
	}
}

/*
 * Most functions stand in the unit itself or in its namespaces. To find those
 * of a lambda or another local class means to look into everything: @deep.
 */
static struct mtr_error *add_functions(struct extents *v, Dwarf_Die *parent,
				       bool deep, int depth)
{
	Dwarf_Die die;

	if (depth > MAX_DEPTH || dwarf_child(parent, &die) != 0)
		return NULL;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram)
			MTR_TRY(add_extents(v, &die));
		if (holds_functions(tag, deep))
			MTR_TRY(add_functions(v, &die, deep, depth + 1));
	} while (next_sibling(&die));
	return NULL;
}

/* With split DWARF the functions are in another file, beside or packed. */
static Dwarf_Die functions_of(Dwarf_Die unit)
{
#if _ELFUTILS_PREREQ(0, 171)
	Dwarf_Die split;

	if (dwarf_cu_info(unit.cu, NULL, NULL, NULL, &split, NULL, NULL,
			  NULL) == 0 &&
	    split.addr)
		return split;
#endif
	return unit;
}

static size_t unit_place(const struct units *v, Dwarf_Off offset)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->at[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct mtr_error *collect_functions(struct unit *unit, Dwarf_Die *die,
					   bool deep)
{
	Dwarf_Die functions = functions_of(*die);

	unit->deep = deep;
	unit->functions.n = 0;
	MTR_TRY(add_functions(&unit->functions, &functions, deep, 0));
	sort_extents(&unit->functions);
	return NULL;
}

static struct mtr_error *open_unit(struct mtr_scopes *s, Dwarf_Die *die,
				   struct unit **ret)
{
	Dwarf_Off offset = dwarf_dieoffset(die);
	size_t place = unit_place(&s->units, offset);
	struct unit *unit;

	if (place < s->units.n && s->units.at[place].offset == offset) {
		*ret = &s->units.at[place];
		return NULL;
	}
	if (!units_push(&s->units))
		return mtr_error_nomem();
	unit = *ret = &s->units.at[place];
	memmove(unit + 1, unit, (s->units.n - 1 - place) * sizeof(*unit));
	*unit = (struct unit){ .offset = offset };
	return collect_functions(unit, die, false);
}

/* *ret is NULL if @unit has none there. */
static struct mtr_error *find_function(struct mtr_scopes *s, Dwarf_Die *die,
				       Dwarf_Addr addr,
				       const struct extent **ret)
{
	struct unit *unit;

	MTR_TRY(open_unit(s, die, &unit));
	*ret = find_extent(&unit->functions, addr);
	if (!*ret && !unit->deep) {
		MTR_TRY(collect_functions(unit, die, true));
		*ret = find_extent(&unit->functions, addr);
	}
	return NULL;
}

static struct mtr_error *index_units(struct mtr_scopes *s)
{
	Dwarf_Off at = 0, next;
	size_t header;

	s->indexed = true;
	while (dwarf_nextcu(s->dwarf, at, &next, &header, NULL, NULL, NULL) ==
		       0 &&
	       next > at) {
		Dwarf_Die die;

		if (dwarf_offdie(s->dwarf, at + header, &die))
			MTR_TRY(add_extents(&s->index, &die));
		at = next;
	}
	sort_extents(&s->index);
	return NULL;
}

/* clang writes no .debug_aranges: then the units themselves say what they
 * cover. */
static struct mtr_error *find_unit(struct mtr_scopes *s, Dwarf_Addr addr,
				   Dwarf_Die *unit, bool *found)
{
	const struct extent *e;

	*found = dwarf_addrdie(s->dwarf, addr, unit) != NULL;
	if (*found)
		return NULL;
	if (!s->indexed)
		MTR_TRY(index_units(s));
	e = find_extent(&s->index, addr);
	if (e)
		*unit = e->die;
	*found = e != NULL;
	return NULL;
}

/* The child of @parent that holds @addr and may hold inlined functions. */
static bool enter_child(Dwarf_Die *parent, Dwarf_Addr addr, Dwarf_Die *ret)
{
	if (dwarf_child(parent, ret) != 0)
		return false;
	do {
		switch (dwarf_tag(ret)) {
		case DW_TAG_inlined_subroutine:
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
			if (dwarf_haspc(ret, addr) == 1)
				return true;
		}
	} while (next_sibling(ret));
	return false;
}

/* @function and what is inlined into it around @addr, outermost first. */
static struct mtr_error *collect(Dwarf_Die function, Dwarf_Addr addr,
				 struct dies *ret)
{
	Dwarf_Die die = function, child;
	Dwarf_Die *slot = dies_push(ret);

	if (!slot)
		return mtr_error_nomem();
	*slot = die;
	while (ret->n < MAX_INLINED && enter_child(&die, addr, &child)) {
		die = child;
		if (dwarf_tag(&die) != DW_TAG_inlined_subroutine)
			continue;
		slot = dies_push(ret);
		if (!slot)
			return mtr_error_nomem();
		*slot = die;
	}
	return NULL;
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		return dwarf_formstring(&attr);
	return NULL;
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attr) ||
	    dwarf_formudata(&attr, &value) != 0)
		return 0;
	return value;
}

static void set_file(struct mtr_scope *scope, Dwarf_Die *unit, const char *file)
{
	Dwarf_Attribute attr;

	scope->file = file;
	if (file && file[0] != '/' && dwarf_attr(unit, DW_AT_comp_dir, &attr))
		scope->dir = dwarf_formstring(&attr);
}

/* Where the inlined function @die was called. The number of the file counts in
 * its own unit, which is not the one with the lines if DWARF is split. */
static void set_call(struct mtr_scope *scope, Dwarf_Die *die)
{
	Dwarf_Word line = number_of(die, DW_AT_call_line);
	Dwarf_Word file = number_of(die, DW_AT_call_file);
	Dwarf_Files *files;
	Dwarf_Die unit;
	size_t n;

	if (!line || line > INT32_MAX || !dwarf_diecu(die, &unit, NULL, NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &n) != 0 || file >= n)
		return;
	set_file(scope, &unit, dwarf_filesrc(files, file, NULL, NULL));
	if (scope->file)
		scope->line = (int)line;
}

static void set_line(struct mtr_scope *scope, Dwarf_Die *unit, Dwarf_Addr addr)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, addr);
	int number;

	if (!line)
		return;
	set_file(scope, unit, dwarf_linesrc(line, NULL, NULL));
	if (scope->file && dwarf_lineno(line, &number) == 0 && number > 0)
		scope->line = number;
}

static void cleanup_dies(struct dies *v)
{
	dies_fini(v);
}

struct mtr_error *mtr_scopes_find(struct mtr_scopes *s, Dwarf_Addr addr,
				  struct mtr_scope_chain *ret)
{
	mtr_cleanup(cleanup_dies) struct dies dies = { 0 };
	const struct extent *function;
	Dwarf_Die unit;
	bool found;

	ret->n = 0;
	MTR_TRY(find_unit(s, addr, &unit, &found));
	if (!found)
		return NULL;
	MTR_TRY(find_function(s, &unit, addr, &function));
	if (function)
		MTR_TRY(collect(function->die, addr, &dies));
	if (!mtr_scope_chain_reserve(ret, dies.n + 1))
		return mtr_error_nomem();

	ret->at[0] = (struct mtr_scope){ 0 };
	ret->n = dies.n ? dies.n : 1;
	for (size_t i = 0; i < dies.n; i++) {
		Dwarf_Die *die = &dies.at[dies.n - 1 - i];

		ret->at[i] = (struct mtr_scope){
			.name = dwarf_diename(die),
			.linkage = linkage_name(die),
			.inlined = i + 1 < dies.n,
		};
		if (i)
			set_call(&ret->at[i], die + 1);
	}
	set_line(&ret->at[0], &unit, addr);
	return NULL;
}
