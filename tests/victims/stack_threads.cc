// SPDX-License-Identifier: MIT
//
// Many threads, few at a time and always new ones, that allocate in frames of
// their own and hand blocks to one another.
//
// Arguments: how many threads in all, how many rounds each.
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#define APART __attribute__((noinline))

static std::atomic<std::string *> handed[64];

APART static int descend(unsigned int seed, int depth)
{
	auto *fill = static_cast<volatile char *>(
		__builtin_alloca(16 * (1 + seed % 3)));

	fill[0] = depth;
	delete handed[seed % 64].exchange(new std::string(30 + seed % 50, 'x'));
	if (depth == 0)
		return fill[0];
	seed = seed * 1103515245 + 12345;
	std::vector<int> some(seed >> 10 & 15);
	return seed & 0x10000 ? descend(seed, depth - 1) + fill[0]
			      : descend(seed ^ 7, depth - 1) - fill[0];
}

static void work(unsigned int seed, int rounds)
{
	for (int i = 0; i < rounds; i++)
		descend(seed + i, (seed + i) % 45);
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? std::atoi(argv[1]) : 20;
	int rounds = argc > 2 ? std::atoi(argv[2]) : 20;
	std::vector<std::thread> running;

	for (int i = 0; i < threads; i++) {
		running.emplace_back(work, i * 7919, rounds);
		if (running.size() == 8) {
			running.front().join();
			running.erase(running.begin());
		}
	}
	for (std::thread &t : running)
		t.join();
	for (auto &h : handed)
		delete h.load();
	return 0;
}
