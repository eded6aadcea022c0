#!/bin/sh
# SPDX-License-Identifier: MIT
# `why` of addresses in known blocks, beside them and elsewhere.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

start
# function, address, size and usable size of a block of alpha
# shellcheck disable=SC2046 # four words
set -- $(sed -n '/^alpha/p' truth | sed -n 20p)
plus() { # HEX N
    printf '%x\n' $(($1 + $2))
}

ask why "$pid" "$2"
has "^$2 is the start of a live block$"
has "^block  *$2 to 0x$(plus "$2" "$4"): $4 bytes usable$"
has "^requested  *$3 bytes; $(($4 - 8 - $3)) unused, 8 for the record$"
has '^generation  *0$'
has '^allocated by  alpha at .*known\.c:[0-9]* \[known+0x[0-9a-f]*\]$'
has '^before  *0x'
has '^after  *0x'
has '^mapping  *0x'
has "^ *${2#0x}  6b 6b 6b 6b 6b 6b 6b 6b  6b .*kkkkkkkkkkkkkkkk$"

ask why "$pid" "$(plus "$2" $(($3 - 1)))"
has " is $(($3 - 1)) bytes into a live block$"
ask why "$pid" "$(plus "$2" $(($4 - 1)))"
has "in the tracer's record$"
ask why --json "$pid" "0x$(plus "$2" 5)"
has '^{"schema":1,"command":"why",'
has "\"addr\":\"$2\",.*\"state\":\"live\",\"size\":$3,\"usable\":$4,\"offset\":5,"
has '"stack":\[{"pc":"0x[0-9a-f]*","function":"alpha","file":".*known.c",'

# No block.
ask why "$pid" 10
has '^0x10 is in no recorded block'
has '^mapping  *none'
ask why --json "$pid" 10
has '"addr":"0x10".*"state":"unknown".*"stack":\[\].*"mapping":null'
code=$(sed -n 's/^\([0-9a-f]*\)-[0-9a-f]* r-xp .*known$/\1/p' "/proc/$pid/maps" |
    head -n 1)
ask why "$pid" "$code"
has 'in no recorded block'
has '^mapping .*known (known+0x[0-9a-f]*)$'

if have_gcore; then
    ask why "$core" "$2"
    has '^allocated by  alpha at '
    has "^ *${2#0x}  6b 6b "
fi
stop
