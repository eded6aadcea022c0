// SPDX-License-Identifier: MIT
// For the compiler to chew on: containers of containers, lambdas, recursion.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

template <int N> struct tower {
	std::map<std::string, std::vector<std::tuple<int, double, char[N]>>> m;
	std::shared_ptr<tower<N - 1>> below;

	double sum() const
	{
		double total = below ? below->sum() : 0;

		for (const auto &[key, row] : m)
			total += std::accumulate(
				row.begin(), row.end(), double(key.size()),
				[](double s, const auto &t) {
					return s + std::get<0>(t) *
							   std::get<1>(t);
				});
		return total;
	}
};

template <> struct tower<0> {
	double sum() const
	{
		return 1;
	}
};

template <typename F> auto twice(F f)
{
	return [f](auto x) { return f(f(x)); };
}

template <int N> std::function<int(int)> nest()
{
	if constexpr (N > 0)
		return twice(nest<N - 1>());
	else
		return [](int x) { return x + 1; };
}

double all(const tower<24> &t, std::vector<std::string> &names)
{
	std::sort(names.begin(), names.end(),
		  [](const auto &a, const auto &b) {
			  return a.size() < b.size() || a < b;
		  });
	return t.sum() + nest<20>()(int(names.size()));
}
