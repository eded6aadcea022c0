// SPDX-License-Identifier: MIT
//
// Work for a compiler, not a program to run: templates of the standard
// library, instantiated.

#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <unordered_map>
#include <vector>

struct tally {
	std::map<std::string, std::vector<long>> by_name;
	std::unordered_map<long, std::string> names;

	void add(const std::string &name, long value)
	{
		by_name[name].push_back(value);
		names.emplace(value, name);
	}
};

static bool parse(const std::string &line, tally &into)
{
	static const std::regex form("([[:alpha:]_]+) *= *(-?[0-9]+)");
	std::smatch part;

	if (!std::regex_match(line, part, form))
		return false;
	into.add(part[1], std::stol(part[2]));
	return true;
}

int main()
{
	tally all;
	std::string line;

	while (std::getline(std::cin, line))
		if (!parse(line, all))
			std::cerr << "not understood: " << line << '\n';
	for (const auto &[name, values] : all.by_name)
		std::cout << name << ' ' << values.size() << '\n';
	return all.names.empty();
}
