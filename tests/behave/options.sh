# SPDX-License-Identifier: MIT
# MALLOC_TRACER_OPTIONS, as a program and its children meet them.

. "$MTR_SRC/tests/behave/behave.sh"

active=$(victim active)

# Run `active` with options; its output and complaints in files.
run() { # OPTIONS COMMAND...
    mtr_options=$1${mtr_quiet:+,$mtr_quiet}
    shift
    under "$@" >"$mtr_tmp/out" 2>"$mtr_tmp/err"
    [ $? -eq 3 ] || fail "$mtr_options: exit status"
}

complaints() { # N
    [ "$(wc -l <"$mtr_tmp/err")" -eq "$1" ] && return
    cat "$mtr_tmp/err"
    fail "$mtr_options: not $1 lines on standard error"
}

names() { # ITEM
    grep -q "^malloc_tracer: MALLOC_TRACER_OPTIONS: .*$1" "$mtr_tmp/err" ||
        fail "$mtr_options: $1 is not named"
}

run "" "$active" a
complaints 0
grep -q "^a: active 1, LD_PRELOAD $MTR_LIB\$" "$mtr_tmp/out" ||
    fail "not active"

for bad in bogus=1 bogus follow=2 frees= =1 'stacks=abc'; do
    run "$bad" "$active" a
    complaints 1
    names "$bad"
    grep -q '^a: active 1' "$mtr_tmp/out" || fail "$bad: not active"
done
run "bogus,frees=1,nonsense=7,,follow=1" "$active" a
complaints 2
names bogus
names nonsense=7

if [ -z "${MTR_DEBUG-}" ]; then
    run "log=$mtr_tmp/log" "$active" a
    complaints 1
    names log=
    [ ! -e "$mtr_tmp/log" ] || fail "there is a log"
fi

# children: followed unless told otherwise
run "" sh -c "$active b; exit 3"
grep -q '^b: active 1' "$mtr_tmp/out" || fail "the child is not followed"
run "follow=0" sh -c "$active b; exit 3"
grep -q '^b: active 0, LD_PRELOAD unset' "$mtr_tmp/out" ||
    fail "follow=0: the child is followed"
run "follow=0" "$active" a
grep -q '^a: active 1, LD_PRELOAD unset' "$mtr_tmp/out" ||
    fail "follow=0: the program itself is not traced"

# others in the list stay
other=$MTR_BUILD/tests/victims/.libs/plugin_c.so
MTR_AFTER=$other
run "follow=0" sh -c "$active b; exit 3"
grep -q "^b: active 0, LD_PRELOAD $other\$" "$mtr_tmp/out" ||
    fail "follow=0: what else is preloaded is gone"
MTR_AFTER=

mtr_options=frees=1${mtr_quiet:+,$mtr_quiet}
for name in realloc_counted usable_fill aligned_data; do
    under "$(victim "$name")" || fail "frees=1: $name: exit status $?"
done
