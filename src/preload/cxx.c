/* SPDX-License-Identifier: MIT */
/*
 * What is replaced of operator new and delete. See cxx.h for the contract.
 */
#include "preload/cxx.h"

#include <stddef.h>
#include <string.h>

#include "preload/linkage.h"
#include "preload/objects.h"
#include "preload/real.h"

uint32_t mtr_cxx_handed_on = MTR_CXX_UNDECIDED;

const char *const mtr_cxx_names[MTR_CXX_COUNT] = {
#define MTR_ENTRY(name)
#define MTR_CXX(name) #name,
#include "preload/entry_points.def"
};

#define FORM(name) (UINT32_C(1) << MTR_CXX_##name)

/*
 * The forms that a runtime's definition of each may end up in, itself included:
 * [new.delete] in the C++ standard. Those without exceptions of an array call
 * the array's form in libc++ and in libstdc++ since gcc 9, the one without
 * exceptions before.
 */
enum {
	NEW = FORM(_Znwm),
	NEW_ARRAY = NEW | FORM(_Znam),
	NEW_QUIET = NEW | FORM(_ZnwmRKSt9nothrow_t),
	WIDE = FORM(_ZnwmSt11align_val_t),
	WIDE_ARRAY = WIDE | FORM(_ZnamSt11align_val_t),
	WIDE_QUIET = WIDE | FORM(_ZnwmSt11align_val_tRKSt9nothrow_t),
	DELETE = FORM(_ZdlPv),
	DELETE_ARRAY = DELETE | FORM(_ZdaPv),
	DELETE_WIDE = FORM(_ZdlPvSt11align_val_t),
	DELETE_WIDE_ARRAY = DELETE_WIDE | FORM(_ZdaPvSt11align_val_t),
};

#define ENDS_UP_IN(name, forms) [MTR_CXX_##name] = FORM(name) | (forms)
static const uint32_t reaches[MTR_CXX_COUNT] = {
	ENDS_UP_IN(_Znwm, NEW),
	ENDS_UP_IN(_Znam, NEW_ARRAY),
	ENDS_UP_IN(_ZnwmRKSt9nothrow_t, NEW),
	ENDS_UP_IN(_ZnamRKSt9nothrow_t, NEW_ARRAY | NEW_QUIET),
	ENDS_UP_IN(_ZnwmSt11align_val_t, WIDE),
	ENDS_UP_IN(_ZnamSt11align_val_t, WIDE_ARRAY),
	ENDS_UP_IN(_ZnwmSt11align_val_tRKSt9nothrow_t, WIDE),
	ENDS_UP_IN(_ZnamSt11align_val_tRKSt9nothrow_t, WIDE_ARRAY | WIDE_QUIET),
	ENDS_UP_IN(_ZdlPv, DELETE),
	ENDS_UP_IN(_ZdaPv, DELETE_ARRAY),
	ENDS_UP_IN(_ZdlPvm, DELETE),
	ENDS_UP_IN(_ZdaPvm, DELETE_ARRAY),
	ENDS_UP_IN(_ZdlPvRKSt9nothrow_t, DELETE),
	ENDS_UP_IN(_ZdaPvRKSt9nothrow_t, DELETE_ARRAY),
	ENDS_UP_IN(_ZdlPvSt11align_val_t, DELETE_WIDE),
	ENDS_UP_IN(_ZdaPvSt11align_val_t, DELETE_WIDE_ARRAY),
	ENDS_UP_IN(_ZdlPvmSt11align_val_t, DELETE_WIDE),
	ENDS_UP_IN(_ZdaPvmSt11align_val_t, DELETE_WIDE_ARRAY),
	ENDS_UP_IN(_ZdlPvSt11align_val_tRKSt9nothrow_t, DELETE_WIDE),
	ENDS_UP_IN(_ZdaPvSt11align_val_tRKSt9nothrow_t, DELETE_WIDE_ARRAY),
};

/* The next allocator. */
static const struct link_map *allocator;

