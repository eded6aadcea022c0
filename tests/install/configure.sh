# SPDX-License-Identifier: MIT
# configure says plainly where the library cannot work, and what the command
# will lack.

. "$MTR_SRC/tests/lib.sh"
takes_long

refuses() { # HOST
    (cd "$mtr_tmp" && "$MTR_SRC/configure" --host="$1") >"$mtr_tmp/out" 2>&1 &&
        fail "configure takes $1"
    grep '^configure: error: ' "$mtr_tmp/out" >"$mtr_tmp/error"
    grep "malloc_tracer runs on GNU/Linux.*, not on $1" "$mtr_tmp/error" ||
        fail "$1: $(tail -n 1 "$mtr_tmp/out")"
}

refuses x86_64-pc-linux-musl
refuses x86_64-pc-linux-gnux32
refuses i686-pc-linux-gnu
refuses riscv64-unknown-linux-gnu
refuses x86_64-unknown-freebsd14

# C++ names stay mangled only where configure has said so.
[ -x "$MTR_COMMAND" ] || exit 0
(cd "$mtr_tmp" && "$MTR_SRC/configure" CC="$MTR_CC" \
    ac_cv_lib_iberty_cplus_demangle_v3_callback=no) >"$mtr_tmp/out" 2>&1 ||
    fail "configure without libiberty: $(tail -n 1 "$mtr_tmp/out")"
grep -q 'names in C++ *mangled, for want of libiberty' "$mtr_tmp/out" ||
    fail "the summary says nothing of names in C++"
grep -q '^configure: WARNING: .*libiberty.*mangled' "$mtr_tmp/out" ||
    grep -A1 '^configure: WARNING: .*libiberty' "$mtr_tmp/out" |
    grep -q mangled || fail "no warning that C++ names stay mangled"
