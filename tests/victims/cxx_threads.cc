// SPDX-License-Identifier: MIT
// Threads, containers, strings that pass from one to the other, exceptions.
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static std::mutex lock;
static std::map<std::string, std::vector<std::unique_ptr<std::string>>> shared;
static std::atomic<int> caught;

static void put(int thread, int i)
{
	std::ostringstream text;

	text << "thread " << thread << " item " << i << " "
	     << std::string(i % 300, 'x');
	if (i % 7 == 0)
		throw std::runtime_error(text.str());
	std::lock_guard<std::mutex> guard(lock);
	auto &row = shared["key " + std::to_string(i % 211)];
	row.push_back(std::make_unique<std::string>(text.str()));
	if (row.size() > 20)
		row.erase(row.begin(), row.begin() + 10);
}

static void work(int thread)
{
	for (int i = 0; i < 20000; i++) {
		try {
			put(thread, i);
		} catch (const std::exception &e) {
			caught += std::string(e.what()).size() > 10;
		}
	}
}

int main()
{
	std::vector<std::thread> threads;
	size_t keys = 0;

	for (int i = 0; i < 4; i++)
		threads.emplace_back(work, i);
	for (auto &t : threads)
		t.join();
	for (const auto &row : shared)
		keys += !row.second.empty();
	std::cout << shared.size() << " " << keys << " " << caught << "\n";
	return 0;
}
