/* SPDX-License-Identifier: MIT */
/*
 * What the suites of core files share: an empty core, and memory put into it.
 * Include after <check.h>.
 */
#ifndef MTR_TESTS_CORE_FIXTURE_H
#define MTR_TESTS_CORE_FIXTURE_H

#include "core_builder.h"
#include "suite.h"

enum { RX = PF_R | PF_X, RW = PF_R | PF_W };

static struct core *core;

static void setup(void)
{
	core = core_create(EM_X86_64);
}

static void teardown(void)
{
	core_destroy(core);
}

static void add(uint64_t addr, uint64_t bytes, int prot, const char *path)
{
	core_add(core, &(struct core_range){ .addr = addr,
					     .bytes = bytes,
					     .prot = prot,
					     .path = path });
}

#endif
