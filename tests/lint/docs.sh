#!/bin/sh
# SPDX-License-Identifier: MIT
# Every option, exported function and entry point is named in a man page, every
# configure switch there or in README, and the man pages are well-formed.
. "$MTR_SRC/tests/lib.sh"

cd "$MTR_SRC" || exit 99
for page in libmalloc_tracer.7 malloc_tracer.3 malloc_tracer-format.5; do
    [ -f "man/$page" ] || fail "man/$page is not there"
done
# without font changes and escaped hyphens
sed 's/\\f\[*[A-Z]*\]*//g; s/\\-/-/g; s/\\_/_/g; s/\\&//g' \
    man/*.[1-8] >"$mtr_tmp/text"

{
    sed -n 's/.*word_is(key, "\([a-z]*\)").*/\1/p' src/preload/options.c
    sed -n 's/^MTR_[A-Z]*(\(.*\))$/\1/p' src/preload/entry_points.def |
        grep -v '^_Z'
    sed -n 's/^[a-z].*\(malloc_tracer_[a-z]*\)(.*/\1/p' include/malloc_tracer.h
    echo MALLOC_TRACER_OPTIONS malloc_tracer_descriptor TOTAL_ALLOCS \
        TOTAL_ALLOCATED_BYTES "operator new" "operator delete" | tr ' ' '\n'
} >"$mtr_tmp/names"
[ "$(grep -c . "$mtr_tmp/names")" -ge 30 ] || fail "no names found"

missing=
while read -r name; do
    grep -qwF -e "$name" "$mtr_tmp/text" || missing="$missing $name"
done <"$mtr_tmp/names"
[ -z "$missing" ] || fail "not in the man pages:$missing"

# README has the switches that change nothing about the library as well.
missing=
sed -n 's/.*\[\(--enable-[a-z]*\)\].*/\1/p' configure.ac >"$mtr_tmp/names"
[ -s "$mtr_tmp/names" ] || fail "no switches found"
while read -r name; do
    grep -qwF -e "$name" README "$mtr_tmp/text" || missing="$missing $name"
done <"$mtr_tmp/names"
[ -z "$missing" ] || fail "not in the man pages or README:$missing"

command -v mandoc >/dev/null 2>&1 || exit 0
mandoc -Tlint -W warning man/*.[1-8] || fail "mandoc"
