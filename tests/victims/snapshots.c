/* SPDX-License-Identifier: MIT */
/*
 * What a program may do while the library writes snapshots by itself, and what
 * it must not notice of it. The script says with which options.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "check.h"

enum { MB = 1 << 20, PIECE = 1 << 10 };

/* Kept, each pointing to the one before. */
static void *last;

static bool grow(size_t bytes)
{
	for (size_t i = 0; i < bytes; i += PIECE) {
		void **p = malloc(PIECE - 64);

		if (!p)
			return false;
		*p = last;
		last = p;
	}
	return true;
}

static int lowest_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

/* errno, the mask of signals, umask and descriptors are as they were. */
static void grow_quietly(size_t bytes)
{
	int fd = lowest_fd();
	mode_t mask = umask(027);
	/* glibc fills in what the kernel has, the first words */
	sigset_t set, was = { 0 }, is = { 0 };

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_sigmask(SIG_BLOCK, NULL, &was);
	errno = 4711;
	CHECK(grow(bytes));
	CHECK(errno == 4711);
	pthread_sigmask(SIG_BLOCK, NULL, &is);
	CHECK(memcmp(&was, &is, sizeof(was)) == 0);
	CHECK(umask(mask) == 027);
	CHECK(lowest_fd() == fd);
}

/* Large blocks that come and go span no more than what is there at a time. */
static void large(void)
{
	for (int i = 0; i < 200; i++) {
		void *p = malloc(20 * MB);

		CHECK(p);
		free(p);
	}
	puts("small");
	for (int i = 0; i < 5; i++)
		CHECK(malloc(20 * MB));
}

static void limited(void)
{
	CHECK(!grow((size_t)1 << 40));
	CHECK(errno == ENOMEM);
	_exit(3);
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void own_handler(void)
{
	CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
	raise(SIGUSR1);
	CHECK(handled == 1);
}

static void raised(void)
{
	for (int i = 0; i < 3; i++) {
		errno = 4711;
		raise(SIGUSR1);
		CHECK(errno == 4711);
		CHECK(grow(MB));
	}
}

/* The child's numbers begin anew, and the parent's go on. */
static void forks(void)
{
	int status;
	pid_t pid;

	raise(SIGUSR1);
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		raise(SIGUSR1);
		raise(SIGUSR1);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	raise(SIGUSR1);
	printf("%d\n", pid);
}

static atomic_bool stop;

static void *churn(void *unused)
{
	enum { N = 1000 };
	void *p[N] = { 0 };
	unsigned int seed = 1;

	(void)unused;
	while (!stop) {
		unsigned int i = (seed = seed * 1103515245 + 12345) >> 16;

		free(p[i % N]);
		p[i % N] = malloc(i % 3000 + (i % 64 == 0) * 300000);
	}
	for (int i = 0; i < N; i++)
		free(p[i]);
	return NULL;
}

static void threads(void)
{
	pthread_t t[4];

	CHECK(grow(8 * MB));
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, churn, NULL) == 0);
	for (int i = 0; i < 5; i++)
		kill(getpid(), SIGUSR1);
	raise(SIGUSR1);
	stop = true;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static void *grow_in_thread(void *bytes)
{
	CHECK(grow(*(size_t *)bytes));
	return NULL;
}

/* Whoever makes the heap grow may have little room on its stack. */
static void small_stack(void)
{
	size_t bytes = 32 * MB;
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 16384);
	CHECK(pthread_create(&t, &a, grow_in_thread, &bytes) == 0);
	pthread_join(t, NULL);
}

/* open(2) and openat(2) fail; everything else is as it was. */
static void sandboxed(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(f) / sizeof(*f), f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
	errno = 4711;
	CHECK(grow(40 * MB));
	CHECK(errno == 4711);
}

/* For who looks from outside. */
static void wait_for_reader(void)
{
	puts("ready");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "grow") == 0)
		grow_quietly(64 * MB);
	else if (strcmp(what, "large") == 0)
		large();
	else if (strcmp(what, "limited") == 0)
		limited();
	else if (strcmp(what, "own") == 0)
		own_handler();
	else if (strcmp(what, "raised") == 0)
		raised();
	else if (strcmp(what, "forks") == 0)
		forks();
	else if (strcmp(what, "threads") == 0)
		threads();
	else if (strcmp(what, "small_stack") == 0)
		small_stack();
	else if (strcmp(what, "sandboxed") == 0)
		sandboxed();
	else
		return 2;
	if (argc > 2)
		wait_for_reader();
	return 0;
}
