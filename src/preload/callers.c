/* SPDX-License-Identifier: MIT */
/*
 * Callers by number, and which blocks have more than that. See callers.h.
 */
#include "preload/callers.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

#include "preload/depot.h"
#include "preload/objects.h"

uint64_t mtr_callers_known[1 << MTR_CALLERS_BITS];

/* Mean distance of two sampled bytes. */
static uint64_t mean;

/* No two programs sample alike; the children of a fork do. */
static uint64_t seed;

/* The objects that are runtimes stay, and no others become one. */
MTR_COLD uint32_t mtr_callers_id(uintptr_t pc)
{
	uint64_t known;
	uint32_t id;

	if (mtr_callers_at_hand(pc, &known))
		return known >> MTR_SIZE_BITS;
	id = mtr_depot_caller(pc);
	if (id && !mtr_objects_in_runtime(pc))
		__atomic_store_n(mtr_callers_place(pc),
				 (uint64_t)id << MTR_SIZE_BITS |
					 pc >> MTR_CALLERS_KEY,
				 __ATOMIC_RELAXED);
	return id;
}

void mtr_callers_sample(uint64_t bytes)
{
	const void *random = (const void *)getauxval(AT_RANDOM);

	mean = bytes;
	if (random)
		memcpy(&seed, random, sizeof(seed));
}

/* splitmix64 */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Evenly distributed. */
static uint64_t draw(struct mtr_thread *self)
{
	return mix(self->draws += UINT64_C(0x9e3779b97f4a7c15));
}

/* -log2(@u / 2^64), with 16 bits behind the point, bit by bit. */
static uint64_t minus_log2(uint64_t u)
{
	enum { BITS = 16 };
	int zeros = __builtin_clzll(u | 1);
	uint64_t m = (u | 1) << zeros, log = 0; /* m / 2^63: from 1 to 2 */

	for (int i = 0; i < BITS; i++) {
		__extension__ unsigned __int128 square =
			(unsigned __int128)m * m;
		bool high = square >> 127;

		m = (uint64_t)(square >> (63 + high));
		log = log << 1 | high;
	}
	return ((uint64_t)(1 + zeros) << BITS) - log;
}

/* Bytes to the next sampled one: exponentially distributed. */
static int64_t gap(struct mtr_thread *self)
{
	static const uint64_t ln2 = 45426; /* / 2^16 */
	__extension__ unsigned __int128 bytes =
		(unsigned __int128)minus_log2(draw(self)) * ln2 * mean >> 32;

	return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

bool mtr_callers_is_due(size_t size)
{
	struct mtr_thread *self = &mtr_thread;

	if (unlikely(!self->draws)) {
		static _Atomic uint64_t seeds;

		self->draws = mix(seed + atomic_fetch_add(&seeds, 1)) | 1;
		self->until = mean ? gap(self) : INT64_MAX;
	}
	if (mtr_callers_is_not_due(size))
		return false;
	self->until = mean ? gap(self) : INT64_MAX;
	return mean;
}
