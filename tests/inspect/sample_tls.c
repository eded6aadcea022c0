/* SPDX-License-Identifier: MIT */
/*
 * A program with thread-local variables of its own and of a library that it
 * opens, in two threads: for each a line with the thread's number, the name and
 * the address; then "ready", and it waits for its end. As a library
 * (-DLIBRARY), that one. check_tls.c compiles it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef LIBRARY
static __thread long library_pad[10] = { 1 };
__thread long library_local = 5;
static __thread char library_zero[100];

/* Threads that never call have none of it. */
void library_tell(void (*tell)(const char *, volatile void *))
{
	tell("library_pad", library_pad);
	tell("library_local", &library_local);
	tell("library_zero", library_zero + 99);
}
#else
__thread long program_local = 7;
static __thread char program_zero[1000];

static void tell(const char *name, volatile void *at)
{
	printf("%ld %s %#lx\n", (long)syscall(SYS_gettid), name,
	       (unsigned long)at);
	fflush(stdout);
}

static void (*library_tell)(void (*)(const char *, volatile void *));

static void tell_all(void)
{
	tell("program_local", &program_local);
	tell("program_zero", program_zero + 500);
	tell("errno", &errno);
	library_tell(tell);
}

static void *other(void *unused)
{
	tell_all();
	puts("ready");
	fflush(stdout);
	getchar();
	return unused;
}

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	pthread_t thread;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (!library)
		return 2;
	*(void **)&library_tell = dlsym(library, "library_tell");
	tell_all();
	return pthread_create(&thread, NULL, other, NULL) ||
	       pthread_join(thread, NULL);
}
#endif
