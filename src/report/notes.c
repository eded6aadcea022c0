/* SPDX-License-Identifier: MIT */
/*
 * Known allocators are told by the function that calls malloc for them, or by
 * the module that has them. See notes.h for the contract.
 */
#include "report/notes.h"

#include <assert.h>
#include <string.h>

struct known_pool {
	struct mtr_pool pool;
	const char *functions[5]; /* owners of its blocks, without parameters */
	const char *modules[3];	  /* beginnings of names */
};

/* Of a process with these modules, memory is hidden; see python_hides. */
static const struct known_pool known[] = {
	{ { "CPython's objects", "in arenas that PyObject_Malloc maps",
	    "run it with PYTHONMALLOC=malloc", true },
	  { NULL },
	  { "python3", "libpython3", NULL } },
	{ { "JavaScript's objects", "in V8's own heap",
	    "see node --heapsnapshot-signal", true },
	  { NULL },
	  { "node", "libnode.so", NULL } },
	{ { "Java's objects", "in the JVM's own heap",
	    "see jcmd PID GC.heap_info", true },
	  { NULL },
	  { "libjvm.so", NULL } },
	{ { "Ruby's objects", "in pages of Ruby's own heap",
	    "see ObjectSpace.dump_all", true },
	  { NULL },
	  { "libruby.so", "libruby", NULL } },
	{ { "APR's pools", "each block holds many allocations", NULL, false },
	  { "apr_allocator_alloc", "allocator_alloc", "apr_palloc",
	    "apr_pool_create_ex", NULL },
	  { NULL } },
	{ { "GLib's slices", "each block holds many allocations",
	    "run it with G_SLICE=always-malloc", false },
	  { "allocator_add_slab", "allocator_memalign", NULL },
	  { NULL } },
	{ { "nginx's pools", "each block holds many allocations", NULL, false },
	  { "ngx_create_pool", "ngx_palloc_block", NULL },
	  { NULL } },
	{ { "PostgreSQL's memory contexts", "each block holds many allocations",
	    "see pg_log_backend_memory_contexts()", false },
	  { "AllocSetAlloc", "AllocSetAllocFromNewBlock",
	    "AllocSetContextCreateInternal", "GenerationAlloc", NULL },
	  { NULL } },
	{ { "LLVM's bump allocators", "each block holds many allocations", NULL,
	    false },
	  { "llvm::BumpPtrAllocatorImpl", NULL },
	  { NULL } },
	{ { "obstacks", "each block holds many allocations", NULL, false },
	  { "_obstack_newchunk", "_obstack_begin", NULL },
	  { NULL } },
};

enum { KNOWN = sizeof(known) / sizeof(*known), PYTHON = 0 };

static_assert((int)KNOWN <= (int)MTR_POOLS_MAX, "no room for all pools");

/* "f", "f(int)", "f<int>::g" and such are of f. */
static bool is_function(const char *name, const char *function)
{
	size_t n = strlen(function);

	return strncmp(name, function, n) == 0 &&
	       (!name[n] || strchr("(<", name[n]));
}

/* "node" and "node.14" are, "node_exporter" is not. */
static bool is_module(const char *name, const char *module)
{
	size_t n = strlen(module);

	return strncmp(name, module, n) == 0 &&
	       (!name[n] || strchr(".-0123456789", name[n]));
}

/* Which of the known ones @owner is of: 1 + its index; 0: none. */
static unsigned pool_of(const struct mtr_frame *owner)
{
	for (unsigned i = 0; i < KNOWN; i++) {
		const struct known_pool *k = &known[i];

		for (size_t j = 0; owner->function && k->functions[j]; j++)
			if (is_function(owner->function, k->functions[j]))
				return i + 1;
		for (size_t j = 0; owner->module && k->modules[j]; j++)
			if (is_module(owner->module->name, k->modules[j]))
				return i + 1;
	}
	return 0;
}

struct seen {
	struct mtr_sum sum;
	uint64_t small; /* blocks that pymalloc would have */
};

/*
 * Whether PYTHONMALLOC=malloc was given shows in the blocks: CPython begins
 * with thousands of objects of less than 512 bytes, and asks malloc for few.
 */
static bool python_hides(const struct seen *s)
{
	return s->sum.blocks >= 100 && s->small < s->sum.blocks / 2;
}

static void count(const struct mtr_heap_view *s, const unsigned char *pools,
		  struct seen *seen)
{
	static const uint64_t small = 512; /* pymalloc's limit */

	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		const struct mtr_block *b = &s->heap.blocks.at[i];
		unsigned pool = pools[mtr_heap_view_site(s, b)];

		if (!pool)
			continue;
		mtr_sum_block(&seen[pool - 1].sum, &s->heap, b);
		seen[pool - 1].small += b->size <= small;
	}
}

static void add(struct mtr_notes *notes, const struct mtr_pool *pool,
		const struct seen *seen)
{
	struct mtr_found_pool *found = &notes->pools[notes->n];

	if (!seen->sum.blocks ||
	    (pool == &known[PYTHON].pool && !python_hides(seen)))
		return;
	*found = (struct mtr_found_pool){ .pool = pool };
	if (!pool->hidden)
		found->sum = seen->sum;
	notes->n++;
}

struct mtr_error *mtr_notes_make(const struct mtr_heap_view *s,
				 const struct mtr_tally *t,
				 struct mtr_notes *ret)
{
	mtr_auto_free unsigned char *pools = calloc(s->sites.n + 1, 1);
	struct seen seen[KNOWN] = { 0 };
	bool any = false;

	*ret = (struct mtr_notes){ .live = t->total };
	mtr_sum_add(&ret->live, &t->left_out);
	mtr_resident_find(s, &ret->resident);
	if (!pools)
		return mtr_error_nomem();
	for (size_t i = 0; i < s->sites.n; i++) {
		pools[i] = pool_of(mtr_heap_view_owner(s, &s->sites.at[i]));
		any |= pools[i];
	}
	if (any)
		count(s, pools, seen);
	for (size_t i = 0; any && i < KNOWN; i++)
		add(ret, &known[i].pool, &seen[i]);
	return NULL;
}
