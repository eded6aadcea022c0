// SPDX-License-Identifier: MIT
// Containers of many types, filled by templates that are inlined into one
// another. Writes `ready PID`, and waits for its end.
#include <cstdio>
#include <sys/prctl.h>
#include <unistd.h>

#include "../real/templates.cc"

template <int N> static void fill(tower<N> &t)
{
	for (int i = 0; i < 5; i++) {
		std::string key = "row " + std::to_string(1000 * N + i);

		t.m[key].resize(i + 1);
		t.m[key + " of a long name"].resize(N);
	}
	if constexpr (N > 1) {
		t.below = std::make_shared<tower<N - 1>>();
		fill(*t.below);
	}
}

int main()
{
	static tower<24> t;
	static std::vector<std::string> names;
	static auto f = nest<12>();
	char c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	fill(t);
	for (int i = 0; i < 100; i++)
		names.push_back(std::string(100 - i, 'n'));
	std::printf("ready %d %g %d\n", getpid(), all(t, names), f(1));
	std::fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
