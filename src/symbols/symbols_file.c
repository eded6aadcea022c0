/* SPDX-License-Identifier: MIT */
/*
 * A module's file: which it is, whether it is the one that was running, and
 * libdwfl on it. A file is opened, checked and given to libdwfl when the first
 * address falls in the module; its DWARF is read then, and no other. See
 * symbols.h for the contract.
 */
#include <elfutils/libdwelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "symbols/regular.h"
#include "symbols/symbols_impl.h"

/* How many modules of one path are looked at for one whose names serve. */
enum { TWINS = 8 };

/* How many modules without names there is a warning of. */
enum { TOLD_NAMELESS = 20 };

static void cleanup_strbuf(struct mtr_strbuf *b)
{
	mtr_strbuf_fini(b);
}

static void cleanup_file(struct mtr_elf_file *f)
{
	mtr_elf_file_close(f);
}

static bool is_executable(const struct mtr_symbols *s,
			  const struct mtr_module_file *m)
{
	return m == &s->files.at[s->executable];
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
static bool open_mapped(struct mtr_symbols *s, struct mtr_module_file *m,
			struct mtr_elf_file *ret)
{
	const struct mtr_range *r = m->mapped->ranges.at;
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
static struct mtr_error *open_file(struct mtr_symbols *s,
				   struct mtr_module_file *m,
				   struct mtr_strbuf *name,
				   struct mtr_elf_file *ret)
{
	bool replaced = s->exe && is_executable(s, m);

	mtr_strbuf_add(name, replaced ? s->exe : s->root);
	if (!replaced)
		mtr_strbuf_add(name, m->mapped->shown.path);
	if (name->failed)
		return mtr_error_nomem();
	if (!replaced && open_mapped(s, m, ret))
		return NULL;
	return mtr_elf_file_open(mtr_strbuf_text(name), ret);
}

static struct mtr_error *other_id(const struct mtr_module_file *m,
				  const char *name,
				  const struct mtr_elf_file *file)
{
	char here[MTR_BUILD_ID_TEXT], there[MTR_BUILD_ID_TEXT];

	return mtr_error_create(
		"the build-id of %s is %s, but %s was running", name,
		mtr_build_id_text(&file->build_id, here),
		mtr_build_id_text(&m->mapped->shown.build_id, there));
}

/*
 * Is @file what was running? Where nothing in the target can tell, it is used:
 * most cores are read where they were made. But the user hears of it. A live
 * process was seen to map this very path.
 */
static struct mtr_error *check_file(struct mtr_symbols *s,
				    const struct mtr_module_file *m,
				    const char *name,
				    const struct mtr_elf_file *file)
{
	enum mtr_likeness likeness = MTR_UNSEEN;

	if (m->mapped->ranges.at[0].offset == 0)
		likeness = mtr_elf_file_compare(file, s->target,
						m->mapped->shown.start,
						&m->mapped->shown.build_id);
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

static bool is_function(const GElf_Sym *sym, GElf_Word section)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC ||
		type == STT_NOTYPE) &&
	       section != SHN_UNDEF && section != SHN_ABS;
}

static struct mtr_error *read_symtab(struct mtr_module_file *m)
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
				    mtr_symbol_weakness(&sym), name))
			return mtr_error_nomem();
	}
	return mtr_symtab_sort(&m->symtab) ? NULL : mtr_error_nomem();
}

/*
 * libdwfl asks for the file with @m's debug information, and with a checksum of
 * 0 for what that shares with others, which find_alt() looks for.
 */
static int find_debuginfo(Dwfl_Module *mod, void **userdata,
			  const char *modname, Dwarf_Addr base,
			  const char *file, const char *link, GElf_Word crc,
			  char **ret)
{
	struct mtr_symbols *s = *userdata;
	struct mtr_debug_wanted wanted = {
		.file = file,
		.id = s->loading_file->build_id,
		.link = link,
		.crc = crc,
	};
	mtr_auto_error struct mtr_error *error = NULL;
	int fd = -1;

	*ret = NULL;
	if (!file || (link && !crc))
		return -1;
	error = mtr_debug_file_find(&s->debug_dirs, &wanted, &fd, ret);
	/* it looks below no_path, where nothing is, then asks the servers */
	if (fd < 0 && !error && s->debuginfod)
		fd = dwfl_standard_find_debuginfo(mod, userdata, modname, base,
						  file, NULL, 0, ret);
	if (fd >= 0) {
		free(s->loading->dwarf_path);
		s->loading->dwarf_path = mtr_regular_path(fd);
	}
	return fd;
}

/* libelf maps what it reads; if the file gets shorter, that must not end us. */
static struct mtr_error *watch(struct mtr_module_file *m, Elf *elf)
{
	size_t bytes, i = 0;
	const char *at = elf ? elf_rawfile(elf, &bytes) : NULL;

