/* SPDX-License-Identifier: MIT */
/*
 * System calls made directly. See sys.h for the contract.
 */
#include "preload/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
static long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "malloc_tracer knows x86-64 and AArch64"
#endif

static long call3(long nr, long a, long b, long c)
{
	return call6(nr, a, b, c, 0, 0, 0);
}

/* At @hint, if it is free. */
static void *map_at(char *hint, size_t bytes, int flags)
{
	long ret = call6(SYS_mmap, (long)hint, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
			 -1, 0);

	return ret < 0 && ret > -4096 ? NULL : (void *)ret;
}

void *mtr_sys_map(size_t bytes)
{
	return map_at(NULL, bytes, 0);
}

void mtr_sys_unmap(void *p, size_t bytes)
{
	call3(SYS_munmap, (long)p, bytes, 0);
}

/*
 * From Linux 6.8 on a stack gets no huge pages, and this flag does nothing
 * else; madvise would be one more call that a sandbox may kill for. Before, a
 * page that is left free keeps mappings from growing together: a huge page has
 * to lie in one. There may be 65530 mappings, and the program needs some, so
 * that has to end somewhere.
 */
void *mtr_sys_map_small(size_t bytes)
{
	enum { MOST_APART = 4096 };
	static _Atomic unsigned int apart;
	size_t gap =
		atomic_fetch_add(&apart, 1) < MOST_APART ? MTR_SYS_PAGE : 0;
	char *p;

	/* the next mapping comes below: the free page is the upper one */
	bytes = (bytes + MTR_SYS_PAGE - 1) & -(size_t)MTR_SYS_PAGE;
	p = map_at(NULL, bytes + gap, MAP_STACK);
	if (p && gap)
		mtr_sys_unmap(p + bytes, gap);
	return p;
}

/*
 * Never more is mapped than is asked for, lest RLIMIT_AS be met. Mappings come
 * from above: what lies below is mostly free, up to where a huge page begins.
 * If it is not, small pages have to do.
 */
void *mtr_sys_map_huge(size_t bytes)
{
	char *p = mtr_sys_map(bytes);
	size_t behind = (uintptr_t)p % MTR_SYS_HUGE_PAGE;

	if (behind == 0)
		return p;
	mtr_sys_unmap(p, bytes);
	return map_at(p - behind, bytes, 0);
}

/*
 * Linux before 6.1 does not know the second: then it takes its time. What is
 * refused is not asked again.
 */
void mtr_sys_advise_huge(void *p, size_t bytes)
{
	enum { COLLAPSE = 25 /* MADV_COLLAPSE */ };
	static _Atomic bool refused;
	long why;

	if (atomic_load_explicit(&refused, memory_order_relaxed))
		return;
	if (call3(SYS_madvise, (long)p, bytes, MADV_HUGEPAGE) < 0) {
		atomic_store(&refused, true);
		return;
	}
	why = call3(SYS_madvise, (long)p, bytes, COLLAPSE);
	if (why == -EINVAL || why == -ENOSYS || why == -EPERM || why == -EACCES)
		atomic_store(&refused, true);
}

bool mtr_sys_wipe_on_fork(void *p, size_t bytes)
{
	enum { WIPE = 18 /* MADV_WIPEONFORK, Linux 4.14 */ };

	return call3(SYS_madvise, (long)p, bytes, WIPE) == 0;
}

int mtr_sys_open(const char *path, int flags, int mode)
{
	return call6(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, mode,
		     0, 0);
}

long mtr_sys_read(int fd, void *buf, size_t bytes)
{
	long n;

	do
		n = call3(SYS_read, fd, (long)buf, bytes);
	while (n == -EINTR);
	return n;
}

void mtr_sys_close(int fd)
{
	call3(SYS_close, fd, 0, 0);
}

int mtr_sys_rename(const char *from, const char *to)
{
	return call6(SYS_renameat2, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0,
		     0);
}

void mtr_sys_unlink(const char *path)
{
	call3(SYS_unlinkat, AT_FDCWD, (long)path, 0);
}

