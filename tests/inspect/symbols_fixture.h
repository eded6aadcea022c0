/* SPDX-License-Identifier: MIT */
/*
 * What the suites of symbols share: programs that are compiled when a suite
 * starts, a target made by hand in which a test maps them, and what is found
 * there.
 */
#ifndef MTR_TESTS_SYMBOLS_FIXTURE_H
#define MTR_TESTS_SYMBOLS_FIXTURE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/symbols.h"

/* Where tests put a program. */
static const uint64_t bias = UINT64_C(0x555555000000);

extern struct mtr_target *target;
extern struct mtr_symbols *symbols;
extern struct mtr_frames frames;

/* ---------------------------------------------------------------- programs */

/* What the programs are compiled from. */
extern char source[512], source_cxx[512];

/* Run it; if it fails, the suite ends. */
__attribute__((format(printf, 1, 2))) void shell(const char *format, ...);
const char *env(const char *name, const char *otherwise);
/* Of a program, or of what else is there. Good for three more calls. */
const char *path_of(const char *name);
/* At exit, of the process that compiled them alone. */
void remove_programs(void);
/* Where @name's call with @tag returns to, as the file has it. */
uint64_t address_of(const char *name, const char *tag);

/* ----------------------------------------------------------------- fixture */

void setup(void);
void teardown(void);

void open_with(struct mtr_symbols_options options);
/* @pc into frames; without options if open_with was not called. */
void resolve(uint64_t pc);

void has_frame(size_t i, const char *function, const char *tag);
/* One frame of a module, with nothing else known. */
void has_no_name(void);
/* Just @n warnings, each with both parts. */
void has_warnings(size_t n, const char *part, const char *other);
/* The three of the call that is inlined twice. */
void has_all_frames(void);
/* The same, and no warning. */
void has_whole_chain(void);

/* Compile the programs, and run. @name is that of their folder. */
int run_symbols(Suite *suite, const char *name);

#endif
