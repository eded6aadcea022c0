/* SPDX-License-Identifier: MIT */
/*
 * Compilation units, their functions, and what was inlined into those. See
 * scopes.h for the contract.
 */
#include "symbols/scopes.h"

#include <dwarf.h>
#include <elfutils/version.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/strbuf.h"
#include "symbols/die.h"
#include "symbols/qualify.h"
#include "symbols/regular.h"
#include "symbols/spans.h"

/* Nested deeper than this is damage. */
enum { MAX_DEPTH = 64, MAX_INLINED = 256, MAX_BLOCKS = 1024 };

MTR_VECTOR(dies, Dwarf_Die);

/*
 * DIEs by the addresses that they cover: a function may have several such
 * pieces. The items of .spans are places in .dies.
 */
struct covers {
	struct dies dies;
	struct mtr_spans spans;
};

struct unit {
	Dwarf_Off offset;
	struct covers functions;
	bool deep;   /* all of them, local ones too */
	size_t left; /* how much may be looked at for what is inlined */
};

/* What is inlined into a function or a block of one: a part of .inside. */
struct level {
	const void *die;
	size_t first, n; /* spans */
};

static uint64_t unit_hash(Dwarf_Off offset)
{
	return mtr_hash_number(offset, 0);
}

static bool unit_is(const struct unit *unit, Dwarf_Off offset)
{
	return unit->offset == offset;
}

static uint64_t level_hash(const void *die)
{
	return mtr_hash_number((uintptr_t)die, 0);
}

static bool level_is(const struct level *level, const void *die)
{
	return level->die == die;
}

MTR_MAP(units, struct unit, Dwarf_Off, unit_hash, unit_is);
MTR_MAP(levels, struct level, const void *, level_hash, level_is);

struct mtr_scopes {
	Dwarf *dwarf;
	struct mtr_qualifier *qualifier;
	struct units units; /* those asked for so far */
	struct levels levels;
	struct covers inside; /* of all levels */
	struct covers all;    /* the units; see find_unit */
	bool indexed, damaged;
	char *path, *refused;	    /* see scopes.h */
	struct mtr_extents extents; /* of one list, kept for its room */
};

struct mtr_error *mtr_scopes_create(Dwarf *dwarf, const char *path,
				    struct mtr_scopes **ret)
{
	struct mtr_scopes *s = calloc(1, sizeof(*s));
	struct mtr_error *error;

	if (!s)
		return mtr_error_nomem();
	s->dwarf = dwarf;
	s->path = strdup(path);
	error = s->path ? mtr_qualifier_create(&s->qualifier)
			: mtr_error_nomem();
	if (error)
		mtr_scopes_destroy(mtr_take(s));
	*ret = s;
	return error;
}

static void covers_fini(struct covers *c)
{
	dies_fini(&c->dies);
	mtr_spans_fini(&c->spans);
}

void mtr_scopes_destroy(struct mtr_scopes *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->units.n; i++)
		covers_fini(&s->units.at[i].functions);
	units_fini(&s->units);
	levels_fini(&s->levels);
	covers_fini(&s->inside);
	covers_fini(&s->all);
	mtr_extents_fini(&s->extents);
	mtr_qualifier_destroy(s->qualifier);
	free(s->path);
	free(s->refused);
	free(s);
}

/* ------------------------------------------------------- DIEs by address */

/* Something is to be looked at; false: more was than a unit that is whole has.
 */
static bool spend(struct mtr_scopes *s, size_t *left)
{
	if (!*left) {
		s->damaged = true;
		return false;
	}
	--*left;
	return true;
}

/*
 * The addresses of @die into s->extents. Linkers leave functions that they
 * dropped at address 0, or at 1 in lists of ranges. No code is there: the ELF
 * header is.
 */
