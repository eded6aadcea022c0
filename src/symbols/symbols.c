/* SPDX-License-Identifier: MIT */
/*
 * Modules from the target's ranges, and libdwfl behind them. See symbols.h for
 * the contract.
 *
 * A module's file is opened, checked and given to libdwfl when the first
 * address falls in it; its DWARF is read then, and no other.
 */
#include "symbols/symbols.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "symbols/demangle.h"
#include "symbols/elf_file.h"
#include "symbols/scopes.h"
#include "symbols/symtab.h"
#include "target/call_site.h"

/* How many modules back the beginning of one is looked for. */
enum { NEAR = 8 };

struct module {
	struct mtr_module shown; /* what frames point at */
	struct mtr_ranges ranges;
	bool loaded;		   /* its file was looked for */
	struct mtr_elf_file file;  /* if it was found */
	size_t whole;		   /* the module that has what follows */
	uint64_t moved;		   /* address here - address in .whole */
	Dwfl_Module *dwfl;	   /* NULL: no names */
	struct mtr_symtab symtab;  /* by address in the target */
	struct mtr_scopes *scopes; /* NULL: no DWARF */
	bool told_damage;	   /* of those */
	Dwarf_Addr scopes_bias;	   /* address in the target - in .scopes */
};

/* A range of a module, to find the module by address. */
struct piece {
	uint64_t start, end;
	size_t module;
	bool code; /* may be */
};

MTR_VECTOR(modules, struct module);
MTR_VECTOR(pieces, struct piece);

