/* SPDX-License-Identifier: MIT */
/*
 * See root_name.h for the contract.
 */
#include "report/root_name.h"

#include <inttypes.h>

#include "report/root_place.h"

static void thread_name(struct mtr_strbuf *b, const struct mtr_roots *roots,
			uint32_t thread)
{
	const struct mtr_threads *v = roots->threads;

	if (v && thread < v->n)
		mtr_root_thread_name(b, &v->at[thread]);
}

/* "g_cache+0x18 [app]" or, of one without a name, its address in the file. */
static void data_name(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		      uint64_t addr)
{
	struct mtr_data d = { 0 };
	struct mtr_error *error =
		s->symbols ? mtr_symbols_data(s->symbols, addr, &d) : NULL;

	if (error)
		b->failed = true;
	mtr_error_destroy(error);
	if (!d.module) {
		mtr_strbuf_add(b, "a module's data");
		return;
	}
	mtr_strbuf_add(b, d.name ? d.name : d.module->name);
	if (d.offset)
		mtr_strbuf_printf(b, "+%#" PRIx64, d.offset);
	if (d.name)
		mtr_strbuf_printf(b, " [%s]", d.module->name);
}

static void mapping_name(struct mtr_strbuf *b, const struct mtr_heap_view *s,
			 uint64_t addr)
{
	const struct mtr_range *r =
		s->target ? mtr_target_find(s->target, addr) : NULL;

	mtr_strbuf_add(b, r && r->path ? r->path : "an anonymous mapping");
}

void mtr_root_name(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		   const struct mtr_roots *roots, enum mtr_place place,
		   uint32_t thread, uint64_t addr)
{
	switch (place) {
	case MTR_PLACE_REGISTERS:
		mtr_strbuf_add(b, "a register");
		thread_name(b, roots, thread);
		break;
	case MTR_PLACE_STACK:
		mtr_strbuf_add(b, "the stack");
		thread_name(b, roots, thread);
		break;
	case MTR_PLACE_BELOW:
		mtr_strbuf_add(b, "the unused part of the stack");
		thread_name(b, roots, thread);
		break;
	case MTR_PLACE_ENDED:
		mtr_strbuf_add(b, "the stack of a thread that has ended");
		break;
	case MTR_PLACE_DATA:
		data_name(b, s, addr);
		break;
	case MTR_PLACE_HEAP:
		mtr_strbuf_add(b, "free memory of the heap");
		break;
	case MTR_PLACE_MAPPING:
		mapping_name(b, s, addr);
		break;
	}
}

void mtr_hint_name(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		   const struct mtr_roots *roots, const struct mtr_hint *hint)
{
	static const char *const what[] = {
		[MTR_HINT_STALE] = "a stale pointer to it",
		[MTR_HINT_UNALIGNED] = "what may be a packed pointer to it",
		[MTR_HINT_TAGGED] =
			"what may be a pointer to it, with a tag in "
			"its upper 16 bits,",
	};

	if (hint->kind == MTR_HINT_NONE)
		return;
	mtr_strbuf_printf(b, "%s at %#" PRIx64 ", in ", what[hint->kind],
			  hint->addr);
	if (hint->block == MTR_NO_BLOCK) {
		mtr_root_name(b, s, roots, hint->place, hint->thread,
			      hint->addr);
		return;
	}
	mtr_strbuf_printf(b, "%sthe block at %#" PRIx64,
			  hint->kind == MTR_HINT_STALE ? "unused bytes of "
						       : "",
			  s->heap.blocks.at[hint->block].addr);
}
