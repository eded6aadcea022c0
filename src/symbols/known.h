/* SPDX-License-Identifier: MIT */
/*
 * Names that a snapshot brought along (saved.h). For symbols*.c.
 *
 * A name of the machine where the snapshot was made is as good as one found
 * here. Where it had none, or the user has told where better ones are and it
 * had only what a stripped file exports, the files of this machine are asked
 * first.
 */
#ifndef MTR_SYMBOLS_KNOWN_H
#define MTR_SYMBOLS_KNOWN_H

#include "symbols/data.h"
#include "symbols/tls.h"

struct mtr_symbols;

struct mtr_known_module {
	struct mtr_module *shown; /* that of the mapping, or .own */
	size_t number;		  /* of its file; SIZE_MAX: it has none */
	bool found, stripped;	  /* when the snapshot was made */
	struct mtr_module own;
};

struct mtr_known_site {
	uint64_t pc;
	uint32_t first, n; /* in .frames */
};

struct mtr_known_block {
	uint64_t tp;
	struct mtr_tls_block block;
};

MTR_VECTOR(mtr_known_modules, struct mtr_known_module);
MTR_VECTOR(mtr_known_sites, struct mtr_known_site);
MTR_VECTOR(mtr_known_blocks, struct mtr_known_block);

struct mtr_known {
	bool eager; /* there are better names than a stripped file's */
	struct mtr_known_modules modules;
	struct mtr_known_sites sites; /* by .pc */
	struct mtr_frames frames;
	struct mtr_data_list data; /* by .of_thread, .start */
	struct mtr_known_blocks blocks;
};

/* Those of the target of @s, whose modules are listed. */
struct mtr_error *mtr_known_load(struct mtr_symbols *s);
void mtr_known_fini(struct mtr_known *k);

/* What is known of @pc, and to be taken; NULL: nothing. Of *n frames. */
const struct mtr_frame *mtr_known_frames(struct mtr_symbols *s, uint64_t pc,
					 size_t *n);

/* The same of the data that holds @addr. */
bool mtr_known_data(struct mtr_symbols *s, uint64_t addr, struct mtr_data *ret);
bool mtr_known_tls(struct mtr_symbols *s, const struct mtr_module *m,
		   uint64_t offset, struct mtr_data *ret);
struct mtr_error *mtr_known_tls_blocks(const struct mtr_known *k, uint64_t tp,
				       struct mtr_tls_blocks *ret);

#endif