/* The next definition of each form, of what was loaded at start-up. */
static struct mtr_definition permanent[MTR_CXX_COUNT];

static bool is_runtime(const struct link_map *map)
{
	static const char *const runtimes[] = { "libstdc++.so", "libc++.so",
						"libc++abi.so" };

	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++)
		if (mtr_linkage_is_called(map, runtimes[i]))
			return true;
	return false;
}

static bool is_replacement(const struct mtr_definition *d)
{
	return d->at && d->map != mtr_linkage_self() && d->map != allocator &&
	       !is_runtime(d->map);
}

static uint32_t replaced_forms(const struct mtr_lookup *forms)
{
	uint32_t replaced = 0;

	for (int i = 0; i < MTR_CXX_COUNT; i++)
		if (is_replacement(&forms[i].first) ||
		    is_replacement(&forms[i].next))
			replaced |= UINT32_C(1) << i;
	return replaced;
}

/* An allocator's own forms call none but themselves. */
static uint32_t forms_to_hand_on(const struct mtr_lookup *forms)
{
	uint32_t replaced = replaced_forms(forms), ret = 0;

	for (int i = 0; i < MTR_CXX_COUNT; i++) {
		uint32_t self = UINT32_C(1) << i, called = reaches[i];

		if (forms[i].next.map == allocator)
			called = self;
		if (replaced & called)
			ret |= self;
	}
	return ret;
}

