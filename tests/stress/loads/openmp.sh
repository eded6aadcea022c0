# SPDX-License-Identifier: MIT
# OpenMP: nested teams, tasks, private arrays.

load() {
    need gcc
    cat >omp.c <<'C'
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static long tree(int n)
{
	long a, b;
	char *p = malloc(n * 8 + 1);
	memset(p, n, n * 8 + 1);
	if (n < 2) { free(p); return n; }
#pragma omp task shared(a)
	a = tree(n - 1);
#pragma omp task shared(b)
	b = tree(n - 2);
#pragma omp taskwait
	free(p);
	return a + b;
}
int main(void)
{
	long sum = 0, r = 0;
	omp_set_max_active_levels(2);
#pragma omp parallel for num_threads(4) reduction(+ : sum)
	for (int i = 0; i < 20000; i++) {
		char *p = strdup("abcdefgh");
		p = realloc(p, 9 + i % 3000);
#pragma omp parallel num_threads(1 + (i % 1000 == 0)) reduction(+ : sum)
		sum += strlen(p);
		free(p);
	}
#pragma omp parallel num_threads(6)
#pragma omp single
	r = tree(18);
	printf("%ld %ld\n", sum, r);
}
C
    compile omp gcc -O2 -fopenmp omp.c
    under ./omp
}
