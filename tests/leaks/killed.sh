#!/bin/sh
# SPDX-License-Identifier: MIT
# A process is stopped while it is read, and goes on afterwards, even where the
# command is killed half way.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

# Nobody has stopped it, nor traces it.
is_free() {
    grep -q '^TracerPid:[[:space:]]*0$' "/proc/$pid/status" &&
        grep -q '^State:[[:space:]]*[SR]' "/proc/$pid/status"
}

# Somebody holds it at this moment.
is_held() {
    grep -q '^State:[[:space:]]*t' "/proc/$pid/status"
}

# many blocks, for it to take a while
start 1000000
"$command" leaks --json "$pid" >answer 2>said || {
    cat said
    fail "leaks: exit $?"
}
is_free || fail "it is held after all was read"

# Who holds it does not end before all is let go, whatever a terminal sends to
# both; that stops nobody who holds it.
children=0
for round in 1 2 3 4 5 6 7 8 9 10; do
    "$command" leaks "$pid" >answer 2>said &
    job_of_command=$!
    holder=0
    while kill -0 $job_of_command 2>/dev/null && ! is_held; do
        :
    done
    holder=$(sed -n 's/^TracerPid:[[:space:]]*//p' "/proc/$pid/status")
    if [ "$holder" != 0 ] &&
        kill -HUP "$holder" && kill -INT "$holder" && kill -QUIT "$holder" &&
        kill -PIPE "$holder" && kill -TERM "$holder" &&
        kill -TSTP "$holder"; then
        blocked=$(sed -n 's/^SigBlk:[[:space:]]*//p' \
            "/proc/$job_of_command/status" 2>/dev/null)
        [ "$blocked" ] && is_held && children=1
    fi
    wait $job_of_command || {
        cat said
        fail "round $round: exit $?, with signals for its child"
    }
    [ $children = 0 ] || break
done
[ $children = 1 ] || fail "nobody was seen to hold it"
# SIGTSTP is 20
[ $((0x$blocked >> 19 & 1)) = 1 ] || fail "SIGTSTP stops it, and what it holds"

killed=0
for round in 1 2 3 4 5 6 7 8 9 10; do
    "$command" leaks "$pid" >answer 2>said &
    job_of_command=$!
    while kill -0 $job_of_command 2>/dev/null && ! is_held; do
        :
    done
    if is_held; then
        kill -KILL $job_of_command && killed=1
    fi
    wait $job_of_command 2>/dev/null
    eventually is_free || fail "round $round: it does not go on"
    [ $killed = 0 ] || break
done
[ $killed = 1 ] || fail "it was never seen to be held"

# it answers, and can be asked again
more
"$command" leaks "$pid" >answer 2>said || {
    cat said
    fail "leaks, after one was killed: exit $?"
}
stop
