/* SPDX-License-Identifier: MIT */
/*
 * Runs a program as some builders do, whose seccomp filter refuses what a
 * debugger calls. The number is the error: EPERM (1), ENOSYS (38).
 *
 *   denied ERRNO PROGRAM [ARGUMENT]...
 *   denied check    is any of it refused already? Status 77: yes, and what
 *
 * Status 77: no filter can be installed here.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static const unsigned int denied[] = {
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_ptrace, SYS_pidfd_open,
	SYS_perf_event_open,  SYS_unshare,	     SYS_kcmp,
};

enum { DENIED = sizeof(denied) / sizeof(*denied) };

/* The number, a comparison for each call, pass, refuse. */
static void filter_make(struct sock_filter *f, unsigned int error)
{
	const struct sock_filter number = BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	const struct sock_filter pass =
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_filter refuse =
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);

	f[0] = number;
	for (unsigned int i = 0; i < DENIED; i++) {
		const struct sock_filter same =
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i],
				 (unsigned char)(DENIED - i), 0);

		f[1 + i] = same;
	}
	f[1 + DENIED] = pass;
	f[2 + DENIED] = refuse;
}

static int refused(const char *what)
{
	fprintf(stderr, "%s(2) is refused here: %s\n", what, strerror(errno));
	return 77;
}

/* A child of ours is anybody's to look into, but where a filter forbids it. */
static int check(void)
{
	pid_t child = fork();
	char mine, its;
	struct iovec here = { &mine, 1 }, there = { &its, 1 };
	int status = 0;

	if (child == 0) {
		pause();
		_exit(0);
	}
	if (ptrace(PTRACE_SEIZE, child, NULL, NULL))
		status = refused("ptrace");
	else if (process_vm_readv(child, &here, 1, &there, 1, 0) < 0)
		status = refused("process_vm_readv");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return status;
}

int main(int argc, char **argv)
{
	struct sock_filter f[DENIED + 3];
	const struct sock_fprog program = { DENIED + 3, f };

	if (argc == 2 && strcmp(argv[1], "check") == 0)
		return check();
	if (argc < 3)
		return 2;
	filter_make(f, (unsigned int)atoi(argv[1]));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("denied: seccomp");
		return 77;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
