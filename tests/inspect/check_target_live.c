/* SPDX-License-Identifier: MIT */
/* Unit tests of live processes as targets: our own children. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "target/resident_impl.h"

enum { PAGE = 65536 }; /* a multiple of any page's size */

static unsigned char *memory; /* 3 PAGEs, the middle one not there */
static pid_t child;
static char name[16];
static struct mtr_target *target;

static void fork_child(void)
{
	child = fork();
	if (child < 0)
		ck_abort_msg("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
		for (;;)
			pause();
	}
	snprintf(name, sizeof(name), "%d", (int)child);
}

static void setup(void)
{
	memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		ck_abort_msg("mmap");
	for (size_t i = 0; i < 3 * PAGE; i++)
		memory[i] = i * 31;
	munmap(memory + PAGE, PAGE);
	fork_child();
	target = NULL;
}

static void teardown(void)
{
	mtr_target_close(target);
	/* who has become nobody may not: then it dies with us */
	if (kill(child, SIGKILL) == 0)
		waitpid(child, NULL, 0);
}

static uint64_t at(size_t offset)
{
	return (uintptr_t)memory + offset;
}

static void is_memory(const unsigned char *to, size_t offset, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(to[i], (unsigned char)((offset + i) * 31));
}

static void read_all(void)
{
	static unsigned char to[3 * PAGE];

	ck_assert_uint_eq(mtr_target_read(target, at(5), to, sizeof(to)),
			  PAGE - 5);
	is_memory(to, 5, PAGE - 5);
	ck_assert_uint_eq(mtr_target_read(target, at(PAGE), to, 1), 0);
	ck_assert_uint_eq(mtr_target_read(target, at(2 * PAGE), to, 7), 7);
	is_memory(to, 2 * PAGE, 7);
	ck_assert_uint_eq(mtr_target_read(target, UINT64_MAX - 8, to, 8), 0);
}

/* Every seventh is in the hole, and one half in it. */
static void read_many(void)
{
	enum { N = 5000 };
	static struct mtr_read reads[N];
	static unsigned char to[N][16];

	for (size_t i = 0; i < N; i++) {
		size_t offset = i % 7 == 3 ? (size_t)PAGE : i * 13 % 60000;

		if (i == 2000)
			offset = PAGE - 8;
		reads[i] = (struct mtr_read){ at(offset), to[i], 16, true };
	}
	mtr_target_read_many(target, reads, N);
	for (size_t i = 0; i < N; i++) {
		bool gone = i % 7 == 3 || i == 2000;

		ck_assert_int_eq(reads[i].done, !gone);
		if (!gone)
			is_memory(to[i], i * 13 % 60000, 16);
	}
}

START_TEST(reads_memory)
{
	const struct mtr_range *r;

	target = open_target(name);
	ck_assert_int_eq(mtr_target_kind(target), MTR_TARGET_LIVE);
	ck_assert_int_eq(mtr_target_pid(target), child);
	ck_assert_str_eq(mtr_target_root(target), "");
	ck_assert_ptr_nonnull(strstr(mtr_target_exe(target), "check_target"));
	r = mtr_target_find(target, at(0));
	ck_assert_int_eq(r->prot, MTR_PROT_READ | MTR_PROT_WRITE);
	ck_assert(r->readable);
	ck_assert_ptr_null(mtr_target_find(target, at(PAGE)));
	r = mtr_target_find(target, (uintptr_t)reads_memory);
	ck_assert_pstr_eq(r->path, mtr_target_exe(target));
	ck_assert_ptr_null(mtr_target_peek(target, at(0), 1));
	read_all();
	read_many();
	warned(target, 0, NULL);
}
END_TEST

/* The kernel's pages are in the list, and not to be read. */
START_TEST(pages_of_the_kernel)
{
	const struct mtr_ranges *rs;
	bool seen = false;

	target = open_target(name);
	rs = mtr_target_ranges(target);
	for (size_t i = 0; i < rs->n; i++) {
		const struct mtr_range *r = &rs->at[i];

		if (!r->path || strncmp(r->path, "[v", 2) != 0)
			continue;
		seen = true;
		ck_assert_int_eq(r->readable, strcmp(r->path, "[vdso]") == 0);
	}
	if (!seen)
		puts("SKIP: no pages of the kernel here");
}
END_TEST

