/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the command: a kernel that has no pidfd_open.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long real_syscall(long number, ...);

long syscall(long number, ...)
{
	real_syscall *next = (real_syscall *)dlsym(RTLD_NEXT, "syscall");
	long v[6];
	va_list list;

	if (number == SYS_pidfd_open) {
		errno = ENOSYS;
		return -1;
	}
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		v[i] = va_arg(list, long);
	va_end(list);
	return next(number, v[0], v[1], v[2], v[3], v[4], v[5]);
}
