#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the command takes an address gdb's script takes gdb's expressions; and
# $mtr_why.
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/gdb/lib.sh"

check() { # GDB-ARGUMENT...
    gdb_asks "$@" <<-END
	frame function main
	malloc-tracer why s19
	malloc-tracer why $s19
	malloc-tracer why &s19->text[2] --json
	malloc-tracer why --top=3 --json *s40
	set \$p = (long) s40
	malloc-tracer why \$p + 1
	malloc-tracer why line
	malloc-tracer why no_such_thing
	malloc-tracer why *(char **) 8
	malloc-tracer why 1.5 +
	malloc-tracer why
	print \$mtr_why(s19)
	print \$mtr_why(&s40->text[39])
	print \$mtr_why(0)
	print \$_isvoid(\$mtr_why(&line))
	print \$mtr_why(big10Mb - 1)
	END
    has 2 "^$s19 is the start of a live block$"
    has 2 '^allocated by  main at .*hello_world\.c:52 '
    has 2 '^held by '
    has_not 2 'not known'
    has 3 "^$s19 is the start of a live block$"
    has 4 "^{\"schema\":1,\"command\":\"why\",.*\"addr\":\"$s19\",.*\"offset\":2,"
    has 5 '^{"schema":1,.*"state":"live","size":40,.*"offset":0,'
    has 7 'is 1 bytes* into a live block$'
    has 8 '^global  *line  \[hello_world\]'
    has 9 "malloc_tracer: .*'no_such_thing' is neither"
    has 10 '^Cannot access memory at address 0x8$'
    has_not 10 Python
    has 11 .
    has_not 11 malloc_tracer
    has 12 'an address or expression is needed'
    has 13 '= "main"$'
    has 14 '= "main"$'
    has 15 '= void$'
    has 16 '= 1$'
    has 17 '= void$'
}

hello_start hello_world "$MTR_COMMAND" run
on_both check
