#!/bin/sh
# SPDX-License-Identifier: MIT
# A snapshot answers as what it was made of does: by each key, block for block,
# who holds what, what is lost; without the program's files; and what had no
# name gets one where there is one.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
. "$MTR_SRC/tests/cli/lib.sh"

# Answers differ in the name of the target and its kind, and in what is said
# where the contents of blocks would be. For classes alone every mapping is taken
# for a module's, which is warned of, and a snapshot knows better.
told() { # TARGET ARGUMENT...
    told_target=$1
    shift
    set -- "$@" "$told_target"
    # the address that why is asked about comes behind
    if [ "$1" = why ]; then
        set -- why "$told_target" "$2"
    fi
    "$command" "$@" 2>&1 | sed "s|$told_target|TARGET|
        s/a snapshot of process/a core of process/; s/^contents .*//; /^$/d
        s/\"kind\":\"snapshot\"/\"kind\":\"core\"/
        /^[0-9a-f]\{12\}  /d"
}

equal() { # TARGET SNAPSHOT ARGUMENT...
    equal_target=$1 equal_snapshot=$2
    shift 2
    told "$equal_target" "$@" >want
    told "$equal_snapshot" "$@" >got
    [ -s want ] || fail "$*: no answer"
    same "$*: a snapshot" want got
}

all_equal() { # TARGET SNAPSHOT
    for key in function module caller line stack size generation type; do
        equal "$1" "$2" report --by=$key --top=0
        equal "$1" "$2" report --by=$key --json
    done
    equal "$1" "$2" memory
    equal "$1" "$2" memory --json
    equal "$1" "$2" report --sort=pins
    equal "$1" "$2" report --sort=pins --by=stack --json
    equal "$1" "$2" info
    equal "$1" "$2" info --json
    for format in text json csv chap; do
        equal "$1" "$2" list --format=$format
    done
}

holds_equal() { # TARGET SNAPSHOT
    equal "$1" "$2" report --by=root --top=0
    equal "$1" "$2" report --by=root --json
    equal "$1" "$2" report --sort=retained
    equal "$1" "$2" leaks
    equal "$1" "$2" leaks --json
    equal "$1" "$2" leaks --blocks
}

snapshot() { # TARGET FILE OPTION...
    snapshot_target=$1 snapshot_file=$2
    shift 2
    "$command" snapshot "$snapshot_target" -o "$snapshot_file" "$@" >answer \
        2>said || fail "snapshot $snapshot_target: $(cat said)"
    [ ! -s answer ] || fail "snapshot writes to standard output"
}

compare_with_core() { # OPTIONS ARGUMENT...
    run_options=$1
    shift
    start "$@"
    have_gcore || {
        stop
        skip "gcore gives no core here"
    }
    snapshot "$core" full
    snapshot "$core" short --no-graph
    snapshot full again
    all_equal "$core" full
    all_equal "$core" short
    all_equal "$core" again
    holds_equal "$core" full
    holds_equal "$core" again
    refuses 1 'does not say who holds its blocks' leaks short
    refuses 1 'first byte of a block' leaks --start-only full
    refuses 1 'does not say who holds' report --by=root short
    address=$("$command" list --format=csv "$core" 2>/dev/null |
        sed -n '20s/,.*//p')
    equal "$core" full why "$address"
    ask why full "$address"
    has '^contents  *a snapshot has none$'
    # of the process itself, at another time
    snapshot "$pid" live
    snapshot "$pid" running --no-graph
    for file in live running; do
        told "$core" list >want
        told $file list >got
        same "a snapshot of the process" want got
    done
    stop
    rm -f "$core"
}

program=$(victim known)
compare_with_core -s
compare_with_core "-o stacks=0"
if [ -x "$(victim typed)" ]; then
    program=$(victim typed)
    compare_with_core -s
    ask report --by=type full
    has 'shop::both'
fi
program=$(victim leaky)
[ ! -x "$program" ] ||
    compare_with_core -s "$MTR_BUILD/tests/victims/.libs/leaky_lib.so"