/* Pages that it may not read itself, and those that it never touched. */
START_TEST(pages_without_rights)
{
	unsigned char *more = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start = (uintptr_t)more, end = start + 64 * PAGE;
	unsigned char to[4] = { 0 };

	ck_assert_ptr_ne(more, MAP_FAILED);
	ck_assert_int_eq(madvise(more, 64 * PAGE, MADV_NOHUGEPAGE), 0);
	more[40 * PAGE + 3] = 7;
	ck_assert_int_eq(mprotect(more + 32 * PAGE, 32 * PAGE, PROT_NONE), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	fork_child();
	target = open_target(name);
	ck_assert_uint_eq(
		mtr_target_read(target, start + 40 * PAGE, to, sizeof(to)),
		sizeof(to));
	ck_assert_uint_eq(to[3], 7);
	ck_assert_uint_eq(mtr_target_data(target, start, end),
			  start + 32 * PAGE);
	ck_assert_uint_eq(mtr_target_data(target, start + 32 * PAGE, end),
			  start + 40 * PAGE);
	ck_assert_uint_eq(mtr_target_data(target, start + 40 * PAGE + 5, end),
			  start + 40 * PAGE + 5);
	munmap(more, 64 * PAGE);
}
END_TEST

/* How much of [@start, @end) is in memory, by @p. */
static uint64_t resident_in(const struct mtr_pages *p, uint64_t start,
			    uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->areas.n; i++) {
		uint64_t from = p->areas.at[i].start, to = p->areas.at[i].end;

		from = from > start ? from : start;
		to = to < end ? to : end;
		sum += from < to ? to - from : 0;
	}
	return sum;
}

