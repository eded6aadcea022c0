/* SPDX-License-Identifier: MIT */
/*
 * The input of fuzz_record: a program of changes to a core with a good record.
 *
 *   | op | what it takes | op | what it takes | ...         little-endian
 *
 * "place" is | which | address: 8 | where which is RECORD_ANYWHERE, or else
 * | which | distance: 2, signed | from one of the places below. "bytes" is
 * | n | n bytes |. What is cut off is zero, so that any input means something.
 */
#ifndef MTR_TESTS_FUZZ_RECORD_H
#define MTR_TESTS_FUZZ_RECORD_H

#include "format/depot.h"

enum record_op {
	RECORD_DESCRIPTOR, /* offset: 2, bytes */
	RECORD_ROOT,	   /* index: 2, place */
	RECORD_MID,	   /* index: 2, place */
	RECORD_LEAF,	   /* index: 4, bytes */
	RECORD_BLOCK,	   /* granule: 2, lead: 1, usable: 8, place, size: 8 */
	RECORD_HEAP,	   /* offset: 4, bytes */
	RECORD_DEPOT,	   /* offset: 2, bytes: of the header and its table */
	RECORD_CHUNK,	   /* index: 2, place */
	RECORD_NODE,	   /* id: 4, parent: 4, place, exact: 1 */
	RECORD_CHAIN,	   /* id: 4, parent: 4, place, n: 2, step: 1: each node
			    * the parent of the next, their pcs @step apart */
	RECORD_POINTER,	   /* where: place, but not RECORD_ANYWHERE, place */
	RECORD_HEADERS,	   /* offset: 2, bytes: of the file, with its notes */
	RECORD_CUT,	   /* length of the file: 4; the last op */
	RECORD_OPS
};

/* Nodes of the good depot are some of the first and some of the second chunk.
 */
enum {
	RECORD_NODE_FAR = MTR_CHUNK_NODES + 8,
	RECORD_NODES,
};

enum record_place {
	RECORD_ANYWHERE,
	RECORD_AT_TEXT,
	RECORD_AT_DATA,
	RECORD_AT_HEAP,
	RECORD_AT_HEAP_END,
	RECORD_AT_DESCRIPTOR,
	RECORD_AT_ROOT,
	RECORD_AT_MID,
	RECORD_AT_LEAF,
	RECORD_AT_DEPOT,
	RECORD_AT_NODES,
	RECORD_AT_STACK, /* a thread's struct pthread */
	RECORD_AT_ENDED, /* that of one that has ended */
	RECORD_PLACES
};

#endif