struct mtr_symbols {
	struct mtr_target *target;
	char *exe;	  /* given by the user, or NULL */
	char *root;	  /* before every path */
	bool own_root;	  /* .root is the target's, not the user's */
	char *debug_path; /* what .callbacks points at */
	Dwfl_Callbacks callbacks;
	Dwfl *dwfl;
	struct modules modules; /* complete once open: frames point in */
	size_t mapped;		/* so many; the rest is gone */
	size_t executable;	/* index of that; .mapped: none */
	struct pieces pieces;	/* by address */
	struct mtr_strings names;
	struct mtr_scope_chain chain; /* of one look-up, kept for its room */
	bool told_unchecked, told_unsure;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ------------------------------------------------------- modules of a target
 */

static bool is_module(const struct mtr_range *r)
{
	return r->path && (r->path[0] == '/' || !strcmp(r->path, "[vdso]"));
}

static bool continues(const struct module *m, const struct mtr_range *r)
{
	return !strcmp(m->shown.path, r->path) &&
	       m->ranges.at[m->ranges.n - 1].offset <= r->offset;
}

/*
 * The module that @r is a further piece of. In the gaps between its pieces
 * other mappings may lie. The beginning of a file begins a module.
 */
static struct module *find_beginning(struct modules *v,
				     const struct mtr_range *r)
{
	for (size_t i = v->n; r->offset && i > 0 && v->n - i < NEAR; i--)
		if (continues(&v->at[i - 1], r))
			return &v->at[i - 1];
	return NULL;
}

static struct mtr_error *add_range(struct mtr_symbols *s,
				   const struct mtr_range *r)
{
	struct piece *piece = pieces_push(&s->pieces);
	struct module *m = find_beginning(&s->modules, r);
	struct mtr_range *kept;

	if (!m) {
		m = modules_push(&s->modules);
		if (!m)
			return mtr_error_nomem();
		*m = (struct module){ .shown = {
					      .path = r->path,
					      .name = last_part(r->path),
					      .start = r->start,
					      .bias = r->start - r->offset,
				      },
				      .file = { .fd = -1 },
				      .whole = s->modules.n - 1 };
	}
	kept = mtr_ranges_push(&m->ranges);
	if (!piece || !kept)
		return mtr_error_nomem();
	*kept = *r;
	m->shown.end = r->end;
	*piece = (struct piece){ r->start, r->end, (size_t)(m - s->modules.at),
				 r->prot < 0 || r->prot & MTR_PROT_EXEC };
	return NULL;
}

/* The path that the target knows may be a link, or relative. */
static size_t find_executable(const struct mtr_symbols *s)
{
	const char *path = mtr_target_exe(s->target);
	size_t by_name = 0;

	for (size_t i = s->modules.n; path && i > 0; i--) {
		const struct mtr_module *m = &s->modules.at[i - 1].shown;

		if (!strcmp(m->path, path))
			return i - 1;
		if (!strcmp(m->name, last_part(path)))
			by_name = i - 1;
	}
	return by_name;
}

static bool ids_equal(const struct mtr_build_id *a,
		      const struct mtr_build_id *b)
{
	return a->n && a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* Is @gone mapped, where it was, or known already by another path? */
static bool is_there(struct mtr_symbols *s, const struct mtr_gone *gone)
{
	struct mtr_build_id id;

	for (size_t i = 0; i < s->modules.n; i++) {
		const struct mtr_module *m = &s->modules.at[i].shown;

		if (m->gone && m->bias == gone->bias &&
		    ids_equal(&m->build_id, &gone->build_id))
			return true;
		if (m->gone || m->start != (gone->start & -UINT64_C(4096)))
			continue;
		mtr_target_build_id(s->target, m->start, &id);
		if (ids_equal(&id, &gone->build_id) ||
		    ((!id.n || !gone->build_id.n) &&
		     strcmp(m->name, last_part(gone->path)) == 0))
			return true;
	}
	return false;
}

static struct mtr_error *add_gone(struct mtr_symbols *s,
				  const struct mtr_gone *gone)
{
	struct module *m;

	if (is_there(s, gone))
		return NULL;
	m = modules_push(&s->modules);
	if (!m)
		return mtr_error_nomem();
	*m = (struct module){ .shown = {
				      .path = gone->path,
				      .name = last_part(gone->path),
				      .start = gone->start,
				      .end = gone->end,
				      .bias = gone->bias,
				      .build_id = gone->build_id,
				      .gone = true,
			      },
			      .file = { .fd = -1 },
			      .whole = s->modules.n - 1 };
	return NULL;
}

static struct mtr_error *
collect_modules(struct mtr_symbols *s,
		const struct mtr_symbols_options *options)
{
	const struct mtr_ranges *ranges = mtr_target_ranges(s->target);

	for (size_t i = 0; i < ranges->n; i++)
		if (is_module(&ranges->at[i]))
			MTR_TRY(add_range(s, &ranges->at[i]));
	s->executable = find_executable(s);
	s->mapped = s->modules.n;
	for (size_t i = 0; i < options->n_gone; i++)
		MTR_TRY(add_gone(s, &options->gone[i]));
	return NULL;
}

static const struct piece *find_piece(const struct mtr_symbols *s,
				      uint64_t addr)
{
	size_t low = 0, high = s->pieces.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->pieces.at[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || addr >= s->pieces.at[low - 1].end)
		return NULL;
	return &s->pieces.at[low - 1];
}

/* -------------------------------------------------------- a module's file */

static void cleanup_strbuf(struct mtr_strbuf *b)
{
	mtr_strbuf_fini(b);
}

static void cleanup_file(struct mtr_elf_file *f)
{
	mtr_elf_file_close(f);
}

static bool is_executable(const struct mtr_symbols *s, const struct module *m)
{
	return m == &s->modules.at[s->executable];
}

static bool opens(const char *path, struct mtr_elf_file *ret)
{
	mtr_auto_error struct mtr_error *error = mtr_elf_file_open(path, ret);

	return !error;
}

/*
 * A process holds the files that it maps, though they may be deleted by now, or
 * replaced. Most users may open the executable this way, root the rest too.
 */
static bool open_mapped(struct mtr_symbols *s, struct module *m,
			struct mtr_elf_file *ret)
{
	const struct mtr_range *r = m->ranges.at;
	int pid = mtr_target_pid(s->target);
	char path[96];

	if (mtr_target_kind(s->target) != MTR_TARGET_LIVE || !s->own_root)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
		 pid, r->start, r->end);
	if (opens(path, ret))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return is_executable(s, m) && opens(path, ret);
}

/* *name is set to where the file should stand, opened there or not. */
static struct mtr_error *open_file(struct mtr_symbols *s, struct module *m,
				   struct mtr_strbuf *name,
				   struct mtr_elf_file *ret)
{
	bool replaced = s->exe && is_executable(s, m);

