/* SPDX-License-Identifier: MIT */
/*
 * Checks each stack that the library captures, or one of many, against two
 * other unwinders: libgcc's, which goes by unwind information alone, and
 * libunwind, which guesses where there is none. Without libunwind's header,
 * libgcc's alone.
 *
 * Linked with the library's own objects and -Wl,--wrap=mtr_capture, and
 * preloaded in the library's place: the library calls us, so the stack is just
 * what it would be, and nothing is added to the library for it.
 *
 * Environment: MTR_CHECK_OUT, a path to which ".PID" is added: the totals, with
 * the first differences in PATH.PID.differ; MTR_CHECK_EVERY=N, one in N;
 * MTR_CHECK_NO_GCC: libunwind alone, for programs with code of their own
 * making, of which libgcc's is told what it aborts at.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unwind.h>

#ifdef WITH_LIBUNWIND
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#endif

#include "format/depot.h"
#include "preload/capture.h"
#include "preload/depot.h"
#include "preload/descriptor.h"
#include "preload/objects.h"

uint32_t __real_mtr_capture(const struct mtr_site *site);
uint32_t __wrap_mtr_capture(const struct mtr_site *site);
uintptr_t __real_mtr_capture_outside(const struct mtr_site *site);
uintptr_t __wrap_mtr_capture_outside(const struct mtr_site *site);

enum {
	FRAMES_MAX = 400, /* the library takes 256 or so at the most */
	REPORTED = 20,	  /* differences that are printed */
	WRITTEN = 1 << 9  /* comparisons between two writes of the totals */
};

struct stack {
	uint64_t pc[FRAMES_MAX];
	unsigned int n, most;
	enum mtr_root root;
};

/* How two stacks compare. */
enum verdict { EQUAL, DIFFERS, SHORT, LONG, VERDICTS };

/* Of one process: the child of a fork begins with zeroes. */
struct totals {
	unsigned long compared, lost, reported;
	unsigned long gcc[VERDICTS], unw[VERDICTS];
	unsigned long ends[MTR_ROOT_COUNT], short_by[MTR_ROOT_COUNT];
	unsigned long outside, outside_differs;
	unsigned long frames;
};

static struct totals *totals;
static char path[PATH_MAX];
static unsigned long every = 1;
static bool no_gcc;
static uintptr_t self_start, self_end;

static __thread bool busy __attribute__((tls_model("initial-exec")));
static __thread uint64_t dice __attribute__((tls_model("initial-exec")));

static struct {
	_Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn, void *);
	_Unwind_Ptr (*ip_info)(struct _Unwind_Context *, int *);
#ifdef WITH_LIBUNWIND
	int (*get_context)(unw_context_t *);
	int (*init)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*is_signal)(unw_cursor_t *);
#endif
} theirs;

static bool in_self(uintptr_t pc)
{
	return pc >= self_start && pc < self_end;
}

/* The frames of the check and the library are not the program's. */
static bool add(struct stack *s, uint64_t pc)
{
	if (s->n == 0 && in_self(pc))
		return true;
	if (s->n == s->most)
		return false;
	s->pc[s->n++] = pc;
	return true;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *to)
{
	int exact = 0;
	uint64_t pc = theirs.ip_info(context, &exact);

	/* behind the outermost frame comes one more, of address 0 */
	if (pc != 0 && !add(to, exact ? pc | MTR_PC_EXACT : pc))
		return _URC_NORMAL_STOP;
	return _URC_NO_REASON;
}

static __attribute__((noinline)) void by_gcc(struct stack *s)
{
	s->n = 0;
	theirs.backtrace(visit, s);
}

#ifdef WITH_LIBUNWIND
static __attribute__((noinline)) bool by_libunwind(struct stack *s)
{
	unw_context_t context;
	unw_cursor_t cursor;
	bool exact = false;
	unw_word_t pc;

	s->n = 0;
#ifdef __x86_64__
	theirs.get_context(&context);
#else
	unw_getcontext(&context); /* no call there */
#endif
	theirs.init(&cursor, &context);
	for (;;) {
		theirs.get_reg(&cursor, UNW_REG_IP, &pc);
		if (pc == 0 || !add(s, exact ? pc | MTR_PC_EXACT : pc))
			return true;
		if (theirs.step(&cursor) <= 0)
			return true;
		/* not the handler's return: what it returns to */
		exact = theirs.is_signal(&cursor) > 0;
	}
}
#else
static bool by_libunwind(struct stack *s)
{
	s->n = 0;
	return false;
}
#endif

