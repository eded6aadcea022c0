/* SPDX-License-Identifier: MIT */
/* Unit tests of threads: of cores made by hand, and of a child of ours. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core_fixture.h"

static const struct mtr_threads *threads_of(struct mtr_target *t)
{
	const struct mtr_threads *v = NULL;

	succeeds(mtr_target_threads(t, &v));
	return v;
}

/* ------------------------------------------------------------------ cores */

enum { X86 = 27, ARM = 34 };

static void put_x86(int tid, uint64_t pc, uint64_t sp, uint64_t tp)
{
	uint64_t regs[X86];

	for (uint64_t i = 0; i < X86; i++)
		regs[i] = 0x1000 + i;
	regs[16] = pc;
	regs[19] = sp;
	regs[21] = tp;
	core_thread(core, tid, regs, X86);
}

static void is_stack(const struct mtr_thread *t, uint64_t start, uint64_t end)
{
	ck_assert_uint_eq(t->stack_start, start);
	ck_assert_uint_eq(t->stack_end, end);
}

/* The notes behind a thread's status are its own, up to the next one's. */
START_TEST(threads_of_a_core)
{
	uint64_t fp[] = { 1, 2, 3 }, x[] = { 4, 5 };
	const struct mtr_threads *v;
	struct mtr_target *t;
	unsigned char info[136] = { 0 };
	int pid = 42;

	memcpy(info + 24, &pid, sizeof(pid));
	memcpy(info + 40, "the name", 9);
	core_note_linux(core, NT_X86_XSTATE, fp, sizeof(fp)); /* nobody's */
	put_x86(41, 0x400123, 0x10800, 0);
	core_note(core, NT_PRPSINFO, info, sizeof(info));
	core_note(core, NT_FPREGSET, fp, sizeof(fp));
	put_x86(42, 0x400456, 0x30000, 0x40000);
	core_note_linux(core, NT_X86_XSTATE, x, sizeof(*x) + 3);
	core_note_linux(core, NT_ARM_TLS, fp, 4); /* cut off */
	core_note(core, NT_PRSTATUS, info, 100);  /* cut off */
	core_note(core, NT_FPREGSET, fp, sizeof(fp));
	add(0x10000, 0x1000, RW, NULL);
	add(0x2f000, 0x1000, RW, NULL);
	t = open_target(core_path(core));
	v = threads_of(t);
	ck_assert_uint_eq(v->n, 2);
	ck_assert_int_eq(v->at[0].tid, 41);
	ck_assert_str_eq(v->at[0].name, "");
	ck_assert_uint_eq(v->at[0].pc, 0x400123);
	ck_assert_uint_eq(v->at[0].sp, 0x10800);
	ck_assert_uint_eq(v->at[0].general, X86);
	ck_assert_uint_eq(v->at[0].n_words, X86 + 3);
	ck_assert_uint_eq(v->at[0].words[1], 0x1001);
	ck_assert_mem_eq(v->at[0].words + X86, fp, sizeof(fp));
	is_stack(&v->at[0], 0x10000, 0x11000);
	ck_assert_int_eq(v->at[1].tid, 42);
	ck_assert_str_eq(v->at[1].name, "the name");
	ck_assert_uint_eq(v->at[1].tp, 0x40000);
	ck_assert_uint_eq(v->at[1].n_words, X86 + 1);
	/* nothing on it: its pointer is the end */
	is_stack(&v->at[1], 0x2f000, 0x30000);
	ck_assert_ptr_eq(threads_of(t), v);
	mtr_target_close(t);
}
END_TEST

START_TEST(threads_of_the_other_machine)
{
	struct core *other = core_create(EM_AARCH64);
	uint64_t regs[ARM] = { 7 }, tls = 0x77000;
	const struct mtr_threads *v;
	struct mtr_target *t;

	regs[31] = 0x5000;
	regs[32] = 0x6000;
	core_thread(other, 5, regs, ARM);
	core_note_linux(other, NT_ARM_TLS, &tls, sizeof(tls));
	t = open_target(core_path(other));
	v = threads_of(t);
	ck_assert_uint_eq(v->n, 1);
	ck_assert_uint_eq(v->at[0].sp, 0x5000);
	ck_assert_uint_eq(v->at[0].pc, 0x6000);
	ck_assert_uint_eq(v->at[0].tp, 0x77000);
	ck_assert_uint_eq(v->at[0].general, ARM);
	is_stack(&v->at[0], 0, 0);
	mtr_target_close(t);
	core_destroy(other);
}
END_TEST

