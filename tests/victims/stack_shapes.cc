// SPDX-License-Identifier: MIT
//
// Allocates from within every shape of frame that a compiler makes: templates,
// lambdas, exceptions on their way, alloca, arrays of variable length, locals
// that realign the stack, recursion of all depths, calls through pointers and
// from within qsort. One unit of it, stack_shapes_fp.c, keeps frame pointers.
//
// Argument: how many rounds.
#include <algorithm>
#include <alloca.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

// After the headers, and whatever CXXFLAGS say.
#ifdef PLAIN
#ifdef __clang__
#pragma clang optimize off
#else
#pragma GCC optimize("O0")
#endif
#endif

#define APART __attribute__((noinline))

// stack_shapes_fp.c
extern "C" void shapes_with_fp(void (*fn)(void *), void *arg, int depth);

static unsigned int dice = 12345;

static unsigned int roll(unsigned int below)
{
	dice = dice * 1103515245 + 12345;
	return (dice >> 8) % below;
}

// What each way ends in. Kept for a while, so that blocks move.
static void *kept[509];

APART static void leaf(std::size_t size)
{
	void *&slot = kept[roll(509)];

	switch (roll(4)) {
	case 0:
		slot = std::realloc(slot, size + 1);
		return;
	case 1:
		std::free(slot);
		slot = std::calloc(1, size + 1);
		return;
	default:
		std::free(slot);
		slot = std::malloc(size + 1);
	}
}

static void leaf_of(void *)
{
	leaf(roll(300));
}

template <int N> struct tower {
	static APART void climb(volatile int *at)
	{
		*at += N;
		tower<N - 1>::climb(at);
		*at -= N;
	}
};

template <> struct tower<0> {
	static APART void climb(volatile int *at)
	{
		leaf(*at);
		std::string text(20 + roll(60), 'x');
		*at += text[3] == 'y';
	}
};

APART static void with_alloca(int depth)
{
	std::size_t size = 1 + roll(700);
	char *room = static_cast<char *>(alloca(size));

	std::memset(room, depth, size);
	leaf(size);
	if (depth > 0)
		with_alloca(depth - 1);
	leaf(room[size / 2]);
}

// Frames of all sizes around 4 KiB, behind which a rule takes more room.
template <int N> struct large {
	static APART void enter()
	{
		volatile char room[N];

		room[N - 1] = 1;
		leaf(room[N - 1]);
		large<N + 8>::enter();
		leaf(room[N - 1] + N);
	}
};

template <> struct large<4160> {
	static APART void enter() { leaf(4160); }
};

APART static void with_vla(int depth)
{
	unsigned int n = 1 + roll(90);
	int many[n];

	many[n - 1] = depth;
	for (int i = 0; i < 3; i++) {
		unsigned int m = 1 + roll(50 * (i + 1));
		char inner[m];

		inner[m - 1] = i;
		leaf(inner[m - 1] + many[n - 1]);
	}
	if (depth > 0)
		with_vla(depth - 1);
}

APART static void with_aligned(int depth)
{
	alignas(64) volatile char line[64];
	char *room = static_cast<char *>(alloca(16 + roll(200)));

	line[5] = depth;
	room[0] = line[5];
	leaf(room[0]);
	if (depth > 0)
		with_aligned(depth - 1);
	else
		shapes_with_fp(leaf_of, nullptr, roll(12));
	leaf(reinterpret_cast<std::size_t>(line) % 64);
}

struct guard {
	int n;
	explicit guard(int number) : n(number) {}
	APART ~guard() { leaf(n); }
};

struct trouble : std::runtime_error {
	using std::runtime_error::runtime_error;
	APART ~trouble() override { leaf(77); }
};

APART static int thrower(int depth)
{
	guard here(depth);

	if (depth == 0)
		throw trouble("as deep as it gets, in a string of its own");
	return thrower(depth - 1) + here.n;
}

