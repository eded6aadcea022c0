/* SPDX-License-Identifier: MIT */
/*
 * Whole files, mapped for reading. See file_map.h for the contract.
 */
#include "target/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct mtr_map_guard {
	struct mtr_map_guard *next;
	uintptr_t start, end; /* of the mapping */
	int fd;		      /* -1: somebody else's */
	int prot;	      /* of the mapping */
	bool failed; /* something in it could not be read, though it is there */
};

/* Changed by nobody while a page of a mapping is touched. */
static struct mtr_map_guard *guards;
static struct sigaction before;

static struct mtr_map_guard *guard_of(uintptr_t addr)
{
	struct mtr_map_guard *g = guards;

	while (g && (addr < g->start || addr >= g->end))
		g = g->next;
	return g;
}

/*
 * Zeros in place of the page at @addr, and of all behind it if the file ends
 * before. False: that cannot be had.
 */
static bool guard_patch(struct mtr_map_guard *g, uintptr_t addr)
{
	uintptr_t page = (uintptr_t)getpagesize();
	uintptr_t start = addr & -page, end = start + page;
	struct stat st;
	void *at;

	if (g->fd >= 0 && fstat(g->fd, &st) == 0 &&
	    (uint64_t)st.st_size <= start - g->start)
		end = g->end;
	else
		g->failed = true;
	at = mmap((void *)start, end - start, g->prot,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
		  0);
	return at != MAP_FAILED;
}

/*
 * A fault of another mapping happens again as soon as we return, under the
 * action of before; what somebody sent has to be sent again.
 */
static void on_bus(int signo, siginfo_t *info, void *context)
{
	int code = errno;
	bool fault = info->si_code > 0;
	uintptr_t addr = (uintptr_t)info->si_addr;
	struct mtr_map_guard *g = fault ? guard_of(addr) : NULL;

	(void)context;
	if (!g || !guard_patch(g, addr)) {
		sigaction(SIGBUS, &before, NULL);
		if (!fault)
			raise(signo);
	}
	errno = code;
}

static void guard_add(struct mtr_map_guard *g)
{
	struct sigaction sa = { .sa_sigaction = on_bus,
				.sa_flags = SA_SIGINFO | SA_RESTART };

	g->next = guards;
	guards = g;
	if (!g->next)
		sigaction(SIGBUS, &sa, &before);
}

static void guard_remove(struct mtr_map_guard *g)
{
	struct mtr_map_guard **at = &guards;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	if (!guards)
		sigaction(SIGBUS, &before, NULL);
	if (g->fd >= 0)
		close(g->fd);
	free(g);
}

static struct mtr_error *map(int fd, size_t bytes, struct mtr_map *ret)
{
	struct mtr_map_guard *g = malloc(sizeof(*g));
	int code;

	if (!g)
		return mtr_error_nomem();
	*g = (struct mtr_map_guard){ .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
				     .prot = PROT_READ };
	ret->at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (ret->at == MAP_FAILED || g->fd < 0) {
		code = errno;
		if (ret->at != MAP_FAILED)
			munmap((void *)ret->at, bytes);
		if (g->fd >= 0)
			close(g->fd);
		free(g);
		return mtr_error_errno(code, "it cannot be read");
	}
	g->start = (uintptr_t)ret->at;
	g->end = g->start + bytes;
	guard_add(g);
	ret->bytes = bytes;
	ret->guard = g;
	return NULL;
}

struct mtr_error *mtr_map_open(int fd, struct mtr_map *ret)
{
	struct stat st;

	if (fstat(fd, &st))
		return mtr_error_errno(errno, "it cannot be read");
	if (S_ISDIR(st.st_mode))
		return mtr_error_create("it is a directory");
	if (!S_ISREG(st.st_mode))
		return mtr_error_create("it is not a regular file");
	if (!st.st_size)
		return mtr_error_coded(MTR_ERROR_DAMAGED, "the file is empty");
	return map(fd, st.st_size, ret);
}

struct mtr_map_guard *mtr_map_watch(const void *at, size_t bytes)
{
	struct mtr_map_guard *g = malloc(sizeof(*g));

	if (!g)
		return NULL;
	*g = (struct mtr_map_guard){ .start = (uintptr_t)at,
				     .end = (uintptr_t)at + bytes,
				     .fd = -1,
				     .prot = PROT_READ | PROT_WRITE };
	guard_add(g);
	return g;
}

void mtr_map_unwatch(struct mtr_map_guard *guard)
{
	if (guard)
		guard_remove(guard);
}

bool mtr_map_watch_failed(const struct mtr_map_guard *guard)
{
	return guard && guard->failed;
}

void mtr_map_close(struct mtr_map *map)
{
	if (!map->at)
		return;
	if (map->guard)
		guard_remove(map->guard);
	munmap((void *)map->at, map->bytes);
	*map = (struct mtr_map){ 0 };
}

int mtr_map_fd(const struct mtr_map *map)
{
	return map->guard ? map->guard->fd : -1;
}

char *mtr_map_changed(const struct mtr_map *map)
{
	struct stat st;
	char *text = NULL;
	int n = 0;

	if (!map->guard || fstat(map->guard->fd, &st))
		return NULL;
	if ((uint64_t)st.st_size < map->bytes)
		n = asprintf(&text,
			     "the file was cut short while it was read, from "
			     "%zu to %jd bytes: what was behind may count as "
			     "zeros",
			     map->bytes, (intmax_t)st.st_size);
	else if (map->guard->failed)
		n = asprintf(&text,
			     "parts of the file could not be read (%s): they "
			     "count as zeros",
			     strerror(EIO));
	else if ((uint64_t)st.st_size > map->bytes)
		n = asprintf(&text,
			     "the file grew while it was read, from %zu to %jd "
			     "bytes: is it still being written?",
			     map->bytes, (intmax_t)st.st_size);
	return n < 0 ? NULL : text;
}
