// SPDX-License-Identifier: MIT
// For plugins.c: a plugin in C++, whose runtime a program in C does not have.
#include <cstdint>
#include <new>
#include <string>

static std::string *own = new std::string(100, 'x');

struct unload {
	~unload()
	{
		delete own;
	}
};

static unload at_unload;

extern "C" void *plugin_make(size_t size)
{
	return new char[size];
}

extern "C" void plugin_free(void *p)
{
	delete[] static_cast<char *>(p);
}

// What throws without memory throws, what returns NULL returns NULL.
extern "C" int plugin_fails()
{
	volatile size_t most = PTRDIFF_MAX;

	if (::operator new(most, std::nothrow))
		return 1;
	try {
		void *volatile p = ::operator new(most);

		(void)p;
	} catch (const std::bad_alloc &) {
		return 0;
	}
	return 2;
}
