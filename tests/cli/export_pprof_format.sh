#!/bin/sh
# SPDX-License-Identifier: MIT
# A reader of pprof's format that shares no code with pprof: npm's pprof-format.
# Totals, functions, generations, mappings with their build-ids, what is inlined.
# MTR_NODE_PATH is a folder in which `npm install pprof-format` was said.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/export-lib.sh"
need node
need_node_module pprof-format

decode() { # FILE
    node "$MTR_SRC/tests/cli/pprof.js" "$module" "$1" >decoded 2>errors || {
        cat errors
        fail "pprof-format ($run_options)"
    }
}

# A line that has to be there.
says() { # LINE
    grep -qxF -- "$1" decoded || {
        cat decoded
        fail "there is no '$1' ($run_options)"
    }
}

total() { # MEMBER
    sed -n 's/.*"totals":{[^}]*"'"$1"'":\([0-9]*\).*/\1/p' answer
}

program=$(victim known)
for run_options in '' -s32; do
    start
    ask export --format=pprof -o heap.pb.gz "$pid"
    decode heap.pb.gz
    ask report --json "$pid"
    says "total inuse_objects count $(total blocks)"
    says "total inuse_space bytes $(total bytes)"
    says "total unused_space bytes $(total slack)"
    says "default inuse_space"
    says "program $program"
    ! grep '^label' decoded || fail "a label where nothing was marked"
    for value in bytes blocks; do
        case $value in
        bytes) type=inuse_space ;;
        blocks) type=inuse_objects ;;
        esac
        # what has no name has an address alone
        reported $value
        grep -v '+0x[0-9a-f]* [0-9]*$' want >named
        sed -n "s/^function \(.*\) $type \([0-9]*\)$/\1 \2/p" decoded |
            summed >got
        same "functions by $value ($run_options)" named got
    done
    if command -v readelf >/dev/null 2>&1; then
        id=$(readelf -n "$program" 2>/dev/null |
            sed -n 's/.*Build ID: *//p' | head -n 1)
        says "mapping $program ${id:--}"
    fi

    # each generation's blocks
    ask mark "$pid"
    more
    ask export --format=pprof --value=blocks -o heap.pb.gz "$pid"
    decode heap.pb.gz
    says "default inuse_objects"
    ask report --by=generation --json "$pid"
    tr '{' '\n' <answer | sed -n \
        's/^"key":"\([0-9]*\)".*"blocks":\([0-9]*\),.*/label generation \1 \2/p' |
        sort >want
    [ "$(wc -l <want)" -eq 2 ] || fail "$(cat answer)"
    grep '^label' decoded | sort >got
    same "generations ($run_options)" want got
    for value in retained pins; do
        ask export --format=pprof --value=$value -o heap.pb.gz "$pid"
        decode heap.pb.gz
        case $value in
        retained) says "default retained_space" ;;
        pins) says "default pinned_space" ;;
        esac
        [ "$(grep -c '^total' decoded)" -eq 4 ] || fail "$(cat decoded)"
    done
    stop
done

# Several lines of one place, the innermost first.
program=$(victim stacked)
start
ask export --format=pprof -o heap.pb.gz "$pid"
decode heap.pb.gz
says "inlined outer middle"
stop
