// SPDX-License-Identifier: MIT
// A program that has used its heap, then shuts itself into a seccomp filter
// that lets through what malloc needs, and goes on.
//
//   sealed kill|ERRNO [ROUNDS]

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 3, DEPTH = 30 };

static const unsigned allowed[] = {
	SYS_brk,	SYS_mmap,     SYS_munmap,    SYS_mremap,
	SYS_madvise,	SYS_mprotect, SYS_futex,     SYS_write,
	SYS_exit_group, SYS_exit,     SYS_getrandom, SYS_rt_sigreturn,
	SYS_sched_yield
};

static atomic_int started, sealed, done;
static int rounds = 2000;

static void allow(struct sock_filter *f, unsigned count, unsigned action)
{
	const struct sock_filter number = BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, action);
	const struct sock_filter pass =
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	f[0] = number;
	for (unsigned i = 0; i < count; i++) {
		const struct sock_filter same =
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
				 (uint8_t)(count - i), 0);

		f[1 + i] = same;
	}
	f[1 + count] = refuse;
	f[2 + count] = pass;
}

static int seal(unsigned action)
{
	enum { COUNT = sizeof allowed / sizeof *allowed };
	struct sock_filter f[COUNT + 3];
	const struct sock_fprog program = { COUNT + 3, f };

	allow(f, COUNT, action);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_TSYNC, &program);
}

static void use_heap(int i)
{
	char *p = malloc((size_t)i % 500 + 1), *q = strdup("some text");
	void *r = NULL;

	p = realloc(p, (size_t)i * 7 % 9000 + 1);
	free(calloc(7, (size_t)i % 30 + 1));
	free(q);
	free(p);
	if (posix_memalign(&r, 64, (size_t)i % 800) == 0)
		free(r);
	free(i % 500 == 0 ? malloc(3 << 20) : NULL);
}

static __attribute__((noinline)) void deep(int depth, int n)
{
	volatile char room[4096];

	room[0] = (char)depth;
	if (depth > 0) {
		deep(depth - 1, n);
		room[1] = room[0];
		return;
	}
	for (int i = 0; i < n; i++)
		use_heap(i);
}

// The first of them has never allocated before the filter is there.
static void *work(void *arg)
{
	if (arg)
		deep(2, 10);
	atomic_fetch_add(&started, 1);
	while (!atomic_load(&sealed))
		;
	deep(DEPTH, rounds);
	atomic_fetch_add(&done, 1);
	for (;;)
		syscall(SYS_sched_yield);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned action = SECCOMP_RET_KILL_PROCESS;
	pthread_t id;

	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "kill") != 0)
		action = SECCOMP_RET_ERRNO | (unsigned)atoi(argv[1]);
	if (argc > 2)
		rounds = atoi(argv[2]);
	deep(2, 10);
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&id, NULL, work, (void *)i);
	// the start of a thread makes calls that no malloc needs
	while (atomic_load(&started) < THREADS)
		sched_yield();
	if (seal(action)) {
		perror("seccomp");
		return 77;
	}
	atomic_store(&sealed, 1);
	deep(DEPTH, rounds);
	while (atomic_load(&done) < THREADS)
		syscall(SYS_sched_yield);
	if (write(STDOUT_FILENO, "done\n", 5) != 5)
		return 1;
	_exit(0);
}
