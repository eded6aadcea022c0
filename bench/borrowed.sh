# SPDX-License-Identifier: MIT
# Loads that others wrote to compare allocators: programs of mimalloc-bench,
# in a checkout that BENCH_MIMALLOC names and that has been built. Two threads
# each, where there are threads. Read by run.
#
# Three of them run for a fixed time and count what they do: their time is for
# as much as plain did in its first run.

borrowed_load() { # KEY FLAGS ARG...
    wanted "$1" || return 0
    program=$BENCH_MIMALLOC/out/bench/$1
    [ -x "$program" ] || {
        not_measured "$1" "$program is not there"
        return
    }
    borrowed=$1 flags=$2
    shift 2
    load "$borrowed" "$borrowed" "" "$flags" "$program" "$@"
}

# -w: the text that is right before the number; "-" is the output's start.
borrowed() {
    names="cfrac espresso larson xmalloc-test mstress glibc-simple glibc-thread"
    [ "${BENCH_MIMALLOC-}" ] || {
        for name in $names; do
            ! wanted "$name" ||
                not_measured "$name" "BENCH_MIMALLOC names no mimalloc-bench"
        done
        return
    }
    borrowed_load cfrac -p 17545186520507317056371138836327483792736
    borrowed_load espresso -p \
        "$BENCH_MIMALLOC/bench/espresso/largest.espresso"
    borrowed_load larson "-w =" 1 8 1000 5000 100 4141 2
    borrowed_load xmalloc-test "-w free/sec:" -w 2 -t 2 -s 64
    borrowed_load mstress "" 2 50 500
    borrowed_load glibc-simple -p
    borrowed_load glibc-thread "-w -" 2
}
