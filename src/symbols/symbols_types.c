/* SPDX-License-Identifier: MIT */
/*
 * Answers to the question of types.h, by the C++ ABI that gcc and clang share:
 *
 *   vtable:   ... | offset to top | type information | functions ...
 *                                      │               ▲ what objects have
 *   type information:  vtable | name | ...
 */
#include "symbols/types.h"

#include <stdio.h>
#include <string.h>

#include "symbols/demangle.h"
#include "symbols/symbols_impl.h"

enum {
	WORD = sizeof(uint64_t),
	BEFORE = 2 * WORD, /* what stands before a vtable's functions */
	NAME_MAX_BYTES = 4096,
};

/* -------------------------------------------------------------- by symbols */

static const char *behind(const char *text, const char *before)
{
	const char *at = strstr(text, before);

	return at ? at + strlen(before) : NULL;
}

/* While a base is made the object is of the class that it is a base of. */
static const char *class_of(const char *name, const char *symbol)
{
	const char *made = behind(name, "construction vtable for ");
	const char *of = behind(name, "vtable for ");

	if (made && behind(made, "-in-"))
		return behind(made, "-in-");
	return of ? of : symbol + strlen("_ZTV");
}

static bool is_vtable(const struct mtr_symbol *sym, uint64_t addr)
{
	return (strncmp(sym->name, "_ZTV", 4) == 0 ||
		strncmp(sym->name, "_ZTC", 4) == 0) &&
	       addr - sym->start >= BEFORE && (addr - sym->start) % WORD == 0;
}

/* ----------------------------------------- by run-time type information */

/* Bytes at @addr; what a core does not have of a file, from that. */
static bool bytes_at(struct mtr_symbols *s, uint64_t addr, void *to, size_t n)
{
	struct mtr_module_file *m, *whole;
	GElf_Addr unused;
	Elf_Data *data;
	uint64_t at;
	Elf *elf;

	if (mtr_target_read(s->target, addr, to, n) == n)
		return true;
	m = mtr_symbols_file_at(s, addr);
	if (!m || !m->mapped->shown.found)
		return false;
	whole = &s->files.at[m->whole];
	elf = whole->dwfl ? dwfl_module_getelf(whole->dwfl, &unused) : NULL;
	at = addr - m->mapped->shown.bias;
	for (size_t i = 0; elf && i < whole->file.loads.n; i++) {
		const GElf_Phdr *load = &whole->file.loads.at[i];

		if (load->p_flags & PF_W || at < load->p_vaddr ||
		    at - load->p_vaddr >= load->p_filesz ||
		    load->p_filesz - (at - load->p_vaddr) < n)
			continue;
		data = elf_getdata_rawchunk(elf,
					    at - load->p_vaddr + load->p_offset,
					    n, ELF_T_BYTE);
		if (!data)
			return false;
		memcpy(to, data->d_buf, n);
		return true;
	}
	return false;
}

/* The bytes at @addr up to their NUL; what there is of a page will do. */
static bool text_at(struct mtr_symbols *s, uint64_t addr,
		    char text[NAME_MAX_BYTES])
{
	enum { STEP = 16 };

	for (size_t n = 0; n < NAME_MAX_BYTES;) {
		size_t step = STEP - (addr + n) % STEP;

		if (step > NAME_MAX_BYTES - n)
			step = NAME_MAX_BYTES - n;
		if (!bytes_at(s, addr + n, text + n, step))
			return false;
		if (memchr(text + n, '\0', step))
			return true;
		n += step;
	}
	return false;
}

static bool in_module(struct mtr_symbols *s, uint64_t addr)
{
	return mtr_modules_find(&s->modules, addr) != NULL;
}

/* "N4shop4bothE": a name that a class may have in type information. */
static bool is_class_name(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_.$";

	return *name && strchr("0123456789NSZ", *name) &&
	       !name[strspn(name, letters)];
}

static struct mtr_error *keep_class(struct mtr_symbols *s, const char *name,
				    const char **ret)
{
	mtr_auto_free char *symbol = NULL, *readable = NULL;
	const char *is;
	char *kept;

	if (asprintf(&symbol, "_ZTI%s", name) < 0) {
		symbol = NULL;
		return mtr_error_nomem();
	}
	readable = mtr_demangle(symbol);
	is = readable ? behind(readable, "typeinfo for ") : NULL;
#ifdef HAVE_LIBIBERTY
	/* then it is no name */
	if (!is)
		return NULL;
#endif
	kept = strdup(is ? is : name);
	return mtr_names_keep(&s->names, kept, ret);
}

/* Nothing but a vtable has all of that before the place that @word names. */
static struct mtr_error *class_by_rtti(struct mtr_symbols *s, uint64_t word,
				       const char **ret)
{
	char text[NAME_MAX_BYTES];
	int64_t head[2], info[2];
	const char *name = text;

	if (!bytes_at(s, word - BEFORE, head, sizeof(head)) || head[0] > 0 ||
	    head[0] < INT32_MIN || head[0] % WORD || head[1] % WORD ||
	    !in_module(s, head[1]) ||
	    !bytes_at(s, head[1], info, sizeof(info)) || info[0] % WORD ||
	    !in_module(s, info[0]) || !in_module(s, info[1]) ||
	    !text_at(s, info[1], text))
		return NULL;
	name += *name == '*'; /* its address tells it, not the text */
	return is_class_name(name) ? keep_class(s, name, ret) : NULL;
}

/* ---------------------------------------------------------------- the whole */

struct mtr_error *mtr_symbols_class(struct mtr_symbols *s, uint64_t word,
				    const char **ret)
{
	const struct mtr_mapped *mapped = mtr_modules_find(&s->modules, word);
	struct mtr_module_file *whole, *m;
	const struct mtr_symbol *sym;
	const char *name;

	*ret = NULL;
	if (!mapped || word % WORD || word < BEFORE)
		return NULL;
	m = &s->files.at[mapped->number];
	MTR_TRY(mtr_symbols_load_data(s, m, &whole));
	sym = whole ? mtr_symtab_at(&whole->objects, word - m->moved) : NULL;
	if (!sym)
		return class_by_rtti(s, word, ret);
	if (!is_vtable(sym, word - m->moved))
		return NULL;
	MTR_TRY(mtr_names_readable(&s->names, sym->name, &name));
	*ret = class_of(name, sym->name);
	return NULL;
}
