// SPDX-License-Identifier: MIT
// What operator new makes of alignments that are none, a line each: to be
// compared with what it makes of them without the library.
#include <cstdio>
#include <new>

static void *make(int form, std::align_val_t align)
{
	switch (form) {
	case 0:
		return ::operator new(100, align);
	case 1:
		return ::operator new[](100, align);
	case 2:
		return ::operator new(100, align, std::nothrow);
	default:
		return ::operator new[](100, align, std::nothrow);
	}
}

int main()
{
	// not to be known to the compiler
	static volatile size_t aligns[] = { 0, 1, 2, 3, 24, 64 };

	for (size_t bytes : aligns)
		for (int form = 0; form < 4; form++) {
			std::align_val_t align = std::align_val_t(bytes);
			const char *got = "threw";

			try {
				void *p = make(form, align);

				got = p ? "gave" : "null";
				::operator delete(p, align);
			} catch (const std::bad_alloc &) {
			}
			printf("%zu, %d: %s\n", bytes, form, got);
		}
	return 0;
}
