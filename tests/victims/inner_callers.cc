// SPDX-License-Identifier: MIT
// What libc and the C++ runtime ask for is the program's. Says which of the two
// lies above the other.
#include <dlfcn.h>
#include <string>

#include "check.h"

static uintptr_t address(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);

	return handle ? reinterpret_cast<uintptr_t>(dlsym(handle, name)) : 0;
}

int main()
{
	uintptr_t libc = address("libc.so.6", "gnu_get_libc_version");
	uintptr_t cxx = address("libstdc++.so.6", "_ZSt9terminatev");
	std::string text;
	char *copy;

	check_active();
	if (!cxx) {
		puts("no libstdc++");
		return 77;
	}
	copy = strdup("a string of some bytes");
	CHECK(recorded(copy, 23));
	free(copy);
	// its growing is compiled into the C++ runtime
	text.reserve(500);
	CHECK(recorded(&text[0], 501));
	puts(libc < cxx ? "c++ above libc" : "libc above c++");
	return 0;
}
