/* SPDX-License-Identifier: MIT */
/*
 * hello_world in C++: the blocks come from operator new, and main, not
 * libstdc++, is their owner. Runs until SIGINT.
 */
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <sys/prctl.h>
#include <unistd.h>

namespace
{

constexpr std::size_t mib = 1024 * 1024;

struct my_struct19 {
	char text[19];
};

struct my_struct40 {
	char text[40];
};

/* With a buffer of libc's choice one more block would be on the heap. */
char line[256];

/*
 * SIGINT is waited for, not handled: it can come at any moment and is not
 * missed. A shell that starts us in the background has it ignored.
 */
void prepare(sigset_t &stop)
{
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, nullptr);
	std::signal(SIGINT, SIG_DFL);
	std::setvbuf(stdout, line, _IOLBF, sizeof(line));
	/* Where Yama guards ptrace, gcore may still attach. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

} // namespace

int main()
{
	const timespec second = { 1, 0 };
	sigset_t stop;

	prepare(stop);
	/* No initialiser: it would touch all 110 MiB. */
	auto *big100Mb = new char[100 * mib];
	auto *big10Mb = new char[10 * mib];
	auto *s19 = new my_struct19;
	auto *s40 = new my_struct40;
	std::strcpy(big100Mb, "big100Mb. A lot of data");
	std::strcpy(big10Mb, "big10Mb. A lot of data");
	std::strcpy(s19->text, "I am a my_struct19");
	std::strcpy(s40->text, "I am a my_struct40, of forty characters");

	std::printf("my_struct19 is %p; my_struct40 is %p\n",
		    static_cast<void *>(s19), static_cast<void *>(s40));
	do
		std::printf("Pid %d. big100Mb is %p; addr10Mb is %p\n",
			    getpid(), static_cast<void *>(big100Mb),
			    static_cast<void *>(big10Mb));
	while (sigtimedwait(&stop, nullptr, &second) != SIGINT);

	delete s40;
	delete s19;
	delete[] big10Mb;
	delete[] big100Mb;
}
