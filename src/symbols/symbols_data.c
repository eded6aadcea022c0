/* SPDX-License-Identifier: MIT */
/*
 * Answers to the questions of data.h.
 */
#include "symbols/data.h"

#include <elf.h>
#include <string.h>

#include "symbols/symbols_impl.h"

static struct mtr_module_file *file_of(struct mtr_symbols *s,
				       const struct mtr_module *m)
{
	for (size_t i = 0; i < s->files.n; i++)
		if (&s->files.at[i].mapped->shown == m)
			return &s->files.at[i];
	return NULL;
}

/* ------------------------------------------------------------------ tables */

/* From the first byte of the segments to the last. */
struct bounds {
	uint64_t start, end;
};

static struct bounds bounds_of(const struct mtr_module_file *m)
{
	struct bounds b = { UINT64_MAX, 0 };

	for (size_t i = 0; i < m->file.loads.n; i++) {
		uint64_t start = m->file.loads.at[i].p_vaddr;
		uint64_t end = start + m->file.loads.at[i].p_memsz;

		b.start = start < b.start ? start : b.start;
		b.end = end > b.end ? end : b.end;
	}
	b.start += m->mapped->shown.bias;
	b.end += m->mapped->shown.bias;
	return b;
}

static bool is_within(const struct bounds *b, uint64_t addr, uint64_t size)
{
	return addr >= b->start && addr <= b->end && size <= b->end - addr;
}

/*
 * What lies outside of all segments is left out. Below them there may be
 * symbols of sections that are not in memory, such as warnings for the linker;
 * above them is damage: *bad. False: no memory.
 */
static bool add_symbol(struct mtr_module_file *m, const struct bounds *b,
		       const GElf_Sym *sym, GElf_Addr addr, const char *name,
		       size_t *bad)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_TLS:
		return mtr_symtab_add(&m->locals, sym->st_value, sym->st_size,
				      mtr_symbol_weakness(sym), name);
	case STT_OBJECT:
	case STT_NOTYPE:
		if (is_within(b, addr, sym->st_size))
			return mtr_symtab_add(&m->objects, addr, sym->st_size,
					      mtr_symbol_weakness(sym), name);
		*bad += sym->st_size && addr >= b->start;
		return true;
	default:
		return true;
	}
}

static struct mtr_error *read_objects(struct mtr_symbols *s,
				      struct mtr_module_file *m)
{
	const struct bounds b = bounds_of(m);
	int n = dwfl_module_getsymtab(m->dwfl);
	size_t bad = 0;

	for (int i = 0; i < n; i++) {
		GElf_Word section;
		GElf_Addr addr;
		GElf_Sym sym;
		const char *name = dwfl_module_getsym_info(
			m->dwfl, i, &sym, &addr, &section, NULL, NULL);

		if (!name || section == SHN_UNDEF || section == SHN_ABS)
			continue;
		if (!add_symbol(m, &b, &sym, addr, name, &bad))
			return mtr_error_nomem();
	}
	if (bad)
		mtr_target_warn(s->target,
				"the symbol table of %s is damaged: %zu "
				"symbols of data lie outside of it, and are "
				"left out",
				m->mapped->shown.name, bad);
	return mtr_symtab_sort(&m->objects) && mtr_symtab_sort(&m->locals)
		       ? NULL
		       : mtr_error_nomem();
}

/*
 * May @m be a program or library? Programs map other files, too, which are not
 * to be looked for: what they lack is nothing to warn of.
 */
static bool may_be_object(struct mtr_symbols *s,
			  const struct mtr_module_file *m)
{
	const struct mtr_ranges *rs = &m->mapped->ranges;
	char magic[SELFMAG];
	bool code = false;

	for (size_t i = 0; i < rs->n; i++)
		code |= rs->at[i].prot < 0 || rs->at[i].prot & MTR_PROT_EXEC;
	return code && (rs->at[0].offset ||
			mtr_target_read(s->target, rs->at[0].start, magic,
					sizeof(magic)) != sizeof(magic) ||
			memcmp(magic, ELFMAG, sizeof(magic)) == 0);
}

struct mtr_error *mtr_symbols_load_data(struct mtr_symbols *s,
					struct mtr_module_file *m,
					struct mtr_module_file **ret)
{
	struct mtr_module_file *whole;

