/* SPDX-License-Identifier: MIT */
/*
 * Target, heap and symbols into one view. See heap_view.h for the contract.
 */
#include "snapshot/heap_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/pack.h"
#include "format/saved.h"
#include "symbols/wrappers.h"
#include "target/open.h"

static void cleanup_wrappers(struct mtr_wrappers **w)
{
	mtr_wrappers_destroy(*w);
}

/* One without a name is one only if the user says so, of module+offset. */
static bool is_wrapper(const struct mtr_frame *frame, uint64_t pc,
		       const struct mtr_wrappers *w)
{
	const struct mtr_module *m = frame->module;
	mtr_auto_free char *place = NULL;

	if (m && mtr_wrappers_match_module(w, m->path))
		return true;
	if (frame->function)
		return mtr_wrappers_match(w, frame->function);
	if (!m)
		return false;
	/* as reports call it */
	if (asprintf(&place, "%s+%#" PRIx64, m->name,
		     pc - m->bias - !frame->exact) < 0)
		place = NULL;
	return place && mtr_wrappers_match(w, place);
}

/* The first frame that is no wrapper. */
static void find_owner(const struct mtr_frames *frames, struct mtr_site *site,
		       const struct mtr_wrappers *w)
{
	for (uint32_t i = site->first; i < site->first + site->n; i++) {
		site->owner = i;
		if (!is_wrapper(&frames->at[i], site->pc, w))
			return;
	}
	site->wrapper = true;
}

static struct mtr_error *name_site(struct mtr_heap_view *s, uint64_t pc)
{
	struct mtr_site *site = mtr_sites_push(&s->sites);
	bool exact = pc & MTR_PC_EXACT;
	size_t first = s->frames.n;

	if (!site)
		return mtr_error_nomem();
	pc &= ~MTR_PC_EXACT;
	/* it looks at what is before */
	MTR_TRY(mtr_symbols_resolve(s->symbols, pc + exact, &s->frames));
	for (size_t i = first; i < s->frames.n; i++)
		s->frames.at[i].exact = exact;
	if (s->frames.n > UINT32_MAX)
		return mtr_error_create("too many callers to name");
	*site = (struct mtr_site){
		.pc = pc,
		.first = (uint32_t)first,
		.n = (uint32_t)(s->frames.n - first),
	};
	return NULL;
}

/* Where a signal handler returns to, as debuggers have it. */
static const char signal_return[] = "<signal handler called>";

static void name_signals(struct mtr_heap_view *s)
{
	const struct mtr_calls *calls = &s->stacks.calls;

	for (size_t i = 1; i < calls->n; i++) {
		const struct mtr_call *c = &calls->at[i];

		if (c->parent && calls->at[c->parent].signal)
			s->frames.at[s->sites.at[c->site].first].function =
				signal_return;
	}
}

/* Nothing is known of it but its module. */
static const struct mtr_module *nameless(const struct mtr_heap_view *s,
					 const struct mtr_site *site)
{
	const struct mtr_frame *owner = mtr_heap_view_owner(s, site);

	return site->wrapper || owner->function ? NULL : owner->module;
}

/*
 * The first wrapper outwards of @from, if all that lies between belongs to its
 * module and has no name: in a stripped libglib g_string_append() has a helper
 * that calls g_realloc(). 0: there is none. Not in C++, where templates call
 * back into the functions of their own module.
 */
static uint32_t outer_wrapper(const struct mtr_heap_view *s, uint32_t from)
{
	const struct mtr_call *calls = s->stacks.calls.at;
	const struct mtr_module *m =
		nameless(s, &s->sites.at[calls[from].site]);
	const struct mtr_frame *frame;
	const struct mtr_site *site;

	do {
		from = calls[from].parent;
		if (!m || !from)
			return 0;
		site = &s->sites.at[calls[from].site];
	} while (nameless(s, site) == m);
	frame = mtr_heap_view_owner(s, site);
	if (!site->wrapper || frame->module != m || !frame->function ||
	    strstr(frame->function, "::"))
		return 0;
	return from;
}

