/* SPDX-License-Identifier: MIT */
/*
 * What data is called in a target: for addresses that lie evenly spread over
 * what its modules have beside code a line, "ADDR NAME" or "ADDR NAME+OFFSET",
 *as debuggers show it. What has no name is left out.
 *
 *	data_names TARGET HOW_MANY
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "symbols/data.h"
#include "target/open.h"

static int die(struct mtr_error *error)
{
	fprintf(stderr, "%s\n", mtr_error_text(error));
	mtr_error_destroy(error);
	return 1;
}

static struct mtr_error *tell(struct mtr_symbols *s, uint64_t addr)
{
	struct mtr_data d;

	MTR_TRY(mtr_symbols_data(s, addr, &d));
	if (!d.name)
		return NULL;
	printf("%#" PRIx64 " %s", addr, d.symbol ? d.symbol : d.name);
	if (d.offset)
		printf(" + %" PRIu64, d.offset);
	printf("\t%s\n", d.name);
	return NULL;
}

static struct mtr_error *tell_all(struct mtr_target *t, struct mtr_symbols *s,
				  uint64_t n)
{
	const struct mtr_ranges *v = mtr_target_ranges(t);
	uint64_t bytes = 0, step;

	for (int pass = 0; pass < 2; pass++) {
		step = pass ? bytes / n / 8 * 8 + 8 : 0;
		for (size_t i = 0; i < v->n; i++) {
			const struct mtr_range *r = &v->at[i];

			if (r->prot & MTR_PROT_EXEC ||
			    !mtr_symbols_module(s, r->start))
				continue;
			bytes += r->end - r->start;
			for (uint64_t at = r->start; pass && at < r->end;
			     at += step)
				MTR_TRY(tell(s, at));
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct mtr_symbols_options options = { 0 };
	struct mtr_symbols *s;
	struct mtr_target *t;
	struct mtr_error *error;

	if (argc != 3)
		return 2;
	error = mtr_target_open(argv[1], &t);
	if (!error)
		error = mtr_symbols_open(t, &options, &s);
	if (!error)
		error = tell_all(t, s, strtoull(argv[2], NULL, 10));
	if (error)
		return die(error);
	mtr_symbols_close(s);
	mtr_target_close(t);
	return 0;
}
