#!/bin/sh
# SPDX-License-Identifier: MIT
# `mark` starts a generation, and the filters find its blocks.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

blocks() { # OPTION...
    ask list --format=csv --module=known "$@" "$pid"
    sed 1d answer | awk -F, '{ print $5, $1, $2, $3 }' | sort
}

start
ask info "$pid"
grep -q '^generation *0$' answer || fail "it does not begin with 0"
sort truth >before
ask mark "$pid"
grep -qxF "generation 1 begins; 'malloc_tracer report --generation=1- $pid'\
 shows what is allocated from now on" answer ||
    fail "the first mark prints $(cat answer)"
: >truth
more
sort truth >after
[ "$(wc -l <after)" -eq 40 ] || fail "no second batch"

blocks --generation=0 >got
same "generation 0" before got
blocks --generation=1 >got
same "generation 1" after got
blocks --generation=0-1 >got
sort before after >both
same "both" both got
blocks --generation=2- >got
[ ! -s got ] || fail "there are blocks of the future"
blocks --function='^la' >got
same "by function" after got
blocks --min-size=501 --max-size=510 >got
awk '$3 >= 501 && $3 <= 510' both >want
same "by size" want got
[ -s want ] || fail "no block of such a size"

ask report --by=generation --format=csv --module=known "$pid"
grep -q '^1,,[0-9]*,40,' answer || fail "$(cat answer)"

# There is an end to it.
i=1
while [ $i -lt 122 ]; do
    i=$((i + 1))
    ask mark "$pid"
    grep -q "^generation $i begins; .*--generation=$i- " answer ||
        fail "mark $i prints $(cat answer)"
done
refuses 1 "$pid: generation 122 is the last one" mark "$pid"
if have_gcore; then
    refuses 1 "only a live process" mark "$core"
fi
stop
