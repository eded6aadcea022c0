/* SPDX-License-Identifier: MIT */
/* vfork and exec, clone that shares the memory, posix_spawn, system. */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "check.h"

extern char **environ;

static char name[] = "spawns", child_role[] = "child";
static char *const child_argv[] = { name, child_role, NULL };
static void *from_clone;

static int in_clone(void *old)
{
	from_clone = malloc(4242);
	free(old);
	return 17;
}

static void expect_exit(pid_t pid, int code)
{
	int status;

	CHECK(pid > 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == code);
}

int main(int argc, char **argv)
{
	static _Alignas(16) char stack[256 * 1024];
	void *old = malloc(99);
	pid_t pid;

	check_active();
	CHECK(recorded(old, 99));
	if (argc > 1)
		return strcmp(argv[1], "child") == 0 ? 7 : 8;

	pid = vfork();
	if (pid == 0) {
		execv("/proc/self/exe", child_argv);
		_exit(127);
	}
	expect_exit(pid, 7);

	pid = clone(in_clone, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, old);
	expect_exit(pid, 17);
	CHECK(recorded(from_clone, 4242));
	CHECK(!has_record(old) || from_clone == old);
	free(from_clone);

	CHECK(!posix_spawn(&pid, "/proc/self/exe", NULL, NULL, child_argv,
			   environ));
	expect_exit(pid, 7);
	CHECK(system("exit 5") == 5 << 8);
	return 0;
}