	*ret = NULL;
	if (!may_be_object(s, m))
		return NULL;
	mtr_symbols_load(s, m);
	if (!m->mapped->shown.found)
		return NULL;
	whole = &s->files.at[m->whole];
	if (!whole->data_read && whole->dwfl) {
		whole->data_read = true;
		MTR_TRY(read_objects(s, whole));
	}
	*ret = whole;
	return NULL;
}

static struct mtr_error *load_variables(struct mtr_symbols *s,
					struct mtr_module_file *whole)
{
	if (whole->variables_read || !whole->scopes)
		return NULL;
	whole->variables_read = true;
	MTR_TRY(mtr_variables_create(whole->scopes, &whole->variables));
	mtr_symbols_warn_of_damage(s, whole);
	return NULL;
}

/* ------------------------------------------------------------------- names */

/* Compilers call C's static locals "cache.0" or "f.cache". */
static bool may_be_static_local(const struct mtr_symbol *sym)
{
	return sym->weakness == MTR_SYMBOL_LOCAL && sym->name[0] != '_' &&
	       strchr(sym->name, '.');
}

/* By DWARF: @addr is one of @whole's. *ret is left alone if it has none. */
static struct mtr_error *
name_variable(struct mtr_symbols *s, struct mtr_module_file *whole,
	      uint64_t addr, const struct mtr_symbol *sym, struct mtr_data *ret)
{
	uint64_t bias = ret->of_thread ? 0 : whole->scopes_bias;
	const struct mtr_variable *v;
	char *name;

	MTR_TRY(load_variables(s, whole));
	v = whole->variables ? mtr_variables_find(whole->variables, addr - bias,
						  ret->of_thread)
			     : NULL;
	if (!v || (sym && v->start + bias != sym->start))
		return NULL;
	MTR_TRY(mtr_variables_name(whole->scopes, v, &name));
	if (!name)
		return NULL;
	MTR_TRY(mtr_names_keep(&s->names, name, &ret->name));
	ret->start = v->start + bias;
	ret->size = v->end - v->start;
	ret->offset = addr - ret->start;
	return NULL;
}

/* @addr: an address in @whole, or the offset of a thread-local variable. */
static struct mtr_error *name_data(struct mtr_symbols *s,
				   struct mtr_module_file *whole, uint64_t addr,
				   struct mtr_data *ret)
{
	const struct mtr_symtab *t =
		ret->of_thread ? &whole->locals : &whole->objects;
	const struct mtr_symbol *sym = mtr_symtab_at(t, addr);

	if (sym) {
		ret->symbol = sym->name;
		MTR_TRY(mtr_names_readable(&s->names, sym->name, &ret->name));
		ret->start = sym->start;
		ret->size = sym->end - sym->start;
		ret->offset = addr - sym->start;
		if (!may_be_static_local(sym))
			return NULL;
	}
	return name_variable(s, whole, addr, sym, ret);
}

/* --------------------------------------------------------------- addresses */

/* Is @addr in a segment? Where its file ends, .bss begins. */
static bool segments_hold(const struct mtr_module_file *m, uint64_t addr)
{
	uint64_t at = addr - m->mapped->shown.bias;

	for (size_t i = 0; i < m->file.loads.n; i++) {
		const GElf_Phdr *load = &m->file.loads.at[i];

		if (at >= load->p_vaddr && at - load->p_vaddr < load->p_memsz)
			return true;
	}
	return false;
}

struct mtr_module_file *mtr_symbols_file_at(struct mtr_symbols *s,
					    uint64_t addr)
{
	const struct mtr_piece *piece =
		mtr_modules_piece_before(&s->modules, addr);
	struct mtr_module_file *m;

	if (!piece)
		return NULL;
	m = &s->files.at[piece->module->number];
	if (addr < piece->end)
		return m;
	if (!may_be_object(s, m))
		return NULL;
	mtr_symbols_load(s, m);
	return m->mapped->shown.found && segments_hold(m, addr) ? m : NULL;
}

struct mtr_error *mtr_symbols_data(struct mtr_symbols *s, uint64_t addr,
				   struct mtr_data *ret)
{
	struct mtr_module_file *m, *whole;

	if (mtr_known_data(s, addr, ret))
		return NULL;
	m = mtr_symbols_file_at(s, addr);
	*ret = (struct mtr_data){ 0 };
	if (!m)
		return NULL;
	ret->module = &m->mapped->shown;
	MTR_TRY(mtr_symbols_load_data(s, m, &whole));
	ret->offset = addr - m->mapped->shown.bias;
	if (!whole)
		return NULL;
	MTR_TRY(name_data(s, whole, addr - m->moved, ret));
	if (ret->name)
		ret->start += m->moved;
	return NULL;
}

