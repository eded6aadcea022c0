#!/bin/sh
# SPDX-License-Identifier: MIT
# What std::string and containers ask for belongs to the program's function that
# filled them: with stacks always, without where libstdc++ itself asks.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
program=$(victim stacked_cxx)
[ -x "$program" ] || skip "there is no C++ compiler"

owner_is() { # FUNCTION ADDRESS
    ask why --json "$pid" "$2"
    ask list --format=json "$pid"
    grep "\"addr\":\"$2\"" answer | grep -q "\"function\":\"$1(" || {
        grep "\"addr\":\"$2\"" answer
        fail "$run_options: it is not $1's"
    }
}

# libstdc++ keeps a reserve for exceptions, of 70 KB or so: nobody calls it for
# that but the linker.
reserve_is_its_own() {
    ask report --by=module --format=csv "$pid"
    if awk -F, '$2 ~ /^ld-/ && $3 > 60000 { found = 1 } END { exit !found }' \
        answer; then
        cat answer
        fail "$run_options: the linker has libstdc++'s reserve"
    fi
}

run_options=-s
start
reserve_is_its_own
while read -r function address size; do
    # a node of a map begins before its value
    if [ "$size" = 0 ]; then
        ask why --json "$pid" "$address"
        address=$(sed 's/.*"target":"[^"]*","addr":"\([^"]*\)".*/\1/' answer)
    fi
    owner_is "$function" "$address"
done <truth
stop

run_options=
start
reserve_is_its_own
while read -r function address size; do
    case $function in
    assigns) owner_is "$function" "$address" ;;
    esac
done <truth
stop
