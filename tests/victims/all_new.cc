// SPDX-License-Identifier: MIT
// Every form of operator new is recorded with the one who said new; every form
// of operator delete forgets.
#include <new>

#include "check.h"

static const std::align_val_t wide = std::align_val_t(256);

static void *allocate(int form, size_t size)
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

static void release(int form, void *p, size_t size)
{
	switch (form) {
	case 0:
		return ::operator delete(p);
	case 1:
		return ::operator delete[](p);
	case 2:
		return ::operator delete(p, size);
	case 3:
		return ::operator delete[](p, size);
	case 4:
		return ::operator delete(p, std::nothrow);
	case 5:
		return ::operator delete[](p, std::nothrow);
	case 6:
		return ::operator delete(p, wide);
	case 7:
		return ::operator delete[](p, wide);
	case 8:
		return ::operator delete(p, size, wide);
	case 9:
		return ::operator delete[](p, size, wide);
	case 10:
		return ::operator delete(p, wide, std::nothrow);
	default:
		return ::operator delete[](p, wide, std::nothrow);
	}
}

static void run(int how, int undo, size_t size)
{
	uint64_t before = live_blocks();
	void *p = allocate(how, size);

	CHECK(recorded(p, size));
	CHECK(how < 4 || reinterpret_cast<uintptr_t>(p) % 256 == 0);
	memset(p, 0xff, size);
	CHECK(recorded(p, size));
	release(undo, p, size);
	CHECK(live_blocks() == before);
}

int main()
{
	check_active();
	for (size_t size = 0; size < 1 << 20; size = size * 2 + 3) {
		for (int undo = 0; undo < 6; undo++)
			for (int how = 0; how < 4; how++)
				run(how, undo, size);
		for (int undo = 6; undo < 12; undo++)
			for (int how = 4; how < 8; how++)
				run(how, undo, size);
	}
	for (int undo = 0; undo < 12; undo++)
		release(undo, nullptr, 0);
	return 0;
}
