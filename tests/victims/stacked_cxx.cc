// SPDX-License-Identifier: MIT
// Blocks that the C++ library asks for, in functions of the program's. Writes
// `block FUNCTION ADDR SIZE` for each, then `ready PID`, and waits for its end.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

#define NOINLINE __attribute__((noinline, noclone))

static void say(const char *line)
{
	if (write(STDOUT_FILENO, line, std::strlen(line)) < 0)
		_exit(1);
}

static void tell(const char *function, const void *p, size_t size)
{
	char line[128];

	std::snprintf(line, sizeof(line), "block %s %#lx %zu\n", function,
		      (unsigned long)(uintptr_t)p, size);
	say(line);
}

static std::string *volatile kept;

// libstdc++'s own code asks, from within its library
NOINLINE static void assigns(std::string &s)
{
	s.assign(1000, 'x');
	kept = &s;
}

NOINLINE static void appends(std::string &s)
{
	for (int i = 0; i < 100; i++)
		s.append("0123456789");
	kept = &s;
}

// the templates' code is in the program
NOINLINE static void pushes(std::vector<double> &v)
{
	for (int i = 0; i < 64; i++)
		v.push_back(i);
	kept = nullptr;
}

NOINLINE static double *inserts(std::map<int, double> &m)
{
	return &(m[7] = 1);
}

int main()
{
	static std::string a, b;
	static std::vector<double> v;
	static std::map<int, double> m;
	char line[32];
	char c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	assigns(a);
	tell("assigns", a.data(), a.capacity() + 1);
	appends(b);
	tell("appends", b.data(), b.capacity() + 1);
	pushes(v);
	tell("pushes", v.data(), v.capacity() * sizeof(double));
	tell("inserts", inserts(m), 0);
	std::snprintf(line, sizeof(line), "ready %d\n", getpid());
	say(line);
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
