// SPDX-License-Identifier: MIT
//
// What C++ programs do to a heap: strings COUNT. A sorted map of words that
// come and go, a hash table that counts them, vectors that grow, text built
// up and taken apart.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{

struct entry {
	std::string text;
	std::vector<uint32_t> places;
};

uint64_t random_state = 1;

uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
	return (random_state >> 32) * limit >> 32;
}

// 3 to 42 letters, so that some fit into the string object and some do not
std::string random_word()
{
	std::string word(3 + random_below(40), 'a');

	for (size_t i = 0; i < word.size(); i += 3)
		word[i] += random_below(8);
	return word;
}

} // namespace

int main(int argc, char **argv)
{
	long count = argc > 1 ? std::atol(argv[1]) : 0;
	std::map<uint32_t, std::unique_ptr<entry>> index;
	std::unordered_map<std::string, unsigned> seen;
	std::string line;
	size_t total = 0;

	for (long i = 0; i < count; i++) {
		uint32_t key = random_below(50000);
		auto found = index.find(key);

		if (found != index.end() && random_below(3) == 0) {
			total += found->second->places.size();
			index.erase(found);
			continue;
		}
		auto &slot = index[key];
		if (!slot)
			slot = std::make_unique<entry>();
		slot->text = random_word();
		slot->places.push_back(i);
		seen[slot->text.substr(0, 6)]++;
		line += slot->text + ' ';
		if (line.size() > 4000) {
			total += line.size();
			std::string().swap(line);
		}
	}
	std::printf("%zu %zu %zu\n", index.size(), seen.size(), total);
	return count > 0 ? 0 : 2;
}
