# SPDX-License-Identifier: MIT
# For the tests of export, after tests/cli/lib.sh.

# FUNCTION NUMBER of what report says, in `want`.
reported() { # bytes or blocks
    case $1 in
    bytes) field=2 ;;
    blocks) field=3 ;;
    esac
    ask report --by=function --json "$pid"
    key='"key":"\(.*\)","module":"[^"]*"'
    numbers='"bytes":\([0-9]*\),"blocks":\([0-9]*\),'
    tr '{' '\n' <answer | sed -n "s/^$key,$numbers.*/\\1 \\$field/p" |
        summed >want
    [ "$(wc -l <want)" -gt 3 ] || fail "few functions"
}

# Lines of NAME NUMBER, each name once.
summed() {
    awk '{ n = $NF; sub(/ [0-9]+$/, ""); sum[$0] += n }
         END { for (name in sum) if (sum[name]) print name, sum[name] }' | sort
}

# $module: where that one of npm's is.
need_node_module() { # NAME
    module=${MTR_NODE_PATH-}/node_modules/$1
    [ "${MTR_NODE_PATH-}" ] ||
        skip "MTR_NODE_PATH is not set: npm's $1 is not known to be anywhere"
    [ -d "$module" ] || skip "npm's $1 is not in $MTR_NODE_PATH"
}
