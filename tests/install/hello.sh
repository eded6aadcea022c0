# SPDX-License-Identifier: MIT
# Sourced after tests/lib.sh: a hello_world that runs traced.

# Leaves its two lines in $structs and $bigs, its pid in $mtr_pids. They come
# through a fifo: no line is waited for with sleep.
hello_start() { # PROGRAM
    mkfifo "$mtr_tmp/fifo"
    LD_PRELOAD=$MTR_LIB "$MTR_BUILD/examples/$1" >"$mtr_tmp/fifo" &
    mtr_pids=$!
    exec 3<"$mtr_tmp/fifo"
    if ! read -r structs <&3 || ! read -r bigs <&3; then
        fail "$1 ended without a word"
    fi
    rm "$mtr_tmp/fifo"
}

hello_stop() { # PROGRAM
    kill -INT "$mtr_pids"
    wait "$mtr_pids" || fail "$1: exit status $? after SIGINT"
    mtr_pids=
    exec 3<&-
}

# Do this for C's and, where it was built, C++'s.
hello_each() { # FUNCTION
    for program in hello_world hello_world_cxx; do
        [ -x "$MTR_BUILD/examples/$program" ] || continue
        echo "$program:"
        "$1" "$program"
    done
}
