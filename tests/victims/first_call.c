/* SPDX-License-Identifier: MIT */
/* The entry point named by argv[1] is the first that the process calls. */
#include <errno.h>

#include "check.h"
#include "format/layout.h"

enum { SIZE = 192, ALIGN = 64, ODD = 4711 };

typedef void *function(uintptr_t a, uintptr_t b, uintptr_t c);

#define MTR_ENTRY(name)                                                    \
	extern void *call_##name(uintptr_t, uintptr_t, uintptr_t) __asm__( \
		#name) __attribute__((weak));
#define MTR_CXX(name) MTR_ENTRY(name)
#include "preload/entry_points.def"

extern void *__libc_malloc(size_t size);
extern struct mtr_descriptor malloc_tracer_descriptor __attribute__((weak));

/* In code: a table's weak references to nothing would stay null for ever. */
static function *find(const char *name)
{
#define MTR_ENTRY(entry)               \
	if (strcmp(name, #entry) == 0) \
		return call_##entry;
#define MTR_CXX(entry) MTR_ENTRY(entry)
#include "preload/entry_points.def"
	return NULL;
}

static bool early, missing, errno_kept;
static void *got;

static bool starts(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* @foreign: a block that the library has not given, or 0 */
static void *call(const char *name, function *f, uintptr_t foreign)
{
	uintptr_t p = 0;

	if (starts(name, "_Znw") || starts(name, "_Zna") ||
	    strcmp(name, "malloc") == 0)
		return f(SIZE, ALIGN, 0);
	if (strcmp(name, "malloc_usable_size") == 0) {
		CHECK((size_t)f(foreign, 0, 0) >= (foreign ? SIZE : 0));
		return NULL;
	}
	if (strcmp(name, "calloc") == 0)
		return f(1, SIZE, 0);
	if (strcmp(name, "realloc") == 0)
		return f(foreign, SIZE, 0);
	if (strcmp(name, "reallocarray") == 0)
		return f(foreign, 2, SIZE / 2);
	if (strcmp(name, "posix_memalign") == 0)
		return f((uintptr_t)&p, ALIGN, SIZE) ? NULL : (void *)p;
	if (strstr(name, "alloc") && strstr(name, "v"))
		return f(SIZE, 0, 0);
	if (strstr(name, "align") && name[0] != 'f' && name[0] != '_')
		return f(ALIGN, SIZE, 0);
	f(foreign, SIZE, 0);
	return NULL;
}

/* Comes before any constructor, and before libc knows the environment. */
static void before_all(int argc, char **argv, char **unused)
{
	function *f = find(argc > 1 ? argv[1] : "");

	(void)unused;
	early = &malloc_tracer_descriptor &&
		!(malloc_tracer_descriptor.flags & MTR_FLAG_READY);
	missing = !f;
	errno = ODD;
	if (f)
		got = call(argv[1], f,
			   argc > 2 ? (uintptr_t)__libc_malloc(SIZE) : 0);
	errno_kept = errno == ODD;
}

__attribute__((section(".preinit_array"),
	       used)) static void (*const first)(int, char **,
						 char **) = before_all;

int main(int argc, char **argv)
{
	check_active();
	CHECK(argc >= 2);
	if (missing)
		return 77;
	CHECK(errno_kept);
	CHECK(early || !malloc_tracer_active());
	CHECK(!got || recorded(got, SIZE));
	CHECK(got || !strstr(argv[1], "alloc") || strstr(argv[1], "usable"));
	free(got);
	return 0;
}
