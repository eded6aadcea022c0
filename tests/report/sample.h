/* SPDX-License-Identifier: MIT */
/*
 * A heap view made by hand, and what a writer makes of it.
 *
 *   block     asked usable gen  site
 *   0x1000       19     40   0  1  main, app.c:10
 *   0x1030      100    120   0  2  main, app.c:20
 *   0x2000       19     40   1  1
 *   0x3000        8     24   2  3  libx.so, no name
 *   0x4000      500   1016   2  4  f(int, "x"), inlined into work
 *   0x5000       50     72   3  5  in no module
 *   0x6000       10     40   0  6  another main, of libx.so
 *   0x7000        ?     64   0  0  damaged
 *
 *   0x10b0       30     56      1  freed
 *
 * With sample_has_stacks some of them have stacks, of which one is not known:
 *
 *   100  xmalloc, f, work, main at app.c:10, start    0x1000, 0x1030
 *   200  f, work, main at app.c:20, start             0x2000
 *   300  0x9999, cut                                  0x5000, 0x10b0
 *   400  ?                                            0x3000
 *   500  f, work, f, work, main at app.c:10, start    0x4000
 *
 * With sample_has_types 0x1000 and 0x4000 are of class N::A, by two vtables,
 * and 0x6000 is a B<int>.
 */
#ifndef MTR_TESTS_REPORT_SAMPLE_H
#define MTR_TESTS_REPORT_SAMPLE_H

#include <check.h>

#include "base/strbuf.h"
#include "write/writer.h"

extern bool sample_has_stacks, sample_has_types;

/* What the descriptor counts as blocks without a stack. */
extern uint64_t sample_without_stack;

/* A report is asked for with a memory map: all but the last page is there. */
extern bool sample_has_pins;

/* How a report is asked for; NULL, 0: as if nothing was said. */
extern const struct mtr_filter_spec *sample_filter;
extern struct mtr_resident sample_resident;
extern bool sample_short_names, sample_asked_servers;

/* Who holds the block that `why` is about; NULL: not known. */
extern const struct mtr_references *sample_references;

struct mtr_heap_view *sample_create(void);
void sample_destroy(struct mtr_heap_view *s);

/* What @ops makes of each answer; the caller frees it. */
char *sample_report(const struct mtr_writer_ops *ops, enum mtr_by by,
		    enum mtr_sort sort, size_t top, int width);
char *sample_tree(enum mtr_sort sort, size_t top, int width);
char *sample_list(const struct mtr_writer_ops *ops,
		  const struct mtr_filter_spec *spec);
char *sample_gaps(const struct mtr_writer_ops *ops);
char *sample_why(const struct mtr_writer_ops *ops, uint64_t addr);
char *sample_memory(const struct mtr_writer_ops *ops, bool live, int width);
char *sample_info(const struct mtr_writer_ops *ops);

/* Fails with both texts, if they differ. */
void sample_same(char *got, const char *want);

/* A suite of the tests that @add adds; gives the exit status. */
int sample_run(const char *name, void (*add)(TCase *tests));

#endif
