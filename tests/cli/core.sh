#!/bin/sh
# SPDX-License-Identifier: MIT
# Cores that are cut off, of an unknown version, or come without the programs
# that were running: as much of an answer as there is, and a word about it.
. "$MTR_SRC/tests/lib.sh"
need_preload
need gcore
. "$MTR_SRC/tests/cli/lib.sh"

here=$(pwd -P)
cp "$(victim known)" mine
program=$here/mine
start
have_gcore || skip "gcore gives no core here"
stop
awk '{ n[$1]++ } END { for (f in n) print f, n[f] }' truth | sort >want

owners() { # OPTION...
    # below a sysroot there may be no libraries, of which it warns
    "$command" report --format=csv --module=mine "$@" "$core" \
        >answer 2>said || fail "$*: $(cat said)"
    sed 1d answer | awk -F, '{ print $1, $4 }' | sort >got
}

owners
same "as it was" want got

# The program is gone: totals stand, names are module+offset.
mkdir -p "elsewhere$here"
mv mine "elsewhere$here/mine"
"$command" report --format=csv --module=mine "$core" >answer 2>said ||
    fail "without the program: $(cat said)"
grep -q "$here/mine" said || fail "no word of the missing program"
[ "$(sed 1d answer | awk -F, '{ n += $4 } END { print n }')" -eq \
    "$(wc -l <truth)" ] || fail "without the program: other totals"
! sed 1d answer | grep -v '^mine+0x[0-9a-f]*,mine,' ||
    fail "a name without the program"

# where the answer has no place for it, a warning goes to standard error
for format in csv text json chap; do
    "$command" list --format=$format --module=mine "$core" >answer 2>said ||
        fail "list --format=$format: $(cat said)"
    grep -q "^malloc_tracer: .*: warning: .*$here/mine" said ||
        fail "list --format=$format: no warning"
    [ -s answer ] || fail "list --format=$format: no answer"
done
"$command" report --json "$core" >answer 2>said || fail "--json: $(cat said)"
[ ! -s said ] || fail "--json: says what its answer has"
grep -q "\"warnings\":\[\".*$here/mine" answer || fail "--json: no warning"

owners "--sysroot=$here/elsewhere"
same "sysroot" want got
owners "--exe=$here/elsewhere$here/mine"
same "exe" want got

if command -v objcopy >/dev/null 2>&1; then
    objcopy --only-keep-debug "elsewhere$here/mine" mine.debug
    refuses 1 'mine.debug: it is a separate debug file, which has no code: give' \
        report --exe=mine.debug "$core"
fi

# Another program in its place must not lend its names.
cp "$(command -v cat)" mine
"$command" report --format=csv --module=mine "$core" >answer 2>said ||
    fail "with another program: $(cat said)"
grep -q "warning: .*$here/mine" said || fail "no word of the other program"
! sed 1d answer | grep -v '^mine+0x[0-9a-f]*,mine,' ||
    fail "a name from another program"

# Cut off anywhere: an answer with a warning, or no record and why.
size=$(wc -c <"$core")
answers=0
for percent in 0 1 5 20 40 60 80 90 95 98 99; do
    head -c $((size / 100 * percent + 100)) "$core" >part
    if "$command" report --by=generation part >answer 2>said; then
        grep -q '^warning .*cut off' answer || {
            cat answer
            fail "$percent %: no warning"
        }
        answers=$((answers + 1))
    else
        [ "$(wc -l <said)" -eq 1 ] || fail "$percent %: $(cat said)"
        grep -q '^malloc_tracer: part: .*cut off' said ||
            fail "$percent %: $(cat said)"
    fi
done
[ $answers -gt 0 ] || fail "no part of the core was good for an answer"

# An unknown version, wherever the descriptor or a copy of it lies.
grep -abo "$(printf 'malloc_tracer\r')" "$core" | cut -d: -f1 |
    while read -r at; do
        printf '\143' | dd of="$core" bs=1 seek=$((at + 16)) conv=notrunc \
            2>/dev/null
    done
refuses 1 'version 99' report "$core"
