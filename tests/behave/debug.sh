# SPDX-License-Identifier: MIT
# --enable-debug: one line an event, wherever it goes; writing it allocates
# nothing that would be logged in turn.

. "$MTR_SRC/tests/behave/behave.sh"
[ -n "${MTR_DEBUG-}" ] || skip "not built with --enable-debug"

log=$mtr_tmp/log

count() { # PATTERN FILE
    grep -c "$1" "$2"
}

mtr_options=log=$log
under "$(victim dies)" exit >/dev/null || [ $? -eq 42 ] ||
    fail "log to a file: exit status"
[ "$(count '^malloc(200) = 0x[0-9a-f]* caller 0x[0-9a-f]* \[program+' \
    "$log")" -eq 1 ] || fail "malloc(200) is not logged once"
grep -v -E '^(operator (new|delete)|[a-z_]*(alloc|free|memalign))\(' "$log" &&
    fail "not one line an event"

mtr_options=log=stderr
under "$(victim active)" debug >"$mtr_tmp/out" 2>"$mtr_tmp/err"
[ $? -eq 3 ] || fail "log to stderr: exit status"
grep -q '^debug: active 1' "$mtr_tmp/out" || fail "the output is not there"
[ "$(count '^malloc(6) = ' "$mtr_tmp/err")" -eq 1 ] ||
    fail "strdup is not logged once"

# a damaged trailer and a double free are complained about, and go on
mtr_options=log=$mtr_tmp/double
under "$(victim dies)" double >/dev/null 2>&1
[ $? -eq 134 ] || fail "a double free does not end as under libc"
[ "$(count '^malloc_tracer: double free of 0x' "$mtr_tmp/double")" -eq 1 ] ||
    fail "a double free is not reported once"
