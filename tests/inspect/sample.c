/* SPDX-License-Identifier: MIT */
/*
 * A program that tells where its calls return to: for each a line with a tag
 * and the return address as the file has it. symbols_fixture.c compiles it
 * in several ways, and finds the lines by their comments.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <stdio.h>

static uintptr_t bias;

static int find_bias(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	bias = info->dlpi_addr;
	return 1; /* the program itself is the first */
}

/* The barrier keeps a call from being the last thing that its caller does. */
#ifndef BARRIER_CODE
#define BARRIER_CODE ""
#endif
#define BARRIER __asm__ volatile(BARRIER_CODE ::: "memory")

__attribute__((noinline, noclone)) static void hit(const char *tag)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);

	printf("%s %lx\n", tag, (unsigned long)(pc - bias));
}

__attribute__((noinline, noclone, used)) void plain(void)
{
	hit("plain"); /* here: plain */
	BARRIER;
}

__attribute__((always_inline)) static inline void inner(void)
{
	hit("inlined"); /* here: inner */
	BARRIER;
}

__attribute__((always_inline)) static inline void outer(void)
{
	inner(); /* here: outer */
	BARRIER;
}

__attribute__((noinline, noclone)) static void host(void)
{
	BARRIER;
	outer(); /* here: host */
	BARRIER;
}

int main(void)
{
	dl_iterate_phdr(find_bias, NULL);
	plain();
	host();
	return 0;
}
