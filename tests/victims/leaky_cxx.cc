/* SPDX-License-Identifier: MIT */
/*
 * Leaks of C++, and containers in use: what is lost is asked for in functions
 * whose names begin with lose_, what is in use in those with hold_.
 *
 * Writes `ready PID`, and waits for the end of its input.
 */
#include <cstdio>
#include <cstring>
#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#define NOINLINE __attribute__((noinline, noclone))
#define KEPT __attribute__((used, unused))

enum { MANY = 10 };

static std::string long_text(int i)
{
	return std::string(100, static_cast<char>('a' + i));
}

struct node {
	std::shared_ptr<node> next;
	char more[40];
};

/* Two blocks, each of which owns the other. */
NOINLINE static void lose_cycle()
{
	auto a = std::make_shared<node>(), b = std::make_shared<node>();

	a->next = b;
	b->next = a;
}

/* One, its buffer, and the strings. */
NOINLINE static void lose_vector()
{
	auto v = new std::vector<std::string>;

	v->reserve(MANY);
	for (int i = 0; i < MANY; i++)
		v->push_back(long_text(i));
	__asm__ volatile("" : : "r"(v) : "memory");
}

/* One, its nodes, and their strings; nodes point to their parents. */
NOINLINE static void lose_map()
{
	auto m = new std::map<int, std::string>;

	for (int i = 0; i < MANY; i++)
		(*m)[i] = long_text(i);
	__asm__ volatile("" : : "r"(m) : "memory");
}

struct base {
	virtual ~base() = default;
	char more[40];
};

struct other {
	virtual ~other() = default;
	char more[40];
};

struct both : base, other {};

KEPT static std::vector<std::string> vector;
KEPT static std::list<std::string> list;
KEPT static std::forward_list<std::string> forward_list;
KEPT static std::deque<std::string> deque;
KEPT static std::map<int, std::string> map;
KEPT static std::set<std::string> set;
KEPT static std::unordered_map<int, std::string> unordered;
KEPT static std::shared_ptr<node> shared;
KEPT static std::unique_ptr<int[]> unique;
KEPT static std::function<int()> function;
KEPT static other *second; /* points into the middle */
KEPT static std::string *strings; /* behind the count that new[] keeps */

NOINLINE static void hold_containers()
{
	for (int i = 0; i < 1000; i++) {
		vector.push_back(long_text(i % MANY));
		list.push_back(long_text(i % MANY));
		forward_list.push_front(long_text(i % MANY));
		deque.push_back(long_text(i % MANY));
		map[i] = long_text(i % MANY);
		set.insert(long_text(i % MANY));
		unordered[i] = long_text(i % MANY);
	}
	shared = std::make_shared<node>();
	shared->next = std::make_shared<node>();
	unique.reset(new int[100]);
	std::string text = long_text(1);
	function = [text] { return static_cast<int>(text.size()); };
	second = new both;
	strings = new std::string[MANY];
	for (int i = 0; i < MANY; i++)
		strings[i] = long_text(i);
}

NOINLINE static void scrub()
{
	char room[32768];

	memset(room, 0, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
}

int main()
{
	char line[32], c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	hold_containers();
	/* on a stack that nobody has after it */
	std::thread([] {
		lose_cycle();
		lose_vector();
		lose_map();
		scrub();
	}).join();
	scrub();
	int n = snprintf(line, sizeof(line), "ready %d\n", getpid());
	if (write(STDOUT_FILENO, line, n) != n)
		return 1;
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
