#!/bin/sh
# SPDX-License-Identifier: MIT
# snapshot_at=, snapshot_signal=, snapshot_file=: what is written, when, and that
# the program notices nothing of it.
. "$MTR_SRC/tests/behave/behave.sh"
[ -x "${MTR_COMMAND-}" ] || skip "the command that reads snapshots was not built"

snapshots=$(victim snapshots)
cd "$mtr_tmp" || exit 99

# The options, then a mode of the victim; files are in a directory of its own.
snap() { # OPTIONS STATUS MODE...
    mtr_options=$1${mtr_quiet:+,$mtr_quiet}
    want=$2
    shift 2
    rm -rf files
    mkdir files
    under "$snapshots" "$@" >out
    status=$?
    [ $status -ne 77 ] || return 0
    [ $status -eq "$want" ] || fail "$*: exit status $status, not $want"
    if ls files/*.part >/dev/null 2>&1; then
        fail "$*: something incomplete is left"
    fi
    echo "ok: $*"
}

count() { # FILES
    # shellcheck disable=SC2012
    found=$(ls files | wc -l)
    [ "$found" -eq "$1" ] || fail "there are $found files, not $1: $(ls files)"
}

# Blocks of the victim's 960 bytes, which nothing but it has.
blocks() { # FILE
    "$MTR_COMMAND" report --json --min-size=960 --max-size=960 "$1" >json ||
        fail "$1 cannot be read"
    grep -q '"warnings":\[\]' json || fail "$1: $(cat json)"
    grep -o '"totals":{"blocks":[0-9]*' json | sed 's/.*://'
}

# At sizes: each once, as soon as the heap spans it.
snap "stacks=8,snapshot_at=8M:32M:1G,snapshot_file=files/%e-%n" 0 grow
count 2
[ "$(stat -c %a files/snapshots-1)" = 600 ] || fail "others may read it"
for pair in 1:8 2:32; do
    n=$(blocks "files/snapshots-${pair%:*}")
    mb=${pair#*:}
    [ "$n" -le $((mb * 1200)) ] && [ "$n" -ge $(((mb - 14) * 1024)) ] ||
        fail "at $mb MB there were $n blocks"
done
"$MTR_COMMAND" report --by=stack files/snapshots-2 >out || fail "no stacks"
grep -q 'grow_quietly' out || fail "no stacks: $(cat out)"

# What does not last spans nothing.
snap "snapshot_at=80M,snapshot_file=files/%n" 0 large
count 1
n=$("$MTR_COMMAND" list --min-size=20M --format=csv files/1 | tail -n +2 | wc -l)
[ "$n" -eq 4 ] || fail "there were $n large blocks, not 4"

# A limit of memory: the snapshot is there before the program ends.
(
    ulimit -v 200000 || exit 77
    snap "stacks=8,snapshot_at=96M,snapshot_file=files/%n" 3 limited
) || fail "limited"
if [ -f files/1 ]; then
    n=$(blocks files/1)
    [ "$n" -gt 80000 ] || fail "the last snapshot has $n blocks"
fi

# A signal: numbers, in the order that they came.
snap "snapshot_signal=10,snapshot_file=files/%p.%n" 0 raised
count 3
for f in files/*.1; do
    first=$(blocks "$f")
    third=$(blocks "${f%.1}.3")
done
[ $((third - first)) -eq 2048 ] || fail "$first blocks, then $third"

# A handler of the program's own is not taken away, nor what it ignores.
snap "snapshot_signal=10,snapshot_file=files/%n" 0 own
count 0
(
    trap '' USR1
    snap "snapshot_signal=10,snapshot_file=files/%n" 0 raised
    count 0
) || fail "ignored signals"

# A child has numbers of its own.
snap "snapshot_signal=10,snapshot_file=files/%p.%n" 0 forks
count 4
child=$(cat out)
[ -f "files/$child.1" ] && [ -f "files/$child.2" ] || fail "$(ls files)"

# Others go on meanwhile.
for options in stacks=0 stacks=8 stacks=1; do
    snap "$options,snapshot_signal=10,snapshot_file=files/%n" 0 threads
    for f in files/*; do
        n=$(blocks "$f")
        [ "$n" -ge 8192 ] || fail "$f has $n of the 8192 blocks"
    done
done
snap "snapshot_at=16M,snapshot_file=files/%n" 0 small_stack
count 1

# What fails is counted, and the program goes on.
snap "snapshot_at=16M,snapshot_file=none/%n" 0 grow
if [ "$(id -u)" -eq 0 ]; then
    mtr_options=snapshot_at=16M,snapshot_file=%n${mtr_quiet:+,$mtr_quiet}
    mkfifo ready
    LD_PRELOAD=$MTR_LIB MALLOC_TRACER_OPTIONS=$mtr_options MTR_TRACED=1 \
        "$snapshots" sandboxed wait >ready &
    mtr_pids=$!
    if read -r line <ready && [ "$line" = ready ]; then
        "$MTR_COMMAND" info "$mtr_pids" >out || fail "info"
        grep -q 'snapshots  *0 written, 1 failed, .*: Operation not permit' out ||
            fail "the failure is not counted: $(cat out)"
    fi
fi
exit 0
