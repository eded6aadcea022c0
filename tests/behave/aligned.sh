# SPDX-License-Identifier: MIT
# Over each allocator that is installed: odd arguments are answered as without
# the library, and aligned blocks are aligned, whatever their size.
. "$MTR_SRC/tests/behave/behave.sh"
TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD=0
export TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD

over() { # ALLOCATOR'S FILE, or none for libc
    MTR_AFTER=$1
    name=$(basename "${1:-libc}")
    plain "$(victim odd_requests)" >"$mtr_tmp/plain" 2>&1
    status=$?
    if [ $status -ge 128 ]; then
        # in glibc 2.31
        echo "skipped: odd_requests over $name: it crashes without the library"
    elif judge "odd_requests over $name, plain" $status; then
        under "$(victim odd_requests)" >"$mtr_tmp/traced" 2>&1 ||
            fail "odd_requests over $name: $?"
        same "odd_requests over $name" "$mtr_tmp/plain" "$mtr_tmp/traced"
    fi
    # mimalloc 2.0.9 misaligns some of its own accord: ours must not
    plain "$(victim aligned_sizes)" >"$mtr_tmp/plain" 2>&1 ||
        echo "$name: misaligns without the library"
    under "$(victim aligned_sizes)" >"$mtr_tmp/traced" 2>&1 ||
        fail "aligned_sizes over $name: $(cat "$mtr_tmp/traced")"
    echo "ok: aligned_sizes over $name"
}

over ""
over "$MTR_BUILD/tests/victims/.libs/next_array.so"
for soname in libjemalloc.so.2 libtcmalloc.so.4 libtcmalloc_minimal.so.4 \
    libmimalloc.so.2 libmimalloc.so.3; do
    file=$(find_library "$soname")
    if [ "$file" ]; then
        over "$file"
    else
        echo "$soname: not installed"
    fi
done
