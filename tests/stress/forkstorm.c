// SPDX-License-Identifier: MIT
// Threads that fork while others allocate, load and unload libraries and switch
// locales. A child allocates and ends; one that hangs or dies is told of.
//
//   forkstorm SECONDS

#include <dlfcn.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FORKERS = 3, CHILD_SECONDS = 30 };

static atomic_int over, bad, children;

static __attribute__((noinline)) void use_heap(int depth, int rounds)
{
	volatile char room[200];

	room[0] = (char)depth;
	if (depth > 0) {
		use_heap(depth - 1, rounds);
		room[1] = room[0];
		return;
	}
	for (int i = 0; i < rounds; i++) {
		char *p = strdup("abc"), *q = calloc(3, (size_t)i + 1);

		p = realloc(p, 5000);
		free(q);
		free(p);
		p = aligned_alloc(64, 640);
		free(p);
	}
}

static void *grandchild(void *arg)
{
	use_heap(5, 5);
	return arg;
}

static void be_child(unsigned number)
{
	alarm(CHILD_SECONDS);
	use_heap((int)(number % 9), 20);
	if (number % 16 == 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, grandchild, NULL) == 0)
			pthread_join(thread, NULL);
	}
	if (number % 32 == 0) {
		int status;
		const pid_t pid = fork();

		if (pid == 0)
			use_heap(3, 5);
		else if (waitpid(pid, &status, 0) != pid || status)
			_exit(1);
	}
	_exit(0);
}

static void *forker(void *arg)
{
	for (unsigned n = 0; !atomic_load(&over); n++) {
		int status = 0;
		const pid_t pid = fork();

		if (pid < 0)
			continue;
		if (pid == 0)
			be_child(n);
		if (waitpid(pid, &status, 0) == pid && status) {
			fprintf(stderr, "child: status %#x\n", status);
			atomic_fetch_add(&bad, 1);
		}
		atomic_fetch_add(&children, 1);
	}
	return arg;
}

static void *allocator(void *arg)
{
	while (!atomic_load(&over))
		use_heap(7, 50);
	return arg;
}

static void *loader(void *arg)
{
	static const char *const names[] = { "libresolv.so.2", "libgcc_s.so.1",
					     "libstdc++.so.6",
					     "no-such-library.so" };

	for (unsigned i = 0; !atomic_load(&over); i++) {
		void *library = dlopen(names[i % 4], RTLD_NOW);

		if (!library) {
			(void)dlerror();
			continue;
		}
		(void)dlsym(library, "no_such_symbol");
		dlclose(library);
	}
	return arg;
}

static int see(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info, (void)size, (void)arg;
	use_heap(2, 1);
	return 0;
}

static void *walker(void *arg)
{
	while (!atomic_load(&over))
		dl_iterate_phdr(see, NULL);
	return arg;
}

static void *speaker(void *arg)
{
	static const char *const names[] = { "C.UTF-8", "C", "de_DE.UTF-8" };

	for (unsigned i = 0; !atomic_load(&over); i++) {
		const locale_t l = newlocale(LC_ALL_MASK, names[i % 3], NULL);

		if (!l)
			continue;
		uselocale(l);
		use_heap(1, 3);
		uselocale(LC_GLOBAL_LOCALE);
		freelocale(l);
	}
	return arg;
}

int main(int argc, char **argv)
{
	static void *(*const others[])(void *) = { allocator, allocator, loader,
						   walker, speaker };
	enum { OTHERS = sizeof others / sizeof *others };
	pthread_t threads[FORKERS + OTHERS];

	for (int i = 0; i < FORKERS; i++)
		pthread_create(&threads[i], NULL, forker, NULL);
	for (int i = 0; i < OTHERS; i++)
		pthread_create(&threads[FORKERS + i], NULL, others[i], NULL);
	sleep(argc > 1 ? (unsigned)atoi(argv[1]) : 5);
	atomic_store(&over, 1);
	for (int i = 0; i < FORKERS + OTHERS; i++)
		pthread_join(threads[i], NULL);
	fprintf(stderr, "%d children\n", children);
	printf("%d bad\n", bad);
	return bad != 0 || children == 0;
}