APART static void with_exceptions()
{
	try {
		guard outer(3);
		thrower(roll(20));
	} catch (const trouble &e) {
		leaf(std::strlen(e.what()));
		try {
			throw;
		} catch (const std::exception &) {
			leaf(9);
		}
	}
}

APART static int recurse(int depth, int other)
{
	std::vector<int> some(1 + depth % 7, other);

	if (depth == 0) {
		leaf(some.size());
		return other;
	}
	int below;
	if (depth % 5 == 4)
		below = recurse(depth - 1, other + 1) + some[0];
	else
		below = recurse(depth - 1, other ^ depth) - some[0];
	leaf(some.size()); // on the way back, too
	return below;
}

APART static void walk(int depth, const std::function<void(int)> &then)
{
	if (depth == 0)
		then(roll(40));
	else
		walk(depth - 1, [&](int n) { then(n + depth); });
}

static int by_value(const void *a, const void *b)
{
	if (roll(8) == 0)
		leaf(40);
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

APART static void with_callbacks()
{
	int some[40];
	std::map<int, std::string> names;

	for (int &n : some)
		n = roll(1000);
	std::qsort(some, 40, sizeof(int), by_value);
	for (int n : some)
		names[n % 11] += std::to_string(n);
	std::sort(some, some + 40, [](int a, int b) {
		if (roll(30) == 0)
			leaf(b & 31);
		return a > b;
	});
}

// Goes down and up at random, so that successive stacks share any part.
APART static void wander(int depth, int *budget)
{
	volatile char fill[8 + 24 * (roll(3))];

	fill[0] = depth;
	while (--*budget > 0) {
		leaf(fill[0] + 128);
		if (depth > 0 && roll(3) == 0)
			return;
		if (roll(2) == 0)
			wander(depth + 1, budget);
	}
}

// The same words in the same places, but for the frame pointers: what two calls
// leave behind in memory that nobody clears looks like a third one's frames.

APART static void decoy_inner(std::size_t size, int which)
{
	volatile char *room = static_cast<char *>(alloca(size));

	room[0] = which;
	if (which & 2)
		leaf(40);
	else
		shapes_with_fp(leaf_of, nullptr, 1);
	std::free(std::malloc(40));
	room[size - 1] = room[0];
}

APART static void decoy_one(std::size_t size, int which)
{
	volatile char *room = static_cast<char *>(alloca(size));

	room[0] = which;
	decoy_inner(1040 - size, which);
	room[1] = room[0];
}

APART static void decoy_two(std::size_t size, int which)
{
	volatile char *room = static_cast<char *>(alloca(size));

	room[0] = which;
	decoy_inner(1040 - size, which);
	room[1] = room[0];
}

APART static void with_decoys()
{
	static void (*const outer[])(std::size_t, int) = { decoy_one,
							   decoy_two };

	for (int i = 0; i < 16; i++)
		outer[i & 1](i & 1 ? 1024 : 16, i);
}

int main(int argc, char **argv)
{
	alignas(128) volatile char realigned[128];
	int rounds = argc > 1 ? std::atoi(argv[1]) : 1;
	int budget;

	for (int i = 0; i < rounds; i++) {
		volatile int at = 0;

		realigned[1] = i;
		tower<40>::climb(&at);
		tower<7>::climb(&at);
		with_alloca(roll(10));
		with_vla(roll(8));
		large<4000>::enter();
		with_aligned(roll(8));
		with_exceptions();
		with_callbacks();
		with_decoys();
		walk(roll(30), [](int n) { leaf(n); });
		shapes_with_fp(leaf_of, nullptr, roll(40));
		shapes_with_fp([](void *) { with_aligned(2); }, nullptr, 3);
		recurse(roll(20), i);
		budget = 60;
		wander(0, &budget);
		if (i % 16 == 0)
			recurse(50 + roll(100), i);
		if (i % 64 == 0)
			recurse(200 + roll(400), i);
	}
	for (void *p : kept)
		std::free(p);
	return realigned[1] == 127 && rounds == 0;
}
