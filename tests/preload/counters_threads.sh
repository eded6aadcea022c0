# SPDX-License-Identifier: MIT
# gdb's TOTAL_ALLOCS and TOTAL_ALLOCATED_BYTES hold what threads allocated.
. "$MTR_SRC/tests/lib.sh"
need_preload
[ -n "${MTR_COUNTERS-}" ] || skip "built without --enable-counters"
need gdb

ready=$mtr_tmp/ready
mkfifo "$ready" || exit 99
LD_PRELOAD=$MTR_LIB "$(victim blocks_of_threads)" >"$ready" &
pid=$!
mtr_pids=$pid
read -r line <"$ready"
[ "$line" = ready ] || fail "the victim says \"$line\""

gdb -nx -q -batch -p "$pid" -ex 'print TOTAL_ALLOCS' \
    -ex 'print TOTAL_ALLOCATED_BYTES' >"$mtr_tmp/gdb" 2>"$mtr_tmp/gdb.err" </dev/null
grep -q 'Operation not permitted\|ptrace:' "$mtr_tmp/gdb.err" &&
    skip "gdb may not attach to a process here"
blocks=$(sed -n 's/^\$1 = //p' "$mtr_tmp/gdb")
bytes=$(sed -n 's/^\$2 = //p' "$mtr_tmp/gdb")

# 4 threads, 1000 blocks of 100 bytes each; pthread_create and stdio add some
[ "${blocks:-0}" -ge 4000 ] && [ "$blocks" -lt 4050 ] ||
    fail "TOTAL_ALLOCS is ${blocks:-not there}"
[ "${bytes:-0}" -ge 400000 ] && [ "$bytes" -lt 420000 ] ||
    fail "TOTAL_ALLOCATED_BYTES is ${bytes:-not there}"