# Elsewhere the program is not there.
mkdir here
cp "$(victim known)" here/known
program=$mtr_tmp/here/known
run_options='-o stacks=16,snapshot_signal=10,snapshot_file=by-library'
start
snapshot "$pid" named
kill -USR1 "$pid"
eventually [ -f by-library ] || fail "the library writes no snapshot"
stop
told named report >want
told by-library report >own.want
cmp -s want own.want || {
    # but for its size, which the library does not know
    sed '/^target/d' want >want.less
    sed '/^target/d' own.want >own.less
    same "the library's own snapshot" want.less own.less
}
mkdir -p elsewhere/"$mtr_tmp"/here
mv here/known elsewhere/"$mtr_tmp"/here/known
told named report >got
same "without the program" want got
"$command" report by-library >answer 2>/dev/null
! grep -q 'alpha' answer || fail "there are names, and no program"
has 'known+0x'
grep -q 'no names for known' answer || fail "names are not missed"

# Names that were missing come from where they are.
snapshot by-library named-later --sysroot="$mtr_tmp/elsewhere"
told named-later report | sed '/^target/d' >got
same "named below another root" want.less got

# What is stripped has names on a server.
if command -v objcopy >/dev/null 2>&1 && command -v python3 >/dev/null 2>&1 &&
    [ "$(find_library 'libdebuginfod\.so\.1')" ]; then
    file=elsewhere/$mtr_tmp/here/known
    id=$("$command" report --json --by=module by-library 2>/dev/null |
        grep -o '"build_id":"[0-9a-f]*"' | head -n 1 | cut -d'"' -f4)
    [ "$id" ] || id=$(readelf -n "$file" 2>/dev/null |
        sed -n 's/.*Build ID: //p')
fi
if [ "${id-}" ]; then
    mkdir -p "served/buildid/$id"
    objcopy --only-keep-debug "$file" "served/buildid/$id/debuginfo"
    strip "$file"
    mv "$file" here/known
    snapshot by-library stripped
    ! "$command" report stripped 2>/dev/null | grep -q alpha ||
        fail "a stripped program has names"
    (cd served && exec python3 -u -m http.server --bind 127.0.0.1 0 \
        >../served.log 2>&1) &
    mtr_pids="${mtr_pids-} $!"
    eventually grep -q ' port [0-9]* ' served.log ||
        fail "there is no server: $(cat served.log)"
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' served.log)
    rm -f here/known.gone
    DEBUGINFOD_URLS=http://127.0.0.1:$port/
    DEBUGINFOD_CACHE_PATH=$mtr_tmp/cache
    export DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH
    snapshot stripped served-names --debuginfod
    unset DEBUGINFOD_URLS
    mv here/known here/known.gone
    told served-names report | sed '/^target/d' >got
    same "named by a server" want.less got
    echo "names came from a server"
fi

# Bad files, each with one sentence.
bytes=$(wc -c <named)
for part in 20 60 200 $((bytes / 2)) $((bytes - 1)); do
    head -c "$part" named >cut.off
    refuses 1 'cut' report cut.off
done
cp named newer
printf '\003' | dd of=newer bs=1 seek=16 conv=notrunc 2>/dev/null
refuses 1 'a snapshot of version 3; this malloc_tracer reads versions 1 and 2' \
    report newer
i=0
while [ $i -lt 40 ]; do
    cp named spoilt
    printf '\377\125' | dd of=spoilt bs=1 conv=notrunc \
        seek=$((i * bytes / 40)) 2>/dev/null
    "$command" report --top=0 spoilt >answer 2>said
    status=$?
    if [ $status -gt 1 ] || [ "$(grep -vc 'warning:' said)" -gt 1 ]; then
        fail "spoilt at $i of 40: exit $status: $(cat said)"
    fi
    i=$((i + 1))
done

# The command line.
refuses 2 'snapshot needs -o FILE' snapshot named
refuses 1 'none/x: it cannot be written: No such file' snapshot named -o none/x
refuses 1 'Is a directory' snapshot named -o here
(
    ulimit -f 1
    exec "$command" snapshot named -o large 2>said
) && fail "a snapshot that is too large: exit 0"
grep -q '^malloc_tracer: named: large: it cannot be written: File too' said ||
    fail "nothing is said of a snapshot that is too large: $(cat said)"
[ ! "$(find . -name 'large*')" ] || fail "a part of it is left"
"$command" snapshot named -o /dev/stdout | cat >piped ||
    fail "a pipe cannot be written to"
told piped report >got
told named report >want
same "through a pipe" want got
exit 0
