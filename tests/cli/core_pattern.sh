#!/bin/sh
# SPDX-License-Identifier: MIT
# core-pattern, fed as the kernel does it: a core on standard input, nothing else
# open, the root directory and an empty environment. A snapshot is kept, and the
# core goes on to whoever else wants it.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

run_options=-s
start
have_gcore || {
    stop
    skip "gcore gives no core here"
}
here=$mtr_tmp

as_kernel() { # CORE PID DIR ARGUMENT...
    as_kernel_core=$here/$1
    shift
    (cd / && exec env -i "$command" core-pattern "$@" <"$as_kernel_core" \
        >&- 2>&-)
}

mkdir kept
as_kernel "$core" "$pid" "$here/kept" || fail "exit status $?"
set -- kept/*
[ $# -eq 1 ] || fail "there are $# files: $*"
snapshot=$1
case $snapshot in
kept/known-"$pid"-20*Z.snapshot) ;;
*) fail "a snapshot is called $snapshot" ;;
esac
[ "$(stat -c %a "$snapshot")" = 600 ] || fail "others may read it"
for question in report 'report --by=stack' leaks list; do
    # shellcheck disable=SC2086
    "$command" $question "$core" 2>&1 | sed '/^target/d' >want
    # shellcheck disable=SC2086
    "$command" $question "$snapshot" 2>&1 | sed '/^target/d' >got
    same "$question" want got
done
rm "$snapshot"

# Somebody else wants the core, and gets all of it.
cat >other <<END
#!/bin/sh
cat >'$here/piped'
echo "\$@" >'$here/arguments'
exit 7
END
chmod +x other
as_kernel "$core" "$pid" "$here/kept" "$here/other" a -b "c d"
[ $? -eq 7 ] || fail "the other program's status is lost"
cmp "$core" piped || fail "the other program gets another core"
[ "$(cat arguments)" = "a -b c d" ] || fail "arguments: $(cat arguments)"
ls kept/*.snapshot >/dev/null || fail "nothing is kept where it is handed on"
rm kept/*

# What is not traced leaves nothing, and is no failure.
sleep 100 &
sleeper=$!
mtr_pids="${mtr_pids-} $sleeper"
gcore -o untraced $sleeper >/dev/null 2>&1
as_kernel untraced.$sleeper $sleeper "$here/kept" || fail "untraced: $?"
! ls kept/* >/dev/null 2>&1 || fail "there is a snapshot of what is not traced"
as_kernel untraced.$sleeper $sleeper "$here/kept" "$here/other"
cmp untraced.$sleeper piped || fail "an untraced core is not handed on"

# What cannot be read, or kept. A core that ends early is kept as far as it goes.
head -c 100 "$core" >short
! as_kernel short "$pid" "$here/kept" || fail "100 bytes are a core"
! as_kernel "$core" "$pid" "$here/nowhere" || fail "kept in no directory"
! as_kernel "$core" ../x "$here/kept" || fail "../x is a process"
! ls kept/* >/dev/null 2>&1 || fail "something is left: $(ls kept)"
refuses 1 'it is no process number' core-pattern x kept
refuses 2 'missing DIR' core-pattern 1
stop
exit 0
