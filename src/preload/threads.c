/* SPDX-License-Identifier: MIT */
/*
 * Whose a thread's state is. See threads.h for the contract.
 */
#include "threads.h"

#include "preload/sys.h"

/*
 * What another process has left us by fork may be in use by the thread that
 * forked, whose number has changed since: hands off.
 */
bool mtr_owner_take(struct mtr_owner *owner)
{
	uint64_t was = atomic_load(&owner->who);
	int pid = mtr_sys_getpid();
	uint64_t self = (uint64_t)pid << 32 | (uint32_t)mtr_sys_gettid();

	if (was != 0 &&
	    ((int)(was >> 32) != pid || mtr_sys_thread_alive(pid, (int)was)))
		return false;
	return atomic_compare_exchange_strong(&owner->who, &was, self);
}
