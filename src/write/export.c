/* SPDX-License-Identifier: MIT */
/*
 * What the formats of other tools have in common. See export.h.
 */
#include "write/export.h"

#include "report/name.h"

void mtr_export_name(const struct mtr_export *e, struct mtr_strbuf *b,
		     const struct mtr_site *site, const struct mtr_frame *frame)
{
	if (e->short_names && frame->function)
		mtr_name_short(b, frame->function);
	else
		mtr_name_frame(b, site->pc, frame);
}

bool mtr_export_string(struct mtr_export_strings *v, const char *text,
		       uint32_t *ret, bool *ret_new)
{
	bool is_new;
	struct mtr_export_string *s = mtr_export_strings_put(v, text, &is_new);

	if (s && is_new)
		s->text = strdup(text);
	if (ret_new)
		*ret_new = is_new;
	if (!s || !s->text)
		return false;
	*ret = s - v->at;
	return true;
}

void mtr_export_strings_free(struct mtr_export_strings *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->at[i].text);
	mtr_export_strings_fini(v);
}
