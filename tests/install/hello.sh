# SPDX-License-Identifier: MIT
# Sourced after tests/lib.sh: a hello_world that runs traced.

# Leaves its two lines in $structs and $bigs, the address of my_struct19 in $s19,
# its pid in $mtr_pids. The lines come through a fifo: no sleep waits for them.
hello_start() { # PROGRAM [COMMAND-THAT-RUNS-IT...]
    hello=$MTR_BUILD/examples/$1
    shift
    [ $# -gt 0 ] || set -- env LD_PRELOAD="$MTR_LIB"
    mkfifo "$mtr_tmp/fifo"
    "$@" "$hello" >"$mtr_tmp/fifo" &
    mtr_pids=$!
    exec 3<"$mtr_tmp/fifo"
    if ! read -r structs <&3 || ! read -r bigs <&3; then
        fail "$hello ended without a word"
    fi
    rm "$mtr_tmp/fifo"
    s19=${structs#my_struct19 is }
    s19=${s19%%;*}
}

# Leaves a core in $core. False: none can be had here.
hello_core() {
    core=$mtr_tmp/core.$mtr_pids
    command -v gcore >/dev/null 2>&1 &&
        gcore -o "$mtr_tmp/core" "$mtr_pids" >"$mtr_tmp/gcore.log" 2>&1
}

hello_stop() { # PROGRAM
    kill -INT "$mtr_pids"
    wait "$mtr_pids" || fail "$1: exit status $? after SIGINT"
    mtr_pids=
    exec 3<&-
}

# main owns its four blocks, and no byte more or less. A C++ runtime may have
# blocks of its own.
hello_report() { # COMMAND PROGRAM TARGET
    "$1" report "$3" || fail "report $3: exit status $?"
    "$1" report --json "$3" >"$mtr_tmp/report" || fail "report --json $3"
    grep -q "\"key\":\"main\",\"module\":\"$2\",\"bytes\":115343419,\"blocks\":4," \
        "$mtr_tmp/report" || fail "main: $(cat "$mtr_tmp/report")"
    [ "$2" != hello_world ] ||
        grep -q '"totals":{"blocks":4,"bytes":115343419,' "$mtr_tmp/report" ||
        fail "totals: $(head -n 1 "$mtr_tmp/report")"
}

# Do this for C's and, where it was built, C++'s.
hello_each() { # FUNCTION
    for program in hello_world hello_world_cxx; do
        [ -x "$MTR_BUILD/examples/$program" ] || continue
        echo "$program:"
        "$1" "$program"
    done
}
