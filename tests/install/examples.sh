# SPDX-License-Identifier: MIT
# The examples run traced, say what the walkthrough says, and end cleanly.

. "$MTR_SRC/tests/lib.sh"
. "$MTR_SRC/tests/install/hello.sh"

need_preload

address='0x[0-9a-f]+'

matches() { # LINE PATTERN
    echo "$1"
    echo "$1" | grep -Eqx "$2" || fail "the line is not $2"
}

hello() { # PROGRAM
    hello_start "$1"
    matches "$structs" "my_struct19 is $address; my_struct40 is $address"
    matches "$bigs" \
        "Pid ${mtr_pids}[.] big100Mb is $address; addr10Mb is $address"
    hello_stop "$1"
}

own_blocks() {
    echo own_blocks:
    "$MTR_BUILD/examples/own_blocks" "$mtr_tmp/snapshot" >"$mtr_tmp/out" ||
        fail "exit status $?"
    cat "$mtr_tmp/out"
    for line in 'active' 'marked   generation 1' \
        'before   at 0x.*: 100 bytes .*, generation 0' \
        'after    at 0x.*: 1000 bytes .*, generation 1' \
        'totals   [1-9][0-9]* blocks, .*' 'snapshot .*'; do
        grep -qx "$line" "$mtr_tmp/out" || fail "no line \"$line\""
    done
    [ -s "$mtr_tmp/snapshot" ] || fail "no snapshot"
}

hello_each hello
own_blocks
