#!/bin/sh
# SPDX-License-Identifier: MIT
# gdb loads its script by itself, with the library, where the script is below its
# auto-load directory by the library's path; once, and beside other commands of
# such names.
. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/gdb/lib.sh"

check() { # GDB-ARGUMENT...
    gdb -nx -batch -iex "set auto-load scripts-directory $auto" \
        -iex "set auto-load safe-path $auto" \
        -ix "$mtr_tmp/mine" "$@" -ex 'help malloc-tracer why' -ex "source $script" \
        -ex "set malloc-tracer command $MTR_COMMAND" \
        -ex hexdump -ex 'malloc-tracer list' >"$mtr_tmp/all" 2>&1 </dev/null
    for line in '^mine$' '^Usage: malloc-tracer why ' '^4 blocks, 110\.0 MiB '; do
        grep -q "$line" "$mtr_tmp/all" || {
            cat "$mtr_tmp/all"
            fail "$what: no $line"
        }
    done
}

library=$(readlink -f "$MTR_LIB")
auto=$mtr_tmp/auto
mkdir -p "$auto${library%/*}"
cp "$script" "$auto$library-gdb.py"
printf 'define hexdump\necho mine\\n\nend\n' >"$mtr_tmp/mine"
hello_start hello_world "$MTR_COMMAND" run
on_both check
