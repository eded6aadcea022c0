/* SPDX-License-Identifier: MIT */
/*
 * A program with seeded leaks, and with blocks in use that look like leaks to
 * who looks badly.
 *
 *	leaky LIBRARY
 *
 * Writes `definite KIND ADDR SIZE`, `indirect KIND ADDR SIZE` or
 * `held KIND ADDR SIZE` for each, then `ready PID`, and waits for the end of
 *its input. LIBRARY has a thread-local variable: see leaky_lib.c.
 *
 * The compiler takes out stores into memory that is never read: all blocks come
 * from a function that it does not see through. What is told of is forgotten
 * here, or it would not be lost: nothing is kept but text.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

/* What is only written to is no variable to the compiler, or one to warn of. */
#define KEPT __attribute__((used, unused))

enum { PAGE = 4096, SIZE = 72 };

static void *(*volatile opaque)(size_t) = malloc;

/* Blocks of some sizes, for they should not all be neighbours. */
static void **block(size_t size)
{
	void **p = opaque(size);

	if (!p)
		_exit(1);
	memset(p, 0, size);
	return p;
}

/* An array of which one word is used stays whole. */
#define WHOLE(array) __asm__ volatile("" : : "r"(array) : "memory")

/* Nothing but text leaves this, and its stack is cleaned afterwards. */
NOINLINE static void tell(const char *state, const char *kind, const void *p,
			  size_t size)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s %s %#lx %zu\n", state, kind,
			 (unsigned long)(uintptr_t)p, size);

	write(STDOUT_FILENO, line, n);
}

/* Write over what calls have left below us. */
NOINLINE static void scrub(void)
{
	char room[32768];

	memset(room, 0, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
}

/* An allocator that is built for a newer processor leaves addresses in vectors.
 */
static void scrub_vectors(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall"
				 :
				 :
				 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
				   "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
				   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
				   "xmm15");
	/* nothing here uses these, so nothing is to be told of them */
	if (__builtin_cpu_supports("avx512f"))
		__asm__ volatile(".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
				 "25, 26, 27, 28, 29, 30, 31\n\t"
				 "vpxord %zmm\\n, %zmm\\n, %zmm\\n\n\t"
				 ".endr");
#endif
}

/* ------------------------------------------------------------------- lost */

static void *lowest(void **a, void **b, void **c)
{
	void **least = a < b ? a : b;

	return c && c < least ? c : least;
}

static void tell_ring(const char *kind, void **leader, void **p)
{
	tell(p == leader ? "definite" : "indirect", kind, p, SIZE);
}

NOINLINE static void lost_list(void)
{
	void **a = block(SIZE), **b = block(SIZE), **c = block(SIZE);

	*a = b;
	*b = c;
	tell("definite", "list", a, SIZE);
	tell("indirect", "list", b, SIZE);
	tell("indirect", "list", c, SIZE);
}

NOINLINE static void lost_ring(void)
{
	void **a = block(SIZE), **b = block(SIZE), **c = block(SIZE), **first;

	*a = b;
	*b = c;
	*c = a;
	first = lowest(a, b, c);
	tell_ring("ring", first, a);
	tell_ring("ring", first, b);
	tell_ring("ring", first, c);
}

NOINLINE static void lost_doubly_linked(void)
{
	void **a = block(SIZE), **b = block(SIZE), **c = block(SIZE), **first;

	a[0] = b;
	b[1] = a;
	b[0] = c;
	c[1] = b;
	first = lowest(a, b, c);
	tell_ring("doubly_linked", first, a);
	tell_ring("doubly_linked", first, b);
	tell_ring("doubly_linked", first, c);
}

NOINLINE static void *lost_tree_of(int depth)
{
	void **p = block(SIZE);

	for (int i = 0; i < 2 && depth; i++)
		p[i] = lost_tree_of(depth - 1);
	tell(depth == 3 ? "definite" : "indirect", "tree", p, SIZE);
	return p;
}

NOINLINE static void lost_tree(void)
{
	lost_tree_of(3);
}

