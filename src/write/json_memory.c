/* SPDX-License-Identifier: MIT */
/*
 * Where the memory is, in JSON.
 */
#include "write/json_words.h"

static void largest(struct mtr_emitter *e, const struct mtr_memory_parts *v)
{
	mtr_emit_array(e, "largest");
	for (size_t i = 0; i < v->n; i++) {
		mtr_emit_object(e, NULL);
		mtr_emit_text(e, "name", v->at[i].name);
		mtr_emit_number(e, "bytes", v->at[i].bytes);
		mtr_emit_end(e);
	}
	mtr_emit_end(e);
}

static const char *doubt(enum mtr_pages_doubt doubt)
{
	switch (doubt) {
	case MTR_PAGES_SCALED:
		return "scaled";
	case MTR_PAGES_COPIED:
		return "copied";
	case MTR_PAGES_UNDUMPED:
		return "undumped";
	case MTR_PAGES_CUT:
		return "cut";
	default:
		return "";
	}
}

void mtr_json_memory(struct mtr_writer *w, const struct mtr_memory *m)
{
	struct mtr_emitter e;

	mtr_json_begin(&e, w, "memory");
	mtr_emit_text(&e, "target", w->s->name);
	mtr_emit_number(&e, "resident", m->resident);
	mtr_emit_bool(&e, "exact", m->doubt == MTR_PAGES_EXACT);
	mtr_emit_text(&e, "about", doubt(m->doubt));
	mtr_emit_rows(&e, "classes");
	for (int i = 0; i < MTR_MEMORY_KEYS; i++) {
		mtr_emit_object(&e, NULL);
		mtr_emit_text(&e, "key", mtr_memory_key(i));
		mtr_emit_number(&e, "bytes", m->classes[i].bytes);
		largest(&e, &m->classes[i].largest);
		mtr_emit_end(&e);
	}
	mtr_emit_end(&e);
	mtr_emit_array(&e, "beside");
	for (int i = 0; i < MTR_BESIDE_KEYS; i++) {
		if (!m->beside[i].known)
			continue;
		mtr_emit_object(&e, NULL);
		mtr_emit_text(&e, "key", mtr_beside_key(i));
		mtr_emit_number(&e, "bytes", m->beside[i].bytes);
		mtr_emit_end(&e);
	}
	mtr_emit_end(&e);
	mtr_json_health(&e, w);
	mtr_emit_end(&e);
}
