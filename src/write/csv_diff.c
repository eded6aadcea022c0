/* SPDX-License-Identifier: MIT */
/*
 * What grew, as comma-separated values.
 */
#include "write/csv_words.h"

#include <inttypes.h>

#include "report/name.h"

static void group(struct mtr_writer *w, const struct mtr_diff *d,
		  const struct mtr_diff_group *g)
{
	const struct mtr_sum *a = &g->sum[MTR_OLD], *b = &g->sum[MTR_NEW];
	const struct mtr_module *module = mtr_diff_module(d, g);
	struct mtr_strbuf line = { 0 }, key = { 0 };

	w->s = d->s[g->side];
	mtr_csv_field(&line, mtr_writer_diff_key(w, g, &key));
	mtr_strbuf_fini(&key);
	mtr_strbuf_add(&line, ",");
	mtr_csv_field(&line, module ? module->name : "");
	mtr_strbuf_printf(&line,
			  ",%" PRId64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64
			  ",%" PRIu64 ",%" PRIu64 ",",
			  mtr_grown(a->bytes, b->bytes),
			  mtr_grown(a->blocks, b->blocks), a->bytes, a->blocks,
			  b->bytes, b->blocks);
	if (g->site)
		mtr_csv_caller(w, &line, g->site);
	else
		mtr_strbuf_add(&line, ",,");
	mtr_strbuf_add(&line, "\n");
	mtr_writer_strbuf(w, &line);
}

void mtr_csv_diff(struct mtr_writer *w, const struct mtr_diff_report *r)
{
	const struct mtr_diff_groups *v = &r->diff->groups;

	mtr_out_text(w->out, "key,module,bytes,blocks,old_bytes,old_blocks,"
			     "new_bytes,new_blocks,function,file,line\n");
	for (size_t i = 0; i < v->n && !w->out->error; i++)
		if (mtr_writer_shows(r, i))
			group(w, r->diff, &v->at[i]);
	w->s = r->diff->s[MTR_NEW];
}