/*
 * From the frame outwards that the record names: what is further in was passed
 * over when it was made, being of libc or the C++ runtime.
 */
static uint32_t stack_owner(const struct mtr_heap_view *s,
			    const struct mtr_stack *stack)
{
	const struct mtr_call *calls = s->stacks.calls.at;
	uint32_t from = stack->call, owner;

	while (from && calls[from].site != stack->caller)
		from = calls[from].parent;
	from = owner = from ? from : stack->call;
	while (from) {
		owner = from;
		from = s->sites.at[calls[from].site].wrapper
			       ? calls[from].parent
			       : outer_wrapper(s, from);
	}
	return calls[owner].site;
}

void mtr_heap_view_find_owners(struct mtr_heap_view *s,
			       const struct mtr_wrappers *w)
{
	for (size_t i = 0; i < s->sites.n; i++)
		find_owner(&s->frames, &s->sites.at[i], w);
	name_signals(s);
	for (size_t i = 1; i < s->stacks.list.n; i++) {
		struct mtr_stack *stack = &s->stacks.list.at[i];

		if (stack->call)
			stack->owner = stack_owner(s, stack);
	}
}

/* What was opened may be gone. */
static struct mtr_error *open_symbols(struct mtr_heap_view *s,
				      struct mtr_symbols_options options)
{
	const struct mtr_opened_entries *opened = &s->heap.opened.list;
	mtr_auto_free struct mtr_gone *gone =
		calloc(opened->n + 1, sizeof(*gone));

	if (!gone)
		return mtr_error_nomem();
	for (size_t i = 0; i < opened->n; i++)
		gone[i] = (struct mtr_gone){
			.start = opened->at[i].start,
			.end = opened->at[i].end,
			.bias = opened->at[i].bias,
			.build_id = opened->at[i].build_id,
			.path = opened->at[i].path,
		};
	options.gone = gone;
	options.n_gone = opened->n;
	if (s->symbols)
		return mtr_symbols_follow(s->symbols, s->target, gone,
					  opened->n);
	return mtr_symbols_open(s->target, &options, &s->symbols);
}

/* ------------------------------------------------- names of before, again */

struct known_site {
	uint64_t pc; /* as in stacks.pcs */
	const struct mtr_site *site;
};

static uint64_t known_hash(uint64_t pc)
{
	return mtr_hash_number(pc, 0);
}

static bool known_is(const struct known_site *k, uint64_t pc)
{
	return k->pc == pc;
}

MTR_MAP(known_sites, struct known_site, uint64_t, known_hash, known_is);

static bool known_fill(const struct mtr_heap_view *before,
		       struct known_sites *ret)
{
	for (size_t i = 0; before && i < before->sites.n; i++) {
		bool is_new;
		struct known_site *k =
			known_sites_put(ret, before->stacks.pcs.at[i], &is_new);

		if (!k)
			return false;
		*k = (struct known_site){ before->stacks.pcs.at[i],
					  &before->sites.at[i] };
	}
	return true;
}

/*
 * What was in no module, or in one that was unloaded, may be in another one by
 * now; and what a signal returns to has a name of its own, for its owner.
 */
static bool is_still(const struct mtr_heap_view *s,
		     const struct mtr_heap_view *before,
		     const struct known_site *k)
{
	const struct mtr_frame *f = &before->frames.at[k->site->first];
	const struct mtr_module *m = f->module;
	uint64_t pc = k->pc & ~MTR_PC_EXACT;

	return m && !m->gone && f->function != signal_return &&
	       mtr_symbols_module(s->symbols, pc - !(k->pc & MTR_PC_EXACT)) ==
		       m;
}

static struct mtr_error *name_known(struct mtr_heap_view *s,
				    const struct mtr_heap_view *before,
				    const struct known_site *k)
{
	struct mtr_site *site = mtr_sites_push(&s->sites);
	size_t first = s->frames.n, n = k->site->n;

	if (!site || !mtr_frames_reserve(&s->frames, first + n))
		return mtr_error_nomem();
	memcpy(&s->frames.at[first], &before->frames.at[k->site->first],
	       n * sizeof(*s->frames.at));
	s->frames.n += n;
	*site = (struct mtr_site){
		.pc = k->site->pc,
		.first = (uint32_t)first,
		.n = (uint32_t)n,
	};
	return NULL;
}