int mtr_sys_may_replace(const char *path)
{
	struct stat st;
	long error = call6(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st,
			   AT_SYMLINK_NOFOLLOW, 0, 0);

	if (error == -ENOENT)
		return 0;
	if (error)
		return error;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EEXIST;
}

int mtr_sys_open_log(const char *path)
{
	int fd = mtr_sys_open(path,
			      O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW |
				      O_NONBLOCK | O_NOCTTY,
			      0600);
	struct stat st;

	if (fd < 0)
		return fd;
	if (call3(SYS_fstat, fd, (long)&st, 0) == 0 &&
	    (!S_ISREG(st.st_mode) ||
	     st.st_uid == (uid_t)call3(SYS_geteuid, 0, 0, 0)))
		return fd;
	mtr_sys_close(fd);
	return -EEXIST;
}

/* The kernel's sigset_t, of as many bytes. */
static const size_t sigset_bytes = sizeof(uint64_t);

static uint64_t sigset_bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

static uint64_t hushed(void)
{
	return sigset_bit(SIGPIPE) | sigset_bit(SIGXFSZ) | sigset_bit(SIGTTOU);
}

static void hush(uint64_t add, struct mtr_hush *ret)
{
	*ret = (struct mtr_hush){ 0 };
	call6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&add, (long)&ret->mask,
	      sigset_bytes, 0, 0);
	call3(SYS_rt_sigpending, (long)&ret->pending, sigset_bytes, 0);
}

void mtr_sys_hush(struct mtr_hush *ret)
{
	hush(hushed(), ret);
}

void mtr_sys_hush_all(struct mtr_hush *ret)
{
	hush(UINT64_MAX, ret);
}

/*
 * The kernel sends it to the thread that writes, and sigtimedwait takes the
 * thread's own before the process's, which may be meant for the program.
 */
void mtr_sys_unhush(const struct mtr_hush *h, int error)
{
	int sig = error == -EPIPE ? SIGPIPE : error == -EFBIG ? SIGXFSZ : 0;
	uint64_t ours = sig ? sigset_bit(sig) & ~h->pending : 0;
	struct timespec now = { 0 };

	if (ours)
		call6(SYS_rt_sigtimedwait, (long)&ours, 0, (long)&now,
		      sigset_bytes, 0, 0);
	call6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&h->mask, 0, sigset_bytes,
	      0, 0);
}

/* As rt_sigaction(2) has it. AArch64 has a restorer for 32-bit programs' sake.
 */