/* What a pthread knows of its stack, at any place beside the thread pointer. */
static void stack_of_pair(uint64_t at)
{
	uint64_t pair[] = { 0x21000, 0x9000 }, wide[] = { 0x20800, 0xf800 },
		 beyond[] = { 0x26000, 0xf000 };
	struct mtr_target *t;

	core_put(core, 0x28000, wide, sizeof(wide));
	core_put(core, 0x28200, beyond, sizeof(beyond));
	core_put(core, at, pair, sizeof(pair));
	t = open_target(core_path(core));
	is_stack(&threads_of(t)->at[0], 0x21000, 0x2a000);
	/* its stack pointer is elsewhere: the pairs are not about that */
	is_stack(&threads_of(t)->at[1], 0x90000, 0x91000);
	mtr_target_close(t);
	pair[0] = pair[1] = 0;
	core_put(core, at, pair, sizeof(pair));
	t = open_target(core_path(core));
	is_stack(&threads_of(t)->at[0], 0x20800, 0x30000);
	mtr_target_close(t);
}

START_TEST(stack_by_what_the_thread_knows)
{
	add(0x20000, 0x10000, RW, NULL);
	add(0x90000, 0x1000, RW, NULL);
	put_x86(1, 0, 0x27008, 0x28010);
	put_x86(2, 0, 0x90080, 0x28010);
	stack_of_pair(0x28010 + 0x690);
	stack_of_pair(0x28010 - 0x700);
	stack_of_pair(0x28010 + 0xfd0);
}
END_TEST

START_TEST(pair_that_wraps_is_none)
{
	uint64_t pair[] = { 0x21000, UINT64_MAX };
	struct mtr_target *t;

	add(0x20000, 0x10000, RW, NULL);
	put_x86(1, 0, 0x27008, 0x28010);
	core_put(core, 0x28100, pair, sizeof(pair));
	t = open_target(core_path(core));
	is_stack(&threads_of(t)->at[0], 0x20000, 0x30000);
	mtr_target_close(t);
}
END_TEST

/* A thread has a few sets of registers, whatever the notes say. */
START_TEST(registers_without_end)
{
	const struct mtr_threads *v;
	struct mtr_target *t;
	uint64_t word = 1;

	put_x86(1, 0, 0, 0);
	for (int i = 0; i < 100000; i++)
		core_note(core, NT_FPREGSET, &word, sizeof(word));
	t = open_target(core_path(core));
	v = threads_of(t);
	ck_assert_uint_eq(v->at[0].n_words, X86 + 8);
	mtr_target_close(t);
}
END_TEST

/* ----------------------------------------------------------- live processes */

enum { THREADS = 5, SIGNALS = 200000 };

/* What the child tells of itself. */
static struct told {
	volatile int tid[THREADS];
	uint64_t start[THREADS], end[THREADS], here[THREADS];
	volatile int ready;
	volatile int signals;
} * told;

static pid_t pid;
static char number[16];
static struct mtr_target *target;

static void tell(int i)
{
	pthread_attr_t attr;
	void *start;
	size_t bytes;
	char name[16];

	snprintf(name, sizeof(name), "thread %d", i);
	prctl(PR_SET_NAME, name);
	if (pthread_getattr_np(pthread_self(), &attr) ||
	    pthread_attr_getstack(&attr, &start, &bytes))
		_exit(1);
	told->start[i] = (uintptr_t)start;
	told->end[i] = (uintptr_t)start + bytes;
	told->here[i] = (uintptr_t)__builtin_frame_address(0);
	told->tid[i] = (int)syscall(SYS_gettid);
	__sync_fetch_and_add(&told->ready, 1);
}

