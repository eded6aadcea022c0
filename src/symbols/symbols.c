/* SPDX-License-Identifier: MIT */
/*
 * Answers to the questions of symbols.h.
 */
#include "symbols/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "symbols/symbols_impl.h"
#include "target/call_site.h"

static void cleanup_strbuf(struct mtr_strbuf *b)
{
	mtr_strbuf_fini(b);
}

static void cleanup_file(struct mtr_elf_file *f)
{
	mtr_elf_file_close(f);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ------------------------------------------------------- modules of a target
 */

/* The path that the target knows may be a link, or relative. */
static size_t find_executable(const struct mtr_symbols *s)
{
	const char *path = mtr_target_exe(s->target);
	size_t by_name = 0;

	for (size_t i = s->files.n; path && i > 0; i--) {
		const struct mtr_module *m = &s->files.at[i - 1].mapped->shown;

		if (m->gone)
			continue;
		if (!strcmp(m->path, path))
			return i - 1;
		if (!strcmp(m->name, last_part(path)))
			by_name = i - 1;
	}
	return by_name;
}

/* Is @gone mapped, where it was, or known already by another path? */
static bool is_there(struct mtr_symbols *s, const struct mtr_gone *gone)
{
	const struct mtr_mapped *there =
		mtr_modules_find(&s->modules, gone->start & -UINT64_C(4096));
	struct mtr_build_id id;

	for (size_t i = 0; i < s->modules.gone.n; i++) {
		const struct mtr_module *m = &s->modules.gone.at[i]->shown;

		if (m->bias == gone->bias && m->build_id.n &&
		    mtr_build_id_same(&m->build_id, &gone->build_id))
			return true;
	}
	if (!there || there->shown.start != (gone->start & -UINT64_C(4096)))
		return false;
	mtr_target_build_id(s->target, there->shown.start, &id);
	if (id.n && gone->build_id.n)
		return mtr_build_id_same(&id, &gone->build_id);
	return strcmp(there->shown.name, last_part(gone->path)) == 0;
}

static struct mtr_error *collect_modules(struct mtr_symbols *s,
					 const struct mtr_gone *gone, size_t n)
{
	MTR_TRY(mtr_modules_update(&s->modules, mtr_target_ranges(s->target)));
	for (size_t i = 0; i < n; i++)
		if (!is_there(s, &gone[i]))
			MTR_TRY(mtr_modules_add_gone(&s->modules, &gone[i]));
	if (!mtr_module_files_reserve(&s->files, s->modules.list.n))
		return mtr_error_nomem();
	while (s->files.n < s->modules.list.n) {
		s->files.at[s->files.n] = (struct mtr_module_file){
			.mapped = s->modules.list.at[s->files.n],
			.file = { .fd = -1 },
			.whole = s->files.n,
			.alt_fd = -1,
		};
		s->files.n++;
	}
	s->executable = find_executable(s);
	return NULL;
}

static struct mtr_module_file *module_of(struct mtr_symbols *s,
					 const struct mtr_mapped *mapped)
{
	return mapped ? &s->files.at[mapped->number] : NULL;
}

/* ------------------------------------------------------------------ names */

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
	return mtr_names_keep(&s->names, joined, ret);
}

static bool is_mangled(const char *symbol)
{
	return symbol[0] == '_' && (symbol[1] == 'Z' || symbol[1] == 'R');
}

static struct mtr_error *function_name(struct mtr_symbols *s,
				       const struct mtr_module_file *m,
				       struct mtr_scope *scope,
				       const char *symbol, const char **ret)
{
	/* glibc's functions have a linkage name that is no mangled one. */
	if (scope->linkage && (is_mangled(scope->linkage) || !scope->name))
		return mtr_names_readable(&s->names, scope->linkage, ret);
	/* A bare name tells less than a mangled one. */
	if (symbol && (!scope->name || is_mangled(symbol)))
		return mtr_names_readable(&s->names, symbol, ret);
	if (m->scopes)
		return mtr_scopes_full_name(m->scopes, scope, ret);
	*ret = scope->name;
	return NULL;
}

static bool is_cut_short(const struct mtr_module_file *m)
{
	for (int i = 0; i < MTR_FILE_GUARDS; i++)
		if (mtr_map_watch_failed(m->guards[i]))
			return true;
	return false;
}

