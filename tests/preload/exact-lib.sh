# SPDX-License-Identifier: MIT
# For exact*.sh and counters.sh, after tests/lib.sh: run the victim that keeps
# a table of its own blocks, and hold the record, read from outside, against it.

outside=$MTR_BUILD/tests/reader/outside

cd "$mtr_tmp" || exit 99
mkfifo go ready || exit 99

# The debug build tells a story of each event.
with_options() { # OPTIONS
    MALLOC_TRACER_OPTIONS=$1${MTR_DEBUG:+,log=$mtr_tmp/events}
    export MALLOC_TRACER_OPTIONS
}
with_options ""

# Start a victim that says `ready PID START END FOREIGN`, and wait till it does.
start() { # COMMAND...
    exec 3<>go
    traced "$@" <go >ready 2>errors 3>&- &
    job=$!
    read -r word pid start end foreign <ready || word=
    [ "$word" = ready ] || {
        tail -n 5 errors
        fail "$* did not get ready"
    }
    mtr_pids="${mtr_pids-} $pid"
    kill -STOP "$pid"
}

start_truth() { # PROGRAM MODE [foreign]
    start "$(victim "$1")" table 1 "$2" ${3+"$3"}
    sort table >want
    [ -s want ] || fail "$1 wrote no table"
}

# Let it check its blocks, free them, and end.
end() {
    kill -CONT "$pid"
    echo >&3
    wait "$job" || {
        tail -n 5 errors
        fail "the victim failed after it was read"
    }
    exec 3>&-
}

# What the reader says of the blocks that the executable asked for is the
# victim's table; the rest are those of libc and of the loader.
compare() { # WHAT READER-ARGUMENTS...
    what=$1
    shift
    "$outside" "$@" >all || fail "$what: the reader failed"
    # as text: 55e3 is a number to awk
    awk -v start="$start" -v end="$end" \
        '$4 "" >= start "" && $4 "" < end "" { print }' all >got
    same "$what" want got
    echo "$what: $(wc -l <got) blocks, $(($(wc -l <all) - $(wc -l <got)))" \
        "of the libraries'"
    "$outside" -d "$@" >descriptor || fail "$what: the reader failed"
    is conflicts 0
    is damaged 0
    is dropped.foreign "$foreign"
    for reason in unaligned small high ledger nested; do
        is "dropped.$reason" 0
    done
}

value() { # NAME
    sed -n "s/^$1 //p" descriptor
}

is() { # NAME VALUE
    [ "$(value "$1")" = "$2" ] ||
        fail "$what: $1 is $(value "$1"), not $2"
}

# A core of the stopped victim, by gcore. False: none can be had.
have_gcore() {
    command -v gcore >/dev/null 2>&1 || return 1
    gcore -o gcore "$pid" >gcore.log 2>&1 || {
        tail -n 3 gcore.log
        return 1
    }
    core=gcore.$pid
}

# Kill the victim so that the kernel writes a core. False: it writes none here.
have_kernel_core() {
    pattern=$(cat /proc/sys/kernel/core_pattern)
    case $pattern in
    *[/%\|]*) return 1 ;;
    esac
    # shellcheck disable=SC3045 # dash and bash have it
    [ "$(ulimit -c)" = unlimited ] || return 1
    kill -ABRT "$pid" # background jobs may ignore SIGQUIT
    kill -CONT "$pid"
    wait "$job"
    exec 3>&-
    for core in "$pattern" "$pattern.$pid"; do
        [ -f "$core" ] && return
    done
    return 1
}

# The whole of it, for whatever allocator MTR_AFTER names: long records, and
# short ones, in the modes of exact_options.
exact() { # PROGRAM [foreign]
    [ -x "$(victim "$1")" ] || {
        echo "$1: not built, no C++ compiler"
        return
    }
    for options in "" ${exact_options-stacks=1,frees=1}; do
        with_options "$options"
        for mode in single threads fork; do
            start_truth "$1" "$mode" ${2+"$2"}
            compare "$1 $mode $options" "$pid"
            [ "$mode" = single ] ||
                compare "$1 $mode $options by magic" -m "$pid"
            end
        done
    done
    with_options ""
}