static struct mtr_error *add_extents(struct mtr_scopes *s, struct covers *c,
				     Dwarf_Die *die, size_t *left)
{
	Dwarf_Addr base, low, high;
	Dwarf_Die *slot = NULL;
	ptrdiff_t at = 0;

	while (spend(s, left) &&
	       (at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		struct mtr_extent *e;

		if (low <= 1 || high <= low)
			continue;
		slot = slot ? slot : dies_push(&c->dies);
		e = mtr_extents_push(&s->extents);
		if (!slot || !e)
			return mtr_error_nomem();
		*slot = *die;
		*e = (struct mtr_extent){ low, high, c->dies.n - 1 };
	}
	return NULL;
}

/* What add_extents has gathered since the last time goes into @c. */
static struct mtr_error *take_extents(struct mtr_scopes *s, struct covers *c)
{
	bool ok = mtr_spans_make(&s->extents, &c->spans);

	s->extents.n = 0;
	return ok ? NULL : mtr_error_nomem();
}

static const Dwarf_Die *find_die(const struct covers *c, size_t first, size_t n,
				 Dwarf_Addr addr)
{
	size_t item = n ? mtr_spans_find(c->spans.at + first, n, addr)
			: MTR_SPAN_NONE;

	return item == MTR_SPAN_NONE ? NULL : &c->dies.at[item];
}

/* ------------------------------------------------------------ functions */

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

/* A walk over a unit's functions. */
struct walk {
	struct mtr_scopes *s;
	struct covers *ret;
	bool deep;
	size_t left;
	struct mtr_die_walk at;
};

/*
 * Most functions stand in the unit itself or in its namespaces. To find those
 * of a lambda or another local class means to look into everything: .deep.
 */
static struct mtr_error *add_functions(struct walk *w, Dwarf_Die *parent,
				       int depth)
{
	bool more;
	Dwarf_Die die;

	if (depth > MAX_DEPTH)
		return NULL;
	more = mtr_die_child(parent, &w->at, &die);
	for (; more; more = mtr_die_next(&die, &w->at)) {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram)
			MTR_TRY(add_extents(w->s, w->ret, &die, &w->left));
		if (holds_functions(tag, w->deep))
			MTR_TRY(add_functions(w, &die, depth + 1));
	}
	return NULL;
}

#if _ELFUTILS_PREREQ(0, 171)
/* @name below @dir, which counts from the folder of s->path. */
static bool refuses(struct mtr_scopes *s, const char *dir, const char *name)
{
	struct mtr_strbuf path = { 0 };
	const char *slash = strrchr(s->path, '/');
	bool other;

	if (name[0] != '/') {
		if (dir[0] != '/')
			mtr_strbuf_add_bytes(
				&path, s->path,
				slash ? (size_t)(slash + 1 - s->path) : 0);
		mtr_strbuf_printf(&path, "%s%s", dir, dir[0] ? "/" : "");
	}
	mtr_strbuf_add(&path, name);
	other = path.failed || mtr_regular_is_other(mtr_strbuf_text(&path));
	if (other && !s->refused && !path.failed)
		s->refused = mtr_take(path.text);
	mtr_strbuf_fini(&path);
	return other;
}

/* libdw opens a unit's other file by all of these names. */
static bool may_open_split(struct mtr_scopes *s, Dwarf_Die *unit)
{
	mtr_auto_free char *packed = NULL;
	Dwarf_Attribute attr;
	const char *name, *dir = "";

	if (!dwarf_attr(unit, DW_AT_dwo_name, &attr) &&
	    !dwarf_attr(unit, DW_AT_GNU_dwo_name, &attr))
		return true;
	name = dwarf_formstring(&attr);
	if (dwarf_attr(unit, DW_AT_comp_dir, &attr))
		dir = dwarf_formstring(&attr);
	if (!name || !dir || asprintf(&packed, "%s.dwp", s->path) < 0)
		return false;
	return !refuses(s, "", name) && !refuses(s, dir, name) &&
	       !refuses(s, "", packed);
}
#endif

/* With split DWARF the functions are in another file, beside or packed. */
static Dwarf_Die functions_of(struct mtr_scopes *s, Dwarf_Die unit)
{
#if _ELFUTILS_PREREQ(0, 171)
	Dwarf_Die split;

	if (may_open_split(s, &unit) &&
	    dwarf_cu_info(unit.cu, NULL, NULL, NULL, &split, NULL, NULL,
			  NULL) == 0 &&
	    split.addr)
		return split;
#endif
	(void)s;
	return unit;
}

