/* SPDX-License-Identifier: MIT */
/* Takes the lowest free descriptors for its own file, as some daemons do. */
#include <fcntl.h>

#include "check.h"

int main(int argc, char **argv)
{
	int fd;

	CHECK(argc == 2);
	do
		fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
	while (fd >= 0 && fd < 2);
	CHECK(fd == 2);
	for (size_t size = 1; size < 10 << 20; size = size * 2 + 1)
		free(realloc(malloc(size), size * 2));
	CHECK(write(2, "data\n", 5) == 5);
	return 4;
}
