/* SPDX-License-Identifier: MIT */
/*
 * From a DIE up to its unit, which DWARF gives no way for: down from the unit
 * along the offsets. See qualify.h for the contract.
 */
#include "symbols/qualify.h"

#include <dwarf.h>
#include <string.h>

#include "base/map.h"
#include "base/strbuf.h"
#include "base/vector.h"
#include "symbols/demangle.h"
#include "symbols/die.h"

/* More is damage: of DIEs in DIEs, of references, of local functions, bytes. */
enum { MAX_DEPTH = 64, MAX_STEPS = 16, MAX_LOCAL = 8, MAX_NAME = 16384 };

/* DIEs are known by where they stand in their section. */
struct named {
	const void *die;
	const char *name;
	char *own; /* the same, if it is to be freed */
};

/* The children of a DIE: a part of .offsets. */
struct level {
	const void *die;
	size_t first, n;
};

static uint64_t die_hash(const void *die)
{
	return mtr_hash_number((uintptr_t)die, 0);
}

static bool named_is(const struct named *named, const void *die)
{
	return named->die == die;
}

static bool level_is(const struct level *level, const void *die)
{
	return level->die == die;
}

MTR_MAP(nameds, struct named, const void *, die_hash, named_is);
MTR_MAP(levels, struct level, const void *, die_hash, level_is);
MTR_VECTOR(offsets, Dwarf_Off);
MTR_VECTOR(path, Dwarf_Die);

struct mtr_qualifier {
	struct nameds names;
	struct levels levels;
	struct offsets offsets;
	size_t left;  /* how many more children may be looked at */
	bool stopped; /* it was not enough */
};

/* ---------------------------------------------------------------- children */

/*
 * Each DIE is the child of one other and takes more than a byte. So a unit that
 * is whole never uses up what comes with it.
 */
static struct mtr_error *list_children(struct mtr_qualifier *q,
				       Dwarf_Die *parent)
{
	struct mtr_die_walk walk = { .last = dwarf_dieoffset(parent) };
	Dwarf_Die child, unit;
	bool more = mtr_die_child(parent, &walk, &child);

	if (dwarf_diecu(parent, &unit, NULL, NULL) && unit.addr == parent->addr)
		q->left += mtr_die_unit_bytes(parent);
	for (; more && q->left; more = mtr_die_next(&child, &walk)) {
		Dwarf_Off *slot = offsets_push(&q->offsets);

		if (!slot)
			return mtr_error_nomem();
		*slot = walk.last;
		q->left--;
	}
	q->stopped |= more || walk.damaged;
	return NULL;
}

static struct mtr_error *find_level(struct mtr_qualifier *q, Dwarf_Die *die,
				    struct level *ret)
{
	bool is_new;
	struct level *level = levels_put(&q->levels, die->addr, &is_new);

	if (!level)
		return mtr_error_nomem();
	if (is_new) {
		*level = (struct level){ die->addr, q->offsets.n, 0 };
		MTR_TRY(list_children(q, die));
		level->n = q->offsets.n - level->first;
	}
	*ret = *level;
	return NULL;
}

