/* SPDX-License-Identifier: MIT */
/*
 * The secret of this process's hashes. See map.h.
 */
#include "base/map.h"

#include <sys/auxv.h>

/* What stands here is for where the kernel gives no random bytes. */
uint64_t mtr_hash_secret[2] = { UINT64_C(0xa0761d6478bd642f),
				UINT64_C(0xe7037ed1a0b428db) };

__attribute__((constructor)) static void draw_secret(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);

	if (random)
		memcpy(mtr_hash_secret, random, sizeof(mtr_hash_secret));
	/* a factor of many zeros would mix badly */
	mtr_hash_secret[1] |= UINT64_C(0x8000000100000001);
}