	mtr_strbuf_add(name, replaced ? s->exe : s->root);
	if (!replaced)
		mtr_strbuf_add(name, m->shown.path);
	if (name->failed)
		return mtr_error_nomem();
	if (!replaced && open_mapped(s, m, ret))
		return NULL;
	return mtr_elf_file_open(mtr_strbuf_text(name), ret);
}

static struct mtr_error *other_id(const struct module *m, const char *name,
				  const struct mtr_elf_file *file)
{
	char here[MTR_BUILD_ID_TEXT], there[MTR_BUILD_ID_TEXT];

	return mtr_error_create("the build-id of %s is %s, but %s was running",
				name, mtr_build_id_text(&file->build_id, here),
				mtr_build_id_text(&m->shown.build_id, there));
}

/*
 * Is @file what was running? Where nothing in the target can tell, it is used:
 * most cores are read where they were made. But the user hears of it. A live
 * process was seen to map this very path.
 */
static struct mtr_error *check_file(struct mtr_symbols *s,
				    const struct module *m, const char *name,
				    const struct mtr_elf_file *file)
{
	enum mtr_likeness likeness = MTR_UNSEEN;

	if (m->ranges.at[0].offset == 0)
		likeness = mtr_elf_file_compare(file, s->target, m->shown.start,
						&m->shown.build_id);
	switch (likeness) {
	case MTR_OTHER_ID:
		return other_id(m, name, file);
	case MTR_OTHER_HEADER:
		return mtr_error_create("%s is not what was running: "
					"its ELF header differs",
					name);
	case MTR_PERHAPS:
		if (mtr_target_kind(s->target) == MTR_TARGET_LIVE)
			return NULL;
		break;
	case MTR_UNSEEN:
		break;
	case MTR_SAME:
		return NULL;
	}
	if (!s->told_unchecked)
		mtr_target_warn(s->target,
				"%s: nothing tells whether it is the file that "
				"was running: if not, its names are wrong",
				name);
	s->told_unchecked = true;
	return NULL;
}

static int weakness_of(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

static bool is_function(const GElf_Sym *sym, GElf_Word section)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC ||
		type == STT_NOTYPE) &&
	       section != SHN_UNDEF && section != SHN_ABS;
}

static struct mtr_error *read_symtab(struct module *m)
{
	int n = dwfl_module_getsymtab(m->dwfl);

	for (int i = 0; i < n; i++) {
		GElf_Word section;
		GElf_Addr addr;
		GElf_Sym sym;
		const char *name = dwfl_module_getsym_info(
			m->dwfl, i, &sym, &addr, &section, NULL, NULL);

		if (!name || !is_function(&sym, section))
			continue;
		if (!mtr_symtab_add(&m->symtab, addr, sym.st_size,
				    weakness_of(&sym), name))
			return mtr_error_nomem();
	}
	return mtr_symtab_sort(&m->symtab) ? NULL : mtr_error_nomem();
}

/* Are there no names but those that it exports, in it or in a debug file? */
static bool is_stripped(struct module *m)
{
	const char *debug_file = NULL;
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(m->dwfl, &bias);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	dwfl_module_info(m->dwfl, NULL, NULL, NULL, NULL, NULL, NULL,
			 &debug_file);
	if (!elf || debug_file)
		return false;
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    header.sh_type == SHT_SYMTAB)
			return false;
	return true;
}

/* Hand @file to libdwfl, which owns its descriptor from then on. */
static struct mtr_error *report(struct mtr_symbols *s, struct module *m,
				const char *name, struct mtr_elf_file *file)
{
	Dwarf *dwarf;

	dwfl_report_begin_add(s->dwfl);
	m->dwfl = dwfl_report_elf(s->dwfl, m->shown.path, name, file->fd,
				  m->shown.bias, true);
	if (m->dwfl)
		file->fd = -1;
	dwfl_report_end(s->dwfl, NULL, NULL);
	if (!m->dwfl)
		return mtr_error_create("%s: %s", name, dwfl_errmsg(-1));
	dwarf = dwfl_module_getdwarf(m->dwfl, &m->scopes_bias);
	if (dwarf)
		MTR_TRY(mtr_scopes_create(dwarf, &m->scopes));
	MTR_TRY(read_symtab(m));
	m->shown.stripped = !dwarf && is_stripped(m);
	return NULL;
}

