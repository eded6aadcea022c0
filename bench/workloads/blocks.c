/* SPDX-License-Identifier: MIT */
/*
 * A heap for the command to read: blocks COUNT [FRAMES]. That many live blocks
 * of 8 to 111 bytes, about 100 bytes of core each, asked for by 64 functions;
 * the whole call stacks are 64 times 2 to the power of FRAMES, 6 unless it is
 * given. Writes a line when all are there, and waits to be killed.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SIZE_LOW = 8, SIZES = 104, FRAMES = 6, FRAMES_MOST = 12 };

/* clang-format off */
#define ALL(X) \
	X(00) X(01) X(02) X(03) X(04) X(05) X(06) X(07) \
	X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) \
	X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) \
	X(30) X(31) X(32) X(33) X(34) X(35) X(36) X(37) \
	X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47) \
	X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) \
	X(60) X(61) X(62) X(63) X(64) X(65) X(66) X(67) \
	X(70) X(71) X(72) X(73) X(74) X(75) X(76) X(77)
/* clang-format on */

/* The number is there for the compiler: what is alike it makes one of. */
#define SITE(n)                                                            \
	static __attribute__((noinline)) void *site_##n(size_t size)       \
	{                                                                  \
		void *p = malloc(size);                                    \
                                                                           \
		__asm__ volatile("# %1" : "+r"(p) : "i"(0##n) : "memory"); \
		return p;                                                  \
	}
#define ENTRY(n) site_##n,

ALL(SITE)

static void *(*const sites[])(size_t) = { ALL(ENTRY) };

/* What is asked for, and by which way: bits of @path are left and right. */
struct request {
	unsigned path, site;
	size_t size;
};

static void *descend(int frames, struct request r);

/* What is done after the call keeps it a call, and keeps the two apart. */
static __attribute__((noinline)) void *left(int frames, struct request r)
{
	void *p = descend(frames, r);

	__asm__ volatile("# left" : "+r"(p) : : "memory");
	return p;
}

static __attribute__((noinline)) void *right(int frames, struct request r)
{
	void *p = descend(frames, r);

	__asm__ volatile("# right" : "+r"(p) : : "memory");
	return p;
}

static void *descend(int frames, struct request r)
{
	bool turn = r.path & 1;

	if (!frames)
		return sites[r.site](r.size);
	r.path >>= 1;
	return turn ? right(frames - 1, r) : left(frames - 1, r);
}

static void fill(long count, int frames)
{
	uint64_t random = 1;

	for (long i = 0; i < count; i++) {
		struct request r;
		uint32_t high;

		random = random * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
		high = random >> 32;
		r.path = high >> (32 - frames);
		r.site = high >> (26 - frames) & 63;
		r.size = SIZE_LOW + (high & 0xffff) * SIZES / 0x10000;
		if (!descend(frames, r)) {
			perror("blocks: malloc");
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;

	int frames = argc > 2 ? atoi(argv[2]) : FRAMES;

	if (count <= 0 || frames < 1 || frames > FRAMES_MOST) {
		fputs("usage: blocks COUNT [FRAMES]\n", stderr);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	fill(count, frames);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
