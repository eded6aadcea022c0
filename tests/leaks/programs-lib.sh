# SPDX-License-Identifier: MIT
# For programs*.sh: real programs, stopped half way, of which nothing is lost.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
[ -z "${MTR_DEBUG-}" ] || skip "the debug build logs every event: too slow"
. "$MTR_SRC/tests/cli/lib.sh"

# Start a program traced: $pid is it. It reads from a pipe into which nobody
# writes, and writes to one that nobody empties: there it waits, if it gets so
# far; and how much it has to say decides where.
launch() { # COMMAND ARG...
    rm -f in out
    mkfifo in out || exit 99
    exec 5<>in 6<>out
    MALLOC_TRACER_OPTIONS=stacks=32 \
        LD_PRELOAD="$MTR_LIB${MTR_AFTER:+:$MTR_AFTER}" \
        "$@" <in >out 2>errors 5<&- 6<&- &
    pid=$!
    mtr_pids=$pid
}

end() {
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    mtr_pids=
}

# Nothing is lost, but for what a suppression explains.
none_lost() { # WHAT [SUPPRESSIONS]
    "$command" report --format=csv --by=generation "$pid" >answer 2>said || {
        cat said errors
        fail "$1: report"
    }
    live=$(sed 1d answer | awk -F, '{ n += $4 } END { print n + 0 }')
    [ "$live" -gt 20 ] || fail "$1: it has $live blocks"
    ask leaks ${2:+"--suppressions=$2"} "$pid"
    grep -q '^definite  *0 blocks' answer && grep -q '^indirect  *0 ' answer || {
        cat answer
        fail "$1: something is lost"
    }
    echo "$1: nothing is lost of $live blocks"
}

# A program that waits half way; one that has ended before is left out.
check() { # WHAT COMMAND ARG...
    what=$1
    shift
    launch "$@"
    if waits; then
        none_lost "$what"
        checked=1
    else
        echo "skipped: $what ends before it can be looked at"
        cat errors
    fi
    end
}
checked=

have() { # PROGRAM
    command -v "$1" >/dev/null 2>&1 && return
    echo "skipped: $1 is not installed"
    return 1
}
