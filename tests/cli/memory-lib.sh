# SPDX-License-Identifier: MIT
# For memory*.sh: the classes add up to what the kernel counts, to the page, and
# who keeps free heap is named; from the live process, a gcore core and a kernel
# core, whatever allocator MTR_AFTER names.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
[ -z "${MTR_DEBUG-}" ] || skip "the debug build logs every event: too slow"
need python3
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim pinned)

# The resident size that smaps counts, in bytes.
rss() { # PID
    awk '/^Rss:/ { n += $2 } END { print n * 1024 }' "/proc/$1/smaps"
}

# Of the last answer in CSV: all classes but those, in bytes.
classes() { # [KEY]...
    awk -F, -v but=" $* " '$1 == "class" && !index(but, " " $2 " ") { n += $4 }
        END { print n + 0 }' answer
}

value() { # KEY
    awk -F, -v key="$1" '$1 == "class" && $2 == key { print $4 }' answer
}

near() { # NUMBER NUMBER DISTANCE
    awk -v a="$1" -v b="$2" -v far="$3" \
        'BEGIN { exit !(a - b <= far && b - a <= far) }'
}

# exact or not, and the same by JSON, CSV and text
check_sum() { # TARGET EXACT
    ask memory --json "$1"
    has "^{\"schema\":1,\"command\":\"memory\",\"target\":\"$1\",\"resident\":"
    has "\"resident\":[0-9]*,\"exact\":$2,"
    resident=$(sed -n '1s/.*"resident":\([0-9]*\),.*/\1/p' answer)
    sed -n 's/^{"key":"[a-z_]*","bytes":\([0-9]*\),.*/\1/p' answer >parts
    sum=$(awk '{ n += $1 } END { print n }' parts)
    [ "$(wc -l <parts)" -eq 10 ] || fail "$1: not ten classes"
    [ "$sum" = "$resident" ] || fail "$1: classes are $sum of $resident"
    ask memory "$1"
    if [ "$2" = true ]; then has '^resident.*, exact$'; else
        has '^resident.*, about: '
    fi
    ask memory --format=csv "$1"
    [ "$(classes)" = "$resident" ] || fail "$1: CSV says otherwise"
}

# By whatever key, groups pin what the class has; cache_entry has nearly all.
check_pins() { # TARGET BLOCKS
    pinned=$(value free_pinned)
    for key in function module caller line stack size generation type \
        root; do
        ask report --sort=pins --by=$key --format=csv "$1"
        got=$(python3 -c '
import csv
print(sum(int(row["pins"]) for row in csv.DictReader(open("answer"))))')
        near "$got" "$pinned" "${3-0}" ||
            fail "$1, by $key: $got pinned, not $pinned"
    done
    ask report --sort=pins --format=csv --module=pinned "$1"
    grep '^cache_entry,' answer >line || fail "$1: no cache_entry"
    # of about 99 bytes each
    near "$(cut -d, -f10 line)" $(($2 * 99)) $(($2 * 4)) ||
        fail "$1: cache_entry pins $(cut -d, -f10 line)"
    near "$(cut -d, -f11 line)" $(($2 * 102)) $(($2 * 4)) ||
        fail "$1: cache_entry is alone on $(cut -d, -f11 line)"
    ask report --sort=pins "$1"
    has '^ *PINS *SHARE *ALONE *BYTES *BLOCKS  FUNCTION$'
    sed -n '/PINS/{n;p;}' answer | grep -q '  cache_entry  \[pinned\]$' ||
        fail "$1: cache_entry is not the first"
}

blocks=${MTR_PINNED-100000}
start "$blocks"
kill -STOP "$pid"
while ! grep -q '^State:.*stopped' "/proc/$pid/status"; do :; done
counted=$(rss "$pid")
ask memory --format=csv "$pid"
[ "$(classes)" = "$counted" ] ||
    fail "$(classes) bytes are resident, and smaps says $counted"
check_sum "$pid" true
check_pins "$pid" "$blocks"
live=$pinned
echo "live: $counted bytes, to the page; $live pinned"

if have_gcore; then
    check_sum "$core" false
    check_pins "$core" "$blocks"
    near "$pinned" "$live" 16384 || fail "gcore: $pinned pinned, not $live"
fi
# gcore has read what was never touched: some kernels have it in memory then
ask memory --format=csv "$pid"
anonymous=$(classes files data)
kill -CONT "$pid"
if have_kernel_core; then
    check_sum "$core" true
    near "$(classes files data)" "$anonymous" 16384 ||
        fail "kernel core: $(classes files data), not $anonymous"
    check_pins "$core" "$blocks"
    cp --sparse=never "$core" copy 2>/dev/null &&
        check_sum copy false
    cp --sparse=always "$core" copy 2>/dev/null &&
        check_sum copy false
    head -c 3000000 "$core" >copy
    "$command" memory copy >answer 2>said
    [ $? -le 1 ] || fail "a core that is cut off: $(cat said)"
    echo "kernel core: $anonymous bytes, give or take 16384"
else
    echo "no kernel core can be had here"
fi
stop
