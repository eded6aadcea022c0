// SPDX-License-Identifier: MIT
// The truth about operator delete: each way in which C++ gives a block back.
#include <new>

#include "truth.h"

const void *const truth_nothrow = &std::nothrow;

void truth_delete(int way, void *p, size_t size)
{
	switch (way % 3) {
	case 0:
		return ::operator delete(p);
	case 1:
		return ::operator delete(p, size);
	default:
		return ::operator delete(p, std::nothrow);
	}
}

void truth_delete_array(int way, void *p, size_t size)
{
	switch (way % 3) {
	case 0:
		return ::operator delete[](p);
	case 1:
		return ::operator delete[](p, size);
	default:
		return ::operator delete[](p, std::nothrow);
	}
}

void truth_delete_aligned(int way, void *p, size_t size, size_t align)
{
	std::align_val_t a{align};

	switch (way % 3) {
	case 0:
		return ::operator delete(p, a);
	case 1:
		return ::operator delete(p, size, a);
	default:
		return ::operator delete(p, a, std::nothrow);
	}
}

void truth_delete_array_aligned(int way, void *p, size_t size, size_t align)
{
	std::align_val_t a{align};

	switch (way % 3) {
	case 0:
		return ::operator delete[](p, a);
	case 1:
		return ::operator delete[](p, size, a);
	default:
		return ::operator delete[](p, a, std::nothrow);
	}
}
