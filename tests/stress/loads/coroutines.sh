# SPDX-License-Identifier: MIT
# Coroutines: makecontext, and boost::context and greenlet where they are.

load() {
    need g++
    under "$STRESS_BIN/coroutines"
    cat >b.cc <<'C'
#include <boost/context/fiber.hpp>
#include <iostream>
#include <string>
#include <vector>
namespace ctx = boost::context;
int main()
{
	long sum = 0;
	std::vector<ctx::fiber> all;
	for (int n = 0; n < 64; n++)
		all.emplace_back([n, &sum](ctx::fiber &&back) {
			for (int i = 0; i < 200; i++) {
				std::string s(20 + n * i % 1000, 'x');
				sum += s.size();
				back = std::move(back).resume();
			}
			return std::move(back);
		});
	for (int i = 0; i < 200; i++)
		for (auto &f : all)
			f = std::move(f).resume();
	std::cout << sum << std::endl;
}
C
    if g++ -O2 -o b b.cc -lboost_context >b.log 2>&1; then
        under ./b
    else
        echo "no boost::context"
    fi
    if /usr/bin/python3 -c 'import greenlet' 2>/dev/null; then
        under env PYTHONMALLOC=malloc /usr/bin/python3 -c '
import greenlet
def work(n):
    s = 0
    for i in range(100):
        s += len("x" * (n * i))
        main.switch()
    total.append(s)
main = greenlet.getcurrent()
total = []
all = [greenlet.greenlet(work) for n in range(200)]
for n, g in enumerate(all): g.switch(n)
while any(not g.dead for g in all):
    for g in all:
        if not g.dead: g.switch()
print(sum(total))'
    else
        echo "no greenlet"
    fi
}
