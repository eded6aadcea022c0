/* SPDX-License-Identifier: MIT */
/*
 * Between symbols.c, symbols_data.c and symbols_types.c, which answer, and
 * symbols_file.c, which finds and reads the file of a module.
 */
#ifndef MTR_SYMBOLS_SYMBOLS_IMPL_H
#define MTR_SYMBOLS_SYMBOLS_IMPL_H

#include <elfutils/libdwfl.h>

#include "symbols/debug_file.h"
#include "symbols/elf_file.h"
#include "symbols/known.h"
#include "symbols/modules.h"
#include "symbols/names.h"
#include "symbols/scopes.h"
#include "symbols/symbols.h"
#include "symbols/symtab.h"
#include "symbols/variables.h"
#include "target/file_map.h"

/* A module's file, its debug file, what that shares with others. */
enum { MTR_FILE_GUARDS = 3 };

/* What is known of the file of a module, mtr_modules' one of the same number.
 */
struct mtr_module_file {
	struct mtr_mapped *mapped;
	bool loaded;		   /* its file was looked for */
	size_t known;		   /* 1 + its number among those a snapshot
				    * knows; 0: none */
	struct mtr_elf_file file;  /* if it was found */
	size_t whole;		   /* the module that has what follows */
	uint64_t moved;		   /* address here - address in .whole */
	Dwfl_Module *dwfl;	   /* NULL: no names */
	char *dwarf_path;	   /* what its DWARF was read from */
	Dwarf *alt;		   /* what that refers to, or NULL */
	int alt_fd;		   /* of .alt */
	struct mtr_symtab symtab;  /* by address in the target */
	struct mtr_scopes *scopes; /* NULL: no DWARF */
	/* of data, see symbols_data.c */
	struct mtr_symtab objects; /* by address in the target */
	struct mtr_symtab locals;  /* thread-local, by offset in the block */
	struct mtr_variables *variables; /* by DWARF */
	bool data_read, variables_read;
	Dwarf_Addr scopes_bias; /* address in the target - in .scopes */
	bool told;		/* that something of it is left out */
	struct mtr_map_guard *guards[MTR_FILE_GUARDS]; /* of what is mapped */
};

MTR_VECTOR(mtr_module_files, struct mtr_module_file);

/* What the dynamic linker knows of a module's thread-local block. */
struct mtr_tls_module {
	const struct mtr_module *module;
	uint64_t bytes, number;
	int64_t offset; /* from the thread pointer, if it is fixed */
};

MTR_VECTOR(mtr_tls_modules, struct mtr_tls_module);

struct mtr_symbols {
	struct mtr_target *target;
	char *exe;     /* given by the user, or NULL */
	char *root;    /* before every path */
	bool own_root; /* .root is the target's, not the user's */
	bool debuginfod;
	struct mtr_debug_dirs debug_dirs;
	Dwfl *dwfl;
	struct mtr_modules modules;
	struct mtr_module_files files; /* by number of the module */
	size_t executable;	       /* index of that; .files.n: none */
	struct mtr_names names;
	struct mtr_scope_chain chain; /* of one look-up, kept for its room */
	struct mtr_known known;	      /* what a snapshot brought along */
	bool told_unchecked, told_unsure;
	struct {
		struct mtr_tls_modules list;
		bool known;
	} tls;
	size_t nameless;		 /* modules that have no names */
	struct mtr_module_file *loading; /* what libdwfl asks about */
	const struct mtr_elf_file *loading_file;
};

/* Look for the file of @m, unless that was done. What it lacks is a warning. */
void mtr_symbols_load(struct mtr_symbols *s, struct mtr_module_file *m);

/*
 * The module whose tables of data @m has, with these read; it may be itself.
 * NULL: there is no file of it here.
 */
struct mtr_error *mtr_symbols_load_data(struct mtr_symbols *s,
					struct mtr_module_file *m,
					struct mtr_module_file **ret);

/* The module that @addr is mapped from, or in whose .bss it is; or NULL. */
struct mtr_module_file *mtr_symbols_file_at(struct mtr_symbols *s,
					    uint64_t addr);

/* If its file, or debug information, turned out to be damaged; once. */
void mtr_symbols_warn_of_damage(struct mtr_symbols *s,
				struct mtr_module_file *m);

/* How libdwfl is to be started. */
const Dwfl_Callbacks *mtr_symbols_callbacks(void);

/* Before what libdwfl has mapped is unmapped, and after. */
void mtr_module_file_unwatch(struct mtr_module_file *m);
void mtr_module_file_fini(struct mtr_module_file *m);

static inline int mtr_symbol_weakness(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return MTR_SYMBOL_LOCAL;
	}
}

#endif
