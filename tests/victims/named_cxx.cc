// SPDX-License-Identifier: MIT
// Blocks of functions with template arguments, and of a vector whose functions
// are all inlined. Writes `block NAME ADDR` for some, then `ready PID`, and waits
// for its end.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

#define NOINLINE __attribute__((noinline, noclone))

static void say(const char *name, const void *p)
{
	char line[64];

	std::snprintf(line, sizeof(line), "%s %#lx\n", name,
		      (unsigned long)(uintptr_t)p);
	if (write(STDOUT_FILENO, line, std::strlen(line)) < 0)
		_exit(1);
}

static void *volatile kept[4];

template <class T> struct Cache {
	NOINLINE void fill(const T &)
	{
		kept[0] = std::malloc(1000);
	}
};

template <class T> struct Twin {
	NOINLINE void take()
	{
		kept[1 + (sizeof(T) > 1)] = std::malloc(500 + sizeof(T));
	}
};

// inlined as a whole, down to operator new
NOINLINE static void makes(std::vector<double> &v)
{
	v.reserve(64);
}

int main()
{
	static std::vector<double> v;
	char line[32];
	char c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	Cache<std::vector<int> >().fill(std::vector<int>());
	say("block cache", kept[0]);
	Twin<char>().take();
	Twin<long>().take();
	makes(v);
	say("block vector", v.data());
	std::snprintf(line, sizeof(line), "ready %d\n", getpid());
	if (write(STDOUT_FILENO, line, std::strlen(line)) < 0)
		return 1;
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