	while (i < MTR_FILE_GUARDS && m->guards[i])
		i++;
	if (!at || i == MTR_FILE_GUARDS)
		return NULL;
	m->guards[i] = mtr_map_watch(at, bytes);
	return m->guards[i] ? NULL : mtr_error_nomem();
}

/* libdw looks for it by itself, in these two places, where it has none. */
static bool may_lack_alt(const struct mtr_debug_wanted *w)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };
	const char *slash = strrchr(w->file, '/');
	char id[MTR_BUILD_ID_TEXT];

	if (w->link[0] != '/' && slash)
		mtr_strbuf_add_bytes(&path, w->file,
				     (size_t)(slash + 1 - w->file));
	mtr_strbuf_add(&path, w->link);
	if (path.failed || mtr_regular_is_other(mtr_strbuf_text(&path)))
		return false;
	path.len = 0;
	mtr_build_id_text(&w->id, id);
	mtr_strbuf_printf(&path, "/usr/lib/debug/.build-id/%.2s/%s.debug", id,
			  w->id.n > 1 ? id + 2 : "");
	return !path.failed && !mtr_regular_is_other(mtr_strbuf_text(&path));
}

/* What @dwarf shares with others' debug information (dwz). False: it must not
 * be used, or what it names would be opened. */
static struct mtr_error *find_alt(struct mtr_symbols *s,
				  struct mtr_module_file *m, Dwarf *dwarf,
				  bool *usable)
{
	mtr_auto_free char *name = NULL;
	struct mtr_debug_wanted wanted = { .file = m->dwarf_path };
	const void *id;
	ssize_t n = dwelf_dwarf_gnu_debugaltlink(dwarf, &wanted.link, &id);

	*usable = true;
	if (n <= 0)
		return NULL;
	*usable = (size_t)n <= sizeof(wanted.id.bytes);
	if (!*usable)
		return NULL;
	memcpy(wanted.id.bytes, id, (size_t)n);
	wanted.id.n = (uint8_t)n;
	MTR_TRY(mtr_debug_alt_find(&s->debug_dirs, &wanted, &m->alt_fd, &name));
	m->alt = m->alt_fd >= 0 ? dwarf_begin(m->alt_fd, DWARF_C_READ) : NULL;
	if (m->alt) {
		dwarf_setalt(dwarf, m->alt);
		return watch(m, dwarf_getelf(m->alt));
	}
	*usable = may_lack_alt(&wanted);
	if (!*usable)
		mtr_target_warn(s->target,
				"%s, which the debug information of %s names, "
				"is not a regular file: it is left out",
				wanted.link, m->mapped->shown.name);
	return NULL;
}

static struct mtr_error *read_dwarf(struct mtr_symbols *s,
				    struct mtr_module_file *m)
{
	GElf_Addr unused;
	Elf *elf = dwfl_module_getelf(m->dwfl, &unused);
	Dwarf *dwarf;
	bool usable;

	MTR_TRY(watch(m, elf));
	dwarf = dwfl_module_getdwarf(m->dwfl, &m->scopes_bias);
	if (dwarf && dwarf_getelf(dwarf) != elf)
		MTR_TRY(watch(m, dwarf_getelf(dwarf)));
	if (!dwarf || !m->dwarf_path)
		return NULL;
	MTR_TRY(find_alt(s, m, dwarf, &usable));
	return usable ? mtr_scopes_create(dwarf, m->dwarf_path, &m->scopes)
		      : NULL;
}

/* Are there no names but those that it exports, in it or in a debug file? */
static bool is_stripped(struct mtr_module_file *m)
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
static struct mtr_error *report(struct mtr_symbols *s,
				struct mtr_module_file *m, const char *name,
				struct mtr_elf_file *file)
{
	void **userdata;
	Dwarf_Addr bias;

	m->dwarf_path = mtr_regular_path(file->fd);
	dwfl_report_begin_add(s->dwfl);
	m->dwfl = dwfl_report_elf(s->dwfl, m->mapped->shown.path, name,
				  file->fd, m->mapped->shown.bias, true);
	if (m->dwfl)
		file->fd = -1;
	dwfl_report_end(s->dwfl, NULL, NULL);
	if (!m->dwfl)
		return mtr_error_create("%s: %s", name, dwfl_errmsg(-1));
	dwfl_module_info(m->dwfl, &userdata, NULL, NULL, NULL, NULL, NULL,
			 NULL);
	*userdata = s;
	s->loading = m;
	s->loading_file = file;
	MTR_TRY(read_dwarf(s, m));
	MTR_TRY(read_symtab(m));
	m->mapped->shown.stripped =
		!dwfl_module_getdwarf(m->dwfl, &bias) && is_stripped(m);
	return NULL;
}

