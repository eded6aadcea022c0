/* SPDX-License-Identifier: MIT */
/*
 * Stopped anywhere, a thread leaves no half a record: a child is stepped
 * through the entry points, and after every instruction each of the blocks
 * concerned is as it was before the call, or not there, or as it is after the
 * call. Nothing goes back, and none is there when its allocator is told to free
 * it.
 *
 * What a block is before and after a call another child has told, which did the
 * same things, from the same state, without being stepped.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#ifdef __aarch64__
#include <sys/auxv.h>
#endif

#include "check.h"
#include "format/layout.h"
#include "format/ledger_code.h"
#include "format/trailer.h"

enum { SLOTS = 8, STEPS_MAX = 2000000 };

enum kind { MALLOC, CALLOC, REALLOC, MEMALIGN, NEW, FREE, DELETE };

/* Recycled: what is asked for next lies where a block of other size lay. */
static const struct op {
	enum kind kind;
	unsigned int slot;
	size_t size;
} ops[] = {
	{ MALLOC, 0, 100 },	 { FREE, 0, 0 },
	{ MALLOC, 0, 97 },  /* recycled */
	{ REALLOC, 0, 98 }, /* in place */
	{ CALLOC, 1, 333 },	 { FREE, 1, 0 },
	{ CALLOC, 1, 330 },	 { REALLOC, 0, 700 }, /* moved */
	{ NEW, 2, 40 },		 { DELETE, 2, 0 },
	{ NEW, 2, 35 },		 { MEMALIGN, 3, 500 },
	{ FREE, 3, 0 },		 { MALLOC, 3, 2000 }, /* large entry */
	{ FREE, 3, 0 },		 { MALLOC, 3, 1990 },
	{ REALLOC, 3, 1200 }, /* shrunk in place */
	{ REALLOC, 3, 90 },   /* from a large entry to a small one */
	{ REALLOC, 3, 1900 },	 { NEW, 4, 5000 },
	{ DELETE, 4, 0 },	 { MALLOC, 4, 300000 }, /* mmapped */
	{ REALLOC, 4, 600000 },	 { FREE, 4, 0 },
	{ MALLOC, 5, 80000000 }, /* a new leaf */
	{ FREE, 5, 0 },		 { MALLOC, 7, 0 },
	{ FREE, 7, 0 },
};
enum { OPS = sizeof(ops) / sizeof(*ops) };

/* What the ledger and the trailer say of an address; all 0: nothing. */
struct record {
	uint64_t lead, usable;
	struct mtr_trailer trailer;
};

/* The block that a call is given, and the one that it gives back. */
struct told {
	uintptr_t place[2];
	struct record before[2], after[2];
};

static struct shared {
	volatile int now; /* the op that is going on, or -1 */
	struct told told[OPS];
} * shared;

static const struct mtr_descriptor *descriptor;
static void *(*operator_new)(size_t);
static void (*operator_delete)(void *);

/* Reading the record in a process whose memory is at @mem. */

static uint64_t word(int mem, uint64_t at)
{
	uint64_t value = 0;

	return pread(mem, &value, sizeof(value), at) < 0 ? 0 : value;
}

static struct record read_record(int mem, uintptr_t p)
{
	struct record r = { 0 }, none = { 0 };
	uint8_t entry[MTR_ENTRY_LARGE] = { 0 };
	uint64_t at;

	at = word(mem, descriptor->ledger_root + 8 * mtr_root_index(p));
	at = at ? word(mem, at + 8 * mtr_mid_index(p)) : 0;
	if (!at ||
	    pread(mem, entry, sizeof(entry), at + mtr_leaf_index(p)) < 0 ||
	    !mtr_is_live(entry[0]))
		return none;
	r.lead = entry[0];
	r.usable = mtr_ledger_usable(entry, sizeof(entry));
	if (pread(mem, &r.trailer, sizeof(r.trailer),
		  p + r.usable - MTR_TRAILER) != sizeof(r.trailer))
		memset(&r.trailer, 0xff, sizeof(r.trailer));
	if (descriptor->record == MTR_RECORD_SHORT)
		r.trailer.caller = 0;
	return r;
}

