# SPDX-License-Identifier: MIT
# The walkthrough of README: a core of hello_world, read with nothing but gdb.

. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/install/hello.sh"

need_preload
need gdb gcore

says() { # PATTERN
    grep -Eq "$1" "$mtr_tmp/out" || {
        cat "$mtr_tmp/out"
        fail "gdb does not say \"$1\""
    }
}

# `print` of a variable that is not there would end the others.
gdb_script() {
    if [ "${MTR_COUNTERS-}" ]; then
        echo 'print TOTAL_ALLOCS'
        echo 'print TOTAL_ALLOCATED_BYTES'
    fi
    echo "x/s ${bigs##* }"
    echo "x/5xg $s19"
    echo "info symbol *(long *)($s19 + 24)"
    echo "x/dg $s19-8"
}

# A core of the program, and what gdb says to the script.
ask_gdb() { # PROGRAM SCRIPT-FUNCTION
    hello_start "$1"
    hello_core || skip "gcore: $(tail -n 1 "$mtr_tmp/gcore.log")"
    hello_stop "$1"
    "$2" >"$mtr_tmp/script"
    gdb -nx -q -batch -x "$mtr_tmp/script" "$MTR_BUILD/examples/$1" "$core" \
        >"$mtr_tmp/out" 2>&1 || {
        cat "$mtr_tmp/out"
        fail "gdb: exit status $?"
    }
    rm -f "$core"
}

walk() { # PROGRAM
    ask_gdb "$1" gdb_script
    says ':	"big10Mb[.] A lot of data"$'
    says "^$s19:	0x6d2061206d612049	0x7463757274735f79$"
    says '	0x0000000000003931	0x0000[0-9a-f]{12}$'
    says ':	0x0000000000000013$'
    says '^main [+] [0-9]+ in section [.]text'
    says ':	49$'
    [ "${MTR_COUNTERS-}" ] && [ "$1" = hello_world ] || return 0
    says '^[$]1 = 4$'
    says '^[$]2 = 115343419$'
}

hello_each walk

# The same with a record of one word, as libmalloc_tracer(7) has it.
short_script() {
    cat <<END
set \$w = *(unsigned long *)($s19 + 40 - 8)
print \$w & 0xffffffffff
set \$depot = *(char **)((char *)&malloc_tracer_descriptor + 40)
set \$n = \$w >> 40
set \$node = *(char **)(\$depot + 8 + 8 * (\$n >> 17)) + 16 * (\$n & 131071)
info symbol *(unsigned long *)\$node
set \$n = *(unsigned int *)(\$node + 8)
print \$n < 16
END
}

walk_short() { # PROGRAM
    ask_gdb "$1" short_script
    says '^[$]1 = 19$'
    says '^main [+] [0-9]+ in section [.]text'
    says "^[\$]2 = $only$"
}

MALLOC_TRACER_OPTIONS=stacks=1
export MALLOC_TRACER_OPTIONS
only="(1|true)"
hello_each walk_short
MALLOC_TRACER_OPTIONS=stacks=8
only="(0|false)"
hello_each walk_short
