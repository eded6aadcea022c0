/* SPDX-License-Identifier: MIT */
/*
 * The threads of a live process, by ptrace(2). All are stopped together, so
 * that what is read belongs together, and go on within milliseconds.
 *
 * They are seized, which stops nobody and sends no signal, by a child of ours.
 * When it ends, for whatever reason, the kernel lets go of all that it has: of
 * a thread too that did not stop in time, being deep in the kernel, which is
 * left out. Who wants the process to stay stopped keeps the child: it waits for
 * the end of a pipe, which is ours to close, or the kernel's if we are killed.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "base/strbuf.h"
#include "target/threads_impl.h"

enum {
	PATIENCE = 1000, /* milliseconds, for all of them to stop */
	ROUNDS = 10,	 /* of looking for threads that are new */
	REGSET_MAX = 32 << 10,
};

struct tracee {
	int tid;
	bool stopped, gone;
	int signal; /* on its way to the program when it stopped; 0: none */
};

MTR_VECTOR(tracees, struct tracee);

/* What the child writes: this, and if .code is 0 the threads. */
struct answer {
	int code; /* an errno */
	unsigned missing;
};

struct record {
	int tid;
	char name[16];
	uint64_t tp;  /* 0: it is among the general registers */
	size_t bytes; /* of registers, which follow */
};

/* ---------------------------------------------------------------- stopping */

static int by_tid(const void *a, const void *b)
{
	const struct tracee *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* A main thread that ended before the others stays, and is nobody's to stop. */
static bool is_over(int tid)
{
	char path[64], line[512];
	const char *state;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	state = strrchr(line, ')');
	return state && (state[1] == ' ') &&
	       (state[2] == 'Z' || state[2] == 'X');
}

/* An errno; 0 also if it has ended meanwhile. */
static int seize(struct tracees *v, int tid)
{
	struct tracee *slot;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL)) {
		int code = errno;

		return code == ESRCH || (code == EPERM && is_over(tid)) ? 0
									: code;
	}
	slot = tracees_push(v);
	if (!slot)
		return ENOMEM;
	*slot = (struct tracee){ .tid = tid };
	return ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) && errno != ESRCH
		       ? errno
		       : 0;
}

/* Seize those of the list that are not known: *n is how many. An errno. */
static int seize_new(struct tracees *v, DIR *dir, size_t *n)
{
	size_t known = v->n;
	int code = 0;

	if (known)
		qsort(v->at, known, sizeof(*v->at), by_tid);
	rewinddir(dir);
	for (struct dirent *d = readdir(dir); d && !code; d = readdir(dir)) {
		struct tracee key = { .tid = atoi(d->d_name) };

		if (key.tid > 0 && !(known && bsearch(&key, v->at, known,
						      sizeof(key), by_tid)))
			code = seize(v, key.tid);
	}
	*n = v->n - known;
	return code;
}

/* One that runs may start others, until it is stopped itself. */
static int seize_all(struct tracees *v, int pid)
{
	char path[64];
	size_t n = 1;
	int code = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? ESRCH : errno;
	for (int round = 0; round < ROUNDS && n && !code; round++)
		code = seize_new(v, dir, &n);
	closedir(dir);
	return code ? code : v->n ? 0 : ESRCH;
}

/* True: nothing more is to come of it. */
static bool has_settled(struct tracee *t)
{
	int status = 0;
	pid_t got;

	if (t->stopped || t->gone)
		return true;
	got = waitpid(t->tid, &status, __WALL | WNOHANG);
	if (got == 0)
		return false;
	t->stopped = got == t->tid && WIFSTOPPED(status);
	t->gone = !t->stopped;
	/* a stop of ours is an event; any other is a signal's, which is due */
	if (t->stopped && status >> 16 == 0)
		t->signal = WSTOPSIG(status);
	return true;
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void wait_all(struct tracees *v)
{
	static const struct timespec pause = { 0, 100000 };
	long long end = now() + PATIENCE;

	for (size_t i = 0; i < v->n; i++)
		while (!has_settled(&v->at[i]) && now() < end)
			nanosleep(&pause, NULL);
}

static void release_all(struct tracees *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].stopped)
			ptrace(PTRACE_DETACH, v->at[i].tid, NULL,
			       (void *)(long)v->at[i].signal);
}

/* ----------------------------------------------------------------- reading */

