/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses: module, function, file and line, inlined frames.
 *
 * Nobody who includes this sees elfutils. A module whose file is not here, or
 * is not the one that was running (by build-id), gives module and offset, never
 * a name from another build.
 */
#ifndef MTR_SYMBOLS_SYMBOLS_H
#define MTR_SYMBOLS_SYMBOLS_H

#include "target/target.h"

/* What was mapped once, and is not there any more. */
struct mtr_gone {
	uint64_t start, end, bias;    /* as those of struct mtr_module */
	struct mtr_build_id build_id; /* without one it has no names */
	const char *path;	      /* may be relative */
};

struct mtr_symbols_options {
	const char *exe;       /* use this file as the executable */
	const char *sysroot;   /* look for the target's files below here */
	const char *debug_dir; /* separate debug files, beside the usual */
	bool debuginfod;       /* ask debuginfod servers */
	/* those that are there all the same do no harm */
	const struct mtr_gone *gone;
	size_t n_gone;
};

/* The last four are not settled before an address in it was resolved. */
struct mtr_module {
	const char *path;    /* as the target says; never NULL */
	const char *name;    /* its last part */
	uint64_t start, end; /* addresses it spans */
	uint64_t bias;	     /* runtime address - address in the file; where
			      * neither that nor its headers in the target can
			      * be read: as if the file began at 0 */
	struct mtr_build_id build_id; /* of what was running */
	bool found;		      /* its file is here and is the same */
	bool gone;		      /* it was unloaded */
	bool stripped;		      /* and has no names but what it exports,
				       * nor has a debug file */
};

struct mtr_frame {
	const char *function;		 /* demangled; NULL: unknown */
	const char *file;		 /* of the source; NULL: unknown */
	int line;			 /* 0: unknown */
	const struct mtr_module *module; /* NULL: in no module */
	bool inlined;			 /* into the frame that follows */
	bool exact; /* it was interrupted there: that is no return address; left
		     * to who knows */
};

MTR_VECTOR(mtr_frames, struct mtr_frame);

/*
 * Is it one file, though mapped twice, or in two runs, or in two targets? Told
 * by the build-ids, where there are none by the paths. Only of modules that an
 * address was resolved in. NULL is the same as NULL.
 */
bool mtr_module_same(const struct mtr_module *a, const struct mtr_module *b);
/* What is the same has the same one, as long as this process lives. */
uint64_t mtr_module_hash(const struct mtr_module *m);

struct mtr_symbols;

/*
 * Without .debuginfod no server is asked: DEBUGINFOD_URLS is taken out of this
 * process's environment.
 */
struct mtr_error *mtr_symbols_open(struct mtr_target *t,
				   const struct mtr_symbols_options *options,
				   struct mtr_symbols **ret);
void mtr_symbols_close(struct mtr_symbols *s);

/*
 * From now on it is about @t, which has to outlive it: the same process at a
 * later time. All strings and modules of before stay; a module that lies where
 * it lay is the same one, and its file is not read again. @gone is what is gone
 * by now.
 */
struct mtr_error *mtr_symbols_follow(struct mtr_symbols *s,
				     struct mtr_target *t,
				     const struct mtr_gone *gone,
				     size_t n_gone);

/*
 * Append to *ret the frames at the return address @pc, innermost inlined
 * function first; always at least one. All strings live as long as @s. Looks up
 * @pc - 1. Not cached: the caller asks once for each distinct address.
 */
struct mtr_error *mtr_symbols_resolve(struct mtr_symbols *s, uint64_t pc,
				      struct mtr_frames *ret);

/* The module that @addr lies in, or NULL. */
const struct mtr_module *mtr_symbols_module(struct mtr_symbols *s,
					    uint64_t addr);

#endif