static void by_us(uint32_t id, struct stack *s)
{
	const struct mtr_depot *depot =
		(const struct mtr_depot *)mtr_descriptor.depot;

	for (s->n = 0; id >= MTR_NODE_FIRST && s->n < FRAMES_MAX;) {
		const struct mtr_node *node =
			(const struct mtr_node *)
				depot->chunk[id >> MTR_CHUNK_NODE_BITS] +
			id % MTR_CHUNK_NODES;

		s->pc[s->n++] = node->pc;
		id = node->parent;
	}
	s->root = id;
}

static enum verdict compare(const struct stack *ours, const struct stack *other)
{
	unsigned int n = ours->n < other->n ? ours->n : other->n;

	if (memcmp(ours->pc, other->pc, n * sizeof(ours->pc[0])) != 0)
		return DIFFERS;
	if (ours->n < other->n)
		return SHORT;
	return ours->n > other->n ? LONG : EQUAL;
}

/* Where the results go. Written anew each time: the program may close files. */
static void put(const char *suffix, int flags, const char *text)
{
	char name[PATH_MAX + 32];
	int fd;

	snprintf(name, sizeof(name), "%s.%d%s", path, (int)getpid(), suffix);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static void write_totals(void)
{
	static const char *const root[] = { "none",   "complete",   "depth",
					    "no_cfi", "expression", "damaged",
					    "stack",  "caller" };
	const struct totals *t = totals;
	char text[2000];
	int n;

	n = snprintf(text, sizeof(text),
		     "compared %lu\nlost %lu\nframes %lu\n"
		     "gcc_equal %lu\ngcc_differs %lu\ngcc_short %lu\n"
		     "gcc_long %lu\nunw_equal %lu\nunw_differs %lu\n"
		     "unw_short %lu\nunw_long %lu\n"
		     "outside %lu\noutside_differs %lu\n",
		     t->compared, t->lost, t->frames, t->gcc[EQUAL],
		     t->gcc[DIFFERS], t->gcc[SHORT], t->gcc[LONG],
		     t->unw[EQUAL], t->unw[DIFFERS], t->unw[SHORT],
		     t->unw[LONG], t->outside, t->outside_differs);
	for (int i = MTR_ROOT_COMPLETE; i < MTR_ROOT_COUNT; i++)
		n += snprintf(text + n, sizeof(text) - n,
			      "end_%s %lu\nshort_%s %lu\n", root[i], t->ends[i],
			      root[i], t->short_by[i]);
	put("", O_TRUNC, text);
}

static int print_pc(char *to, size_t room, uint64_t pc)
{
	uint64_t at = pc & ~MTR_PC_EXACT;
	const char *slash;
	Dl_info info;

	if (!at)
		return snprintf(to, room, "-");
	if (!dladdr((void *)at, &info) || !info.dli_fname)
		return snprintf(to, room, "%#lx", (unsigned long)at);
	slash = strrchr(info.dli_fname, '/');
	return snprintf(to, room, "%s+%#lx(%.30s)%s",
			slash ? slash + 1 : info.dli_fname,
			(unsigned long)(at - (uintptr_t)info.dli_fbase),
			info.dli_sname ? info.dli_sname : "",
			pc & MTR_PC_EXACT ? "!" : "");
}

static uint64_t pc_of(const struct stack *s, unsigned int i)
{
	return i < s->n ? s->pc[i] : 0;
}

/* Side by side: ours, libgcc's, libunwind's. */
static void report(const struct mtr_site *site, const struct stack *ours,
		   const struct stack *gcc, const struct stack *unw)
{
	static char text[64 << 10]; /* torn by two threads: so be it */
	size_t room = sizeof(text) - 1024;
	int n;

	if (__atomic_fetch_add(&totals->reported, 1, __ATOMIC_RELAXED) >=
	    REPORTED)
		return;
	n = snprintf(text, sizeof(text),
		     "number %lu: sp %#lx fp %#lx; ours %u root %d, libgcc %u, "
		     "libunwind %u\n",
		     totals->compared, (unsigned long)site->sp,
		     (unsigned long)site->fp, ours->n, ours->root, gcc->n,
		     unw->n);
	for (unsigned int i = 0; i < ours->n || i < gcc->n || i < unw->n; i++) {
		const uint64_t pc[] = { pc_of(ours, i), pc_of(gcc, i),
					pc_of(unw, i) };

		if ((size_t)n > room)
			break;
		n += snprintf(text + n, 20, "%3u ", i);
		for (int j = 0; j < 3; j++) {
			if (j == 0 || pc[j] != pc[0])
				n += print_pc(text + n, 300, pc[j]);
			else
				n += snprintf(text + n, 8, "=");
			n += snprintf(text + n, 8, j < 2 ? "  |  " : "\n");
		}
	}
	put(".differ", O_APPEND, text);
}

static void count(unsigned long *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* The linker does not answer for what it has a runtime's constructor do. */
static uintptr_t outside(const struct stack *s, const struct mtr_site *site)
{
	for (unsigned int i = 0; i < s->n; i++) {
		uintptr_t pc = s->pc[i] & ~MTR_PC_EXACT;

		if (!mtr_objects_in_runtime(pc))
			return mtr_span_holds(&mtr_objects.linker, pc)
				       ? site->pc
				       : pc;
	}
	return site->pc;
}

static __attribute__((noinline)) void check(const struct mtr_site *site,
					    uint32_t id)
{
	struct stack ours, gcc, unw;
	enum verdict by_unw, verdict;
	bool has_unw;

	by_us(id, &ours);
	unw.most = FRAMES_MAX;
	if (ours.root == MTR_ROOT_DEPTH) {
		unw.most = mtr_descriptor.stack_depth;
		if (ours.n > unw.most)
			unw.most = ours.n;
	}
	gcc.most = unw.most;
	has_unw = by_libunwind(&unw);
	gcc = unw;
	if (!no_gcc)
		by_gcc(&gcc);
	verdict = compare(&ours, &gcc);
	by_unw = has_unw ? compare(&ours, &unw) : EQUAL;
	count(&totals->gcc[verdict]);
	if (has_unw)
		count(&totals->unw[by_unw]);
	count(&totals->ends[ours.root < MTR_ROOT_COUNT ? ours.root : 0]);
	__atomic_fetch_add(&totals->frames, ours.n, __ATOMIC_RELAXED);
	/* what a short record's reader would say */
	if (verdict == EQUAL && ours.root == MTR_ROOT_COMPLETE) {
		count(&totals->outside);
		if (mtr_depot_answerable(id) != outside(&gcc, site))
			count(&totals->outside_differs);
	}
	if (by_unw == SHORT)
		count(&totals->short_by[ours.root]);
	if ((verdict != EQUAL && !no_gcc) || by_unw == DIFFERS ||
	    (by_unw == SHORT && ours.root != MTR_ROOT_NO_CFI))
		report(site, &ours, &gcc, &unw);
}

/*
 * A program that has the processor trap after each instruction: libunwind
 * blocks signals, and a trap then ends the process.
 */
static uint64_t stop_stepping(void)
{
	uint64_t flags = 0;

#ifdef __x86_64__
	flags = __builtin_ia32_readeflags_u64();
	__builtin_ia32_writeeflags_u64(flags & ~UINT64_C(0x100));
#endif
	return flags;
}

static void resume_stepping(uint64_t flags)
{
	(void)flags;
#ifdef __x86_64__
	__builtin_ia32_writeeflags_u64(flags);
#endif
}

static bool chosen(void)
{
	static uint64_t threads;

	if (dice == 0)
		dice = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED) << 40;
	dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
	return totals && (dice >> 33) % every == 0;
}

uint32_t __wrap_mtr_capture(const struct mtr_site *site)
{
	uint32_t id = __real_mtr_capture(site);
	unsigned long done;
	uint64_t flags;

	if (busy || !chosen())
		return id;
	busy = true;
	flags = stop_stepping();
	done = __atomic_add_fetch(&totals->compared, 1, __ATOMIC_RELAXED);
	if (id)
		check(site, id);
	else
		count(&totals->lost);
	/* a process may end without our destructor: the first ones, too */
	if (done % WRITTEN == 0 || (done & (done - 1)) == 0)
		write_totals();
	resume_stepping(flags);
	busy = false;
	return id;
}

uintptr_t __wrap_mtr_capture_outside(const struct mtr_site *site)
{
	uintptr_t pc = __real_mtr_capture_outside(site);
	struct stack gcc = { .most = FRAMES_MAX };
	uint64_t flags;

	if (busy || no_gcc || !chosen())
		return pc;
	busy = true;
	flags = stop_stepping();
	count(&totals->outside);
	by_gcc(&gcc);
	if (outside(&gcc, site) != pc) {
		struct stack ours = { .n = 1, .pc = { pc } };

		count(&totals->outside_differs);
		report(site, &ours, &gcc, &ours);
	}
	resume_stepping(flags);
	busy = false;
	return pc;
}

static int find_self(struct dl_phdr_info *info, size_t size, void *unused)
{
	uintptr_t start = UINTPTR_MAX, end = 0;

	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD)
			continue;
		start = at < start ? at : start;
		end = at + ph->p_memsz > end ? at + ph->p_memsz : end;
	}
	if ((uintptr_t)find_self < start || (uintptr_t)find_self >= end)
		return 0;
	self_start = start;
	self_end = end;
	return 1;
}

