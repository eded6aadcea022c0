/* SPDX-License-Identifier: MIT */
/*
 * The event log and the checks on free. See eventlog.h for the contract.
 */
#include "preload/eventlog.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "format/layout.h"
#include "format/ledger_code.h"
#include "format/trailer.h"
#include "preload/chunk.h"
#include "preload/line.h"
#include "preload/objects.h"
#include "preload/sys.h"

#ifdef MTR_DEBUG

enum { SITES = 64 };

static const char *log_path;

void mtr_event_log_to(const char *path)
{
	log_path = path && *path ? path : NULL;
}

static void line_write(struct mtr_line *l)
{
	struct mtr_hush hush;
	int fd = log_path ? mtr_sys_open_log(log_path) : STDERR_FILENO;

	mtr_line_end(l);
	if (fd < 0)
		return;
	mtr_sys_hush(&hush);
	mtr_sys_unhush(&hush, mtr_sys_write_all(fd, l->text, l->len));
	if (log_path)
		mtr_sys_close(fd);
}

/* dladdr would wait for a dlopen whose constructors may wait for us. */
static void line_add_module(struct mtr_line *l, uintptr_t pc)
{
	struct mtr_object o;
	const char *slash;

	if (!mtr_objects_find(pc, &o) || !o.path) {
		mtr_line_text(l, " [?]");
		return;
	}
	slash = strrchr(o.path, '/');
	mtr_line_text(l, " [");
	mtr_line_text(l, slash ? slash + 1 : *o.path ? o.path : "program");
	mtr_line_text(l, "+");
	mtr_line_hex(l, pc - o.bias);
	mtr_line_text(l, "]");
}

static void line_add_caller(struct mtr_line *l, uintptr_t caller)
{
	mtr_line_text(l, " caller ");
	mtr_line_hex(l, caller);
	line_add_module(l, caller);
}

void mtr_event_alloc(const char *what, size_t size, const void *p,
		     uintptr_t caller)
{
	struct mtr_line l = { 0 };

	mtr_line_text(&l, what);
	mtr_line_text(&l, "(");
	mtr_line_number(&l, size);
	mtr_line_text(&l, ") = ");
	mtr_line_hex(&l, (uintptr_t)p);
	line_add_caller(&l, caller);
	line_write(&l);
}

void mtr_event_realloc(const void *old, size_t size, const void *p,
		       uintptr_t caller)
{
	struct mtr_line l = { 0 };

	mtr_line_text(&l, "realloc(");
	mtr_line_hex(&l, (uintptr_t)old);
	mtr_line_text(&l, ", ");
	mtr_line_number(&l, size);
	mtr_line_text(&l, ") = ");
	mtr_line_hex(&l, (uintptr_t)p);
	line_add_caller(&l, caller);
	line_write(&l);
}

void mtr_event_free(const char *what, const void *p, uintptr_t caller)
{
	struct mtr_line l = { 0 };

	mtr_line_text(&l, what);
	mtr_line_text(&l, "(");
	mtr_line_hex(&l, (uintptr_t)p);
	mtr_line_text(&l, ")");
	line_add_caller(&l, caller);
	line_write(&l);
}

/* Has @caller not been complained about before? */
static bool site_is_new(uintptr_t caller)
{
	static _Atomic uintptr_t sites[SITES];

	for (int i = 0; i < SITES; i++) {
		uintptr_t seen = 0;

		if (atomic_compare_exchange_strong(&sites[i], &seen, caller))
			return true;
		if (seen == caller)
			return false;
	}
	return false;
}

static void complain(const char *what, const void *p, uintptr_t caller)
{
	struct mtr_line l = { 0 };

	if (!site_is_new(caller))
		return;
	mtr_line_text(&l, "malloc_tracer: ");
	mtr_line_text(&l, what);
	mtr_line_text(&l, " ");
	mtr_line_hex(&l, (uintptr_t)p);
	line_add_caller(&l, caller);
	line_write(&l);
}

static bool trailer_is_sound(const void *p, const uint8_t *at)
{
	uint64_t usable = mtr_ledger_usable(at, MTR_ENTRY_LARGE);
	const struct mtr_trailer *t;

	if (usable < MTR_USABLE_MIN)
		return false;
	/* somebody else's block, by now */
	if (!mtr_chunk_is(p, usable))
		return true;
	t = mtr_trailer_at((void *)p, usable);
	return mtr_trailer_fits(t, usable, mtr_descriptor.record) &&
	       (mtr_descriptor.record == MTR_RECORD_SHORT ||
		t->caller >> MTR_ADDR_BITS == 0);
}

void mtr_event_check_free(const void *p, const uint8_t *at, uintptr_t caller)
{
	if (!at)
		return;
	if (*at == MTR_LEAD_FREED)
		complain("double free of", p, caller);
	else if (!trailer_is_sound(p, at))
		complain("damaged trailer (written past the end?) of", p,
			 caller);
}

#endif
