#!/bin/sh
# SPDX-License-Identifier: MIT
# A seccomp filter refuses what a debugger calls, as in some containers and
# builders: what needs none of it works as ever, the rest is refused with one
# sentence, and tests skip.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

denied=$(victim denied)
real=$command
start
"$denied" 1 true || skip "no seccomp filter can be installed here"
"$real" list "$pid" >want || fail "list: exit status $?"

# refused N: a command that all of this is refused to, with that error
refused() { # ERRNO
    printf '#!/bin/sh\nexec "%s" %s "%s" "$@"\n' "$denied" "$1" "$real" >refused
    chmod +x refused
    command=./refused
}

for errno in 1 38; do
    refused $errno
    ask list "$pid"
    same "errno $errno: list" want answer
    ask report "$pid"
    ask mark "$pid"
    has "^generation [12] begins"
    # shellcheck disable=SC2043 # one line each
    for line in leaks memory 'report --by=root' 'snapshot -o s'; do
        # shellcheck disable=SC2086 # a list
        refuses 1 "$pid: the threads of process $pid may not be stopped: \
ptrace(2) is refused here (.*), perhaps by the container's seccomp filter" \
            $line "$pid"
    done
    [ ! -e s ] || fail "errno $errno: there is a snapshot"
done
command=$real

# A debugger is told from a filter.
if command -v gdb >/dev/null 2>&1 &&
    gdb -nx -batch -p "$pid" -ex "shell '$real' leaks $pid; echo status \$?" \
        >told.gdb 2>&1 </dev/null && grep -q '^status' told.gdb; then
    grep -q "^malloc_tracer: $pid: the threads of process $pid may not be \
stopped: process [0-9]* traces them, as a debugger does$" told.gdb ||
        fail "under gdb: $(cat told.gdb)"
fi
stop

# Tests of each kind, from the lot that `make check` runs there.
cd "$MTR_BUILD" || exit 99
for test in tests/cli/mark.sh tests/leaks/killed.sh tests/gdb/commands.sh \
    tests/install/report.sh tests/behave/single_step.sh; do
    "$denied" 1 sh "$MTR_SRC/$test" >"$mtr_tmp/log" 2>&1
    status=$?
    case $status in
    0) echo "ok: $test" ;;
    77)
        grep '^SKIP: ' "$mtr_tmp/log" || fail "$test skips without a reason"
        ;;
    *)
        tail "$mtr_tmp/log"
        fail "$test, where ptrace(2) is refused: exit status $status"
        ;;
    esac
done
