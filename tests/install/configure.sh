# SPDX-License-Identifier: MIT
# configure says plainly where the library cannot work.

. "$MTR_SRC/tests/lib.sh"

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
