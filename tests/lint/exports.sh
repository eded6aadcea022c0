#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library exports, with which versions, and how it is linked.
. "$MTR_SRC/tests/lib.sh"
need_preload
need nm readelf

# The interposed functions have no version: nobody's malloc would bind to one.
{
    sed -n 's/^MTR_[A-Z]*(\(.*\))$/\1/p' "$MTR_SRC/src/preload/entry_points.def"
    {
        sed -n 's/^[a-z].*\(malloc_tracer_[a-z]*\)(.*/\1/p' \
            "$MTR_SRC/include/malloc_tracer.h" |
            # in source code alone: a type has the name of the symbol
            sed 's/^malloc_tracer_count$/malloc_tracer_totals/'
        echo malloc_tracer_descriptor
        [ -z "$MTR_COUNTERS" ] || echo TOTAL_ALLOCS TOTAL_ALLOCATED_BYTES
    } | tr ' ' '\n' | sed 's/$/@@MALLOC_TRACER_0.1/'
} | sort >"$mtr_tmp/expected"
[ "$(grep -c . "$mtr_tmp/expected")" -ge 40 ] || fail "no list of exports"

nm -D --defined-only --with-symbol-versions "$MTR_LIB" >"$mtr_tmp/nm" ||
    skip "nm knows no --with-symbol-versions: binutils 2.35 or later"
awk '$2 != "A" { print $3 }' "$mtr_tmp/nm" | sort >"$mtr_tmp/exports"
same "the list of exports" "$mtr_tmp/expected" "$mtr_tmp/exports"

readelf -dlW "$MTR_LIB" >"$mtr_tmp/elf" || fail "readelf"

has() { # WHAT PATTERN
    grep -Eq "$2" "$mtr_tmp/elf" || fail "$1"
}

has "the soname" 'SONAME.*\[libmalloc_tracer\.so\.0\]'
has "no NODELETE: dlclose would leave jumps to nowhere" 'FLAGS_1.*NODELETE'
has "no BIND_NOW" 'FLAGS.*NOW'
has "no RELRO" '^ *GNU_RELRO'
has "the stack is executable" '^ *GNU_STACK .* RW  *0x'
! grep -q TEXTREL "$mtr_tmp/elf" || fail "text relocations"
! grep -Eq ' (RWE|WE) ' "$mtr_tmp/elf" || fail "a segment to write and execute"

grep NEEDED "$mtr_tmp/elf" |
    grep -Ev '\[(libc\.so\.6|libdl\.so\.2|ld-linux-[a-z0-9-]*\.so\.[0-9])\]' &&
    fail "it needs more than libc"

# Initial-exec TLS comes out of a small reserve that dlopen shares.
tls=$(awk '$1 == "TLS" { print $6 }' "$mtr_tmp/elf")
[ -n "$tls" ] || fail "no TLS segment"
[ $((tls)) -le 256 ] || fail "$((tls)) bytes of TLS a thread"
