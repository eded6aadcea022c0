#!/bin/sh
# SPDX-License-Identifier: MIT
# Marks for indirect branch tracking and shadow stacks (BTI and PAC on AArch64):
# the library has those that the compiler and its flags give to any library, and
# what is written in assembler costs none.
. "$MTR_SRC/tests/lib.sh"
need readelf

marks() { # FILE
    readelf -nW "$1" 2>/dev/null |
        sed -n 's/.*[^ ] feature: *//p' | sed 's/<None>//; /^ *$/d'
}

# shellcheck disable=SC2086 # CC is a list
case $($MTR_CC -dumpmachine) in
aarch64*) protection=-mbranch-protection=standard ;;
*) protection=-fcf-protection=full ;;
esac

compiled() { # FLAG...
    echo "int f(int (*g)(void)); int f(int (*g)(void)) { return g(); }" \
        >"$mtr_tmp/any.c"
    # shellcheck disable=SC2086 # CC and CFLAGS are lists
    $MTR_CC $MTR_CFLAGS -fPIC "$@" "$mtr_tmp/any.c" 2>"$mtr_tmp/err"
}

check_library() {
    compiled -shared -o "$mtr_tmp/any.so" ||
        skip "$MTR_CC makes no shared library: $(cat "$mtr_tmp/err")"
    wanted=$(marks "$mtr_tmp/any.so")
    got=$(marks "$MTR_LIB")
    [ "$got" = "$wanted" ] || fail "the library is marked '$got', not '$wanted'"
    echo "the library: ${got:-no marks, nor has any other}"
}

# Here crt files without marks do not matter.
check_assembler() {
    compiled -c "$protection" -o "$mtr_tmp/any.o" ||
        skip "$MTR_CC does not know $protection"
    wanted=$(marks "$mtr_tmp/any.o")
    # shellcheck disable=SC2086 # CC and CFLAGS are lists
    $MTR_CC $MTR_CFLAGS "$protection" -c -o "$mtr_tmp/debug.o" \
        "$MTR_SRC/src/preload/counters_debug.S" || fail "counters_debug.S"
    got=$(marks "$mtr_tmp/debug.o")
    [ "$got" = "$wanted" ] || fail "assembler is marked '$got', not '$wanted'"
    echo "assembler: ${got:-no marks}"
}

[ -n "${MTR_SANITIZERS-}" ] || check_library
check_assembler
