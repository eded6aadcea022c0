// SPDX-License-Identifier: MIT
// sample.c in C++: names that have to be demangled.
#include <cstdint>
#include <cstdio>
#include <link.h>

static std::uintptr_t bias;

static int find_bias(dl_phdr_info *info, size_t, void *)
{
	bias = info->dlpi_addr;
	return 1;
}

__attribute__((noinline)) static void hit(const char *tag)
{
	auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));

	std::printf("%s %lx\n", tag, static_cast<unsigned long>(pc - bias));
}

extern "C" {
__attribute__((always_inline)) inline void c_ring(const char *tag)
{
	hit(tag);
	__asm__ volatile("" ::: "memory");
}
}

// Functions without a linkage name: gcc gives none to what is for this file alone
// and was only inlined.
namespace shop
{
namespace
{
struct till {
	__attribute__((always_inline)) static inline void open(const char *tag)
	{
		hit(tag);
		__asm__ volatile("" ::: "memory");
	}
};
}

template <typename T>
__attribute__((always_inline)) static inline void twice(T each)
{
	each("first");
	each("second");
}

// Two lambdas in one function, one of them within another function.
__attribute__((noinline)) void count(int n)
{
	auto once = [n](const char *tag) __attribute__((always_inline))
	{
		std::printf("%.*s", n, "");
		hit(tag);
		__asm__ volatile("" ::: "memory");
	};

	till::open("till");
	once("lambda");
	twice([](const char *tag) __attribute__((always_inline)) {
		hit(tag);
		__asm__ volatile("" ::: "memory");
	});
}
}

namespace shop
{
template <typename T> struct box {
	__attribute__((noinline)) void fill(T)
	{
		c_ring("member");
		__asm__ volatile("" ::: "memory");
	}
};

__attribute__((always_inline)) inline void ring(const char *tag)
{
	hit(tag);
	__asm__ volatile("" ::: "memory");
}

// A function within a function, as far as DWARF is concerned.
__attribute__((noinline)) void close()
{
	struct bell {
		__attribute__((noinline)) static void strike()
		{
			ring("local");
			__asm__ volatile("" ::: "memory");
		}
	};
	bell::strike();
	__asm__ volatile("" ::: "memory");
}
}

int main()
{
	dl_iterate_phdr(find_bias, nullptr);
	shop::box<int>().fill(1);
	shop::close();
	shop::count(0);
	return 0;
}
