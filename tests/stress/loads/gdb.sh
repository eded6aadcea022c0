# SPDX-License-Identifier: MIT
# gdb reads a program, runs it and prints its stack; GSlice over mimalloc, too.

load() {
    need gdb gcc
    printf '%s\n' '#include <stdio.h>' 'struct s { int a; char *b; } v;' \
        'static int f(int n) { return n ? f(n - 1) + 1 : v.a; }' \
        'int main(void) { v.a = 4; v.b = "text"; printf("%d\n", f(9)); }' >p.c
    gcc -g -O0 -o p p.c
    # the program is not to be traced: its addresses are compared
    under gdb -nx -batch -ex 'set startup-with-shell off' \
        -ex 'unset environment LD_PRELOAD' -ex 'break f if n == 0' -ex run \
        -ex bt -ex 'p v' -ex 'ptype v' -ex 'info line f' -ex 'python
import gdb
print(sum(1 for s in "abc" * 1000), gdb.parse_and_eval("v")["a"])' \
        -ex continue ./p 2>&1 | grep -v -E 'debuginfod|libthread_db' |
        sed 's/(process [0-9]*)/(process)/'
    under gdb -nx -batch -ex 'info functions mai' -ex 'disassemble f' p 2>&1
}
