// SPDX-License-Identifier: MIT
// Replacements of operator new and delete.
//   FORMS  a bit for each form that is replaced, in the order below; all
//   SHIFT  the program's pointer is not malloc's: another's free makes libc
//          abort
//   POOL   without malloc
//   RESERVE  where there is no memory, some of its own, whatever the size; in
//          front of it stands what malloc has in front of a block of 56 bytes
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "replaces.h"

#ifndef FORMS
#define FORMS 0xfffff
#endif

#define REPLACES(form) (((FORMS) >> (form)) & 1)

// A library that is loaded into another program counts nothing.
extern "C" __attribute__((weak)) int replaced_calls[REPLACED_FORMS];

#if defined(POOL)
alignas(64) static char pool[1 << 20];
static size_t used;

static char *take(size_t size, size_t align)
{
	char *p;

	used = (used + align - 1) & -align;
	if (size > sizeof(pool) - used)
		return nullptr;
	p = pool + used;
	used += size;
	return p;
}

static void give(void *p, size_t)
{
	if (static_cast<char *>(p) < pool ||
	    static_cast<char *>(p) > pool + used)
		abort();
}
#else
#ifdef SHIFT
static const size_t shift = 1;
#else
static const size_t shift = 0;
#endif

#ifdef RESERVE
alignas(16) static struct {
	size_t header[2];
	char bytes[240];
} reserve;

static char *take_reserve()
{
	reserve.header[1] = 65;
	memset(reserve.bytes, 'r', sizeof(reserve.bytes));
	return reserve.bytes;
}
#else
static char *take_reserve()
{
	return nullptr;
}
#endif

static char *take(size_t size, size_t align)
{
	size_t room = shift * align;
	void *p = nullptr;

	if (align <= 16)
		p = malloc(size + room);
	else if (posix_memalign(&p, align, size + room))
		p = nullptr;
	return p ? static_cast<char *>(p) + room : take_reserve();
}

static void give(void *p, size_t align)
{
#ifdef RESERVE
	if (p == reserve.bytes)
		return;
#endif
	free(static_cast<char *>(p) - shift * align);
}
#endif

static void *make(int form, size_t size, size_t align, bool quiet)
{
	void *p = nullptr;

	if (replaced_calls)
		replaced_calls[form]++;
	if (size != REPLACED_FAILS)
		p = take(size, align);
	if (!p && !quiet)
		throw std::bad_alloc();
	return p;
}

static void unmake(int form, void *p, size_t align)
{
	if (replaced_calls)
		replaced_calls[form]++;
	if (p)
		give(p, align);
}

typedef std::align_val_t align_val;
typedef const std::nothrow_t &nothrow;

// operator new, by a name that leads nowhere else
__attribute__((visibility("hidden"))) void *replaced_new(size_t size);

void *replaced_new(size_t size)
{
	return make(0, size, 16, false);
}

#if REPLACES(0)
void *operator new(size_t size)
{
	return make(0, size, 16, false);
}
#endif
#if REPLACES(1)
void *operator new[](size_t size)
{
	return make(1, size, 16, false);
}
#endif
#if REPLACES(2)
void *operator new(size_t size, nothrow) noexcept
{
	return make(2, size, 16, true);
}
#endif
#if REPLACES(3)
void *operator new[](size_t size, nothrow) noexcept
{
	return make(3, size, 16, true);
}
#endif
#if REPLACES(4)
void *operator new(size_t size, align_val align)
{
	return make(4, size, static_cast<size_t>(align), false);
}
#endif
#if REPLACES(5)
void *operator new[](size_t size, align_val align)
{
	return make(5, size, static_cast<size_t>(align), false);
}
#endif
#if REPLACES(6)
void *operator new(size_t size, align_val align, nothrow) noexcept
{
	return make(6, size, static_cast<size_t>(align), true);
}
#endif
#if REPLACES(7)
void *operator new[](size_t size, align_val align, nothrow) noexcept
{
	return make(7, size, static_cast<size_t>(align), true);
}
#endif
#if REPLACES(8)
void operator delete(void *p) noexcept
{
	unmake(8, p, 16);
}
#endif
#if REPLACES(9)
void operator delete[](void *p) noexcept
{
	unmake(9, p, 16);
}
#endif
#if REPLACES(10)
void operator delete(void *p, size_t) noexcept
{
	unmake(10, p, 16);
}
#endif
#if REPLACES(11)
void operator delete[](void *p, size_t) noexcept
{
	unmake(11, p, 16);
}
#endif
#if REPLACES(12)
void operator delete(void *p, nothrow) noexcept
{
	unmake(12, p, 16);
}
#endif
#if REPLACES(13)
void operator delete[](void *p, nothrow) noexcept
{
	unmake(13, p, 16);
}
#endif
#if REPLACES(14)
void operator delete(void *p, align_val align) noexcept
{
	unmake(14, p, static_cast<size_t>(align));
}
#endif
#if REPLACES(15)
void operator delete[](void *p, align_val align) noexcept
{
	unmake(15, p, static_cast<size_t>(align));
}
#endif
#if REPLACES(16)
void operator delete(void *p, size_t, align_val align) noexcept
{
	unmake(16, p, static_cast<size_t>(align));
}
#endif
#if REPLACES(17)
void operator delete[](void *p, size_t, align_val align) noexcept
{
	unmake(17, p, static_cast<size_t>(align));
}
#endif
#if REPLACES(18)
void operator delete(void *p, align_val align, nothrow) noexcept
{
	unmake(18, p, static_cast<size_t>(align));
}
#endif
#if REPLACES(19)
void operator delete[](void *p, align_val align, nothrow) noexcept
{
	unmake(19, p, static_cast<size_t>(align));
}
#endif
