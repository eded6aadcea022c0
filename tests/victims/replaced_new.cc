// SPDX-License-Identifier: MIT
// The operator new that a library brings is the one that is called.
#include <dlfcn.h>
#include <string>

#include "check.h"

int main()
{
	int *news = static_cast<int *>(dlsym(RTLD_DEFAULT, "replaced_news"));
	int *deletes =
		static_cast<int *>(dlsym(RTLD_DEFAULT, "replaced_deletes"));
	int before;

	check_active();
	CHECK(news && deletes);
	before = *news - *deletes;
	int *volatile one = new int;
	char *volatile many = new char[100];
	char *volatile quiet = new (std::nothrow) char[100];
	std::string *volatile text = new std::string(1000, 'x');
	CHECK(*news - *deletes == before + 5);
	if (malloc_tracer_active())
		CHECK(has_record(many));
	delete one;
	delete[] many;
	::operator delete[](quiet, std::nothrow);
	delete text;
	CHECK(*news - *deletes == before);
	return 0;
}