struct mtr_error *mtr_symbols_tls(struct mtr_symbols *s,
				  const struct mtr_module *m, uint64_t offset,
				  struct mtr_data *ret)
{
	struct mtr_module_file *file = file_of(s, m), *whole;

	*ret = (struct mtr_data){ .module = m,
				  .offset = offset,
				  .of_thread = true };
	if (mtr_known_tls(s, m, offset, ret) || !file)
		return NULL;
	MTR_TRY(mtr_symbols_load_data(s, file, &whole));
	return whole ? name_data(s, whole, offset, ret) : NULL;
}

/* ----------------------------------------------------------------- by name */

/* What stands behind the last "::" of @name. */
static const char *last_part(const char *name)
{
	const char *last = name, *at = name;

	while ((at = strstr(at, "::")))
		last = at += 2;
	return last;
}

/* How well is @d called @name? 0: it is not. */
static int is_called(const struct mtr_data *d, const char *name)
{
	if (strcmp(d->name, name) == 0 ||
	    (d->symbol && strcmp(d->symbol, name) == 0))
		return 2;
	return strcmp(last_part(d->name), name) == 0;
}

struct search {
	struct mtr_symbols *s;
	const char *name, *last;
	int best;
	struct mtr_data_list *ret;
};

/* Those that are called so better than others drive those out. */
static struct mtr_error *take(struct search *find, const struct mtr_data *d)
{
	int how = d->name ? is_called(d, find->name) : 0;
	struct mtr_data *slot;

	if (!how || how < find->best)
		return NULL;
	if (how > find->best)
		find->ret->n = 0;
	find->best = how;
	slot = mtr_data_list_push(find->ret);
	if (!slot)
		return mtr_error_nomem();
	*slot = *d;
	return NULL;
}

/* Most symbols cannot be it: only the rest need be readable. */
static struct mtr_error *search_table(struct search *find,
				      struct mtr_module_file *m,
				      struct mtr_module_file *whole,
				      bool of_thread)
{
	const struct mtr_symtab *t =
		of_thread ? &whole->locals : &whole->objects;

	for (size_t i = 0; i < t->list.n; i++) {
		const struct mtr_symbol *sym = &t->list.at[i];
		struct mtr_data d = { .module = &m->mapped->shown,
				      .of_thread = of_thread };

		if (!strstr(sym->name, find->last) &&
		    !strstr(sym->name, find->name))
			continue;
		MTR_TRY(name_data(find->s, whole, sym->start, &d));
		/* it may have several names */
		d.symbol = sym->name;
		if (!may_be_static_local(sym))
			MTR_TRY(mtr_names_readable(&find->s->names, sym->name,
						   &d.name));
		d.start = sym->start + (of_thread ? 0 : m->moved);
		d.size = sym->end - sym->start;
		d.offset = 0;
		MTR_TRY(take(find, &d));
	}
	return NULL;
}

static struct mtr_error *search_module(struct search *find,
				       struct mtr_module_file *m)
{
	struct mtr_module_file *whole;

	MTR_TRY(mtr_symbols_load_data(find->s, m, &whole));
	if (!whole)
		return NULL;
	MTR_TRY(search_table(find, m, whole, false));
	return search_table(find, m, whole, true);
}

struct mtr_error *mtr_symbols_data_named(struct mtr_symbols *s,
					 const char *name,
					 struct mtr_data_list *ret)
{
	struct search find = {
		.s = s, .name = name, .last = last_part(name), .ret = ret
	};
	bool nobody;

	ret->n = 0;
	if (!name[0])
		return NULL;
	if (s->executable < s->files.n)
		MTR_TRY(search_module(&find, &s->files.at[s->executable]));
	for (size_t i = 0; i < s->files.n && !ret->n; i++) {
		struct mtr_module_file *m = &s->files.at[i];

		if (i != s->executable && !m->mapped->shown.gone)
			MTR_TRY(search_module(&find, m));
	}
	nobody = !ret->n;
	for (size_t i = 0; i < s->known.data.n && nobody; i++)
		MTR_TRY(take(&find, &s->known.data.at[i]));
	return NULL;
}
