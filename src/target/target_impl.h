/* SPDX-License-Identifier: MIT */
/*
 * What the kinds of target share. For target*.c only.
 *
 * Each kind has its own structure with a struct mtr_target first, and a table
 * of operations; whatever the table leaves out, target.c does without.
 */
#ifndef MTR_TARGET_TARGET_IMPL_H
#define MTR_TARGET_TARGET_IMPL_H

#include "target/file_map.h"
#include "target/target.h"

struct mtr_target_ops {
	enum mtr_target_kind kind;
	/* addr + bytes does not wrap */
	size_t (*read)(struct mtr_target *t, uint64_t addr, void *to,
		       size_t bytes);
	/* NULL: cannot be looked into */
	const void *(*peek)(struct mtr_target *t, uint64_t addr, size_t bytes);
	/* NULL: nothing is known of zeros */
	uint64_t (*data)(struct mtr_target *t, uint64_t addr, uint64_t end);
	/* NULL: not known. 0: the same */
	uint64_t (*resident)(struct mtr_target *t);
	/* NULL: not known */
	struct mtr_error *(*pages)(struct mtr_target *t, struct mtr_pages *ret);
	/* NULL: it has none */
	struct mtr_error *(*threads)(struct mtr_target *t,
				     struct mtr_threads *ret);
	/* NULL: it does not run. The same, and it stays stopped: see .hold;
	 * its ranges are read anew */
	struct mtr_error *(*stop)(struct mtr_target *t,
				  struct mtr_threads *ret);
	/* NULL: nothing to do. An error if it did not last until now */
	struct mtr_error *(*resume)(struct mtr_target *t);
	/* NULL: one by one, with read */
	void (*read_many)(struct mtr_target *t, struct mtr_read *reads,
			  size_t n);
	/* NULL: from the ELF header at @start, with read */
	void (*build_id)(struct mtr_target *t, uint64_t start,
			 struct mtr_build_id *ret);
	/* NULL: it has none */
	struct mtr_error *(*part)(struct mtr_target *t, unsigned kind,
				  const void **ret, size_t *bytes);
	/* NULL: cannot be written to */
	struct mtr_error *(*write)(struct mtr_target *t, uint64_t addr,
				   const void *from, size_t bytes);
	/* NULL: nothing beyond struct mtr_target */
	void (*fini)(struct mtr_target *t);
};

/* Of what the kernel told the program at its start; 0: not known, or nothing.
 */
struct mtr_auxv {
	bool known; /* there was one */
	bool secure;
	uint64_t phdr, phnum, base, entry, execfn, random, page;
};

/* The child of ours that keeps a process stopped. */
struct mtr_hold {
	int pid;   /* 0: nobody */
	int fd;	   /* lets go when this is closed, and be it by our end */
	bool tstp; /* SIGTSTP is blocked meanwhile */
};

struct mtr_target {
	const struct mtr_target_ops *ops;
	char *name;
	int pid, machine;
	struct mtr_ranges ranges;
	struct mtr_strings paths; /* that .ranges point to */
	struct mtr_strings warnings;
	char *exe;
	char root[32];
	struct mtr_auxv auxv;
	struct mtr_map map;
	struct mtr_threads threads;
	bool threads_known;
	uint64_t threads_missing; /* that could not be asked */
	struct mtr_hold hold;
	uint64_t notes_read; /* bytes, for build-ids */
	bool notes_refused;
	bool resident_asked;
	bool start_known; /* a snapshot says: */
	uint8_t start[MTR_START_BYTES];
	uint64_t resident;
	enum mtr_target_kind source; /* of a snapshot: see mtr_target_source */
	uint64_t time;	 /* of a snapshot: seconds since the epoch; else 0 */
	bool unpacked;	 /* .map is of a temporary file */
	bool map_judged; /* a change of the file has been warned about */
};

/* @bytes large, zeroed, with a struct mtr_target first; NULL: no memory. */
void *mtr_target_create(size_t bytes, const struct mtr_target_ops *ops,
			const char *name);

/* Both take @map over, even when they fail. */
struct mtr_error *mtr_target_core_open(const char *name, struct mtr_map map,
				       struct mtr_target **ret);
struct mtr_error *mtr_target_snapshot_open(const char *name, struct mtr_map map,
					   struct mtr_target **ret);
struct mtr_error *mtr_target_live_open(const char *name, int pid,
				       struct mtr_target **ret);

/*
 * A copy of @n bytes of path that lives as long as @t; NULL: no memory. The
 * kernel's " (deleted)" is taken off: who opens the path compares build-ids.
 */
const char *mtr_target_path(struct mtr_target *t, const char *path, size_t n);

/* Read t->auxv from the bytes of an auxiliary vector. */
void mtr_target_auxv(struct mtr_target *t, const void *bytes, size_t n);

/* Append; false: no memory. Ranges come by address, without overlaps. */
bool mtr_target_add_range(struct mtr_target *t, const struct mtr_range *range);

/*
 * Add the ranges of /proc/PID/maps. @readable: of a process that is there; of a
 * saved text, none can be read. What is no such line is left out and warned
 * about.
 */
struct mtr_error *mtr_target_add_maps(struct mtr_target *t, const char *text,
				      size_t bytes, bool readable);

#endif