static void *thread(void *which)
{
	tell((int)(intptr_t)which);
	for (;;)
		pause();
	return NULL;
}

static void count(int signo)
{
	(void)signo;
	__sync_fetch_and_add(&told->signals, 1);
}

static void live(void)
{
	struct sigaction sa = { .sa_handler = count };
	pthread_t threads[THREADS];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	sigaction(SIGRTMIN, &sa, NULL);
	for (intptr_t i = 1; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)i))
			_exit(1);
	thread(0);
}

static void set_up(void)
{
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(told, MAP_FAILED);
	pid = fork();
	if (!pid)
		live();
	while (told->ready < THREADS)
		usleep(1000);
	snprintf(number, sizeof(number), "%d", (int)pid);
	target = open_target(number);
}

static void tear_down(void)
{
	mtr_target_close(target);
	if (kill(pid, SIGKILL) == 0)
		waitpid(pid, NULL, 0);
}

static const struct mtr_thread *find(const struct mtr_threads *v, int tid)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].tid == tid)
			return &v->at[i];
	ck_abort_msg("no thread %d", tid);
	return NULL;
}

/* Nobody has stopped it, nor traces it. */
static void is_free(int tid)
{
	char path[64], line[128];
	int tracer = -1;
	char state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "TracerPid: %d", &tracer);
	}
	fclose(f);
	ck_assert_int_eq(tracer, 0);
	ck_assert_msg(state == 'S' || state == 'R', "its state is %c", state);
}

START_TEST(threads_of_a_process)
{
	const struct mtr_threads *v = threads_of(target);
	char name[16];

	ck_assert_uint_eq(v->n, THREADS);
	for (int i = 0; i < THREADS; i++) {
		const struct mtr_thread *t = find(v, told->tid[i]);

		snprintf(name, sizeof(name), "thread %d", i);
		ck_assert_str_eq(t->name, name);
		ck_assert_uint_le(t->sp, told->here[i]);
		ck_assert_uint_gt(t->sp, told->here[i] - 0x10000);
		ck_assert_ptr_nonnull(mtr_target_find(target, t->pc));
		ck_assert_uint_ne(t->tp, 0);
		ck_assert_uint_gt(t->n_words, t->general);
		ck_assert_uint_le(t->stack_start, t->sp);
		ck_assert_uint_ge(t->stack_end, told->here[i]);
		ck_assert_uint_lt(t->stack_end - told->end[i] + 0x10000,
				  0x20000);
		/* the main thread's may still grow; others have a guard */
		if (i) {
			ck_assert_uint_ge(told->start[i], t->stack_start);
			ck_assert_uint_eq(t->stack_end, told->end[i]);
		}
		is_free(t->tid);
	}
}
END_TEST

/* What is on its way when it is stopped arrives, once. */
START_TEST(signals_arrive)
{
	static const union sigval none;
	pid_t sender = fork();

	if (!sender) {
		for (int i = 0; i < SIGNALS; i++)
			while (sigqueue(pid, SIGRTMIN, none))
				usleep(1000);
		_exit(0);
	}
	while (waitpid(sender, NULL, WNOHANG) == 0) {
		mtr_target_close(target);
		target = open_target(number);
		ck_assert_uint_eq(threads_of(target)->n, THREADS);
	}
	for (int i = 0; i < 600000 && told->signals < SIGNALS; i++)
		usleep(1000);
	usleep(10000);
	ck_assert_int_eq(told->signals, SIGNALS);
	is_free(pid);
}
END_TEST

