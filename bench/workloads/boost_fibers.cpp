// SPDX-License-Identifier: MIT
// fibers.c with boost::context: boost_fibers COUNT STACKS.
#include <boost/context/fiber.hpp>
#include <cstdlib>
#include <string>
#include <vector>

namespace context = boost::context;

static std::string text(int i)
{
	return std::string(40, static_cast<char>('a' + i % 26)) + "b";
}

static context::fiber body(context::fiber &&caller)
{
	for (;;) {
		std::size_t sum = 0;

		for (int i = 0; i < 8; i++)
			sum += text(i).size();
		if (sum == 0)
			return std::move(caller);
		caller = std::move(caller).resume();
	}
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? std::atol(argv[1]) : 0;
	int stacks = argc > 2 ? std::atoi(argv[2]) : 0;
	std::vector<context::fiber> fibers;

	if (count <= 0 || stacks < 1)
		return 2;
	for (int i = 0; i < stacks; i++)
		fibers.emplace_back(body);
	for (long i = 0; i < count; i++) {
		auto &fiber = fibers[i % stacks];

		fiber = std::move(fiber).resume();
	}
	std::_Exit(0);
}