/* Each second page of ours is touched, and those left are read: zeros. */
static unsigned char *half_touched(size_t size)
{
	unsigned char *p = mmap(NULL, 64 * size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	madvise(p, 64 * size, MADV_NOHUGEPAGE);
	for (int i = 0; i < 64; i += 2) {
		p[i * size] = 1;
		ck_assert_uint_eq(
			*(volatile unsigned char *)(p + i * size + size), 0);
	}
	return p;
}

static size_t own_rss(void)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	ck_assert_ptr_ne(f, NULL);
	ck_assert_int_eq(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident;
}

/* Some kernels have no page of zeros: what is only read is resident there. */
static bool zeros_are_resident(size_t size)
{
	enum { PAGES = 1024 };
	volatile unsigned char *p =
		mmap(NULL, PAGES * size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before = own_rss(), after;

	ck_assert(p != MAP_FAILED);
	for (int i = 0; i < PAGES; i++)
		(void)p[i * size];
	after = own_rss();
	munmap((void *)p, PAGES * size);
	return after >= before + PAGES / 2;
}

static void check_half(const struct mtr_pages *pages, const unsigned char *p)
{
	uint64_t start = (uintptr_t)p, end = start + 64 * pages->page, sum = 0;
	int touched = zeros_are_resident(pages->page) ? 64 : 32;

	ck_assert_uint_eq(resident_in(pages, start, end),
			  touched * pages->page);
	for (size_t i = 0; i < pages->areas.n; i++) {
		const struct mtr_area *a = &pages->areas.at[i];

		ck_assert(a->start < a->end);
		ck_assert(!i || a[-1].end < a->start);
		sum += a->end - a->start;
	}
	ck_assert_uint_eq(sum, pages->resident);
}

static void check_each(const struct mtr_pages *pages, const unsigned char *p)
{
	uint64_t at = (uintptr_t)p, size = pages->page;
	uint64_t read = zeros_are_resident(size) ? size : 0;

	for (int i = 0; i < 64; i++, at += size)
		ck_assert_uint_eq(resident_in(pages, at, at + size),
				  i % 2 ? read : size);
}

START_TEST(resident_is_what_the_kernel_says)
{
	size_t size = sysconf(_SC_PAGESIZE);
	unsigned char *p = half_touched(size);
	struct mtr_pages pages;

	succeeds(mtr_live_pages(getpid(), true, &pages));
	ck_assert_uint_eq(pages.page, size);
	check_half(&pages, p);
	check_each(&pages, p);
	mtr_pages_fini(&pages);
	munmap(p, 64 * size);

	target = open_target(name);
	succeeds(mtr_target_pages(target, &pages));
	ck_assert_uint_eq(resident_in(&pages, at(0), at(PAGE)), PAGE);
	ck_assert_uint_eq(resident_in(&pages, at(PAGE), at(2 * PAGE)), 0);
	ck_assert_uint_ge(mtr_target_resident(target), 2 * PAGE);
	ck_assert_uint_lt(mtr_target_resident(target), (uint64_t)1 << 32);
	mtr_pages_fini(&pages);
	ck_assert_uint_eq(mtr_target_data(target, at(0), at(1)), at(0));
}
END_TEST

/* By plain pagemap, also where a child makes our pages look like zeros'. */
START_TEST(resident_without_a_scan)
{
	size_t size = sysconf(_SC_PAGESIZE);
	unsigned char *p = half_touched(size);
	struct mtr_pages pages;
	int other;

	succeeds(mtr_live_pages(getpid(), false, &pages));
	check_half(&pages, p);
	check_each(&pages, p);
	mtr_pages_fini(&pages);
	other = fork();
	if (!other) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	succeeds(mtr_live_pages(getpid(), false, &pages));
	check_half(&pages, p);
	ck_assert(pages.doubt == MTR_PAGES_SCALED || zeros_are_resident(size));
	mtr_pages_fini(&pages);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	munmap(p, 64 * size);
}
END_TEST

static struct mtr_mapping_list smaps(const char *text)
{
	struct mtr_mapping_list v = { 0 };

	succeeds(mtr_smaps_read(text, strlen(text), &v));
	return v;
}

/* What cannot be is left out, and nothing has more than it is large. */
START_TEST(smaps_that_lie)
{
	struct mtr_mapping_list v = smaps("Rss: 4 kB\n"
					  "1000-3000 rw-p 00000000 00:00 0   \n"
					  "Rss:                   8 kB\n"
					  "Swap:                  4 kB\n"
					  "AnonHugePages:         4 kB\n"
					  "2000-5000 overlaps\n"
					  "Rss: 4 kB\n"
					  "9000-8000 is upside down\n"
					  "fffffffffffffffff-1 is too long\n"
					  "Rss: 4 kB\n"
					  "5000-6000 rw-p\n"
					  "Rss: 99999999999999999999999 kB\n"
					  "Swap:\n"
					  "Private_Hugetlb: 2 kB\n"
					  "Shared_Hugetlb: 77 kB\n"
					  "6000-7000 rw-p\n"
					  "Rss: -3 kB\n"
					  "8000-");

	ck_assert_uint_eq(v.n, 3);
	ck_assert_uint_eq(v.at[0].start, 0x1000);
	ck_assert_uint_eq(v.at[0].resident, 0x2000);
	ck_assert_uint_eq(v.at[0].swapped, 0x1000);
	ck_assert_uint_eq(v.at[0].huge, 0x1000);
	ck_assert_uint_eq(v.at[1].start, 0x5000);
	ck_assert_uint_eq(v.at[1].resident, 0x1000);
	ck_assert_uint_eq(v.at[1].huge_tlb, 0x1000);
	ck_assert_uint_eq(v.at[2].resident, 0);
	mtr_mapping_list_fini(&v);
}
END_TEST

/* Of what is listed as much is taken as is counted, evenly. */
START_TEST(listed_is_not_counted)
{
	struct mtr_listed listed[] = {
		{ 0x1000, 0x11000, false }, /* 16 pages, of which 4 */
		{ 0x20000, 0x22000, false },
		{ 0x22000, 0x32000, true },  /* 2 and 8 of 16 */
		{ 0x40000, 0x50000, false }, /* fewer than are counted */
		{ 0x60000, 0x70000, false }, /* nobody's */
	};
	const struct mtr_listing listing = { listed, 5, 5 };
	struct mtr_pages p = {
		.page = 0x1000,
		.mappings = smaps("1000-11000 x\nRss: 16 kB\n"
				  "20000-32000 x\nRss: 40 kB\n"
				  "40000-60000 x\nRss: 96 kB\n"
				  "60000-70000 x\nRss: 0 kB\n"),
	};

	succeeds(mtr_pages_fit(&p, &listing));
	ck_assert_int_eq(p.doubt, MTR_PAGES_SCALED);
	ck_assert_uint_eq(resident_in(&p, 0x1000, 0x11000), 0x4000);
	ck_assert_uint_eq(resident_in(&p, 0x1000, 0x9000), 0x2000);
	ck_assert_uint_eq(resident_in(&p, 0x20000, 0x22000), 0x2000);
	ck_assert_uint_eq(resident_in(&p, 0x22000, 0x32000), 0x8000);
	ck_assert_uint_eq(resident_in(&p, 0x22000, 0x2a000), 0x4000);
	ck_assert_uint_eq(resident_in(&p, 0x40000, 0x60000), 0x18000);
	ck_assert_uint_eq(resident_in(&p, 0x40000, 0x58000), 0x18000);
	ck_assert_uint_eq(resident_in(&p, 0x60000, 0x70000), 0);
	ck_assert_uint_eq(p.resident, 0x26000);
	mtr_pages_fini(&p);
}
END_TEST

/* Let @number fail with EPERM in this process, as a container's filter does. */
static bool forbid(int number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

START_TEST(reads_without_process_vm_readv)
{
	if (!forbid(SYS_process_vm_readv)) {
		puts("SKIP: no seccomp filter here");
		return;
	}
	target = open_target(name);
	read_all();
	read_many();
}
END_TEST

static void write_some(size_t offset)
{
	unsigned char back[3] = { 0 };

	succeeds(mtr_target_write(target, at(offset), "abc", 3));
	ck_assert_uint_eq(mtr_target_read(target, at(offset), back, 3), 3);
	ck_assert_mem_eq(back, "abc", 3);
	ck_assert_uint_eq(memory[offset], (unsigned char)(offset * 31));
	fails_with(mtr_target_write(target, at(PAGE), "abc", 3),
		   "cannot be written to");
}

START_TEST(writes_memory)
{
	target = open_target(name);
	write_some(100);
	if (forbid(SYS_process_vm_writev))
		write_some(200);
}
END_TEST

START_TEST(process_that_ends_while_it_is_read)
{
	struct mtr_read reads[3] = { 0 };
	unsigned char byte;

	target = open_target(name);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (int i = 0; i < 3; i++)
		reads[i] = (struct mtr_read){ at(0), &byte, 1, true };
	mtr_target_read_many(target, reads, 3);
	ck_assert(!reads[0].done && !reads[1].done && !reads[2].done);
	ck_assert_uint_eq(mtr_target_read(target, at(0), &byte, 1), 0);
	warned(target, 1, "the process ended while it was read");
	fails_as(mtr_target_write(target, at(0), "x", 1), MTR_ERROR_GONE,
		 "has ended");
	open_fails_as(name, MTR_ERROR_NOT_FOUND, "no such file or process");
}
END_TEST

START_TEST(no_such_process)
{
	char wide[32];

	open_fails("99999999999999999999999", "no such file");
	open_fails("0", "no such file");
	open_fails("12x", "no such file");
	open_fails("-1", "no such file");
	/* no int: it must not become the child's */
	snprintf(wide, sizeof(wide), "%lld", 0x100000000LL + child);
	open_fails_as(wide, MTR_ERROR_NOT_FOUND, "no such file");
}
END_TEST

START_TEST(zombie)
{
	siginfo_t info;

	kill(child, SIGKILL);
	ck_assert_int_eq(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	open_fails_as(name, MTR_ERROR_GONE, "has ended (it is a zombie");
}
END_TEST

static int ready[2];

static void *last_thread(void *unused)
{
	char state = '?';

	(void)unused;
	/* the main thread is gone when its state says so */
	while (state != 'Z') {
		FILE *f = fopen("/proc/self/stat", "r");

		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			_exit(1);
		fclose(f);
	}
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
	return NULL;
}

START_TEST(main_thread_has_ended)
{
	char path[64], byte, tid[16] = "";
	pthread_t thread;
	pid_t pid;
	DIR *dir;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, last_thread, NULL))
			_exit(1);
		pthread_exit(NULL);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "%d", (int)pid);
	open_fails_as(path, MTR_ERROR_UNSUPPORTED,
		      "the main thread of process");
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	for (struct dirent *d = readdir(dir); d; d = readdir(dir))
		if (atoi(d->d_name) > 0 && atoi(d->d_name) != pid)
			snprintf(tid, sizeof(tid), "%d", atoi(d->d_name));
	closedir(dir);
	target = open_target(tid);
	ck_assert_uint_eq(mtr_target_read(target, at(0), &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* Number 2 is kthreadd, except in a container. */
static bool is_kernel_thread(const char *stat)
{
	enum { PF_KTHREAD = 0x200000 };
	unsigned int flags = 0;
	FILE *f = fopen(stat, "r");

	if (!f)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		flags = 0;
	fclose(f);
	return flags & PF_KTHREAD;
}

START_TEST(kernel_thread)
{
	if (!is_kernel_thread("/proc/2/stat")) {
		puts("SKIP: process 2 is not a kernel thread here");
		return;
	}
	open_fails_as("2", MTR_ERROR_UNSUPPORTED, "is a kernel thread");
}
END_TEST

/* The process of somebody else: ours, once we have become nobody; else the
 * first of the system, which in a container may be the user's own. */
START_TEST(process_of_another_user)
{
	struct stat first;

	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		ck_abort_msg("setuid");
	if (geteuid() == 65534) {
		open_fails_as(name, MTR_ERROR_NOT_PERMITTED, "may not be read");
		open_fails(name, "ptrace_scope");
	} else if (stat("/proc/1", &first) || first.st_uid == geteuid()) {
		puts("SKIP: process 1 is not another user's here");
	} else {
		open_fails_as("1", MTR_ERROR_NOT_PERMITTED, "may not be read");
	}
}
END_TEST

/* A file wins over a process. */
START_TEST(file_with_a_number_for_a_name)
{
	char dir[] = "live.XXXXXX", cwd[4096];
	int fd;

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	fd = open(name, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	open_fails(name, "the file is empty");
	ck_assert_int_eq(unlink(name), 0);
	target = open_target(name);
	ck_assert_int_eq(mtr_target_pid(target), child);
	ck_assert_int_eq(chdir(cwd), 0);
	rmdir(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("target_live");
	TCase *t = tcase_create("live");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, reads_memory);
	tcase_add_test(t, pages_of_the_kernel);
	tcase_add_test(t, pages_without_rights);
	tcase_add_test(t, resident_is_what_the_kernel_says);
	tcase_add_test(t, resident_without_a_scan);
	tcase_add_test(t, smaps_that_lie);
	tcase_add_test(t, listed_is_not_counted);
	tcase_add_test(t, reads_without_process_vm_readv);
	tcase_add_test(t, writes_memory);
	tcase_add_test(t, process_that_ends_while_it_is_read);
	tcase_add_test(t, no_such_process);
	tcase_add_test(t, zombie);
	tcase_add_test(t, main_thread_has_ended);
	tcase_add_test(t, kernel_thread);
	tcase_add_test(t, process_of_another_user);
	tcase_add_test(t, file_with_a_number_for_a_name);
	suite_add_tcase(s, t);
	return run_suite(s);
}