void mtr_cxx_start(const struct mtr_lookup forms[MTR_CXX_COUNT],
		   const struct link_map *malloc_map, bool bypass)
{
	uint32_t handed_on = MTR_CXX_UNDECIDED, undecided = handed_on;
	bool found = false;

	allocator = malloc_map;
	for (int i = 0; i < MTR_CXX_COUNT; i++) {
		permanent[i] = forms[i].next;
		found |= forms[i].next.at || is_replacement(&forms[i].first);
	}
	if (bypass)
		handed_on = MTR_CXX_ALL;
	else if (found)
		handed_on = forms_to_hand_on(forms);
	/* another thread may have been faster, and decided since */
	__atomic_compare_exchange_n(&mtr_cxx_handed_on, &undecided, handed_on,
				    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* Plugins. */

/* The first of these calls is enough: objects neither come nor go meanwhile. */
static int decide_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	struct mtr_lookup forms[MTR_CXX_COUNT] = { 0 };

	(void)info;
	(void)size;
	for (int i = 0; i < MTR_CXX_COUNT; i++)
		forms[i].name = mtr_cxx_names[i];
	mtr_linkage_look_up(forms, MTR_CXX_COUNT);
	*(uint32_t *)context = forms_to_hand_on(forms);
	return 1;
}

MTR_COLD uint32_t mtr_cxx_decide(void)
{
	uint32_t undecided = MTR_CXX_UNDECIDED, decision = 0;

	if (mtr_real_road(0) == MTR_ROAD_NESTED)
		return 0;
	if (__atomic_load_n(&mtr_cxx_handed_on, __ATOMIC_ACQUIRE) & undecided)
		mtr_objects_iterate(decide_visit, &decision);
	/* the first decision holds: blocks have been made by it */
	__atomic_compare_exchange_n(&mtr_cxx_handed_on, &undecided, decision,
				    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	mtr_real_open_roads();
	return __atomic_load_n(&mtr_cxx_handed_on, __ATOMIC_ACQUIRE);
}

/* A form, called from an object that a plugin brought or that uses one's. */
struct question {
	enum mtr_cxx form;
	uintptr_t pc;
	struct mtr_definition (*find)(const struct link_map *map,
				      enum mtr_cxx form);
	void *ret;
};

static struct mtr_definition definition_in(const struct link_map *map,
					   enum mtr_cxx form)
{
	struct mtr_lookup l = { .name = mtr_cxx_names[form] };

	mtr_linkage_look_up_in(map, &l);
	return l.next;
}

/* The form itself, else one that a runtime's definition would have called. */
static struct mtr_definition replacement_in(const struct link_map *map,
					    enum mtr_cxx form)
{
	for (int i = form; i >= 0; i--) {
		struct mtr_definition d;

		if (!(reaches[form] >> i & 1))
			continue;
		d = definition_in(map, i);
		if (is_replacement(&d))
			return d;
	}
	return (struct mtr_definition){ 0 };
}

static bool holds(const struct mtr_object *o, const struct link_map *map)
{
	uintptr_t at = (uintptr_t)map->l_ld;

	return at >= o->start && at < o->end;
}

/*
 * The loader binds a runtime to the replacements of the plugin that brought it,
 * and would keep that plugin. Bound to this library, a runtime that is never
 * unloaded (libstdc++) may outlive it: it belongs to the plugin of that name
 * again when that comes back, behind it in the list. The lock guards this.
 */
static struct {
	uintptr_t runtime;
	uint64_t plugin;
} bound;

/* FNV-1a */
static uint64_t name_hash(const struct link_map *map)
{
	uint64_t ret = 0xcbf29ce484222325;

	for (const char *c = map->l_name; *c; c++)
		ret = (ret ^ (unsigned char)*c) * 0x100000001b3;
	return ret;
}

static bool is_bound(uintptr_t runtime, const struct link_map *plugin)
{
	return bound.runtime == runtime && bound.plugin == name_hash(plugin);
}

/*
 * What would the form be bound to in the caller, without this library? What a
 * plugin needs comes behind it in the list, and is bound in the same order: so
 * to the first definition from the last plugin on, up to the caller, that
 * replaces anything for this form. Else to the first of all.
 */
static void *search(const struct question *q)
{
	const struct link_map *plugin = NULL, *in = NULL;
	void *of_plugin = NULL, *first = NULL;
	struct mtr_object caller = { 0 };
	bool behind = !mtr_objects_find(q->pc, &caller);

	for (const struct link_map *map = mtr_linkage_program(); map;
	     map = map->l_next) {
		void *at;

		if ((!behind || (in && is_bound(caller.start, map))) &&
		    replacement_in(map, q->form).at) {
			plugin = map;
			of_plugin = NULL;
		}
		at = q->find(map, q->form).at;
		if (plugin && !of_plugin)
			of_plugin = at;
		if (!first)
			first = at;
		if (!behind && holds(&caller, map)) {
			behind = true;
			in = map;
		}
	}
	if (plugin && in && is_runtime(in)) {
		bound.runtime = caller.start;
		bound.plugin = name_hash(plugin);
	}
	return of_plugin ? of_plugin : first;
}

static int search_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	struct question *q = context;

	(void)info;
	(void)size;
	q->ret = search(q);
	return 1;
}

/* Answers, while no object has come or gone since. The lock guards them. */
static struct answer {
	uintptr_t pc;
	unsigned long long adds, subs;
	enum mtr_cxx form;
	void *at;
} answers[64];

static int next_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	struct question *q = context;
	struct answer *a = &answers[(q->pc ^ q->pc >> 6 ^ q->form) %
				    (sizeof(answers) / sizeof(*answers))];

	(void)size;
	if (a->pc != q->pc || a->form != q->form ||
	    a->adds != info->dlpi_adds || a->subs != info->dlpi_subs)
		*a = (struct answer){ q->pc, info->dlpi_adds, info->dlpi_subs,
				      q->form, search(q) };
	q->ret = a->at;
	return 1;
}

MTR_COLD void *mtr_cxx_next(enum mtr_cxx form, uintptr_t pc)
{
	struct question q = { form, pc, definition_in, permanent[form].at };

	if (!q.ret)
		mtr_objects_iterate(next_visit, &q);
	return q.ret;
}

MTR_COLD void *mtr_cxx_plugin_delete(enum mtr_cxx form, uintptr_t pc)
{
	struct question q = { form, pc, replacement_in, NULL };

	/* with a runtime in the global scope plugins are bound to that one */
	if (!permanent[form].at)
		mtr_objects_iterate(search_visit, &q);
	return q.ret;
}