static struct mtr_error *name_each(struct mtr_heap_view *s,
				   const struct mtr_heap_view *before,
				   const struct known_sites *known)
{
	for (size_t i = 0; i < s->stacks.pcs.n; i++) {
		uint64_t pc = s->stacks.pcs.at[i];
		const struct known_site *k = known_sites_find(known, pc);

		if (k && is_still(s, before, k))
			MTR_TRY(name_known(s, before, k));
		else
			MTR_TRY(name_site(s, pc));
	}
	return NULL;
}

/* @before may be NULL. */
static struct mtr_error *name_sites(struct mtr_heap_view *s,
				    const struct mtr_heap_view *before,
				    const struct mtr_heap_view_options *options)
{
	mtr_cleanup(cleanup_wrappers) struct mtr_wrappers *w = NULL;
	struct known_sites known = { 0 };
	struct mtr_error *error;

	MTR_TRY(mtr_wrappers_create(options->skip, &w));
	for (size_t i = 0; i < options->skip_modules.n; i++)
		MTR_TRY(mtr_wrappers_skip_module(w,
						 options->skip_modules.at[i]));
	MTR_TRY(open_symbols(s, options->symbols));
	error = known_fill(before, &known) ? name_each(s, before, &known)
					   : mtr_error_nomem();
	known_sites_fini(&known);
	MTR_TRY(error);
	mtr_heap_view_find_owners(s, w);
	return NULL;
}

/* All sites share one frame, which says nothing. */
static struct mtr_error *number_sites(struct mtr_heap_view *s)
{
	struct mtr_frame *frame = mtr_frames_push(&s->frames);

	if (!frame || !mtr_sites_reserve(&s->sites, s->stacks.pcs.n))
		return mtr_error_nomem();
	*frame = (struct mtr_frame){ 0 };
	for (size_t i = 0; i < s->stacks.pcs.n; i++)
		s->sites.at[s->sites.n++] = (struct mtr_site){
			.pc = s->stacks.pcs.at[i] & ~MTR_PC_EXACT,
			.n = 1,
		};
	return NULL;
}

/* Last of all: every step before may warn. */
static struct mtr_error *copy_warnings(struct mtr_heap_view *s)
{
	const struct mtr_strings *from = mtr_target_warnings(s->target);

	for (size_t i = 0; i < from->n; i++) {
		char *text = strdup(from->at[i]);
		char **slot = text ? mtr_strings_push(&s->warnings) : NULL;

		if (!slot) {
			free(text);
			return mtr_error_nomem();
		}
		*slot = text;
	}
	return NULL;
}

struct mtr_error *mtr_heap_view_open(const char *target,
				     struct mtr_heap_view *ret)
{
	struct mtr_target *t;

	*ret = (struct mtr_heap_view){ 0 };
	MTR_TRY(mtr_target_open(target, &t));
	mtr_heap_view_begin(t, ret);
	return NULL;
}

void mtr_heap_view_begin(struct mtr_target *target, struct mtr_heap_view *ret)
{
	*ret = (struct mtr_heap_view){ .target = target };
	ret->name = mtr_target_name(ret->target);
	ret->kind = mtr_target_kind(ret->target);
	ret->source = mtr_target_source(ret->target);
	ret->pid = mtr_target_pid(ret->target);
	ret->start_known = mtr_target_start(ret->target, ret->start);
	ret->exe = mtr_target_exe(ret->target);
}

/* Those of what a snapshot was made of. */
static struct mtr_error *saved_warnings(struct mtr_target *t)
{
	struct mtr_packed c;
	const void *at;
	size_t bytes, n;

