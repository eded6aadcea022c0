/* SPDX-License-Identifier: MIT */
/*
 * A live process as a target. It is not stopped: what is read may be torn, and
 * heap.c knows.
 *
 * process_vm_readv(2) reads many places at once; where it is missing or
 * forbidden, as in some containers, /proc/PID/mem reads one after the other.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "base/strbuf.h"
#include "target/resident_impl.h"
#include "target/target_impl.h"
#include "target/threads_impl.h"

enum { BATCH = 1024 }; /* IOV_MAX */

struct live {
	struct mtr_target target;
	int mem;     /* /proc/PID/mem; -1: not open */
	int pagemap; /* the same */
	bool slow;   /* process_vm_readv does not work: use .mem */
	bool gone;   /* the process ended; warned about */
};

static struct live *live_of(struct mtr_target *t)
{
	return (struct live *)t;
}

static int proc_open(int pid, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return open(path, flags | O_CLOEXEC);
}

/* A link of /proc, terminated; false: not to be read. */
static bool proc_link(const char *pid, const char *what, char *to, size_t room)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	n = readlink(path, to, room - 1);
	to[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

static int file_slurp(int fd, struct mtr_strbuf *ret)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		mtr_strbuf_add_bytes(ret, piece, n);
	if (n < 0)
		return errno;
	return ret->failed ? ENOMEM : 0;
}

/* ---------------------------------------------------------------- reading */

static void live_gone(struct live *l)
{
	if (!l->gone)
		mtr_target_warn(&l->target,
				"the process ended while it was read");
	l->gone = true;
}

