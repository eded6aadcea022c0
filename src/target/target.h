/* SPDX-License-Identifier: MIT */
/*
 * A target is an address space to read: a core file, a live process, a saved
 * snapshot. Above this header they look alike.
 *
 * It is not a parser of what is in there: bytes and mappings only. What comes
 * from a target is untrusted; every function checks, none aborts. Not for use
 * by several threads at once.
 */
#ifndef MTR_TARGET_TARGET_H
#define MTR_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vector.h"
#include "target/resident.h"
#include "target/threads.h"

enum mtr_target_kind {
	MTR_TARGET_CORE,
	MTR_TARGET_LIVE,
	MTR_TARGET_SNAPSHOT,
};

enum { MTR_PROT_READ = 4, MTR_PROT_WRITE = 2, MTR_PROT_EXEC = 1 };

/* A piece of the address space, as the target says it was mapped. */
struct mtr_range {
	uint64_t start, end; /* [start, end) */
	uint64_t offset;     /* in the file @path, in bytes */
	const char *path;    /* of the file behind it, or "[heap]" and such;
			      * NULL: anonymous */
	int prot;	     /* MTR_PROT_*; -1: the target does not say */
	bool readable;	     /* its contents can be read from the target, or
			      * of a snapshot could, when it was made; false:
			      * not dumped, or cut off */
};

struct mtr_build_id {
	uint8_t bytes[40];
	uint8_t n; /* 0: none known */
};

MTR_VECTOR(mtr_ranges, struct mtr_range);
MTR_VECTOR(mtr_strings, char *);

/* One of many reads to be done together. */
struct mtr_read {
	uint64_t addr;
	void *to;
	size_t bytes;
	bool done; /* set: all of it was read */
};

struct mtr_target;

void mtr_target_close(struct mtr_target *t);

enum mtr_target_kind mtr_target_kind(const struct mtr_target *t);
/* The same, but of a snapshot the kind of what it was made of. */
enum mtr_target_kind mtr_target_source(const struct mtr_target *t);
const char *mtr_target_name(const struct mtr_target *t);
int mtr_target_pid(const struct mtr_target *t);	    /* 0: unknown */
int mtr_target_machine(const struct mtr_target *t); /* EM_X86_64, ... */

/* By address, without overlaps. */
const struct mtr_ranges *mtr_target_ranges(const struct mtr_target *t);

/* The range that holds @addr, or NULL. */
const struct mtr_range *mtr_target_find(const struct mtr_target *t,
					uint64_t addr);

/*
 * What tells one start of a program from all others: the bytes that the kernel
 * drew for it (AT_RANDOM). Forked children have those of their parent, so it is
 * one process if the pid is the same, too. False: not to be had.
 */
enum { MTR_START_BYTES = 16 };
bool mtr_target_start(struct mtr_target *t, uint8_t ret[MTR_START_BYTES]);

/* The executable's path as the target knows it, or NULL. */
const char *mtr_target_exe(const struct mtr_target *t);

/*
 * Why no library can be preloaded into such a program: half a sentence. NULL:
 * no reason is known.
 */
const char *mtr_target_no_preload(struct mtr_target *t);

/*
 * What to put before a path of a mapping to open that file from here: "" or,
 * for a live process in another mount namespace, "/proc/PID/root".
 */
const char *mtr_target_root(const struct mtr_target *t);

/* Sentences about what was found damaged or missing on the way, up to now. */
const struct mtr_strings *mtr_target_warnings(struct mtr_target *t);
void mtr_target_warn(struct mtr_target *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes read from @addr on; less than @bytes where the target ends or has a
 * hole. */
size_t mtr_target_read(struct mtr_target *t, uint64_t addr, void *to,
		       size_t bytes);

/*
 * The bytes in place, valid until the target is closed; NULL if they are not
 * all there or the target cannot be looked into (a live process).
 */
const void *mtr_target_peek(struct mtr_target *t, uint64_t addr, size_t bytes);

/*
 * Where from @addr on, and before @end, there may be anything but zeros; @end
 * if nowhere. A file may have holes of any size: who searches memory leaps over
 * them.
 */
uint64_t mtr_target_data(struct mtr_target *t, uint64_t addr, uint64_t end);

/*
 * Its threads, found out when first asked for; none of a snapshot. A live
 * process is stopped for that, all threads at once, for milliseconds. Where
 * that is forbidden there is an error, and another call may do better.
 */
struct mtr_error *mtr_target_threads(struct mtr_target *t,
				     const struct mtr_threads **ret);

/* How many threads it has beside, which did not stop in time. */
uint64_t mtr_target_threads_missing(const struct mtr_target *t);

/*
 * Stop a live process, all threads of it, until it is resumed, the target is
 * closed or we end, in whatever way; nothing for other kinds. Its threads are
 * then those of this moment, and so are its ranges: what was kept of those of
 * before is void.
 */
struct mtr_error *mtr_target_stop(struct mtr_target *t);
/* An error if it was let go, or ended, before. */
struct mtr_error *mtr_target_resume(struct mtr_target *t);

/* Many at once; sets .done of each. A system call for some hundred of them. */
void mtr_target_read_many(struct mtr_target *t, struct mtr_read *reads,
			  size_t n);

/*
 * The build-id of what is mapped at @start (an ELF header), read from the
 * target's own bytes. .n is 0 where they are not there.
 */
void mtr_target_build_id(struct mtr_target *t, uint64_t start,
			 struct mtr_build_id *ret);

/*
 * Runtime address - address in the file, of what is mapped at @start, by the
 * program headers in the target's own bytes. False where they are not there.
 */
bool mtr_target_bias(struct mtr_target *t, uint64_t start, uint64_t *ret);

/*
 * The writable segments, .bss included, of what is mapped at @start, by its
 * program headers in the target's own bytes: at most @room. How many. Only what
 * is mapped where the loader would map it counts: of a file that a program
 * reads as data nothing is.
 */
size_t mtr_target_segments(struct mtr_target *t, uint64_t start,
			   struct mtr_area *ret, size_t room);

/*
 * A part of a saved snapshot (format/saved.h), unpacked, as long as @t lives:
 * @kind is enum mtr_snapshot_part or mtr_saved_kind. NULL: it has no such part,
 * or is no snapshot. What is in it has not been looked at.
 */
struct mtr_error *mtr_target_part(struct mtr_target *t, unsigned kind,
				  const void **ret, size_t *bytes);
/* What whoever knows the part @kind says of a damaged one. */
static inline struct mtr_error *mtr_part_senseless(unsigned kind)
{
	return mtr_error_coded(MTR_ERROR_DAMAGED,
			       "the snapshot's part %u makes no sense", kind);
}

/* Write into a live process: what `mark` needs. */
struct mtr_error *mtr_target_write(struct mtr_target *t, uint64_t addr,
				   const void *from, size_t bytes);

#endif
