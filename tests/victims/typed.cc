// SPDX-License-Identifier: MIT
// Objects of classes, and globals that lead to them. Writes `block CLASS ADDR
// SIZE` for each, `global NAME ADDR SIZE` for those, then `ready PID`, and
// waits for its end. Of `made` the constructor of a base runs all the while.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/prctl.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

static void say(const char *line)
{
	if (write(STDOUT_FILENO, line, std::strlen(line)) < 0)
		_exit(1);
}

static void tell(const char *what, const char *name, const volatile void *p,
		 size_t size)
{
	char line[160];

	std::snprintf(line, sizeof(line), "%s %s %#lx %zu\n", what, name,
		      (unsigned long)(uintptr_t)p, size);
	say(line);
}

static void ready()
{
	char line[64], c;

	std::snprintf(line, sizeof(line), "ready %d\n", (int)getpid());
	say(line);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	std::exit(0);
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
	long c = 3;
};

template <typename T> struct box {
	virtual ~box() = default;
	T content[3] = {};
};

namespace
{
struct hidden {
	virtual ~hidden() = default;
	long d[5] = {};
};
} // namespace

struct plain {
	long a, b, c;
};

struct base {
	virtual ~base() = default;
	long e = 5;
};

struct maker : virtual base {
	NOINLINE maker(bool waits)
	{
		if (waits)
			ready();
	}
};

struct made : maker {
	made() : maker(true)
	{
	}
};

left *g_left;
both *g_both[3];
long g_number = 0x1234;
thread_local long t_number = 7;
} // namespace shop

static void *cafe;

NOINLINE static void *volatile *kept()
{
	static void *volatile cache;

	return &cache;
}

NOINLINE static void *allocates(size_t size)
{
	return std::malloc(size);
}

template <typename T> NOINLINE static T *make(const char *name, int n)
{
	T *p = nullptr;

	for (int i = 0; i < n; i++) {
		p = new T;
		tell("block", name, p, sizeof(T));
	}
	return p;
}

int main()
{
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	shop::g_left = make<shop::left>("shop::left", 10);
	shop::g_both[0] = make<shop::both>("shop::both", 20);
	make<shop::box<int>>("shop::box<int>", 4);
	make<shop::hidden>("shop::(anonymous", 7);
	make<shop::plain>("plain", 5);
	cafe = allocates(100);
	*kept() = static_cast<char *>(allocates(200)) + 10;
	std::memset(allocates(8), 0x10, 8);
	shop::t_number++;
	tell("global", "shop::g_left", &shop::g_left, sizeof(shop::g_left));
	tell("global", "shop::g_number", &shop::g_number, 8);
	tell("global", "cafe", &cafe, sizeof(cafe));
	tell("global", "kept()::cache", kept(), 8);
	tell("block", "of:cafe", cafe, 100);
	tell("block", "of:kept", const_cast<void *>(*kept()), 190);
	return shop::t_number == 0 || !new shop::made;
}