static size_t mem_read(struct live *l, uint64_t addr, void *to, size_t bytes)
{
	size_t done = 0;

	if (addr > INT64_MAX)
		return 0;
	while (done < bytes) {
		ssize_t n = pread(l->mem, (char *)to + done, bytes - done,
				  addr + done);

		if (n == 0)
			live_gone(l);
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

/* Bytes moved; 0: nothing is there. */
static size_t vm_read(struct live *l, const struct iovec *local,
		      const struct iovec *remote, size_t n)
{
	ssize_t got = process_vm_readv(l->target.pid, local, n, remote, n, 0);

	if (got < 0 && errno == ESRCH)
		live_gone(l);
	return got < 0 ? 0 : got;
}

/*
 * A page that the process may not read itself is in its memory all the same:
 * the other call alone gives it.
 */
static size_t forbidden_read(struct live *l, uint64_t addr, void *to,
			     size_t bytes)
{
	const struct mtr_range *r = mtr_target_find(&l->target, addr);

	if (!r || r->prot & MTR_PROT_READ)
		return 0;
	if (l->mem < 0)
		l->mem = proc_open(l->target.pid, "mem", O_RDONLY);
	return l->mem < 0 ? 0 : mem_read(l, addr, to, bytes);
}

static size_t live_read(struct mtr_target *t, uint64_t addr, void *to,
			size_t bytes)
{
	struct live *l = live_of(t);
	size_t done = 0, got;

	if (l->slow)
		return mem_read(l, addr, to, bytes);
	do {
		struct iovec local = { (char *)to + done, bytes - done };
		struct iovec remote = { (void *)(addr + done), bytes - done };

		got = vm_read(l, &local, &remote, 1);
		if (!got)
			got = forbidden_read(l, addr + done, (char *)to + done,
					     bytes - done);
		done += got;
	} while (got && done < bytes);
	return done;
}

/* Mark those as done that @got bytes fill; how many that are. */
static size_t reads_done(struct mtr_read *reads, size_t n, size_t got)
{
	size_t i;

	for (i = 0; i < n && got >= reads[i].bytes; i++) {
		got -= reads[i].bytes;
		reads[i].done = true;
	}
	return i;
}

/* Up to BATCH at once; how many are settled, at least one. */
static size_t batch_read(struct live *l, struct mtr_read *reads, size_t n)
{
	struct iovec local[BATCH], remote[BATCH];
	size_t done;

	for (size_t i = 0; i < n; i++) {
		local[i] = (struct iovec){ reads[i].to, reads[i].bytes };
		remote[i] =
			(struct iovec){ (void *)reads[i].addr, reads[i].bytes };
		reads[i].done = false;
	}
	done = reads_done(reads, n, vm_read(l, local, remote, n));
	/* the one it stopped at is not there, or not whole */
	return done < n ? done + 1 : n;
}

static void live_read_many(struct mtr_target *t, struct mtr_read *reads,
			   size_t n)
{
	struct live *l = live_of(t);
	size_t at = 0;

	while (!l->slow && at < n)
		at += batch_read(l, reads + at,
				 n - at < BATCH ? n - at : BATCH);
	for (; at < n; at++)
		reads[at].done = mem_read(l, reads[at].addr, reads[at].to,
					  reads[at].bytes) == reads[at].bytes;
}

/* ---------------------------------------------------------- may we read it */

/* -1: this kernel has no Yama. */
static int ptrace_scope(void)
{
	mtr_auto_fclose FILE *f =
		fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope;

	return f && fscanf(f, "%d", &scope) == 1 ? scope : -1;
}

static struct mtr_error *denied(int pid, int code)
{
	int scope = ptrace_scope();

	if (scope == 1)
		return mtr_error_coded(
			MTR_ERROR_NOT_PERMITTED,
			"process %d may not be read (%s): "
			"/proc/sys/kernel/yama/ptrace_scope is 1, which allows "
			"it to a parent and to root alone; be root, or write 0 "
			"there",
			pid, strerror(code));
	if (scope == 2 || scope == 3)
		return mtr_error_coded(
			MTR_ERROR_NOT_PERMITTED,
			"process %d may not be read (%s): "
			"/proc/sys/kernel/yama/ptrace_scope is %d, which "
			"allows it to %s",
			pid, strerror(code), scope,
			scope == 2 ? "root alone; be root" : "nobody");
	return mtr_error_coded(MTR_ERROR_NOT_PERMITTED,
			       "process %d may not be read (%s): %s "
			       "(ptrace_scope does not forbid it)",
			       pid, strerror(code),
			       geteuid() ? "be its user or root"
					 : "not even by this root; perhaps the "
					   "container or a security module "
					   "forbids it");
}

static struct mtr_error *write_failed(int pid, int code)
{
	if (code == ESRCH)
		return mtr_error_coded(MTR_ERROR_GONE, "process %d has ended",
				       pid);
	if (code == EPERM || code == EACCES)
		return denied(pid, code);
	return mtr_error_errno(code, "process %d cannot be written to", pid);
}

static struct mtr_error *live_write(struct mtr_target *t, uint64_t addr,
				    const void *from, size_t bytes)
{
	struct iovec local = { (void *)from, bytes };
	struct iovec remote = { (void *)addr, bytes };
	ssize_t got = process_vm_writev(t->pid, &local, 1, &remote, 1, 0);
	mtr_auto_close int mem = -1;

	if (got < 0 && (errno == ENOSYS || errno == EPERM)) {
		mem = proc_open(t->pid, "mem", O_WRONLY);
		got = mem < 0 ? -1 : pwrite(mem, from, bytes, addr);
	}
	if (got < 0)
		return write_failed(t->pid, errno);
	if ((size_t)got != bytes)
		return mtr_error_create(
			"process %d took %zd of %zu bytes at %#" PRIx64, t->pid,
			got, bytes, addr);
	return NULL;
}

/* ------------------------------------------------------------ what is resident
 */

/*
 * /proc/PID/statm: size and resident, in pages. The kernel does not walk them
 * for that, as it does for smaps.
 */
static uint64_t live_resident(struct mtr_target *t)
{
	mtr_auto_close int fd = proc_open(t->pid, "statm", O_RDONLY);
	unsigned long resident;
	char text[128];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%*u %lu", &resident) != 1)
		return 0;
	return (uint64_t)resident * sysconf(_SC_PAGESIZE);
}

static struct mtr_error *live_pages(struct mtr_target *t, struct mtr_pages *ret)
{
	return mtr_live_pages(t->pid, true, ret);
}

enum { PAGES_AT_ONCE = 4096 };

/* A page that is not there is zero, not a file's. */
static bool is_anonymous(const struct mtr_range *r)
{
	return r && (!r->path || *r->path == '[');
}

/*
 * Up to the first page that is in memory, or swapped out: by what
 * /proc/PID/pagemap says in its two upper bits. What was never touched is zero,
 * and would be made by reading it.
 */
static uint64_t live_data(struct mtr_target *t, uint64_t addr, uint64_t end)
{
	const struct mtr_range *r = mtr_target_find(t, addr);
	const uint64_t size = sysconf(_SC_PAGESIZE);
	uint64_t pages[PAGES_AT_ONCE], page = addr / size;
	struct live *l = live_of(t);

	if (!is_anonymous(r))
		return addr;
	end = end < r->end ? end : r->end;
	if (l->pagemap < 0)
		l->pagemap = proc_open(t->pid, "pagemap", O_RDONLY);
	while (page * size < end) {
		uint64_t n = (end - page * size + size - 1) / size;
		ssize_t got;

		n = n < PAGES_AT_ONCE ? n : PAGES_AT_ONCE;
		got = pread(l->pagemap, pages, n * sizeof(*pages),
			    page * sizeof(*pages));
		if (got < (ssize_t)sizeof(*pages))
			return page * size > addr ? page * size : addr;
		n = got / sizeof(*pages);
		for (uint64_t i = 0; i < n; i++, page++)
			if (pages[i] >> 62)
				return page * size > addr ? page * size : addr;
	}
	return end;
}

static void live_fini(struct mtr_target *t)
{
	if (live_of(t)->pagemap >= 0)
		close(live_of(t)->pagemap);
	if (live_of(t)->mem >= 0)
		close(live_of(t)->mem);
}

static struct mtr_error *live_stop(struct mtr_target *t,
				   struct mtr_threads *ret);
static struct mtr_error *live_resume(struct mtr_target *t);

static const struct mtr_target_ops live_ops = {
	.kind = MTR_TARGET_LIVE,
	.read = live_read,
	.read_many = live_read_many,
	.write = live_write,
	.data = live_data,
	.resident = live_resident,
	.pages = live_pages,
	.threads = mtr_live_threads,
	.stop = live_stop,
	.resume = live_resume,
	.fini = live_fini,
};

/* ---------------------------------------------------------------- opening */

/* Of /proc/PID/stat: "pid (name) state ppid pgrp session tty tpgid flags" */
static bool stat_read(int pid, char *state, unsigned *flags)
{
	mtr_auto_close int fd = proc_open(pid, "stat", O_RDONLY);
	char text[512];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *after;

	if (n <= 0)
		return false;
	text[n] = '\0';
	after = strrchr(text, ')');
	return after &&
	       sscanf(after, ") %c %*d %*d %*d %*d %*d %u", state, flags) == 2;
}

/* Has it threads beside the first? Each is a directory of its own. */
static bool live_threads(int pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return stat(path, &st) == 0 && st.st_nlink > 3;
}

/* Why it has no memory; NULL: it has. */
static struct mtr_error *state_check(int pid)
{
	static const unsigned kernel_thread = 0x00200000; /* PF_KTHREAD */
	unsigned flags;
	char state;

	if (!stat_read(pid, &state, &flags))
		return mtr_error_coded(MTR_ERROR_NOT_FOUND,
				       "no such file or process");
	if (flags & kernel_thread)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "process %d is a kernel thread: it has "
				       "no memory of its own",
				       pid);
	if (state == 'Z' && live_threads(pid))
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "the main thread of process %d has "
				       "ended: give the number of another one "
				       "in /proc/%d/task",
				       pid, pid);
	if (state == 'Z' || state == 'X')
		return mtr_error_coded(MTR_ERROR_GONE,
				       "process %d has ended (it is a zombie "
				       "until its parent asks for it)",
				       pid);
	return NULL;
}