/* The child of @die that @offset is, or is in; false: there is none. */
static struct mtr_error *find_child(struct mtr_qualifier *q, Dwarf_Die *die,
				    Dwarf_Off offset, bool *found)
{
	Dwarf *dwarf = dwarf_cu_getdwarf(die->cu);
	struct level level = { 0 };
	size_t low = 0, high;

	MTR_TRY(find_level(q, die, &level));
	high = level.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (q->offsets.at[level.first + middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low &&
		 dwarf_offdie(dwarf, q->offsets.at[level.first + low - 1], die);
	return NULL;
}

/* The DIEs around @die, from its unit's child on, and itself; none if they
 * cannot be told. */
static struct mtr_error *find_path(struct mtr_qualifier *q, Dwarf_Die *die,
				   struct path *ret)
{
	Dwarf_Off offset = dwarf_dieoffset(die);
	Dwarf_Die at;
	bool found = true;

	if (!dwarf_diecu(die, &at, NULL, NULL))
		return NULL;
	while (found && at.addr != die->addr && ret->n < MAX_DEPTH) {
		Dwarf_Die *slot;

		MTR_TRY(find_child(q, &at, offset, &found));
		slot = found ? path_push(ret) : NULL;
		if (slot)
			*slot = at;
		else if (found)
			return mtr_error_nomem();
	}
	if (at.addr != die->addr)
		ret->n = 0;
	return NULL;
}

/* ------------------------------------------------------------------- names */

static struct mtr_error *add_name(struct mtr_qualifier *q, Dwarf_Die *die,
				  struct mtr_strbuf *out, int local);

/* Where @die was declared: there it stands in its class. */
static Dwarf_Die declaration(Dwarf_Die die)
{
	Dwarf_Attribute attr;
	Dwarf_Die next;

	for (int i = 0; i < MAX_STEPS; i++) {
		if (!dwarf_attr(&die, DW_AT_abstract_origin, &attr) &&
		    !dwarf_attr(&die, DW_AT_specification, &attr))
			break;
		if (!dwarf_formref_die(&attr, &next))
			break;
		die = next;
	}
	return die;
}

/* "<lambda(int)>": up to 9 gcc calls so the classes of all lambdas that take
 * the same. */
static bool has_own_name(Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);

	return name && strncmp(name, "<lambda", 7) != 0;
}

/* A lambda's class has no name and holds an operator(). */
static void add_unnamed(struct mtr_strbuf *out, Dwarf_Die *type,
			Dwarf_Die *inside)
{
	const char *name = dwarf_diename(inside);
	int line = 0, column = 0;
	bool lambda = name && !strncmp(name, "operator()", 10);

	mtr_strbuf_add(out, lambda ? "{lambda" : "{unnamed type");
	if (dwarf_decl_line(type, &line) == 0 && line > 0) {
		mtr_strbuf_printf(out, ":%d", line);
		if (dwarf_decl_column(type, &column) == 0 && column > 0)
			mtr_strbuf_printf(out, ":%d", column);
	}
	mtr_strbuf_add(out, "}");
}

/* What @around, in which @inside stands, adds to the name. */
static struct mtr_error *add_part(struct mtr_qualifier *q, Dwarf_Die *around,
				  Dwarf_Die *inside, struct mtr_strbuf *out,
				  int local)
{
	const char *name = dwarf_diename(around);

	switch (dwarf_tag(around)) {
	case DW_TAG_subprogram:
		/* it may be declared elsewhere, and is named from there */
		out->len = 0;
		MTR_TRY(add_name(q, around, out, local + 1));
		break;
	case DW_TAG_namespace:
		mtr_strbuf_add(out, name ? name : "(anonymous namespace)");
		break;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_module:
		if (has_own_name(around))
			mtr_strbuf_add(out, name);
		else
			add_unnamed(out, around, inside);
		break;
	default:
		return NULL;
	}
	mtr_strbuf_add(out, "::");
	return NULL;
}

static bool add_demangled(Dwarf_Die *die, struct mtr_strbuf *out)
{
	const char *linkage = mtr_die_linkage(die);
	mtr_auto_free char *name = linkage ? mtr_demangle(linkage) : NULL;

	if (name)
		mtr_strbuf_add(out, name);
	return name;
}

static void cleanup_path(struct path *v)
{
	path_fini(v);
}

static struct mtr_error *add_name(struct mtr_qualifier *q, Dwarf_Die *die,
				  struct mtr_strbuf *out, int local)
{
	mtr_cleanup(cleanup_path) struct path path = { 0 };
	Dwarf_Die declared = declaration(*die);
	const char *name = dwarf_diename(die);

	if (add_demangled(die, out) || !name)
		return NULL;
	if (local < MAX_LOCAL)
		MTR_TRY(find_path(q, &declared, &path));
	for (size_t i = 0; i + 1 < path.n && out->len < MAX_NAME; i++)
		MTR_TRY(add_part(q, &path.at[i], &path.at[i + 1], out, local));
	if (out->len >= MAX_NAME)
		out->len = 0;
	mtr_strbuf_add(out, name);
	return out->failed ? mtr_error_nomem() : NULL;
}

/* In C nothing stands in anything. */
static bool is_c(Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return false;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_Mips_Assembler:
		return true;
	default:
		return false;
	}
}

static struct mtr_error *make_name(struct mtr_qualifier *q, Dwarf_Die *die,
				   struct named *ret)
{
	struct mtr_strbuf out = { 0 };
	struct mtr_error *error;

	ret->name = dwarf_diename(die);
	if (!ret->name || is_c(die))
		return NULL;
	error = add_name(q, die, &out, 0);
	if (error) {
		mtr_strbuf_fini(&out);
		return error;
	}
	ret->name = ret->own = out.text;
	return NULL;
}

struct mtr_error *mtr_qualifier_name(struct mtr_qualifier *q, Dwarf_Die *die,
				     const char **ret)
{
	Dwarf_Die declared = declaration(*die);
	bool is_new;
	struct named *named = nameds_put(&q->names, declared.addr, &is_new);

	if (!named)
		return mtr_error_nomem();
	if (is_new) {
		named->die = declared.addr;
		MTR_TRY(make_name(q, die, named));
	}
	*ret = named->name;
	return NULL;
}

bool mtr_qualifier_stopped(const struct mtr_qualifier *q)
{
	return q->stopped;
}

/* ------------------------------------------------------ create and destroy */

struct mtr_error *mtr_qualifier_create(struct mtr_qualifier **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : mtr_error_nomem();
}

void mtr_qualifier_destroy(struct mtr_qualifier *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->names.n; i++)
		free(q->names.at[i].own);
	nameds_fini(&q->names);
	levels_fini(&q->levels);
	offsets_fini(&q->offsets);
	free(q);
}