/* Where a module that is gone may be found: by its build-id alone. */
static bool opens_gone(const struct mtr_module_file *m, struct mtr_strbuf *path,
		       struct mtr_elf_file *ret)
{
	if (path->failed || !opens(mtr_strbuf_text(path), ret))
		return false;
	if (mtr_build_id_same(&ret->build_id, &m->mapped->shown.build_id))
		return true;
	mtr_elf_file_close(ret);
	*ret = (struct mtr_elf_file){ .fd = -1 };
	return false;
}

/*
 * A relative path counts from where the program was; which may be where it is,
 * or where it was started from.
 */
static bool open_gone(struct mtr_symbols *s, const struct mtr_module_file *m,
		      struct mtr_strbuf *path, struct mtr_elf_file *ret)
{
	const char *exe = mtr_target_exe(s->target);
	const char *slash = exe ? strrchr(exe, '/') : NULL;

	mtr_strbuf_add(path, s->root);
	mtr_strbuf_add(path, m->mapped->path);
	if (m->mapped->path[0] == '/')
		return opens_gone(m, path, ret);
	if (mtr_target_kind(s->target) == MTR_TARGET_LIVE) {
		mtr_strbuf_fini(path);
		mtr_strbuf_printf(path, "/proc/%d/cwd/%s",
				  mtr_target_pid(s->target), m->mapped->path);
		if (opens_gone(m, path, ret))
			return true;
	}
	if (slash) {
		mtr_strbuf_fini(path);
		mtr_strbuf_printf(path, "%s%.*s/%s", s->root,
				  (int)(slash - exe), exe, m->mapped->path);
		if (opens_gone(m, path, ret))
			return true;
	}
	mtr_strbuf_fini(path);
	mtr_strbuf_add(path, m->mapped->path);
	return opens_gone(m, path, ret);
}

static struct mtr_error *load_gone(struct mtr_symbols *s,
				   struct mtr_module_file *m)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf path = { 0 };
	mtr_cleanup(cleanup_file) struct mtr_elf_file file = { .fd = -1 };
	char id[MTR_BUILD_ID_TEXT];

	if (!m->mapped->shown.build_id.n)
		return mtr_error_create("it was unloaded, and has no build-id "
					"to know its file by");
	if (!m->mapped->path[0] || !open_gone(s, m, &path, &file))
		return mtr_error_create(
			"it was unloaded, and no file with its "
			"build-id %s is there",
			mtr_build_id_text(&m->mapped->shown.build_id, id));
	MTR_TRY(report(s, m, mtr_strbuf_text(&path), &file));
	m->file = file;
	file = (struct mtr_elf_file){ .fd = -1 };
	m->mapped->shown.found = true;
	return NULL;
}

static struct mtr_error *load(struct mtr_symbols *s, struct mtr_module_file *m)
{
	mtr_cleanup(cleanup_strbuf) struct mtr_strbuf name = { 0 };
	mtr_cleanup(cleanup_file) struct mtr_elf_file file = { .fd = -1 };
	uint64_t bias;

	if (m->mapped->ranges.at[0].offset == 0) {
		mtr_target_build_id(s->target, m->mapped->shown.start,
				    &m->mapped->shown.build_id);
		/* without the file, the offset is what its tools take, too */
		mtr_target_bias(s->target, m->mapped->shown.start,
				&m->mapped->shown.bias);
	}
	MTR_TRY(open_file(s, m, &name, &file));
	MTR_TRY(check_file(s, m, mtr_strbuf_text(&name), &file));
	if (!mtr_elf_file_bias(&file, m->mapped->ranges.at, m->mapped->ranges.n,
			       &bias))
		return mtr_error_create("%s is not what was running: "
					"it would lie otherwise in memory",
					mtr_strbuf_text(&name));
	m->mapped->shown.bias = bias;
	MTR_TRY(report(s, m, mtr_strbuf_text(&name), &file));
	m->file = file;
	file = (struct mtr_elf_file){ .fd = -1 };
	m->mapped->shown.found = true;
	return NULL;
}

static bool begins_file(const struct mtr_module_file *m)
{
	return m->mapped->ranges.at[0].offset == 0;
}

static struct mtr_module_file *module_of(struct mtr_symbols *s,
					 const struct mtr_mapped *mapped)
{
	return mapped ? &s->files.at[mapped->number] : NULL;
}

/*
 * The module whose file @m shows as well. A program may map a piece of its file
 * once more, far from the rest: node does so with code. dlmopen() loads a whole
 * library again.
 */
