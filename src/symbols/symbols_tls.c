/* SPDX-License-Identifier: MIT */
/*
 * Answers to the question of tls.h.
 *
 *   program's PT_DYNAMIC -> DT_DEBUG -> struct r_debug -> struct link_map ...
 *   thread pointer -> table of blocks [number of a module] -> block
 */
#include "symbols/tls.h"

#include <elf.h>
#include <string.h>

#include "symbols/symbols_impl.h"

/* What a real program has is far below; what is made up may go in circles. */
enum {
	DYNAMIC_MAX = 256,
	OBJECTS_MAX = 8192,
	MAP_WORDS = 192, /* of a struct link_map: more than any version has */
	MODULES_MAX = 1 << 16,
	ALIGN_MAX = 1 << 24,
};

/* struct r_debug and struct link_map of <link.h>, as far as they are read */
struct debug {
	uint64_t version, map;
};

struct object {
	uint64_t bias, name, dynamic, next;
};

/* In struct link_map, next to each other. */
struct tls {
	uint64_t image, image_bytes, bytes, align, first;
	int64_t offset; /* of the block from the thread pointer, if it has its
			 * place there from the start */
	uint64_t number;
};

static bool read_all(struct mtr_symbols *s, uint64_t addr, void *to, size_t n)
{
	return mtr_target_read(s->target, addr, to, n) == n;
}

/* 0: it is not there. */
static uint64_t first_object(struct mtr_symbols *s)
{
	struct mtr_module_file *m;
	Elf64_Dyn dynamic;
	struct debug debug;
	uint64_t at;

	if (s->executable >= s->files.n)
		return 0;
	m = &s->files.at[s->executable];
	mtr_symbols_load(s, m);
	if (!m->mapped->shown.found || !m->file.dynamic)
		return 0;
	at = m->mapped->shown.bias + m->file.dynamic;
	for (int i = 0; i < DYNAMIC_MAX; i++, at += sizeof(dynamic)) {
		if (!read_all(s, at, &dynamic, sizeof(dynamic)) ||
		    dynamic.d_tag == DT_NULL)
			return 0;
		if (dynamic.d_tag == DT_DEBUG)
			return read_all(s, dynamic.d_un.d_ptr, &debug,
					sizeof(debug))
				       ? debug.map
				       : 0;
	}
	return 0;
}

static bool is_tls(const struct mtr_module *m, const struct tls *t)
{
	return t->image >= m->start && t->image < m->end + t->bytes &&
	       t->image_bytes <= t->bytes && t->bytes &&
	       t->bytes <= UINT32_MAX && t->align && t->align <= ALIGN_MAX &&
	       !(t->align & (t->align - 1)) && t->first < t->align &&
	       t->number && t->number < MODULES_MAX;
}

/* False: the module of the object at @addr has none. */
static bool find_tls(struct mtr_symbols *s, const struct mtr_module *m,
		     uint64_t addr, struct tls *ret)
{
	uint64_t words[MAP_WORDS];
	size_t n = mtr_target_read(s->target, addr, words, sizeof(words)) /
		   sizeof(*words);

	for (size_t i = sizeof(struct object) / sizeof(*words);
	     i + sizeof(*ret) / sizeof(*words) <= n; i++) {
		memcpy(ret, words + i, sizeof(*ret));
		if (is_tls(m, ret))
			return true;
	}
	return false;
}

/* A module has one block of a thread's, whatever a list that is a circle says.
 */
static struct mtr_error *list_modules(struct mtr_symbols *s)
{
	mtr_auto_free bool *seen = calloc(s->modules.list.n + 1, sizeof(*seen));
	uint64_t at = first_object(s);
	struct object o;

	if (!seen)
		return mtr_error_nomem();
	s->tls.known = true;
	for (int i = 0; i < OBJECTS_MAX && at; i++, at = o.next) {
		const struct mtr_mapped *m;
		struct mtr_tls_module *slot;
		struct tls tls;

		if (!read_all(s, at, &o, sizeof(o)))
			break;
		m = mtr_modules_find(&s->modules, o.dynamic);
		if (!m || seen[m->number] || !find_tls(s, &m->shown, at, &tls))
			continue;
		seen[m->number] = true;
		slot = mtr_tls_modules_push(&s->tls.list);
		if (!slot)
			return mtr_error_nomem();
		*slot = (struct mtr_tls_module){
			.module = &m->shown,
			.bytes = tls.bytes,
			.number = tls.number,
			.offset = tls.offset,
		};
	}
	return NULL;
}

/* --------------------------------------------------------------- of a thread
 */

static uint64_t table_of(struct mtr_symbols *s, uint64_t tp)
{
	bool x86 = mtr_target_machine(s->target) == EM_X86_64;
	uint64_t table;

	return read_all(s, tp + (x86 ? sizeof(table) : 0), &table,
			sizeof(table))
		       ? table
		       : 0;
}

/* Where it is at the same distance in each thread; 0: nowhere. */
static uint64_t fixed_place(struct mtr_symbols *s, uint64_t tp,
			    const struct mtr_tls_module *m)
{
	bool x86 = mtr_target_machine(s->target) == EM_X86_64;

	if (m->offset <= 0 || m->offset > INT32_MAX)
		return 0;
	return x86 ? tp - m->offset : tp + m->offset;
}

/* By the thread's table. How long that is stands before it. */
static uint64_t place_of(struct mtr_symbols *s, uint64_t tp, uint64_t table,
			 const struct mtr_tls_module *m)
{
	struct {
		uint64_t value, to_free;
	} length, entry;

	if (!table ||
	    !read_all(s, table - sizeof(length), &length, sizeof(length)) ||
	    m->number > length.value ||
	    !read_all(s, table + m->number * sizeof(entry), &entry,
		      sizeof(entry)) ||
	    !entry.value || entry.value == UINT64_MAX)
		return fixed_place(s, tp, m);
	return entry.value;
}

static int by_start(const void *a, const void *b)
{
	const struct mtr_tls_block *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

struct mtr_error *mtr_symbols_tls_blocks(struct mtr_symbols *s, uint64_t tp,
					 struct mtr_tls_blocks *ret)
{
	uint64_t table;

	ret->n = 0;
	if (!tp)
		return NULL;
	if (mtr_target_kind(s->target) == MTR_TARGET_SNAPSHOT)
		return mtr_known_tls_blocks(&s->known, tp, ret);
	if (!s->tls.known)
		MTR_TRY(list_modules(s));
	table = table_of(s, tp);
	for (size_t i = 0; i < s->tls.list.n; i++) {
		const struct mtr_tls_module *m = &s->tls.list.at[i];
		uint64_t start = place_of(s, tp, table, m);
		struct mtr_tls_block *slot;

		if (!start || !mtr_target_find(s->target, start))
			continue;
		slot = mtr_tls_blocks_push(ret);
		if (!slot)
			return mtr_error_nomem();
		*slot = (struct mtr_tls_block){ start, start + m->bytes,
						m->module };
	}
	if (ret->n)
		qsort(ret->at, ret->n, sizeof(*ret->at), by_start);
	return NULL;
}
