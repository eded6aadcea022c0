// SPDX-License-Identifier: MIT
// For new_host.c: a plugin whose blocks pass to and fro between its own code,
// the C++ runtime and templates; with replaces.cc or without.
#include <cstdint>
#include <cstdio>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "replaces.h"

int replaced_calls[REPLACED_FORMS];

static void tell(const char *what)
{
	printf("%s:", what);
	for (int i = 0; i < REPLACED_FORMS; i++) {
		if (replaced_calls[i])
			printf(" %s x %d", replaced_names[i],
			       replaced_calls[i]);
		replaced_calls[i] = 0;
	}
	putchar('\n');
}

struct alignas(64) broad {
	char bytes[100];
};

static void all_forms()
{
	char *volatile many = new char[100];
	broad *volatile one = new broad;
	char *volatile quiet = new (std::nothrow) char;

	::operator delete(quiet, std::nothrow);
	delete one;
	delete[] many;
	tell("forms");
}

static void runtime()
{
	std::string *text = new std::string(100, 'x');
	std::vector<std::string> list;
	std::ostringstream out;

	*text += *text;
	for (int i = 0; i < 100; i++) {
		list.push_back(*text);
		out << list.back();
	}
	*text = out.str();
	printf("%zu bytes, ", text->size());
	delete text;
	tell("runtime");
}

static void no_memory()
{
	volatile size_t most = PTRDIFF_MAX;

	try {
		::operator delete(::operator new(most));
	} catch (const std::bad_alloc &) {
		printf("bad_alloc, ");
	}
	printf("%p, ", ::operator new(most, std::nothrow));
	tell("no memory");
}

#ifdef DIRECT
// A block of a replacement that was inlined, freed by one that was not.
__attribute__((visibility("hidden"))) void *replaced_new(size_t size);

static void direct()
{
	::operator delete(replaced_new(10));
	::operator delete[](replaced_new(10));
	::operator delete(replaced_new(10), std::nothrow);
	printf("alive\n");
}
#endif

#ifdef RESERVE
// There is no memory for that, but the replacement has a reserve.
static void reserve()
{
	volatile size_t most = PTRDIFF_MAX / 2;
	char *p = static_cast<char *>(::operator new(most));
	int whole = 0;

	while (whole < 240 && p[whole] == 'r')
		whole++;
	printf("%d bytes, ", whole);
	replaced_calls[0] = 0;
	::operator delete(p);
	tell("reserve");
}
#endif

extern "C" void plugin_run()
{
#ifdef RESERVE
	return reserve();
#endif
#ifdef DIRECT
	return direct();
#endif
	all_forms();
	runtime();
	no_memory();
}