static bool same(const struct record *a, const struct record *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* What the children do. */

static void *slot[SLOTS];

static void *do_op(const struct op *op, void *p)
{
	switch (op->kind) {
	case MALLOC:
		return malloc(op->size);
	case CALLOC:
		return calloc(1, op->size);
	case REALLOC:
		return realloc(p, op->size);
	case MEMALIGN:
		return memalign(64, op->size);
	case NEW:
		return operator_new(op->size);
	case DELETE:
		operator_delete(p);
		return NULL;
	default:
		free(p);
		return NULL;
	}
}

static bool is_given(const struct op *op)
{
	return op->kind == REALLOC || op->kind == FREE || op->kind == DELETE;
}

static void do_all(void (*before)(int), void (*after)(int))
{
	for (int i = 0; i < OPS; i++) {
		before(i);
		slot[ops[i].slot] = do_op(&ops[i], slot[ops[i].slot]);
		after(i);
	}
}

/* What is done once: the first look-up, the thread's own state, tables. */
static void warm(void)
{
	static const struct op first[] = {
		{ MALLOC, 0, 1 }, { REALLOC, 0, 3000 }, { FREE, 0, 0 },
		{ CALLOC, 0, 1 }, { FREE, 0, 0 },	{ NEW, 0, 1 },
		{ DELETE, 0, 0 }, { MEMALIGN, 0, 1 },	{ FREE, 0, 0 },
		{ MALLOC, 0, 1 }, { FREE, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		slot[0] = do_op(&first[i], slot[0]);
}

/* The first child tells where the blocks are, */
static void place_given(int i)
{
	if (is_given(&ops[i]))
		shared->told[i].place[0] = (uintptr_t)slot[ops[i].slot];
}

static void place_got(int i)
{
	shared->told[i].place[1] = (uintptr_t)slot[ops[i].slot];
}

/* the second how they are before and after each call, */
static int own_memory;

static void tell_before(int i)
{
	struct told *t = &shared->told[i];

	for (int k = 0; k < 2; k++)
		t->before[k] = read_record(own_memory, t->place[k]);
}

static void tell_after(int i)
{
	struct told *t = &shared->told[i];
	void *p = slot[ops[i].slot];

	CHECK((uintptr_t)p == t->place[1]);
	CHECK(!p || recorded(p, ops[i].size));
	for (int k = 0; k < 2; k++)
		t->after[k] = read_record(own_memory, t->place[k]);
}

/* and the third is stepped. */
static void say_begin(int i)
{
	shared->now = i;
}

static void say_end(int i)
{
	(void)i;
	shared->now = -1;
}

static const struct part {
	void (*before)(int), (*after)(int);
	bool stepped;
} parts[] = {
	{ place_given, place_got, false },
	{ tell_before, tell_after, false },
	{ say_begin, say_end, true },
};

static pid_t child_start(const struct part *part)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	own_memory = open("/proc/self/mem", O_RDONLY);
	CHECK(own_memory >= 0);
	warm();
	if (part->stepped && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(77);
	if (part->stepped)
		raise(SIGSTOP);
	do_all(part->before, part->after);
	_exit(0);
}

/* What the parent sees. */

static struct child {
	pid_t pid;
	int mem;
	int op;		   /* the one that is looked at, or -1 */
	int phase[2];	   /* of its blocks: before, not there, after */
	unsigned int step; /* instructions of the op so far */
} child;

static uintptr_t next_free, next_realloc;
static unsigned int freed, stepped;

static void not_so(int k, const struct record *r, const char *what)
{
	char text[300];
	int n = snprintf(text, sizeof(text),
			 "call %d, block %d, instruction %u: %s: lead %#lx, "
			 "usable %lu, caller %#lx, size %#lx\n",
			 child.op, k, child.step, what, (long)r->lead,
			 (long)r->usable, (long)r->trailer.caller,
			 (long)r->trailer.size_stack);

	kill(child.pid, SIGKILL);
	if (write(STDERR_FILENO, text, n) < 0)
		_exit(2);
	_exit(1);
}

static uintptr_t pc(void)
{
	struct user_regs_struct regs;
	struct iovec all = { &regs, sizeof(regs) };

	CHECK(!ptrace(PTRACE_GETREGSET, child.pid, NT_PRSTATUS, &all));
#ifdef __aarch64__
	return regs.pc;
#else
	return regs.rip;
#endif
}

enum { BEFORE, ABSENT, AFTER };

static void look_at(int k)
{
	const struct told *t = &shared->told[child.op];
	struct record r = read_record(child.mem, t->place[k]);
	int *phase = &child.phase[k];

	if (*phase == BEFORE && !same(&r, &t->before[k]))
		*phase = ABSENT;
	if (*phase == ABSENT && r.lead)
		*phase = AFTER;
	if (*phase == AFTER && !same(&r, &t->after[k]))
		not_so(k, &r, "neither as before nor as after");
}

static void op_begin(void)
{
	const struct told *t = &shared->told[child.op];

	child.step = 0;
	for (int k = 0; k < 2; k++)
		child.phase[k] = t->before[k].lead ? BEFORE : ABSENT;
}

static void op_end(void)
{
	const struct told *t = &shared->told[child.op];

	for (int k = 0; k < 2; k++) {
		struct record r = read_record(child.mem, t->place[k]);

		if (t->place[k] && !same(&r, &t->after[k]))
			not_so(k, &r, "not as after, at the end");
	}
	CHECK(child.step > 10);
	stepped += child.step;
}

static void look(void)
{
	int now = shared->now;

	if (now != child.op) {
		if (child.op >= 0)
			op_end();
		child.op = now;
		if (now >= 0)
			op_begin();
	}
	if (now < 0)
		return;
	child.step++;
	for (int k = 0; k < 2; k++) {
		const struct told *t = &shared->told[now];

		if (t->place[k] && (k == 0 || t->place[0] != t->place[1]))
			look_at(k);
	}
	if (shared->told[now].place[0]) {
		uintptr_t at = pc();

		if (at != next_free && at != next_realloc)
			return;
		freed++;
		if (child.phase[0] != ABSENT)
			not_so(0, &shared->told[now].before[0],
			       "there when it is freed");
	}
}

static int child_watch(pid_t pid)
{
	char path[40];
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	child = (struct child){ .pid = pid,
				.mem = open(path, O_RDONLY),
				.op = -1 };
	for (int i = 0; WIFSTOPPED(status); i++) {
		look();
		CHECK(i < STEPS_MAX);
		CHECK(!ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL));
		CHECK(waitpid(pid, &status, 0) == pid);
	}
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void prepare(void)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

	CHECK(libc);
	next_free = (uintptr_t)dlsym(libc, "free");
	next_realloc = (uintptr_t)dlsym(libc, "realloc");
	descriptor = dlsym(RTLD_DEFAULT, MTR_DESCRIPTOR_SYMBOL);
	*(void **)&operator_new = dlsym(RTLD_DEFAULT, "_Znwm");
	*(void **)&operator_delete = dlsym(RTLD_DEFAULT, "_ZdlPv");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	shared->now = -1;
	warm();
}

int main(void)
{
	check_active();
	if (!malloc_tracer_active())
		return 0;
#ifdef __aarch64__
	/* a pair of exclusive instructions that is stepped never succeeds */
	if (!(getauxval(AT_HWCAP) & HWCAP_ATOMICS)) {
		puts("SKIP: this machine has no atomic instructions");
		return 77;
	}
#endif
	prepare();
	/* one call of child_start: the blocks' stacks are to be the same */
	for (int i = 0; i < 3; i++) {
		int status = child_watch(child_start(&parts[i]));

		if (status == 77) {
			puts("SKIP: ptrace is refused");
			return 77;
		}
		CHECK(status == 0);
	}
	CHECK(freed >= 12);
	printf("%u instructions of %d calls\n", stepped, OPS);
	return 0;
}
