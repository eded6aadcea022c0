/* SPDX-License-Identifier: MIT */
/*
 * System calls made directly: they leave errno alone, are no cancellation
 * points, and cannot be interposed.
 *
 * Each returns what the kernel returns: a negative errno value on failure.
 * Safe in any thread, in signal handlers and in the child of vfork.
 */
#ifndef MTR_PRELOAD_SYS_H
#define MTR_PRELOAD_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Zeroed private memory that the kernel does not reserve; NULL: none. */
void *mtr_sys_map(size_t bytes);
void mtr_sys_unmap(void *p, size_t bytes);

/*
 * The same, but never huge pages, whatever the kernel makes of other memory:
 * for what is touched here and there. Less than a huge page at a time.
 */
void *mtr_sys_map_small(size_t bytes);

/* The same for whole huge pages, which are small ones to begin with. */
enum { MTR_SYS_HUGE_PAGE = 1 << 21 };
void *mtr_sys_map_huge(size_t bytes);

/* A child of fork gets it empty. False: the kernel does not do that. */
bool mtr_sys_wipe_on_fork(void *p, size_t bytes);

/* Worth a huge page from now on: many places of it are in use. A hint. */
void mtr_sys_advise_huge(void *p, size_t bytes);

int mtr_sys_open(const char *path, int flags, int mode);
long mtr_sys_read(int fd, void *buf, size_t bytes);
void mtr_sys_close(int fd);
int mtr_sys_rename(const char *from, const char *to);
void mtr_sys_unlink(const char *path);

/*
 * May a file of ours take @path's place? 0: nothing is there, or a regular
 * file. -EEXIST: a device, a FIFO, a symbolic link; -EISDIR.
 */
int mtr_sys_may_replace(const char *path);

/*
 * A file to append lines to. Waits for nobody, follows no symbolic link, and
 * is no regular file of another user's: -EEXIST.
 */
int mtr_sys_open_log(const char *path);

/*
 * No write until mtr_sys_unhush() ends the program or runs a handler of its:
 * SIGPIPE and SIGXFSZ wait, as does SIGTTOU, of a terminal that another
 * process group has. @error is what the writes came to: a signal that one of
 * them raised is taken back, any other is delivered.
 */
struct mtr_hush {
	uint64_t mask, pending;
};
void mtr_sys_hush(struct mtr_hush *ret);
/* The same, and no handler runs at all. */
void mtr_sys_hush_all(struct mtr_hush *ret);
void mtr_sys_unhush(const struct mtr_hush *h, int error);

/* All of it, however many writes it takes. 0, or a negative errno value. */
int mtr_sys_write_all(int fd, const void *buf, size_t bytes);

/*
 * A line for whoever may be there to read it: nothing is raised, and it is lost
 * where writing would have to wait. At most PIPE_BUF bytes.
 */
void mtr_sys_say(int fd, const void *line, size_t bytes);

/* At the start of the file, wherever writing has come to. */
int mtr_sys_write_start(int fd, const void *buf, size_t bytes);

/*
 * @handler takes @sig, on the program's alternative stack if it has one; no
 * other interrupts it. -EBUSY: the program has one, or ignores the signal.
 */
int mtr_sys_handle(int sig, void (*handler)(int sig));

int mtr_sys_getpid(void);
/* Not to be foretold, as far as the kernel has it so. Waits for nothing. */
uint64_t mtr_sys_random(void);
long mtr_sys_readlink(const char *path, char *buf, size_t bytes);

enum { MTR_SYS_PAGE = 4096 };

/* RLIMIT_STACK in bytes; 0: not known. */
uint64_t mtr_sys_stack_limit(void);

/*
 * Can the eight bytes at @p be read? False, too, where the kernel does not say;
 * then it is not asked again.
 */
bool mtr_sys_readable(const void *p);

/*
 * Read our own memory, stopping at the first byte that is not there: that may
 * be within an element. Where process_vm_readv(2) is refused, through a pipe,
 * which takes at most PIPE_BUF bytes at a time.
 */
long mtr_sys_peek(const struct iovec *local, const struct iovec *remote,
		  unsigned int n);

#endif
