/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer without a fuzzer, for any compiler: each file of a corpus once.
 *
 * replay [--prefixes] FILE...: with --prefixes also each file cut off anywhere.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { FILE_MAX = 1 << 20 };

static size_t file_read(const char *path, uint8_t *to)
{
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file)
		err(1, "%s", path);
	n = fread(to, 1, FILE_MAX, file);
	if (ferror(file))
		err(1, "%s", path);
	fclose(file);
	return n;
}

/* The input is a block of its own size: what is read behind it is found. */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		err(1, NULL);
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int main(int argc, char **argv)
{
	int prefixes = argc > 1 && !strcmp(argv[1], "--prefixes");
	static uint8_t data[FILE_MAX];

	if (argc < 2 + prefixes)
		errx(2, "usage: %s [--prefixes] FILE...", argv[0]);
	for (int i = 1 + prefixes; i < argc; i++) {
		size_t n = file_read(argv[i], data);

		/* the one that is to blame is the last one named */
		printf("%s\n", argv[i]);
		fflush(stdout);
		run(data, n);
		for (size_t cut = prefixes ? n : 0; cut; cut--)
			run(data, cut - 1);
	}
	return 0;
}