void mtr_symbols_warn_of_damage(struct mtr_symbols *s,
				struct mtr_module_file *m)
{
	const char *name = m->mapped->shown.name, *refused = NULL;
	bool cut = !m->told && is_cut_short(m);
	bool damaged = false;

	if (!m->told && m->scopes) {
		refused = mtr_scopes_refused(m->scopes);
		damaged = mtr_scopes_damaged(m->scopes) ||
			  (m->variables && mtr_variables_damaged(m->variables));
	}
	m->told |= cut || refused || damaged;
	if (cut)
		mtr_target_warn(s->target,
				"the file of %s, or of its debug information, "
				"was cut short while it was read: names may be "
				"missing or wrong",
				name);
	else if (refused)
		mtr_target_warn(s->target,
				"%s, which the debug information of %s names, "
				"is not a regular file: it is left out",
				refused, name);
	else if (damaged)
		mtr_target_warn(s->target,
				"the debug information of %s is damaged: names "
				"may be missing or short",
				name);
}

static struct mtr_error *find_names(struct mtr_symbols *s,
				    struct mtr_module_file *m, uint64_t addr,
				    struct mtr_frames *ret)
{
	struct mtr_module_file *whole = &s->files.at[m->whole];
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
			.module = &m->mapped->shown,
			.inlined = scope->inlined,
		};
		MTR_TRY(file_name(s, scope, &frame->file));
		MTR_TRY(function_name(s, whole, scope,
				      scope->inlined ? NULL : symbol,
				      &frame->function));
	}
	mtr_symbols_warn_of_damage(s, whole);
	return NULL;
}

/* -------------------------------------------------------- whose code it is */

