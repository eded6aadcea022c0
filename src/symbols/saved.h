/* SPDX-License-Identifier: MIT */
/*
 * Names as a part of a snapshot. With it the answers of symbols.h, data.h and
 * tls.h are those of the machine that it was made on, and no file is needed;
 * what had no name there is looked for here.
 */
#ifndef MTR_SYMBOLS_SAVED_H
#define MTR_SYMBOLS_SAVED_H

#include "symbols/data.h"
#include "symbols/tls.h"
#include "target/save.h"

/* What mtr_symbols_resolve() gave for @pc. */
struct mtr_named {
	uint64_t pc;
	const struct mtr_frame *frames;
	size_t n;
};

struct mtr_thread_block {
	uint64_t tp; /* of which thread */
	struct mtr_tls_block block;
};

/* What mtr_symbols_data() or mtr_symbols_tls() gave, with any .offset. */
struct mtr_all_names {
	struct mtr_named *sites;
	size_t n_sites;
	struct mtr_data *data;
	size_t n_data;
	const struct mtr_thread_block *blocks;
	size_t n_blocks;
};

/* @names' arrays are sorted on the way. */
struct mtr_error *mtr_names_save(struct mtr_all_names *names,
				 struct mtr_save *save);

#endif
