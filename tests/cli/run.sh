#!/bin/sh
# SPDX-License-Identifier: MIT
# `run`: the environment it makes, and the exit status it hands on.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
unset MALLOC_TRACER_OPTIONS

status() { # WANT ARGUMENT...
    want=$1
    shift
    "$command" run "$@" >answer 2>said
    got=$?
    [ "$got" -eq "$want" ] || {
        cat said
        fail "run $*: exit $got, not $want"
    }
}

has_line() { # LINE
    grep -qxF -- "$1" answer || {
        cat answer
        fail "there is no line '$1'"
    }
}

status 0 env
has_line "LD_PRELOAD=$MTR_LIB"
has_line "MALLOC_TRACER_OPTIONS=stacks=1"

status 0 -o frees=1 env
has_line "MALLOC_TRACER_OPTIONS=stacks=1,frees=1"
MALLOC_TRACER_OPTIONS=frees=0
LD_PRELOAD=libc.so.6
export MALLOC_TRACER_OPTIONS LD_PRELOAD
status 0 -o frees=1 -- env
unset MALLOC_TRACER_OPTIONS LD_PRELOAD
has_line "LD_PRELOAD=$MTR_LIB:libc.so.6"
has_line "MALLOC_TRACER_OPTIONS=stacks=1,frees=0,frees=1"

status 0 -s env
has_line "MALLOC_TRACER_OPTIONS=stacks=1,stacks=32"
status 0 -s8 env
has_line "MALLOC_TRACER_OPTIONS=stacks=1,stacks=8"
status 0 -s64 -o frees=1 -- env
has_line "MALLOC_TRACER_OPTIONS=stacks=1,stacks=64,frees=1"
for depth in 65 -1 x 1x; do
    refuses 2 "-s: invalid value '$depth' (a number from 0 to 64, .*)" \
        run "-s$depth" env
done

# The program's own options are its own.
status 0 printf '%s|' -o --help '' 'a b'
[ "$(cat answer)" = '-o|--help||a b|' ] || fail "arguments: $(cat answer)"
status 7 sh -c 'exit 7'

status 127 ./nosuch
grep -q '^malloc_tracer: \./nosuch: ' said || fail "$(cat said)"
status 127 no-such-program-anywhere
: >plain
status 126 ./plain
status 126 /

# Without a word about it, the library that was built with the command.
unset MALLOC_TRACER_LIBRARY
case $command in
"$MTR_BUILD"/*)
    status 0 env
    has_line "LD_PRELOAD=$MTR_BUILD/src/preload/.libs/libmalloc_tracer.so"
    ;;
esac

export MALLOC_TRACER_LIBRARY
MALLOC_TRACER_LIBRARY=$mtr_tmp/nosuch
refuses 1 'nosuch: No such file' run true
# The loader would search for a name without a slash.
cp "$MTR_LIB" beside.so
MALLOC_TRACER_LIBRARY=beside.so
status 0 env
has_line "LD_PRELOAD=$(pwd -P)/beside.so"
mkdir -p one/two
(cd one/two && MALLOC_TRACER_LIBRARY=../../beside.so "$command" run env) >answer
has_line "LD_PRELOAD=$(pwd -P)/one/two/../../beside.so"
mkdir 'a b'
cp "$MTR_LIB" 'a b/lib.so'
MALLOC_TRACER_LIBRARY='a b/lib.so'
refuses 1 'colon or a space' run true