/* Where a module that is gone may be found: by its build-id alone. */
static bool opens_gone(const struct module *m, struct mtr_strbuf *path,
		       struct mtr_elf_file *ret)
{
	const struct mtr_build_id *id = &m->shown.build_id;

	if (path->failed || !opens(mtr_strbuf_text(path), ret))
		return false;
	if (ids_equal(&ret->build_id, id))
		return true;
	mtr_elf_file_close(ret);
	*ret = (struct mtr_elf_file){ .fd = -1 };
	return false;
}

/*
 * A relative path counts from where the program was; which may be where it is,
 * or where it was started from.
 */
static bool open_gone(struct mtr_symbols *s, const struct module *m,
		      struct mtr_strbuf *path, struct mtr_elf_file *ret)
{
	const char *exe = mtr_target_exe(s->target);
	const char *slash = exe ? strrchr(exe, '/') : NULL;

	mtr_strbuf_add(path, s->root);
	mtr_strbuf_add(path, m->shown.path);
	if (m->shown.path[0] == '/')
		return opens_gone(m, path, ret);
	if (mtr_target_kind(s->target) == MTR_TARGET_LIVE) {
		mtr_strbuf_fini(path);
		mtr_strbuf_printf(path, "/proc/%d/cwd/%s",
				  mtr_target_pid(s->target), m->shown.path);
		if (opens_gone(m, path, ret))
			return true;
	}
	if (slash) {
		mtr_strbuf_fini(path);
		mtr_strbuf_printf(path, "%s%.*s/%s", s->root,
				  (int)(slash - exe), exe, m->shown.path);
		if (opens_gone(m, path, ret))
			return true;
	}
	mtr_strbuf_fini(path);
	mtr_strbuf_add(path, m->shown.path);
	return opens_gone(m, path, ret);
}

static struct mtr_error *load_gone(struct mtr_symbols *s, struct module *m)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };
	mtr_cleanup(cleanup_file) struct mtr_elf_file file = { .fd = -1 };
	char id[MTR_BUILD_ID_TEXT];

	if (!m->shown.build_id.n)
		return mtr_error_create("it was unloaded, and has no build-id "
					"to know its file by");
	if (!m->shown.path[0] || !open_gone(s, m, &path, &file))
		return mtr_error_create(
			"it was unloaded, and no file with its "
			"build-id %s is there",
			mtr_build_id_text(&m->shown.build_id, id));
	MTR_TRY(report(s, m, mtr_strbuf_text(&path), &file));
	m->file = file;
	file = (struct mtr_elf_file){ .fd = -1 };
	m->shown.found = true;
	return NULL;
}

static struct mtr_error *load(struct mtr_symbols *s, struct module *m)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf name = { 0 };
	mtr_cleanup(cleanup_file) struct mtr_elf_file file = { .fd = -1 };
	uint64_t bias;

	if (m->ranges.at[0].offset == 0) {
		mtr_target_build_id(s->target, m->shown.start,
				    &m->shown.build_id);
		/* without the file, the offset is what its tools take, too */
		mtr_target_bias(s->target, m->shown.start, &m->shown.bias);
	}
	MTR_TRY(open_file(s, m, &name, &file));
	MTR_TRY(check_file(s, m, mtr_strbuf_text(&name), &file));
	if (!mtr_elf_file_bias(&file, m->ranges.at, m->ranges.n, &bias))
		return mtr_error_create("%s is not what was running: "
					"it would lie otherwise in memory",
					mtr_strbuf_text(&name));
	m->shown.bias = bias;
	MTR_TRY(report(s, m, mtr_strbuf_text(&name), &file));
	m->file = file;
	file = (struct mtr_elf_file){ .fd = -1 };
	m->shown.found = true;
	return NULL;
}

static void load_once(struct mtr_symbols *s, struct module *m);

/*
 * A program may map a piece of its file once more, far from the rest: node does
 * so with code.
 */
