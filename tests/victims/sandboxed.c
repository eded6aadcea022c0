/* SPDX-License-Identifier: MIT */
/*
 * Allocates within a seccomp filter that forbids what the library has no need
 * to call. Argument:
 *
 *   kill        forbidden calls end the process; threads older than the filter,
 *               and younger
 *   refused N   they fail with errno N: not asked again
 *   coroutines  whether memory is readable is asked a few times, not each time
 *   ends        a thread ends in the middle of such a question: who gets its
 *               state starts afresh
 *
 * Status 77: no filter can be installed here.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "check.h"

#define APART __attribute__((noinline))

enum { ROUNDS = 500, HOWS = 3 };

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Calls that nothing which malloc does may need; and madvise, below. */
static const unsigned int forbidden[] = {
	SYS_process_vm_readv, SYS_mincore, SYS_tgkill, SYS_getpid, SYS_gettid,
};

enum { FORBIDDEN = sizeof(forbidden) / sizeof(*forbidden) };

static void install(struct sock_filter *code, unsigned short n)
{
	struct sock_fprog prog = { n, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC, &prog) != 0) {
		fputs("no seccomp filter here\n", stderr);
		_exit(77);
	}
}

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define SKIP(test, value, yes, no) \
	BPF_JUMP(BPF_JMP | test | BPF_K, value, yes, no)

/* @action for what is forbidden, and for rt_sigprocmask from @how on. */
static void forbid(unsigned int action, unsigned int how)
{
	struct sock_filter code[2 * FORBIDDEN + 11] = { LOAD(nr) }, *c = code;

	for (int i = 0; i < FORBIDDEN; i++) {
		*++c = (struct sock_filter)SKIP(BPF_JEQ, forbidden[i], 0, 1);
		*++c = (struct sock_filter)RETURN(action);
	}
	/* libc calls it at the end of a thread, and since 2.42 for the guard of
	 * a new one's stack */
	if (action != SECCOMP_RET_TRAP) {
		*++c = (struct sock_filter)SKIP(BPF_JEQ, SYS_madvise, 0, 4);
		*++c = (struct sock_filter)LOAD(args[2]);
		*++c = (struct sock_filter)SKIP(BPF_JEQ, MADV_GUARD_INSTALL, 0,
						1);
		*++c = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
		*++c = (struct sock_filter)RETURN(action);
	}
	*++c = (struct sock_filter)SKIP(BPF_JEQ, SYS_rt_sigprocmask, 0, 2);
	*++c = (struct sock_filter)LOAD(args[0]);
	*++c = (struct sock_filter)SKIP(BPF_JGE, how, 1, 0);
	*++c = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	*++c = (struct sock_filter)RETURN(action);
	/* what is no rt_sigprocmask skips to the last but one */
	install(code, c + 1 - code);
}

APART static void allocate(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		free(malloc(30));
		free(strdup("hello"));
	}
}

/* The frame is larger than a page. */
APART static void deep(int depth)
{
	volatile char room[5000];

	room[0] = room[4999] = depth;
	if (depth > 0)
		deep(depth - 1);
	else
		allocate();
	room[1] = room[0];
}

/* Killing. */

static sem_t started, work, done;

static void *worker(void *unused)
{
	sem_post(&started);
	for (;;) {
		sem_wait(&work);
		deep(5);
		sem_post(&done);
	}
	return unused;
}

static void all_work(int threads)
{
	deep(20);
	for (int i = 0; i < threads; i++)
		sem_post(&work);
	for (int i = 0; i < threads; i++)
		sem_wait(&done);
}

static void start(void)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, worker, NULL));
	sem_wait(&started);
}

static void killed(void)
{
	CHECK(!sem_init(&started, 0, 0) && !sem_init(&work, 0, 0) &&
	      !sem_init(&done, 0, 0));
	start();
	forbid(SECCOMP_RET_KILL_PROCESS, HOWS);
	all_work(1);
	start();
	start();
	/* libc needs no other calls of it, once no thread is made */
	forbid(SECCOMP_RET_KILL_PROCESS, 0);
	all_work(3);
	_exit(0);
}

