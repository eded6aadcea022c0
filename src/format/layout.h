/* SPDX-License-Identifier: MIT */
/*
 * The bytes that the traced process and the analyst's process agree on: the
 * descriptor, which leads to everything else, and the shape of the ledger.
 *
 * Includes nothing of ours and allocates nothing. malloc_tracer-format(5)
 * says the same in words. All numbers are in the byte order of the process.
 *
 *   malloc_tracer_descriptor ──► root table ──► mid table ──► leaf
 *      (exported, in .data)      2^14 ptrs      2^12 ptrs     2^18 bytes + 16
 *
 *   address:  | 47 ..... 34 | 33 ..... 22 | 21 ............ 4 | 3 .. 0 |
 *             |  root index |  mid index  |  byte in the leaf | granule|
 */
#ifndef MTR_FORMAT_LAYOUT_H
#define MTR_FORMAT_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define MTR_MAGIC "malloc_tracer\r\n" /* 16 bytes with its NUL */
#define MTR_DESCRIPTOR_SYMBOL "malloc_tracer_descriptor"

enum {
	MTR_FORMAT_VERSION = 2,
	MTR_FORMAT_LONG = 1, /* the version of a process whose records are
			      * long: readers of that one know them */

	MTR_GRANULE_BITS = 4,
	MTR_GRANULE = 1 << MTR_GRANULE_BITS,

	MTR_LEAF_BITS = 22, /* a leaf speaks for 4 MiB of addresses */
	MTR_MID_BITS = 12,  /* a mid table for 16 GiB */
	MTR_ROOT_BITS = 14, /* the root for 2^48 bytes */
	MTR_ADDR_BITS = MTR_LEAF_BITS + MTR_MID_BITS + MTR_ROOT_BITS,

	MTR_LEAF_GRANULES = 1 << (MTR_LEAF_BITS - MTR_GRANULE_BITS),
	MTR_LEAF_SPARE = 16, /* so that no entry straddles two leaves */
	MTR_LEAF_BYTES = MTR_LEAF_GRANULES + MTR_LEAF_SPARE,

	MTR_GENERATION_MAX = 122,
};

/* What the library was built with and what it was asked for: .flags */
enum {
	MTR_FLAG_READY = 1 << 0,    /* the next allocator is resolved */
	MTR_FLAG_SHADOWED = 1 << 1, /* the program's own malloc comes
				     * first: nothing is traced */
	MTR_FLAG_COUNTERS = 1 << 2, /* --enable-counters */
	MTR_FLAG_DEBUG = 1 << 3,    /* --enable-debug */
	MTR_FLAG_FREES = 1 << 4,    /* frees=1 */
	MTR_FLAG_NOFOLLOW = 1 << 5, /* follow=0 */
	MTR_FLAG_DIRECT = 1 << 6,   /* caller=direct */
	MTR_FLAG_CHUNKS = 1 << 7,   /* glibc's chunk header gives the
				     * usable size */
	MTR_FLAG_UNSIZED = 1 << 8,  /* no malloc_usable_size next to malloc:
				     * usable is what was asked of it */
	MTR_FLAG_LATE = 1 << 9,	    /* with MTR_FLAG_SHADOWED: it is libc's
				     * malloc that comes first, as where the
				     * library was opened by dlopen(3) */
};

/*
 * Why a block has no record. The numbers are part of the format: add at the
 * end, before MTR_DROP_COUNT.
 */
enum mtr_drop {
	MTR_DROP_UNALIGNED, /* not on a 16-byte boundary */
	MTR_DROP_SMALL,	    /* no room for two granules and a trailer */
	MTR_DROP_HIGH,	    /* above 2^48 */
	MTR_DROP_LEDGER,    /* no memory for the ledger */
	MTR_DROP_STARTUP,   /* the bootstrap arena's */
	MTR_DROP_NESTED,    /* asked for by the next allocator itself, from
			     * within its malloc_usable_size */
	MTR_DROP_FOREIGN,   /* from a function that the next allocator does
			     * not bring, or before the tracer was ready */
	MTR_DROP_LARGE,	    /* 2^45 bytes or more */
	MTR_DROP_ROOM,	    /* the next allocator had it without room for a
			     * record alone */
	MTR_DROP_COUNT,
	MTR_DROP_MAX = 16
};

