// SPDX-License-Identifier: MIT
// A program before whose malloc nothing may be passed by: operator new and
// delete, which it does not replace, come to its own malloc and free.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <new>

struct header {
	uint64_t mark, size;
};

static const uint64_t mark = 0x12345678abcdef00;
static int mallocs, frees;

extern "C" void *malloc(size_t size)
{
	static void *(*next)(size_t);
	header *h;

	if (!next)
		*reinterpret_cast<void **>(&next) = dlsym(RTLD_NEXT, "malloc");
	h = static_cast<header *>(next(sizeof(*h) + size));
	h->mark = mark;
	mallocs++;
	return h + 1;
}

// What comes from calloc has no mark.
extern "C" void free(void *p)
{
	static void (*next)(void *);
	header *h = static_cast<header *>(p) - 1;

	if (!next)
		*reinterpret_cast<void **>(&next) = dlsym(RTLD_NEXT, "free");
	if (!p)
		return;
	if (h->mark == mark) {
		h->mark = 0;
		frees++;
		p = h;
	}
	next(p);
}

int main()
{
	static char buffer[1000];

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	for (int i = 0; i < 3; i++) {
		mallocs = frees = 0;
		int *volatile one = new int;
		char *volatile many = new (std::nothrow) char[100];

		delete one;
		delete[] many;
		printf("%d %d\n", mallocs, frees);
	}
	return 0;
}
