// SPDX-License-Identifier: MIT
// No memory left: bad_alloc, NULL from nothrow, and the new-handler's turn.
#include <initializer_list>
#include <new>
#include <sys/resource.h>

#include "check.h"

static const size_t big = size_t(1) << 30;
static const std::align_val_t wide = std::align_val_t(256);
static void *reserve;
static void *volatile sink;
static int handled;

struct custom {
};

static void give_up_reserve()
{
	handled++;
	free(reserve);
	std::set_new_handler(nullptr);
}

static void throw_custom()
{
	handled++;
	throw custom();
}

template <typename Exception, typename Function> static bool throws(Function f)
{
	try {
		f();
	} catch (const Exception &) {
		return true;
	}
	return false;
}

template <typename Exception> static void all_throw(size_t size)
{
	CHECK(throws<Exception>([=] { sink = ::operator new(size); }));
	CHECK(throws<Exception>([=] { sink = ::operator new[](size); }));
	CHECK(throws<Exception>([=] { sink = ::operator new(size, wide); }));
	CHECK(throws<Exception>([=] { sink = ::operator new[](size, wide); }));
}

static void nothrow_is_null(size_t size)
{
	CHECK(!::operator new(size, std::nothrow));
	CHECK(!::operator new[](size, std::nothrow));
	CHECK(!::operator new(size, wide, std::nothrow));
	CHECK(!::operator new[](size, wide, std::nothrow));
}

static void handler_helps(void *(*make)())
{
	void *p;

	handled = 0;
	reserve = malloc(200 << 20);
	CHECK(reserve);
	std::set_new_handler(give_up_reserve);
	p = make();
	CHECK(handled == 1);
	// with the size and the caller of the program, not of the C++ runtime
	CHECK(recorded(p, 250 << 20));
	::operator delete(p);
}

int main()
{
	struct rlimit limit;

	check_active();
	CHECK(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = 400 << 20;
	CHECK(!setrlimit(RLIMIT_AS, &limit));
	for (size_t size : { big, size_t(PTRDIFF_MAX), SIZE_MAX - 400 }) {
		all_throw<std::bad_alloc>(size);
		nothrow_is_null(size);
	}
	handler_helps([] { return ::operator new(250 << 20); });
	handler_helps([] { return ::operator new[](250 << 20); });
	handler_helps([] { return ::operator new(250 << 20, std::nothrow); });
	handler_helps([] { return ::operator new(250 << 20, wide); });
	handled = 0;
	std::set_new_handler(throw_custom);
	all_throw<custom>(big);
	CHECK(handled == 4);
	std::set_new_handler(nullptr);
	return 0;
}