static struct mtr_error *maps_read(struct live *l)
{
	int pid = l->target.pid;
	mtr_auto_close int fd = proc_open(pid, "maps", O_RDONLY);
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf text = { 0 };
	int code = fd < 0 ? errno : file_slurp(fd, &text);

	if (code == EACCES || code == EPERM)
		return denied(pid, code);
	if (code == ENOENT || code == ESRCH)
		return mtr_error_coded(MTR_ERROR_GONE, "process %d has ended",
				       pid);
	if (code)
		return mtr_error_errno(code, "/proc/%d/maps", pid);
	if (!text.len)
		return mtr_error_coded(MTR_ERROR_GONE,
				       "process %d has no memory: it is just "
				       "starting or ending",
				       pid);
	return mtr_target_add_maps(&l->target, text.text, text.len, true);
}

/* From now on /proc/PID/mem, if it can be opened. */
static bool live_go_slow(struct live *l)
{
	if (l->mem < 0)
		l->mem = proc_open(l->target.pid, "mem", O_RDONLY);
	l->slow = l->mem >= 0;
	return l->slow;
}

/* To see the maps takes less than to read the memory. */
static struct mtr_error *memory_probe(struct live *l)
{
	const struct mtr_ranges *rs = &l->target.ranges;
	struct iovec local, remote;
	ssize_t got = 0;
	char byte;

