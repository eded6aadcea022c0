# SPDX-License-Identifier: MIT
# Data of running programs is called as gdb's `info symbol` calls it.

. "$MTR_SRC/tests/lib.sh"
takes_long
need gdb
need_ptrace

names=$MTR_BUILD/tests/real/data_names
HOME=$mtr_tmp
export HOME

# gdb takes some names of C for Ada's, and leaves out the number of a static
# local's: that the same number is left out here is all that is to be done. A
# newer linker puts glibc's constants for its debuggers in one place, if equal, and
# glibc has names for its own use beside some others. gdb 10 counts from the other
# copy of a symbol that a program copies.
alike() {
    sed -e 's/^__GI_//' -e 's/__/./g' -e 's/\.[0-9][0-9]*//g' \
        -e 's/@.*\( + [0-9]*\)$/\1/' -e 's/ + [0-9]\{9,\}$//' \
        -e 's/^_thread_db_[a-z_]*/_thread_db/' -e 's/@[^ ]*$//' \
        -e 's/^.*()::\([^:]*\)$/\1/' "$1"
}

compared=0
compare() { # COMMAND ARG...
    command -v "$1" >/dev/null || return 0
    "$@" >"$mtr_tmp/out" 2>&1 &
    pid=$!
    mtr_pids=$pid
    waits || {
        echo "skipped: $1: $(tail -n 1 "$mtr_tmp/out")"
        return 0
    }
    "$names" "$pid" 2000 >"$mtr_tmp/told" ||
        skip "a process cannot be looked into here"
    # a copied symbol has no size for gdb, and one that is has no end
    grep -v '^0x[0-9a-f]* [a-z]*@' "$mtr_tmp/told" >"$mtr_tmp/ours"
    sed -n 's/^\(0x[0-9a-f]*\).*/info symbol \1/p' "$mtr_tmp/ours" \
        >"$mtr_tmp/commands"
    gdb -nx -batch -p "$pid" -x "$mtr_tmp/commands" 2>/dev/null |
        sed -n -e 's/ in section .*//p' -e '/^No symbol matches/p' \
            >"$mtr_tmp/theirs"
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    mtr_pids=
    [ -s "$mtr_tmp/theirs" ] || skip "gdb cannot attach here"
    awk -F '\t' '{
        off = match($1, / \+ [0-9]+$/) ? substr($1, RSTART) : ""
        print $2 off
    }' "$mtr_tmp/ours" >"$mtr_tmp/names"
    alike "$mtr_tmp/names" >"$mtr_tmp/a"
    alike "$mtr_tmp/theirs" >"$mtr_tmp/b"
    # behind the end of a symbol within another (_IO_file_jumps is one in glibc's
    # __io_vtables) gdb has no name: of few
    none=$(grep -c '^No symbol' "$mtr_tmp/b")
    [ $((none * 50)) -le "$(wc -l <"$mtr_tmp/b")" ] &&
        paste "$mtr_tmp/a" "$mtr_tmp/b" | grep -v 'No symbol' >"$mtr_tmp/both" &&
        cut -f1 "$mtr_tmp/both" >"$mtr_tmp/a" &&
        cut -f2 "$mtr_tmp/both" >"$mtr_tmp/b"
    same "$1: names of data" "$mtr_tmp/a" "$mtr_tmp/b"
    compared=$((compared + $(wc -l <"$mtr_tmp/a")))
    echo "ok: $1, $(wc -l <"$mtr_tmp/a") names"
}

compare gdb -nx -batch -ex 'python import time; time.sleep(3000)'
compare python3 -c 'import time; time.sleep(3000)'
compare perl -MPOSIX -e 'sleep 3000'
mkfifo "$mtr_tmp/nothing"
# shellcheck disable=SC2016 # for the inner shell
compare bash -c 'exec 9<>"$0"; read -r -t 3000 line <&9' "$mtr_tmp/nothing"
[ "$compared" -gt 100 ] || skip "hardly any data has a name here"
