#!/bin/sh
# SPDX-License-Identifier: MIT
# Blocks from known call stacks: every answer has them, from the live process,
# a gcore core and a saved snapshot.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

# "STACK BLOCKS BYTES" of those that the program told of.
check_stacks() {
    awk '{ n[$1]++; b[$1] += $3 } END { for (s in n) print s, n[s], b[s] }' \
        truth | sort >want
    ask report --by=stack --format=csv "$target"
    tr ',' ' ' <answer |
        sed -n 's/^[^" ]*;\(\(main\|work\);[a-z;]*\) /\1 /p' |
        awk '{ print $1, $4, $3 }' | sort >found
    # what it does not tell of: the one at the signal, the wide recursion
    awk 'NR == FNR { told[$1] = 1; next } told[$1]' want found >got
    same "$target: stacks" want got
    [ "$(sort -u found | wc -l)" -eq "$(wc -l <found)" ] ||
        fail "$target: a stack twice"
}

# "OWNER BLOCKS BYTES", by the functions that are no wrappers.
check_owners() {
    ask list --format=csv "$target"
    # address, function, number of the stack
    awk -F, '{ print $1, $5, $(NF - 1) }' answer >listed
    awk 'NR == FNR { owner[$2] = $4; next }
        $1 in owner && ($2 != owner[$1] || $3 == 0)' truth listed >wrong
    [ ! -s wrong ] || {
        cat wrong
        fail "$target: owners"
    }
    [ "$(awk 'NR == FNR { t[$2] = 1; next } $1 in t' truth listed | wc -l)" \
        -eq "$(wc -l <truth)" ] || fail "$target: blocks are missing"
}

# From the first function inwards, and what is under one in a hundred.
check_tree() {
    ask report --by=stack "$target"
    has ' 20 .*+ outer at stacked\.c:[0-9]*$'
    has '  3 .*+ right at stacked\.c:[0-9]*$'
    has '  3  *middle at stacked\.c:[0-9]*$'
    has ' 2 .* work at stacked\.c:[0-9]*  \[stacked\]$'
    has '+ (cut at 32 frames)$'
    has ' recurse at stacked\.c:[0-9]*  (31 times)'
    has '+ \.\.\. [0-9]* more$'
    ask report --by=stack --top=0 "$target"
    ! grep -q '\.\.\.' answer || fail "$target: --top=0 folds"
    has '  3 .*+ left at stacked\.c:[0-9]*$'
}

address() { # STACK
    awk -v stack="$1" '$1 == stack { print $2; exit }' truth
}

check_why() {
    ask why "$target" "$(address 'main;left;outer;middle;inner')"
    sed -n '/^allocated by/,/ main at /s/^[a-z ]*  //p' answer |
        sed 's/ at .*\/stacked\.c:[0-9]*//; s/ \[stacked+0x[0-9a-f]*\]//' >got
    printf '%s\n' inner 'middle, inlined into' outer left main >want
    same "$target: why" want got
    ! grep -q 'the stack ends here' answer || fail "$target: it is complete"
    ask why --json "$target" "$(address 'main;left;outer;middle;inner')"
    has '"stack":\[{"pc":"0x[0-9a-f]*","function":"inner",.*"function":"left"'
    has '"function":"main".*\],"stack_id":[1-9][0-9]*,"stack_end":"complete"'

    # deeper than was asked for
    ask list --format=json --min-size=3333 --max-size=3333 "$target"
    deep=$(sed -n 's/.*"addr":"\([^"]*\)".*"function":"recurse".*/\1/p' answer)
    ask why "$target" "$deep"
    has 'the stack ends here: cut at 32 frames'
    [ "$(grep -c ' recurse at ' answer)" -eq 32 ] || fail "$target: not 32"

    # at a signal
    ask list --format=json --min-size=777 --max-size=777 "$target"
    signal=$(sed -n 's/.*"addr":"\([^"]*\)".*/\1/p' answer)
    ask why "$target" "$signal"
    sed -n '/^allocated by/,/^mapping/s/^[a-z ]*  \([a-z_]*\|<.*>\) .*/\1/p' answer |
        grep -x 'inner\|on_signal\|<.*>\|interrupted\|main' >got
    printf '%s\n' inner on_signal '<signal handler called>' interrupted main \
        >want
    same "$target: at a signal" want got
}

# A function without a name is skipped by what it is called then.
check_skip() {
    mkdir -p empty
    for skip in '^stacked[+]0x[0-9a-f]*$' '^stacked$'; do
        "$command" report --format=csv --by=module --sysroot=empty \
            --skip="$skip" "$target" >answer 2>said ||
            fail "$target: --skip=$skip: $(cat said)"
        # who called main
        grep -q '^libc[-.0-9]*so' answer || [ "$skip" = '^stacked$' ] ||
            fail "$target: --skip=$skip skips nothing"
    done
    ! grep -q '^libc[-.0-9]*so' answer ||
        fail "$target: --skip skips what does not match"

    # a whole module, by name or path, or two
    ask report --format=csv --by=module --skip-module=nosuch "$target"
    mv answer without
    for skip in stacked "$program"; do
        ask report --format=csv --by=module --skip-module=nosuch \
            --skip-module="$skip" "$target"
        grep -q '^libc[-.0-9]*so' answer || {
            cat answer
            fail "$target: --skip-module=$skip skips nothing"
        }
    done
    ! grep -q '^libc[-.0-9]*so' without ||
        fail "$target: --skip-module skips what it does not name"
}

check_info() {
    ask info "$target"
    has '^stacks  *[0-9]* distinct, up to 32 deep; [0-9]* frames kept in '
    ask info --json "$target"
    has '"stacks":{"depth":32,"distinct":[1-9][0-9]*,.*"unknown":0,'
}

check() { # TARGET
    target=$1
    check_stacks
    check_owners
    check_tree
    check_why
    check_skip
    check_info
    echo "$target: $(wc -l <want) stacks"
}

program=$(victim stacked) run_options=-s
start saved
check "$pid"
# the kernel does not let every process read its own memory
if [ -f saved ]; then check saved; else echo "no snapshot"; fi
if have_gcore; then check "$core"; else echo "no core"; fi
stop

# Of a stack that is too deep as many frames as were asked for.
run_options=-s2
start
ask report --by=stack --format=csv "$pid"
grep -q '^recurse;recurse,stacked,3333,1,' answer || fail "-s2: $(cat answer)"
ask info --json "$pid"
grep -q '"stacks":2,' answer || fail "-s2: $(cat answer)"
stop