static struct mtr_error *collect_functions(struct mtr_scopes *s,
					   struct unit *unit, Dwarf_Die *die,
					   bool deep)
{
	Dwarf_Die functions = functions_of(s, *die);
	size_t bytes = mtr_die_unit_bytes(&functions);
	struct walk w = { .s = s,
			  .ret = &unit->functions,
			  .deep = deep,
			  .left = bytes,
			  .at.last = dwarf_dieoffset(&functions) };

	unit->deep = deep;
	unit->left = 2 * bytes;
	unit->functions.dies.n = 0;
	unit->functions.spans.n = 0;
	MTR_TRY(add_functions(&w, &functions, 0));
	s->damaged |= w.at.damaged;
	return take_extents(s, &unit->functions);
}

static struct mtr_error *open_unit(struct mtr_scopes *s, Dwarf_Die *die,
				   struct unit **ret)
{
	Dwarf_Off offset = dwarf_dieoffset(die);
	bool is_new;

	*ret = units_put(&s->units, offset, &is_new);
	if (!*ret)
		return mtr_error_nomem();
	if (!is_new)
		return NULL;
	(*ret)->offset = offset;
	return collect_functions(s, *ret, die, false);
}

/* *function is NULL if *unit has none there. */
static struct mtr_error *find_function(struct mtr_scopes *s, Dwarf_Die *die,
				       Dwarf_Addr addr, struct unit **unit,
				       const Dwarf_Die **function)
{
	const struct covers *c;

	MTR_TRY(open_unit(s, die, unit));
	c = &(*unit)->functions;
	*function = find_die(c, 0, c->spans.n, addr);
	if (!*function && !(*unit)->deep) {
		MTR_TRY(collect_functions(s, *unit, die, true));
		*function = find_die(c, 0, c->spans.n, addr);
	}
	return NULL;
}

static struct mtr_error *index_units(struct mtr_scopes *s)
{
	Dwarf_Off at = 0, next;
	size_t header, left = 0;

	s->indexed = true;
	while (dwarf_nextcu(s->dwarf, at, &next, &header, NULL, NULL, NULL) ==
		       0 &&
	       next > at) {
		Dwarf_Die die;

		left += next - at;
		if (dwarf_offdie(s->dwarf, at + header, &die))
			MTR_TRY(add_extents(s, &s->all, &die, &left));
		at = next;
	}
	return take_extents(s, &s->all);
}

struct mtr_error *
mtr_scopes_each_unit(struct mtr_scopes *s,
		     struct mtr_error *(*visit)(void *context, Dwarf_Die *unit),
		     void *context)
{
	Dwarf_Off at = 0, next;
	size_t header;

	while (dwarf_nextcu(s->dwarf, at, &next, &header, NULL, NULL, NULL) ==
		       0 &&
	       next > at) {
		Dwarf_Die die;

		if (dwarf_offdie(s->dwarf, at + header, &die)) {
			die = functions_of(s, die);
			MTR_TRY(visit(context, &die));
		}
		at = next;
	}
	return NULL;
}

/* clang writes no .debug_aranges: then the units themselves say what they
 * cover. */
static struct mtr_error *find_unit(struct mtr_scopes *s, Dwarf_Addr addr,
				   Dwarf_Die *unit, bool *found)
{
	const Dwarf_Die *die;

	*found = dwarf_addrdie(s->dwarf, addr, unit) != NULL;
	if (*found)
		return NULL;
	if (!s->indexed)
		MTR_TRY(index_units(s));
	die = find_die(&s->all, 0, s->all.spans.n, addr);
	if (die)
		*unit = *die;
	*found = die != NULL;
	return NULL;
}

/* -------------------------------------------------------------- inlined */

static bool may_hold_inlined(int tag)
{
	return tag == DW_TAG_inlined_subroutine ||
	       tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block;
}

static struct mtr_error *add_level(struct mtr_scopes *s, struct unit *unit,
				   Dwarf_Die *parent, struct level *ret)
{
	struct mtr_die_walk walk = { .last = dwarf_dieoffset(parent) };
	Dwarf_Die die;
	bool more = mtr_die_child(parent, &walk, &die);

	*ret = (struct level){ parent->addr, s->inside.spans.n, 0 };
	for (; more && spend(s, &unit->left); more = mtr_die_next(&die, &walk))
		if (may_hold_inlined(dwarf_tag(&die)))
			MTR_TRY(add_extents(s, &s->inside, &die, &unit->left));
	MTR_TRY(take_extents(s, &s->inside));
	ret->n = s->inside.spans.n - ret->first;
	s->damaged |= walk.damaged;
	return NULL;
}