NOINLINE static void lost_ring_with_tail(void)
{
	void **a = block(SIZE), **b = block(SIZE), **tail = block(SIZE);
	void **first = lowest(a, b, NULL);

	a[0] = b;
	b[0] = a;
	b[1] = tail;
	tell_ring("ring_with_tail", first, a);
	tell_ring("ring_with_tail", first, b);
	tell("indirect", "ring_with_tail", tail, SIZE);
}

NOINLINE static void lost_ring_behind_head(void)
{
	void **a = block(SIZE), **b = block(SIZE), **head = block(SIZE);

	a[0] = b;
	b[0] = a;
	head[0] = a;
	tell("definite", "ring_behind_head", head, SIZE);
	tell("indirect", "ring_behind_head", a, SIZE);
	tell("indirect", "ring_behind_head", b, SIZE);
}

NOINLINE static void lost_self(void)
{
	void **p = block(SIZE);

	*p = p;
	tell("definite", "self", p, SIZE);
}

NOINLINE static void lost_shared(void)
{
	void **a = block(SIZE), **b = block(SIZE), **shared = block(SIZE);

	*a = *b = shared;
	tell("definite", "shared", a, SIZE);
	tell("definite", "shared", b, SIZE);
	tell("indirect", "shared", shared, SIZE);
}

NOINLINE static void lost_large(void)
{
	void **p = block(3 << 20), **q = block(200);

	p[300000] = q;
	tell("definite", "large", p, 3 << 20);
	tell("indirect", "large", q, 200);
}

NOINLINE static void lost_behind_freed(void)
{
	enum { WORDS = 300 };
	void **p = block(SIZE), **gone = block(WORDS * sizeof(*gone));

	gone[WORDS / 2] = p;
	tell("definite", "behind_freed", p, SIZE);
	free(gone);
}

KEPT static void **cut;

NOINLINE static void lost_behind_tail(void)
{
	enum { WORDS = 300 };
	void **p = block(SIZE);

	cut = block(WORDS * sizeof(*cut));
	cut[WORDS / 2] = p;
	tell("definite", "behind_tail", p, SIZE);
	cut = realloc(cut, 40);
	tell("held", "cut", cut, 40);
}

/* Deeper than what runs at a thread's end, and within the 16 KiB that glibc
 * leaves of a stack then. */
NOINLINE static void *ends(void *unused)
{
	void *volatile deep[1500];

	(void)unused;
	WHOLE(deep);
	deep[300] = block(SIZE);
	tell("definite", "ended_thread", deep[300], SIZE);
	return NULL;
}

NOINLINE static void lost_ended_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, ends, NULL))
		_exit(1);
	pthread_join(thread, NULL);
}

/* Last of all, and scrub() must not reach it. */
NOINLINE static void lost_below(void)
{
	void *volatile deep[8192];

	WHOLE(deep);
	deep[10] = block(SIZE);
	tell("definite", "below", deep[10], SIZE);
}

/* ------------------------------------------- lost, for all that can be seen
 */

KEPT static struct __attribute__((packed)) {
	char tag;
	void *p;
} packed;
KEPT static uintptr_t scrambled, tagged;

NOINLINE static void lost_hidden(void)
{
	packed.p = block(SIZE);
	tell("definite", "packed", packed.p, SIZE);
	scrambled = (uintptr_t)block(SIZE);
	tell("definite", "scrambled", (void *)scrambled, SIZE);
	scrambled ^= UINT64_C(0x5a5a5a5a5a5a);
	tagged = (uintptr_t)block(SIZE);
	tell("definite", "tagged", (void *)tagged, SIZE);
	tagged |= UINT64_C(0x1234) << 48;
}

/* ----------------------------------------------------------- held: pointers
 */

KEPT static char *interior, *behind;
KEPT static uintptr_t low_bits;
KEPT static void **recycled;

NOINLINE static void held_by_variables(void)
{
	interior = (char *)block(SIZE);
	tell("held", "interior", interior, SIZE);
	interior += SIZE - 1;
	behind = (char *)block(SIZE);
	tell("held", "behind", behind, SIZE);
	behind += SIZE;
	low_bits = (uintptr_t)block(SIZE);
	tell("held", "low_bits", (void *)low_bits, SIZE);
	low_bits |= 7;
}

