# SPDX-License-Identifier: MIT
# For tests of the command on cores of real programs:
# `. "$MTR_SRC/tests/real/cores.sh"`. POSIX shell. cores.py judges.

. "$MTR_SRC/tests/real/real.sh"
need gcore gdb python3 addr2line readelf c++filt
. "$MTR_SRC/tests/cli/lib.sh"

# Start a program traced, with $run_options: $pid is it, 3 its input, 4 its
# output.
launch() { # COMMAND ARG...
    rm -f in out
    mkfifo in out || exit 99
    exec 3<>in
    (
        exec 3>&-
        # shellcheck disable=SC2086 # none, or a list
        exec "$command" run $run_options "$@" <in >out 2>errors
    ) &
    pid=$!
    mtr_pids=$pid
    exec 4<out
}

# Read its output up to a line that has a word.
await() { # WORD
    while read -r line <&4; do
        case $line in *"$1"*) return ;; esac
    done
    cat errors
    fail "$mtr_what: it ends without a word of '$1'"
}

end() {
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    exec 3>&- 4<&-
    mtr_pids=
}

judge_core() { # QUESTION ARG...
    python3 -B "$MTR_SRC/tests/real/cores.py" "$@" ||
        fail "$mtr_what: $1"
}

take_core() {
    rm -f gcore.*
    begin
    have_gcore || skip "gcore gives no core here"
    end
}

# By whatever key, the groups together are the whole, and so is the list.
check_totals() {
    for key in function module caller line stack size generation; do
        ask report --json --by=$key "$core"
        mv answer "by.$key"
    done
    ask list --json "$core"
    mv answer list
    judge_core totals
}

# The names of up to 1,000 callers are those that others have for them.
check_names() { # EXECUTABLE
    ask report --json --by=stack --top=2000 "$core"
    mv answer stacks
    judge_core names "$core" "$1" by.caller stacks
    echo "ok: $mtr_what"
}

# On another machine: without the files, with them elsewhere, with the wrong.
check_elsewhere() { # EXECUTABLE
    set -- "$(readlink -f "$1")"
    mkdir -p empty
    "$command" report --json --by=function --sysroot=empty "$core" >gone \
        2>said || fail "$mtr_what, without the files: $(cat said)"
    judge_core gone "$core" gone

    judge_core copy "$core" "$PWD/root"
    ask report --json --by=stack --top=2000 --sysroot=root "$core"
    same "$mtr_what: names below a sysroot" stacks answer

    "$command" report --json --by=stack --top=2000 --sysroot=empty \
        --exe="root$1" "$core" >only 2>said ||
        fail "$mtr_what, with --exe: $(cat said)"
    judge_core only "$core" "$1" stacks only

    # another program where the one should be that owns the most
    owner=$(sed -n 's/^{"key":"\([^"]*\)",.*/\1/p' by.module | head -n 1)
    owner=$(cd root && find . -type f -name "$owner" | sed 's/^\.//')
    cp "$(command -v env)" "root$owner"
    "$command" report --json --by=stack --top=2000 --sysroot=root "$core" \
        >other 2>said || fail "$mtr_what, another build: $(cat said)"
    judge_core other "$core" "$owner" stacks other
    rm -r root
    echo "ok: $mtr_what, elsewhere"
}

# `begin` launches the program, and awaits what it needs. All is to be right of
# what the library records by default, and of stacks.
check_cores() { # NAME EXECUTABLE
    for run_options in "" -s32; do
        mtr_what=${1}${run_options:+, $run_options}
        take_core
        check_totals
        check_names "$2"
    done
    check_elsewhere "$2"
    rm -f "$core"
}

# The callers of malloc itself, which may be in libc.
check_direct() { # NAME EXECUTABLE
    run_options="-o caller=direct"
    mtr_what="$1, $run_options"
    take_core
    ask report --json --by=caller "$core"
    mv answer by.caller
    check_names "$2"
    rm -f "$core"
}
