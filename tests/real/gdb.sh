# SPDX-License-Identifier: MIT
# gdb reads symbols, disassembles, and runs a program.

. "$MTR_SRC/tests/real/real.sh"
need gdb

program=$(victim realloc_counted)
HOME=$mtr_tmp
export HOME

real gdb gdb -nx -batch -ex 'info functions .' -ex 'info types .' \
    -ex 'disassemble main' -ex 'info line main' -ex 'python print(6 * 7)' \
    -ex 'ptype struct malloc_tracer_totals' "$program"

plain gdb -nx -batch -ex start "$program" >"$mtr_tmp/try" 2>&1
if ! grep -q 'main ()' "$mtr_tmp/try"; then
    echo "skipped: gdb cannot run programs here"
    exit 0
fi

# the number of the process is another each time
cat >"$mtr_tmp/commands" <<'COMMANDS'
set startup-with-shell off
unset environment LD_PRELOAD
unset environment MTR_TRACED
break live_bytes
run
bt
delete
continue
COMMANDS
# shellcheck disable=SC2016 # for the inner shell
real "gdb, running" sh -c 'gdb -nx -batch -x "$1" "$2" |
    sed "s/process [0-9]*/process N/"' sh "$mtr_tmp/commands" "$program"