	for (size_t i = 0; i < rs->n && got <= 0; i++) {
		if (!rs->at[i].readable)
			continue;
		local = (struct iovec){ &byte, 1 };
		remote = (struct iovec){ (void *)rs->at[i].start, 1 };
		got = process_vm_readv(l->target.pid, &local, 1, &remote, 1, 0);
		if (got < 0 && errno == ESRCH)
			return mtr_error_coded(MTR_ERROR_GONE,
					       "process %d has ended",
					       l->target.pid);
		if (got < 0 && errno != EFAULT && !live_go_slow(l))
			return denied(l->target.pid, errno);
		if (l->slow)
			return NULL;
	}
	return NULL;
}

/* What cannot be found out is taken to be as it is here. */
static struct mtr_error *machine_find(struct live *l)
{
	mtr_auto_close int fd = proc_open(l->target.pid, "exe", O_RDONLY);
	Elf64_Ehdr eh;

#ifdef __x86_64__
	l->target.machine = EM_X86_64;
#else
	l->target.machine = EM_AARCH64;
#endif
	if (fd < 0 || read(fd, &eh, sizeof(eh)) != sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG))
		return NULL;
	if (eh.e_ident[EI_CLASS] != ELFCLASS64)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "process %d is a 32-bit process",
				       l->target.pid);
	return NULL;
}

static void root_find(struct live *l, const char *number)
{
	char ours[64], theirs[64];

	if (proc_link("self", "ns/mnt", ours, sizeof(ours)) &&
	    proc_link(number, "ns/mnt", theirs, sizeof(theirs)) &&
	    strcmp(ours, theirs) != 0)
		snprintf(l->target.root, sizeof(l->target.root),
			 "/proc/%s/root", number);
}

static struct mtr_error *exe_find(struct live *l, const char *number)
{
	char path[PATH_MAX];
	const char *clean;

	if (!proc_link(number, "exe", path, sizeof(path)))
		return NULL;
	clean = mtr_target_path(&l->target, path, strlen(path));
	l->target.exe = clean ? strdup(clean) : NULL;
	return l->target.exe ? NULL : mtr_error_nomem();
}

static void auxv_find(struct live *l)
{
	mtr_auto_close int fd = proc_open(l->target.pid, "auxv", O_RDONLY);
	unsigned char bytes[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (n > 0)
		mtr_target_auxv(&l->target, bytes, n);
}

static struct mtr_error *live_load(struct live *l)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", l->target.pid);
	MTR_TRY(state_check(l->target.pid));
	MTR_TRY(maps_read(l));
	MTR_TRY(memory_probe(l));
	MTR_TRY(machine_find(l));
	auxv_find(l);
	root_find(l, number);
	return exe_find(l, number);
}

/* --------------------------------------------------------------- stopping */

/* Stopped first, or what is read of its mappings may not be true any more. */
static struct mtr_error *live_stop(struct mtr_target *t,
				   struct mtr_threads *ret)
{
	struct mtr_error *error = mtr_live_stop(t, ret);

	if (error)
		return error;
	if (t->threads_missing)
		mtr_target_warn(t,
				"%" PRIu64 " of its threads did not stop: what "
				"is in their registers is not known",
				t->threads_missing);
	t->ranges.n = 0;
	error = maps_read(live_of(t));
	if (error)
		mtr_error_destroy(mtr_live_resume(t));
	return error;
}

/* Only a SIGKILL ends it meanwhile; then no more than that is known of it. */
static struct mtr_error *live_resume(struct mtr_target *t)
{
	struct mtr_error *ended = state_check(t->pid);
	struct mtr_error *error = mtr_live_resume(t);

	if (!ended)
		return error;
	mtr_error_destroy(ended);
	mtr_error_destroy(error);
	return mtr_error_coded(MTR_ERROR_GONE,
			       "process %d ended while it was read", t->pid);
}

struct mtr_error *mtr_target_live_open(const char *name, int pid,
				       struct mtr_target **ret)
{
	struct live *l = mtr_target_create(sizeof(*l), &live_ops, name);
	struct mtr_error *error;

	if (!l)
		return mtr_error_nomem();
	l->target.pid = pid;
	l->mem = l->pagemap = -1;
	error = live_load(l);
	if (error)
		mtr_target_close(&l->target);
	else
		*ret = &l->target;
	return error;
}