struct action {
	void (*handler)(int sig);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#ifdef __x86_64__
enum { SA_RESTORER_FLAG = 0x04000000 };

/* Debuggers and unwinders know a signal's frame by these bytes, as libc's. */
void mtr_sys_restore(void) __attribute__((visibility("hidden")));
__asm__(".pushsection .text\n"
	".type mtr_sys_restore, @function\n"
	".hidden mtr_sys_restore\n"
	"nop\n"
	"mtr_sys_restore:\n"
	"mov $15, %rax\n"
	"syscall\n"
	".size mtr_sys_restore, . - mtr_sys_restore\n"
	".popsection\n");
#endif

int mtr_sys_handle(int sig, void (*handler)(int sig))
{
	struct action was, is = { .handler = handler,
				  .flags = SA_RESTART | SA_ONSTACK,
				  .mask = UINT64_MAX };
	long error;

#ifdef __x86_64__
	is.flags |= SA_RESTORER_FLAG;
	is.restorer = mtr_sys_restore;
#endif
	error = call6(SYS_rt_sigaction, sig, 0, (long)&was, sigset_bytes, 0, 0);
	if (error)
		return error;
	if (was.handler != SIG_DFL)
		return -EBUSY;
	return call6(SYS_rt_sigaction, sig, (long)&is, 0, sigset_bytes, 0, 0);
}

/*
 * poll says that a pipe can be written to only if it has a whole page left, so
 * the line fits. O_NONBLOCK would be the program's, too.
 */
void mtr_sys_say(int fd, const void *line, size_t bytes)
{
	struct pollfd to = { .fd = fd, .events = POLLOUT };
	struct timespec now = { 0 };
	struct mtr_hush hush;

	if (call6(SYS_ppoll, (long)&to, 1, (long)&now, 0, sigset_bytes, 0) !=
		    1 ||
	    !(to.revents & POLLOUT))
		return;
	mtr_sys_hush(&hush);
	mtr_sys_unhush(&hush, call3(SYS_write, fd, (long)line, bytes));
}

int mtr_sys_write_all(int fd, const void *buf, size_t bytes)
{
	const char *from = buf;

	while (bytes > 0) {
		long n = call3(SYS_write, fd, (long)from, bytes);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? n : -EIO;
		from += n;
		bytes -= n;
	}
	return 0;
}

int mtr_sys_write_start(int fd, const void *buf, size_t bytes)
{
	long n = call3(SYS_lseek, fd, 0, SEEK_SET);

	return n < 0 ? n : mtr_sys_write_all(fd, buf, bytes);
}

int mtr_sys_getpid(void)
{
	return call3(SYS_getpid, 0, 0, 0);
}

uint64_t mtr_sys_stack_limit(void)
{
	struct {
		uint64_t current, max;
	} limit;

	if (call6(SYS_prlimit64, 0, RLIMIT_STACK, 0, (long)&limit, 0, 0) != 0)
		return 0;
	return limit.current;
}

uint64_t mtr_sys_random(void)
{
	struct timespec now = { 0 };
	uint64_t n;

	if (call3(SYS_getrandom, (long)&n, sizeof(n), GRND_NONBLOCK) ==
	    sizeof(n))
		return n;
	call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
	return ((uint64_t)now.tv_nsec << 32) +
	       (uint64_t)call3(SYS_gettid, 0, 0, 0) + (uintptr_t)&now;
}

long mtr_sys_readlink(const char *path, char *buf, size_t bytes)
{
	return call6(SYS_readlinkat, AT_FDCWD, (long)path, (long)buf, bytes, 0,
		     0);
}

/* The kernel reads the new mask before it looks at what to do with it. */
static long probe(const void *p)
{
	enum { NO_SUCH_HOW = 1 << 20, SIGSET_BYTES = 8 };

	return call6(SYS_rt_sigprocmask, NO_SUCH_HOW, (long)p, 0, SIGSET_BYTES,
		     0, 0);
}

bool mtr_sys_readable(const void *p)
{
	enum { UNKNOWN, ANSWERS, REFUSED };
	static _Atomic int state;
	int now = atomic_load_explicit(&state, memory_order_relaxed);
	long why;

	if (now == UNKNOWN) {
		/* an emulator may look at the one without reading the other */
		now = probe((const void *)-(intptr_t)4096) == -EFAULT ? ANSWERS
								      : REFUSED;
		atomic_store(&state, now);
	}
	if (now == REFUSED)
		return false;
	why = probe(p);
	if (why != -EINVAL && why != -EFAULT)
		atomic_store(&state, REFUSED);
	return why == -EINVAL;
}

/*
 * A pipe gives EFAULT, too, where a page is gone; but then for all that is
 * written at once.
 */
static long peek_by_pipe(const struct iovec *local, const struct iovec *remote,
			 unsigned int n)
{
	unsigned int there = 0;
	int ends[2];
	long got = call3(SYS_pipe2, (long)ends, O_CLOEXEC | O_NONBLOCK, 0);

	if (got < 0)
		return got;
	for (; there < n; there++) {
		long bytes = remote[there].iov_len;

		got = call3(SYS_write, ends[1], (long)remote[there].iov_base,
			    bytes);
		if (got != bytes)
			break;
	}
	if (there > 0)
		got = call3(SYS_readv, ends[0], (long)local, there);
	mtr_sys_close(ends[0]);
	mtr_sys_close(ends[1]);
	return got;
}

long mtr_sys_peek(const struct iovec *local, const struct iovec *remote,
		  unsigned int n)
{
	long got = call6(SYS_process_vm_readv, mtr_sys_getpid(), (long)local, n,
			 (long)remote, n, 0);

	if (got == -EPERM || got == -ENOSYS || got == -EACCES)
		return peek_by_pipe(local, remote, n);
	return got;
}
