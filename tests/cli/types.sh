#!/bin/sh
# SPDX-License-Identifier: MIT
# report --by=type: classes by their vtables, with symbols and without, in a
# process and in its cores; `why` of one block.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
[ "${MTR_CXX-}" ] || skip "there is no C++ compiler"
echo 'int main() { return 0; }' >try.cc
$MTR_CXX -o try try.cc || skip "the C++ compiler does not link"

# How many blocks a class has, and how many bytes.
check_types() { # TARGET
    target=$1
    ask report --by=type --format=csv "$1"
    sed -n 's/^\(shop::[^,]*\),,\([0-9]*\),\([0-9]*\),.*/\1 \2 \3/p' answer |
        sort >got
    sort >want <<'END'
shop::left 160 10
shop::both 800 20
shop::box<int> 96 4
shop::(anonymous namespace)::hidden 336 7
END
    # what is being made is what it will be or, without symbols, what is made
    grep -v '^shop::mad*e[dr]* \|^shop::maker ' got >rest
    same "$variant: $1: classes" want rest
    grep -q "^$made [0-9]* 1$" got || {
        cat got
        fail "$variant: $1: no $made"
    }
    grep -q '^"*block of ' answer || fail "$1: no blocks of functions"
}

for variant in '-g -O1' '-s -O1' '-s -O1 -no-pie -static-libstdc++' \
    '-O1 -fvisibility=hidden -s'; do
    case $variant in
    *-g*) made=shop::made ;;
    *) made="shop::ma[dk]er*" ;;
    esac
    # shellcheck disable=SC2086 # words
    $MTR_CXX $variant -fno-builtin -fno-optimize-sibling-calls -o typed \
        "$MTR_SRC/tests/victims/typed.cc" 2>cxx.log || {
        echo "skipped: $variant: the compiler cannot"
        continue
    }
    program=$PWD/typed
    start
    check_types "$pid"
    if [ "$variant" = '-g -O1' ]; then
        ask report --by=type --json "$pid"
        has '"by":"type"'
        has '"key":"shop::both","module":"","bytes":800,"blocks":20,'
        has '"key":"block of allocates(unsigned long)","module":"typed",'
        ask report --by=type "$pid"
        has '^ *BYTES .* TYPE$'
        has ' 20 .* shop::both$'
        ask report --by=type --min-size=40 --format=csv "$pid"
        has '^shop::both,'
        if grep '^shop::left,' answer; then
            fail "--min-size does not hold by type"
        fi
        both=$(sed -n 's/^shop::both \(0x[0-9a-f]*\) .*/\1/p' truth | head -n 1)
        ask why "$pid" "$both"
        has '^type  *shop::both$'
        ask why --json "$pid" "$both"
        has '"type":"shop::both"'
        plain=$(sed -n 's/^plain \(0x[0-9a-f]*\) .*/\1/p' truth | head -n 1)
        ask why --json "$pid" "$plain"
        has '"type":""'
    fi
    have_gcore && check_types "$core"
    have_kernel_core && check_types "$core"
    stop
    rm -f gcore.* core core.*
    echo "ok: $variant"
done