static struct module *find_whole(struct mtr_symbols *s, const struct module *m)
{
	for (size_t i = 0; m->ranges.at[0].offset && i < s->modules.n; i++) {
		struct module *whole = &s->modules.at[i];

		if (whole->ranges.n > 1 && !whole->ranges.at[0].offset &&
		    !strcmp(whole->shown.path, m->shown.path))
			return whole;
	}
	return NULL;
}

/* The names of @m, a piece, are those of @whole, if that has any. */
static struct mtr_error *share(struct mtr_symbols *s, struct module *m,
			       struct module *whole)
{
	uint64_t bias;

	load_once(s, whole);
	m->shown.build_id = whole->shown.build_id;
	if (!whole->shown.found)
		return NULL;
	if (!mtr_elf_file_part_bias(&whole->file, m->ranges.at, m->ranges.n,
				    &bias))
		return mtr_error_create("a piece of it lies elsewhere");
	m->whole = (size_t)(whole - s->modules.at);
	m->moved = bias - whole->shown.bias;
	m->shown.bias = bias;
	m->shown.found = true;
	m->shown.stripped = whole->shown.stripped;
	return NULL;
}

/* What has no file on disk to look into has no names, and nothing is missing.
 */
static void load_once(struct mtr_symbols *s, struct module *m)
{
	mtr_auto_error struct mtr_error *error = NULL;
	struct module *whole;

	if (m->loaded || (m->shown.path[0] != '/' && !m->shown.gone))
		return;
	m->loaded = true;
	whole = m->shown.gone ? NULL : find_whole(s, m);
	error = m->shown.gone ? load_gone(s, m)
		: whole	      ? share(s, m, whole)
			      : load(s, m);
	if (error)
		mtr_target_warn(s->target, "no names for %s: %s", m->shown.name,
				mtr_error_text(error));
}

/* ------------------------------------------------------------------ names */

/* Give @text, which may be NULL, to @s. */
static struct mtr_error *keep(struct mtr_symbols *s, char *text,
			      const char **ret)
{
	char **slot = text ? mtr_strings_push(&s->names) : NULL;

	if (!slot) {
		free(text);
		return mtr_error_nomem();
	}
	*slot = text;
	*ret = text;
	return NULL;
}

/* @name as it is read. "@VERSION" is no part of it. */
static struct mtr_error *readable_name(struct mtr_symbols *s, const char *name,
				       const char **ret)
{
	mtr_auto_free char *bare = strndup(name, strcspn(name, "@"));
	char *demangled = bare ? mtr_demangle(bare) : NULL;

	return keep(s, demangled ? demangled : mtr_take(bare), ret);
}

static struct mtr_error *file_name(struct mtr_symbols *s,
				   const struct mtr_scope *scope,
				   const char **ret)
{
	char *joined;

	if (!scope->dir) {
		*ret = scope->file;
		return NULL;
	}
	if (asprintf(&joined, "%s/%s", scope->dir, scope->file) < 0)
		joined = NULL;
	return keep(s, joined, ret);
}

static bool is_mangled(const char *symbol)
{
	return symbol[0] == '_' && (symbol[1] == 'Z' || symbol[1] == 'R');
}

static struct mtr_error *function_name(struct mtr_symbols *s,
				       const struct module *m,
				       struct mtr_scope *scope,
				       const char *symbol, const char **ret)
{
	/* glibc's functions have a linkage name that is no mangled one. */
	if (scope->linkage && (is_mangled(scope->linkage) || !scope->name))
		return readable_name(s, scope->linkage, ret);
	/* A bare name tells less than a mangled one. */
	if (symbol && (!scope->name || is_mangled(symbol)))
		return readable_name(s, symbol, ret);
	if (m->scopes)
		return mtr_scopes_full_name(m->scopes, scope, ret);
	*ret = scope->name;
	return NULL;
}

static void warn_of_damage(struct mtr_symbols *s, struct module *m)
{
	if (m->told_damage || !m->scopes || !mtr_scopes_damaged(m->scopes))
		return;
	m->told_damage = true;
	mtr_target_warn(s->target,
			"the debug information of %s is damaged: names may be "
			"missing or short",
			m->shown.name);
}

