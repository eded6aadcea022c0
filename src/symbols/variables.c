/* SPDX-License-Identifier: MIT */
/*
 * A walk over DIEs for variables with a place. See variables.h for the
 * contract.
 */
#include "symbols/variables.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#include "base/vector.h"
#include "symbols/die.h"
#include "symbols/spans.h"

/* More is damage: of DIEs in DIEs, of types that only refer to another. */
enum { MAX_DEPTH = 64, MAX_STEPS = 16, MAX_ARRAYS = 8 };

/* What older <dwarf.h> do not have. */
enum {
	OP_ADDRX = 0xa1,
	OP_GNU_TLS = 0xe0,
	OP_GNU_ADDR = 0xfb,
};

MTR_VECTOR(variable_list, struct mtr_variable);

struct kind {
	struct variable_list list;
	struct mtr_spans spans;
};

struct mtr_variables {
	struct kind kinds[2]; /* by address; thread-local ones */
	bool damaged;
};

/* ------------------------------------------------------------------- sizes */

static uint64_t size_of(Dwarf_Die *die, int arrays);

/* How many elements a dimension has; 0: that is not said. */
static uint64_t count_of(Dwarf_Die *range)
{
	uint64_t count = mtr_die_number(range, DW_AT_count);
	uint64_t upper = mtr_die_number(range, DW_AT_upper_bound);
	uint64_t lower = mtr_die_number(range, DW_AT_lower_bound);

	if (count)
		return count;
	return dwarf_hasattr(range, DW_AT_upper_bound) && upper >= lower
		       ? upper - lower + 1
		       : 0;
}

static uint64_t array_size(Dwarf_Die *array, int arrays)
{
	struct mtr_die_walk walk = { .last = dwarf_dieoffset(array) };
	uint64_t size = arrays < MAX_ARRAYS ? size_of(array, arrays + 1) : 0;
	Dwarf_Die die;
	bool more = mtr_die_child(array, &walk, &die);

	for (int i = 0; more && i < MAX_STEPS; i++) {
		if (dwarf_tag(&die) == DW_TAG_subrange_type &&
		    __builtin_mul_overflow(size, count_of(&die), &size))
			return 0;
		more = mtr_die_next(&die, &walk);
	}
	return size;
}

