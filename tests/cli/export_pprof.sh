#!/bin/sh
# SPDX-License-Identifier: MIT
# `go tool pprof` reads what is written for it, and says the same: functions,
# lines, what is inlined, generations. Two of them add up.
. "$MTR_SRC/tests/lib.sh"
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/export-lib.sh"
need go
HOME=$mtr_tmp PPROF_TMPDIR=$mtr_tmp GOCACHE=$mtr_tmp/go
export HOME PPROF_TMPDIR GOCACHE
go tool pprof -help 2>&1 | grep -q sample_index ||
    skip "go has no pprof"

pprof() {
    go tool pprof -symbolize=none "$@" 2>said || {
        cat said
        fail "pprof $*: exit $?"
    }
}

# FUNCTION NUMBER, by the innermost one
top() { # TYPE UNIT FILE...
    type=$1 unit=$2
    shift 2
    pprof -top -nodefraction=0 -nodecount=100000 "-sample_index=$type" \
        "-unit=$unit" "$@" | awk '
        table && $1 + 0 { n = $1 + 0; $1 = $2 = $3 = $4 = $5 = ""
            sub(/^ */, ""); print $0, n }
        /flat%/ { table = 1 }' | grep -v '^\[' | sort
}

# pprof says of what has no name the module alone.
named() {
    grep -v '+0x[0-9a-f]* [0-9]*$' want >names
    mv names want
}

# Each stack is there, and all of them add up.
traces() { # BYTES
    pprof -traces -sample_index=inuse_space -unit=B heap.pb.gz >traces
    awk -v all="$1" '/^ *[0-9]+B / { n += $1 } END { exit n != all }' traces || {
        cat traces
        fail "the traces do not add up to $1 bytes"
    }
    [ -z "$run_options" ] || grep -q '^  *_start$' traces || {
        cat traces
        fail "no trace has a whole stack"
    }
}

# Its own pages, by its own server.
served() {
    if ! command -v python3 >/dev/null 2>&1; then
        echo "python3 is not installed: pprof's pages were not asked for"
        return
    fi
    go tool pprof -symbolize=none -no_browser -http=127.0.0.1: heap.pb.gz \
        >served 2>&1 &
    mtr_pids="$mtr_pids $!"
    eventually grep -q 'Serving web UI on http' served || {
        cat served
        fail "pprof serves nothing"
    }
    no_proxy='*' python3 - "$(sed -n 's/.*\(http:.*\)/\1/p' served)" <<-'END' ||
	import sys, urllib.request
	for page in "top", "flamegraph":
	    url = sys.argv[1] + "/ui/" + page + "?si=inuse_space"
	    text = urllib.request.urlopen(url).read().decode()
	    if "alpha" not in text:
	        sys.exit("no alpha in " + url)
	END
        fail "pprof's pages"
}

for run_options in '' -s32; do
    program=$(victim known)
    start
    ask export --format=pprof -o heap.pb.gz "$pid"
    reported bytes
    named
    top inuse_space B heap.pb.gz >got
    same "bytes of functions ($run_options)" want got
    reported blocks
    named
    top inuse_objects count heap.pb.gz >got
    same "blocks of functions ($run_options)" want got
    # both at once
    awk '{ $NF *= 2; print }' want >twice
    top inuse_objects count heap.pb.gz heap.pb.gz >got
    same "twice the same" twice got

    reported bytes
    traces "$(awk '{ n += $NF } END { print n }' want)"
    served
    pprof -raw heap.pb.gz >raw
    grep -q 'inuse_space/bytes\[dflt\]' raw || fail "no default"
    grep -q " alpha .*known.c:[0-9]" raw || fail "no line of alpha"
    # where the kernel has mapped its code
    place=$(awk '$2 == "r-xp" && $6 ~ /\/known$/ {
        sub("-", "/0x", $1)
        sub("^0*", "", $3)
        print "0x" $1 "/0x" $3
    }' "/proc/$pid/maps")
    grep -qF ": $place " raw || {
        cat raw
        fail "no mapping $place"
    }
    id=$(sed -n "s/.*\(known\) \([0-9a-f]\{8,\}\) .*/\2/p" raw | head -n 1)
    [ "$id" ] || ! command -v readelf >/dev/null 2>&1 ||
        ! readelf -n "$program" 2>/dev/null | grep -q 'Build ID' || {
        cat raw
        fail "no build-id of the program"
    }
    ! grep -q generation raw || fail "generations where none was marked"
    ask mark "$pid"
    more
    ask export --format=pprof --value=blocks -o heap.pb.gz "$pid"
    pprof -raw heap.pb.gz >raw
    grep -q 'inuse_objects/count\[dflt\]' raw || fail "no other default"
    pprof -tags -sample_index=inuse_objects heap.pb.gz >tags
    grep -q generation tags || fail "no generations"
    stop
done

# What is inlined is a line of the same place.
if [ -x "$(victim stacked_cxx)" ]; then
    program=$(victim stacked_cxx)
    start
    ask export --format=pprof -o heap.pb.gz "$pid"
    pprof -raw heap.pb.gz >raw
    grep -A 1 '^ *[0-9]*: 0x' raw | grep -q '^             [^ ].*s=0$' || {
        cat raw
        fail "nothing is inlined"
    }
    stop
fi
