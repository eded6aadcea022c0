#!/bin/sh
# SPDX-License-Identifier: MIT
# Every option, exported function and entry point is named in a man page, every
# configure switch there or in README; what the command takes is in its manual
# and in the completion, and the man pages are well-formed.
. "$MTR_SRC/tests/lib.sh"

cd "$MTR_SRC" || exit 99
for page in libmalloc_tracer.7 malloc_tracer.1 malloc_tracer.3 \
    malloc_tracer-format.5; do
    [ -f "man/$page" ] || fail "man/$page is not there"
done
# without font changes and escaped hyphens
plain() { # PAGE...
    sed 's/\\f\[*[A-Z]*\]*//g; s/\\-/-/g; s/\\_/_/g; s/\\&//g' "$@"
}
plain man/*.[1-8] >"$mtr_tmp/text"

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
sed -n 's/.*\[\(--[a-z]*able-[a-z]*\)\].*/\1/p' configure.ac >"$mtr_tmp/names"
[ -s "$mtr_tmp/names" ] || fail "no switches found"
while read -r name; do
    grep -qwF -e "$name" README "$mtr_tmp/text" || missing="$missing $name"
done <"$mtr_tmp/names"
[ -z "$missing" ] || fail "not in the man pages or README:$missing"

# The addresses of configure.ac.
for address in $(sed -n -e 's/^AC_INIT(.*\[\([^]]*@[^]]*\)\].*/\1/p' \
    -e 's|.*\[\(https://[^]]*\)\]).*|\1|p' configure.ac); do
    addresses=$((${addresses-0} + 1))
    for file in README man/malloc_tracer.1 man/libmalloc_tracer.7; do
        plain "$file" | grep -qF "$address" || missing="$missing $file:$address"
    done
done
[ "${addresses-0}" -eq 2 ] || fail "not two addresses in configure.ac"
[ -z "$missing" ] || fail "not everywhere: $missing"

# The command. tests/cli holds its --help against the same; this is also true
# where it was not built. A subcommand is a section in the manual.
plain man/malloc_tracer.1 >"$mtr_tmp/manual"
commands=$(sed -n 's/^\t[.]name = "\([a-z]*\)",$/\1/p' src/cli/cmd_*.c)
options=$(sed -n 's/.* OPT_[A-Z_]*, "\([a-z-]*\)", .*/--\1/p' src/cli/args.c)
words=$(grep -oh '\[MTR_[A-Z_]*\] = "[a-z]*"' src/cli/args.c \
    src/report/name.c | sed 's/.*"\([a-z]*\)"/\1/')
variables=$(sed -n 's/.*getenv("\([A-Z_]*\)").*/\1/p' src/cli/*.c)
for list in "$commands" "$options" "$words" "$variables"; do
    [ "$(echo "$list" | grep -c .)" -ge 3 ] || fail "only these found: $list"
done

missing=
for name in $commands; do
    grep -qx "[.]SS $name" "$mtr_tmp/manual" || missing="$missing $name"
done
for name in $options $words $variables; do
    grep -qwF -e "$name" "$mtr_tmp/manual" || missing="$missing $name"
done
[ -z "$missing" ] || fail "not in malloc_tracer(1):$missing"

for name in $commands $options $words; do
    grep -qwF -e "$name" completion/malloc_tracer.bash || missing="$missing $name"
done
[ -z "$missing" ] || fail "not in the completion:$missing"

# What blocks are not recorded for has one name everywhere.
reasons=$(sed -n 's/^\t\[MTR_DROP_[A-Z]*\] = { "\([a-z]*\)",.*/\1/p' \
    src/report/name.c)
[ "$(echo "$reasons" | grep -c .)" -ge 3 ] || fail "reasons: $reasons"
for name in $reasons; do
    grep -q "^[.]B $name\$" man/libmalloc_tracer.7 ||
        missing="$missing libmalloc_tracer(7):$name"
    grep -q "^[0-9]*	$name: " man/malloc_tracer-format.5 ||
        missing="$missing malloc_tracer-format(5):$name"
done
[ -z "$missing" ] || fail "reasons not in:$missing"

# On a terminal of 80 columns. groff needs its tbl for that, and may lack it.
if command -v groff >/dev/null 2>&1 && command -v tbl >/dev/null 2>&1; then
    for page in man/*.[1-8]; do
        { groff -man -t -Tutf8 -rLL=80n -ww "$page" >/dev/null; } 2>&1
    done >"$mtr_tmp/groff"
    ! grep -A1 . "$mtr_tmp/groff" || fail "groff"
fi
command -v mandoc >/dev/null 2>&1 || exit 0
mandoc -Tlint -W warning man/*.[1-8] || fail "mandoc"