/* Not told from one in use by anybody. */
NOINLINE static void held_by_recycled(void)
{
	enum { WORDS = 30 };
	void **p = block(SIZE), **gone = block(WORDS * sizeof(*gone));

	gone[WORDS / 2] = p;
	free(gone);
	recycled = opaque(WORDS * sizeof(*gone));
	if (recycled[WORDS / 2] == p)
		tell("held", "recycled", p, SIZE);
	else
		recycled[0] = p;
}

KEPT static _Thread_local void *own;
KEPT static pthread_key_t keys[100];

NOINLINE static void held_by_thread_local(const char *kind)
{
	own = block(SIZE);
	tell("held", kind, own, SIZE);
}

NOINLINE static void held_by_keys(void)
{
	for (int i = 0; i < 100; i++) {
		void *p = block(SIZE);

		if (pthread_key_create(&keys[i], NULL) ||
		    pthread_setspecific(keys[i], p))
			return;
		tell("held", "key", p, SIZE);
	}
}

NOINLINE static void held_by_library(const char *path)
{
	void *library = dlopen(path, RTLD_NOW);
	void **(*place)(void) = NULL;
	void *p = block(SIZE);

	if (library)
		*(void **)&place = dlsym(library, "leaky_place");
	if (!place)
		_exit(1);
	*place() = p;
	tell("held", "library", p, SIZE);
	dlsym(library, "there_is_no_such_thing"); /* and dlerror has a text */
}

/* ----------------------------------------------------------- held: mappings
 */

NOINLINE static void held_by_mapping(const char *kind, int flags, int prot)
{
	void **p = block(SIZE);
	void **at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		_exit(1);
	at[17] = p;
	mprotect(at, PAGE, prot);
	tell("held", kind, p, SIZE);
}

/* Side by side with chunks that have a mapping of their own. */
KEPT static void *large[8];

NOINLINE static void held_beside_chunks(void)
{
	for (int i = 0; i < 8; i++) {
		large[i] = block(1 << 20);
		tell("held", "chunk", large[i], 1 << 20);
		held_by_mapping("beside", MAP_PRIVATE, PROT_READ | PROT_WRITE);
	}
}

/* ------------------------------------------------------------ held: threads
 */

static pthread_barrier_t barrier;

static void wait_for_ever(void)
{
	pthread_barrier_wait(&barrier);
	for (;;)
		pause();
}

NOINLINE static void *on_stack(void *unused)
{
	void *volatile p = block(SIZE);

	(void)unused;
	tell("held", "stack", p, SIZE);
	held_by_thread_local("thread_local_of_thread");
	wait_for_ever();
	return p;
}

/* From its own arena, where the allocator has such. */
NOINLINE static void lost_in_thread(void)
{
	void **a = block(SIZE), **b = block(2000);

	*a = b;
	tell("definite", "arena", a, SIZE);
	tell("indirect", "arena", b, 2000);
}

NOINLINE static void *in_arena(void *unused)
{
	(void)unused;
	lost_in_thread();
	scrub();
	wait_for_ever();
	return NULL;
}

#if defined(__x86_64__)
/* pause(2) again and again, with nothing but one register for the block. */
#define SLEEP "1: mov $34, %%eax; syscall; jmp 1b"

NOINLINE static void *in_register(void *unused)
{
	void *p = block(SIZE);

	(void)unused;
	tell("held", "register", p, SIZE);
	pthread_barrier_wait(&barrier);
	__asm__ volatile("mov %0, %%r12; xor %0, %0; " SLEEP
			 :
			 : "b"(p)
			 : "rax", "rcx", "r11", "r12", "memory");
	return NULL;
}

/* Its upper half: of the extended state alone. */
NOINLINE __attribute__((target("avx"))) static void *in_vector(void *unused)
{
	void *p = block(SIZE);

	(void)unused;
	tell("held", "vector", p, SIZE);
	pthread_barrier_wait(&barrier);
	__asm__ volatile("vmovq %0, %%xmm8; vinsertf128 $1, %%xmm8, %%ymm9, "
			 "%%ymm9; vpxor %%xmm8, %%xmm8, %%xmm8; "
			 "xor %0, %0; " SLEEP
			 :
			 : "b"(p)
			 : "rax", "rcx", "r11", "xmm8", "xmm9", "memory");
	return NULL;
}
#endif