static struct mtr_error *find_level(struct mtr_scopes *s, struct unit *unit,
				    Dwarf_Die *die, struct level *ret)
{
	bool is_new;
	struct level *level = levels_put(&s->levels, die->addr, &is_new);

	if (!level)
		return mtr_error_nomem();
	if (is_new) {
		level->die = die->addr;
		MTR_TRY(add_level(s, unit, die, level));
	}
	*ret = *level;
	return NULL;
}

/* @function and what is inlined into it around @addr, outermost first. */
static struct mtr_error *collect(struct mtr_scopes *s, struct unit *unit,
				 const Dwarf_Die *function, Dwarf_Addr addr,
				 struct dies *ret)
{
	const Dwarf_Die *found = function;
	Dwarf_Die die;

	for (int i = 0; found && i < MAX_BLOCKS && ret->n < MAX_INLINED; i++) {
		Dwarf_Die *slot;
		struct level level;

		die = *found;
		if (!i || dwarf_tag(&die) == DW_TAG_inlined_subroutine) {
			slot = dies_push(ret);
			if (!slot)
				return mtr_error_nomem();
			*slot = die;
		}
		MTR_TRY(find_level(s, unit, &die, &level));
		found = find_die(&s->inside, level.first, level.n, addr);
	}
	return NULL;
}

/* --------------------------------------------------------------- the answer
 */

/* @unit has the lines. That of split DWARF need not have a directory. */
static void set_file(struct mtr_scope *scope, Dwarf_Die *unit, const char *file)
{
	Dwarf_Attribute attr;

	scope->file = file;
	if (file && file[0] != '/' && dwarf_attr(unit, DW_AT_comp_dir, &attr))
		scope->dir = dwarf_formstring(&attr);
}

/* Where the inlined function @die was called. The number of the file counts in
 * its own unit, which is not @lines if DWARF is split. */
static void set_call(struct mtr_scope *scope, Dwarf_Die *lines, Dwarf_Die *die)
{
	Dwarf_Word line = mtr_die_number(die, DW_AT_call_line);
	Dwarf_Word file = mtr_die_number(die, DW_AT_call_file);
	Dwarf_Files *files;
	Dwarf_Die unit;
	size_t n;

	if (!line || line > INT32_MAX || !dwarf_diecu(die, &unit, NULL, NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &n) != 0 || file >= n)
		return;
	set_file(scope, lines, dwarf_filesrc(files, file, NULL, NULL));
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
	const Dwarf_Die *function;
	struct unit *in;
	Dwarf_Die unit;
	bool found;

	ret->n = 0;
	MTR_TRY(find_unit(s, addr, &unit, &found));
	if (!found)
		return NULL;
	MTR_TRY(find_function(s, &unit, addr, &in, &function));
	if (function)
		MTR_TRY(collect(s, in, function, addr, &dies));
	if (!mtr_scope_chain_reserve(ret, dies.n + 1))
		return mtr_error_nomem();

	ret->at[0] = (struct mtr_scope){ 0 };
	ret->n = dies.n ? dies.n : 1;
	for (size_t i = 0; i < dies.n; i++) {
		Dwarf_Die *die = &dies.at[dies.n - 1 - i];

		ret->at[i] = (struct mtr_scope){
			.die = *die,
			.name = dwarf_diename(die),
			.linkage = mtr_die_linkage(die),
			.inlined = i + 1 < dies.n,
		};
		if (i)
			set_call(&ret->at[i], &unit, die + 1);
	}
	set_line(&ret->at[0], &unit, addr);
	return NULL;
}

struct mtr_error *mtr_scopes_full_name(struct mtr_scopes *s,
				       struct mtr_scope *scope,
				       const char **ret)
{
	*ret = scope->name;
	if (!scope->die.addr)
		return NULL;
	return mtr_qualifier_name(s->qualifier, &scope->die, ret);
}

bool mtr_scopes_damaged(const struct mtr_scopes *s)
{
	return s->damaged || mtr_qualifier_stopped(s->qualifier);
}

const char *mtr_scopes_refused(const struct mtr_scopes *s)
{
	return s->refused;
}
