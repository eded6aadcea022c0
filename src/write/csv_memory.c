/* SPDX-License-Identifier: MIT */
/*
 * Where the memory is, as comma-separated values: rows of the part "class" add
 * up to the resident size, those of "largest" are of the class that they name,
 * those of "beside" are not in it.
 */
#include <inttypes.h>

#include "write/csv_words.h"

static void row(struct mtr_writer *w, const char *part, const char *key,
		const char *name, uint64_t bytes)
{
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_printf(&b, "%s,%s,", part, key);
	mtr_csv_field(&b, name);
	mtr_strbuf_printf(&b, ",%" PRIu64 "\n", bytes);
	mtr_writer_strbuf(w, &b);
}

void mtr_csv_memory(struct mtr_writer *w, const struct mtr_memory *m)
{
	mtr_out_text(w->out, "part,key,name,bytes\n");
	for (int i = 0; i < MTR_MEMORY_KEYS; i++)
		row(w, "class", mtr_memory_key(i), "", m->classes[i].bytes);
	for (int i = 0; i < MTR_MEMORY_KEYS; i++) {
		const struct mtr_memory_parts *v = &m->classes[i].largest;

		for (size_t j = 0; j < v->n; j++)
			row(w, "largest", mtr_memory_key(i), v->at[j].name,
			    v->at[j].bytes);
	}
	for (int i = 0; i < MTR_BESIDE_KEYS; i++)
		if (m->beside[i].known)
			row(w, "beside", mtr_beside_key(i), "",
			    m->beside[i].bytes);
}
