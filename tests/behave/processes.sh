# SPDX-License-Identifier: MIT
# fork, vfork, clone, exec, posix_spawn; signals in the middle of malloc.

. "$MTR_SRC/tests/behave/behave.sh"

both forks
both spawns
both signals
for allocator in libjemalloc.so.2 libtcmalloc.so.4 'libmimalloc.so.[23]'; do
    MTR_AFTER=$(find_library "$allocator")
    [ -n "$MTR_AFTER" ] || continue
    both spawns
    both signals
done
