#!/bin/sh
# SPDX-License-Identifier: MIT
# Short names on a terminal and where they are asked for, full ones elsewhere;
# of wrappers inlined into each other one line.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
program=$(victim named_cxx)
[ -x "$program" ] || skip "there is no C++ compiler"

run_options=-s
start
full='Cache<std::vector<int, std::allocator<int> > >::fill('
short='Cache::fill('

for format in text json csv; do
    ask report --format=$format "$pid"
    has "$full"
    ask report --format=$format --names=full "$pid"
    has "$full"
    ask report --format=$format --names=short "$pid"
    has "$short"
    ! grep -qF "$full" answer || fail "$format: full in spite of --names=short"
done
# two functions that have the same short name keep the full one
has 'Twin<char>::take('
has 'Twin<long>::take('
ask list --names=short "$pid"
has "$short"
ask report --by=stack --names=short "$pid"
has "$short"
! grep -q '<' answer || fail "by stack: $(grep '<' answer)"
! grep -q 'Cache<.*' answer || fail "by stack: full"
# a filter is about the full name, whatever is shown
ask report --names=short --function='Cache<std::vector' "$pid"
has "$short"

# vector's own functions are one line, with how many there are
ask why "$pid" "$(awk '$1 == "vector" { print $2; exit }' truth)"
sed -n '/^allocated by/,/^mapping/p' answer | grep -v '^mapping' >lines
[ "$(grep -c '^[a-z ]*  std::' lines)" -eq 1 ] || {
    cat lines
    fail "not one line of std::"
}
grep -q ', with [0-9]* wrappers* inlined' lines || {
    cat lines
    fail "no word of what is folded"
}
ask report --by=stack --names=full --top=0 "$pid"
! grep -q '_M_allocate\|allocator_traits' answer || {
    cat answer
    fail "by stack: inner functions of std::"
}
ask report --by=stack --json "$pid"
has '"function":"std::.*_M_allocate'

if command -v script >/dev/null 2>&1 &&
    script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "env TERM=xterm '$command' report $pid" /dev/null \
        </dev/null | tr -d '\r' >answer
    has "$short"
    script -qec "env TERM=xterm '$command' report --names=full $pid" /dev/null \
        </dev/null | tr -d '\r' >answer
    has 'Cache<std::'
    script -qec "env TERM=xterm '$command' report --json $pid" /dev/null \
        </dev/null | tr -d '\r' >answer
    has "$full"
else
    echo "no script(1): not tried on a terminal"
fi
stop