static struct mtr_error *find_names(struct mtr_symbols *s, struct module *m,
				    uint64_t addr, struct mtr_frames *ret)
{
	struct module *whole = &s->modules.at[m->whole];
	const char *symbol = mtr_symtab_find(&whole->symtab, addr - m->moved);
	struct mtr_scope unknown = { 0 };

	s->chain.n = 0;
	if (whole->scopes)
		MTR_TRY(mtr_scopes_find(whole->scopes,
					addr - m->moved - whole->scopes_bias,
					&s->chain));
	for (size_t i = 0; i < s->chain.n || i == 0; i++) {
		struct mtr_scope *scope =
			s->chain.n ? &s->chain.at[i] : &unknown;
		struct mtr_frame *frame = mtr_frames_push(ret);

		if (!frame)
			return mtr_error_nomem();
		*frame = (struct mtr_frame){
			.line = scope->line,
			.module = &m->shown,
			.inlined = scope->inlined,
		};
		MTR_TRY(file_name(s, scope, &frame->file));
		MTR_TRY(function_name(s, whole, scope,
				      scope->inlined ? NULL : symbol,
				      &frame->function));
	}
	warn_of_damage(s, whole);
	return NULL;
}

/* -------------------------------------------------------- whose code it is */

/* False: not by what the file says. Without a file it may. */
static bool may_call(struct mtr_symbols *s, struct module *m, uint64_t pc)
{
	uint64_t addr = pc - MTR_CALL_BYTES - m->shown.bias;
	GElf_Addr unused;
	Elf *elf;

	load_once(s, m);
	elf = m->dwfl ? dwfl_module_getelf(m->dwfl, &unused) : NULL;
	for (size_t i = 0; elf && i < m->file.loads.n; i++) {
		const GElf_Phdr *load = &m->file.loads.at[i];
		Elf_Data *code;

		if (addr < load->p_vaddr ||
		    addr - load->p_vaddr + MTR_CALL_BYTES > load->p_filesz)
			continue;
		code = elf_getdata_rawchunk(
			elf, addr - load->p_vaddr + load->p_offset,
			MTR_CALL_BYTES, ELF_T_BYTE);
		return !code ||
		       mtr_ends_with_call(mtr_target_machine(s->target),
					  code->d_buf);
	}
	return !elf;
}

static bool holds(const struct module *m, uint64_t addr)
{
	return addr >= m->shown.start && addr < m->shown.end;
}

/*
 * The module whose code @pc is a return address into: what is mapped there, or
 * what was. Where there are several, that in which a call ends there. NULL:
 * none, or still several.
 */
static struct module *find_code(struct mtr_symbols *s, uint64_t pc)
{
	const struct piece *piece = find_piece(s, pc - 1);
	struct module *there = NULL, *found = NULL;
	size_t n = 0, calls = 0;

	if (piece && piece->code)
		there = &s->modules.at[piece->module];
	for (size_t i = s->mapped; i < s->modules.n; i++)
		n += holds(&s->modules.at[i], pc - 1);
	if (!n)
		return there;
	if (there && may_call(s, there, pc)) {
		found = there;
		calls++;
	}
	for (size_t i = s->mapped; i < s->modules.n; i++) {
		struct module *m = &s->modules.at[i];

		if (holds(m, pc - 1) &&
		    (n + !!there == 1 || may_call(s, m, pc))) {
			found = m;
			calls++;
		}
	}
	if (calls > 1 && !s->told_unsure)
		mtr_target_warn(s->target,
				"where %s is, or was, another object was "
				"loaded at another time: callers that may be "
				"of either have no name",
				found->shown.name);
	s->told_unsure |= calls > 1;
	return calls == 1 ? found : NULL;
}

struct mtr_error *mtr_symbols_resolve(struct mtr_symbols *s, uint64_t pc,
				      struct mtr_frames *ret)
{
	struct module *m = pc ? find_code(s, pc) : NULL;
	struct mtr_frame *frame;

