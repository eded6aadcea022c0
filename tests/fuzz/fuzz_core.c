/* SPDX-License-Identifier: MIT */
/* A fuzzer of the core reader: the input is the file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n)
		fuzz_run(fuzz_map(data, n), mtr_target_core_open);
	return 0;
}
