#!/bin/sh
# SPDX-License-Identifier: MIT
# `malloc-tracer WHAT` in gdb says what the command says, of a core and of a process
# that gdb has stopped, with its errors.
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/gdb/lib.sh"

check() { # GDB-ARGUMENT...
    gdb_asks "$@" <<-'END'
	malloc-tracer report
	malloc-tracer report --json --by=root
	malloc-tracer list --format=csv --min-size=41
	malloc-tracer leaks
	malloc-tracer memory --json
	malloc-tracer info
	malloc-tracer report --sort pins
	malloc-tracer report --by=nonsense
	malloc-tracer list --module="no such"
	malloc-tracer list --free
	malloc-tracer report --help
	malloc-tracer frobnicate
	END
    has 1 '^ *110\.0 MiB 100\.0%  *4 .*  main  \[hello_world\]$'
    has 2 '"command":"report",.*"by":"root"'
    # or in registers, where clang keeps them
    has 2 '^{"key":"[a-z]* of thread [0-9]* (hello_world)",.*"blocks":[1-4]'
    [ "$(grep -c '^0x' "$mtr_tmp/answer.3")" -eq 2 ] || fail "$what: not two blocks"
    has 4 '^definite  *0 blocks, 0 bytes$'
    has 5 '"command":"memory",.*"resident":[1-9]'
    has 6 '^options  *stacks=1'
    has 7 '^pinned '
    has 8 "malloc_tracer: .*nonsense"
    has 8 '(exit status 2)$'
    has 9 "0 blocks"
    has 10 '^[0-9]* pieces of free heap, '
    has 11 '^Usage: malloc_tracer report '
    has 12 'Undefined malloc-tracer command'
}

# The core that gdb writes is that of the moment, is written once for it, and goes.
# Of a program whose variables alone hold its blocks.
check_moment() {
    what=moment
    mkfifo "$mtr_tmp/to" "$mtr_tmp/from" || exit 99
    exec 5<>"$mtr_tmp/to" 6<>"$mtr_tmp/from"
    "$MTR_COMMAND" run "$(victim grows)" <&5 >&6 2>"$mtr_tmp/errors" 5<&- 6<&- &
    grows=$!
    mtr_pids="$mtr_pids $grows"
    read -r word _ <&6
    [ "$word" = ready ] || fail "grows: $word $(cat "$mtr_tmp/errors")"
    gdb_asks -p "$grows" <<-'END'
	malloc-tracer leaks
	shell ls -d $TMPDIR/*
	malloc-tracer leaks
	shell ls -d $TMPDIR/*
	set variable steady_blocks[20] = 0
	malloc-tracer leaks
	malloc-tracer why steady_blocks[21]
	shell ls $TMPDIR
	set variable steady_blocks[22] = 0
	shell ls $TMPDIR
	malloc-tracer leaks
	shell ls $TMPDIR
	continue &
	shell ls $TMPDIR
	END
    has 1 '^definite  *0 blocks, 0 bytes$'
    cmp "$mtr_tmp/answer.2" "$mtr_tmp/answer.4" || fail "it was written twice"
    [ "$(sed -n '$=' "$mtr_tmp/answer.4")" -eq 1 ] || fail "two cores"
    has 6 '^definite  *1 block, 200 bytes$'
    has 7 '^held by  *global steady_blocks '
    has 8 .
    has_not 10 malloc_tracer
    has 12 malloc_tracer
    has_not 14 malloc_tracer
}

# Warnings do not get lost; a command that is not there, or is another thing.
check_wrong() {
    what=wrong
    gdb_asks "$hello" <<-END
	malloc-tracer report
	malloc-tracer report --help
	core-file $core
	malloc-tracer list --exe=/bin/sh
	set malloc-tracer command $mtr_tmp/none
	malloc-tracer list
	show malloc-tracer command
	END
    has 1 'There is neither a core nor a process'
    has 2 '^Usage: malloc_tracer report '
    has 4 'malloc_tracer: .*: warning: .*build-id'
    has 4 '^4 blocks, '
    has 6 'malloc_tracer cannot be run: .*/none'
    has 7 "^malloc_tracer is $mtr_tmp/none\.$"
}

hello_start hello_world "$MTR_COMMAND" run
on_both check
if [ -f "${core-}" ]; then check_wrong; fi
if gdb -nx -batch -p "$mtr_pids" -ex 'print 6 * 7' 2>&1 | grep -q '= 42'; then
    check_moment
fi