static size_t regset(int tid, int type, void *to, size_t room)
{
	struct iovec io = { to, room };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)(long)type, &io))
		return 0;
	return io.iov_len;
}

static void thread_name(int tid, char ret[16])
{
	char path[64];
	mtr_auto_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, ret, 15);
	ret[n < 0 ? 0 : n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

/* Append what is to be said of the stopped thread @tid. */
static void thread_read(int tid, int machine, unsigned char *room,
			struct mtr_strbuf *to)
{
	static const int more[] = { NT_FPREGSET, NT_X86_XSTATE, NT_ARM_SVE };
	size_t general = mtr_general_bytes(machine);
	struct record r = { .tid = tid };
	size_t bytes = regset(tid, NT_PRSTATUS, room, REGSET_MAX);

	if (bytes != general)
		return;
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		bytes +=
			regset(tid, more[i], room + bytes, REGSET_MAX - bytes) &
			-sizeof(uint64_t);
	if (machine == EM_AARCH64)
		regset(tid, NT_ARM_TLS, &r.tp, sizeof(r.tp));
	thread_name(tid, r.name);
	r.bytes = bytes;
	mtr_strbuf_add_bytes(to, (const char *)&r, sizeof(r));
	mtr_strbuf_add_bytes(to, (const char *)room, bytes);
}

static void write_whole(int fd, const char *at, size_t n)
{
	while (n) {
		ssize_t done = write(fd, at, n);

		if (done <= 0)
			return;
		at += done;
		n -= done;
	}
}

/* Until the other end of @hold is closed. */
static void wait_closed(int hold)
{
	char byte;

	while (read(hold, &byte, 1) < 0 && errno == EINTR)
		;
}

/*
 * What ends the parent, or stops it, may be sent to both: by a terminal, or to
 * the group. The child has to live on until it has let go of all in order, or
 * the signal that a thread was about to take is lost.
 */
static void signals_ignore(void)
{
	static const int ignored[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGPIPE,
				       SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/* All of the child's life. @hold: keep them until this ends; -1: do not. */
static void child(int pid, int machine, int to, int hold)
{
	unsigned char *room = malloc(REGSET_MAX);
	struct mtr_strbuf b = { 0 };
	struct tracees v = { 0 };
	struct answer a = { .code = room ? seize_all(&v, pid) : ENOMEM };

	wait_all(&v);
	for (size_t i = 0; i < v.n && !a.code; i++) {
		if (v.at[i].stopped)
			thread_read(v.at[i].tid, machine, room, &b);
		else if (!v.at[i].gone)
			a.missing++;
	}
	if (hold < 0)
		release_all(&v);
	if (b.failed)
		a.code = ENOMEM;
	write_whole(to, (const char *)&a, sizeof(a));
	if (!a.code)
		write_whole(to, b.text, b.len);
	close(to);
	if (hold >= 0) {
		wait_closed(hold);
		release_all(&v);
	}
	_exit(0);
}

/* -------------------------------------------------------------- the parent */

static struct mtr_error *threads_take(struct mtr_target *t, const char *at,
				      size_t n, struct mtr_threads *ret)
{
	size_t general = mtr_general_bytes(t->machine);
	struct mtr_thread *thread;
	struct record r;

	for (; n >= sizeof(r); at += sizeof(r) + r.bytes) {
		memcpy(&r, at, sizeof(r));
		n -= sizeof(r);
		if (r.bytes > n || r.bytes < general)
			break; /* the child was killed */
		n -= r.bytes;
		thread = mtr_thread_add(ret, t->machine, r.tid, at + sizeof(r));
		if (!thread ||
		    !mtr_thread_more(thread, at + sizeof(r) + general,
				     r.bytes - general))
			return mtr_error_nomem();
		memcpy(thread->name, r.name, sizeof(r.name));
		if (r.tp)
			thread->tp = r.tp;
	}
	return NULL;
}

/* Who traces it, as a debugger does; 0: nobody, or it is not known. */
static int tracer_of(int pid)
{
	char path[64], line[256];
	int tracer = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (f)
		fclose(f);
	return tracer;
}

static struct mtr_error *failed(int pid, int code)
{
	int tracer = tracer_of(pid);

	if (code == ESRCH)
		return mtr_error_coded(MTR_ERROR_GONE, "process %d has ended",
				       pid);
	if (code == EPERM && tracer)
		return mtr_error_coded(
			MTR_ERROR_NOT_PERMITTED,
			"the threads of process %d may not be stopped: process "
			"%d traces them, as a debugger does",
			pid, tracer);
	if (code == EPERM || code == ENOSYS)
		return mtr_error_coded(
			MTR_ERROR_NOT_PERMITTED,
			"the threads of process %d may not be stopped: "
			"ptrace(2) is refused here (%s), perhaps by the "
			"container's seccomp filter",
			pid, strerror(code));
	return mtr_error_errno(code, "the threads of process %d", pid);
}

static struct mtr_error *answer_read(struct mtr_target *t, int fd,
				     struct mtr_threads *ret)
{
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf b = { 0 };
	char piece[16384];
	struct answer a;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0)
			mtr_strbuf_add_bytes(&b, piece, n);
	if (b.failed)
		return mtr_error_nomem();
	if (b.len < sizeof(a))
		return mtr_error_create("the threads of process %d: no answer",
					t->pid);
	memcpy(&a, b.text, sizeof(a));
	if (a.code)
		return failed(t->pid, a.code);
	t->threads_missing = a.missing;
	return threads_take(t, b.text + sizeof(a), b.len - sizeof(a), ret);
}

static void pair_close(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* Closes both of the pipes where there is an error. */
static struct mtr_error *child_start(struct mtr_target *t, int answer[2],
				     int hold[2], pid_t *ret)
{
	struct mtr_error *error;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	*ret = fork();
	if (!*ret)
		signals_ignore();
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (*ret < 0) {
		error = mtr_error_errno(errno, "a child");
		pair_close(answer);
		pair_close(hold);
		return error;
	}
	if (!*ret) {
		close(answer[0]);
		if (hold[1] >= 0)
			close(hold[1]);
		child(t->pid, t->machine, answer[1], hold[0]);
	}
	close(answer[1]);
	if (hold[0] >= 0)
		close(hold[0]);
	return NULL;
}

/* True: it ended by itself. */
static bool child_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status);
}

struct mtr_error *mtr_live_threads(struct mtr_target *t,
				   struct mtr_threads *ret)
{
	int answer[2], hold[2] = { -1, -1 };
	struct mtr_error *error;
	pid_t pid;

	if (pipe2(answer, O_CLOEXEC))
		return mtr_error_errno(errno, "a pipe");
	MTR_TRY(child_start(t, answer, hold, &pid));
	error = answer_read(t, answer[0], ret);
	close(answer[0]);
	child_wait(pid);
	return error;
}

/* Who is stopped from a terminal would keep the process stopped for as long:
 * that has to wait. */
static void tstp_block(sigset_t *before)
{
	sigset_t tstp;

	sigemptyset(&tstp);
	sigaddset(&tstp, SIGTSTP);
	sigprocmask(SIG_BLOCK, &tstp, before);
}

static void tstp_allow(void)
{
	sigset_t tstp;

	sigemptyset(&tstp);
	sigaddset(&tstp, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &tstp, NULL);
}

struct mtr_error *mtr_live_stop(struct mtr_target *t, struct mtr_threads *ret)
{
	int answer[2], hold[2];
	struct mtr_error *error;
	sigset_t before;
	pid_t pid;

	if (pipe2(answer, O_CLOEXEC))
		return mtr_error_errno(errno, "a pipe");
	if (pipe2(hold, O_CLOEXEC)) {
		error = mtr_error_errno(errno, "a pipe");
		pair_close(answer);
		return error;
	}
	tstp_block(&before);
	error = child_start(t, answer, hold, &pid);
	if (error) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return error;
	}
	t->hold = (struct mtr_hold){ .pid = pid,
				     .fd = hold[1],
				     .tstp = !sigismember(&before, SIGTSTP) };
	error = answer_read(t, answer[0], ret);
	close(answer[0]);
	if (error)
		mtr_error_destroy(mtr_live_resume(t));
	return error;
}

struct mtr_error *mtr_live_resume(struct mtr_target *t)
{
	bool ended, tstp = t->hold.tstp;

	close(t->hold.fd);
	ended = child_wait(t->hold.pid);
	t->hold = (struct mtr_hold){ 0 };
	if (tstp)
		tstp_allow();
	return ended ? NULL
		     : mtr_error_create("process %d went on before all of it "
					"was read",
					t->pid);
}