	if (m)
		load_once(s, m);
	if (m && m->shown.found)
		return find_names(s, m, pc - 1, ret);
	frame = mtr_frames_push(ret);
	if (!frame)
		return mtr_error_nomem();
	*frame = (struct mtr_frame){ .module = m ? &m->shown : NULL };
	return NULL;
}

const struct mtr_module *mtr_symbols_module(struct mtr_symbols *s,
					    uint64_t addr)
{
	const struct piece *piece = find_piece(s, addr);

	return piece ? &s->modules.at[piece->module].shown : NULL;
}

/* ---------------------------------------------------------- open and close */

static struct mtr_error *real_path(const char *path, char **ret)
{
	*ret = realpath(path, NULL);
	return *ret ? NULL : mtr_error_errno(errno, "%s", path);
}

/* Tell early of a file that the user named and that is of no use. */
static struct mtr_error *take_exe(struct mtr_symbols *s, const char *exe)
{
	mtr_cleanup(cleanup_file) struct mtr_elf_file file = { .fd = -1 };

	MTR_TRY(mtr_elf_file_open(exe, &file));
	return real_path(exe, &s->exe);
}

static struct mtr_error *take_root(struct mtr_symbols *s, const char *sysroot)
{
	s->own_root = !sysroot;
	if (sysroot)
		return real_path(sysroot, &s->root);
	s->root = strdup(mtr_target_root(s->target));
	return s->root ? NULL : mtr_error_nomem();
}

/* libdwfl looks for build-ids below absolute paths only. */
static struct mtr_error *set_debug_path(struct mtr_symbols *s, const char *dir)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };
	mtr_auto_free char *absolute = NULL;

	mtr_strbuf_add(&path, ":.debug");
	if (dir) {
		MTR_TRY(real_path(dir, &absolute));
		mtr_strbuf_printf(&path, ":%s", absolute);
	}
	if (s->root[0])
		mtr_strbuf_printf(&path, ":%s/usr/lib/debug", s->root);
	mtr_strbuf_add(&path, ":/usr/lib/debug");
	s->debug_path = path.failed ? NULL : strdup(mtr_strbuf_text(&path));
	return s->debug_path ? NULL : mtr_error_nomem();
}

static struct mtr_error *set_up(struct mtr_symbols *s,
				const struct mtr_symbols_options *options)
{
	if (options->exe)
		MTR_TRY(take_exe(s, options->exe));
	MTR_TRY(take_root(s, options->sysroot));
	MTR_TRY(set_debug_path(s, options->debug_dir));
	/* libdwfl asks whatever servers this names, and no other way there is
	 * to stop it than to take the name away. */
	if (!options->debuginfod)
		unsetenv("DEBUGINFOD_URLS");
	s->callbacks = (Dwfl_Callbacks){
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.debuginfo_path = &s->debug_path,
	};
	s->dwfl = dwfl_begin(&s->callbacks);
	if (!s->dwfl)
		return mtr_error_create("libdwfl: %s", dwfl_errmsg(-1));
	return collect_modules(s, options);
}

struct mtr_error *mtr_symbols_open(struct mtr_target *t,
				   const struct mtr_symbols_options *options,
				   struct mtr_symbols **ret)
{
	struct mtr_symbols *s = calloc(1, sizeof(*s));
	struct mtr_error *error;

	if (!s)
		return mtr_error_nomem();
	s->target = t;
	error = set_up(s, options);
	if (error)
		mtr_symbols_close(mtr_take(s));
	*ret = s;
	return error;
}

void mtr_symbols_close(struct mtr_symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->modules.n; i++) {
		mtr_scopes_destroy(s->modules.at[i].scopes);
		mtr_symtab_fini(&s->modules.at[i].symtab);
		mtr_elf_file_close(&s->modules.at[i].file);
		mtr_ranges_fini(&s->modules.at[i].ranges);
	}
	for (size_t i = 0; i < s->names.n; i++)
		free(s->names.at[i]);
	mtr_strings_fini(&s->names);
	modules_fini(&s->modules);
	pieces_fini(&s->pieces);
	mtr_scope_chain_fini(&s->chain);
	if (s->dwfl)
		dwfl_end(s->dwfl);
	free(s->exe);
	free(s->root);
	free(s->debug_path);
	free(s);
}