static struct mtr_module_file *find_whole(struct mtr_symbols *s,
					  const struct mtr_module_file *m)
{
	const struct mtr_mapped *at =
		mtr_modules_first_of_path(&s->modules, m->mapped->path);

	for (int i = 0; at && i < TWINS; i++) {
		struct mtr_module_file *whole = module_of(s, at);

		if (whole != m && begins_file(whole) &&
		    (begins_file(m) ? whole->mapped->shown.found
				    : at->ranges.n > 1))
			return whole;
		at = mtr_modules_next_of_path(&s->modules, at);
	}
	return NULL;
}

/* Where @m begins a file, is it the file of @whole? */
static bool is_twin(struct mtr_symbols *s, struct mtr_module_file *m,
		    const struct mtr_module_file *whole)
{
	if (!begins_file(m))
		return true;
	mtr_target_build_id(s->target, m->mapped->shown.start,
			    &m->mapped->shown.build_id);
	return mtr_elf_file_compare(&whole->file, s->target,
				    m->mapped->shown.start,
				    &m->mapped->shown.build_id) == MTR_SAME;
}

/* The names of @m are those of @whole, if that has any. */
static struct mtr_error *share(struct mtr_symbols *s, struct mtr_module_file *m,
			       struct mtr_module_file *whole)
{
	uint64_t bias;

	m->mapped->shown.build_id = whole->mapped->shown.build_id;
	if (!whole->mapped->shown.found)
		return NULL;
	if (!mtr_elf_file_part_bias(&whole->file, m->mapped->ranges.at,
				    m->mapped->ranges.n, &bias))
		return mtr_error_create("a piece of it lies elsewhere");
	m->whole = whole->whole;
	m->moved = bias - s->files.at[m->whole].mapped->shown.bias;
	m->mapped->shown.bias = bias;
	m->mapped->shown.found = true;
	m->mapped->shown.stripped = whole->mapped->shown.stripped;
	return NULL;
}

static struct mtr_error *load_or_share(struct mtr_symbols *s,
				       struct mtr_module_file *m)
{
	struct mtr_module_file *whole = find_whole(s, m);

	if (whole)
		mtr_symbols_load(s, whole);
	return whole && is_twin(s, m, whole) ? share(s, m, whole) : load(s, m);
}

/* Of some hundred missing libraries nobody reads. */
static void warn_nameless(struct mtr_symbols *s,
			  const struct mtr_module_file *m,
			  const struct mtr_error *why)
{
	if (s->nameless < TOLD_NAMELESS)
		mtr_target_warn(s->target, "no names for %s: %s",
				m->mapped->shown.name, mtr_error_text(why));
	else if (s->nameless == TOLD_NAMELESS)
		mtr_target_warn(s->target,
				"no names for more modules than these %d",
				TOLD_NAMELESS);
	s->nameless++;
}

/* A file of data, as locales and fonts are: nobody expects names of it. */
static bool is_data(struct mtr_symbols *s, const struct mtr_module_file *m)
{
	char magic[SELFMAG];

	return m->mapped->ranges.n > 0 && begins_file(m) &&
	       mtr_target_read(s->target, m->mapped->shown.start, magic,
			       sizeof(magic)) == sizeof(magic) &&
	       memcmp(magic, ELFMAG, SELFMAG) != 0;
}

/* What has no file on disk to look into has no names, and nothing is missing.
 */
void mtr_symbols_load(struct mtr_symbols *s, struct mtr_module_file *m)
{
	mtr_auto_error struct mtr_error *error = NULL;
	bool gone = m->mapped->shown.gone;

	if (m->loaded || (m->mapped->path[0] == '[' && !gone))
		return;
	m->loaded = true;
	error = gone ? load_gone(s, m) : load_or_share(s, m);
	if (error && !is_data(s, m))
		warn_nameless(s, m, error);
}

/* libdwfl's own search looks below here, where nothing is, and nobody can put
 * anything. Of another error than ENOENT it would not go on to the servers. */
static char no_path[] = "/proc/none";
static char *no_paths = no_path;

const Dwfl_Callbacks *mtr_symbols_callbacks(void)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = find_debuginfo,
		.debuginfo_path = &no_paths,
	};

	return &callbacks;
}

void mtr_module_file_unwatch(struct mtr_module_file *m)
{
	for (int i = 0; i < MTR_FILE_GUARDS; i++)
		mtr_map_unwatch(m->guards[i]);
}

void mtr_module_file_fini(struct mtr_module_file *m)
{
	mtr_scopes_destroy(m->scopes);
	mtr_symtab_fini(&m->symtab);
	mtr_symtab_fini(&m->objects);
	mtr_symtab_fini(&m->locals);
	mtr_variables_destroy(m->variables);
	mtr_elf_file_close(&m->file);
	if (m->alt)
		dwarf_end(m->alt);
	mtr_cleanup_close(&m->alt_fd);
	free(m->dwarf_path);
}