/* False: not by what the file says. Without a file it may. */
static bool may_call(struct mtr_symbols *s, struct mtr_module_file *m,
		     uint64_t pc)
{
	const struct mtr_module_file *whole;
	uint64_t addr;
	GElf_Addr unused;
	Elf *elf;

	mtr_symbols_load(s, m);
	addr = pc - MTR_CALL_BYTES - m->mapped->shown.bias;
	whole = &s->files.at[m->whole];
	elf = whole->dwfl ? dwfl_module_getelf(whole->dwfl, &unused) : NULL;
	for (size_t i = 0; elf && i < whole->file.loads.n; i++) {
		const GElf_Phdr *load = &whole->file.loads.at[i];
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

static bool holds(const struct mtr_mapped *m, uint64_t addr)
{
	return addr >= m->shown.start && addr < m->shown.end;
}

/*
 * The module whose code @pc is a return address into: what is mapped there, or
 * what was. Where there are several, that in which a call ends there. NULL:
 * none, or still several.
 */
static struct mtr_module_file *find_code(struct mtr_symbols *s, uint64_t pc)
{
	const struct mtr_piece *piece = mtr_modules_piece(&s->modules, pc - 1);
	const struct mtr_mapped_list *gone = &s->modules.gone;
	struct mtr_module_file *there = NULL, *found = NULL;
	size_t n = 0, calls = 0;

	if (piece && piece->code)
		there = module_of(s, piece->module);
	for (size_t i = 0; i < gone->n; i++)
		n += holds(gone->at[i], pc - 1);
	if (!n)
		return there;
	if (there && may_call(s, there, pc)) {
		found = there;
		calls++;
	}
	for (size_t i = 0; i < gone->n; i++) {
		struct mtr_module_file *m = module_of(s, gone->at[i]);

		if (holds(gone->at[i], pc - 1) &&
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
				found->mapped->shown.name);
	s->told_unsure |= calls > 1;
	return calls == 1 ? found : NULL;
}

struct mtr_error *mtr_symbols_resolve(struct mtr_symbols *s, uint64_t pc,
				      struct mtr_frames *ret)
{
	size_t known;
	const struct mtr_frame *frames = mtr_known_frames(s, pc, &known);
	struct mtr_module_file *m;
	struct mtr_frame *frame;

	if (frames) {
		if (!mtr_frames_reserve(ret, ret->n + known))
			return mtr_error_nomem();
		memcpy(ret->at + ret->n, frames, known * sizeof(*frames));
		ret->n += known;
		return NULL;
	}
	m = pc ? find_code(s, pc) : NULL;
	if (m)
		mtr_symbols_load(s, m);
	if (m && m->mapped->shown.found)
		return find_names(s, m, pc - 1, ret);
	frame = mtr_frames_push(ret);
	if (!frame)
		return mtr_error_nomem();
	*frame = (struct mtr_frame){ .module = m ? &m->mapped->shown : NULL };
	return NULL;
}

const struct mtr_module *mtr_symbols_module(struct mtr_symbols *s,
					    uint64_t addr)
{
	const struct mtr_mapped *m = mtr_modules_find(&s->modules, addr);

	return m ? &m->shown : NULL;
}

/* ---------------------------------------------------------- open and close */

static struct mtr_error *real_path(const char *path, char **ret)
{
	*ret = realpath(path, NULL);
	return *ret ? NULL : mtr_error_errno(errno, "%s", path);
}

static struct mtr_error *real_dir(const char *path, char **ret)
{
	struct stat st;

	MTR_TRY(real_path(path, ret));
	if (stat(*ret, &st))
		return mtr_error_errno(errno, "%s", path);
	return S_ISDIR(st.st_mode) ? NULL
				   : mtr_error_errno(ENOTDIR, "%s", path);
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
		return real_dir(sysroot, &s->root);
	s->root = strdup(mtr_target_root(s->target));
	return s->root ? NULL : mtr_error_nomem();
}

static struct mtr_error *set_debug_dirs(struct mtr_symbols *s, const char *dir)
{
	static const char usual[] = "/usr/lib/debug";
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf below = { 0 };
	mtr_auto_free char *absolute = NULL;

	if (dir) {
		MTR_TRY(real_dir(dir, &absolute));
		MTR_TRY(mtr_debug_dirs_add(&s->debug_dirs, absolute));
	}
	mtr_strbuf_printf(&below, "%s%s", s->root, usual);
	if (below.failed)
		return mtr_error_nomem();
	if (s->root[0])
		MTR_TRY(mtr_debug_dirs_add(&s->debug_dirs,
					   mtr_strbuf_text(&below)));
	return mtr_debug_dirs_add(&s->debug_dirs, usual);
}

static struct mtr_error *set_up(struct mtr_symbols *s,
				const struct mtr_symbols_options *options)
{
	if (options->exe)
		MTR_TRY(take_exe(s, options->exe));
	MTR_TRY(take_root(s, options->sysroot));
	MTR_TRY(set_debug_dirs(s, options->debug_dir));
	s->debuginfod = options->debuginfod;
	/* libdwfl asks whatever servers this names, and no other way there is
	 * to stop it than to take the name away. */
	if (!options->debuginfod)
		unsetenv("DEBUGINFOD_URLS");
	s->dwfl = dwfl_begin(mtr_symbols_callbacks());
	if (!s->dwfl)
		return mtr_error_create("libdwfl: %s", dwfl_errmsg(-1));
	MTR_TRY(collect_modules(s, options->gone, options->n_gone));
	s->known.eager = options->exe || options->sysroot ||
			 options->debug_dir || options->debuginfod;
	return mtr_known_load(s);
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

struct mtr_error *mtr_symbols_follow(struct mtr_symbols *s,
				     struct mtr_target *t,
				     const struct mtr_gone *gone, size_t n_gone)
{
	s->target = t;
	s->tls.known = false;
	s->tls.list.n = 0;
	return collect_modules(s, gone, n_gone);
}

void mtr_symbols_close(struct mtr_symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->files.n; i++)
		mtr_module_file_unwatch(&s->files.at[i]);
	if (s->dwfl)
		dwfl_end(s->dwfl);
	for (size_t i = 0; i < s->files.n; i++)
		mtr_module_file_fini(&s->files.at[i]);
	mtr_module_files_fini(&s->files);
	mtr_known_fini(&s->known);
	mtr_modules_fini(&s->modules);
	mtr_names_fini(&s->names);
	mtr_tls_modules_fini(&s->tls.list);
	mtr_scope_chain_fini(&s->chain);
	mtr_debug_dirs_fini(&s->debug_dirs);
	free(s->exe);
	free(s->root);
	free(s);
}