/* One that the user stopped stays so. */
START_TEST(stopped_process_stays_stopped)
{
	int status;

	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert_uint_eq(threads_of(target)->n, THREADS);
	ck_assert_int_eq(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	kill(pid, SIGCONT);
	ck_assert_int_eq(waitpid(pid, &status, WCONTINUED), pid);
	is_free(told->tid[THREADS - 1]);
}
END_TEST

START_TEST(process_that_has_ended)
{
	const struct mtr_threads *v;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fails_as(mtr_target_threads(target, &v), MTR_ERROR_GONE, "has ended");
	ck_assert_uint_eq(v->n, 0);
}
END_TEST

START_TEST(process_that_a_debugger_has)
{
	const struct mtr_threads *v;

	ck_assert_int_eq(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	fails_as(mtr_target_threads(target, &v), MTR_ERROR_NOT_PERMITTED,
		 "traces them, as a debugger does");
	is_free(told->tid[THREADS - 1]);
}
END_TEST

static char state_of(int tid)
{
	char path[64], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
	fclose(f);
	return state;
}

/* In a stop of ptrace's, as long as somebody holds it. */
static void is_held(int tid)
{
	ck_assert_int_eq(state_of(tid), 't');
}

START_TEST(stopped_until_it_is_resumed)
{
	succeeds(mtr_target_stop(target));
	for (int i = 0; i < THREADS; i++)
		is_held(told->tid[i]);
	ck_assert_uint_eq(threads_of(target)->n, THREADS);
	ck_assert_uint_eq(mtr_target_threads_missing(target), 0);
	succeeds(mtr_target_stop(target)); /* it is */
	is_held(pid);
	succeeds(mtr_target_resume(target));
	for (int i = 0; i < THREADS; i++)
		is_free(told->tid[i]);
	succeeds(mtr_target_resume(target));
	/* and again, until the target is closed */
	succeeds(mtr_target_stop(target));
	is_held(pid);
	mtr_target_close(target);
	is_free(pid);
	target = open_target(number);
}
END_TEST

/* What was mapped since the target was opened is there. */
START_TEST(stopped_with_its_ranges_of_now)
{
	const struct mtr_ranges *v = mtr_target_ranges(target);
	size_t before = v->n;

	succeeds(mtr_target_stop(target));
	ck_assert_uint_eq(mtr_target_ranges(target)->n, before);
	for (size_t i = 1; i < v->n; i++)
		ck_assert_uint_ge(v->at[i].start, v->at[i - 1].end);
}
END_TEST

/* Whoever stopped it is killed: the kernel lets go of it. */
START_TEST(free_if_we_are_killed)
{
	int ends[2];
	pid_t holder;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	holder = fork();
	if (!holder) {
		byte = mtr_target_stop(target) == NULL;
		if (write(ends[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 1);
	is_held(pid);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	for (int i = 0; i < 60000 && state_of(pid) == 't'; i++)
		usleep(10000);
	is_free(pid);
}
END_TEST

/* What was read of it is worth nothing. */
START_TEST(ends_while_it_is_stopped)
{
	succeeds(mtr_target_stop(target));
	kill(pid, SIGKILL);
	/* it is a zombie, and ours only when nobody traces it */
	while (state_of(pid) != 'Z')
		usleep(1000);
	fails_as(mtr_target_resume(target), MTR_ERROR_GONE,
		 "ended while it was read");
}
END_TEST

START_TEST(nobody_to_stop)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fails_as(mtr_target_stop(target), MTR_ERROR_GONE, "has ended");
	succeeds(mtr_target_resume(target));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *t = add_group(s, "core", setup, teardown);

	tcase_add_test(t, threads_of_a_core);
	tcase_add_test(t, threads_of_the_other_machine);
	tcase_add_test(t, stack_by_what_the_thread_knows);
	tcase_add_test(t, pair_that_wraps_is_none);
	tcase_add_test(t, registers_without_end);
	if (!can_ptrace())
		return run_suite(s) ? 1 : 77;
	t = add_group(s, "live", set_up, tear_down);
	tcase_add_test(t, threads_of_a_process);
	tcase_add_test(t, signals_arrive);
	tcase_add_test(t, stopped_process_stays_stopped);
	tcase_add_test(t, stopped_until_it_is_resumed);
	tcase_add_test(t, stopped_with_its_ranges_of_now);
	tcase_add_test(t, free_if_we_are_killed);
	tcase_add_test(t, ends_while_it_is_stopped);
	tcase_add_test(t, nobody_to_stop);
	tcase_add_test(t, process_that_has_ended);
	tcase_add_test(t, process_that_a_debugger_has);
	return run_suite(s);
}
