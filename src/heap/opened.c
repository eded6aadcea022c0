/* SPDX-License-Identifier: MIT */
/*
 * Reading the list of opened objects. See opened.h for the contract.
 */
#include "heap/opened.h"

#include <string.h>

#include "format/layout.h"

enum {
	HEAD = offsetof(struct mtr_opened_list, entry),
	ENTRIES_MAX = 4096, /* more than any library has */
};

static bool makes_sense(const struct mtr_opened *e)
{
	return e->order && e->start < e->end && e->end >> MTR_ADDR_BITS == 0 &&
	       e->bias <= e->start && e->id_bytes <= sizeof(e->id) &&
	       memchr(e->path, '\0', sizeof(e->path));
}

/* Entries come in any order; most in that of their numbers. */
static struct mtr_error *add(const struct mtr_opened *e,
			     struct mtr_opened_entries *list)
{
	struct mtr_opened_module *m;

	if (!makes_sense(e))
		return NULL;
	m = mtr_opened_entries_push(list);
	if (!m)
		return mtr_error_nomem();
	*m = (struct mtr_opened_module){
		.start = e->start,
		.end = e->end,
		.bias = e->bias,
		.order = e->order,
		.generation = e->generation,
		.build_id.n = e->id_bytes,
	};
	memcpy(m->build_id.bytes, e->id, e->id_bytes);
	memcpy(m->path, e->path, sizeof(e->path));
	return NULL;
}

static int by_order(const void *a, const void *b)
{
	const struct mtr_opened_module *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static void sort(struct mtr_opened_modules *o)
{
	if (o->list.n)
		qsort(o->list.at, o->list.n, sizeof(*o->list.at), by_order);
}

/* Entries may have grown, as the descriptor may. */
static bool head_is_good(const struct mtr_opened_list *head)
{
	return head->bytes >= sizeof(struct mtr_opened) &&
	       head->bytes <= 4096 && head->entries <= ENTRIES_MAX;
}

struct mtr_error *mtr_opened_saved(const unsigned char *at, size_t bytes,
				   struct mtr_opened_modules *ret)
{
	struct mtr_opened_list head;
	struct mtr_opened e;

	if (bytes < HEAD)
		return NULL;
	memcpy(&head, at, HEAD);
	if (!head_is_good(&head))
		return NULL;
	ret->lost = head.lost;
	at += HEAD;
	bytes -= HEAD;
	for (uint32_t i = 0; i < head.entries && bytes >= head.bytes; i++) {
		memcpy(&e, at, sizeof(e));
		MTR_TRY(add(&e, &ret->list));
		at += head.bytes;
		bytes -= head.bytes;
	}
	sort(ret);
	return NULL;
}

/* What a live process has written meanwhile is void. */
static void compare(unsigned char *at, const unsigned char *again, size_t bytes)
{
	const struct mtr_opened_list *head = (const void *)at;

	for (size_t i = HEAD; i + head->bytes <= bytes; i += head->bytes)
		if (memcmp(at + i, again + i, head->bytes) != 0)
			memset(at + i, 0, head->bytes);
}

struct mtr_error *mtr_opened_read(struct mtr_target *t, uint64_t addr,
				  struct mtr_opened_modules *ret)
{
	mtr_auto_free unsigned char *at = NULL, *again = NULL;
	struct mtr_opened_list head;
	size_t bytes, n;

	if (!addr || mtr_target_read(t, addr, &head, HEAD) != HEAD ||
	    !head_is_good(&head))
		return NULL;
	bytes = HEAD + (size_t)head.entries * head.bytes;
	at = malloc(bytes);
	again = malloc(bytes);
	if (!at || !again)
		return mtr_error_nomem();
	n = mtr_target_read(t, addr, at, bytes);
	if (n > HEAD && mtr_target_kind(t) == MTR_TARGET_LIVE) {
		memcpy(at, &head, HEAD);
		n = mtr_target_read(t, addr, again, n);
		compare(at, again, n);
	}
	return mtr_opened_saved(at, n, ret);
}

void mtr_opened_fini(struct mtr_opened_modules *o)
{
	mtr_opened_entries_fini(&o->list);
	*o = (struct mtr_opened_modules){ 0 };
}
