# SPDX-License-Identifier: MIT
# Over each allocator that is installed: odd arguments are answered as without
# the library, and aligned blocks are aligned, whatever their size.
. "$MTR_SRC/tests/lib.sh"
need_preload
MALLOC_TRACER_OPTIONS=${MTR_DEBUG:+log=/dev/null}
TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD=0
export MALLOC_TRACER_OPTIONS TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD

over() { # ALLOCATOR'S FILE, or none for libc
    MTR_AFTER=$1
    name=$(basename "${1:-libc}")
    LD_PRELOAD=$1 "$(victim odd_requests)" >"$mtr_tmp/plain" 2>&1 ||
        fail "odd_requests over $name, without the library: $?"
    traced "$(victim odd_requests)" >"$mtr_tmp/traced" 2>&1 ||
        fail "odd_requests over $name: $?"
    same "odd_requests over $name" "$mtr_tmp/plain" "$mtr_tmp/traced"
    # mimalloc 2.0.9 misaligns some of its own accord: ours must not
    LD_PRELOAD=$1 "$(victim aligned_sizes)" >"$mtr_tmp/plain" 2>&1 ||
        echo "$name: misaligns without the library"
    traced "$(victim aligned_sizes)" >"$mtr_tmp/traced" 2>&1 ||
        fail "aligned_sizes over $name: $(cat "$mtr_tmp/traced")"
}

over ""
for soname in libjemalloc.so.2 libtcmalloc.so.4 libtcmalloc_minimal.so.4 \
    libmimalloc.so.2 libmimalloc.so.3; do
    file=$(find_library "$soname")
    if [ "$file" ]; then
        over "$file"
    else
        echo "$soname: not installed"
    fi
done
