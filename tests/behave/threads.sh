# SPDX-License-Identifier: MIT
# Threads that come and go, and that reach new memory together.

. "$MTR_SRC/tests/behave/behave.sh"

both race
both thread_exit
for allocator in libjemalloc.so.2 libtcmalloc.so.4 'libmimalloc.so.[23]'; do
    MTR_AFTER=$(find_library "$allocator")
    [ -n "$MTR_AFTER" ] || continue
    both race
    both thread_exit
done
