/* SPDX-License-Identifier: MIT */
/*
 * A library that it needs allocates before what is preloaded is relocated. Then
 * thread-local variables seem to lie at the thread pointer, where by this one's
 * alignment the first byte is 0.
 */
#include <stdio.h>

int early_ask(void);

static __thread char aligned[256] __attribute__((aligned(256)));

int main(void)
{
	printf("%d\n", early_ask() + *(volatile char *)aligned);
	return 0;
}