/* Of what @die says that it is of the type of; 0: not known. */
static uint64_t size_of(Dwarf_Die *die, int arrays)
{
	Dwarf_Attribute attr;
	Dwarf_Die type = *die;

	for (int i = 0; i < MAX_STEPS; i++) {
		Dwarf_Die next;
		uint64_t bytes;

		if (!dwarf_attr_integrate(&type, DW_AT_type, &attr) ||
		    !dwarf_formref_die(&attr, &next))
			return 0;
		type = next;
		bytes = mtr_die_number(&type, DW_AT_byte_size);
		if (bytes)
			return bytes;
		switch (dwarf_tag(&type)) {
		case DW_TAG_array_type:
			return array_size(&type, arrays);
		case DW_TAG_pointer_type:
		case DW_TAG_reference_type:
		case DW_TAG_rvalue_reference_type:
			return sizeof(uint64_t);
		default:
			break;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ places */

enum place { PLACE_NONE, PLACE_ADDRESS, PLACE_THREAD };

static bool is_thread_op(unsigned int op)
{
	return op == DW_OP_form_tls_address || op == OP_GNU_TLS;
}

/*
 * By an index into a table of the unit's. Of thread-local variables compilers
 * put there either the offset or an address, and nothing tells which.
 */
static enum place indexed_place(Dwarf_Attribute *attr, uint64_t *ret)
{
	Dwarf_Attribute value;
	Dwarf_Op *op;
	size_t n;

	if (dwarf_getlocation(attr, &op, &n) != 0 || n != 1 ||
	    dwarf_getlocation_attr(attr, op, &value) != 0 ||
	    dwarf_formaddr(&value, ret) != 0)
		return PLACE_NONE;
	return PLACE_ADDRESS;
}

/* Expressions of this kind are all alike: libdw, which keeps each, is asked
 * about the others. */
static enum place place_of(Dwarf_Die *die, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Block block;

	*ret = 0;
	if (!dwarf_attr(die, DW_AT_location, &attr) ||
	    dwarf_formblock(&attr, &block) != 0 || block.length < 2)
		return PLACE_NONE;
	switch (block.data[0]) {
	case DW_OP_addr:
		if (block.length != 1 + sizeof(*ret))
			return PLACE_NONE;
		memcpy(ret, block.data + 1, sizeof(*ret));
		return PLACE_ADDRESS;
	case DW_OP_const4u:
	case DW_OP_const8u:
		if (!is_thread_op(block.data[block.length - 1]) ||
		    block.length != (block.data[0] == DW_OP_const4u ? 6 : 10))
			return PLACE_NONE;
		memcpy(ret, block.data + 1, block.length - 2);
		return PLACE_THREAD;
	case OP_ADDRX:
	case OP_GNU_ADDR:
		return indexed_place(&attr, ret);
	default:
		return PLACE_NONE;
	}
}

/* -------------------------------------------------------------------- walk */

struct walk {
	struct mtr_variables *v;
	struct mtr_die_walk at;
};

/* What a linker dropped is at address 0, where no variable is. */
static struct mtr_error *add(struct walk *w, Dwarf_Die *die,
			     const Dwarf_Die *function)
{
	uint64_t start, end, size;
	enum place place = place_of(die, &start);
	struct mtr_variable *slot;

	if (place == PLACE_NONE || (place == PLACE_ADDRESS && !start))
		return NULL;
	size = size_of(die, 0);
	if (!size || __builtin_add_overflow(start, size, &end))
		return NULL;
	slot = variable_list_push(&w->v->kinds[place == PLACE_THREAD].list);
	if (!slot)
		return mtr_error_nomem();
	*slot = (struct mtr_variable){ .start = start,
				       .end = end,
				       .die = *die };
	if (function)
		slot->function = *function;
	return NULL;
}

static struct mtr_error *walk_in(struct walk *w, Dwarf_Die *parent,
				 const Dwarf_Die *function, int depth)
{
	Dwarf_Die die;
	bool more;

	if (depth > MAX_DEPTH) {
		w->v->damaged = true;
		return NULL;
	}
	more = mtr_die_child(parent, &w->at, &die);
	for (; more; more = mtr_die_next(&die, &w->at)) {
		Dwarf_Die inside;

		switch (dwarf_tag(&die)) {
		case DW_TAG_variable:
			MTR_TRY(add(w, &die, function));
			break;
		case DW_TAG_subprogram:
		case DW_TAG_inlined_subroutine:
			inside = die;
			MTR_TRY(walk_in(w, &die, &inside, depth + 1));
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
		case DW_TAG_namespace:
		case DW_TAG_module:
			MTR_TRY(walk_in(w, &die, function, depth + 1));
			break;
		default:
			break;
		}
	}
	return NULL;
}

static struct mtr_error *walk_unit(void *context, Dwarf_Die *unit)
{
	struct walk w = { .v = context, .at.last = dwarf_dieoffset(unit) };

	MTR_TRY(walk_in(&w, unit, NULL, 0));
	w.v->damaged |= w.at.damaged;
	return NULL;
}

static struct mtr_error *sort(struct kind *k)
{
	struct mtr_extents extents = { 0 };
	bool ok = mtr_extents_reserve(&extents, k->list.n);

	for (size_t i = 0; ok && i < k->list.n; i++)
		extents.at[extents.n++] =
			(struct mtr_extent){ k->list.at[i].start,
					     k->list.at[i].end, i };
	ok = ok && mtr_spans_make(&extents, &k->spans);
	mtr_extents_fini(&extents);
	return ok ? NULL : mtr_error_nomem();
}

struct mtr_error *mtr_variables_create(struct mtr_scopes *s,
				       struct mtr_variables **ret)
{
	struct mtr_variables *v = calloc(1, sizeof(*v));
	struct mtr_error *error;

	if (!v)
		return mtr_error_nomem();
	error = mtr_scopes_each_unit(s, walk_unit, v);
	for (int i = 0; i < 2 && !error; i++)
		error = sort(&v->kinds[i]);
	if (error)
		mtr_variables_destroy(mtr_take(v));
	*ret = v;
	return error;
}

void mtr_variables_destroy(struct mtr_variables *v)
{
	if (!v)
		return;
	for (int i = 0; i < 2; i++) {
		variable_list_fini(&v->kinds[i].list);
		mtr_spans_fini(&v->kinds[i].spans);
	}
	free(v);
}

const struct mtr_variable *mtr_variables_find(const struct mtr_variables *v,
					      uint64_t addr, bool is_local)
{
	const struct kind *k = &v->kinds[is_local];
	size_t item = mtr_spans_find(k->spans.at, k->spans.n, addr);

	return item == MTR_SPAN_NONE ? NULL : &k->list.at[item];
}

/* C's have no linkage name that tells the function. */
struct mtr_error *mtr_variables_name(struct mtr_scopes *s,
				     const struct mtr_variable *v, char **ret)
{
	Dwarf_Die die = v->die, function = v->function;
	struct mtr_scope scope = { .die = die, .name = dwarf_diename(&die) };
	const char *name, *of;
	int n;

	*ret = NULL;
	MTR_TRY(mtr_scopes_full_name(s, &scope, &name));
	if (!name)
		return NULL;
	of = function.addr && !strstr(name, "::") ? dwarf_diename(&function)
						  : NULL;
	n = of ? asprintf(ret, "%s()::%s", of, name)
	       : asprintf(ret, "%s", name);
	if (n < 0) {
		*ret = NULL;
		return mtr_error_nomem();
	}
	return NULL;
}

bool mtr_variables_damaged(const struct mtr_variables *v)
{
	return v->damaged;
}
