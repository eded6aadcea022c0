# SPDX-License-Identifier: MIT
# For the tests of the command, after tests/lib.sh: the command, and the victim
# with the known set of blocks.

command=$MTR_COMMAND
[ -x "$command" ] || fail "$command is not there"
cd "$mtr_tmp" || exit 99

# Under the library that is to be tested, wherever the command stands.
MALLOC_TRACER_LIBRARY=$MTR_LIB
MALLOC_TRACER_OPTIONS=${MTR_DEBUG:+log=$mtr_tmp/events}
export MALLOC_TRACER_LIBRARY MALLOC_TRACER_OPTIONS

# Start the victim, or $program, traced, with $run_options; $pid is it, and
# `truth` the blocks it tells of.
start() { # [ARGUMENT]...
    rm -f go told
    mkfifo go told || exit 99
    exec 3<>go
    (
        # shellcheck disable=SC3045 # dash and bash have it
        ulimit -S -c unlimited 2>/dev/null
        exec 3>&-
        exec env ${MTR_AFTER:+"LD_PRELOAD=$MTR_AFTER"} \
            "$command" run ${run_options-} "${program-$(victim known)}" "$@" \
            <go >told 2>errors
    ) &
    job=$!
    exec 4<told
    : >truth
    : >seeded
    listen
}

# Read what it tells until it is ready.
listen() {
    pid=
    while read -r word first rest <&4; do
        case $word in
        block) echo "$first $rest" >>truth ;;
        definite | indirect | held) echo "$word $first $rest" >>seeded ;;
        ready)
            pid=$first
            break
            ;;
        esac
    done
    [ "$pid" ] || {
        cat errors
        fail "the victim did not get ready"
    }
    mtr_pids="${mtr_pids-} $pid"
}

# One more batch of blocks.
more() {
    echo >&3
    # the newline alone is a line
    listen
}

stop() {
    exec 3>&-
    kill -KILL "$pid" 2>/dev/null
    wait "$job" 2>/dev/null
    exec 4<&-
}

# A core of the live victim. False: none can be had here.
have_gcore() {
    command -v gcore >/dev/null 2>&1 || return 1
    gcore -o gcore "$pid" >gcore.log 2>&1 || return 1
    core=gcore.$pid
}

# The victim dies, and the kernel writes a core. False: it writes none here.
have_kernel_core() {
    pattern=$(cat /proc/sys/kernel/core_pattern)
    case $pattern in
    *[/%\|]*) return 1 ;;
    esac
    [ "$(ulimit -H -c)" = unlimited ] || return 1
    kill -ABRT "$pid"
    wait "$job" 2>/dev/null
    for core in "$pattern" "$pattern.$pid"; do
        [ -f "$core" ] && return
    done
    return 1
}

# A command line that has to succeed and say nothing on standard error.
ask() { # ARGUMENT...
    "$command" "$@" >answer 2>said || {
        cat said
        fail "malloc_tracer $*: exit $?"
    }
    [ ! -s said ] || {
        cat said
        fail "malloc_tracer $* says something"
    }
}

# The last answer has a line like that.
has() { # PATTERN
    grep -q -- "$1" answer || {
        cat answer
        fail "${target:+$target: }there is no '$1'"
    }
}

# A command line that has to fail, with a sentence.
refuses() { # STATUS PATTERN ARGUMENT...
    want=$1 pattern=$2
    shift 2
    "$command" "$@" >answer 2>said
    got=$?
    [ "$got" -eq "$want" ] || {
        cat said
        fail "malloc_tracer $*: exit $got, not $want"
    }
    [ ! -s answer ] || fail "malloc_tracer $*: writes to standard output"
    head -n 1 said | grep -q "^malloc_tracer: .*$pattern" || {
        cat said
        fail "malloc_tracer $*: does not say '$pattern'"
    }
    [ "$want" -ne 1 ] || [ "$(wc -l <said)" -eq 1 ] || {
        cat said
        fail "malloc_tracer $*: more than one sentence"
    }
}
