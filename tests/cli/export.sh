#!/bin/sh
# SPDX-License-Identifier: MIT
# Files for other tools: what is in them adds up to what report says; what is
# written is whole or not there.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim known)
total() { # MEMBER
    sed -n 's/.*"totals":{[^}]*"'"$1"'":\([0-9]*\).*/\1/p' answer
}

for run_options in '' -s32; do
    start

    # Folded stacks: each line a stack and a number.
    for value in bytes blocks unused pins; do
        case $value in
        unused) ask report --by=stack --json "$pid" && want=$(total slack) ;;
        pins)
            ask report --by=stack --sort=pins --json "$pid"
            want=$(sed -n 's/.*"totals":{[^}]*},"pins":\([0-9]*\),.*/\1/p' answer)
            ;;
        *) ask report --by=stack --json "$pid" && want=$(total $value) ;;
        esac
        ask export --format=folded --value=$value "$pid"
        [ "$want" ] || fail "$value: no total"
        ! grep -qv '^[^;].*[^ ] [1-9][0-9]*$' answer || fail "odd lines"
        got=$(awk '{ n += $NF } END { printf "%d", n }' answer)
        [ "$got" = "$want" ] || fail "$value: $got, not $want"
    done
    ask export --format=folded --function='^alpha$' "$pid"
    has 'alpha [0-9]*$'
    if [ "$run_options" ]; then
        has ';main;.*alpha [0-9]*$'
    else
        has '^alpha [0-9]*$'
    fi

    # The tables are those of report.
    for format in csv json; do
        ask report --by=stack --sort=count --format=$format "$pid"
        mv answer want
        ask export --value=blocks --format=$format "$pid"
        same "$format" want answer
    done

    # What is retained: no less than what the blocks have.
    ask export --format=folded --value=retained "$pid"
    [ -s answer ] || fail "nothing is retained"
    stop
done

# Of a sample: nothing is lost by it.
run_options="-o sample=1K"
start 3000
ask report --json "$pid"
bytes=$(total bytes) blocks=$(total blocks)
ask export --format=folded "$pid"
got=$(awk '{ n += $NF } END { printf "%d", n }' answer)
[ "$got" = "$bytes" ] || fail "sample: $got bytes, not $bytes"
has ';main;.*many [0-9]*$'
ask export --format=heaptrack "$pid"
[ "$(grep -c '^+' answer)" -eq "$blocks" ] ||
    fail "sample: $(grep -c '^+' answer) blocks, not $blocks"
stop

# A snapshot gives the same files as what it was made of.
run_options=-s32
start
while grep -q '^State:.*[RD] ' /proc/"$pid"/task/*/status; do :; done
ask snapshot -o saved "$pid"
for format in folded heaptrack heapsnapshot csv; do
    ask export --format=$format "$pid"
    mv answer want
    "$command" export --format=$format saved >answer 2>said ||
        fail "$format of a snapshot: $(cat said)"
    same "$format of a snapshot" want answer
done
stop

# A file: the same; instead of another one, and what a link leads to.
run_options=
start
ask export --format=folded "$pid"
mv answer want
ask export --format=folded -o new "$pid"
[ ! -s answer ] || fail "-o: something on standard output"
same "-o" want new
echo old >target
ln -s target link
ask export --format=folded -o link "$pid"
same "-o, through a link" want target
[ -h link ] || fail "the link is gone"
umask 027
ask export --format=folded -o private "$pid"
[ "$(stat -c %a private)" = 640 ] || fail "mode $(stat -c %a private)"
umask 022
ask export --format=folded -o /dev/null "$pid"
[ -c /dev/null ] || fail "/dev/null is gone"
"$command" export --format=folded -o /dev/stdout "$pid" | cat >got
same "-o /dev/stdout" want got

# What fails leaves what was there, and nothing else.
echo old >kept
refuses 1 'nosuch: no such file' export --format=folded -o kept nosuch
[ "$(cat kept)" = old ] || fail "kept was not kept"
refuses 1 'nodir/f: No such file' export --format=folded -o nodir/f "$pid"
if [ -c /dev/full ]; then
    refuses 1 '/dev/full: No space left' \
        export --format=folded -o /dev/full "$pid"
fi
(
    ulimit -f 1
    exec "$command" export --format=json -o large "$pid" 2>said
) && fail "a file that is too large: exit 0"
grep -q '^malloc_tracer: large: File too large$' said || {
    cat said
    fail "nothing is said of a file that is too large"
}
[ ! -e large ] || fail "a part of it is left"
ls >there
! grep -q '\.......$' there || fail "something is left: $(cat there)"

# Nothing for a terminal.
if command -v script >/dev/null 2>&1 &&
    script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "'$command' export --format=pprof $pid" /dev/null \
        >terminal </dev/null
    if "$command" export --format=pprof -o /dev/null "$pid" 2>/dev/null; then
        grep -q 'this format is nothing for a terminal' terminal || {
            cat terminal
            fail "pprof writes to a terminal"
        }
    fi
fi
stop

refuses 2 'missing --format (json, csv, folded, pprof,' export 1
refuses 2 "invalid value 'text'" export --format=text 1
refuses 2 "invalid value 'size'" export --format=folded --value=size 1
refuses 2 'missing TARGET' export --format=folded
refuses 1 'no such file' export --format=folded nosuch
