#!/bin/sh
# SPDX-License-Identifier: MIT
# What a program grew by, at the one place where it grew; nothing where nothing
# grew, in another run or another build; of one process every block.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

# The groups, as "KEY BYTES BLOCKS".
groups() { # ARGUMENT...
    ask diff --format=csv "$@"
    sed 1d answer | awk -F, '{ print $1, $3, $4 }' >got
}

grew_by() { # WANT...
    for line; do echo "$line"; done >want
    same "diff" want got
}

core_as() { # NAME
    gcore -o "$1" "$pid" >gcore.log 2>&1 || skip "gcore: no core to be had"
    mv "$1.$pid" "$1"
}

orders() { # CHARACTERS
    echo "$1" >&3
    listen
}

command -v gcore >/dev/null 2>&1 || skip "gcore is not installed"
program=$(victim grows)

start
core_as one
orders gcg
core_as two
groups one two
grew_by "grow 6000 60"
groups --by=module one two
grew_by "grows 6000 60"
groups --by=line one two
grep -q '^.*/grows.c:[0-9]* 6000 60$' got || fail "by line: $(cat got)"
[ "$(wc -l <got)" -eq 1 ] || fail "by line: $(cat got)"
for by in caller stack size generation type root; do
    groups --by=$by one two
    [ "$(wc -l <got)" -eq 1 ] || fail "by $by: $(cat got)"
    grep -q ' 6000 60$' got || fail "by $by: $(cat got)"
done
groups --by=generation --max-size=99 one two
grew_by
groups --by=root one two
grew_by "grown 6000 60"
# backwards
groups two one
grew_by "grow -6000 -60"
# and with what runs
groups two "$pid"
grew_by
ask diff --json two "$pid"
has '"process":"same"'

ask diff --json one two
has '"totals":{"blocks":60,"bytes":6000,'
has '"process":"same"'
has '{"key":"grow","module":"grows","blocks":60,"bytes":6000,'
has '"bytes":6000,.*"old":{"blocks":0,"bytes":0.*"new":{"blocks":60,'
has '"unchanged":3'
ask diff one two
has '^growth  *+60 blocks, +5.9 KiB (6,000 bytes)$'
has '^new blocks  *60 blocks, '
has '^gone blocks  *0 blocks, 0 bytes$'

# Every block: those of the live process are known by `list`.
ask list --format=csv --function='^grow$' two
sed 1d answer | cut -d, -f1-3 >want
ask diff --blocks --format=csv one two
sed -n 's/^new,//p' answer | cut -d, -f1-3 >got
same "new blocks" want got
! grep -q '^gone' answer || fail "blocks are gone"

# An address that was used again is told by a mark alone.
orders a
core_as three
ask diff --blocks --format=csv two three
[ "$(wc -l <answer)" -eq 1 ] || fail "what was used again: $(cat answer)"
ask diff two three
has 'may have been freed and allocated again: .mark. would tell'
ask mark "$pid"
orders af
core_as four
ask diff --blocks --format=csv three four
[ "$(grep -c '^gone,.*,steady,grows,' answer)" -eq 6 ] || fail "$(cat answer)"
[ "$(grep -c '^new,.*,steady,grows,.*,1$' answer)" -eq 1 ] ||
    fail "$(cat answer)"
ask diff --blocks three four
has '^1 new block, 200 bytes; 6 gone, '
ask diff three four
has '^GENERATION  *NEW  *BLOCKS\|^ *GENERATION  *NEW'
has '^  *1  *200 B  *1  *0 B  *0  *0 B  *0$'
stop

# Another run, with its libraries elsewhere.
for run_options in "" -s; do
    start
    orders c
    core_as run1
    stop
    start
    orders cc
    core_as run2
    for by in function module caller line stack size generation type \
        root; do
        groups --by=$by run1 run2
        grew_by
    done
    ask diff run1 run2
    has '^process  *another one: matched by names$'
    has '^No function has grown or shrunk.$'
    refuses 1 'run2: it is not the process of run1, so they have no blocks in common' \
        diff --blocks run1 run2
    orders g
    groups --by=stack run1 "$pid"
    grep -q "grow 3000 30$" got || fail "by stack: $(cat got)"
    [ "$(wc -l <got)" -eq 1 ] || fail "by stack: $(cat got)"
    stop
done

# Another build, which lies elsewhere and is called otherwise.
program=$(victim grows_other)
start
orders g
core_as other
groups run1 other
grew_by "grow 3000 30" "more_lines -111 0"
groups --by=caller run1 other
grew_by "grow 3000 30" "more_lines -111 0"
groups --by=line run1 other
grep -q 'grows.c:[0-9]* 3000 30$' got || fail "by line: $(cat got)"
[ "$(wc -l <got)" -eq 2 ] || fail "by line: $(cat got)"
ask diff run1 other
has '^builds  *grows, then grows_other: build-id [0-9a-f]*, then [0-9a-f]*$'
ask diff --json run1 other
has '"module":"grows_other","old_module":"grows","same":false'
stop

# Another build in the place of the first.
program=$mtr_tmp/prog
cp "$(victim grows)" prog
start
core_as before
stop
cp --remove-destination "$(victim grows_other)" prog
start
orders g
core_as after
ask diff before after
has '^no names  *for the old build of prog: what has no name is not matched$'
has '^warning .*build-id'
groups --exe="$(victim grows)" --exe="$program" before after
grew_by "grow 3000 30" "more_lines -111 0"
stop

# Two builds without names.
if command -v strip >/dev/null 2>&1; then
    mkdir -p stripped
    strip -o stripped/prog "$(victim grows)"
    strip -o stripped/other "$(victim grows_other)"
    ask diff --exe=stripped/prog --exe=stripped/other before after
    has '^no names  *for either build of prog: what has no name is not matched$'
    has '^ *+[0-9.]* KiB .* prog+0x'
    has '^ *-[0-9.]* KiB .* prog+0x'
    ask diff --by=module --exe=stripped/prog --exe=stripped/other before after
    ! grep 'no names' answer || fail "modules are matched"
fi

refuses 1 'nosuch: no such file' diff one nosuch
refuses 1 'nosuch: no such file' diff nosuch one
refuses 2 'sorts by bytes, count or unused only' diff --sort=retained one two
refuses 2 'sorts by bytes, count or unused only' diff --sort=pins one two
refuses 2 'missing NEW' diff one
refuses 2 'unexpected argument' diff one two three
