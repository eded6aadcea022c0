// SPDX-License-Identifier: MIT
// For each form of operator new and each of delete that goes with it: which
// replacements were called, and what it gave. A replacement (replaces.cc, in
// this program or in a library) counts here.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

#include "replaces.h"

// NO_LIBRARY: the headers are not those of the C++ runtime.
#ifndef NO_LIBRARY
#include <sstream>
#include <string>
#include <vector>
#endif

int replaced_calls[REPLACED_FORMS];

static const std::align_val_t wide = std::align_val_t(64);

// Declared by their names: -fno-sized-deallocation hides them.
extern "C" {
void sized_delete(void *, size_t) __asm__("_ZdlPvm");
void sized_delete_array(void *, size_t) __asm__("_ZdaPvm");
void sized_delete_wide(void *, size_t,
		       std::align_val_t) __asm__("_ZdlPvmSt11align_val_t");
void sized_delete_wide_array(void *, size_t, std::align_val_t) __asm__(
	"_ZdaPvmSt11align_val_t");
}

static void *make(int form, size_t size)
{
	switch (form) {
	case 0:
		return ::operator new(size);
	case 1:
		return ::operator new[](size);
	case 2:
		return ::operator new(size, std::nothrow);
	case 3:
		return ::operator new[](size, std::nothrow);
	case 4:
		return ::operator new(size, wide);
	case 5:
		return ::operator new[](size, wide);
	case 6:
		return ::operator new(size, wide, std::nothrow);
	default:
		return ::operator new[](size, wide, std::nothrow);
	}
}

static void unmake(int form, void *p, size_t size)
{
	switch (form) {
	case 0:
		return ::operator delete(p);
	case 1:
		return ::operator delete[](p);
	case 2:
		return ::operator delete(p, std::nothrow);
	case 3:
		return ::operator delete[](p, std::nothrow);
	case 4:
		return sized_delete(p, size);
	case 5:
		return sized_delete_array(p, size);
	case 6:
		return ::operator delete(p, wide);
	case 7:
		return ::operator delete[](p, wide);
	case 8:
		return ::operator delete(p, wide, std::nothrow);
	case 9:
		return ::operator delete[](p, wide, std::nothrow);
	case 10:
		return sized_delete_wide(p, size, wide);
	default:
		return sized_delete_wide_array(p, size, wide);
	}
}

static void tell(const char *what, int a, int b)
{
	printf("%s %d %d:", what, a, b);
	for (int i = 0; i < REPLACED_FORMS; i++) {
		if (replaced_calls[i])
			printf(" %s x %d", replaced_names[i],
			       replaced_calls[i]);
		replaced_calls[i] = 0;
	}
	putchar('\n');
}

static void run(int how, int undo, size_t size)
{
	int before = mallinfo().hblks;
	void *p = make(how, size);

	if (!p || (how >= 4 && reinterpret_cast<uintptr_t>(p) % 64))
		abort();
	memset(p, 0xff, size);
	unmake(undo, p, size);
	if (static_cast<int>(mallinfo().hblks) != before)
		printf("not freed: ");
	tell("new and delete", how, undo);
}

// A replacement has no memory for this size.
static void fail(int how)
{
	bool threw = false;
	void *p = nullptr;

	try {
		p = make(how, REPLACED_FAILS);
	} catch (const std::bad_alloc &) {
		threw = true;
	}
	printf("%s, ", threw ? "threw" : p ? "gave" : "null");
	tell("no memory", how, 0);
	if (p)
		unmake((how & 1) + (how < 4 ? 0 : 6), p, REPLACED_FAILS);
}

struct own {
	static void *operator new(size_t size)
	{
		printf("the class's own new\n");
		return malloc(size);
	}
	static void operator delete(void *p)
	{
		printf("the class's own delete\n");
		free(p);
	}
	char bytes[10];
};

struct alignas(64) broad {
	char bytes[100];
	~broad()
	{
		bytes[0] = 1;
	}
};

struct throws {
	throws()
	{
		throw 1;
	}
	char bytes[40];
};

static void expressions()
{
	int *volatile plain = new int;
	broad *volatile many = new broad[3];
	broad *volatile one = new broad;
	own *volatile mine = new own;

	delete plain;
	delete[] many;
	delete one;
	delete mine;
	tell("expressions", 0, 0);
	try {
		delete new throws;
	} catch (int) {
	}
	tell("constructor that throws", 0, 0);
	delete static_cast<int *>(nullptr);
	tell("delete of NULL", 0, 0);
}

// Not by an expression, of which the compiler makes nothing.
static void null()
{
	for (int undo = 0; undo < 12; undo++) {
		unmake(undo, nullptr, 1);
		tell("NULL", 0, undo);
	}
}

// Inside the C++ runtime.
static void library()
{
#ifndef NO_LIBRARY
	std::vector<std::string> all;
	std::ostringstream out;

	for (int i = 0; i < 100; i++)
		all.push_back(std::string(i, 'y'));
	for (const std::string &s : all)
		out << s;
	printf("%zu ", out.str().size());
#endif
}

int main()
{
	for (int i = 0; i < REPLACED_FORMS; i++)
		replaced_calls[i] = 0;
	// so that a large block that is not freed can be counted
	mallopt(M_MMAP_THRESHOLD, 4000);
	for (int how = 0; how < 8; how++)
		for (int undo = 0; undo < 12; undo++)
			if ((how < 4) == (undo < 6) && (how & 1) == (undo & 1))
				for (size_t size = 0; size < 9999; size += 5000)
					run(how, undo, size);
	for (int how = 0; how < 8; how++)
		fail(how);
	expressions();
	null();
	library();
	tell("library", 0, 0);
	return 0;
}