NOINLINE static void handler(int signo)
{
	void *volatile p = block(SIZE);

	(void)signo;
	tell("held", "signal_stack", p, SIZE);
	wait_for_ever();
	p = NULL;
}

NOINLINE static void *on_signal_stack(void *at)
{
	void *volatile p = block(SIZE);
	stack_t stack = { .ss_sp = at, .ss_size = 64 << 10 };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	tell("held", "below_signal_stack", p, SIZE);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	pthread_kill(pthread_self(), SIGUSR1);
	return p;
}

static ucontext_t inside, outside;
KEPT static void *coroutine_stack;

NOINLINE static void coroutine(void)
{
	void *volatile p = block(SIZE);

	tell("held", "coroutine", p, SIZE);
	swapcontext(&inside, &outside);
	p = NULL;
}

NOINLINE static void held_by_coroutine(void)
{
	enum { BYTES = 64 << 10 };

	coroutine_stack = block(BYTES);
	getcontext(&inside);
	inside.uc_stack.ss_sp = coroutine_stack;
	inside.uc_stack.ss_size = BYTES;
	makecontext(&inside, coroutine, 0);
	swapcontext(&outside, &inside);
}

static void thread(void *(*run)(void *), void *arg)
{
	pthread_t started;

	if (pthread_create(&started, NULL, run, arg))
		_exit(1);
	pthread_detach(started);
}

static void start_threads(void)
{
	unsigned n = 3;
	void *at = mmap(NULL, 64 << 10, PROT_READ | PROT_WRITE,
			MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
#if defined(__x86_64__)
	bool vectors = __builtin_cpu_supports("avx");

	n += 1 + vectors;
#endif

	pthread_barrier_init(&barrier, NULL, n + 1);
	thread(on_stack, NULL);
	thread(in_arena, NULL);
	thread(on_signal_stack, at);
#if defined(__x86_64__)
	thread(in_register, NULL);
	if (vectors)
		thread(in_vector, NULL);
#endif
	pthread_barrier_wait(&barrier);
}

/* -------------------------------------------------------------- libc's own */

KEPT static FILE *file;
KEPT static DIR *directory;
KEPT static iconv_t converter;

NOINLINE static void libc_blocks(void)
{
	struct addrinfo *found = NULL;

	setlocale(LC_ALL, "C.UTF-8");
	file = fopen("/dev/null", "r+");
	if (file)
		fputs("some bytes", file);
	directory = opendir("/");
	converter = iconv_open("UTF-16", "UTF-8");
	if (getaddrinfo("127.0.0.1", "80", NULL, &found) == 0)
		freeaddrinfo(found);
	setenv("LEAKY", "a variable of the environment", 1);
}

static void lose(void)
{
	lost_list();
	lost_ring();
	lost_doubly_linked();
	lost_tree();
	lost_ring_with_tail();
	lost_ring_behind_head();
	lost_self();
	lost_shared();
	lost_large();
	lost_behind_freed();
	lost_behind_tail();
	lost_hidden();
	lost_ended_thread();
}

static void hold(const char *library)
{
	held_by_recycled();
	held_by_variables();
	held_by_thread_local("thread_local");
	held_by_keys();
	held_by_library(library);
	held_by_mapping("mapping", MAP_PRIVATE, PROT_READ | PROT_WRITE);
	held_by_mapping("mapping_read_only", MAP_PRIVATE, PROT_READ);
	held_by_mapping("mapping_none", MAP_PRIVATE, PROT_NONE);
	held_by_mapping("mapping_shared", MAP_SHARED, PROT_READ | PROT_WRITE);
	held_beside_chunks();
	held_by_coroutine();
	libc_blocks();
}

int main(int argc, char **argv)
{
	char line[32], c;
	int n;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	hold(argc > 1 ? argv[1] : "");
	start_threads();
	lose();
	scrub();
	lost_below();
	scrub_vectors();
	n = snprintf(line, sizeof(line), "ready %d\n", getpid());
	write(STDOUT_FILENO, line, n);
	while (read(STDIN_FILENO, &c, 1) == 1)
		;
	return 0;
}
