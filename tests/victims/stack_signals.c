/* SPDX-License-Identifier: MIT */
/*
 * Allocations in signal handlers that interrupt allocations.
 *
 * "step" has the processor trap after each instruction, so that the handler
 * comes at every one of the library's; "timer" has a timer do it as often as it
 * can. The handler allocates only where libc is not in the middle of it.
 *
 * Arguments: step or timer, how many rounds, how deep the handler may go.
 */
#include <alloca.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#define APART __attribute__((noinline))

enum { SLOTS = 64 };

static struct {
	uintptr_t start, end;
} safe[2]; /* the program and the library */

static volatile unsigned long handled, seen;
static unsigned int dice = 1, handler_depth = 40;

static unsigned int roll(unsigned int below)
{
	dice = dice * 1103515245 + 12345;
	return (dice >> 8) % below;
}

static int note(struct dl_phdr_info *info, size_t size, void *unused)
{
	static int n;
	const char *name = info->dlpi_name;

	(void)size;
	(void)unused;
	if (n > 0 && !strstr(name, "malloc_tracer") &&
	    !strstr(name, "check_stacks"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X))
			continue;
		safe[n].start = info->dlpi_addr + ph->p_vaddr;
		safe[n].end = safe[n].start + ph->p_memsz;
	}
	return ++n == 2;
}

static uintptr_t interrupted(const ucontext_t *at)
{
#ifdef __x86_64__
	return at->uc_mcontext.gregs[REG_RIP];
#else
	return at->uc_mcontext.pc;
#endif
}

APART static void allocate_below(unsigned int depth)
{
	char *room = alloca(16 + roll(512));

	room[0] = depth;
	free(malloc(24 + room[0]));
	if (depth > 0)
		allocate_below(depth - 1);
	free(calloc(1, 24 + room[0]));
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	uintptr_t pc = interrupted(context);
	int kept = errno;

	(void)number;
	(void)info;
	seen++;
	for (int i = 0; i < 2; i++)
		if (pc >= safe[i].start && pc < safe[i].end) {
			handled++;
			allocate_below(roll(handler_depth));
		}
	errno = kept;
}

#ifdef __x86_64__
/* By itself, so that its rules are right at each instruction. */
void trap(int on);
__asm__(".pushsection .text\n"
	".type trap, @function\n"
	"trap:\n"
	".cfi_startproc\n"
	"pushfq\n"
	".cfi_adjust_cfa_offset 8\n"
	"andl $~0x100, (%rsp)\n"
	"testl %edi, %edi\n"
	"jz 0f\n"
	"orl $0x100, (%rsp)\n"
	"0:\n"
	"popfq\n"
	".cfi_adjust_cfa_offset -8\n"
	"ret\n"
	".cfi_endproc\n"
	".size trap, . - trap\n"
	".popsection");
#else
static void trap(int on)
{
	(void)on;
}
#endif

APART static void churn(void **p, int i, int depth)
{
	void **slot = &p[roll(SLOTS)];

	if (depth > 0) {
		churn(p, i, depth - 1);
		slot = &p[roll(SLOTS)];
	}
	if (i % 5 == 0) {
		*slot = realloc(*slot, 24 + roll(3000));
	} else {
		free(*slot);
		*slot = malloc(24 + roll(300));
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO };
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { 0 };
	int step = argc > 1 && strcmp(argv[1], "step") == 0;
	int rounds = argc > 2 ? atoi(argv[2]) : 100;
	void *p[SLOTS] = { NULL };

	if (argc > 3)
		handler_depth = atoi(argv[3]);
#ifndef __x86_64__
	if (step)
		return 77;
#endif
	dl_iterate_phdr(note, NULL);
	sigaction(step ? SIGTRAP : SIGALRM, &action, NULL);
	if (!step)
		setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < rounds; i++) {
		if (step)
			trap(1);
		churn(p, i, roll(12));
		if (step)
			trap(0);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	for (int i = 0; i < SLOTS; i++)
		free(p[i]);
	if (getenv("MTR_VERBOSE"))
		fprintf(stderr, "%lu signals, %lu handled\n", seen, handled);
	return 0;
}