struct mtr_descriptor {
	char magic[16];	      /* MTR_MAGIC */
	uint32_t version;     /* MTR_FORMAT_LONG or _VERSION */
	uint32_t size;	      /* of this structure, in bytes */
	uint64_t self;	      /* its own address: tells it from a copy */
	uint64_t ledger_root; /* address of the root table */
	uint64_t depot;	      /* address of the depot; 0: no stacks */
	uint8_t granule_bits; /* MTR_GRANULE_BITS and so on */
	uint8_t leaf_bits;
	uint8_t mid_bits;
	uint8_t root_bits;
	uint32_t lead;	      /* of the entries of blocks allocated from now
			       * on: 0x80 + generation; the one field that
			       * others may write */
	uint32_t flags;	      /* MTR_FLAG_* */
	uint32_t stack_depth; /* stacks=N; 0: off */
	/* a cache line ends here */
	uint64_t next_malloc;  /* address of the next allocator's malloc */
	uint64_t ledger_bytes; /* mapped for the ledger so far */
	uint64_t depot_bytes;  /* mapped for stacks so far */
	char package_version[40];
	uint64_t drops[MTR_DROP_MAX]; /* blocks not recorded, by mtr_drop */
	uint64_t stops[16];	      /* stacks ended early, by mtr_root; at 0
				       * blocks without one, or with depth 0
				       * that there is no memory for any */
	/* what follows is there if .size says so */
	uint64_t opened; /* address of struct mtr_opened_list; 0: none */
	uint32_t record; /* bytes of a trailer; 16 in version 1 */
	uint32_t spare;
	uint64_t sample; /* sample=N: the mean of the bytes from one stack to
			  * the next; 0: every block has one */
	uint64_t own;	 /* address of struct mtr_own_list; 0: none */
	/* of those that the library writes unasked */
	uint32_t snapshots, snapshots_failed;
	uint32_t snapshot_error; /* errno of the last that failed */
	uint32_t spare2;
};

/* What the first library of this version had. */
enum { MTR_DESCRIPTOR_MIN = 384 };

static_assert(sizeof(MTR_MAGIC) == 16, "magic");
static_assert(offsetof(struct mtr_descriptor, version) == 16, "version");
static_assert(offsetof(struct mtr_descriptor, size) == 20, "size");
static_assert(offsetof(struct mtr_descriptor, self) == 24, "self");
static_assert(offsetof(struct mtr_descriptor, ledger_root) == 32, "root");
static_assert(offsetof(struct mtr_descriptor, depot) == 40, "depot");
static_assert(offsetof(struct mtr_descriptor, granule_bits) == 48, "bits");
static_assert(offsetof(struct mtr_descriptor, lead) == 52, "lead");
static_assert(offsetof(struct mtr_descriptor, flags) == 56, "flags");
static_assert(offsetof(struct mtr_descriptor, stack_depth) == 60, "depth");
static_assert(offsetof(struct mtr_descriptor, next_malloc) == 64, "next");
static_assert(offsetof(struct mtr_descriptor, ledger_bytes) == 72, "ledger");
static_assert(offsetof(struct mtr_descriptor, depot_bytes) == 80, "depot");
static_assert(offsetof(struct mtr_descriptor, package_version) == 88, "ver");
static_assert(offsetof(struct mtr_descriptor, drops) == 128, "drops");
static_assert(offsetof(struct mtr_descriptor, stops) == 256, "stops");
static_assert(offsetof(struct mtr_descriptor, opened) == 384, "opened");
static_assert(offsetof(struct mtr_descriptor, record) == 392, "record");
static_assert(offsetof(struct mtr_descriptor, sample) == 400, "sample");
static_assert(offsetof(struct mtr_descriptor, own) == 408, "own");
static_assert(offsetof(struct mtr_descriptor, snapshots) == 416, "snapshots");
static_assert(sizeof(struct mtr_descriptor) == 432, "descriptor");
static_assert(MTR_ADDR_BITS == 48, "address bits");

static inline uint64_t mtr_root_index(uint64_t addr)
{
	return addr >> (MTR_LEAF_BITS + MTR_MID_BITS);
}

static inline uint64_t mtr_mid_index(uint64_t addr)
{
	return addr >> MTR_LEAF_BITS & ((1 << MTR_MID_BITS) - 1);
}

static inline uint64_t mtr_leaf_index(uint64_t addr)
{
	return addr >> MTR_GRANULE_BITS & (MTR_LEAF_GRANULES - 1);
}

#endif
