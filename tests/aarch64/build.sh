# SPDX-License-Identifier: MIT
# The library, and what its tests need, build for AArch64 without a warning. What
# it makes is for the tests beside it, which make runs afterwards: see lib.sh.

. "$MTR_SRC/tests/lib.sh"

dir=$MTR_BUILD/tests/aarch64
mkdir -p "$dir" || exit 99
rm -f "$dir/skipped" "$dir/qemu"

# The others skip with this.
skip() {
    echo "SKIP: $*" | tee "$dir/skipped"
    exit 77
}

takes_long
need_preload
need aarch64-linux-gnu-gcc make
qemu=
for tool in qemu-aarch64-static qemu-aarch64; do
    ! command -v "$tool" >/dev/null 2>&1 || qemu=$tool
done
[ "$qemu" ] || skip "qemu-aarch64 is not installed"
sysroot=/usr/aarch64-linux-gnu
[ -f "$sysroot/lib/ld-linux-aarch64.so.1" ] || skip "no libc for AArch64"
[ -x "$MTR_SRC/configure" ] || skip "there is no configure to cross-compile"
unset MAKEFLAGS MFLAGS CC CXX CFLAGS CXXFLAGS LDFLAGS
echo 'int main(void) { return 0; }' >"$mtr_tmp/try.c"
aarch64-linux-gnu-gcc -o "$mtr_tmp/try" "$mtr_tmp/try.c" >"$mtr_tmp/log" 2>&1 ||
    skip "aarch64-linux-gnu-gcc makes no program: $(head -n 1 "$mtr_tmp/log")"
"$qemu" -L "$sysroot" "$mtr_tmp/try" >"$mtr_tmp/log" 2>&1 ||
    skip "$qemu runs no program: $(head -n 1 "$mtr_tmp/log")"

# This machine's pkg-config knows this machine's libraries alone.
mkdir -p "$dir/cross" && cd "$dir/cross" || exit 99
[ -f config.status ] || "$MTR_SRC/configure" --host=aarch64-linux-gnu \
    --disable-analyzer --enable-werror PKG_CONFIG=false \
    CFLAGS='-g -O2' CXXFLAGS='-g -O2' >log 2>&1 || {
    rm -f config.status
    ! grep -q 'source directory already configured' log ||
        skip "the source directory is configured itself"
    tail -n 20 log
    fail "configure for AArch64"
}

names="active aligned_data aligned_sizes before_libc calloc_overflow
    calloc_untouched counters_drift dies early_locale early_resolver
    errno_kept first_call foreign fronted half_malloc hint_shared leaky
    literal misaligned next_malloc odd_requests own_malloc plugins pointers
    posix_memalign_fails race realloc_counted reopens signals snapshots
    stack_altstacks stack_damaged stack_passed_fp stack_places stack_signals
    stack_unloads stack_wrong tagged thread_exit usable_fill"
libraries="front_dlsym front_malloc leaky_lib libodd_chunks libsmall_malloc
    next_array next_literal plugin_c stack_plugin_bare stack_plugin_large
    stack_plugin_small"
cxx="all_new cxx_threads odd_new replaced_new stack_shapes stack_shapes_plain
    stack_threads"
! grep -q '^HAVE_CXX_TRUE = #' Makefile || cxx=
targets="examples/hello_world src/preload/libmalloc_tracer.la
    tests/accuracy/check_stacks.la ${cxx:+tests/victims/replace_new.la}"
for name in $names $cxx; do
    targets="$targets tests/victims/$name"
done
for name in $libraries; do
    targets="$targets tests/victims/$name.la"
done
# shellcheck disable=SC2086 # a list
make -k -j2 $targets >log 2>&1 || {
    grep -E 'error|warning|\*\*\*' log | head -n 20
    fail "it does not build for AArch64: see $dir/cross/log"
}
echo "$qemu" >"$dir/qemu"
