/* SPDX-License-Identifier: MIT */
/*
 * The sample as the tests of export have it: what holds its blocks, sums of it,
 * and what a format makes of all that.
 */
#ifndef MTR_TESTS_REPORT_EXPORTED_H
#define MTR_TESTS_REPORT_EXPORTED_H

#include "report/profile.h"
#include "sample.h"
#include "write/export.h"

enum { BLOCKS = 8 };

extern struct mtr_heap_view *s;
extern struct mtr_filter_spec spec;
extern struct mtr_filter filter;
extern struct mtr_profile profile;
extern struct mtr_lost_list lost;
extern struct mtr_holders holders;

/* A fixture around each test. */
void setup(void);
void teardown(void);

/* Who holds each block; @tree: and what it retains. */
void hold(bool tree);
/* The sums. */
void make(enum mtr_value value, bool generations);
/* What the format makes of it; the caller frees it. */
char *export(mtr_export_fn *write, enum mtr_value value, size_t *ret_n);

#endif
