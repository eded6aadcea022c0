// SPDX-License-Identifier: MIT
// For replaced_new.cc: a library that brings its own operator new. A block
// that goes to free and not back to it makes libc abort.
#include <cstdlib>
#include <new>

extern "C" int replaced_news;
extern "C" int replaced_deletes;
int replaced_news, replaced_deletes;

void *operator new(size_t size)
{
	char *p = static_cast<char *>(malloc(size + 48));

	if (!p)
		throw std::bad_alloc();
	replaced_news++;
	return p + 48;
}

void operator delete(void *p) noexcept
{
	if (!p)
		return;
	replaced_deletes++;
	free(static_cast<char *>(p) - 48);
}

void operator delete(void *p, size_t) noexcept
{
	operator delete(p);
}
