/* SPDX-License-Identifier: MIT */
/*
 * When to write a snapshot. See watch.h for the contract.
 */
#include "preload/watch.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "preload/descriptor.h"
#include "preload/ledger.h"
#include "preload/memory.h"
#include "preload/snapshot.h"
#include "preload/sys.h"

/* Of a process: a page that a forked child gets empty. */
struct state {
	_Atomic bool busy;
	_Atomic uint32_t number; /* of the last snapshot */
};

enum {
	LEAF_SPAN = 1 << MTR_LEAF_BITS,
	/* Where large blocks come and go close to a size, so many times that
	 * size is allocated for each time that they are counted: 1 / SPARE. */
	SPARE = 16,
};

size_t mtr_watch_large = (UINT64_C(1) << MTR_USABLE_BITS) - 1;

static struct state plain;
static struct state *_Atomic state = &plain;
static struct mtr_snapshot_room room;
static char path[PATH_MAX];

static const char *pattern;
static uint64_t sizes[MTR_SNAPSHOT_SIZES]; /* 0: none, or it was written */
static _Atomic uint64_t next = UINT64_MAX; /* when to look */
static _Atomic uint64_t large; /* bytes of large blocks, at the most */

/* ------------------------------------------------------------ its name */

struct to {
	char *at, *end;
};

static bool put(struct to *to, const char *text, size_t n)
{
	if ((size_t)(to->end - to->at) <= n)
		return false;
	memcpy(to->at, text, n);
	to->at += n;
	*to->at = '\0';
	return true;
}

static bool put_number(struct to *to, uint32_t n)
{
	char digits[12];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	return put(to, digits + i, sizeof(digits) - i);
}

/* The last part of the executable's path. */
static bool put_program(struct to *to)
{
	static const char deleted[] = " (deleted)";
	const size_t tail = sizeof(deleted) - 1;
	char *exe = room.text;
	long n = mtr_sys_readlink("/proc/self/exe", exe, sizeof(room.text));
	const char *slash = n > 0 ? memrchr(exe, '/', n) : NULL;
	const char *name = slash ? slash + 1 : exe;
	size_t bytes = slash ? (size_t)(exe + n - name) : 0;

	if (!bytes)
		return put(to, "unknown", 7);
	if (bytes > tail && memcmp(name + bytes - tail, deleted, tail) == 0)
		bytes -= tail;
	return put(to, name, bytes);
}

static bool put_letter(struct to *to, char letter, uint32_t number)
{
	switch (letter) {
	case 'p':
		return put_number(to, mtr_sys_getpid());
	case 'n':
		return put_number(to, number);
	case 'e':
		return put_program(to);
	default:
		return put(to, &letter, 1);
	}
}

int mtr_watch_path(const char *from, uint32_t number, char *ret, size_t bytes)
{
	struct to to = { ret, ret + bytes };
	bool fits = true;

	for (; *from && fits; from++) {
		if (*from == '%' && from[1])
			fits = put_letter(&to, *++from, number);
		else
			fits = put(&to, from, 1);
	}
	return fits ? 0 : -ENAMETOOLONG;
}

/* --------------------------------------------------------- one at a time */

/* False: one is being written. No handler runs until end(). */
static bool begin(struct mtr_hush *hush)
{
	mtr_sys_hush_all(hush);
	if (!atomic_exchange(&atomic_load(&state)->busy, true))
		return true;
	mtr_sys_unhush(hush, 0);
	return false;
}

static void end(const struct mtr_hush *hush, int error)
{
	atomic_store(&atomic_load(&state)->busy, false);
	mtr_sys_unhush(hush, error);
}

static int write(void)
{
	uint32_t number = atomic_fetch_add(&atomic_load(&state)->number, 1) + 1;
	int error = mtr_watch_path(pattern, number, path, sizeof(path));

	if (!error)
		error = mtr_snapshot_write_in(&room, path);
	if (!error) {
		__atomic_fetch_add(&mtr_descriptor.snapshots, 1,
				   __ATOMIC_RELAXED);
		return 0;
	}
	__atomic_store_n(&mtr_descriptor.snapshot_error, (uint32_t)-error,
			 __ATOMIC_RELAXED);
	__atomic_fetch_add(&mtr_descriptor.snapshots_failed, 1,
			   __ATOMIC_RELAXED);
	return error;
}

/* ------------------------------------------------------------- by size */

static uint64_t beyond_a_leaf(uint64_t usable)
{
	return usable > LEAF_SPAN ? usable - LEAF_SPAN : 0;
}

static uint64_t leaves(void)
{
	return (uint64_t)atomic_load(&mtr_leaf_count) * LEAF_SPAN;
}

/* What there is beyond the leaves. Others go on: it may be off by as much. */
static uint64_t count_large(void)
{
	uint64_t was = atomic_load(&large), sum = 0;

	if (!was)
		return 0;
	for (uintptr_t at = mtr_ledger_next(MTR_GRANULE); at;
	     at = mtr_ledger_next(at + MTR_GRANULE))
		sum += beyond_a_leaf(mtr_ledger_load(at) & (UINT64_MAX >> 8));
	atomic_fetch_sub(&large, was - sum);
	return sum;
}

/* True: a size was reached. It, and those below, are not looked for again. */
static bool reached(uint64_t span)
{
	uint64_t least = UINT64_MAX;
	bool any = false;

	for (size_t i = 0; i < MTR_SNAPSHOT_SIZES; i++) {
		if (!sizes[i])
			continue;
		if (sizes[i] <= span) {
			sizes[i] = 0;
			any = true;
		} else if (sizes[i] < least) {
			least = sizes[i];
		}
	}
	if (least != UINT64_MAX && least < span + least / SPARE &&
	    atomic_load(&large))
		least = span + least / SPARE;
	atomic_store(&next, least);
	return any;
}

static MTR_COLD void look(void)
{
	struct mtr_hush hush;
	int error = 0;

	if (!begin(&hush))
		return;
	if (reached(leaves() + count_large()))
		error = write();
	end(&hush, error);
}

MTR_COLD void mtr_watch_grown(size_t usable)
{
	uint64_t when = atomic_load_explicit(&next, memory_order_relaxed);

	if (when == UINT64_MAX)
		return;
	if (beyond_a_leaf(usable))
		atomic_fetch_add(&large, beyond_a_leaf(usable));
	if (leaves() + atomic_load(&large) >= when)
		look();
}

/* ----------------------------------------------------------- by a signal */

static void handler(int sig)
{
	struct mtr_hush hush;

	(void)sig;
	if (begin(&hush))
		end(&hush, write());
}

void mtr_watch_handle(const struct mtr_options *options)
{
	if (options->snapshot_signal)
		mtr_sys_handle(options->snapshot_signal, handler);
}

/* Without the page a child of fork goes on with its parent's numbers. */
static void init_state(void)
{
	struct state *page = mtr_memory_map_once(MTR_OWN_STATES, MTR_SYS_PAGE);

	if (!page)
		return;
	if (mtr_sys_wipe_on_fork(page, MTR_SYS_PAGE))
		atomic_store(&state, page);
	else
		mtr_memory_unmap_once(page, MTR_SYS_PAGE);
}

void mtr_watch_init(const struct mtr_options *options)
{
	if (!options->snapshot_sizes[0] && !options->snapshot_signal)
		return;
	pattern = options->snapshot_file;
	init_state();
	memcpy(sizes, options->snapshot_sizes, sizeof(sizes));
	if (!sizes[0])
		return;
	mtr_watch_large = LEAF_SPAN;
	reached(0);
}