	MTR_TRY(mtr_target_part(t, MTR_SAVED_WARNINGS, &at, &bytes));
	c = mtr_packed_begin(at, bytes);
	n = at ? mtr_packed_count(&c, 2) : 0;
	for (size_t i = 0; i < n; i++) {
		const char *text = mtr_packed_text(&c);

		if (text)
			mtr_target_warn(t, "%s", text);
	}
	return c.bad ? mtr_part_senseless(MTR_SAVED_WARNINGS) : NULL;
}

struct mtr_error *mtr_heap_view_read(struct mtr_heap_view *s)
{
	MTR_TRY(saved_warnings(s->target));
	MTR_TRY(mtr_heap_read(s->target, &s->heap));
	MTR_TRY(mtr_stacks_read(s->target, &s->heap, &s->stacks));
	s->read_warnings = mtr_target_warnings(s->target)->n;
	return NULL;
}

/* A snapshot has them all, or none. */
static struct mtr_error *saved_types(struct mtr_heap_view *s)
{
	const void *at;
	size_t bytes;

	if (s->types.of)
		return NULL;
	MTR_TRY(mtr_target_part(s->target, MTR_SAVED_TYPES, &at, &bytes));
	return at ? mtr_types_find(s->target, s->symbols, &s->heap, &s->types)
		  : NULL;
}

struct mtr_error *mtr_heap_view_type_of(const struct mtr_heap_view *s,
					const struct mtr_block *b,
					const char **ret)
{
	*ret = NULL;
	if (s->kind != MTR_TARGET_SNAPSHOT)
		return s->target && s->symbols
			       ? mtr_type_find(s->target, s->symbols, b, ret)
			       : NULL;
	if (b && !b->freed && s->types.of)
		*ret = s->types.names.at[s->types.of[b - s->heap.blocks.at]];
	return NULL;
}

struct mtr_error *
mtr_heap_view_type(struct mtr_heap_view *s,
		   const struct mtr_heap_view_options *options)
{
	if (!options->types || options->no_names || s->types.of)
		return NULL;
	if (!s->symbols)
		MTR_TRY(open_symbols(s, options->symbols));
	return mtr_types_find(s->target, s->symbols, &s->heap, &s->types);
}

static struct mtr_error *name_all(struct mtr_heap_view *s,
				  const struct mtr_heap_view *before,
				  const struct mtr_heap_view_options *options)
{
	if (options->no_names)
		MTR_TRY(number_sites(s));
	else
		MTR_TRY(name_sites(s, before, options));
	MTR_TRY(mtr_heap_view_type(s, options));
	if (!options->no_names)
		MTR_TRY(saved_types(s));
	return copy_warnings(s);
}

struct mtr_error *
mtr_heap_view_name(struct mtr_heap_view *s,
		   const struct mtr_heap_view_options *options)
{
	return name_all(s, NULL, options);
}

struct mtr_error *
mtr_heap_view_name_again(struct mtr_heap_view *s, struct mtr_heap_view *before,
			 const struct mtr_heap_view_options *options)
{
	s->symbols = mtr_take(before->symbols);
	return name_all(s, before, options);
}

struct mtr_error *
mtr_heap_view_take(const char *target,
		   const struct mtr_heap_view_options *options,
		   struct mtr_heap_view *ret)
{
	struct mtr_error *error = mtr_heap_view_open(target, ret);

	if (!error)
		error = mtr_heap_view_read(ret);
	if (!error)
		error = mtr_heap_view_name(ret, options);
	if (error)
		mtr_heap_view_fini(ret);
	return error;
}

void mtr_heap_view_fini(struct mtr_heap_view *s)
{
	for (size_t i = 0; i < s->warnings.n; i++)
		free(s->warnings.at[i]);
	mtr_strings_fini(&s->warnings);
	mtr_frames_fini(&s->frames);
	mtr_types_fini(&s->types);
	mtr_sites_fini(&s->sites);
	mtr_stacks_fini(&s->stacks);
	mtr_heap_fini(&s->heap);
	mtr_symbols_close(s->symbols);
	if (s->target)
		mtr_target_close(s->target);
	*s = (struct mtr_heap_view){ 0 };
}
