/* SPDX-License-Identifier: MIT */
/*
 * A program that tells where its data is: for each object a line with its name
 * and its address as the file has it. check_data.c compiles it in several ways.
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

static void tell(const char *name, const volatile void *at)
{
	printf("%s %lx\n", name, (unsigned long)((uintptr_t)at - bias));
}

struct pair {
	long first, second[2];
};

int g_counter = 5;
struct pair g_pairs[3][4];
static const volatile char file_text[] = "some text";
static volatile char file_buffer[100];
__thread int t_counter = 7;
static __thread volatile char t_buffer[64];
static __thread volatile long t_last;

__attribute__((noinline)) static void *first(void)
{
	static struct pair *volatile cache;

	return (void *)&cache;
}

__attribute__((noinline)) static void *second(void)
{
	static volatile char cache[24] = "x";

	return (void *)cache;
}

int main(void)
{
	dl_iterate_phdr(find_bias, NULL);
	tell("g_counter", &g_counter);
	tell("g_pairs", g_pairs);
	tell("file_text", file_text);
	tell("file_buffer", file_buffer);
	tell("first()::cache", first());
	tell("second()::cache", second());
	tell("t_buffer",
	     (char *)bias + ((char *)t_buffer - (char *)&t_counter));
	tell("t_last", (char *)bias + ((char *)&t_last - (char *)&t_counter));
	return 0;
}
