#!/bin/sh
# SPDX-License-Identifier: MIT
# A core that qemu's user mode writes tells of no files: the names come from
# what the program's own dynamic linker knew, and --exe helps.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

machine=$(uname -m)
qemu=
for tool in "qemu-$machine-static" "qemu-$machine"; do
    ! command -v "$tool" >/dev/null 2>&1 || qemu=$tool
done
[ "$qemu" ] || skip "qemu-$machine is not installed"

cat >prog.c <<'END'
#include <stdlib.h>
#include <string.h>
int *volatile nowhere;
void *volatile last;
__attribute__((noinline)) void owner_of_all(size_t size)
{
	last = malloc(size);
	memset(last, 1, size);
}
int main(void)
{
	for (int i = 0; i < 100; i++)
		owner_of_all(1000);
	return *nowhere;
}
END
# shellcheck disable=SC2086 # CC is a list
$MTR_CC -g -O1 -o prog prog.c || fail "no program"
# shellcheck disable=SC3045 # dash and bash have it
ulimit -S -c unlimited 2>/dev/null || skip "no cores here"
"$qemu" -E LD_PRELOAD="$MTR_LIB" ./prog >/dev/null 2>&1
core=$(find . -name 'qemu_prog_*.core')
[ -f "$core" ] || skip "qemu writes no core here"

ask report "$core"
has '97.7 KiB 100.0% * 100 .* owner_of_all'
cd / || exit 99
core=$mtr_tmp/$core
ask_away() { # OPTION...
    "$command" report "$@" "$core" >"$mtr_tmp/answer" 2>"$mtr_tmp/said" ||
        fail "$*: $(cat "$mtr_tmp/said")"
}
ask_away
grep -q '^warning .*no names for prog' "$mtr_tmp/answer" ||
    fail "no word of the program that is not found"
ask_away "--exe=$mtr_tmp/prog"
grep -q owner_of_all "$mtr_tmp/answer" || fail "--exe: no name"
