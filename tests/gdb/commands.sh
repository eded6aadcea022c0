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
    has 2 '^{"key":"stack of thread [0-9]* (hello_world)",.*"blocks":4'
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
check_moment() {
    what=moment
    gdb_asks -p "$mtr_pids" <<-'END'
	malloc-tracer leaks
	malloc-tracer leaks
	shell ls -d $TMPDIR/*
	frame function main
	set variable s19 = 0
	malloc-tracer leaks
	malloc-tracer why big10Mb
	shell ls $TMPDIR
	set variable s40 = 0
	shell ls $TMPDIR
	END
    has 1 '^definite  *0 blocks, 0 bytes$'
    [ "$(sed -n '$=' "$mtr_tmp/answer.3")" -eq 1 ] || fail "two cores"
    has 6 '^definite  *1 block, 19 bytes$'
    has 7 '^held by '
    has 8 .
    has_not 10 malloc_tracer
}

# Warnings do not get lost; a command that is not there, or is another thing.
check_wrong() {
    what=wrong
    gdb_asks "$hello" <<-END
	malloc-tracer report
	core-file $core
	malloc-tracer list --exe=/bin/sh
	set malloc-tracer command $mtr_tmp/none
	malloc-tracer list
	show malloc-tracer command
	END
    has 1 'There is neither a core nor a process'
    has 3 'malloc_tracer: .*: warning: .*build-id'
    has 3 '^4 blocks, '
    has 5 'malloc_tracer cannot be run: .*/none'
    has 6 "^malloc_tracer is $mtr_tmp/none\.$"
}

hello_start hello_world "$MTR_COMMAND" run
on_both check
if [ -f "${core-}" ]; then check_wrong; fi
if gdb -nx -batch -p "$mtr_pids" -ex 'print 6 * 7' 2>&1 | grep -q '= 42'; then
    check_moment
fi
