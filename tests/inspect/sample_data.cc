// SPDX-License-Identifier: MIT
// sample_data.c in C++: names that have to be demangled, and vtables.
#include <cstdint>
#include <cstdio>
#include <link.h>

static std::uintptr_t bias;

static int find_bias(dl_phdr_info *info, size_t, void *)
{
	bias = info->dlpi_addr;
	return 1;
}

static void tell(const char *name, const volatile void *at)
{
	auto address = reinterpret_cast<std::uintptr_t>(at) - bias;

	std::printf("%s %lx\n", name, static_cast<unsigned long>(address));
}

namespace shop
{
struct left {
	virtual ~left() = default;
	long a = 1;
};

struct right {
	virtual ~right() = default;
	long b = 2;
};

struct both : left, right {
	~both() override;
};

both::~both() = default;

struct base {
	virtual ~base() = default;
	long d = 3;
};

// While that is made it is no more than a base of `last`.
struct middle : virtual base {
	middle();
};

struct last : middle {
};

template <typename T> struct box {
	static T filled;
};

template <typename T> T box<T>::filled;

struct label {
	long first, rest[3];
};

label g_label = { 1, { 2, 3, 4 } };

namespace
{
volatile int hidden[5] = { 1 };
}

__attribute__((noinline)) label *labels(int n)
{
	static label cache = { n, { n } };

	return &cache;
}
} // namespace shop

// What an object's first word is.
static void *vptr(const void *object)
{
	return *static_cast<void *const *>(object);
}

static void *while_made;

shop::middle::middle()
{
	while_made = vptr(this);
}

int main()
{
	auto *object = new shop::both;

	dl_iterate_phdr(find_bias, nullptr);
	tell("shop::g_label", &shop::g_label);
	tell("shop::box<long>::filled", &shop::box<long>::filled);
	tell("hidden", shop::hidden);
	tell("labels", shop::labels(0));
	tell("both", vptr(object));
	tell("both.right", vptr(static_cast<shop::right *>(object)));
	delete object;
	delete new shop::last;
	tell("base", while_made);
	return 0;
}
