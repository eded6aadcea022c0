/* SPDX-License-Identifier: MIT */
/*
 * The unwind information of an address: which object it lies in, and what that
 * object's .eh_frame says of it.
 *
 * Any thread, signal handlers included; allocates nothing. objects.h says when
 * a lock is taken.
 */
#ifndef MTR_PRELOAD_CFI_OBJECT_H
#define MTR_PRELOAD_CFI_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/cfi_bytes.h"
#include "preload/objects.h"

/* What a CIE says, for many FDEs. */
struct mtr_cie {
	struct mtr_bytes program;
	uint64_t code_align;
	int64_t data_align;
	uint8_t fde_encoding;
	bool augmented, signal;
};

/* What an FDE says, for one function. */
struct mtr_fde {
	struct mtr_cie cie;
	struct mtr_bytes program; /* goes on where the CIE's ends */
	uint64_t start;
	uint64_t data; /* base of datarel pointers */
};

/*
 * The FDE that covers @pc. False: none does. *@kind is about the object that
 * @pc lies in, with an FDE or without.
 */
bool mtr_fde_find(uint64_t pc, struct mtr_fde *ret, enum mtr_object_kind *kind);

#endif
