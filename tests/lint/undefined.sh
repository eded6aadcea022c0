#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library takes from libc: what neither allocates, nor locks, nor
# prints. A name that is new here has to be thought about before it is added.
. "$MTR_SRC/tests/lib.sh"
need_preload
need nm

# time: snapshots. _r_debug: the list of objects.
# pthread_key_*, pthread_setspecific: whose a thread's state is; a key that is
# made early needs no lock and no memory. __register_atfork: takes a lock, in the
# constructor.
cat >"$mtr_tmp/allowed" <<'END'
_ITM_deregisterTMCloneTable
_ITM_registerTMCloneTable
__cxa_finalize
__gmon_start__
__environ
_environ
environ
__errno_location
__libc_single_threaded
__register_atfork
bcmp
_r_debug
getauxval
getpagesize
memchr
memcmp
memcpy
memmove
memrchr
memset
strcmp
pthread_key_create
pthread_key_delete
pthread_setspecific
strcspn
strlen
strncmp
strrchr
time
END

nm -D --undefined-only "$MTR_LIB" |
    sed 's/.* //; s/@.*//' | sort -u >"$mtr_tmp/undefined"
grep -qx memcpy "$mtr_tmp/undefined" || fail "nm did not answer"
sort -u "$mtr_tmp/allowed" | comm -13 - "$mtr_tmp/undefined" >"$mtr_tmp/new"
[ -s "$mtr_tmp/new" ] || exit 0
cat "$mtr_tmp/new"
fail "these are not on the list"
