/* SPDX-License-Identifier: MIT */
/* Children of a process whose other threads allocate all the time. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

enum { THREADS = 3, CHILDREN = 60 };

static atomic_bool done;
static atomic_int running;

static void *churn(void *unused)
{
	void *p[32] = { NULL };

	running++;
	for (size_t i = 0; !done; i++) {
		free(p[i % 32]);
		p[i % 32] = malloc(i * 37 % 5000);
	}
	for (int i = 0; i < 32; i++)
		free(p[i]);
	return unused;
}

static void child(void *inherited)
{
	void *p[200];

	CHECK(recorded(inherited, 77));
	for (int i = 0; i < 200; i++)
		p[i] = malloc(i * 100);
	for (int i = 0; i < 200; i++)
		CHECK(recorded(p[i], i * 100));
	inherited = realloc(inherited, 7000);
	CHECK(recorded(inherited, 7000));
	free(inherited);
	for (int i = 0; i < 200; i++)
		free(p[i]);
	CHECK(!has_record(p[0]));
	exit(0);
}

int main(void)
{
	void *inherited = malloc(77);
	pthread_t threads[THREADS];
	int status;

	check_active();
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, churn, NULL));
	while (running < THREADS)
		;
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0)
			child(inherited);
		CHECK(wait(&status) > 0);
		CHECK(status == 0);
		CHECK(recorded(inherited, 77));
	}
	done = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	free(inherited);
	return 0;
}