/* Counting. */

static volatile int calls, probes, answer;
static volatile bool leave;

static void sigsys(int number, siginfo_t *info, void *context)
{
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	long ret = -answer;
	uintptr_t set;

	(void)number;
	calls++;
#ifdef __x86_64__
	set = m->gregs[REG_RSI];
#else
	set = m->regs[1];
#endif
	if (info->si_syscall == SYS_rt_sigprocmask) {
		probes++;
		if (leave)
			pthread_exit(NULL);
		/* the mask is the interrupted code's again afterwards */
		if (!answer)
			ret = syscall(SYS_rt_sigprocmask, SIG_BLOCK, set, NULL,
				      8) == 0
				      ? -EINVAL
				      : -EFAULT;
	}
#ifdef __x86_64__
	m->gregs[REG_RAX] = ret;
#else
	m->regs[0] = ret;
#endif
}

static void count_calls(int answered)
{
	struct sigaction action = { .sa_sigaction = sigsys,
				    .sa_flags = SA_SIGINFO };

	answer = answered;
	sigaction(SIGSYS, &action, NULL);
	forbid(SECCOMP_RET_TRAP, HOWS);
}

enum { COROUTINES = 16, SWITCHES = 20, STACK = 256 << 10 };

static __thread ucontext_t back, coroutine[COROUTINES];

static void run(int i)
{
	for (;;) {
		deep(2 + i % 3);
		swapcontext(&coroutine[i], &back);
	}
}

static void make(int i, char *stack)
{
	getcontext(&coroutine[i]);
	coroutine[i].uc_stack.ss_sp = stack;
	coroutine[i].uc_stack.ss_size = STACK;
	makecontext(&coroutine[i], (void (*)(void))run, 1, i);
}

static char *stack_map(void)
{
	char *p = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void *on_coroutines(void *in_heap)
{
	for (int i = 0; i < COROUTINES; i++)
		make(i, in_heap ? malloc(STACK) : stack_map());
	for (int round = 0; round < SWITCHES; round++)
		for (int i = 0; i < COROUTINES; i++)
			swapcontext(&back, &coroutine[i]);
	return NULL;
}

static void in_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, fn, arg));
	CHECK(!pthread_join(thread, NULL));
}

static void refused(int with)
{
	count_calls(with);
	on_coroutines(NULL);
	CHECK(calls <= 2);
}

static void coroutines(void)
{
	/* of 1000 allocations after each switch one walks all of the stack */
	enum { MOST = 1 + SWITCHES * COROUTINES * 7 };
	int before;

	count_calls(0);
	on_coroutines(NULL);
	CHECK(calls == probes && probes <= MOST);
	before = probes;
	on_coroutines(&before);
	CHECK(probes - before <= MOST);
	before = probes;
	in_thread(on_coroutines, NULL);
	CHECK(probes - before <= MOST);
}

static void *on_one(void *unused)
{
	make(0, stack_map());
	swapcontext(&back, &coroutine[0]);
	return unused;
}

static void *exit_at_once(void *unused)
{
	pthread_exit(unused);
}

static void ends(void)
{
	count_calls(0);
	/* what libc needs for that is there before */
	in_thread(exit_at_once, NULL);
	probes = 0;
	in_thread(on_one, NULL);
	if (probes == 0)
		return; /* no stacks are wanted */
	leave = true;
	in_thread(on_one, NULL);
	leave = false;
	probes = 0;
	in_thread(on_one, NULL);
	CHECK(probes <= 2 * 7);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	check_active();
	if (!strcmp(what, "kill"))
		killed();
	else if (!strcmp(what, "refused"))
		refused(atoi(argv[2]));
	else if (!strcmp(what, "coroutines"))
		coroutines();
	else if (!strcmp(what, "ends"))
		ends();
	else
		return 2;
	return 0;
}
