/* SPDX-License-Identifier: MIT */
/*
 * A program whose blocks are easy to recognise in a core: the walkthrough of
 * libmalloc_tracer(7) traces it. Runs until SIGINT.
 *
 * All blocks are allocated by main itself, so that main owns them all.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024 };

struct my_struct19 {
	char text[19];
};

struct my_struct40 {
	char text[40];
};

/* With a buffer of libc's choice one more block would be on the heap. */
static char line[256];

/*
 * SIGINT is waited for, not handled: it can come at any moment and is not
 * missed. A shell that starts us in the background has it ignored.
 */
static void prepare(sigset_t *ret_stop)
{
	sigemptyset(ret_stop);
	sigaddset(ret_stop, SIGINT);
	sigprocmask(SIG_BLOCK, ret_stop, NULL);
	signal(SIGINT, SIG_DFL);
	setvbuf(stdout, line, _IOLBF, sizeof(line));
	/* Where Yama guards ptrace, gcore may still attach. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

int main(void)
{
	static const struct timespec second = { .tv_sec = 1 };
	sigset_t stop;

	prepare(&stop);
	char *big100Mb = calloc(100, MIB);
	char *big10Mb = calloc(10, MIB);
	struct my_struct19 *s19 = malloc(sizeof(*s19));
	struct my_struct40 *s40 = malloc(sizeof(*s40));
	if (!big100Mb || !big10Mb || !s19 || !s40) {
		perror("hello_world");
		return EXIT_FAILURE;
	}
	strcpy(big100Mb, "big100Mb. A lot of data");
	strcpy(big10Mb, "big10Mb. A lot of data");
	strcpy(s19->text, "I am a my_struct19");
	strcpy(s40->text, "I am a my_struct40, of forty characters");

	printf("my_struct19 is %p; my_struct40 is %p\n", (void *)s19,
	       (void *)s40);
	do
		printf("Pid %d. big100Mb is %p; addr10Mb is %p\n", getpid(),
		       (void *)big100Mb, (void *)big10Mb);
	while (sigtimedwait(&stop, NULL, &second) != SIGINT);

	free(s40);
	free(s19);
	free(big10Mb);
	free(big100Mb);
	return EXIT_SUCCESS;
}
