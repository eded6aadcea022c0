// SPDX-License-Identifier: MIT
// So many threads at once, each with a block of its own; they end together, and
// as many follow.

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_barrier_t all_there;

static void *work(void *arg)
{
	char *p = malloc((size_t)(intptr_t)arg % 200 + 1);
	char *q;

	pthread_barrier_wait(&all_there);
	q = strdup("text");
	free(p);
	free(q);
	return p && q ? arg : NULL;
}

int main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 25000;
	pthread_t *threads = malloc((size_t)count * sizeof *threads);
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32 << 10);
	for (int round = 0; round < 2; round++) {
		int good = 0;

		pthread_barrier_init(&all_there, NULL, (unsigned)count);
		for (intptr_t i = 0; i < count; i++) {
			if (pthread_create(&threads[i], &attr, work,
					   (void *)(i + 1)) == 0)
				continue;
			printf("no thread\n");
			fprintf(stderr, "no thread %ld\n", (long)i);
			return 1;
		}
		for (int i = 0; i < count; i++) {
			void *got;

			pthread_join(threads[i], &got);
			good += got != NULL;
		}
		printf("%d threads\n", good);
	}
	free(threads);
	return 0;
}