static void *symbol(void *lib, const char *name)
{
	void *at = lib ? dlsym(lib, name) : NULL;

	if (!at) {
		fprintf(stderr, "check_stacks: no %s\n", name);
		abort();
	}
	return at;
}

#ifdef WITH_LIBUNWIND
#define TEXT(name) TEXT_(name)
#define TEXT_(name) #name
#endif

/*
 * Not linked: libunwind has functions of libgcc's names, and the program is to
 * find libgcc's.
 */
static void find_theirs(void)
{
	void *lib = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);

	*(void **)&theirs.backtrace = symbol(lib, "_Unwind_Backtrace");
	*(void **)&theirs.ip_info = symbol(lib, "_Unwind_GetIPInfo");
#ifdef WITH_LIBUNWIND
	lib = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
#ifdef __x86_64__
	*(void **)&theirs.get_context = symbol(lib, TEXT(unw_tdep_getcontext));
#endif
	*(void **)&theirs.init = symbol(lib, TEXT(unw_init_local));
	*(void **)&theirs.step = symbol(lib, TEXT(unw_step));
	*(void **)&theirs.get_reg = symbol(lib, TEXT(unw_get_reg));
	*(void **)&theirs.is_signal = symbol(lib, TEXT(unw_is_signal_frame));
#endif
}

/* An emulator may not know MADV_WIPEONFORK. */
static void forget(void)
{
	memset(totals, 0, sizeof(*totals));
}

__attribute__((constructor)) static void start(void)
{
	const char *out = getenv("MTR_CHECK_OUT");
	const char *one_in = getenv("MTR_CHECK_EVERY");
	void *page;

	if (!out)
		return;
	snprintf(path, sizeof(path), "%s", out);
	if (one_in)
		every = strtoul(one_in, NULL, 10);
	no_gcc = getenv("MTR_CHECK_NO_GCC");
	dl_iterate_phdr(find_self, NULL);
	find_theirs();
	page = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		abort();
	totals = page;
	if (madvise(page, 4096, MADV_WIPEONFORK) != 0 &&
	    pthread_atfork(NULL, NULL, forget) != 0)
		abort();
}

__attribute__((destructor)) static void end(void)
{
	if (!totals)
		return;
	busy = true;
	write_totals();
}
