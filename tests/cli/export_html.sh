#!/bin/sh
# SPDX-License-Identifier: MIT
# The page: whole, alone, and its numbers are those of report, memory, leaks and
# diff. What it makes of them without a browser, where there is node.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"

data() { # PAGE
    sed -n '/^<script type="application.json" id="data">$/,/^<.script>$/p' "$1" |
        sed '1d;$d'
}

checked() { # PAGE: its numbers are those of the last answer
    command -v node >/dev/null 2>&1 || return 0
    node "$MTR_SRC/tests/cli/page.js" "$MTR_SRC/src/write/page/page.js" \
        "$1" answer || fail "$1: not so"
}


program=$(victim known)
for run_options in '' -s32; do
    start
    ask export --format=html -o page.html "$pid"
    [ ! -s answer ] || fail "-o: something on standard output"
    [ "$(head -n 1 page.html)" = '<!DOCTYPE html>' ] || fail "no page"
    [ "$(tail -n 1 page.html)" = '</html>' ] || fail "it is not whole"
    data page.html >data
    [ "$(wc -l <data)" -eq 1 ] || fail "the data has $(wc -l <data) lines"
    ask report --by=function --json "$pid"
    checked page.html
    for value in blocks unused; do
        ask export --format=html --value=$value -o page.html "$pid"
        data page.html | grep -q "\"value\":\"$value\"" || fail "$value"
        ask report --by=function --json "$pid"
        checked page.html
    done
    ask export --format=html --function='^alpha$' -o page.html "$pid"
    ask report --by=function --function='^alpha$' --json "$pid"
    checked page.html
    data page.html | grep -q '"filters":{"function":"^alpha$"}' ||
        fail "it does not say that it is filtered"
    stop
done

# Of a core, what `memory` and `leaks` say; what blocks retain and pin.
start
if have_gcore; then
    ask export --format=html "$core"
    mv answer page.html
    ask export --format=html -o again.html "$core"
    same "the same core" page.html again.html
    data page.html >data
    ask memory --json "$core"
    resident=$(sed -n 's/.*"resident":\([0-9]*\),.*/\1/p' answer)
    grep -q "\"memory\":{\"resident\":$resident," data || fail "resident"
    grep -o '"key":"[a-z_]*","bytes":[0-9]*,"largest' answer >want
    grep -o '"key":"[a-z_]*","bytes":[0-9]*,"largest' data >got
    same "classes" want got
    ask leaks --json "$core"
    grep -o '"definite":{[^}]*},"indirect":{[^}]*}' answer | head -n 1 >want
    grep -o '"definite":{[^}]*},"indirect":{[^}]*}' data | head -n 1 >got
    same "leaks" want got
    for value in retained pins; do
        ask export --format=html --value=$value -o page.html "$core"
        data page.html |
            grep -q "\"values\":\[\"bytes\",\"blocks\",\"unused\",\"$value\"]" ||
            fail "no $value"
    done

    # Of a snapshot of it the same, but for what the core does not have.
    ask snapshot -o saved "$core"
    for target in "$core" saved; do
        ask export --format=html "$target"
        data answer | sed -e 's/.*"exe"://' -e 's/"time":[0-9]*//' \
            -e 's/,{"key":"undumped","bytes":[0-9]*}//' >"$target.data"
    done
    same "a snapshot" "$core.data" saved.data

    # What grew.
    mv "$core" old
    more
    ask export --format=html -o page.html old "$pid"
    ask diff --by=function --json old "$pid"
    checked page.html
    data page.html | grep -q '"old":{"target":"old",' || fail "no old target"
    ask export --format=html -o page.html "$pid" old
    ask diff --by=function --json "$pid" old
    checked page.html
    refuses 2 '--value=pins: of what blocks keep there is no growth' \
        export --format=html --value=pins old "$pid"
    refuses 1 'nosuch: no such file' export --format=html old nosuch
fi
stop

# What cannot be known: of a snapshot, and of a process that another one has.
unknown() { # PAGE MEMORY LEAKS
    data "$1" | grep -q "\"no_memory\":\"$2.*\"memory\":null" ||
        fail "$1: no word of the memory"
    data "$1" | grep -q "\"no_leaks\":\"$3.*\"leaks\":null" ||
        fail "$1: no word of leaks"
}
program=$(victim stacked)
start saved
if [ -f saved ]; then
    ask export --format=html -o page.html saved
    unknown page.html 'the snapshot does not say which pages' \
        'the snapshot does not say who holds'
    for value in retained pins; do
        refuses 1 'the snapshot does not say' \
            export --format=html --value=$value saved
    done
fi
if command -v gdb >/dev/null 2>&1; then
    gdb -q -batch -p "$pid" -ex \
        "shell '$command' export --format=html -o held.html $pid" >gdb.log 2>&1
    if [ -f held.html ]; then
        unknown held.html 'the process cannot be stopped' \
            'the process cannot be stopped'
    fi
fi
stop

# A lost block is in it.
if [ -x "$(victim leaky)" ]; then
    program=$(victim leaky)
    start "$MTR_BUILD/tests/victims/.libs/leaky_lib.so"
    ask export --format=html -o page.html "$pid"
    data page.html | grep -q '"leaks":{"definite":{"blocks":[1-9]' ||
        fail "nothing is lost"
    stop
fi

refuses 1 'no such file' export --format=html nosuch
refuses 2 "unexpected argument '2'.*--format=html" \
    export --format=folded 1 2
refuses 2 "unexpected argument '3'" export --format=html 1 2 3
