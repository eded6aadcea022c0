#!/bin/sh
# SPDX-License-Identifier: MIT
# `why` of globals: what they point to, or what they are.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"
program=$(victim typed)
[ -x "$program" ] || skip "there is no C++ compiler"

start
address_of() { # NAME
    sed -n "s/^$1 \(0x[0-9a-f]*\) .*/\1/p" truth | tail -n 1
}

check_globals() { # TARGET
    target=$1
    object=$(address_of shop::left)
    for name in shop::g_left g_left _ZN4shop6g_leftE '&shop::g_left'; do
        ask why "$1" "$name"
        has '^global  *shop::g_left  \[typed\] at 0x[0-9a-f]*, 8 bytes, '
        has ", the first word is $object$"
        has "^$object is the start of a live block$"
        has '^type  *shop::left$'
        has '^allocated by '
    done
    ask why --json "$1" shop::g_left
    has "\"addr\":\"$object\",\"asked\":\"$object\",\"state\":\"live\""
    has '"global":{"name":"shop::g_left","module":"typed","addr":"0x[0-9a-f]*",'
    has "\"size\":8,\"offset\":0,\"word\":\"$object\"}}"

    # what points to no block is shown itself
    ask why "$1" shop::g_number
    has '^global  *shop::g_number  \[typed\] at 0x.*, the first word is 0x1234$'
    has 'is in no recorded block$'
    has '^mapping .*typed'
    has ' 34 12 00 00 00 00 00 00 '
    ask why --json "$1" shop::g_number
    has '"state":"unknown".*"global":{.*"word":"0x1234"}}'

    # a static local; into the block that it points into
    ask why "$1" 'kept()::cache'
    has "^$(address_of of:kept) is 10 bytes into a live block$"
    has '^allocated by  allocates('

    # an address in a global: what it is, and no block for that
    number=$(printf '%#x' $(($(sed -n \
        's/^global  *shop::g_number .* at \(0x[0-9a-f]*\),.*/\1/p' number) + 4)))
    ask why "$1" "$number"
    has "^global  *shop::g_number + 4  \[typed\] at 0x[0-9a-f]*, 8 bytes$"
    has "^$number is in no recorded block$"

    # a name that is a number, too
    ask why "$1" cafe
    has '^0xcafe is '
    ask why "$1" '&cafe'
    has "^$(address_of of:cafe) is the start of a live block$"
    ask why --json "$1" 10
    has '"global":null'

    refuses 1 "'nosuch' is neither an address.* nor the name of" why "$1" nosuch
    refuses 1 "'main' is neither" why "$1" main
    ask why "$1" shop::t_number
    has '^global  *shop::t_number .*, of thread [0-9]*, the first word is 0x8$'
}

ask why "$pid" shop::g_number
cp answer number
check_globals "$pid"
have_gcore && check_globals "$core"
stop
