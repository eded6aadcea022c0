/* SPDX-License-Identifier: MIT */
/* Of two numbers. */
#ifndef MTR_BASE_NUMBER_H
#define MTR_BASE_NUMBER_H

#include <stdint.h>

static inline uint64_t mtr_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t mtr_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
